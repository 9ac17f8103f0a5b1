//! The places that hold names: files, folders, packages, namespaces, and modules inside files.

use deepwiki_domain::{
    Language,
    facts::{FileFacts, Import, SymbolKind},
};
use rustc_hash::{FxHashMap, FxHashSet};

use super::manifests::Manifests;

/// A map that is only ever asked, never iterated in an order that would show.
pub(super) type Map<K, V> = FxHashMap<K, V>;

/// Languages that find names in the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Family {
    Rust,
    Python,
    /// JavaScript and TypeScript.
    Script,
    Go,
    /// Java, Kotlin, Scala, Groovy: packages.
    Jvm,
    /// C, C++, Objective-C: included files.
    Include,
    DotNet,
    Php,
    Ruby,
    /// Languages whose modules have dotted names of their own: Elixir, Haskell.
    Named,
    /// Languages that name other files, and nothing else: Lua, Dart, Zig, shells.
    Files,
}

impl Family {
    pub(super) fn of(language: Language) -> Option<Self> {
        use Language as L;
        Some(match language {
            L::Rust => Self::Rust,
            L::Python => Self::Python,
            L::JavaScript | L::TypeScript | L::Tsx | L::Vue => Self::Script,
            L::Go => Self::Go,
            L::Java | L::Kotlin | L::Scala | L::Groovy => Self::Jvm,
            L::C | L::Cpp | L::ObjectiveC => Self::Include,
            L::CSharp => Self::DotNet,
            L::Php => Self::Php,
            L::Ruby => Self::Ruby,
            L::Elixir | L::Haskell | L::Erlang | L::Julia | L::Ocaml | L::Swift => Self::Named,
            L::Bash | L::Dart | L::Lua | L::Perl | L::Proto | L::R | L::Zig => Self::Files,
            _ => return None,
        })
    }

    /// Whether a member of a type is named without its receiver inside the type.
    pub(super) fn has_implicit_receiver(self) -> bool {
        matches!(
            self,
            Self::Jvm | Self::Include | Self::DotNet | Self::Ruby | Self::Named | Self::Files
        )
    }

    /// Whether all files of a package or namespace share their names.
    pub(super) fn shares_names(self) -> bool {
        matches!(
            self,
            Self::Go | Self::Jvm | Self::DotNet | Self::Php | Self::Ruby | Self::Named
        )
    }

    /// What separates the parts of a written name, besides what the reader has split already.
    pub(super) fn separators(self) -> &'static [char] {
        match self {
            Self::Jvm | Self::DotNet | Self::Named => &['.'],
            Self::Python => &['.'],
            Self::Php => &['\\'],
            Self::Rust | Self::Ruby => &[':'],
            Self::Script | Self::Go | Self::Include | Self::Files => &[],
        }
    }
}

/// What a name can stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Entity {
    Module(u32),
    Symbol(u32),
    /// Something outside the repository.
    External,
}

/// A place that holds names.
#[derive(Debug, Default)]
pub(super) struct Module<'a> {
    /// What is defined here.
    pub(super) names: Map<&'a str, Vec<u32>>,
    /// The places inside this one.
    pub(super) children: Map<Box<str>, u32>,
    /// What is brought in by name: indices into [`Repo::bindings`].
    pub(super) bindings: Map<&'a str, Vec<u32>>,
    /// Whence all names are brought in: indices into [`Repo::bindings`].
    pub(super) globs: Vec<u32>,
    /// The place around it.
    pub(super) parent: Option<u32>,
    /// The file that it is, if it is one.
    pub(super) file: Option<u32>,
    /// The definition that it is, if it is written inside a file.
    pub(super) symbol: Option<u32>,
}

/// An import, with where its path begins.
#[derive(Debug)]
pub(super) struct Binding<'a> {
    pub(super) import: &'a Import,
    pub(super) file: u32,
    /// The place whose names it adds to.
    pub(super) module: u32,
    pub(super) base: Base,
    /// The parts of the path that are still to be walked from there.
    pub(super) rest: Vec<&'a str>,
}

