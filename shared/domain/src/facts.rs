//! What the code reader finds in one file. Everything later (graph, plan, pages, search) is made from this.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::{ArtefactKey, BlobId, Language, RepoPath, manifest::Role};

/// The version of [`FileFacts`]: part of the memo key of every parse, so that a new reader parses anew.
pub const FACTS_VERSION: u32 = 4;

/// Facts of every file of a shard, in the shard's order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardFacts {
    /// The shard they came from.
    pub shard: ArtefactKey,
    /// One entry a file.
    pub files: Vec<FileFacts>,
    /// Sorted, distinct [`name_hash`]es of every name that occurs in the shard's text.
    pub names: Vec<u64>,
}

/// A range of lines, 1-based and inclusive at both ends; `end` never passes the file's last line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Lines {
    /// First line.
    pub start: u32,
    /// Last line.
    pub end: u32,
}

impl Lines {
    /// A range of one line.
    pub fn one(line: u32) -> Self {
        Self {
            start: line,
            end: line,
        }
    }

    /// How many lines it has.
    pub fn count(self) -> u32 {
        self.end.saturating_sub(self.start) + 1
    }

    /// Whether the other range lies within this one.
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

/// What one parse and one walk give.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFacts {
    /// Where the file is.
    pub path: RepoPath,
    /// Its content's id.
    pub blob: BlobId,
    /// Its language, where known.
    pub language: Option<Language>,
    /// What it is for.
    pub role: Role,
    /// How many lines it has.
    pub lines: u32,
    /// Whether the parser met something that it could not read. What it could read is here all the same.
    pub has_errors: bool,
    /// The comment or docstring that speaks of the whole file, and its lines.
    pub doc: Option<Doc>,
    /// The package or namespace that the file declares (`package a.b;`, `namespace A.B`), as written.
    pub package: Option<String>,
    /// What the file defines, in order of appearance; an outer definition stands before its inner ones.
    pub definitions: Vec<Definition>,
    /// What the file uses by name, in order of appearance; a use that recurs in the same definition once.
    pub references: Vec<Reference>,
    /// What the file brings in from others.
    pub imports: Vec<Import>,
    /// Environment variables, routes and the like.
    pub signals: Vec<Signal>,
    /// The file's text, cut for search; together they cover every line that is not blank.
    pub chunks: Vec<Chunk>,
    /// What a package manifest says, where the file is one.
    pub manifest: Option<PackageFacts>,
}

/// A comment that documents something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doc {
    /// The text without comment marks; line breaks kept, at most 4,000 bytes.
    pub text: String,
    /// Where it stands.
    pub lines: Lines,
}

/// Something that has a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// The bare name: `new`, `Parser`, a heading's text.
    pub name: String,
    /// What it is.
    pub kind: SymbolKind,
    /// From its first line (attributes and decorators included, the doc comment not) to its last.
    pub lines: Lines,
    /// The line that bears the name.
    pub name_line: u32,
    /// Its head on one line, as written but with white space folded: up to the body, at most 300 bytes.
    pub signature: String,
    /// Its documentation.
    pub doc: Option<Doc>,
    /// The definition that holds it (index into [`FileFacts::definitions`], less than its own).
    pub container: Option<u32>,
    /// For a member declared outside its type's body (Rust `impl`, Go receiver, C++ `A::f`): the type's name.
    pub owner: Option<String>,
    /// The trait or interface that an `impl` block implements; supertypes of a type. As written, bare.
    pub supertypes: Vec<String>,
    /// Who can see it.
    pub visibility: Visibility,
    /// Branches, loops and boolean operators plus one, for functions; otherwise 0.
    pub complexity: u32,
    /// Whether it is a test (`#[test]`, `def test_…`, `it(…)`).
    pub is_test: bool,
}

/// What a definition is, across languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SymbolKind {
    /// A module, namespace or package declared inside a file.
    Module,
    /// A class.
    Class,
    /// A structure or record.
    Struct,
    /// An enumeration.
    Enum,
    /// One value of an enumeration.
    Variant,
    /// A trait, protocol or mixin.
    Trait,
    /// An interface.
    Interface,
    /// A type alias, union or other named type.
    Type,
    /// A free function.
    Function,
    /// A function that belongs to a type.
    Method,
    /// A member that holds a value.
    Field,
    /// A constant.
    Constant,
    /// A variable of a module.
    Variable,
    /// A macro.
    Macro,
    /// A block that adds members to a type (`impl`, `extension`).
    Implementation,
    /// A heading of a document.
    Section,
    /// A key of a configuration file, a table, a resource, a target.
    Entry,
}

impl SymbolKind {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::Module,
        Self::Class,
        Self::Struct,
        Self::Enum,
        Self::Variant,
        Self::Trait,
        Self::Interface,
        Self::Type,
        Self::Function,
        Self::Method,
        Self::Field,
        Self::Constant,
        Self::Variable,
        Self::Macro,
        Self::Implementation,
        Self::Section,
        Self::Entry,
    ];

    /// A stable name: `function`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Module => "module",
            Self::Class => "class",
            Self::Struct => "struct",
            Self::Enum => "enum",
            Self::Variant => "variant",
            Self::Trait => "trait",
            Self::Interface => "interface",
            Self::Type => "type",
            Self::Function => "function",
            Self::Method => "method",
            Self::Field => "field",
            Self::Constant => "constant",
            Self::Variable => "variable",
            Self::Macro => "macro",
            Self::Implementation => "implementation",
            Self::Section => "section",
            Self::Entry => "entry",
        }
    }

    /// The kind of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Who can see a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Everyone who can name it.
    Public,
    /// The package, crate, module or subclass.
    Internal,
    /// The file or the type alone.
    Private,
}

