//! A repository as the planner sees it: files, definitions and certain uses, with quick ways from one to the
//! others.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
};

use deepwiki_domain::{
    Language,
    facts::{Definition, FileFacts, Lines, ReferenceKind, SymbolKind, Visibility},
    graph::{Edge, FileId, Graph, Node, Ranks, SymbolId},
    manifest::Role,
    page::Citation,
};

/// Files, graph and what follows from them. Files stand in path order, as in the graph.
pub(crate) struct Model<'a> {
    pub(crate) files: &'a [FileFacts],
    pub(crate) graph: &'a Graph,
    pub(crate) ranks: &'a Ranks,
    /// Certain edges between different files as (target, place in the graph), sorted.
    incoming: Vec<(Node, u32)>,
    /// The type that each method, field or variant belongs to.
    owner: BTreeMap<SymbolId, SymbolId>,
    /// The members of each type, in order of appearance.
    members: BTreeMap<SymbolId, Vec<SymbolId>>,
    /// What [`Model::weight`] has found, by definition: asked for the same ones again and again.
    weights: Vec<OnceCell<f64>>,
}

impl<'a> Model<'a> {
    pub(crate) fn new(files: &'a [FileFacts], graph: &'a Graph, ranks: &'a Ranks) -> Self {
        let mut incoming: Vec<(Node, u32)> = (0u32..)
            .zip(&graph.edges)
            .filter(|(_, edge)| {
                edge.certainty.is_certain() && graph.file_of(edge.from) != graph.file_of(edge.to)
            })
            .map(|(at, edge)| (edge.to, at))
            .collect();
        incoming.sort_unstable();
        let mut model = Self {
            files,
            graph,
            ranks,
            incoming,
            owner: BTreeMap::new(),
            members: BTreeMap::new(),
            weights: vec![OnceCell::new(); graph.symbol_count() as usize],
        };
        model.find_owners();
        model
    }

    fn find_owners(&mut self) {
        let mut types: BTreeMap<(&str, &str), SymbolId> = BTreeMap::new();
        for (symbol, file, definition) in self.symbols() {
            if is_type(definition.kind) {
                types
                    .entry((file.path.folder(), &definition.name))
                    .or_insert(symbol);
            }
        }
        let mut pairs = Vec::new();
        for (symbol, file, definition) in self.symbols() {
            if !is_member(definition.kind) {
                continue;
            }
            let container = definition
                .container
                .and_then(|at| file.definitions.get(at as usize).map(|c| (at, c)));
            let owner = match container {
                Some((at, container)) if is_type(container.kind) => self.sibling(symbol, at),
                Some((_, container)) => container
                    .owner
                    .as_deref()
                    .or(definition.owner.as_deref())
                    .and_then(|name| {
                        let inside = file
                            .definitions
                            .iter()
                            .position(|d| is_type(d.kind) && d.name == name);
                        match inside.and_then(|at| u32::try_from(at).ok()) {
                            Some(at) => self.sibling(symbol, at),
                            None => types.get(&(file.path.folder(), name)).copied(),
                        }
                    }),
                None => {
                    let name = definition.owner.as_deref();
                    name.and_then(|name| types.get(&(file.path.folder(), name)).copied())
                }
            };
            pairs.extend(owner.map(|owner| (symbol, owner)));
        }
        for (member, owner) in pairs {
            self.owner.insert(member, owner);
            self.members.entry(owner).or_default().push(member);
        }
    }

    /// Another definition of the same file, by its index.
    fn sibling(&self, symbol: SymbolId, index: u32) -> Option<SymbolId> {
        let (file, _) = self.graph.definition(symbol)?;
        self.graph.symbol_id(file, index)
    }

    /// Every definition with its file.
    pub(crate) fn symbols(
        &self,
    ) -> impl Iterator<Item = (SymbolId, &'a FileFacts, &'a Definition)> + use<'_, 'a> {
        self.graph.files.iter().zip(self.files).flat_map(|(entry, file)| {
            (entry.first_symbol..)
                .zip(&file.definitions)
                .map(move |(id, definition)| (SymbolId(id), file, definition))
        })
    }

