//! Words of the repository made fit to quote: documentation without its markup, READMEs by paragraph.

use deepwiki_domain::facts::Lines;

/// The longest sentence and paragraph that are quoted, in characters.
const LONGEST_SENTENCE: usize = 260;
const LONGEST_PARAGRAPH: usize = 700;

/// A heading or paragraph of a document, without markup, and its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Passage {
    /// 0 for a paragraph, else the heading's depth.
    pub(crate) level: u8,
    pub(crate) text: String,
    pub(crate) lines: Lines,
}

/// The first sentence of a documentation comment; none where it has no words.
pub(crate) fn first_sentence(doc: &str) -> Option<String> {
    let paragraph = paragraphs_of(doc).into_iter().next()?;
    let sentence = sentence_end(&paragraph)
        .and_then(|end| paragraph.get(..end))
        .unwrap_or(&paragraph);
    quotable(sentence, LONGEST_SENTENCE)
}

/// The first paragraph of a documentation comment.
pub(crate) fn first_paragraph(doc: &str) -> Option<String> {
    let paragraph = paragraphs_of(doc).into_iter().next()?;
    quotable(&paragraph, LONGEST_PARAGRAPH)
}

/// Headings and paragraphs of a Markdown or reStructuredText document, in order. Code, tables, badges,
/// images, HTML and lists of links are left out.
pub(crate) fn passages(text: &str) -> Vec<Passage> {
    let mut reader = PassageReader::default();
    for (number, line) in (1u32..).zip(text.lines()) {
        reader.line(number, line);
    }
    reader.finish()
}

#[derive(Default)]
struct PassageReader {
    found: Vec<Passage>,
    open: Vec<String>,
    start: u32,
    last: u32,
    fence: Option<String>,
    comment: bool,
}

impl PassageReader {
    fn line(&mut self, number: u32, line: &str) {
        let trimmed = line.trim();
        if let Some(fence) = &self.fence {
            if trimmed.starts_with(fence.as_str()) {
                self.fence = None;
            }
            return;
        }
        if self.comment {
            self.comment = !trimmed.contains("-->");
            return;
        }
        if let Some(mark) = ["```", "~~~"].into_iter().find(|mark| trimmed.starts_with(mark)) {
            self.close();
            self.fence = Some(mark.to_owned());
        } else if trimmed.starts_with("<!--") {
            self.close();
            self.comment = !trimmed.contains("-->");
        } else if trimmed.is_empty() {
            self.close();
        } else if let Some((level, heading)) = atx_heading(trimmed) {
            self.close();
            self.push(level, heading, Lines::one(number));
        } else if let Some(level) = underline(trimmed).filter(|_| self.open.len() == 1) {
            let heading = self.open.pop().unwrap_or_default();
            self.push(
                level,
                &heading,
                Lines {
                    start: self.start,
                    end: number,
                },
            );
        } else if is_prose(line, trimmed) {
            if self.open.is_empty() {
                self.start = number;
            }
            self.last = number;
            self.open.push(trimmed.to_owned());
        } else {
            self.close();
        }
    }

    fn close(&mut self) {
        let text = std::mem::take(&mut self.open).join(" ");
        self.push(
            0,
            &text,
            Lines {
                start: self.start,
                end: self.last,
            },
        );
    }

    fn push(&mut self, level: u8, text: &str, lines: Lines) {
        if let Some(text) = quotable(text, LONGEST_PARAGRAPH) {
            self.found.push(Passage { level, text, lines });
        }
    }

    fn finish(mut self) -> Vec<Passage> {
        self.close();
        self.found
    }
}

fn atx_heading(line: &str) -> Option<(u8, &str)> {
    let rest = line.trim_start_matches('#');
    let level = line.len() - rest.len();
    let heading = rest
        .starts_with(' ')
        .then(|| rest.trim().trim_end_matches('#').trim())?;
    u8::try_from(level)
        .ok()
        .filter(|level| (1..=6).contains(level))
        .map(|level| (level, heading))
}

fn underline(line: &str) -> Option<u8> {
    let first = line.chars().next().filter(|_| line.len() >= 3)?;
    let same = line.chars().all(|c| c == first);
    match first {
        '=' if same => Some(1),
        '-' | '~' | '^' if same => Some(2),
        _ => None,
    }
}

/// Whether a line is running text: no list, table, quotation, image, badge, directive or HTML.
fn is_prose(line: &str, trimmed: &str) -> bool {
    let indented = line.starts_with("    ") || line.starts_with('\t');
    let marked = [
        "<", "|", ">", "![", "[![", "- ", "* ", "+ ", "..", ":", "---", "===", "***", "!!!", "@",
    ]
    .iter()
    .any(|mark| trimmed.starts_with(mark));
    let reference = trimmed.starts_with('[') && trimmed.contains("]:");
    let numbered = trimmed
        .split_once(['.', ')'])
        .is_some_and(|(n, _)| n.len() <= 3 && n.parse::<u32>().is_ok());
    !(indented || marked || reference || numbered)
}

