//! How a language is described to the reader: which kinds of node mean what.

use std::ops::Range;

use deepwiki_domain::facts::{ReferenceKind, SymbolKind, Visibility};
use tree_sitter::Node;

use super::Reader;

/// A language: its grammar, its rules by kind of node, and what differs outside the tree.
pub(crate) struct Spec {
    pub(crate) grammar: fn() -> tree_sitter::Language,
    /// What the kinds of node mean. A name that is both a named kind and a token means the named kind.
    pub(crate) rules: &'static [(&'static str, Rule)],
    /// Kinds and tokens that add a way through a function.
    pub(crate) branches: &'static [&'static str],
    pub(crate) style: Style,
    /// Who can see a definition.
    pub(crate) visibility: fn(&Reader<'_>, &Shape<'_>) -> Visibility,
    /// Whether a definition is a test.
    pub(crate) is_test: fn(&Reader<'_>, &Shape<'_>) -> bool,
    /// Looks at every reference for signals: `std::env::var("HOME")`.
    pub(crate) signals: fn(&mut Reader<'_>, &Site<'_>),
    /// Told of every definition once it is complete.
    pub(crate) defined: fn(&mut Reader<'_>, &Shape<'_>, u32),
}

/// What is written the same way all over a language.
pub(crate) struct Style {
    pub(crate) line_comments: &'static [&'static str],
    pub(crate) block_comments: &'static [(&'static str, &'static str)],
    /// What stands between the parts of a qualified name.
    pub(crate) separators: &'static [&'static str],
    /// Whether `name<Type>(…)` is a call.
    pub(crate) generic_calls: bool,
    /// Whether `name!(…)` is a call.
    pub(crate) bang_calls: bool,
    /// Names that are never references.
    pub(crate) keywords: &'static [&'static str],
}

/// What a kind of node means.
#[derive(Clone, Copy)]
pub(crate) enum Rule {
    /// Defines something; the fields tell where its name stands and where its body begins.
    Define(SymbolKind),
    /// Defines something, in a way of its own; none if this node does not after all.
    DefineBy(for<'a> fn(&mut Reader<'_>, Node<'a>) -> Option<Head>),
    /// A leaf that names something.
    Name(ReferenceKind),
    /// A leaf that names something only where it is qualified: `x.member`.
    Member,
    /// The names below are used in this way.
    Context(ReferenceKind),
    /// The names below are types, unless they are supertypes already.
    Typed,
    /// The names in the fields of the first list are types, those in the fields of the second are bound.
    Parts(&'static [&'static str], &'static [&'static str]),
    /// The names in these fields (without fields: all names directly below) are bound here.
    Bind(&'static [&'static str]),
    /// What ends this field (without a field: the first child) is called: `method` in `object method args`.
    Call(&'static str),
    /// The name in this field is a label, no reference: `f(label=1)`.
    Label(&'static str),
    /// Stands before a definition and belongs to it: an attribute, a decorator.
    Attribute,
    /// Holds a definition that begins where this begins; `true` if the signature does, too.
    Wrapper(bool),
    /// Something else: the function tells whether what is below is read.
    Hook(for<'a> fn(&mut Reader<'_>, Node<'a>) -> Below),
    /// Nothing below is read.
    Opaque,
}

/// Whether the nodes below one are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Below {
    Read,
    Skip,
}

/// What a node that defines something says of itself.
pub(crate) struct Head {
    pub(crate) kind: SymbolKind,
    /// Where the name stands.
    pub(crate) name: Range<usize>,
    /// The name, where it differs from what stands there.
    pub(crate) called: Option<String>,
    /// Where the signature ends.
    pub(crate) body: Option<usize>,
    /// See [`deepwiki_domain::facts::Definition::owner`].
    pub(crate) owner: Option<String>,
    /// The names that stand here are supertypes.
    pub(crate) inherits: Range<usize>,
    /// A string inside that documents it.
    pub(crate) docstring: Option<Range<usize>>,
    /// It is one more part of this definition, which it follows: an equation of a function.
    pub(crate) continues: Option<u32>,
}

impl Head {
    /// A head of this kind whose name is this node.
    pub(crate) fn new(kind: SymbolKind, name: Node<'_>) -> Self {
        Self {
            kind,
            name: name.byte_range(),
            called: None,
            body: None,
            owner: None,
            inherits: 0..0,
            docstring: None,
            continues: None,
        }
    }

    /// The usual: fields `name` and `body`.
    pub(crate) fn of(kind: SymbolKind, node: Node<'_>) -> Option<Self> {
        let name = node.child_by_field_name("name")?;
        Some(Self::new(kind, name).body(node.child_by_field_name("body")))
    }

    pub(crate) fn body(mut self, body: Option<Node<'_>>) -> Self {
        self.body = body.map(|body| body.start_byte());
        self
    }

    /// The signature ends at a byte.
    pub(crate) fn signature_ends(mut self, byte: usize) -> Self {
        self.body = Some(byte);
        self
    }

    pub(crate) fn inherits(mut self, node: Option<Node<'_>>) -> Self {
        self.inherits = node.map_or(0..0, |node| node.byte_range());
        self
    }

    pub(crate) fn owner(mut self, owner: Option<String>) -> Self {
        self.owner = owner;
        self
    }

    pub(crate) fn called(mut self, name: String) -> Self {
        self.called = Some(name);
        self
    }
}

/// A definition as its text shows it.
pub(crate) struct Shape<'t> {
    pub(crate) kind: SymbolKind,
    pub(crate) name: &'t str,
    /// Attributes, decorators and what else belongs to it before its first word.
    pub(crate) lead: &'t str,
    /// From its first word to its name: modifiers and keywords.
    pub(crate) before_name: &'t str,
    /// The definition itself.
    pub(crate) text: &'t str,
    /// Where the definition itself begins.
    pub(crate) start: usize,
    /// The kind of the definition around it.
    pub(crate) container: Option<SymbolKind>,
}

impl Shape<'_> {
    /// Whether a modifier stands before the name.
    pub(crate) fn has(&self, modifier: &str) -> bool {
        self.before_name
            .split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .any(|word| word == modifier)
    }
}

/// A use of a name, for those who look for signals.
pub(crate) struct Site<'t> {
    pub(crate) name: &'t str,
    /// The part directly before it, if any.
    pub(crate) receiver: Option<&'t str>,
    /// The part before that.
    pub(crate) outer: Option<&'t str>,
    pub(crate) kind: ReferenceKind,
    /// The text after the name.
    pub(crate) after: &'t str,
    pub(crate) start: usize,
    pub(crate) in_attribute: bool,
}

impl Site<'_> {
    /// From the name to its first argument, where that is a string: what a signal rests on may stand a line below.
    pub(crate) fn span(&self) -> Range<usize> {
        let end = self.start + self.name.len();
        let first = super::signal::strings(self.after).find(|string| !string.is_empty());
        let reach = first.and_then(|string| Some(self.after.find(string)? + string.len()));
        self.start..end + reach.unwrap_or_default()
    }
}

/// For languages without signals.
pub(crate) fn no_signals(_: &mut Reader<'_>, _: &Site<'_>) {}

/// For languages that need not know.
pub(crate) fn not_told(_: &mut Reader<'_>, _: &Shape<'_>, _: u32) {}

/// For languages without tests that their text would show.
pub(crate) fn never_a_test(_: &Reader<'_>, _: &Shape<'_>) -> bool {
    false
}

/// For languages in which everything can be seen.
pub(crate) fn always_public(_: &Reader<'_>, _: &Shape<'_>) -> Visibility {
    Visibility::Public
}
