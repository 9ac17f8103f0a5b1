//! Which passages answer a question, and how they are put together. Pure.

use std::collections::BTreeMap;

use deepwiki_domain::{
    answer::{AnswerCitation, AnswerPart, AnswerStatus, CodeForm, Passage},
    page::Citation,
    search::{
        Hit,
        coverage::{Asked, Terms},
    },
};

use crate::{
    OnPart,
    passages::{Found, Text},
};

/// The least share of a question that a passage must speak of.
const LEAST_SHARE: f32 = 0.4;

/// How far behind the best passage another may be in what it speaks of.
const BEHIND_BEST: f32 = 0.35;

/// How many passages an answer has, and of these, how many of each form.
const MOST_PASSAGES: usize = 6;
const MOST_OF_A_FORM: usize = 4;

/// How many sentences of a section are shown.
const MOST_SENTENCES: usize = 4;

/// How many lines of source are shown.
const MOST_LINES: usize = 18;

/// How many citations of one passage are listed.
const MOST_CITATIONS: usize = 3;

/// An answer but for what is said around it.
#[derive(Debug)]
pub(crate) struct Composed {
    pub(crate) status: AnswerStatus,
    pub(crate) passages: Vec<Passage>,
    pub(crate) citations: Vec<AnswerCitation>,
}

impl Default for Composed {
    fn default() -> Self {
        Self::not_found()
    }
}

impl Composed {
    /// Nothing that answers.
    pub(crate) fn not_found() -> Self {
        Composer::default().finish()
    }
}

/// A stretch of a hit that is worth showing.
struct Extract {
    hit: Hit,
    title: String,
    text: String,
    code: Option<CodeForm>,
    citations: Vec<Citation>,
}

/// Chooses among what was found, best first, and composes it: what the wiki says, then what the source shows.
pub(crate) fn extracts(asked: &Asked, found: Vec<Found>) -> Composed {
    let good = by_share(asked, found);
    let best = good.first().map_or(0.0, |(share, _)| *share);
    let least = LEAST_SHARE.max(best - BEHIND_BEST);
    let good = good
        .into_iter()
        .filter(|(share, _)| *share >= least && !asked.is_empty());
    let mut composer = Composer::default();
    for (_, found) in good {
        if let Some(extract) = extract(asked, found) {
            composer.add(extract);
        }
    }
    composer.finish()
}

/// Tells an answer that is complete.
pub(crate) fn tell(composed: &Composed, on_part: &mut OnPart<'_>) {
    for citation in &composed.citations {
        on_part(AnswerPart::Citation(citation.clone()));
    }
    for passage in &composed.passages {
        on_part(AnswerPart::Passage(passage.clone()));
    }
}

/// The share of the question that the best of these speaks of.
pub(crate) fn best_share(asked: &Asked, found: &[Found]) -> f32 {
    shares(asked, found).into_iter().fold(0.0, f32::max)
}

/// What was found, what speaks of more first.
pub(crate) fn ranked(asked: &Asked, found: Vec<Found>) -> Vec<Found> {
    by_share(asked, found)
        .into_iter()
        .map(|(_, found)| found)
        .collect()
}

/// Lists as one: the first of each, the second of each, and so on; each hit once.
pub(crate) fn merged(lists: Vec<Vec<Found>>) -> Vec<Found> {
    let mut lists: Vec<_> = lists.into_iter().map(Vec::into_iter).collect();
    let mut merged: Vec<Found> = Vec::new();
    loop {
        let round: Vec<Found> = lists.iter_mut().filter_map(Iterator::next).collect();
        if round.is_empty() {
            return merged;
        }
        for found in round {
            let same = |it: &Found| {
                let (a, b) = (&it.hit, &found.hit);
                (&a.repository, &a.path, a.start, a.end, &a.section)
                    == (&b.repository, &b.path, b.start, b.end, &b.section)
            };
            if !merged.iter().any(same) {
                merged.push(found);
            }
        }
    }
}

