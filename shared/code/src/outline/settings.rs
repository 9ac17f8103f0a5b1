//! Formats whose outline stands at the beginnings of lines: HCL, Dockerfile, Makefile, INI, CMake, Protocol
//! Buffers, CSS, SQL, HTML, XML and others.

use deepwiki_domain::facts::{Import, ImportedName, Signal, SignalKind, SymbolKind};

use super::{Entry, definitions, numbered};
use crate::{lines::Lines, reader::Facts};

/// HCL: blocks, `resource "a" "b" {` by what identifies them.
pub(super) fn hcl(text: &str, lines: &Lines) -> Facts {
    by_line(text, lines, |line| {
        if !line.starts_with(|c: char| c.is_ascii_lowercase()) {
            return None;
        }
        if let Some(head) = line.trim_end().strip_suffix('{') {
            return Some((
                head.split_whitespace()
                    .map(|word| word.trim_matches('"'))
                    .collect::<Vec<_>>()
                    .join("."),
                1,
            ));
        }
        line.split_once('=').map(|(key, _)| (key.trim().to_owned(), 1))
    })
}

/// Dockerfile: stages; what the build and the container are told.
pub(super) fn dockerfile(text: &str, lines: &Lines) -> Facts {
    let mut facts = by_line(text, lines, |line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (first, rest) = words.split_first()?;
        match first.to_ascii_uppercase().as_str() {
            "FROM" => {
                let stage = words
                    .iter()
                    .position(|word| word.eq_ignore_ascii_case("as"))
                    .and_then(|at| words.get(at + 1));
                stage.or(rest.first()).map(|name| ((*name).to_owned(), 1))
            }
            "ENTRYPOINT" | "CMD" | "EXPOSE" => Some((line.trim().to_owned(), 2)),
            _ => None,
        }
    });
    for (number, line) in numbered(text, lines) {
        let words = line.trim().split_once(char::is_whitespace);
        if let Some(("ENV" | "ARG", rest)) = words {
            let name = rest.trim().split(['=', ' ']).next().unwrap_or("");
            signal(&mut facts, SignalKind::EnvironmentVariable, name, number);
        }
        if line.starts_with("ENTRYPOINT") || line.starts_with("CMD") {
            let command = line.split_once(' ').map_or("", |(_, command)| command.trim());
            signal(&mut facts, SignalKind::EntryPoint, command, number);
        }
    }
    facts
}

fn signal(facts: &mut Facts, kind: SignalKind, name: &str, line: u32) {
    if name.is_empty() || name.len() > 200 {
        return;
    }
    facts.signals.push(Signal {
        kind,
        name: name.to_owned(),
        detail: None,
        lines: deepwiki_domain::facts::Lines::one(line),
        scope: None,
    });
}

/// Makefile: targets, and what other makefiles are included.
pub(super) fn makefile(text: &str, lines: &Lines) -> Facts {
    let mut facts = by_line(text, lines, |line| {
        if line.starts_with(['\t', ' ', '#', '.', '-', '$']) {
            return None;
        }
        let (target, rest) = line.split_once(':')?;
        let is_assignment = rest.starts_with('=') || target.contains('=') || rest.starts_with(":=");
        let target = target.trim();
        (!is_assignment && !target.is_empty() && !target.contains(['$', '(']))
            .then(|| (target.split_whitespace().next().unwrap_or(target).to_owned(), 1))
    });
    for (number, line) in numbered(text, lines) {
        let included = line
            .strip_prefix("include ")
            .or_else(|| line.strip_prefix("-include "));
        if let Some(path) = included.filter(|path| !path.contains('$')) {
            import(&mut facts, &format!("./{}", path.trim()), number);
        }
    }
    facts
}

fn import(facts: &mut Facts, path: &str, line: u32) {
    facts.imports.push(Import {
        path: vec![path.to_owned()],
        name: ImportedName::Whole,
        alias: None,
        reexport: false,
        line,
        scope: None,
    });
}

/// INI and its like: sections.
pub(super) fn ini(text: &str, lines: &Lines) -> Facts {
    by_line(text, lines, |line| {
        let name = line.trim().strip_prefix('[')?.strip_suffix(']')?;
        Some((name.trim().to_owned(), 1))
    })
}

/// CMake: targets, options, functions.
pub(super) fn cmake(text: &str, lines: &Lines) -> Facts {
    const COMMANDS: &[&str] = &[
        "project",
        "add_library",
        "add_executable",
        "add_custom_target",
        "option",
        "function",
        "macro",
        "add_test",
    ];
    by_line(text, lines, |line| {
        let (command, rest) = line.trim_start().split_once('(')?;
        let command = command.trim().to_ascii_lowercase();
        let name = rest
            .trim_start()
            .split([' ', ')', '\t'])
            .find(|word| !word.is_empty())?;
        COMMANDS
            .contains(&command.as_str())
            .then(|| (name.trim_matches('"').to_owned(), 1))
    })
}

