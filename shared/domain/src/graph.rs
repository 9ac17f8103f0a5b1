//! Who uses whom in a repository, and how each edge was found.

use serde::{Deserialize, Serialize};

use crate::{RepoPath, facts::ReferenceKind};

/// The version of [`Graph`]; part of every key that is derived from one.
pub const GRAPH_VERSION: u32 = 2;

/// A file: its place among the repository's files in path order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FileId(pub u32);

/// A definition: files in path order, then definitions in the order of [`crate::facts::FileFacts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SymbolId(pub u32);

/// An end of an edge: a definition, or a file as a whole (its top level; a module that is imported).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Node {
    /// A file.
    File(FileId),
    /// A definition.
    Symbol(SymbolId),
}

/// How an edge was found, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// The name is defined in a scope around its use, in the same file.
    Local,
    /// An import names it.
    Import,
    /// An import names it, and one or more files in between pass it on.
    ReExport,
    /// It is written with the path that leads to it.
    Qualified,
    /// A member of a type that is known where it is used.
    Member,
    /// Defined in another file of the same package, whose files share their names (Go, Java, C#).
    SamePackage,
    /// An import brings in all names of the place that defines it.
    Glob,
    /// The file that defines it is included.
    Include,
    /// The file is declared to be a part of this one (`mod x;`): it belongs to it rather than being used by it.
    Declaration,
    /// Nothing but the name speaks for it: one definition of the repository bears it.
    Guess,
}

impl Certainty {
    /// Whether the edge may be shown as a fact.
    pub fn is_certain(self) -> bool {
        self != Self::Guess
    }
}

/// All uses of one kind, found in one way, of one node by another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    /// The user: the innermost definition around the use, or the file.
    pub from: Node,
    /// What it uses.
    pub to: Node,
    /// How it uses it.
    pub kind: ReferenceKind,
    /// How that was found.
    pub certainty: Certainty,
    /// The first line of `from`'s file where it stands.
    pub line: u32,
    /// How many uses there are.
    pub weight: u32,
}

/// All uses of one file by another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEdge {
    /// The using file.
    pub from: FileId,
    /// The used file.
    pub to: FileId,
    /// How many uses there are.
    pub weight: u32,
    /// The surest way in which one of them was found.
    pub certainty: Certainty,
}

/// A use of a package that is not part of the repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ExternalUse {
    /// The using file.
    pub file: FileId,
    /// The package as its manifest calls it, else as the import calls it.
    pub package: String,
    /// The first line that uses it.
    pub line: u32,
}

/// A file of the graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraphFile {
    /// Where it is.
    pub path: RepoPath,
    /// The id of its first definition; the others follow it.
    pub first_symbol: u32,
    /// How many definitions it has.
    pub symbols: u32,
}

/// The files, definitions and edges of a repository. A function of the files alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Graph {
    /// Every file, by path; its place is its [`FileId`].
    pub files: Vec<GraphFile>,
    /// Sorted by `from`, `to`, `kind`, `certainty`; no two alike in these. No edge leads to its own origin.
    pub edges: Vec<Edge>,
    /// Sorted; one entry a file and package.
    pub externals: Vec<ExternalUse>,
}

impl Graph {
    /// How many definitions there are.
    pub fn symbol_count(&self) -> u32 {
        self.files
            .last()
            .map_or(0, |file| file.first_symbol.saturating_add(file.symbols))
    }

    /// The file at this path.
    pub fn file_id(&self, path: &str) -> Option<FileId> {
        let at = self
            .files
            .binary_search_by(|file| file.path.as_str().cmp(path))
            .ok()?;
        u32::try_from(at).ok().map(FileId)
    }

    /// The file with this id.
    pub fn file(&self, id: FileId) -> Option<&GraphFile> {
        self.files.get(id.0 as usize)
    }

    /// The id of a file's definition, by its index in [`crate::facts::FileFacts::definitions`].
    pub fn symbol_id(&self, file: FileId, definition: u32) -> Option<SymbolId> {
        let file = self.file(file)?;
        (definition < file.symbols).then(|| SymbolId(file.first_symbol + definition))
    }

    /// A definition's file and its index in [`crate::facts::FileFacts::definitions`].
    pub fn definition(&self, symbol: SymbolId) -> Option<(FileId, u32)> {
        let after = self.files.partition_point(|file| file.first_symbol <= symbol.0);
        let at = after.checked_sub(1)?;
        let file = self.files.get(at)?;
        let index = symbol.0 - file.first_symbol;
        (index < file.symbols).then_some((FileId(u32::try_from(at).ok()?), index))
    }