    /// The definitions of one file.
    pub(crate) fn symbols_of(
        &self,
        file: FileId,
    ) -> impl Iterator<Item = (SymbolId, &'a Definition)> + use<'_, 'a> {
        let first = self.graph.file(file).map_or(0, |entry| entry.first_symbol);
        let definitions = self
            .file(file)
            .map(|facts| facts.definitions.as_slice())
            .unwrap_or_default();
        (first..)
            .zip(definitions)
            .map(|(id, definition)| (SymbolId(id), definition))
    }

    pub(crate) fn file(&self, file: FileId) -> Option<&'a FileFacts> {
        self.files.get(file.0 as usize)
    }

    /// Every file with its id.
    pub(crate) fn files(&self) -> impl Iterator<Item = (FileId, &'a FileFacts)> + use<'a> {
        (0u32..).map(FileId).zip(self.files)
    }

    pub(crate) fn definition(&self, symbol: SymbolId) -> Option<(&'a FileFacts, &'a Definition)> {
        let (file, index) = self.graph.definition(symbol)?;
        let file = self.file(file)?;
        Some((file, file.definitions.get(index as usize)?))
    }

    /// Certain uses of a node in other files.
    pub(crate) fn uses_of(&self, node: Node) -> impl Iterator<Item = &'a Edge> + use<'_, 'a> {
        let start = self.incoming.partition_point(|(to, _)| *to < node);
        let end = self.incoming.partition_point(|(to, _)| *to <= node);
        let found = self.incoming.get(start..end).unwrap_or_default();
        found
            .iter()
            .filter_map(|(_, at)| self.graph.edges.get(*at as usize))
    }

    /// Certain uses, in other files, of a file or anything that it defines.
    pub(crate) fn uses_of_file(&self, file: FileId) -> impl Iterator<Item = &'a Edge> + use<'_, 'a> {
        let symbols = self.symbols_of(file).map(|(symbol, _)| Node::Symbol(symbol));
        std::iter::once(Node::File(file))
            .chain(symbols)
            .flat_map(|node| self.uses_of(node))
    }

    /// Certain uses that stand in a file.
    pub(crate) fn uses_in_file(&self, file: FileId) -> impl Iterator<Item = &'a Edge> + use<'_, 'a> {
        let symbols = self.symbols_of(file).map(|(symbol, _)| Node::Symbol(symbol));
        std::iter::once(Node::File(file))
            .chain(symbols)
            .flat_map(|node| self.graph.edges_from(node))
            .filter(|edge| edge.certainty.is_certain())
    }

    /// In how many other files, tests aside, a definition or its members are used.
    pub(crate) fn users(&self, symbol: SymbolId) -> u32 {
        let members = self.members_of(symbol).iter().copied();
        let files: BTreeSet<FileId> = std::iter::once(symbol)
            .chain(members)
            .flat_map(|symbol| self.uses_of(Node::Symbol(symbol)))
            .filter(|edge| !self.is_test_code(edge.from))
            .filter_map(|edge| self.graph.file_of(edge.from))
            .filter(|file| self.file(*file).is_some_and(|facts| facts.role == Role::Source))
            .collect();
        u32::try_from(files.len()).unwrap_or(u32::MAX)
    }

    /// Whether a node is a test or stands in one, as tests stand inside source files in Rust and others.
    pub(crate) fn is_test_code(&self, node: Node) -> bool {
        let Node::Symbol(symbol) = node else { return false };
        let Some((file, definition)) = self.definition(symbol) else {
            return false;
        };
        is_in_test(file, definition)
    }

    pub(crate) fn members_of(&self, symbol: SymbolId) -> &[SymbolId] {
        self.members.get(&symbol).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether a definition belongs to a type.
    pub(crate) fn has_owner(&self, symbol: SymbolId) -> bool {
        self.owner.contains_key(&symbol)
    }

    /// The name as a reader would write it: with its type, where it belongs to one.
    pub(crate) fn qualified_name(&self, symbol: SymbolId) -> String {
        let Some((file, definition)) = self.definition(symbol) else {
            return String::new();
        };
        let owner = self.owner.get(&symbol).and_then(|owner| self.definition(*owner));
        match owner
            .map(|(_, owner)| owner.name.as_str())
            .or(definition.owner.as_deref())
        {
            Some(owner) if is_member(definition.kind) => {
                format!("{owner}{}{}", separator(file.language), definition.name)
            }
            _ => definition.name.clone(),
        }
    }

    /// The lines of a definition's documentation and head.
    pub(crate) fn head(&self, file: &FileFacts, definition: &Definition) -> Citation {
        let mut lines = Lines {
            start: definition.lines.start,
            end: definition.name_line.max(definition.lines.start),
        };
        if let Some(doc) = &definition.doc {
            let near =
                doc.lines.end.saturating_add(12) >= lines.start && doc.lines.start <= definition.lines.end;
            if near {
                lines = Lines {
                    start: lines.start.min(doc.lines.start),
                    end: lines.end.max(doc.lines.end),
                };
            }
        }
        lines.end = lines.end.min(file.lines);
        Citation::new(&file.path, lines)
    }

    /// How much a definition is worth a reader's time.
    pub(crate) fn weight(&self, symbol: SymbolId) -> f64 {
        let kept = self.weights.get(symbol.0 as usize);
        kept.map_or(0.0, |kept| *kept.get_or_init(|| self.weigh(symbol)))
    }

    fn weigh(&self, symbol: SymbolId) -> f64 {
        let Some((_, definition)) = self.definition(symbol) else {
            return 0.0;
        };
        let share = self.ranks.symbol(symbol) * f64::from(self.graph.symbol_count());
        let kind = match definition.kind {
            SymbolKind::Trait | SymbolKind::Interface => 1.4,
            SymbolKind::Class | SymbolKind::Struct | SymbolKind::Enum => 1.2,
            SymbolKind::Type | SymbolKind::Function => 0.6,
            SymbolKind::Macro | SymbolKind::Method => 0.3,
            _ => 0.0,
        };
        let visibility = match definition.visibility {
            Visibility::Public => 1.0,
            Visibility::Internal => 0.4,
            Visibility::Private => 0.0,
        };
        // What is written `__call__` is a protocol that others rely on, documented where it matters.
        let hidden = if definition.name.starts_with('_') && !definition.name.ends_with("__") {
            -1.5
        } else {
            0.0
        };
        let documented = if definition.doc.is_some() { 0.8 } else { 0.0 };
        share.ln_1p()
            + f64::from(self.users(symbol)).ln_1p()
            + kind
            + visibility
            + hidden
            + documented
            + f64::from(definition.lines.count()).ln() * 0.3
    }

    /// These definitions, the weightiest first; equals by place, so that the order is always the same.
    pub(crate) fn by_weight(&self, symbols: impl IntoIterator<Item = SymbolId>) -> Vec<SymbolId> {
        let mut weighed: Vec<(f64, SymbolId)> = symbols
            .into_iter()
            .map(|symbol| (self.weight(symbol), symbol))
            .collect();
        weighed.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        weighed.into_iter().map(|(_, symbol)| symbol).collect()
    }

    /// Certain edges that start at a definition or one of its members, in the order of their lines.
    pub(crate) fn uses_by(&self, symbol: SymbolId) -> Vec<&'a Edge> {
        let members = self.members_of(symbol).iter().copied();
        let mut edges: Vec<&Edge> = std::iter::once(symbol)
            .chain(members)
            .flat_map(|symbol| self.graph.edges_from(Node::Symbol(symbol)))
            .filter(|edge| edge.certainty.is_certain())
            .collect();
        edges.sort_by_key(|edge| (edge.line, edge.to));
        edges
    }

    /// Calls out of a definition, in the order of their lines, each callee once.
    pub(crate) fn calls_from(&self, symbol: SymbolId) -> Vec<(SymbolId, u32)> {
        self.calls_of(Node::Symbol(symbol))
    }

    fn calls_of(&self, node: Node) -> Vec<(SymbolId, u32)> {
        let mut seen = BTreeSet::new();
        let mut edges: Vec<&Edge> = self.graph.edges_from(node).iter().collect();
        edges.sort_by_key(|edge| (edge.line, edge.to));
        edges
            .into_iter()
            .filter(|edge| edge.certainty.is_certain() && edge.kind == ReferenceKind::Call)
            .filter_map(|edge| match edge.to {
                Node::Symbol(to) if Node::Symbol(to) != node && seen.insert(to) => Some((to, edge.line)),
                _ => None,
            })
            .collect()
    }
}