/// What was found with the share of the question that each speaks of. What speaks of more comes first; of equals, what
/// the search puts first.
fn by_share(asked: &Asked, found: Vec<Found>) -> Vec<(f32, Found)> {
    let shares = shares(asked, &found);
    let mut all: Vec<(f32, Found)> = shares.into_iter().zip(found).collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    all
}

fn shares(asked: &Asked, found: &[Found]) -> Vec<f32> {
    let terms: Vec<Terms> = found.iter().map(terms_of).collect();
    asked.shares(&terms.iter().collect::<Vec<_>>())
}

/// What a hit speaks of: its name and its text.
fn terms_of(found: &Found) -> Terms {
    match &found.text {
        Text::Prose(sentences) => {
            let mut text = found.title.clone();
            for (sentence, _) in sentences {
                text.push('\n');
                text.push_str(sentence);
            }
            Terms::of_prose(&text)
        }
        Text::Source { lines, .. } => {
            let hit = &found.hit;
            Terms::of_source(hit.path.as_str(), hit.symbol.as_deref(), &lines.join("\n"))
        }
    }
}

fn extract(asked: &Asked, found: Found) -> Option<Extract> {
    let Found { hit, title, text } = found;
    let (text, code, citations) = match text {
        Text::Prose(sentences) => {
            let (text, citations) = telling_sentences(asked, sentences);
            (text, None, citations)
        }
        Text::Source { form, start, lines } => {
            let (start, text) = telling_lines(asked, start, &lines)?;
            let count = u32::try_from(text.lines().count()).unwrap_or(u32::MAX);
            let citation = Citation {
                path: hit.path.clone(),
                start,
                end: start.saturating_add(count).saturating_sub(1),
            };
            (text, Some(form), vec![citation])
        }
    };
    (!text.is_empty() && !citations.is_empty()).then_some(Extract {
        hit,
        title,
        text,
        code,
        citations,
    })
}

/// The sentences that speak most of what is asked, in their own order, and what they rest on.
fn telling_sentences(asked: &Asked, sentences: Vec<(String, Vec<Citation>)>) -> (String, Vec<Citation>) {
    let terms: Vec<Terms> = sentences.iter().map(|(text, _)| Terms::of_prose(text)).collect();
    let shares = asked.shares(&terms.iter().collect::<Vec<_>>());
    let mut order: Vec<usize> = (0..sentences.len()).collect();
    let share = |at: usize| shares.get(at).copied().unwrap_or_default();
    order.sort_by(|a, b| share(*b).total_cmp(&share(*a)).then(a.cmp(b)));
    order.truncate(MOST_SENTENCES);
    order.sort_unstable();
    let (mut text, mut citations) = (String::new(), Vec::<Citation>::new());
    for (at, (sentence, of)) in sentences.into_iter().enumerate() {
        if !order.contains(&at) {
            continue;
        }
        // They need not follow each other on the page, nor end in a mark: each is a line of its own.
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(sentence.trim());
        for citation in of {
            if citations.len() < MOST_CITATIONS && !citations.contains(&citation) {
                citations.push(citation);
            }
        }
    }
    (text, citations)
}

/// The lines from the start, or where those say less of what is asked, the stretch that says most.
fn telling_lines(asked: &Asked, start: u32, lines: &[String]) -> Option<(u32, String)> {
    let windows: Vec<(usize, Terms)> = (0..lines.len())
        .step_by(MOST_LINES / 2)
        .filter_map(|from| {
            let window = lines.get(from..lines.len().min(from + MOST_LINES))?;
            Some((from, Terms::of_source("", None, &window.join("\n"))))
        })
        .collect();
    let shares = asked.shares(&windows.iter().map(|(_, terms)| terms).collect::<Vec<_>>());
    let mut best: Option<(f32, usize)> = None;
    for (share, (from, _)) in shares.iter().zip(&windows) {
        if best.is_none_or(|(most, _)| *share > most + 0.1) {
            best = Some((*share, *from));
        }
    }
    let (_, from) = best?;
    let window = lines.get(from..lines.len().min(from + MOST_LINES))?;
    let is_blank = |line: &&String| line.trim().is_empty();
    let before = window.iter().take_while(is_blank).count();
    let after = window.iter().rev().take_while(is_blank).count();
    let shown = window.get(before..window.len().saturating_sub(after))?;
    Some((start + u32::try_from(from + before).ok()?, shown.join("\n")))
}

