//! Cuts a file for search: split along the tree of definitions, then merge what is small.
//!
//! A function that fits the budget is never cut. What does not fit is split into its inner definitions and
//! what lies between; a leaf that does not fit is split where its indentation is least.

use deepwiki_domain::facts::{self, Chunk, Definition};

use crate::lines::Lines;

/// The most characters, white space not counted, that a chunk holds, unless a single line holds more.
pub const CHUNK_BUDGET: usize = 1_400;

/// Doc comment and function together may pass the budget by this factor before they are taken apart.
const WITH_DOC: usize = 2;

/// What holds less (a closing brace, the head of an `impl`) joins its neighbour even if that is full.
const SCRAP: usize = 60;

/// Lines that stay together, and the definition that they are or are part of.
#[derive(Clone, Copy)]
struct Piece {
    lines: facts::Lines,
    definition: Option<u32>,
    ink: usize,
}

/// Cuts a text of these lines that defines these things.
pub(crate) fn cut(lines: &Lines, definitions: &[Definition]) -> Vec<Chunk> {
    let tree = Tree::of(definitions);
    let mut cutter = Cutter {
        lines,
        definitions,
        tree: &tree,
        pieces: Vec::new(),
    };
    cutter.split_all();
    merge(&cutter.pieces, definitions)
        .into_iter()
        .filter_map(|piece| cutter.trimmed(piece))
        .collect()
}

/// The definitions inside each definition, in order, and those at the top: for each the first inside it and the
/// next beside it. [`NONE`] ends a list.
struct Tree {
    first: Vec<u32>,
    next: Vec<u32>,
}

const NONE: u32 = u32::MAX;

impl Tree {
    fn of(definitions: &[Definition]) -> Self {
        // The last entry of `first` is that of the text itself.
        let mut tree = Self {
            first: vec![NONE; definitions.len() + 1],
            next: vec![NONE; definitions.len()],
        };
        for (at, definition) in definitions.iter().enumerate().rev() {
            let holder = definition.container.and_then(|container| {
                let lines = definitions.get(container as usize)?.lines;
                lines.contains(definition.lines).then_some(container as usize)
            });
            let first = tree.first.get_mut(holder.unwrap_or(definitions.len()));
            if let (Some(first), Some(next)) = (first, tree.next.get_mut(at)) {
                *next = std::mem::replace(first, u32::try_from(at).unwrap_or(NONE));
            }
        }
        tree
    }

    fn inside(&self, definition: Option<u32>) -> impl Iterator<Item = u32> {
        let holder = definition.map_or(self.next.len(), |index| index as usize);
        let first = self.first.get(holder).copied().filter(|&index| index != NONE);
        std::iter::successors(first, |&index| {
            self.next
                .get(index as usize)
                .copied()
                .filter(|&next| next != NONE)
        })
    }
}

struct Cutter<'a> {
    lines: &'a Lines,
    definitions: &'a [Definition],
    tree: &'a Tree,
    pieces: Vec<Piece>,
}

/// What is still to be split: lines, the definition that they belong to, and the inner ones among them.
struct Work {
    lines: facts::Lines,
    definition: Option<u32>,
    leaf: bool,
}