/// A use of a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// The last part of what is written: `new` of `net::Parser::new`. Names are short and there are millions: most
    /// take no memory of their own.
    pub name: SmolStr,
    /// The parts before it, outermost first: `["net", "Parser"]`; for `self.x.run()` it is `["self", "x"]`.
    /// A part that is called or indexed ends in `()` or `[]` (`Parser::new().run()`: `["Parser", "new()"]`);
    /// a leading empty part stands for an expression that has no name (`(a + b).run()`).
    pub qualifier: Vec<SmolStr>,
    /// How it is used.
    pub kind: ReferenceKind,
    /// Where.
    pub line: u32,
    /// The innermost definition around it (index into [`FileFacts::definitions`]).
    pub scope: Option<u32>,
}

/// How a name is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReferenceKind {
    /// Called, or its macro invoked.
    Call,
    /// Named as a type.
    Type,
    /// Extended or implemented.
    Inherit,
    /// Read or written otherwise.
    Value,
}

/// One name, or all names, brought in from somewhere. `use a::{b, c as d}` gives two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// Where from, as the language writes it but split: `["crate", "net"]`, `["./util"]`, `["", "pkg"]`
    /// (a leading empty part for each dot of a relative Python import), `["net/http"]`, `["stdio.h"]`, and
    /// `["./net.h"]` for an include in quotes. Rust's `mod net;` is `["self", "net"]`, [`ImportedName::Whole`].
    pub path: Vec<String>,
    /// What is brought in.
    pub name: ImportedName,
    /// What it is called here, where that differs.
    pub alias: Option<String>,
    /// Whether it is passed on to those who import this file (`pub use`, `export … from`, `__init__`'s).
    pub reexport: bool,
    /// Where.
    pub line: u32,
    /// The module definition inside this file that it is written in, if any.
    pub scope: Option<u32>,
}

/// What an import names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImportedName {
    /// The thing at the path itself (`import os`, `mod net;`, `#include`).
    Whole,
    /// One name of it.
    Name(String),
    /// All of its names.
    Glob,
}

/// Something in the code that a reader will ask about though it is no definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    /// What kind of thing.
    pub kind: SignalKind,
    /// Its name: the variable, the route's path, the flag.
    pub name: String,
    /// More, where there is more: a route's method, a flag's help text.
    pub detail: Option<String>,
    /// Where.
    pub lines: Lines,
    /// The innermost definition around it.
    pub scope: Option<u32>,
}

/// Kinds of [`Signal`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignalKind {
    /// An environment variable that is read.
    EnvironmentVariable,
    /// A command line option or argument.
    Flag,
    /// A command line subcommand.
    Command,
    /// An HTTP route.
    Route,
    /// Where a program starts: `main`, `if __name__ == "__main__"`, a `#!` script.
    EntryPoint,
}

/// A stretch of a file, cut on its syntax.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// Which lines.
    pub lines: Lines,
    /// The definition that it is, or is part of (index into [`FileFacts::definitions`]).
    pub definition: Option<u32>,
}

/// What a package manifest (`Cargo.toml`, `package.json`, `pyproject.toml`, `go.mod`, …) declares.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageFacts {
    /// The package system: `cargo`, `npm`, `python`, `go`, `maven`, `gradle`, `composer`, `gem`, `nuget`, `cmake`.
    pub system: String,
    /// The package's name.
    pub name: Option<Stated>,
    /// Its version.
    pub version: Option<Stated>,
    /// What it says of itself.
    pub description: Option<Stated>,
    /// Its licence.
    pub license: Option<Stated>,
    /// The members of a workspace or monorepo, as patterns.
    pub members: Vec<Stated>,
    /// What it depends on.
    pub dependencies: Vec<Dependency>,
    /// Commands by name: npm scripts, entry points, console scripts, binaries (the detail is the target).
    pub commands: Vec<(Stated, String)>,
    /// The file or folder where its code starts (`src/lib.rs`, `main`, `exports`), relative to the manifest.
    pub entries: Vec<Stated>,
}

/// A value and the line that states it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stated {
    /// The value.
    pub value: String,
    /// Where.
    pub line: u32,
}

/// A dependency of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dependency {
    /// The name in its registry, or the module path.
    pub name: String,
    /// The wanted version, as written.
    pub requirement: Option<String>,
    /// A path inside the repository, where it is one of its own packages.
    pub path: Option<String>,
    /// Whether only tests and builds need it.
    pub dev: bool,
    /// Where.
    pub line: u32,
}

/// The hash under which [`ShardFacts::names`] keeps a name: 64-bit FNV-1a, stable across machines and builds.
/// A name is a longest run of letters, digits, `_` and `$` that does not begin with a digit.
pub fn name_hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// The names in a text, as [`name_hash`] understands them, in order and with repetitions.
pub fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'))
        .filter(|word| word.chars().next().is_some_and(|c| !c.is_numeric()))
}
