//! What hooks for signals read from the text after a name.

use std::borrow::Cow;

use super::docs::cut;

/// How far an argument list is read.
const REACH: usize = 1_200;

/// The first argument, if it is a string: of `("X", …)`, `["X"]`, `'X', …`.
pub(crate) fn literal(after: &str) -> Option<&str> {
    let inner = after.trim_start_matches([' ', '\t', '!']);
    let inner = inner.strip_prefix(['(', '[', '{']).unwrap_or(inner);
    string_at(inner.trim_start()).map(|(string, _)| string)
}

/// The strings among the arguments that follow, in order.
pub(crate) fn literals(after: &str) -> Vec<&str> {
    strings(after).collect()
}

/// Finds what [`literals`] gives as it is asked for.
pub(crate) fn strings(after: &str) -> impl Iterator<Item = &str> {
    let mut rest = arguments(after);
    std::iter::from_fn(move || {
        while let Some(at) = rest.find(['"', '\'', '`']) {
            rest = rest.get(at..).unwrap_or("");
            if let Some((string, after)) = string_at(rest) {
                rest = after;
                return Some(string);
            }
            rest = rest.get(1..).unwrap_or("");
        }
        None
    })
}

/// The string that a named argument has: `help="…"`, also where it goes on in strings of the next lines.
pub(crate) fn named_literal<'t>(after: &'t str, name: &str) -> Option<Cow<'t, str>> {
    let arguments = arguments(after);
    arguments.match_indices(name).find_map(|(at, _)| {
        let before = arguments.get(..at)?.chars().next_back()?;
        let rest = arguments.get(at + name.len()..)?.trim_start();
        let rest = rest.strip_prefix(['=', ':', '('])?.trim_start();
        (!before.is_alphanumeric()).then(|| joined_at(rest))?
    })
}

/// The string that a text begins with, joined with those right after it: `("a " "b")`, `"a " + "b"`.
fn joined_at(text: &str) -> Option<Cow<'_, str>> {
    let (first, mut rest) = string_at(text.trim_start_matches(['(', ' ', '\n', '\t']))?;
    let mut joined = Cow::Borrowed(first);
    while let Some((next, after)) = string_at(rest.trim_start_matches(['+', '\\', ' ', '\n', '\r', '\t'])) {
        if joined.len() + next.len() > REACH / 2 {
            break;
        }
        joined.to_mut().push_str(next);
        rest = after;
    }
    Some(joined)
}

/// The text inside the brackets that follow.
pub(crate) fn arguments(after: &str) -> &str {
    let text = cut(after, REACH);
    let Some(open) = text.find(['(', '[', '{', '\n']) else {
        return text;
    };
    let mut depth = 0usize;
    for (at, byte) in text.bytes().enumerate().skip(open) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return text.get(..=at).unwrap_or(text);
        }
    }
    text
}

/// The string that a text begins with, and what follows it.
fn string_at(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start_matches(['b', 'r', 'f', 'u', 'B', 'R', 'F', 'U', 'L', '@', '$', '#']);
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    let inner = text.get(1..)?;
    let end = inner.find([quote, '\n'])?;
    let string = inner.get(..end)?;
    (inner.get(end..)?.starts_with(quote) && string.len() <= REACH / 2)
        .then_some((string, inner.get(end + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_read_from_the_text() {
        assert_eq!(literal("(\"HOME\")"), Some("HOME"));
        assert_eq!(literal("!(\"HOME\")"), Some("HOME"));
        assert_eq!(literal("['a b']"), Some("a b"));
        assert_eq!(literal(" '/x', to: 'y'"), Some("/x"));
        assert_eq!(literal("(\n    b\"x\", 1)"), Some("x"));
        assert_eq!(literal("(HOME)"), None);
        assert_eq!(
            literals("(\"-x\", '--long', help=\"h (s)\") + \"no\""),
            ["-x", "--long", "h (s)"]
        );
        assert_eq!(named_literal("(\"-x\", help=\"text\")", "help").unwrap(), "text");
        assert_eq!(
            named_literal(
                "(\"-x\", help=(\n  \"One \"\n  \"and two.\"\n), default=\"no\")",
                "help"
            )
            .unwrap(),
            "One and two."
        );
        assert_eq!(
            named_literal("('-x', describe: 'a ' +\n 'b', type: 'c')", "describe").unwrap(),
            "a b"
        );
    }
}