/// Numbers citations as passages are added.
#[derive(Default)]
struct Composer {
    prose: Vec<Passage>,
    code: Vec<Passage>,
    citations: Vec<AnswerCitation>,
}

impl Composer {
    fn add(&mut self, extract: Extract) {
        let full = self.prose.len() + self.code.len() >= MOST_PASSAGES;
        let form = if extract.code.is_some() {
            &self.code
        } else {
            &self.prose
        };
        let told = self
            .prose
            .iter()
            .chain(&self.code)
            .any(|it| it.text == extract.text);
        if full || told || form.len() >= MOST_OF_A_FORM || self.shows(&extract) {
            return;
        }
        let numbers: Vec<u32> = extract
            .citations
            .iter()
            .map(|citation| self.number(&extract.hit, citation))
            .collect();
        let is_code = extract.code.is_some();
        let passage = Passage {
            title: extract.title,
            text: extract.text,
            code: extract.code,
            citations: numbers,
        };
        if is_code { &mut self.code } else { &mut self.prose }.push(passage);
    }

    /// Whether lines of the extract are shown already: two hits may lie in each other.
    fn shows(&self, extract: &Extract) -> bool {
        let Some(at) = extract.citations.first().filter(|_| extract.code.is_some()) else {
            return false;
        };
        let cited = self.code.iter().flat_map(|passage| &passage.citations);
        let mut shown = cited.filter_map(|number| self.citations.get(*number as usize - 1));
        shown.any(|it| {
            it.repository == extract.hit.repository
                && it.path == at.path
                && it.start <= at.end
                && at.start <= it.end
        })
    }

    fn number(&mut self, hit: &Hit, at: &Citation) -> u32 {
        let same = |it: &&AnswerCitation| {
            it.repository == hit.repository && it.path == at.path && it.start == at.start && it.end == at.end
        };
        if let Some(known) = self.citations.iter().find(same) {
            return known.number;
        }
        let number = u32::try_from(self.citations.len())
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        self.citations.push(AnswerCitation {
            number,
            repository: hit.repository.clone(),
            commit: hit.commit.clone(),
            path: at.path.clone(),
            start: at.start,
            end: at.end,
            page: hit.page.clone(),
            section: hit.section.clone(),
        });
        number
    }

    /// The passages in reading order, citations numbered in the order in which a reader meets them.
    fn finish(self) -> Composed {
        let mut passages: Vec<Passage> = self.prose.into_iter().chain(self.code).collect();
        let mut citations: Vec<AnswerCitation> = Vec::new();
        let mut renumbered: BTreeMap<u32, u32> = BTreeMap::new();
        for number in passages.iter_mut().flat_map(|passage| &mut passage.citations) {
            let next = u32::try_from(citations.len())
                .unwrap_or(u32::MAX)
                .saturating_add(1);
            let old = *number;
            *number = *renumbered.entry(old).or_insert(next);
            if *number == next
                && let Some(citation) = self.citations.iter().find(|it| it.number == old)
            {
                citations.push(AnswerCitation {
                    number: next,
                    ..citation.clone()
                });
            }
        }
        let status = if passages.is_empty() {
            AnswerStatus::NotFound
        } else {
            AnswerStatus::Extracts
        };
        Composed {
            status,
            passages,
            citations,
        }
    }
}

#[cfg(test)]
mod tests {
    use deepwiki_domain::{CommitId, Language, RepoPath, RepositoryId, Slug, manifest::Role};

    use super::*;

