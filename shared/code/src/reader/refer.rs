//! References: names that are used, with what stands before them.
//!
//! What stands around a name is read from the text, not from the tree: `a.b().c::<T>` looks alike in all
//! languages, while their trees differ.

use deepwiki_domain::facts::{Reference, ReferenceKind, SymbolKind, name_hash};
use tree_sitter::Node;

use super::{
    LONGEST_NAME, Reader,
    spec::{Site, Style},
};
use crate::names::in_word;

/// The most parts of a qualified name that are kept.
const MOST_PARTS: usize = 8;

/// How many calls around a name are asked whether it is theirs.
const MOST_CALLS: usize = 32;

/// How far back the other end of a bracket is looked for.
const BRACKET_REACH: usize = 512;

/// One part of what stands before a name.
#[derive(Clone, Copy, Default)]
pub(super) struct Part<'t> {
    word: &'t str,
    /// `()` if the part is called, `[]` if it is indexed.
    suffix: &'static str,
}

/// The parts before a name, the nearest first.
#[derive(Default)]
struct Qualifier<'t> {
    parts: [Part<'t>; MOST_PARTS],
    length: usize,
}

impl<'t> Qualifier<'t> {
    fn push(&mut self, word: &'t str, suffix: &'static str) {
        if let Some(part) = self.parts.get_mut(self.length) {
            *part = Part { word, suffix };
            self.length += 1;
        }
    }

    fn parts(&self) -> &[Part<'t>] {
        self.parts.get(..self.length).unwrap_or(&[])
    }
}

/// What follows a name.
#[derive(Default)]
struct After {
    call: bool,
    /// The name is part of a longer one.
    continues: bool,
    index: bool,
}

impl<'t> Reader<'t> {
    /// A leaf that names something.
    pub(crate) fn name(&mut self, node: Node<'_>, kind: ReferenceKind) {
        self.read_name(node, kind, false);
    }

    /// A leaf that names something only if qualified.
    pub(crate) fn member(&mut self, node: Node<'_>) {
        self.read_name(node, ReferenceKind::Value, true);
    }

    fn read_name(&mut self, node: Node<'_>, kind: ReferenceKind, member: bool) {
        let range = node.byte_range();
        let name = self.slice(range.clone());
        if name.is_empty()
            || name.len() > LONGEST_NAME
            || self.label.contains(&range.start)
            || self.is_own_name(range.start)
        {
            return;
        }
        let hash = name_hash(name);
        let qualifier = qualifier(self.text, range.start, &self.grammar.spec.style);
        let mut after = self.after(range.end);
        after.call |= !self.called.is_empty() && self.is_called(range.end);
        if qualifier.length == 0 {
            if member && !after.call {
                return;
            }
            if self.binds_here(&range, name, kind, &after) {
                self.bind(name);
                return;
            }
            if self.is_bound(hash) {
                return;
            }
        }
        if after.continues && !after.call {
            return;
        }
        let kind = self.kind_here(range.start, kind, &after);
        let frame = self.frames.last();
        let in_attribute = frame.is_some_and(|frame| frame.in_attribute);
        let site = Site {
            name,
            receiver: qualifier.parts().first().map(|part| part.word),
            outer: qualifier.parts().get(1).map(|part| part.word),
            kind,
            after: self.text.get(range.end..).unwrap_or(""),
            start: range.start,
            in_attribute,
        };
        if kind == ReferenceKind::Call || after.index || qualifier.length > 0 || in_attribute {
            (self.grammar.spec.signals)(self, &site);
        }
        let style = &self.grammar.spec.style;
        if self.grammar.is_keyword(hash)
            || in_attribute && style.bang_calls && !is_path_or_type(name, &qualifier)
        {
            return;
        }
        self.refer(name, hash, &qualifier, kind, range.start);
    }

