//! A language made ready: rules by the number of a node's kind, and bounded parses.

use std::{
    cell::Cell,
    num::NonZeroU16,
    ops::{ControlFlow, Range},
    time::{Duration, Instant},
};

use tree_sitter::{ParseOptions, Parser, Tree};

use deepwiki_domain::facts::name_hash;

use super::spec::{Rule, Spec};
use crate::names::HashedSet;

/// Steps that a parse may take: some, and more for every byte. The parser reports every hundred of its steps;
/// ordinary code takes about one report for every hundred bytes, repairing an error takes many more.
const REPORTS_ALLOWED: usize = 2_000;
const BYTES_A_REPORT: usize = 8;

/// The parser reads the text in pieces. A single step may read to the end of the text from each of its bytes,
/// looking for the end of a string that never comes; so that the pieces that are read are counted, too.
const PIECE: usize = 8 * 1024;
const READS_ALLOWED: usize = 2_000;
const READS_A_PIECE: usize = 64;

/// Counting stops a parse at the same place on every machine. The clock, looked at now and then, stops what is slow
/// all the same: after ten times the time that any honest file took, and more.
const COUNTS_A_LOOK: usize = 32;
const TIME_ALLOWED: Duration = Duration::from_secs(3);
const TIME_A_KILOBYTE: Duration = Duration::from_millis(5);

/// A language with its rules looked up.
pub(crate) struct Grammar {
    pub(crate) spec: &'static Spec,
    language: tree_sitter::Language,
    classes: Vec<Class>,
    actions: Vec<Action>,
    keywords: HashedSet,
}

/// What a parse may still take.
struct Bounds {
    reports: Cell<usize>,
    reads: Cell<usize>,
    end: Instant,
    passed: Cell<bool>,
}

impl Bounds {
    fn of(length: usize) -> Self {
        let kilobytes = u32::try_from(length / 1024).unwrap_or(u32::MAX);
        Self {
            reports: Cell::new(REPORTS_ALLOWED + length / BYTES_A_REPORT),
            reads: Cell::new(READS_ALLOWED + length / PIECE * READS_A_PIECE),
            end: Instant::now() + TIME_ALLOWED + TIME_A_KILOBYTE.saturating_mul(kilobytes),
            passed: Cell::new(false),
        }
    }

    /// Takes one of what is left; false once any bound is passed.
    fn count(&self, left: &Cell<usize>) -> bool {
        left.set(left.get().saturating_sub(1));
        if left.get() == 0 || left.get().is_multiple_of(COUNTS_A_LOOK) && Instant::now() > self.end {
            self.passed.set(true);
        }
        !self.passed.get()
    }
}

/// What is to be done at a kind of node, in short: for most there is nothing, and most are many.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// A keyword or punctuation: it has nothing below.
    Token,
    /// One that adds a way through a function.
    BranchToken,
    /// Anything else: see its [`Action`].
    Node,
}

/// What a kind of node means, with fields by number.
#[derive(Clone)]
pub(crate) struct Action {
    pub(crate) rule: Option<Rule>,
    pub(crate) fields: Vec<NonZeroU16>,
    /// The fields that hold types.
    pub(crate) types: Vec<NonZeroU16>,
    pub(crate) branch: bool,
}

impl Grammar {
    pub(crate) fn new(spec: &'static Spec) -> Self {
        let language = (spec.grammar)();
        let count = u16::try_from(language.node_kind_count()).unwrap_or(u16::MAX);
        let actions: Vec<Action> = (0..count).map(|id| action(spec, &language, id)).collect();
        let class = |(id, action): (u16, &Action)| match (
            language.node_kind_is_named(id) || action.rule.is_some(),
            action.branch,
        ) {
            (true, _) => Class::Node,
            (false, true) => Class::BranchToken,
            (false, false) => Class::Token,
        };
        Self {
            spec,
            classes: (0..count).zip(&actions).map(class).collect(),
            language,
            actions,
            keywords: spec
                .style
                .keywords
                .iter()
                .map(|keyword| name_hash(keyword))
                .collect(),
        }
    }

