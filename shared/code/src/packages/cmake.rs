//! `CMakeLists.txt`, by its commands.

use deepwiki_domain::facts::PackageFacts;

use super::{dependency, facts_of, item::LineIndex, stated};

/// A command's head and arguments are looked for no further than this, in bytes.
const REACH: usize = 4_000;

/// Reads `project`, `find_package`, `add_executable`, `add_subdirectory`.
pub(super) fn read(text: &str) -> PackageFacts {
    let mut facts = facts_of("cmake");
    let lines = LineIndex::of(text);
    let mut from = 0;
    while let Some(open) = text.get(from..).and_then(|rest| rest.find('(')) {
        let at = from + open;
        from = at + 1;
        let before = text
            .get(text.floor_char_boundary(at.saturating_sub(REACH))..at)
            .unwrap_or_default();
        let offset = at - before.len();
        let before = before.trim_end();
        let start = before
            .rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .map_or(0, |end| end + 1);
        let command = before.get(start..).unwrap_or_default().to_ascii_lowercase();
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        if before
            .get(line_start..start)
            .is_some_and(|head| head.contains('#'))
        {
            continue;
        }
        let reach = text.floor_char_boundary(from + REACH);
        let arguments = text
            .get(from..reach)
            .and_then(|rest| rest.split(')').next())
            .unwrap_or_default();
        let words: Vec<&str> = arguments
            .split_whitespace()
            .map(|word| word.trim_matches('"'))
            .collect();
        let (Some(first), line) = (words.first().copied(), lines.line(offset + start)) else {
            continue;
        };
        let after = |key: &str| words.iter().skip_while(|word| **word != key).nth(1).copied();
        match command.as_str() {
            "project" => {
                facts.name = facts.name.or(Some(stated(first, line)));
                facts.version = facts
                    .version
                    .or(after("VERSION").map(|version| stated(version, line)));
            }
            "find_package" => {
                let wanted = words
                    .get(1)
                    .filter(|word| word.starts_with(|c: char| c.is_ascii_digit()));
                let wanted = wanted.map(|word| (*word).to_owned());
                facts.dependencies.push(dependency(first, wanted, false, line));
            }
            "add_subdirectory" => facts.members.push(stated(first, line)),
            "add_executable" => {
                let sources = words.get(1..).unwrap_or_default();
                facts.commands.push((
                    stated(first, line),
                    sources.first().copied().unwrap_or_default().to_owned(),
                ));
            }
            _ => {}
        }
    }
    facts
}