/// The paragraphs of a documentation comment, lines joined; stops at the first heading, tag or example.
fn paragraphs_of(doc: &str) -> Vec<String> {
    const ENDS: [&str; 9] = [
        "@",
        ":",
        "#",
        "```",
        "Args:",
        "Returns:",
        "Parameters",
        ">>>",
        "Example",
    ];
    let mut paragraphs = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    for line in doc.lines() {
        let line = line.trim();
        // Python's `#:` comments keep their colon.
        let line = line.strip_prefix(": ").unwrap_or(line);
        let first = open.is_empty() && paragraphs.is_empty();
        if ENDS.iter().any(|mark| line.starts_with(mark)) && !(first && line.starts_with('#')) {
            break;
        }
        let rule = line.len() >= 3 && line.chars().all(|c| !c.is_alphanumeric());
        if rule && open.len() == 1 {
            // An underlined title says no more than the name.
            open.clear();
        } else if (line.is_empty() || rule) && !open.is_empty() {
            paragraphs.push(std::mem::take(&mut open).join(" "));
        } else if !line.is_empty() && !rule {
            open.push(line.trim_start_matches('#').trim_start());
        }
    }
    if !open.is_empty() {
        paragraphs.push(open.join(" "));
    }
    paragraphs
}

/// Where the first sentence of a paragraph ends: after a full stop that is followed by a space and no small
/// letter, and that does not belong to an abbreviation or code.
fn sentence_end(text: &str) -> Option<usize> {
    let mut in_code = false;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '`' => in_code = !in_code,
            '。' => return Some(at + c.len_utf8()),
            '.' | '!' | '?' if !in_code => {
                let next = chars.peek().map(|(_, next)| *next);
                let after = text
                    .get(at + 1..)
                    .and_then(|rest| rest.trim_start().chars().next());
                let word = text
                    .get(..at)
                    .and_then(|before| before.rsplit([' ', '(']).next())
                    .unwrap_or_default();
                let abbreviation = matches!(
                    word,
                    "e.g" | "i.e" | "etc" | "vs" | "cf" | "Dr" | "Mr" | "St" | "No"
                ) || (word.len() == 1 && word.chars().all(char::is_uppercase));
                if next.is_some_and(char::is_whitespace)
                    && !abbreviation
                    && !after.is_some_and(char::is_lowercase)
                {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// The text without links, emphasis, HTML and control characters, cut at a word where it is too long. None
/// where no words are left.
fn quotable(text: &str, longest: usize) -> Option<String> {
    let text = without_markup(text);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().filter(|c| c.is_alphabetic()).count() < 2 {
        return None;
    }
    if text.chars().count() <= longest {
        return Some(text);
    }
    let cut: String = text.chars().take(longest).collect();
    let kept = cut.rsplit_once(' ').map_or(cut.as_str(), |(kept, _)| kept);
    let balanced = if kept.matches('`').count() % 2 == 1 {
        kept.rsplit_once('`').map_or(kept, |(kept, _)| kept)
    } else {
        kept
    };
    Some(format!("{} …", balanced.trim_end()))
}

fn without_markup(text: &str) -> String {
    let text = without_roles(text);
    let text = text.as_str();
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let tail = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            '`' => {
                let marks = rest.len() - rest.trim_start_matches('`').len();
                let (fence, inner) = rest.split_at(marks);
                if let Some(end) = inner.find(fence) {
                    let code = inner.get(..end).unwrap_or_default();
                    plain.push('`');
                    plain.push_str(code.trim());
                    plain.push('`');
                    rest = inner.get(end + marks..).unwrap_or_default();
                    // reStructuredText: `text <target>`_
                    rest = rest
                        .strip_prefix("__")
                        .or_else(|| rest.strip_prefix('_'))
                        .unwrap_or(rest);
                } else {
                    rest = inner;
                }
            }
            '!' if tail.starts_with('[') => rest = skip_image(tail),
            '[' => {
                let (words, after) = link(tail);
                plain.push_str(words);
                rest = after;
            }
            '<' if tail.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!') => {
                rest = tail.split_once('>').map_or("", |(_, after)| after);
                plain.push(' ');
            }
            '*' => rest = tail.trim_start_matches('*'),
            '_' if tail.starts_with('_') => rest = tail.trim_start_matches('_'),
            '\\' => rest = tail,
            c if c.is_control() => {
                plain.push(' ');
                rest = tail;
            }
            c => {
                plain.push(c);
                rest = tail;
            }
        }
    }
    plain
}