    /// What is to be done at a kind of node, in short.
    pub(crate) fn class(&self, kind: u16) -> Class {
        self.classes
            .get(usize::from(kind))
            .copied()
            .unwrap_or(Class::Node)
    }

    /// What a kind of node means; none for errors, whose number is beyond all others.
    pub(crate) fn action(&self, kind: u16) -> Option<&Action> {
        self.actions.get(usize::from(kind))
    }

    /// Whether the name with this hash is never a reference.
    pub(crate) fn is_keyword(&self, hash: u64) -> bool {
        self.keywords.contains(&hash)
    }

    /// The name of a kind of node.
    pub(crate) fn kind_name(&self, kind: u16) -> &str {
        self.language.node_kind_for_id(kind).unwrap_or("")
    }

    /// Parses a part of a text; positions are those of the whole. None if it takes too long. What comes of it is gone
    /// with the [`Arena`](super::arena::Arena) that is open.
    pub(crate) fn parse(&self, text: &str, part: Option<tree_sitter::Range>) -> Option<Tree> {
        let length = part.map_or(text.len(), |range| {
            range.end_byte.saturating_sub(range.start_byte)
        });
        let bounds = Bounds::of(length);
        // One for each parse, since a parser keeps memory that ends with its trees.
        let mut parser = Parser::new();
        parser.set_language(&self.language).ok()?;
        parser.set_included_ranges(part.as_slice()).ok()?;
        let mut read = |byte: usize, _| {
            let piece = text.as_bytes().get(byte..).unwrap_or_default();
            let piece = piece.get(..PIECE).unwrap_or(piece);
            // A text that ends early ends the step; what comes of it is thrown away.
            if bounds.count(&bounds.reads) { piece } else { &[] }
        };
        let mut progress = |_: &tree_sitter::ParseState| {
            if bounds.count(&bounds.reports) {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        };
        let options = ParseOptions::new().progress_callback(&mut progress);
        let tree = parser.parse_with_options(&mut read, None, Some(options));
        tree.filter(|_| !bounds.passed.get())
    }

    /// Rules that name no kind of the grammar: there for the tests, which expect none.
    #[cfg(test)]
    pub(crate) fn unknown_kinds(&self) -> Vec<&'static str> {
        let known = |name: &str| {
            self.language.id_for_node_kind(name, true) != 0
                || self.language.id_for_node_kind(name, false) != 0
        };
        let rules = self.spec.rules.iter().map(|(name, _)| *name);
        rules
            .chain(self.spec.branches.iter().copied())
            .filter(|name| !known(name))
            .collect()
    }
}

fn action(spec: &'static Spec, language: &tree_sitter::Language, id: u16) -> Action {
    let name = language.node_kind_for_id(id).unwrap_or("");
    let named = language.node_kind_is_named(id);
    let applies = |rule: &str| rule == name && (named || language.id_for_node_kind(name, true) == 0);
    let rule = spec
        .rules
        .iter()
        .find(|(kind, _)| applies(kind))
        .map(|(_, rule)| *rule);
    let fields = match rule {
        Some(Rule::Bind(fields) | Rule::Parts(_, fields)) => fields.to_vec(),
        Some(Rule::Call(field) | Rule::Label(field)) if !field.is_empty() => vec![field],
        _ => Vec::new(),
    };
    let types = match rule {
        Some(Rule::Parts(types, _)) => types,
        _ => &[],
    };
    let ids = |fields: &[&str]| {
        let id = |field: &&str| language.field_id_for_name(field);
        fields.iter().filter_map(id).collect()
    };
    Action {
        rule,
        fields: ids(&fields),
        types: ids(types),
        branch: spec.branches.iter().any(|kind| applies(kind)),
    }
}

/// The part of a text between two bytes, as the parser wants it.
pub(crate) fn part(
    bytes: Range<usize>,
    start: tree_sitter::Point,
    end: tree_sitter::Point,
) -> tree_sitter::Range {
    tree_sitter::Range {
        start_byte: bytes.start,
        end_byte: bytes.end,
        start_point: start,
        end_point: end,
    }
}