    /// Notes a reference, once a scope.
    fn refer(&mut self, name: &str, hash: u64, qualifier: &Qualifier<'_>, kind: ReferenceKind, start: usize) {
        let scope = self.scope();
        let mut hash =
            hash ^ u64::from(scope.map_or(0, |scope| scope + 1)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        hash = hash.rotate_left(3) ^ kind as u64;
        for part in qualifier.parts() {
            hash = hash.wrapping_mul(31) ^ name_hash(part.word) ^ part.suffix.len() as u64;
        }
        if kind == ReferenceKind::Inherit {
            self.inherit(name);
        }
        if !self.seen.insert(hash) {
            return;
        }
        let part = |part: &Part<'_>| [part.word, part.suffix].into_iter().collect();
        let reference = Reference {
            name: name.into(),
            qualifier: qualifier.parts().iter().rev().map(part).collect(),
            kind,
            line: self.line(start),
            scope,
        };
        self.facts.references.push(reference);
    }

    fn inherit(&mut self, name: &str) {
        let Some(definition) = self.scope_definition() else {
            return;
        };
        if !definition.supertypes.iter().any(|known| known == name) {
            definition.supertypes.push(name.to_owned());
        }
    }

    fn is_own_name(&self, start: usize) -> bool {
        // The type of an `impl` is both: its name and a use of the type.
        self.scopes
            .last()
            .is_some_and(|scope| scope.name.start == start && scope.kind != SymbolKind::Implementation)
    }

    fn binds_here(
        &self,
        range: &std::ops::Range<usize>,
        name: &str,
        kind: ReferenceKind,
        after: &After,
    ) -> bool {
        if self.binding == *range {
            return true;
        }
        if kind != ReferenceKind::Value || after.call || after.continues || after.index {
            return false;
        }
        let frame = self.frames.last();
        // In the patterns of Rust, what begins with a capital is a constant.
        let constant = self.grammar.spec.style.bang_calls && name.starts_with(char::is_uppercase);
        !constant && (self.binding.contains(&range.start) || frame.is_some_and(|frame| frame.binds))
    }

    /// Binds a name until the definition around ends.
    pub(crate) fn bind(&mut self, name: &str) {
        if self.scopes.is_empty() {
            return;
        }
        let hash = name_hash(name);
        if self.bound.insert(hash) {
            self.bound_in_order.push(hash);
        }
    }

    /// The names in a node are bound rather than used.
    pub(crate) fn begin_bound(&mut self, node: Node<'_>) {
        self.binding = node.byte_range();
    }

    /// The names in a node are types.
    pub(crate) fn begin_types(&mut self, node: Option<Node<'_>>) {
        if let Some(node) = node {
            self.types = node.byte_range();
        }
    }

    /// The names in a node are supertypes of the innermost definition around.
    pub(crate) fn begin_inherits(&mut self, node: Node<'_>) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.inherits = node.byte_range();
        }
    }

    /// The name that ends this node is called.
    pub(crate) fn begin_call(&mut self, node: Node<'_>) {
        self.called.push(node.end_byte());
    }

    /// Whether the name that ends here is called. Calls nest, and inner ones are met later but end first.
    fn is_called(&mut self, end: usize) -> bool {
        let found = self
            .called
            .iter()
            .rev()
            .take(MOST_CALLS)
            .position(|&at| at == end);
        if let Some(back) = found {
            self.called.truncate(self.called.len().saturating_sub(back + 1));
        }
        found.is_some()
    }

    /// The name that is this node is no reference.
    pub(crate) fn skip_name(&mut self, node: Node<'_>) {
        self.label = node.start_byte()..node.start_byte() + 1;
    }

    /// The names in a node are no references.
    pub(crate) fn begin_label_range(&mut self, node: Node<'_>) {
        self.label = node.byte_range();
    }

    fn is_bound(&self, hash: u64) -> bool {
        !self.bound.is_empty() && self.bound.contains(&hash)
    }

    fn kind_here(&self, start: usize, kind: ReferenceKind, after: &After) -> ReferenceKind {
        let context = self.context();
        let inherits = match self.scopes.last() {
            Some(scope) if scope.inherits.contains(&start) => Some(scope.inherits.start),
            _ => None,
        };
        match (context, inherits) {
            (Some(ReferenceKind::Type), _) => ReferenceKind::Type,
            (_, Some(from)) if is_nested(self.slice(from..start)) => ReferenceKind::Type,
            (Some(ReferenceKind::Inherit), _) | (_, Some(_)) => ReferenceKind::Inherit,
            _ if kind == ReferenceKind::Value && self.types.contains(&start) => ReferenceKind::Type,
            _ if kind == ReferenceKind::Value && after.call => ReferenceKind::Call,
            _ => kind,
        }
    }

