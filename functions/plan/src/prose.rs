//! Words of the repository made fit to quote: documentation without its markup, READMEs by paragraph.

use deepwiki_domain::facts::Lines;

/// The longest sentence and paragraph that are quoted, in characters.
const LONGEST_SENTENCE: usize = 260;
const LONGEST_PARAGRAPH: usize = 700;

/// What [`Passage::level`] says of a block of code, which is no heading and no paragraph.
pub(crate) const CODE: u8 = 9;

/// A block of code with more lines than this is an example to be read where it stands.
const LONGEST_CODE: usize = 14;

/// A heading, paragraph or block of code of a document, the first two without markup, and its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Passage {
    /// 0 for a paragraph, [`CODE`] for code, else the heading's depth.
    pub(crate) level: u8,
    pub(crate) text: String,
    pub(crate) lines: Lines,
    /// The language of code, where its fence tells.
    pub(crate) language: Option<String>,
}

/// The first sentence of a documentation comment; none where it has no words.
pub(crate) fn first_sentence(doc: &str) -> Option<String> {
    let paragraph = paragraphs_of(doc).into_iter().next()?;
    let sentence = sentence_end(&paragraph)
        .and_then(|end| paragraph.get(..end))
        .unwrap_or(&paragraph);
    // What a colon announces (an example, a list) is not quoted along.
    quotable(sentence.trim_end_matches([':', ' ']), LONGEST_SENTENCE)
}

/// The first paragraph of a documentation comment.
pub(crate) fn first_paragraph(doc: &str) -> Option<String> {
    let paragraph = paragraphs_of(doc).into_iter().next()?;
    quotable(&paragraph, LONGEST_PARAGRAPH)
}

/// Headings, paragraphs and short blocks of code of a Markdown or reStructuredText document, in order. Tables,
/// badges, images, HTML and lists are left out.
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
    /// The fence that ends the code around the current line, and the code's language.
    fence: Option<(String, Option<String>)>,
    /// Lines of code, each with its number.
    code: Vec<(u32, String)>,
    comment: bool,
    /// Whether indented lines belong to an item of a list.
    in_list: bool,
}

