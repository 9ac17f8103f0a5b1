//! Reads a file by its syntax: one parse, one walk over the tree.
//!
//! The walk keeps its own stack of what is around a node, since asking a node for its parent searches the tree
//! from the top. It descends by a cursor and never by recursion, so that nesting costs memory alone.

mod arena;
mod define;
mod docs;
mod embed;
mod grammar;
mod refer;
mod signal;
pub(crate) mod spec;
mod walk;

use std::{cell::OnceCell, mem::ManuallyDrop, ops::Range};

use deepwiki_domain::{
    RepoPath,
    facts::{
        Definition, Doc, Import, ImportedName, Reference, ReferenceKind, Signal, SignalKind, SymbolKind,
        Visibility, name_hash,
    },
    manifest::{Role, ShardFile},
};
use tree_sitter::Node;

pub(crate) use docs::first_paragraph;
pub(crate) use grammar::Grammar;
pub(crate) use signal::{literal, literals, named_literal};

use self::arena::Arena;
use crate::{lines::Lines, names::HashedSet};

/// Names longer than this are data, not names.
const LONGEST_NAME: usize = 200;

/// What a reader finds in a text.
#[derive(Default)]
pub(crate) struct Facts {
    pub(crate) has_errors: bool,
    pub(crate) doc: Option<Doc>,
    pub(crate) package: Option<String>,
    pub(crate) definitions: Vec<Definition>,
    pub(crate) references: Vec<Reference>,
    pub(crate) imports: Vec<Import>,
    pub(crate) signals: Vec<Signal>,
}

/// Reads a file by its grammar; none if the parse takes too long.
#[expect(unsafe_code, reason = "see `arena`")]
pub(crate) fn read(grammar: &Grammar, file: &ShardFile, lines: &Lines) -> Option<Facts> {
    // SAFETY: parsers, trees, nodes and cursors are made below alone, and facts hold none of them.
    let arena = unsafe { Arena::open() };
    let mut reader = Reader::new(grammar, file, lines);
    let tree = ManuallyDrop::new(grammar.parse(&file.text, None)?);
    reader.walk(&tree);
    reader.publish_exported();
    let mut facts = reader.facts;
    facts.has_errors = tree.root_node().has_error();
    if facts.doc.is_none() {
        facts.doc = docs::of_file(&file.text, lines, &grammar.spec.style, &facts.definitions);
    }
    // What fits the arena goes with it, without a walk over the tree.
    if arena.is_full() {
        drop(ManuallyDrop::into_inner(tree));
    }
    Some(facts)
}

/// The state of a walk, and what hooks of languages may use of it.
pub(crate) struct Reader<'t> {
    pub(crate) text: &'t str,
    pub(crate) path: &'t RepoPath,
    pub(crate) role: Role,
    pub(crate) lines: &'t Lines,
    pub(crate) facts: Facts,
    grammar: &'t Grammar,
    /// The nodes around the current one, outermost first.
    frames: Vec<Frame>,
    /// The definitions around the current node, outermost first.
    scopes: Vec<Scope>,
    /// Names that are bound in the definitions around; undone as those end.
    bound: HashedSet,
    bound_in_order: Vec<u64>,
    /// Names inside this range are bound rather than used.
    binding: Range<usize>,
    /// Names inside this range are types.
    types: Range<usize>,
    /// Names that end at these bytes are called, the innermost call last.
    called: Vec<usize>,
    /// A name that begins here is a label.
    label: Range<usize>,
    lead: Option<Lead>,
    /// Names that are exported apart from their definitions.
    exported: HashedSet,
    has_exports: OnceCell<bool>,
    /// A string that documents the next definition.
    next_doc: Option<Range<usize>>,
    /// References that were seen: one a scope, name and kind is enough.
    seen: HashedSet,
    /// How deep parses within parses go.
    depth: u8,
}

/// A node around the current one.
#[derive(Clone, Copy)]
struct Frame {
    kind: u16,
    context: Option<ReferenceKind>,
    in_attribute: bool,
    binds: bool,
    opens_scope: bool,
}

/// A definition around the current node.
struct Scope {
    definition: u32,
    kind: SymbolKind,
    name: Range<usize>,
    inherits: Range<usize>,
    bound: usize,
    /// What a `private:` or `private` line inside it says of what follows.
    section: Option<Visibility>,
}

/// What was seen of a definition before its own node.
struct Lead {
    start: usize,
    end: usize,
    /// How deep the definition stands; none if anywhere before `end`.
    depth: Option<usize>,
    in_signature: bool,
}

impl<'t> Reader<'t> {
    fn new(grammar: &'t Grammar, file: &'t ShardFile, lines: &'t Lines) -> Self {
        Self {
            text: &file.text,
            path: &file.path,
            role: file.role,
            lines,
            facts: Facts::default(),
            grammar,
            frames: Vec::new(),
            scopes: Vec::new(),
            bound: HashedSet::default(),
            bound_in_order: Vec::new(),
            binding: 0..0,
            types: 0..0,
            called: Vec::new(),
            label: 0..0,
            lead: None,
            exported: HashedSet::default(),
            has_exports: OnceCell::new(),
            next_doc: None,
            seen: HashedSet::default(),
            depth: 0,
        }
    }