/// CSS: rules and at-rules at the left edge.
pub(super) fn css(text: &str, lines: &Lines) -> Facts {
    by_line(text, lines, |line| {
        let head = line.trim_end().strip_suffix('{')?.trim_end();
        (!line.starts_with([' ', '\t', '}', '/', '*']) && !head.is_empty() && head.len() <= 120)
            .then(|| (head.to_owned(), 1))
    })
}

/// SQL: what is created, by any dialect.
pub(super) fn sql(text: &str, lines: &Lines) -> Facts {
    const KINDS: &[&str] = &[
        "TABLE",
        "VIEW",
        "FUNCTION",
        "PROCEDURE",
        "INDEX",
        "TYPE",
        "TRIGGER",
        "SCHEMA",
        "SEQUENCE",
        "EXTENSION",
    ];
    const FILLERS: &[&str] = &[
        "OR",
        "REPLACE",
        "TEMP",
        "TEMPORARY",
        "UNIQUE",
        "MATERIALIZED",
        "IF",
        "NOT",
        "EXISTS",
        "CONCURRENTLY",
        "GLOBAL",
        "LOCAL",
        "UNLOGGED",
        "VIRTUAL",
        "DEFINER",
    ];
    let mut facts = by_line(text, lines, |line| {
        let mut words = line.split_whitespace();
        words.next().filter(|word| word.eq_ignore_ascii_case("create"))?;
        let mut words = words.filter(|word| !FILLERS.iter().any(|filler| word.eq_ignore_ascii_case(filler)));
        let kind = words.next()?;
        KINDS.iter().find(|known| kind.eq_ignore_ascii_case(known))?;
        let name = words
            .next()?
            .split('(')
            .next()?
            .trim_matches(['"', '`', '[', ']', ';']);
        Some((name.to_owned(), 1))
    });
    end_statements(text, lines, &mut facts);
    facts
}

/// A statement ends with the first line that ends in `;` at the left edge or closes the brackets.
fn end_statements(text: &str, lines: &Lines, facts: &mut Facts) {
    for definition in &mut facts.definitions {
        let range = definition.lines.start..=definition.lines.end;
        let quoted = |line: &u32| lines.text_of(text, *line).contains("$$");
        let is_body = range.clone().any(|line| quoted(&line));
        let end = range.into_iter().find(|line| {
            let line = lines.text_of(text, *line).trim_end();
            line.ends_with(';') && (!is_body || line.contains("$$") || line.starts_with("$"))
        });
        definition.lines.end = end.unwrap_or(definition.lines.end);
    }
}

/// HTML and XML: headings, and elements that have an id.
pub(super) fn html(text: &str, lines: &Lines) -> Facts {
    by_line(text, lines, |line| {
        let trimmed = line.trim_start();
        let tag = trimmed.strip_prefix('<')?;
        let level = tag
            .strip_prefix('h')
            .and_then(|rest| rest.chars().next())
            .and_then(|c| c.to_digit(10));
        if let Some(level) = level.filter(|level| (1..=6).contains(level)) {
            let inner = trimmed.split_once('>')?.1.split('<').next()?.trim();
            return (!inner.is_empty()).then(|| (inner.to_owned(), level as usize));
        }
        let id = tag.split_once(" id=\"")?.1.split('"').next()?;
        (!id.is_empty() && id.len() <= 80).then(|| (format!("#{id}"), 7))
    })
}

/// reStructuredText: titles, each followed by a line of marks; the order of the marks gives the levels.
pub(super) fn rst(text: &str, lines: &Lines) -> Facts {
    let mut levels: Vec<char> = Vec::new();
    let mut entries = Vec::new();
    let mut previous = "";
    for (number, line) in numbered(text, lines) {
        let mark = line.chars().next().filter(|c| "=-~^\"'`#*+.:_".contains(*c));
        if let Some(mark) = mark
            && line.len() >= 3
            && line.chars().all(|c| c == mark)
            && !previous.trim().is_empty()
            && !previous.starts_with([' ', mark])
            && line.chars().count() + 2 >= previous.chars().count()
        {
            let known = levels.iter().position(|level| *level == mark);
            let depth = known.unwrap_or_else(|| {
                levels.push(mark);
                levels.len() - 1
            });
            entries.push(Entry {
                name: previous.trim().to_owned(),
                kind: SymbolKind::Section,
                line: number - 1,
                depth: depth + 1,
                end: None,
            });
        }
        previous = line;
    }
    Facts {
        definitions: definitions(text, lines, entries),
        ..Facts::default()
    }
}

/// Entries that a rule finds on single lines: name and depth.
fn by_line(text: &str, lines: &Lines, rule: impl Fn(&str) -> Option<(String, usize)>) -> Facts {
    let entry = |(line, content): (u32, &str)| {
        let (name, depth) = rule(content)?;
        let name = name.trim().to_owned();
        (!name.is_empty() && name.len() <= 200).then_some(Entry {
            name,
            kind: SymbolKind::Entry,
            line,
            depth,
            end: None,
        })
    };
    let entries = numbered(text, lines).filter_map(entry).collect();
    Facts {
        definitions: definitions(text, lines, entries),
        ..Facts::default()
    }
}