    fn after(&self, end: usize) -> After {
        let style = &self.grammar.spec.style;
        let rest = self.text.get(end..).unwrap_or("");
        if ends_alone(rest.as_bytes(), style) {
            return After::default();
        }
        let near = rest.trim_start_matches([' ', '\t']);
        let mut after = After {
            call: near.starts_with('('),
            continues: false,
            index: near.starts_with('['),
        };
        if style.bang_calls
            && let Some(inner) = near.strip_prefix('!')
        {
            after.call |= inner.trim_start_matches(' ').starts_with(['(', '[', '{']);
        }
        if style.generic_calls && rest.starts_with('<') {
            after.call |= generics_end(rest).is_some_and(|rest| rest.starts_with('('));
        }
        // A chain of calls goes on on the next line.
        let next = if near.starts_with('\n') {
            near.trim_start()
        } else {
            near
        };
        let on_next_line = next.len() != near.len();
        for separator in style.separators {
            let Some(tail) = next.strip_prefix(separator) else {
                continue;
            };
            let range = *separator == "." && tail.starts_with('.');
            if range || on_next_line && !separator.ends_with('.') && *separator != "->" {
                continue;
            }
            after.continues = tail
                .trim_start_matches([' ', '\t', '\n'])
                .bytes()
                .next()
                .is_some_and(|byte| in_word(byte) && !byte.is_ascii_digit() || byte == b'#');
            if *separator == "::" && tail.starts_with('<') {
                let tail = generics_end(tail);
                after.call |= tail.is_some_and(|tail| tail.starts_with('('));
                after.continues = tail.is_some_and(|tail| tail.starts_with("::"));
            }
            break;
        }
        after
    }
}

/// Whether it is plain that what follows a name has nothing to say of it, as for most names.
fn ends_alone(rest: &[u8], style: &Style) -> bool {
    let near = rest.iter().position(|byte| !matches!(byte, b' ' | b'\t'));
    let near = near.and_then(|at| rest.get(at..)).unwrap_or_default();
    let next = if near.first() == Some(&b'\n') {
        near.trim_ascii_start()
    } else {
        near
    };
    match next.first() {
        None => true,
        Some(b'(' | b'[' | b'!' | b'<' | b'\x0b' | 0x80..) => false,
        Some(first) => !style
            .separators
            .iter()
            .any(|mark| mark.as_bytes().first() == Some(first)),
    }
}

fn is_path_or_type(name: &str, qualifier: &Qualifier<'_>) -> bool {
    name.starts_with(char::is_uppercase) || qualifier.length > 0
}

/// Whether brackets are open at the end of a list of supertypes, or a keyword argument is.
fn is_nested(text: &str) -> bool {
    let depth = text.bytes().fold(0i32, |depth, byte| match byte {
        b'<' | b'[' => depth + 1,
        b'>' | b']' => depth - 1,
        _ => depth,
    });
    depth > 0 || text.trim_end().ends_with('=')
}

/// What follows `<…>` at the beginning of a text, if that can be a list of types.
fn generics_end(text: &str) -> Option<&str> {
    let mut depth = 0usize;
    for (at, byte) in text.bytes().enumerate().take(BRACKET_REACH / 2) {
        match byte {
            b'<' => depth += 1,
            b'>' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return text.get(at + 1..);
                }
            }
            b' ' | b',' | b'.' | b':' | b'&' | b'*' | b'?' | b'[' | b']' | b'\'' | b'(' | b')' | b'|' => {}
            _ if in_word(byte) => {}
            _ => return None,
        }
    }
    None
}

/// What stands before the name that begins at a byte.
fn qualifier<'t>(text: &'t str, start: usize, style: &Style) -> Qualifier<'t> {
    let mut qualifier = Qualifier::default();
    let bytes = text.as_bytes();
    if stands_alone(bytes.get(..start).unwrap_or_default(), style) {
        return qualifier;
    }
    let mut end = start;
    while qualifier.length < MOST_PARTS {
        let before = trim_end(bytes.get(..end).unwrap_or_default(), style);
        let Some(separator) = style
            .separators
            .iter()
            .find(|mark| before.ends_with(mark.as_bytes()))
        else {
            break;
        };
        let before = before.get(..before.len() - separator.len()).unwrap_or_default();
        if *separator == "." && before.last() == Some(&b'.') {
            break;
        }
        let mut before = trim_end(before, style);
        // `x?.y` in Rust, `x!.y` in TypeScript and C#, `x!!.y` in Kotlin.
        while separator.ends_with('.') && matches!(before.last(), Some(b'?' | b'!')) {
            before = before.split_last().map_or(before, |(_, rest)| rest);
        }
        match last_part(text, before) {
            Some((word, suffix, at)) => {
                qualifier.push(word, suffix);
                end = at;
            }
            None => {
                // `::std::env` and `\App\User` begin at the root; before any other separator stands an
                // expression that has no name.
                if !matches!(*separator, "::" | "\\") || before.last() == Some(&b'>') {
                    qualifier.push("", "");
                }
                break;
            }
        }
    }
    qualifier
}

