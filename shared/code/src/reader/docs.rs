//! Comments that document something.

use deepwiki_domain::facts::{self, Definition, Doc};

use super::spec::Style;
use crate::lines::Lines;

/// The longest text of a comment, in bytes.
const LONGEST_DOC: usize = 4_000;

/// The longest comment that is looked for, in lines.
const LONGEST_BLOCK: u32 = 400;

/// The comment directly above a line, not reaching above `earliest`. A block that marks itself as documentation
/// (`/** … */`) may have a blank line below it.
pub(super) fn above(text: &str, lines: &Lines, style: &Style, line: u32, earliest: u32) -> Option<Doc> {
    let last = line.checked_sub(1).filter(|&last| last >= earliest)?;
    let apart = last.checked_sub(1).filter(|&before| {
        before >= earliest
            && lines.is_blank(last)
            && lines.text_of(text, before).trim() == "*/"
            && block_start(text, lines, "/*", before, earliest)
                .is_some_and(|start| lines.text_of(text, start).trim().starts_with("/**"))
    });
    let last = apart.unwrap_or(last);
    let last_text = lines.text_of(text, last).trim();
    // `//!` speaks of the file, not of what comes next.
    if last_text.starts_with("//!") {
        return None;
    }
    let block = style
        .block_comments
        .iter()
        .find(|(_, close)| last_text.ends_with(close))
        .and_then(|(open, _)| block_start(text, lines, open, last, earliest));
    let start = match block {
        Some(start) => start,
        None => run_start(text, lines, style, last, earliest)?,
    };
    doc(text, lines, style, facts::Lines { start, end: last })
}

/// The comment that begins a file and speaks of all of it: neither a licence nor the first definition's own.
pub(super) fn of_file(text: &str, lines: &Lines, style: &Style, definitions: &[Definition]) -> Option<Doc> {
    let mut line = 1;
    while line <= lines.count().min(LONGEST_BLOCK) {
        let trimmed = lines.text_of(text, line).trim();
        if trimmed.is_empty() || line == 1 && trimmed.starts_with("#!") || is_opening(trimmed) {
            line += 1;
            continue;
        }
        let end = comment_end(text, lines, style, line)?;
        let range = facts::Lines { start: line, end };
        let owned = |definition: &Definition| {
            definition.doc.as_ref().is_some_and(|doc| doc.lines.end == end)
                || definition.lines.start == end + 1
        };
        if let Some(doc) = doc(text, lines, style, range)
            && (!definitions.iter().take(4).any(owned) || trimmed.starts_with("//!"))
        {
            return Some(doc);
        }
        line = end + 1;
    }
    None
}

/// What may stand before the comment of a file.
fn is_opening(line: &str) -> bool {
    line.starts_with("<?php")
        || line.starts_with("#![")
        || matches!(line, "'use strict';" | "\"use strict\";")
}

/// The last line of the comment that begins on a line.
fn comment_end(text: &str, lines: &Lines, style: &Style, line: u32) -> Option<u32> {
    let first = lines.text_of(text, line).trim();
    for (open, close) in style.block_comments {
        if let Some(rest) = first.strip_prefix(open) {
            if rest.contains(close) {
                return Some(line);
            }
            return (line + 1..=lines.count().min(line + LONGEST_BLOCK))
                .find(|&line| lines.text_of(text, line).contains(close));
        }
    }
    let is_comment = |line: &u32| is_line_comment(lines.text_of(text, *line).trim(), style);
    (line..=lines.count()).take_while(is_comment).last()
}

fn is_line_comment(trimmed: &str, style: &Style) -> bool {
    style.line_comments.iter().any(|mark| trimmed.starts_with(mark)) && !trimmed.starts_with("#!")
}

fn block_start(text: &str, lines: &Lines, open: &str, last: u32, earliest: u32) -> Option<u32> {
    let lowest = earliest.max(last.saturating_sub(LONGEST_BLOCK));
    (lowest..=last)
        .rev()
        .map(|line| (line, lines.text_of(text, line).trim()))
        .find(|(_, trimmed)| trimmed.contains(open))
        .filter(|(_, trimmed)| trimmed.starts_with(open))
        .map(|(line, _)| line)
}

