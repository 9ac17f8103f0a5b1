//! The shape of text: runs of characters that belong together, the parts of identifiers, comments in code.

/// A maximal run of a text that is one word, or is written without spaces.
pub(crate) enum Run<'a> {
    Word(&'a str),
    Unspaced(&'a str),
}

/// Cuts a text into runs; everything between them is dropped.
pub(crate) fn runs<'a>(text: &'a str, take: &mut dyn FnMut(Run<'a>)) {
    #[derive(Clone, Copy, PartialEq)]
    enum Class {
        Word,
        Unspaced,
        Gap,
    }
    let class = |c: char| {
        if c.is_ascii_alphanumeric() || c == '_' {
            Class::Word
        } else if c.is_ascii() {
            Class::Gap
        } else if is_unspaced(c) {
            Class::Unspaced
        } else if c.is_alphanumeric() {
            Class::Word
        } else {
            Class::Gap
        }
    };
    let mut end_run = |start: usize, end: usize, class: Class| {
        let run = text.get(start..end).unwrap_or_default();
        match class {
            Class::Word if run.bytes().any(|byte| byte != b'_') => take(Run::Word(run)),
            Class::Unspaced => take(Run::Unspaced(run)),
            _ => {}
        }
    };
    let (mut start, mut current) = (0, Class::Gap);
    for (at, c) in text.char_indices() {
        let class = class(c);
        if class != current {
            if current != Class::Gap {
                end_run(start, at, current);
            }
            (start, current) = (at, class);
        }
    }
    end_run(start, text.len(), current);
}

/// The parts of an identifier: between underscores, before an upper case letter that follows a lower case one
/// or begins a word after an acronym (`HTTPServer`), and between letters and digits.
pub(crate) fn split_identifier(word: &str, parts: &mut Vec<(usize, usize)>) {
    parts.clear();
    let mut letters = word.char_indices().map(|(at, c)| (at, letter(c)));
    let (mut start, mut previous) = (0, None);
    let mut current = letters.next();
    while let Some((at, this)) = current {
        let next = letters.next();
        let cut = this == UNDERSCORE
            || previous.is_some_and(|previous| {
                previous == UNDERSCORE
                    || (previous & LOWER != 0 && this & UPPER != 0)
                    || (previous & this & UPPER != 0 && next.is_some_and(|(_, next)| next & LOWER != 0))
                    || (previous ^ this) & NUMERIC != 0
            });
        if cut {
            push_part(word, start, at, parts);
            start = at;
        }
        (previous, current) = (Some(this), next);
    }
    push_part(word, start, word.len(), parts);
}

/// What a character of an identifier is; some numerals are of a case, too.
const LOWER: u8 = 1;
const UPPER: u8 = 2;
const NUMERIC: u8 = 4;
const UNDERSCORE: u8 = 8;

fn letter(c: char) -> u8 {
    match c {
        'a'..='z' => LOWER,
        'A'..='Z' => UPPER,
        '0'..='9' => NUMERIC,
        '_' => UNDERSCORE,
        _ if c.is_ascii() => 0,
        _ => {
            u8::from(c.is_lowercase()) * LOWER
                + u8::from(c.is_uppercase()) * UPPER
                + u8::from(c.is_numeric()) * NUMERIC
        }
    }
}

fn push_part(word: &str, start: usize, end: usize, parts: &mut Vec<(usize, usize)>) {
    if word
        .get(start..end)
        .is_some_and(|part| !part.is_empty() && part != "_")
    {
        parts.push((start, end));
    }
}

/// Divides a line of source into code and comment. `comment_end` is what ends the comment or docstring that
/// the line stands in. A guess from the common forms: a wrong one costs a stem, not a hit.
pub(crate) fn split_comment<'a>(line: &'a str, comment_end: &mut Option<&'static str>) -> (&'a str, &'a str) {
    if let Some(end) = *comment_end {
        if line.contains(end) {
            *comment_end = None;
        }
        return ("", line);
    }
    let text = line.trim_start();
    for (start, end) in [
        ("/*", "*/"),
        ("\"\"\"", "\"\"\""),
        ("'''", "'''"),
        ("<!--", "-->"),
    ] {
        if let Some(rest) = text.strip_prefix(start) {
            if !rest.contains(end) {
                *comment_end = Some(end);
            }
            return ("", text);
        }
    }
    let is_hash_comment = text.starts_with("# ") || text.starts_with("##") || text == "#";
    if is_hash_comment
        || ["//", "-- ", "* ", ";; "]
            .iter()
            .any(|start| text.starts_with(start))
    {
        return ("", text);
    }
    let is_mark = |window: &[u8]| matches!(window, b" // " | b"  # ");
    let trailing = line.as_bytes().windows(4).position(is_mark);
    trailing
        .and_then(|at| line.split_at_checked(at))
        .unwrap_or((line, ""))
}

/// Characters of scripts that put no spaces between words.
fn is_unspaced(c: char) -> bool {
    is_ideograph(c)
        || is_hiragana(c)
        || matches!(c, '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}'
            | '\u{ff66}'..='\u{ff9f}' | '\u{ac00}'..='\u{d7a3}')
}

pub(crate) fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3005}'..='\u{3007}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

pub(crate) fn is_hiragana(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{309f}')
}