impl Model<'_> {
    /// How much of what a function does happens in a call of this one: a long function that few use is a step, a
    /// short one that everybody uses is a tool.
    fn step_worth(&self, symbol: SymbolId) -> Option<f64> {
        let (_, definition) = self.definition(symbol)?;
        let callable = matches!(definition.kind, SymbolKind::Function | SymbolKind::Method);
        if !callable || !crate::cards::is_plain_name(&definition.name) || definition.name.starts_with("__") {
            return None;
        }
        let lines = f64::from(definition.lines.count()).ln();
        let calls = self.graph.edges_from(Node::Symbol(symbol)).len() as f64;
        let users = f64::from(self.users(symbol));
        Some(lines + calls.ln_1p() - 1.2 * users.ln_1p())
    }

    /// The calls that tell best what a definition does, at most `most`, in the order of their lines.
    pub(crate) fn steps_of(&self, symbol: SymbolId, most: usize) -> Vec<(SymbolId, u32)> {
        self.steps(self.calls_from(symbol), most)
    }

    /// The calls at the top level of a file, within these lines, that tell best what happens there.
    pub(crate) fn steps_at(&self, file: FileId, within: Lines, most: usize) -> Vec<(SymbolId, u32)> {
        let calls = self.calls_of(Node::File(file));
        let inside = calls
            .into_iter()
            .filter(|(_, line)| within.contains(Lines::one(*line)));
        self.steps(inside.collect(), most)
    }

    fn steps(&self, calls: Vec<(SymbolId, u32)>, most: usize) -> Vec<(SymbolId, u32)> {
        let mut weighed: Vec<(f64, (SymbolId, u32))> = calls
            .into_iter()
            .filter_map(|call| Some((self.step_worth(call.0)?, call)))
            .collect();
        weighed.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        weighed.truncate(most);
        let mut steps: Vec<(SymbolId, u32)> = weighed.into_iter().map(|(_, call)| call).collect();
        steps.sort_by_key(|(callee, line)| (*line, *callee));
        steps
    }
}

