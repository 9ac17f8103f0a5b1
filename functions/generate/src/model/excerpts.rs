//! The source text that a model is shown for a page: the most telling definitions, each file once, within a budget.

use std::collections::BTreeMap;

use deepwiki_domain::{RepoPath, facts::Lines, forecast, gate::Evidence, page::Citation};
use deepwiki_model::{Ground, Grounds, addresses_a_model, fence, scan};

/// The longest piece of one definition, in lines: its head and beginning tell what it does.
const LONGEST_PIECE: u32 = 60;

/// Adds excerpts to the grounds and gives their text. Every file stands in one block, its pieces in the file's order,
/// its lines numbered from 1 over all pieces.
pub(super) fn add(
    telling: &[Citation],
    evidence: &dyn Evidence,
    budget: u64,
    grounds: &mut Grounds,
) -> String {
    let mut text = String::new();
    for (number, (path, pieces)) in (1..).zip(chosen(telling, evidence, budget)) {
        let name = format!("E{number}");
        let bodies: Vec<&str> = pieces
            .iter()
            .map(|piece| evidence.text(path, piece.lines()).unwrap_or_default())
            .collect();
        let shown = scan(bodies.concat().trim_end_matches('\n'));
        let numbered: Vec<String> = (1..)
            .zip(shown.text.lines())
            .map(|(line, text): (u32, _)| format!("{line}| {text}"))
            .collect();
        text.push_str(&format!("{name} lines of `{path}`\n"));
        text.push_str(&fence("source", &numbered.join("\n")));
        let ground = Ground {
            text: shown.text,
            at: pieces,
            excerpt: Some(shown.withheld),
        };
        grounds.add(name, ground);
    }
    text
}

/// The pieces that fit, by file in the order of importance.
fn chosen<'a>(
    telling: &'a [Citation],
    evidence: &dyn Evidence,
    budget: u64,
) -> Vec<(&'a RepoPath, Vec<Citation>)> {
    let mut left = budget;
    let mut order: Vec<&RepoPath> = Vec::new();
    let mut by_file: BTreeMap<&RepoPath, Vec<Lines>> = BTreeMap::new();
    for place in telling {
        let last = place.end.min(place.start.saturating_add(LONGEST_PIECE - 1));
        let piece = Lines {
            start: place.start,
            end: last,
        };
        let known = by_file.entry(&place.path).or_default();
        let overlaps = |known: &Lines| known.start <= piece.end && piece.start <= known.end;
        let hostile = addresses_a_model(place.path.as_str());
        let Some(text) = evidence
            .text(&place.path, piece)
            .filter(|_| !hostile && !known.iter().any(overlaps))
        else {
            continue;
        };
        // Numbers and marks come on top of the text.
        let cost = forecast::tokens(text) + u64::from(piece.count()) * 2 + 30;
        if cost > left {
            continue;
        }
        left -= cost;
        if known.is_empty() {
            order.push(&place.path);
        }
        known.push(piece);
    }
    let pieces = |path: &'a RepoPath| {
        let mut lines = by_file.remove(path).unwrap_or_default();
        lines.sort_unstable();
        let cited = lines
            .into_iter()
            .map(|lines| Citation::new(path, lines))
            .collect();
        (path, cited)
    };
    order.into_iter().map(pieces).collect()
}