impl Cutter<'_> {
    /// Splits the whole text into pieces that fit. A stack, not recursion: definitions may nest without end.
    fn split_all(&mut self) {
        let count = self.lines.count();
        if count == 0 {
            return;
        }
        let mut stack = vec![Work {
            lines: facts::Lines { start: 1, end: count },
            definition: None,
            leaf: false,
        }];
        while let Some(work) = stack.pop() {
            let ink = self.lines.ink(work.lines);
            if ink == 0 {
                continue;
            }
            if ink <= self.allowance(&work) {
                self.pieces.push(Piece {
                    lines: work.lines,
                    definition: work.definition,
                    ink,
                });
            } else if work.leaf {
                self.split_by_indentation(work);
            } else {
                let parts = self.split_by_definitions(&work);
                stack.extend(parts.into_iter().rev());
            }
        }
    }

    /// A function that fits by itself may bring its doc comment along.
    fn allowance(&self, work: &Work) -> usize {
        let own = work
            .definition
            .filter(|_| !work.leaf)
            .and_then(|index| self.definitions.get(index as usize))
            .map(|definition| definition.lines);
        match own {
            Some(own) if self.lines.ink(own) <= CHUNK_BUDGET => CHUNK_BUDGET * WITH_DOC,
            _ => CHUNK_BUDGET,
        }
    }

    /// The inner definitions, with their doc comments, and the lines between them. Definitions that share a
    /// line stay together.
    fn split_by_definitions(&self, work: &Work) -> Vec<Work> {
        let leaf = |lines, definition| Work {
            lines,
            definition,
            leaf: true,
        };
        let mut parts: Vec<Work> = Vec::new();
        let mut next = work.lines.start;
        // The doc comment is the first to part from a definition that is too long together with it.
        if let Some(own) = work
            .definition
            .and_then(|index| self.definitions.get(index as usize))
            && own.lines.start > work.lines.start
            && own.lines.start <= work.lines.end
        {
            next = own.lines.start;
            parts.push(leaf(
                facts::Lines {
                    start: work.lines.start,
                    end: next - 1,
                },
                work.definition,
            ));
            if self.lines.ink(own.lines) <= CHUNK_BUDGET {
                parts.push(Work {
                    lines: own.lines,
                    definition: work.definition,
                    leaf: false,
                });
                return parts;
            }
        }
        for index in self.tree.inside(work.definition) {
            let Some(definition) = self.definitions.get(index as usize) else {
                continue;
            };
            let lines = with_doc(definition, next);
            let end = lines.end.min(work.lines.end);
            if lines.start < next {
                // Shares lines with the one before.
                if let Some(last) = parts.last_mut()
                    && end >= next
                {
                    last.lines.end = end;
                    last.definition = work.definition;
                    last.leaf = true;
                    next = end + 1;
                }
                continue;
            }
            if lines.start > next {
                parts.push(leaf(
                    facts::Lines {
                        start: next,
                        end: lines.start - 1,
                    },
                    work.definition,
                ));
            }
            parts.push(Work {
                lines: facts::Lines {
                    start: lines.start,
                    end,
                },
                definition: Some(index),
                leaf: false,
            });
            next = end + 1;
        }
        if next <= work.lines.end {
            parts.push(leaf(
                facts::Lines {
                    start: next,
                    end: work.lines.end,
                },
                work.definition,
            ));
        }
        parts
    }

    /// Fills pieces up to the budget, and ends each where the next line is least indented or stands after a
    /// blank line, in the second half of what fits.
    fn split_by_indentation(&mut self, work: Work) {
        let mut start = work.lines.start;
        while start <= work.lines.end {
            let end = self.best_end(start, work.lines.end);
            let lines = facts::Lines { start, end };
            let ink = self.lines.ink(lines);
            if ink > 0 {
                self.pieces.push(Piece {
                    lines,
                    definition: work.definition,
                    ink,
                });
            }
            start = end + 1;
        }
    }

    fn best_end(&self, start: u32, last: u32) -> u32 {
        let (mut end, mut best) = (start, (usize::MAX, start));
        while end < last {
            let ink = self.lines.ink(facts::Lines { start, end: end + 1 });
            if ink > CHUNK_BUDGET {
                return if best.0 == usize::MAX { end } else { best.1 };
            }
            end += 1;
            if end < last && ink * 2 > CHUNK_BUDGET {
                let cost =
                    self.lines.indent(end + 1).saturating_mul(2) + usize::from(!self.lines.is_blank(end));
                if cost <= best.0 && !self.lines.is_blank(end + 1) {
                    best = (cost, end);
                }
            }
        }
        last
    }

    /// The chunk of a piece, without blank lines at its ends.
    fn trimmed(&self, piece: Piece) -> Option<Chunk> {
        let facts::Lines { mut start, mut end } = piece.lines;
        while start <= end && self.lines.is_blank(start) {
            start += 1;
        }
        while end > start && self.lines.is_blank(end) {
            end -= 1;
        }
        (start <= end).then_some(Chunk {
            lines: facts::Lines { start, end },
            definition: piece.definition,
        })
    }
}

/// A definition's lines and those of the doc comment above it, unless that begins before `earliest`.
fn with_doc(definition: &Definition, earliest: u32) -> facts::Lines {
    let start = definition
        .doc
        .as_ref()
        .map(|doc| doc.lines.start)
        .filter(|&start| start >= earliest)
        .unwrap_or(definition.lines.start);
    facts::Lines {
        start: start.min(definition.lines.start),
        end: definition.lines.end,
    }
}

/// Joins neighbours as long as they fit. The joint chunk belongs to what holds both.
fn merge(pieces: &[Piece], definitions: &[Definition]) -> Vec<Piece> {
    let mut merged: Vec<Piece> = Vec::with_capacity(pieces.len());
    for &piece in pieces {
        match merged.last_mut() {
            Some(last)
                if last.ink + piece.ink <= CHUNK_BUDGET
                    || last.ink.min(piece.ink) <= SCRAP && last.ink.max(piece.ink) <= CHUNK_BUDGET =>
            {
                last.lines.end = piece.lines.end;
                last.ink += piece.ink;
                last.definition = common(last.definition, piece.definition, definitions);
            }
            _ => merged.push(piece),
        }
    }
    merged
}

/// The innermost definition that is or holds both.
fn common(a: Option<u32>, b: Option<u32>, definitions: &[Definition]) -> Option<u32> {
    let (mut a, mut b) = (a?, b?);
    // A container's index is less than that of what it holds, so the greater one is never the answer.
    while a != b {
        let greater = if a > b { &mut a } else { &mut b };
        *greater = definitions
            .get(*greater as usize)?
            .container
            .filter(|holder| holder < greater)?;
    }
    Some(a)
}
