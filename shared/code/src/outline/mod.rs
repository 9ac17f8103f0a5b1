//! Readers of prose, data and settings, which go by lines: sections, tables, keys. They know little of their
//! formats, and so nothing can confuse them.

mod json;
mod markdown;
mod settings;
mod toml;
mod yaml;

use std::ops::Range;

use deepwiki_domain::{
    Language,
    facts::{self, Definition, SymbolKind, Visibility},
};

use crate::{lines::Lines, reader::Facts};

/// A file that defines more than this is data, not settings: nobody asks for its thousandth key.
const MOST_ENTRIES: usize = 400;

/// The outline reader of a language.
pub(crate) fn of(language: Language) -> Option<fn(&str, &Lines) -> Facts> {
    Some(match language {
        Language::Cmake => settings::cmake,
        Language::Css => settings::css,
        Language::Dockerfile => settings::dockerfile,
        Language::Hcl => settings::hcl,
        Language::Html | Language::Xml => settings::html,
        Language::Ini => settings::ini,
        Language::Json => json::read,
        Language::Make => settings::makefile,
        Language::Markdown => markdown::read,
        Language::Rst => settings::rst,
        Language::Sql => settings::sql,
        Language::Toml => toml::read,
        Language::Yaml => yaml::read,
        _ => return None,
    })
}

/// Text of which nothing is known: its chunks follow its blank lines and indentation.
pub(crate) fn plain(_: &str, _: &Lines) -> Facts {
    Facts::default()
}

/// An entry as an outline reader finds it: its name, first line and depth. It ends where the next one of the
/// same or a lesser depth begins.
struct Entry {
    name: String,
    kind: SymbolKind,
    line: u32,
    depth: usize,
    /// Its last line, where the reader knows.
    end: Option<u32>,
}

/// Makes definitions of entries, which stand in the order of their lines.
fn definitions(text: &str, lines: &Lines, entries: Vec<Entry>) -> Vec<Definition> {
    let mut found: Vec<Definition> = Vec::with_capacity(entries.len());
    // Entries that are open, outermost first: depth and index.
    let mut open: Vec<(usize, u32)> = Vec::new();
    let ends: Vec<Option<u32>> = entries.iter().map(|entry| entry.end).collect();
    for (index, entry) in (0u32..).zip(entries.into_iter().take(MOST_ENTRIES)) {
        close(
            &mut found,
            &mut open,
            entry.depth,
            entry.line.saturating_sub(1),
            lines,
        );
        let container = open.last().map(|(_, index)| *index);
        open.push((entry.depth, index));
        found.push(Definition {
            signature: signature(lines.text_of(text, entry.line)),
            name: entry.name,
            kind: entry.kind,
            lines: facts::Lines::one(entry.line),
            name_line: entry.line,
            doc: None,
            container,
            owner: None,
            supertypes: Vec::new(),
            visibility: Visibility::Public,
            complexity: 0,
            is_test: false,
        });
    }
    close(&mut found, &mut open, 0, lines.count(), lines);
    for (definition, end) in found.iter_mut().zip(ends) {
        if let Some(end) = end {
            definition.lines.end = end.max(definition.lines.start);
        }
    }
    found
}

/// Ends what is open at this depth or deeper with the last line before `end` on which something stands.
fn close(found: &mut [Definition], open: &mut Vec<(usize, u32)>, depth: usize, end: u32, lines: &Lines) {
    while let Some((_, index)) = open.pop_if(|(at, _)| *at >= depth) {
        if let Some(definition) = found.get_mut(index as usize) {
            let mut end = end.max(definition.lines.start);
            while end > definition.lines.start && lines.is_blank(end) {
                end -= 1;
            }
            definition.lines.end = end;
        }
    }
}

fn signature(line: &str) -> String {
    let line = line.trim();
    let mut end = line.len().min(200);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    line.get(..end).unwrap_or("").to_owned()
}

/// The lines of a text with their numbers.
fn numbered<'t>(text: &'t str, lines: &'t Lines) -> impl Iterator<Item = (u32, &'t str)> {
    let range: Range<u32> = 1..lines.count() + 1;
    range.map(|line| (line, lines.text_of(text, line)))
}
