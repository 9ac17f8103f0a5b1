//! A language made ready: rules by the number of a node's kind, and parsers that are used again.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
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

/// Counting stops a parse at the same place on every machine. The clock stops what is slow all the same: after
/// ten times the time that any honest file took, and more.
const TIME_ALLOWED: Duration = Duration::from_secs(3);
const TIME_A_KILOBYTE: Duration = Duration::from_millis(5);

/// A language with its rules looked up.
pub(crate) struct Grammar {
    pub(crate) spec: &'static Spec,
    language: tree_sitter::Language,
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
        if left.get() == 0 || Instant::now() > self.end {
            self.passed.set(true);
        }
        !self.passed.get()
    }
}

/// What a kind of node means, with fields by number.
#[derive(Clone)]
pub(crate) struct Action {
    pub(crate) rule: Option<Rule>,
    pub(crate) fields: Vec<NonZeroU16>,
    /// The fields that hold types.
    pub(crate) types: Vec<NonZeroU16>,
    pub(crate) branch: bool,
    /// A keyword or punctuation: it has nothing below.
    pub(crate) token: bool,
}

impl Grammar {
    pub(crate) fn new(spec: &'static Spec) -> Self {
        let language = (spec.grammar)();
        let count = u16::try_from(language.node_kind_count()).unwrap_or(u16::MAX);
        let actions = (0..count).map(|id| action(spec, &language, id)).collect();
        Self {
            spec,
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

    /// Parses a part of a text; positions are those of the whole. None if it takes too long.
    pub(crate) fn parse(&self, text: &str, part: Option<tree_sitter::Range>) -> Option<Tree> {
        thread_local! {
            static PARSERS: RefCell<HashMap<usize, Parser>> = RefCell::new(HashMap::new());
        }
        let length = part.map_or(text.len(), |range| {
            range.end_byte.saturating_sub(range.start_byte)
        });
        let bounds = Bounds::of(length);
        PARSERS.with_borrow_mut(|parsers| {
            let parser = parsers.entry(std::ptr::from_ref(self.spec) as usize).or_default();
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
            // A parser that was stopped would go on with the old text.
            if tree.is_none() {
                parser.reset();
            }
            tree.filter(|_| !bounds.passed.get())
        })
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
        token: !named && rule.is_none(),
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