    /// The text of a range of bytes; empty if there is none.
    pub(crate) fn slice(&self, range: Range<usize>) -> &'t str {
        self.text.get(range).unwrap_or("")
    }

    /// The text of a node.
    pub(crate) fn text_of(&self, node: Node<'_>) -> &'t str {
        self.slice(node.byte_range())
    }

    /// The text of a node's field.
    pub(crate) fn field(&self, node: Node<'_>, field: &str) -> Option<&'t str> {
        Some(self.text_of(node.child_by_field_name(field)?))
    }

    /// The innermost definition around the current node.
    pub(crate) fn scope(&self) -> Option<u32> {
        self.scopes.last().map(|scope| scope.definition)
    }

    /// The kind of the innermost definition around the current node.
    pub(crate) fn scope_kind(&self) -> Option<SymbolKind> {
        self.scopes.last().map(|scope| scope.kind)
    }

    /// The name of the innermost definition around the current node.
    pub(crate) fn scope_name(&self) -> Option<&str> {
        let definition = self.facts.definitions.get(self.scope()? as usize)?;
        Some(&definition.name)
    }

    /// The innermost definition around the current node, to be changed.
    pub(crate) fn scope_definition(&mut self) -> Option<&mut Definition> {
        let scope = self.scope()?;
        self.facts.definitions.get_mut(scope as usize)
    }

    /// Whether the current node stands in the body of a function.
    pub(crate) fn in_function(&self) -> bool {
        self.scopes
            .iter()
            .any(|scope| matches!(scope.kind, SymbolKind::Function | SymbolKind::Method))
    }

    /// The kind of the `up`-th node around the current one, 0 being the nearest.
    pub(crate) fn around(&self, up: usize) -> &'t str {
        let at = self.frames.len().checked_sub(up + 1);
        at.and_then(|at| self.frames.get(at))
            .map_or("", |frame| self.grammar.kind_name(frame.kind))
    }

    /// What a `private:` line says of the definitions that follow it in the same scope.
    pub(crate) fn section(&self) -> Option<Visibility> {
        self.scopes.last()?.section
    }

    /// Sets [`Reader::section`].
    pub(crate) fn begin_section(&mut self, visibility: Visibility) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.section = Some(visibility);
        }
    }

    /// Notes an import at a node.
    pub(crate) fn import(
        &mut self,
        node: Node<'_>,
        path: Vec<String>,
        name: ImportedName,
        alias: Option<&str>,
    ) {
        let line = self.line(node.start_byte());
        let scope = self
            .scopes
            .iter()
            .rev()
            .find(|scope| scope.kind == SymbolKind::Module)
            .map(|scope| scope.definition);
        self.facts.imports.push(Import {
            path,
            name,
            alias: alias.map(str::to_owned),
            reexport: false,
            line,
            scope,
        });
    }

    /// Notes that a whole module is brought in by a call.
    pub(crate) fn require(&mut self, path: Vec<String>, start: usize) {
        self.import_at(start, path, ImportedName::Whole);
        let alias = self.required_as(start);
        if let Some(import) = self.facts.imports.last_mut() {
            import.alias = alias;
        }
    }

    /// Notes an import at a byte.
    pub(crate) fn import_at(&mut self, start: usize, path: Vec<String>, name: ImportedName) {
        let line = self.line(start);
        self.facts.imports.push(Import {
            path,
            name,
            alias: None,
            reexport: false,
            line,
            scope: None,
        });
    }

    /// The `x` of `x = require(…)`, on the same line.
    fn required_as(&self, start: usize) -> Option<String> {
        let line = self.slice(self.lines.start_of(self.line(start))..start);
        let before = line.trim_end().strip_suffix('=')?.trim_end();
        let name = before
            .rsplit(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'))
            .next()?;
        (!name.is_empty()).then(|| name.to_owned())
    }

    /// Notes a signal.
    pub(crate) fn signal(&mut self, kind: SignalKind, name: &str, detail: Option<&str>, bytes: Range<usize>) {
        if name.is_empty() || name.len() > LONGEST_NAME {
            return;
        }
        let signal = Signal {
            kind,
            name: name.to_owned(),
            detail: detail.map(docs::fold),
            lines: self.lines.range(bytes.start, bytes.end),
            scope: self.scope(),
        };
        if self.facts.signals.last() != Some(&signal) {
            self.facts.signals.push(signal);
        }
    }

    /// Takes a string as the documentation of the file.
    pub(crate) fn document_file(&mut self, bytes: Range<usize>) {
        let lines = self.lines.range(bytes.start, bytes.end);
        self.facts.doc = docs::docstring(self.slice(bytes), lines);
    }

    /// Whether the text exports as modules of ECMAScript do; looked up once.
    pub(crate) fn text_has_exports(&self) -> bool {
        *self
            .has_exports
            .get_or_init(|| self.text.contains("\nexport ") || self.text.starts_with("export "))
    }

    /// What has the name of this node is exported, wherever it is defined.
    pub(crate) fn export(&mut self, node: Node<'_>) {
        self.exported.insert(name_hash(self.text_of(node)));
    }

    fn publish_exported(&mut self) {
        for definition in &mut self.facts.definitions {
            if definition.container.is_none() && self.exported.contains(&name_hash(&definition.name)) {
                definition.visibility = Visibility::Public;
            }
        }
    }

    /// Takes a string as the documentation of the next definition.
    pub(crate) fn document_next(&mut self, bytes: Range<usize>) {
        self.next_doc = Some(bytes);
    }

    /// Takes a string as the documentation of the innermost definition around.
    pub(crate) fn document_scope(&mut self, bytes: Range<usize>) {
        let lines = self.lines.range(bytes.start, bytes.end);
        let doc = docs::docstring(self.slice(bytes), lines);
        if let Some(definition) = self.scope_definition() {
            definition.doc = doc;
        }
    }

    /// The line of a byte.
    pub(crate) fn line(&self, byte: usize) -> u32 {
        self.lines.line_at(byte)
    }
}
