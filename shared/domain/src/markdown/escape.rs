//! Escaping of words that somebody else wrote, so that Markdown shows them as they are.
//!
//! Backslashes stop every mark but one: several renderers look for bare addresses (`https://…`, `www.…`,
//! `a@b.c`) in the text *after* escapes are undone. Those are put into code spans instead.

/// Text as one line without anything that changes how its surroundings are shown: runs of white space
/// become one space, control characters and explicit directional marks become U+FFFD.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_whitespace() {
            if !line.ends_with(' ') {
                line.push(' ');
            }
        } else {
            line.push(visible(c));
        }
    }
    line
}

/// Verbatim text with `\n` line ends and without characters that change how their surroundings are shown.
pub(super) fn verbatim(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    text.chars()
        .map(|c| if matches!(c, '\n' | '\t') { c } else { visible(c) })
        .collect()
}

/// Whether a character reorders or breaks the text around it: controls, and the marks that "Trojan source"
/// attacks use.
pub fn is_disruptive(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn visible(c: char) -> char {
    if is_disruptive(c) { '\u{fffd}' } else { c }
}

/// Plain words as Markdown that shows exactly these words. `line` is the outcome of [`one_line`].
pub(super) fn words(line: &str) -> String {
    let mut out = String::with_capacity(line.len() + line.len() / 8);
    let mut rest = line;
    while !rest.is_empty() {
        let length = rest.find(|c| !is_address_char(c)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(length);
        if run.is_empty() {
            let length = after.find(is_address_char).unwrap_or(after.len());
            let (marks, after) = after.split_at(length);
            push_escaped(&mut out, marks, after.chars().next());
            rest = after;
            continue;
        }
        if is_address(run) {
            let core = run.trim_end_matches(['.', ':', '!', '?', '_', '~']);
            out.push_str(&code(core, false));
            push_escaped(
                &mut out,
                run.get(core.len()..).unwrap_or_default(),
                after.chars().next(),
            );
        } else {
            push_escaped(&mut out, run, after.chars().next());
        }
        rest = after;
    }
    out
}

/// Stops the beginning of a line from being read as a list, heading, quote or rule.
pub(super) fn guard_line_start(line: String) -> String {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = line.split_at(digits);
    let mut after = rest.chars();
    let (first, second) = (after.next(), after.next());
    let ends_mark = |c: Option<char>| c.is_none_or(|c| c.is_whitespace() || c == '-');
    match first {
        Some('.' | ')') if (1..=9).contains(&digits) && ends_mark(second) => format!("{number}\\{rest}"),
        Some('-' | '+') if digits == 0 && ends_mark(second) => format!("\\{line}"),
        Some('>') if digits == 0 => format!("\\{line}"),
        _ => line,
    }
}

/// A code span that shows exactly this text. In a table a `|` would end the cell, even within code.
pub(super) fn code(text: &str, in_table: bool) -> String {
    let text = one_line(text);
    if text.trim().is_empty() {
        return String::new();
    }
    if in_table && text.contains("\\|") {
        // A table takes `\\|` for an escaped backslash and the end of the cell: no code span can say it.
        return words(&text);
    }
    let fence = "`".repeat(longest_run(&text, '`') + 1);
    let pad = text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']);
    let pad = if pad { " " } else { "" };
    let text = if in_table { text.replace('|', "\\|") } else { text };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// The length of the longest run of a character.
pub(super) fn longest_run(text: &str, of: char) -> usize {
    text.split(|c| c != of).map(str::len).max().unwrap_or(0) / of.len_utf8()
}

/// What may stand in an address that a renderer would link by itself.
fn is_address_char(c: char) -> bool {
    c.is_ascii_graphic() && !"`<>\"'()[]{},;|\\*".contains(c)
}

fn is_address(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let is_mail = |(at, _)| at > 0 && word.get(at..).is_some_and(|host| host.contains('.'));
    lower.contains("://") || lower.contains("www.") || word.match_indices('@').any(is_mail)
}

/// Appends `text` with a backslash before every mark that would mean something where it stands.
fn push_escaped(out: &mut String, text: &str, following: Option<char>) {
    let mut before = out.chars().next_back();
    for (at, c) in text.char_indices() {
        let rest = text.get(at + c.len_utf8()..).unwrap_or_default();
        let after = rest.chars().next().or(following);
        let special = match c {
            '\\' | '`' | '*' | '[' | ']' | '<' | '~' | '|' | '$' | '^' => true,
            // A run of `_` within a word is no emphasis, and names are easier to read without backslashes.
            '_' => {
                let after_run = rest.trim_start_matches('_').chars().next().or(following);
                let is_inner = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
                !(is_inner(before) && is_inner(after_run))
            }
            '#' => !before.is_some_and(char::is_alphanumeric),
            '&' => after.is_some_and(|c| c.is_ascii_alphanumeric() || c == '#'),
            // An image, where a link of ours follows.
            '!' => after.is_none_or(|c| c == '['),
            _ => false,
        };
        if special {
            out.push('\\');
        }
        out.push(c);
        if c != '_' {
            before = Some(c);
        }
    }
}