    /// The file that a node is, or is in.
    pub fn file_of(&self, node: Node) -> Option<FileId> {
        match node {
            Node::File(file) => Some(file),
            Node::Symbol(symbol) => self.definition(symbol).map(|(file, _)| file),
        }
    }

    /// The edges that start at a node.
    pub fn edges_from(&self, node: Node) -> &[Edge] {
        let start = self.edges.partition_point(|edge| edge.from < node);
        let end = self.edges.partition_point(|edge| edge.from <= node);
        self.edges.get(start..end).unwrap_or_default()
    }

    /// The edges between different files, summed; sorted by `from`, `to`. Guesses and certain edges are
    /// never summed together: where both exist there are two entries.
    pub fn file_edges(&self) -> Vec<FileEdge> {
        let mut edges: Vec<FileEdge> = self
            .edges
            .iter()
            .filter_map(|edge| {
                let (from, to) = (self.file_of(edge.from)?, self.file_of(edge.to)?);
                (from != to).then_some(FileEdge {
                    from,
                    to,
                    weight: edge.weight,
                    certainty: edge.certainty,
                })
            })
            .collect();
        edges.sort_by_key(|edge| (edge.from, edge.to, edge.certainty));
        edges.dedup_by(|next, kept| {
            let same = (next.from, next.to, next.certainty.is_certain())
                == (kept.from, kept.to, kept.certainty.is_certain());
            if same {
                kept.weight = kept.weight.saturating_add(next.weight);
            }
            same
        });
        edges
    }
}

/// How much of a repository's use ends at each place: PageRank over the certain edges. Each list sums to 1.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Ranks {
    /// By [`FileId`].
    pub files: Vec<f64>,
    /// By [`SymbolId`].
    pub symbols: Vec<f64>,
}

impl Ranks {
    /// A file's rank.
    pub fn file(&self, file: FileId) -> f64 {
        self.files.get(file.0 as usize).copied().unwrap_or_default()
    }

    /// A definition's rank.
    pub fn symbol(&self, symbol: SymbolId) -> f64 {
        self.symbols.get(symbol.0 as usize).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph() -> Graph {
        let file = |path: &str, first_symbol, symbols| GraphFile {
            path: RepoPath::new(path).unwrap(),
            first_symbol,
            symbols,
        };
        let edge = |from, to, certainty, weight| Edge {
            from,
            to,
            kind: ReferenceKind::Call,
            certainty,
            line: 1,
            weight,
        };
        let symbol = |id| Node::Symbol(SymbolId(id));
        Graph {
            files: vec![file("a.rs", 0, 2), file("b.rs", 2, 0), file("c.rs", 2, 3)],
            edges: vec![
                edge(Node::File(FileId(0)), symbol(2), Certainty::Import, 1),
                edge(symbol(0), symbol(1), Certainty::Local, 5),
                edge(symbol(0), symbol(3), Certainty::Member, 2),
                edge(symbol(0), symbol(4), Certainty::Guess, 7),
            ],
            externals: Vec::new(),
        }
    }

    #[test]
    fn symbols_belong_to_the_file_whose_range_holds_them() {
        let graph = graph();
        assert_eq!(graph.symbol_count(), 5);
        assert_eq!(graph.definition(SymbolId(1)), Some((FileId(0), 1)));
        assert_eq!(graph.definition(SymbolId(2)), Some((FileId(2), 0)));
        assert_eq!(graph.definition(SymbolId(5)), None);
        assert_eq!(graph.symbol_id(FileId(2), 2), Some(SymbolId(4)));
        assert_eq!(graph.symbol_id(FileId(1), 0), None);
        assert_eq!(graph.file_id("c.rs"), Some(FileId(2)));
    }

    #[test]
    fn file_edges_sum_uses_and_keep_guesses_apart() {
        let edges: Vec<_> = graph()
            .file_edges()
            .iter()
            .map(|edge| (edge.from.0, edge.to.0, edge.weight, edge.certainty))
            .collect();
        assert_eq!(edges, [(0, 2, 3, Certainty::Import), (0, 2, 7, Certainty::Guess)]);
        assert_eq!(graph().edges_from(Node::Symbol(SymbolId(0))).len(), 3);
    }
}