/// Whether a definition is a test, or is held by one or by a module of tests.
pub(crate) fn is_in_test(file: &FileFacts, definition: &Definition) -> bool {
    let mut at = Some(definition);
    while let Some(definition) = at {
        let module =
            definition.kind == SymbolKind::Module && matches!(definition.name.as_str(), "tests" | "test");
        if definition.is_test || module {
            return true;
        }
        // A container stands before what it holds, so that this ends.
        at = definition
            .container
            .and_then(|container| file.definitions.get(container as usize));
    }
    false
}

/// Whether a kind is a type with members.
pub(crate) fn is_type(kind: SymbolKind) -> bool {
    matches!(
        kind,
        SymbolKind::Class
            | SymbolKind::Struct
            | SymbolKind::Enum
            | SymbolKind::Trait
            | SymbolKind::Interface
            | SymbolKind::Type
    )
}

/// Whether a kind may belong to a type.
pub(crate) fn is_member(kind: SymbolKind) -> bool {
    matches!(
        kind,
        SymbolKind::Method
            | SymbolKind::Function
            | SymbolKind::Field
            | SymbolKind::Variant
            | SymbolKind::Constant
            | SymbolKind::Type
    )
}

/// What stands between a type and its member in the language's own notation.
fn separator(language: Option<Language>) -> &'static str {
    match language {
        Some(Language::Rust | Language::Cpp | Language::Php) => "::",
        Some(Language::Ruby) => "#",
        _ => ".",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{definition, file};

    #[test]
    fn what_a_module_of_tests_holds_is_test_code() {
        let mut facts = file("src/a.rs", 40);
        let module = Definition {
            kind: SymbolKind::Module,
            ..definition("tests", 20, 40)
        };
        let inner = Definition {
            container: Some(1),
            ..definition("helper", 22, 30)
        };
        facts.definitions.extend([module, inner]);
        let told: Vec<bool> = facts.definitions.iter().map(|d| is_in_test(&facts, d)).collect();
        assert_eq!(told, [false, true, true]);
    }
}
