//! TOML: tables, and the keys above the first.

use deepwiki_domain::facts::SymbolKind;

use super::{Entry, definitions, numbered};
use crate::{lines::Lines, reader::Facts};

pub(super) fn read(text: &str, lines: &Lines) -> Facts {
    let mut entries = Vec::new();
    let mut in_table = false;
    let mut string: Option<&str> = None;
    for (number, line) in numbered(text, lines) {
        let trimmed = line.trim();
        if let Some(quote) = string {
            string = string.filter(|_| !trimmed.contains(quote));
            continue;
        }
        string = ["\"\"\"", "'''"]
            .into_iter()
            .find(|quote| trimmed.matches(quote).count() % 2 == 1);
        let name = if let Some(table) = trimmed.strip_prefix('[').filter(|_| line.starts_with('[')) {
            in_table = true;
            table.trim_start_matches('[').split(']').next()
        } else if !in_table && line.starts_with(|c: char| c.is_alphanumeric() || c == '"') {
            line.split_once('=').map(|(key, _)| key)
        } else {
            None
        };
        let name = name
            .map(|name| name.trim().trim_matches('"'))
            .filter(|name| !name.is_empty());
        if let Some(name) = name {
            entries.push(Entry {
                name: name.to_owned(),
                kind: SymbolKind::Entry,
                line: number,
                depth: 1,
                end: None,
            });
        }
    }
    Facts {
        definitions: definitions(text, lines, entries),
        ..Facts::default()
    }
}
