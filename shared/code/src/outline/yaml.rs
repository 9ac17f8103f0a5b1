//! YAML: the keys at the left edge, and those one step inside the ones that list named things.

use deepwiki_domain::facts::SymbolKind;

use super::{Entry, definitions, numbered};
use crate::{lines::Lines, reader::Facts};

/// Mappings whose keys are names that people look for: jobs of a workflow, services, resources, routes.
const OPENED: &[&str] = &[
    "jobs",
    "services",
    "Resources",
    "Outputs",
    "Parameters",
    "paths",
    "volumes",
    "networks",
    "stages",
    "functions",
    "tasks",
];

pub(super) fn read(text: &str, lines: &Lines) -> Facts {
    let mut entries = Vec::new();
    let mut opened: Option<usize> = None;
    let mut inner_indent = 0;
    for (number, line) in numbered(text, lines) {
        let indent = line.len() - line.trim_start_matches(' ').len();
        let Some(key) = key(line.trim()) else {
            continue;
        };
        if indent == 0 {
            opened = OPENED.contains(&key).then_some(0);
            inner_indent = 0;
        } else if opened.is_some() && (inner_indent == 0 || inner_indent == indent) {
            inner_indent = indent;
        } else {
            continue;
        }
        entries.push(Entry {
            name: key.to_owned(),
            kind: SymbolKind::Entry,
            line: number,
            depth: if indent == 0 { 1 } else { 2 },
            end: None,
        });
    }
    Facts {
        definitions: definitions(text, lines, entries),
        ..Facts::default()
    }
}

/// The key that a line begins with.
fn key(line: &str) -> Option<&str> {
    if line.starts_with(['#', '-', '{', '[', '&', '*', '!', '|', '>', '%']) {
        return None;
    }
    let (key, rest) = line.split_once(':')?;
    let key = key.trim().trim_matches(['"', '\'']);
    let is_key = rest.is_empty() || rest.starts_with([' ', '\t']);
    (is_key && !key.is_empty() && key.len() <= 120).then_some(key)
}
