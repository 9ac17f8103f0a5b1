//! JSON: the keys of the outermost object, and those of the objects directly in it that describe a project.

use deepwiki_domain::facts::SymbolKind;

use super::{Entry, definitions};
use crate::{lines::Lines, reader::Facts};

/// Objects whose keys are worth a name of their own.
const OPENED: &[&str] = &[
    "scripts",
    "bin",
    "exports",
    "paths",
    "definitions",
    "$defs",
    "components",
    "tasks",
    "compilerOptions",
];

pub(super) fn read(text: &str, lines: &Lines) -> Facts {
    Facts {
        definitions: definitions(text, lines, keys(text, lines)),
        ..Facts::default()
    }
}

/// A scan that knows strings, brackets and comments, and nothing else.
fn keys(text: &str, lines: &Lines) -> Vec<Entry> {
    let bytes = text.as_bytes();
    let mut found: Vec<Entry> = Vec::new();
    let (mut at, mut depth) = (0, 0usize);
    let mut opened = false;
    // The last byte that is no white space.
    let mut last = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                end_entry(&mut found, depth, lines.line_at(last));
                depth = depth.saturating_sub(1);
            }
            b',' => end_entry(&mut found, depth, lines.line_at(last)),
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at += bytes
                    .get(at..)
                    .and_then(|rest| rest.iter().position(|&b| b == b'\n'))
                    .unwrap_or(0);
            }
            b'"' => {
                let end = string_end(bytes, at);
                let is_key = bytes
                    .get(end + 1..)
                    .is_some_and(|rest| rest.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':'));
                if is_key && (depth == 1 || depth == 2 && opened) {
                    let name = text.get(at + 1..end).unwrap_or("");
                    if depth == 1 {
                        opened = OPENED.contains(&name);
                    }
                    if !name.is_empty() && name.len() <= 120 {
                        found.push(Entry {
                            name: name.to_owned(),
                            kind: SymbolKind::Entry,
                            line: lines.line_at(at),
                            depth,
                            end: None,
                        });
                    }
                }
                at = end;
            }
            _ => {}
        }
        if !byte.is_ascii_whitespace() {
            last = at.min(bytes.len());
        }
        at += 1;
    }
    found
}

/// Ends the entry of this depth that is open.
fn end_entry(found: &mut [Entry], depth: usize, line: u32) {
    let open = found
        .iter_mut()
        .rev()
        .take_while(|entry| entry.depth >= depth)
        .find(|entry| entry.depth == depth);
    if let Some(entry) = open {
        entry.end.get_or_insert(line);
    }
}

/// Where the string that begins at a byte ends.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' | b'\n' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}
