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
    let mut current = (0, Class::Gap);
    let ends = text
        .char_indices()
        .map(|(at, c)| (at, class(c)))
        .chain([(text.len(), Class::Gap)]);
    for (at, class) in ends {
        if class == current.1 {
            continue;
        }
        let run = text.get(current.0..at).unwrap_or_default();
        match current.1 {
            Class::Word if run.bytes().any(|byte| byte != b'_') => take(Run::Word(run)),
            Class::Unspaced => take(Run::Unspaced(run)),
            _ => {}
        }
        current = (at, class);
    }
}

/// The parts of an identifier: between underscores, before an upper case letter that follows a lower case one
/// or begins a word after an acronym (`HTTPServer`), and between letters and digits.
pub(crate) fn split_identifier(word: &str, parts: &mut Vec<(usize, usize)>) {
    parts.clear();
    let mut start = 0;
    let mut previous: Option<char> = None;
    let mut characters = word.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        let next_is_lower = characters.peek().is_some_and(|(_, next)| next.is_lowercase());
        let cut = c == '_'
            || previous.is_some_and(|previous| {
                previous == '_'
                    || (previous.is_lowercase() && c.is_uppercase())
                    || (previous.is_uppercase() && c.is_uppercase() && next_is_lower)
                    || (previous.is_numeric() != c.is_numeric())
            });
        if cut {
            push_part(word, start, at, parts);
            start = at;
        }
        previous = Some(c);
    }
    push_part(word, start, word.len(), parts);
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
    let trailing = [" // ", "  # "].iter().filter_map(|mark| line.find(mark)).min();
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