fn run_start(text: &str, lines: &Lines, style: &Style, last: u32, earliest: u32) -> Option<u32> {
    (earliest.max(last.saturating_sub(LONGEST_BLOCK))..=last)
        .rev()
        .take_while(|&line| is_line_comment(lines.text_of(text, line).trim(), style))
        .last()
}

/// The documentation in a comment of these lines, if it is any.
fn doc(text: &str, lines: &Lines, style: &Style, range: facts::Lines) -> Option<Doc> {
    let raw = |line| lines.text_of(text, line).trim();
    let all: Vec<(u32, &str)> = (range.start..=range.end).map(|line| (line, raw(line))).collect();
    // Where a language marks its documentation, other comments beside it are not part of it.
    let marked = |line: &str| line.starts_with("///") && !line.starts_with("////");
    let kept: Vec<(u32, &str)> = if all.iter().any(|(_, line)| marked(line)) {
        all.into_iter().filter(|(_, line)| marked(line)).collect()
    } else {
        all.into_iter().filter(|(_, line)| !is_directive(line)).collect()
    };
    // A banner heads a part of the file rather than the definition below it.
    if kept.len() > 1
        && kept.first().is_some_and(|(_, line)| is_rule(line))
        && !kept.iter().all(|(_, line)| is_rule(line))
    {
        return None;
    }
    let first = kept.first()?.0;
    let last = kept.last()?.0;
    let cleaned = clean_lines(kept.iter().map(|(_, line)| *line), style.line_comments);
    (!cleaned.is_empty() && !is_licence(&cleaned)).then_some(Doc {
        text: cleaned,
        lines: facts::Lines {
            start: first,
            end: last,
        },
    })
}

/// A line drawn with the marks of comments: `// -----`.
fn is_rule(line: &str) -> bool {
    line.len() >= 8 && !line.starts_with("/*") && line.chars().all(|c| "-=*#/~_+;% ".contains(c))
}

/// Lines for tools rather than for people.
fn is_directive(line: &str) -> bool {
    const MARKS: &[&str] = &[
        "//go:",
        "// +build",
        "//nolint",
        "// NOLINT",
        "// eslint",
        "/* eslint",
        "// @ts-",
        "// clang-format",
        "// prettier-",
        "# -*-",
        "# type:",
        "# pylint:",
        "# noqa",
        "# frozen_string_literal",
        "# shellcheck",
        "# rubocop:",
        "// swiftlint",
        "// ignore_for_file",
        "//region",
        "// region",
        "//endregion",
        "#region",
        "#endregion",
        "# coding",
        "// biome-",
    ];
    MARKS.iter().any(|mark| line.starts_with(mark))
}

fn is_licence(text: &str) -> bool {
    let head: String = cut(text, 1_500).to_ascii_lowercase();
    [
        "copyright",
        "spdx-license",
        "licensed under",
        "permission is hereby granted",
        "all rights reserved",
    ]
    .iter()
    .any(|mark| head.contains(mark))
}

/// A comment's text without its marks.
#[cfg(test)]
fn clean_comment(text: &str, marks: &[&str]) -> String {
    clean_lines(text.lines().map(str::trim), marks)
}

fn clean_lines<'a>(lines: impl Iterator<Item = &'a str>, marks: &[&str]) -> String {
    let mut cleaned = String::new();
    let mut length = 0;
    for line in lines {
        let line = strip_marks(line, marks);
        let line = if line.ends_with("//") {
            line.trim_end_matches('/').trim_end()
        } else {
            line
        };
        let decoration = !line.is_empty() && line.chars().all(|c| "-=*#/~_+;%! ".contains(c));
        let line = if decoration { "" } else { line };
        if length > LONGEST_DOC {
            break;
        }
        length += line.len() + 1;
        cleaned.push_str(line);
        cleaned.push('\n');
    }
    cut(cleaned.trim_matches('\n'), LONGEST_DOC).trim_end().to_owned()
}

