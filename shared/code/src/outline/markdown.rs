//! Markdown: headings, nested by their levels; what follows a heading documents it.

use deepwiki_domain::facts::{self, SymbolKind};

use super::{Entry, definitions, numbered};
use crate::{
    lines::Lines,
    reader::{Facts, first_paragraph},
};

pub(super) fn read(text: &str, lines: &Lines) -> Facts {
    let headings = headings(text, lines);
    let bodies: Vec<u32> = headings.iter().map(|heading| heading.body).collect();
    let entries = headings.into_iter().map(|heading| heading.entry).collect();
    let mut found = definitions(text, lines, entries);
    let starts: Vec<u32> = found.iter().map(|definition| definition.lines.start).collect();
    for (index, definition) in found.iter_mut().enumerate() {
        let next = starts.get(index + 1).copied().unwrap_or(u32::MAX);
        let within = facts::Lines {
            start: bodies.get(index).copied().unwrap_or(definition.lines.start + 1),
            end: definition.lines.end.min(next.saturating_sub(1)),
        };
        definition.doc = paragraph(text, lines, within);
    }
    Facts {
        definitions: found,
        ..Facts::default()
    }
}

struct Heading {
    entry: Entry,
    /// The line after it.
    body: u32,
}

fn headings(text: &str, lines: &Lines) -> Vec<Heading> {
    let mut found = Vec::new();
    let mut fence: Option<&str> = None;
    let mut previous = "";
    let mut in_front_matter = false;
    for (number, line) in numbered(text, lines) {
        let trimmed = line.trim();
        if number == 1 && trimmed == "---" {
            in_front_matter = true;
            continue;
        }
        if in_front_matter {
            in_front_matter = trimmed != "---";
            continue;
        }
        if let Some(mark) = fence {
            if trimmed.starts_with(mark) && trimmed.trim_start_matches(mark).chars().all(|c| "`~".contains(c))
            {
                fence = None;
            }
            previous = "";
            continue;
        }
        fence = ["```", "~~~"].into_iter().find(|mark| trimmed.starts_with(mark));
        if fence.is_some() {
            continue;
        }
        let mut add = |name: &str, depth: usize, line: u32| {
            let name = plain_text(name);
            if !name.is_empty() {
                let kind = SymbolKind::Section;
                found.push(Heading {
                    entry: Entry {
                        name,
                        kind,
                        line,
                        depth,
                        end: None,
                    },
                    body: number + 1,
                });
            }
        };
        if let Some((depth, name)) = atx(line) {
            add(name, depth, number);
            previous = "";
            continue;
        }
        let underline = trimmed.len() >= 2 && !previous.is_empty();
        if underline && trimmed.chars().all(|c| c == '=') {
            add(previous, 1, number - 1);
        } else if underline
            && trimmed.len() >= 3
            && trimmed.chars().all(|c| c == '-')
            && may_be_title(previous)
        {
            add(previous, 2, number - 1);
        }
        previous = trimmed;
    }
    found
}

/// `## A heading ##`
fn atx(line: &str) -> Option<(usize, &str)> {
    let indent = line.len() - line.trim_start_matches(' ').len();
    let line = line.trim();
    let depth = line.bytes().take_while(|&byte| byte == b'#').count();
    let rest = line.get(depth..)?;
    let is_heading = indent < 4 && (1..=6).contains(&depth) && rest.starts_with([' ', '\t']);
    is_heading.then(|| (depth, rest.trim().trim_end_matches('#').trim_end()))
}

fn may_be_title(line: &str) -> bool {
    !line.starts_with(['|', '-', '*', '>', '+', '<']) && line.len() < 120
}

/// A heading without marks of emphasis, code, links and images.
fn plain_text(heading: &str) -> String {
    let mut result = String::new();
    let mut rest = heading;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or("");
        rest = match c {
            '`' | '*' => after,
            '!' if after.starts_with('[') => link(after).map_or(after, |(_, rest)| rest),
            '[' => match link(rest) {
                Some((label, rest)) => {
                    result.push_str(&plain_text(label));
                    rest
                }
                None => {
                    result.push('[');
                    after
                }
            },
            '<' => match after.find('>') {
                Some(end) if after.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/') => {
                    after.get(end + 1..).unwrap_or("")
                }
                _ => {
                    result.push('<');
                    after
                }
            },
            _ => {
                result.push(c);
                after
            }
        };
    }
    result.trim().to_owned()
}

/// The label of `[label](target)` at the beginning of a text, and what follows.
fn link(text: &str) -> Option<(&str, &str)> {
    let close = text.find("](").filter(|_| text.len() < 2_000)?;
    let label = text.get(1..close)?;
    let rest = text.get(close + 2..)?;
    let end = rest.find(')')?;
    (!label.contains('[')).then_some((label, rest.get(end + 1..)?))
}

/// The first paragraph of prose: not a badge, a fence, a list of links or a table.
fn paragraph(text: &str, lines: &Lines, within: facts::Lines) -> Option<facts::Doc> {
    let is_prose = |line: &str| {
        let line = line.trim();
        !line.is_empty()
            && !line.starts_with(['<', '|', '#', '!', '`', '~', '='])
            && !line.starts_with("[![")
            && !line.starts_with("---")
    };
    let start = (within.start..=within.end)
        .take_while(|&line| {
            let line = lines.text_of(text, line).trim_start();
            !line.starts_with("```") && !line.starts_with("~~~")
        })
        .find(|&line| is_prose(lines.text_of(text, line)))?;
    let range = facts::Lines {
        start,
        end: within.end,
    };
    first_paragraph(text, lines, range, |line| {
        let line = line.trim_start();
        line.starts_with("```") || line.starts_with("~~~")
    })
}