    fn hit(path: &str, start: u32) -> Hit {
        Hit {
            repository: RepositoryId::new("r").unwrap(),
            commit: CommitId::new("0".repeat(40)).unwrap(),
            path: RepoPath::new(path).unwrap(),
            start,
            end: start,
            symbol: None,
            kind: None,
            language: None,
            role: Role::Source,
            page: Some(Slug::from_text("net")),
            section: None,
            locale: None,
            why: Vec::new(),
            score: 1.0,
        }
    }

    fn source(path: &str, start: u32, text: &str) -> Found {
        Found {
            hit: hit(path, start),
            title: path.to_owned(),
            text: Text::Source {
                form: CodeForm {
                    language: Some(Language::Rust),
                },
                start,
                lines: text.lines().map(str::to_owned).collect(),
            },
        }
    }

    fn prose(title: &str, sentences: &[(&str, u32)]) -> Found {
        let cite = |line: u32| Citation {
            path: RepoPath::new("src/retry.rs").unwrap(),
            start: line,
            end: line,
        };
        Found {
            hit: hit("src/retry.rs", 1),
            title: title.to_owned(),
            text: Text::Prose(
                sentences
                    .iter()
                    .map(|(text, line)| ((*text).to_owned(), vec![cite(*line)]))
                    .collect(),
            ),
        }
    }

    fn answer(question: &str, found: Vec<Found>) -> Composed {
        extracts(&Asked::of(question), found)
    }

    #[test]
    fn the_wiki_speaks_first_and_every_passage_is_cited() {
        let composed = answer(
            "How are lost connections retried?",
            vec![
                source(
                    "src/retry.rs",
                    40,
                    "\n/// Retries a lost connection.\nfn retry() {}\n\n",
                ),
                prose(
                    "Network",
                    &[
                        ("It parses headers.", 3),
                        ("A lost connection is retried.", 8),
                        ("See below.", 9),
                    ],
                ),
                source("src/header.rs", 1, "fn parse_header() {}"),
                source(
                    "src/retry.rs",
                    41,
                    "/// Retries a lost connection.\nfn retry() {}",
                ),
            ],
        );
        assert_eq!(composed.status, AnswerStatus::Extracts);
        let titles: Vec<&str> = composed.passages.iter().map(|it| it.title.as_str()).collect();
        assert_eq!(
            titles,
            ["Network", "src/retry.rs"],
            "neither the header nor the same lines twice"
        );
        assert!(
            composed.passages[0]
                .text
                .contains("A lost connection is retried.")
        );
        assert_eq!(
            composed.passages[1].text,
            "/// Retries a lost connection.\nfn retry() {}"
        );
        let numbers: Vec<u32> = composed.citations.iter().map(|it| it.number).collect();
        assert_eq!(numbers, (1..=numbers.len() as u32).collect::<Vec<_>>());
        let shown = &composed.citations[composed.passages[1].citations[0] as usize - 1];
        assert_eq!((shown.start, shown.end), (41, 42), "blank lines are not cited");
    }

    #[test]
    fn the_stretch_that_answers_is_shown_of_something_long() {
        let filler = "let x = 1;\n".repeat(60);
        let text = format!("fn long() {{\n{filler}    let delay = growing_delay(attempt);\n}}");
        let composed = answer(
            "where does the growing delay come from",
            vec![source("a.rs", 1, &text)],
        );
        let passage = &composed.passages[0];
        assert!(passage.text.contains("growing_delay"), "{}", passage.text);
        assert!(passage.text.lines().count() <= MOST_LINES);
        let at = &composed.citations[0];
        assert!(at.start <= 62 && 62 <= at.end, "{at:?}");
    }

    #[test]
    fn nothing_is_found_where_nothing_speaks_of_it() {
        for (question, found) in [
            (
                "How is a chocolate cake baked?",
                vec![source("a.rs", 1, "fn baked() {}")],
            ),
            ("retry", vec![]),
            ("?!", vec![source("a.rs", 1, "fn a() {}")]),
        ] {
            let composed = answer(question, found);
            assert_eq!(composed.status, AnswerStatus::NotFound, "{question}");
            assert!(composed.passages.is_empty() && composed.citations.is_empty());
        }
    }
}