fn strip_marks<'a>(line: &'a str, marks: &[&str]) -> &'a str {
    let mut line = line;
    let opened = ["/**", "/*!", "/*", "{-|", "{-", "(**", "(*", "<!--", "#=", "--[["]
        .iter()
        .find_map(|mark| line.strip_prefix(mark));
    let is_block = opened.is_some();
    line = opened.unwrap_or(line);
    for close in ["*/", "-}", "*)", "-->", "=#", "]]"] {
        if (is_block || close == line || close == "*/") && line.ends_with(close) {
            line = line.strip_suffix(close).unwrap_or(line);
        }
    }
    if !is_block {
        let mark = marks.iter().find(|mark| line.starts_with(**mark));
        if let Some(mark) = mark {
            line = line.strip_prefix(mark).unwrap_or(line);
            let last = mark.chars().last().unwrap_or(' ');
            line = line.trim_start_matches(last);
            // Haskell's `-- | text` and `-- ^ text`.
            let haddock = line.strip_prefix(" | ").or_else(|| line.strip_prefix(" ^ "));
            line = haddock.filter(|_| *mark == "--").unwrap_or(line);
            line = line.strip_prefix('!').unwrap_or(line);
        } else if let Some(rest) = line.strip_prefix('*') {
            line = rest;
        }
    }
    line.strip_prefix(' ').unwrap_or(line).trim_end()
}

/// The documentation in a string literal.
pub(super) fn docstring(literal: &str, lines: facts::Lines) -> Option<Doc> {
    let inner = literal.trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == '@' || c == '~');
    let quotes = ["\"\"\"", "'''", "\"", "'"];
    let quote = quotes.iter().find(|quote| inner.starts_with(**quote))?;
    let inner = inner.strip_prefix(quote)?;
    let inner = inner.strip_suffix(quote).unwrap_or(inner);
    let indent = inner
        .lines()
        .skip(1)
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start().len())
        .min()
        .unwrap_or(0);
    let mut text = String::new();
    for (number, line) in inner.lines().enumerate() {
        let line = if number == 0 {
            line.trim_start()
        } else {
            line.get(indent..).unwrap_or("")
        };
        text.push_str(line.trim_end());
        text.push('\n');
    }
    let text = cut(text.trim_matches('\n'), LONGEST_DOC).trim_end().to_owned();
    (!text.trim().is_empty()).then_some(Doc { text, lines })
}

/// The lines of the first paragraph at or after a line: up to a blank line or one that `ends` it.
pub(crate) fn first_paragraph(
    text: &str,
    lines: &Lines,
    within: facts::Lines,
    ends: impl Fn(&str) -> bool,
) -> Option<Doc> {
    let start = (within.start..=within.end).find(|&line| !lines.is_blank(line))?;
    let end = (start..=within.end)
        .take_while(|&line| !lines.is_blank(line) && !ends(lines.text_of(text, line)))
        .last()?;
    let paragraph = text.get(lines.start_of(start)..lines.start_of(end + 1))?.trim();
    (!paragraph.is_empty()).then(|| Doc {
        text: cut(paragraph, LONGEST_DOC).to_owned(),
        lines: facts::Lines { start, end },
    })
}

/// A text with each run of white space made one blank.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len().min(400));
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
    }
    folded
}

/// The longest beginning of a text that has at most this many bytes and ends between characters.
pub(super) fn cut(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_stripped() {
        assert_eq!(
            clean_comment("/// One.\n///\n///   two", &["//"]),
            "One.\n\n  two"
        );
        assert_eq!(
            clean_comment("/**\n * One.\n * @x two\n */", &["//"]),
            "One.\n@x two"
        );
        assert_eq!(clean_comment("/* one */", &["//"]), "one");
        assert_eq!(clean_comment("# -----\n# one\n# -----", &["#"]), "one");
        assert_eq!(clean_comment("-- | one\n-- two", &["--"]), "one\ntwo");
    }

    #[test]
    fn a_docstring_is_dedented() {
        let lines = facts::Lines { start: 2, end: 5 };
        let doc = docstring("\"\"\"One.\n\n    Two:\n      three\n    \"\"\"", lines).unwrap();
        assert_eq!(doc.text, "One.\n\nTwo:\n  three");
        assert_eq!(docstring("r'x'", lines).unwrap().text, "x");
        assert!(docstring("\"\"\"  \"\"\"", lines).is_none());
    }
}