/// reStructuredText's ``:class:`~a.B` `` as `` `B` ``.
fn without_roles(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, role, target, after)) = next_role(rest) {
        plain.push_str(before);
        let target = match target.strip_prefix('~') {
            Some(short) => short.rsplit('.').next().unwrap_or(short),
            None => target.split(" <").next().unwrap_or(target),
        };
        let bare = matches!(role, "ref" | "doc" | "term");
        plain.push_str(&if bare {
            target.to_owned()
        } else {
            format!("`{target}`")
        });
        rest = after;
    }
    plain.push_str(rest);
    plain
}

/// What stands before the next role, the role, its target, and what follows.
fn next_role(text: &str) -> Option<(&str, &str, &str, &str)> {
    let open = text.find(":`")?;
    let before = text.get(..open)?;
    let start = before.rfind(':')?;
    let role = before.get(start + 1..)?;
    let named =
        !role.is_empty() && role.len() <= 16 && role.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    let body = text.get(open + 2..)?;
    let (target, after) = body.split_once('`')?;
    named.then(|| (before.get(..start).unwrap_or_default(), role, target, after))
}

/// Past `[alt](url)` or `[alt][ref]`, given the text from the first bracket on.
fn skip_image(text: &str) -> &str {
    let (_, after) = link(text.strip_prefix('[').unwrap_or(text));
    after
}

/// A link's words and what follows it, given the text after its opening bracket. Brackets that are no link keep
/// their words.
fn link(text: &str) -> (&str, &str) {
    let mut depth = 1u32;
    let end = text.char_indices().find_map(|(at, c)| {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(at)
    });
    let Some(end) = end else { return ("", text) };
    let words = text.get(..end).unwrap_or_default();
    let after = text.get(end + 1..).unwrap_or_default();
    let target_end = match after.chars().next() {
        Some('(') => after.find(')'),
        Some('[') => after.find(']'),
        _ => None,
    };
    let after = target_end.and_then(|at| after.get(at + 1..)).unwrap_or(after);
    let image = words.starts_with("![") || words.starts_with('!');
    (if image { "" } else { words.trim_matches('`') }, after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_sentence_ends_where_a_reader_would_end_it() {
        for (doc, sentence) in [
            ("Reads a file. Then closes it.", "Reads a file."),
            (
                "Supports e.g. UTF-8 and others. More.",
                "Supports e.g. UTF-8 and others.",
            ),
            ("Calls `a.b. C` at once. More.", "Calls `a.b. C` at once."),
            (
                "A [link](https://x.y) and **bold**\nwords.\n\n# Examples",
                "A link and bold words.",
            ),
            ("ファイルを読む。次に閉じる。", "ファイルを読む。"),
            ("No stop at all", "No stop at all"),
            (
                "Shared by :class:`~a.b.C` and :ref:`that page`.",
                "Shared by `C` and that page.",
            ),
            ("Summary line\n\nArgs:\n  x: y", "Summary line"),
            ("pkg.mod\n~~~~~~~\n\nReads it.", "Reads it."),
        ] {
            assert_eq!(first_sentence(doc).as_deref(), Some(sentence));
        }
        assert_eq!(first_sentence("----\n***"), None);
        assert_eq!(first_sentence(":rtype: str"), None);
        assert_eq!(first_sentence(""), None);
    }

    #[test]
    fn a_readme_gives_headings_and_paragraphs_without_badges() {
        let text = "[![ci](a)](b)\n# Demo\n\n<p align=center>x</p>\n\nA tool that\ndoes *things*.\n\n```\ncode\n```\n\n## Install\n\nRun it.\n\n- item\n\nTitle\n=====\nText\n";
        let found: Vec<(u8, String, u32, u32)> = passages(text)
            .into_iter()
            .map(|p| (p.level, p.text, p.lines.start, p.lines.end))
            .collect();
        assert_eq!(
            found,
            [
                (1, "Demo".into(), 2, 2),
                (0, "A tool that does things.".into(), 6, 7),
                (2, "Install".into(), 13, 13),
                (0, "Run it.".into(), 15, 15),
                (1, "Title".into(), 19, 20),
                (0, "Text".into(), 21, 21),
            ]
        );
    }

    #[test]
    fn long_words_are_cut_between_words_and_never_inside_code() {
        let doc = format!("{} `{}`.", "word ".repeat(48), "x".repeat(40));
        let sentence = first_sentence(&doc).unwrap();
        assert!(sentence.ends_with(" …") && sentence.matches('`').count().is_multiple_of(2));
    }
}