/// Where the path of an import begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    At(Entity),
    /// With a name that is known where the import stands.
    Lexical,
}

/// Everything that is known of a repository before its references are looked at.
pub(super) struct Repo<'a> {
    /// By path.
    pub(super) files: Vec<&'a FileFacts>,
    /// The first symbol of each file, and the number of all at the end.
    pub(super) first: Vec<u32>,
    pub(super) families: Vec<Option<Family>>,
    pub(super) manifests: Manifests<'a>,
    pub(super) modules: Vec<Module<'a>>,
    /// The place that holds what a file imports.
    pub(super) file_module: Vec<u32>,
    /// The place that holds what a file defines; its own, or a package shared with others.
    pub(super) home: Vec<u32>,
    /// For each symbol the place from which the names inside it are looked up.
    pub(super) inside: Vec<u32>,
    /// The roots of the trees of named packages.
    pub(super) roots: Map<Family, u32>,
    /// For folders with Python files: where absolute imports may begin, and whether they do for certain.
    pub(super) beginnings: Map<&'a str, Vec<(u32, bool)>>,
    /// The main module of each Rust crate, by the name under which others use it.
    pub(super) crates: Map<String, u32>,
    /// Rust's macros by crate: they are known by scopes that no path shows.
    pub(super) macros: Map<(u32, &'a str), Vec<u32>>,
    /// Every import, in the order of files.
    pub(super) bindings: Vec<Binding<'a>>,
    /// The first binding of each file.
    pub(super) first_binding: Vec<u32>,
    /// Members of types and other definitions that hold some.
    pub(super) members: Map<u32, Map<&'a str, Vec<u32>>>,
    /// The type that a symbol is a member of.
    pub(super) owners: Map<u32, u32>,
    /// What a type inherits from: the name, and the symbol at which it is written.
    pub(super) supers: Map<u32, Vec<(&'a str, u32)>>,
    /// The types that a type inherits from, as far as they are in the repository.
    pub(super) parents: Map<u32, Vec<u32>>,
    /// The hashes of the names of all members.
    pub(super) member_names: FxHashSet<u64>,
    /// Definitions inside functions, by what holds them.
    pub(super) nested: Map<(u32, &'a str), u32>,
    /// The hashes of all names that something in the repository has or goes by.
    pub(super) known_names: FxHashSet<u64>,
    pub(super) paths: Map<&'a str, u32>,
    /// Files by the last part of their path, in path order.
    pub(super) by_file_name: Map<&'a str, Vec<u32>>,
}

impl<'a> Repo<'a> {
    /// The files in order, with nothing known of them yet.
    pub(super) fn new(mut files: Vec<&'a FileFacts>) -> Self {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files.dedup_by(|a, b| a.path == b.path);
        let mut first = Vec::with_capacity(files.len() + 1);
        let mut next: u32 = 0;
        for file in &files {
            first.push(next);
            next = next.saturating_add(id(file.definitions.len()));
        }
        first.push(next);
        let mut paths = Map::default();
        let mut by_file_name: Map<&str, Vec<u32>> = Map::default();
        for (at, file) in files.iter().enumerate() {
            paths.insert(file.path.as_str(), id(at));
            by_file_name
                .entry(file.path.file_name())
                .or_default()
                .push(id(at));
        }
        Self {
            families: files
                .iter()
                .map(|file| file.language.and_then(Family::of))
                .collect(),
            manifests: Manifests::of(&files),
            modules: Vec::new(),
            file_module: Vec::new(),
            home: Vec::new(),
            inside: vec![0; next as usize],
            roots: Map::default(),
            beginnings: Map::default(),
            crates: Map::default(),
            macros: Map::default(),
            bindings: Vec::new(),
            first_binding: Vec::new(),
            members: Map::default(),
            owners: Map::default(),
            supers: Map::default(),
            parents: Map::default(),
            member_names: FxHashSet::default(),
            nested: Map::default(),
            known_names: FxHashSet::default(),
            paths,
            by_file_name,
            first,
            files,
        }
    }

    /// Adds a place.
    pub(super) fn add_module(&mut self, module: Module<'a>) -> u32 {
        self.modules.push(module);
        id(self.modules.len() - 1)
    }

    /// The place of this name inside another, made if there is none.
    pub(super) fn child(&mut self, parent: u32, name: &str) -> u32 {
        if let Some(child) = self.module(parent).and_then(|module| module.children.get(name)) {
            return *child;
        }
        let child = self.add_module(Module {
            parent: Some(parent),
            ..Module::default()
        });
        if let Some(module) = self.modules.get_mut(parent as usize) {
            module.children.insert(name.into(), child);
        }
        child
    }

    pub(super) fn module(&self, module: u32) -> Option<&Module<'a>> {
        self.modules.get(module as usize)
    }

    pub(super) fn module_mut(&mut self, module: u32) -> Option<&mut Module<'a>> {
        self.modules.get_mut(module as usize)
    }

    pub(super) fn file(&self, file: u32) -> Option<&'a FileFacts> {
        self.files.get(file as usize).copied()
    }

    pub(super) fn family(&self, file: u32) -> Option<Family> {
        self.families.get(file as usize).copied().flatten()
    }

    /// The symbol of a file's definition.
    pub(super) fn symbol(&self, file: u32, definition: u32) -> Option<u32> {
        let first = *self.first.get(file as usize)?;
        let end = *self.first.get(file as usize + 1)?;
        let symbol = first.checked_add(definition)?;
        (symbol < end).then_some(symbol)
    }

    /// The file of a symbol.
    pub(super) fn file_of(&self, symbol: u32) -> u32 {
        id(self
            .first
            .partition_point(|first| *first <= symbol)
            .saturating_sub(1))
    }

    /// A symbol's definition.
    pub(super) fn definition(&self, symbol: u32) -> Option<&'a deepwiki_domain::facts::Definition> {
        let file = self.file_of(symbol);
        let first = *self.first.get(file as usize)?;
        self.file(file)?.definitions.get((symbol - first) as usize)
    }

    /// The symbol that holds another, as written.
    pub(super) fn container(&self, symbol: u32) -> Option<u32> {
        let container = self.definition(symbol)?.container?;
        let outer = self.symbol(self.file_of(symbol), container)?;
        // An outer definition stands before its inner ones; anything else would let a walk outward run forever.
        (outer < symbol).then_some(outer)
    }

    /// What a symbol is.
    pub(super) fn kind(&self, symbol: u32) -> SymbolKind {
        self.definition(symbol)
            .map_or(SymbolKind::Entry, |definition| definition.kind)
    }

    /// The outermost place around a module: a crate, the root of a tree of packages.
    pub(super) fn root(&self, module: u32) -> u32 {
        let mut at = module;
        for _ in 0..MOST_NESTED {
            match self.module(at).and_then(|module| module.parent) {
                Some(parent) => at = parent,
                None => break,
            }
        }
        at
    }
}

/// The deepest nesting of places that is followed outward.
pub(super) const MOST_NESTED: usize = 64;

/// A count as an id. Repositories stay far below the limit; beyond it ids would only repeat.
pub(super) fn id(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// Whether a definition of this kind has names inside it that others reach through it.
pub(super) fn holds_members(kind: SymbolKind) -> bool {
    use SymbolKind as K;
    !matches!(
        kind,
        K::Module | K::Function | K::Method | K::Implementation | K::Section | K::Entry | K::Macro
    )
}

/// Whether a definition of this kind is a type.
pub(super) fn is_type(kind: SymbolKind) -> bool {
    use SymbolKind as K;
    matches!(
        kind,
        K::Class | K::Struct | K::Enum | K::Trait | K::Interface | K::Type
    )
}