impl PassageReader {
    fn line(&mut self, number: u32, line: &str) {
        let trimmed = line.trim();
        if let Some((fence, language)) = &self.fence {
            if trimmed.starts_with(fence.as_str()) {
                let language = language.clone();
                self.fence = None;
                self.close_code(language);
            } else {
                self.code.push((number, line.trim_end().to_owned()));
            }
            return;
        }
        if self.comment {
            self.comment = !trimmed.contains("-->");
            return;
        }
        let indented = line.starts_with("    ") || line.starts_with('\t');
        if indented && self.open.is_empty() && !self.in_list && !trimmed.is_empty() {
            self.code.push((number, line.trim_end().to_owned()));
            return;
        }
        if !trimmed.is_empty() {
            self.close_code(None);
        } else if !self.code.is_empty() {
            self.code.push((number, String::new()));
        }
        if let Some(mark) = ["```", "~~~"].into_iter().find(|mark| trimmed.starts_with(mark)) {
            self.close();
            let info = trimmed.trim_start_matches(['`', '~']).trim();
            let language: String = info.chars().take_while(|c| c.is_ascii_alphanumeric()).collect();
            let language = Some(language).filter(|language| (1..=20).contains(&language.len()));
            self.fence = Some((mark.to_owned(), language));
        } else if trimmed.starts_with("<!--") {
            self.close();
            self.comment = !trimmed.contains("-->");
        } else if trimmed.is_empty() {
            self.close();
        } else if let Some((level, heading)) = atx_heading(trimmed) {
            self.close();
            self.in_list = false;
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
            self.in_list = false;
            self.last = number;
            self.open.push(trimmed.to_owned());
        } else {
            self.close();
            self.in_list = self.in_list || !indented && !trimmed.starts_with(['<', '.', '[', '|']);
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

    /// Ends a block of code; kept where it is short.
    fn close_code(&mut self, language: Option<String>) {
        let mut code = std::mem::take(&mut self.code);
        while code.last().is_some_and(|(_, line)| line.is_empty()) {
            code.pop();
        }
        let (Some((start, _)), Some((end, _))) = (code.first(), code.last()) else {
            return;
        };
        let lines = Lines {
            start: *start,
            end: *end,
        };
        let filled = code.iter().filter(|(_, line)| !line.is_empty());
        let indent = filled
            .map(|(_, line)| line.len() - line.trim_start().len())
            .min()
            .unwrap_or_default();
        let text: Vec<&str> = code
            .iter()
            .map(|(_, line)| line.get(indent..).unwrap_or_default())
            .collect();
        let text = text.join("\n");
        if code.len() <= LONGEST_CODE && text.len() <= LONGEST_PARAGRAPH {
            self.found.push(Passage {
                level: CODE,
                text,
                lines,
                language,
            });
        }
    }

    fn push(&mut self, level: u8, text: &str, lines: Lines) {
        if let Some(text) = quotable(text, LONGEST_PARAGRAPH) {
            self.found.push(Passage {
                level,
                text,
                lines,
                language: None,
            });
        }
    }

    fn finish(mut self) -> Vec<Passage> {
        self.close();
        self.close_code(None);
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
    const ENDS: [&str; 8] = [
        "@",
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
        let ends = ENDS.iter().any(|mark| line.starts_with(mark)) || is_field(line);
        if ends && !(first && line.starts_with('#')) {
            break;
        }
        let rule = line.len() >= 3 && line.chars().all(|c| !c.is_alphanumeric());
        let breaks = line.is_empty() || rule || is_item(line) || is_html_break(line);
        if rule && open.len() == 1 {
            // An underlined title says no more than the name.
            open.clear();
        } else if breaks && !open.is_empty() {
            paragraphs.push(std::mem::take(&mut open).join(" "));
        }
        if !line.is_empty() && !rule {
            open.push(line.trim_start_matches('#').trim_start());
        }
    }
    if !open.is_empty() {
        paragraphs.push(open.join(" "));
    }
    paragraphs
}

/// A field of reStructuredText (`:param x: …`, `:return: …`), not a role (``:class:`X` ``).
fn is_field(line: &str) -> bool {
    let Some((name, rest)) = line.strip_prefix(':').and_then(|rest| rest.split_once(':')) else {
        return false;
    };
    !name.is_empty() && !rest.starts_with('`') && name.split(' ').count() <= 3
}

/// The beginning of an item of a list.
fn is_item(line: &str) -> bool {
    ["- ", "* ", "+ ", "• "].iter().any(|mark| line.starts_with(mark))
}

/// A line that Javadoc begins with an element of its own.
fn is_html_break(line: &str) -> bool {
    ["<p>", "<p/>", "</p>", "<ul>", "<ol>", "<pre>", "<li>", "<table"]
        .iter()
        .any(|tag| {
            line.get(..tag.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(tag))
        })
}

/// Whether a comment only names a part of a file (`Module dependencies.`, `Exported API`), as such comments stand
/// above whatever happens to come first below them.
pub(crate) fn is_label(text: &str) -> bool {
    const WORDS: [&str; 44] = [
        "module",
        "modules",
        "dependencies",
        "exports",
        "exported",
        "external",
        "internal",
        "imports",
        "prototype",
        "prototypes",
        "api",
        "public",
        "private",
        "function",
        "functions",
        "constants",
        "globals",
        "global",
        "variables",
        "types",
        "macros",
        "includes",
        "forward",
        "declarations",
        "definitions",
        "helpers",
        "helper",
        "local",
        "static",
        "implementation",
        "header",
        "file",
        "misc",
        "methods",
        "main",
        "interface",
        "data",
        "structures",
        "implemented",
        "utils",
        "utilities",
        "routines",
        "defines",
        "standard",
    ];
    const LITTLE: [&str; 8] = ["and", "of", "the", "as", "for", "our", "all", "other"];
    let mut words = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase);
    words.all(|word| WORDS.contains(&word.as_str()) || LITTLE.contains(&word.as_str()))
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
    let text = without_roles(&without_tags(text));
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
            '[' if is_index(&plain, tail) => {
                plain.push('[');
                rest = tail;
            }
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

/// Whether a bracket belongs to code or to a range (`map[string]int`, `[]byte`, `[1, 2]`) rather than to a link.
fn is_index(before: &str, after: &str) -> bool {
    let joined = before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ']');
    let is_link = after
        .split_once(']')
        .is_some_and(|(_, rest)| rest.starts_with(['(', '[']) && !rest.starts_with("[]"));
    let names =
        after.starts_with(|c: char| c.is_alphabetic() || matches!(c, '`' | '!' | '_' | '[' | '*' | '"'));
    !is_link && (joined || !names)
}

/// Javadoc's and JSDoc's `{@code x}` and `{@link a.B#c label}` as `` `x` `` and `label`.
fn without_tags(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, inner)) = rest.split_once("{@") {
        plain.push_str(before);
        let Some((body, after)) = inner.split_once('}') else {
            rest = inner;
            continue;
        };
        let (tag, words) = body.split_once(char::is_whitespace).unwrap_or((body, ""));
        let words = words.trim();
        match (tag, words.split_once(char::is_whitespace)) {
            ("link" | "linkplain", Some((_, label))) => plain.push_str(label.trim()),
            ("link" | "linkplain" | "code" | "value", _) if !words.is_empty() => {
                let short = words.split('(').next().unwrap_or(words).trim_start_matches('#');
                let name = if tag == "link" {
                    short.rsplit('.').next().unwrap_or(short)
                } else {
                    words
                };
                plain.push_str(&format!("`{}`", name.replace('#', ".")));
            }
            _ => plain.push_str(words),
        }
        rest = after;
    }
    plain.push_str(rest);
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
            (
                "Gives a\n:class:`~a.B` object.\n\n:param x: y",
                "Gives a `B` object.",
            ),
            (
                "Holds {@code int}s of {@link a.b.C#d} and {@link E the e}.",
                "Holds `int`s of `C.d` and the e.",
            ),
            ("A shortcut for map[string]any", "A shortcut for map[string]any"),
            ("See [`Foo`] and [Bar].", "See Foo and Bar."),
            ("Depends on the type:\n- one\n- two", "Depends on the type"),
            ("Compares.\n<p>\nNull safe.", "Compares."),
        ] {
            assert_eq!(first_sentence(doc).as_deref(), Some(sentence));
        }
        assert_eq!(first_sentence("----\n***"), None);
        assert_eq!(first_sentence(":rtype: str"), None);
        assert_eq!(first_sentence(""), None);
    }

    #[test]
    fn labels_of_parts_of_a_file_are_known() {
        assert!(
            [
                "Module dependencies.",
                "Exported API",
                "Functions implemented as macros"
            ]
            .map(is_label)
                == [true; 3]
        );
        assert!(["Sorted set API", "Log levels", "Stores types."].map(is_label) == [false; 3]);
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
                (CODE, "code".into(), 10, 10),
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