/// Whether it is plain that no separator ends a text: so for most names, and much faster to see than [`trim_end`].
fn stands_alone(before: &[u8], style: &Style) -> bool {
    let trimmed = before.trim_ascii_end();
    let Some(last) = trimmed.last() else {
        return true;
    };
    if style
        .separators
        .iter()
        .any(|mark| mark.as_bytes().last() == Some(last))
    {
        return false;
    }
    let white = before.get(trimmed.len()..).unwrap_or_default();
    if !white.contains(&b'\n') {
        return true;
    }
    // A separator may stand before a comment.
    let line_start = trimmed
        .iter()
        .rposition(|&byte| byte == b'\n')
        .map_or(0, |at| at + 1);
    let line = trimmed.get(line_start..).unwrap_or_default();
    let may_comment = |mark: &&str| mark.as_bytes().first().is_some_and(|first| line.contains(first));
    !style.line_comments.iter().any(may_comment)
}

/// The word that ends a text, seen through brackets behind it, and where it begins.
fn last_part<'t>(text: &'t str, before: &[u8]) -> Option<(&'t str, &'static str, usize)> {
    let (mut rest, suffix) = match before.last()? {
        b')' => (bracket_start(before, b'(', b')')?, "()"),
        b']' => (bracket_start(before, b'[', b']')?, "[]"),
        _ => (before, ""),
    };
    // `New[int](x)` in Go and Scala.
    if suffix == "()" && rest.last() == Some(&b']') {
        rest = bracket_start(rest, b'[', b']')?;
    }
    if rest.last() == Some(&b'>') {
        rest = bracket_start(rest, b'<', b'>')?;
        rest = rest.strip_suffix(b"::").unwrap_or(rest);
    }
    if suffix == "()" {
        rest = rest.strip_suffix(b"!").unwrap_or(rest);
    }
    let length = rest.iter().rev().take_while(|&&byte| in_word(byte)).count();
    let start = rest.len() - length;
    let word = text.get(start..rest.len())?;
    let named =
        !word.is_empty() && word.len() <= LONGEST_NAME && !word.starts_with(|c: char| c.is_ascii_digit());
    named.then_some((word, suffix, start))
}

/// What stands before the bracket that the last byte closes.
fn bracket_start(text: &[u8], open: u8, close: u8) -> Option<&[u8]> {
    let mut depth = 0usize;
    for (back, &byte) in text.iter().rev().enumerate().take(BRACKET_REACH) {
        if byte == close {
            depth += 1;
        } else if byte == open {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return text.get(..text.len() - back - 1);
            }
        }
    }
    None
}

/// A text without white space and comments at its end.
fn trim_end<'t>(text: &'t [u8], style: &Style) -> &'t [u8] {
    let mut trimmed = text.trim_ascii_end();
    // Comments are looked for only where a line was left behind, which is rare.
    while text
        .get(trimmed.len()..)
        .is_some_and(|white| white.contains(&b'\n'))
    {
        let line_start = trimmed
            .iter()
            .rposition(|&byte| byte == b'\n')
            .map_or(0, |at| at + 1);
        let line = trimmed.get(line_start..).unwrap_or_default();
        let comment = style.line_comments.iter().find_map(|mark| {
            let mark = mark.as_bytes();
            let starts = |window: &[u8]| window == mark;
            let at = line.windows(mark.len()).position(starts)?;
            let after_blank = at == 0 || line.get(at - 1).is_some_and(u8::is_ascii_whitespace);
            after_blank.then_some(at)
        });
        match comment {
            Some(at) => {
                trimmed = trimmed
                    .get(..line_start + at)
                    .unwrap_or_default()
                    .trim_ascii_end()
            }
            None => break,
        }
        if trimmed.is_empty() {
            break;
        }
    }
    trimmed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_before_a_name_are_seen() {
        let parts = |text: &str| {
            let start = text.rfind('X').unwrap();
            let style = Style {
                line_comments: &["//"],
                block_comments: &[],
                separators: &["::", "?.", "->", "."],
                generic_calls: false,
                bang_calls: false,
                keywords: &[],
            };
            let qualifier = qualifier(text, start, &style);
            let parts: Vec<String> = qualifier
                .parts()
                .iter()
                .rev()
                .map(|part| format!("{}{}", part.word, part.suffix))
                .collect();
            parts.join("|")
        };
        for (text, expected) in [
            ("X", ""),
            ("net::Parser::X", "net|Parser"),
            ("self.x.X", "self|x"),
            ("Parser::new(a, (b))\n    .X", "Parser|new()"),
            ("a[0].X", "a[]"),
            ("foo()?.X", "foo()"),
            ("foo.await?.X", "foo|await"),
            ("Vec::<u8>::X", "Vec"),
            ("<T as U>::X", ""),
            ("\"text\".X", ""),
            ("0..X", ""),
            ("::std::X", "std"),
            ("(a + b).X", ""),
            ("p->q.X", "p|q"),
            ("// Twice.\nX", ""),
            ("a() // why.\n    // Because.\n    .X", "a()"),
        ] {
            assert_eq!(parts(text), expected, "{text}");
        }
    }
}
