//! Text inside a text: items in the arguments of a macro, a script in a page.

use std::ops::Range;

use tree_sitter::{Node, Tree};

use super::{Reader, grammar::part};

/// How deep texts within texts are read.
const DEEPEST: u8 = 4;

impl Reader<'_> {
    /// Parses what stands between the first and the last byte of a bracketed node by the file's own grammar.
    /// None if that is too deep or takes too long.
    pub(crate) fn parse_inside(&self, node: Node<'_>) -> Option<Tree> {
        let bytes = inside(node.byte_range())?;
        let (mut start, mut end) = (node.start_position(), node.end_position());
        start.column += 1;
        end.column = end.column.checked_sub(1)?;
        (self.depth < DEEPEST)
            .then(|| self.grammar.parse(self.text, Some(part(bytes, start, end))))
            .flatten()
    }

    /// Walks a tree that was parsed from a part of the text, as if it stood at the current node.
    pub(crate) fn walk_inside(&mut self, tree: &Tree) {
        self.depth += 1;
        self.walk(tree);
        self.depth -= 1;
    }
}

fn inside(bytes: Range<usize>) -> Option<Range<usize>> {
    let end = bytes.end.checked_sub(1)?;
    (bytes.start + 1 < end).then_some(bytes.start + 1..end)
}
