//! The uses in one file: every import and reference that leads to something in the repository.

use deepwiki_domain::{
    facts::{Import, ImportedName, Reference, ReferenceKind, SymbolKind},
    graph::{Certainty, Edge, FileId, Node, SymbolId},
};

use super::{
    guess::Bearers,
    lookup::{Found, Walk},
    places,
    play::Play,
    tree::{Binding, Entity, Family, Map, Repo},
};

/// What a file uses.
#[derive(Debug, Default)]
pub(super) struct Uses {
    /// One entry a use.
    pub(super) edges: Vec<Edge>,
    /// Packages outside, with the line of the import.
    pub(super) externals: Vec<(String, u32)>,
}

/// Finds them.
pub(super) fn of_file(repo: &Repo<'_>, bearers: &Bearers<'_>, file: u32) -> Uses {
    let (Some(facts), Some(family)) = (repo.file(file), repo.family(file)) else {
        return Uses::default();
    };
    let mut finder = Finder {
        repo,
        bearers,
        file,
        family,
        uses: Uses::default(),
        known: Map::default(),
        parameters: Map::default(),
        play: Play::default(),
        open: Vec::new(),
    };
    let first = repo.first_binding.get(file as usize).copied().unwrap_or_default() as usize;
    for binding in repo.bindings.iter().skip(first).take(facts.imports.len()) {
        finder.import(binding);
    }
    for reference in &facts.references {
        finder.reference(reference);
    }
    finder.close();
    finder.uses
}

pub(super) struct Finder<'r, 'a> {
    pub(super) repo: &'r Repo<'a>,
    bearers: &'r Bearers<'a>,
    pub(super) file: u32,
    pub(super) family: Family,
    uses: Uses,
    /// Names without a qualifier that were asked for before.
    known: Map<Question<'a>, Option<Found>>,
    /// Types of parameters that were asked for before.
    pub(super) parameters: Map<(u32, &'a str), Option<u32>>,
    play: Play,
    /// Members of values of which nothing is known yet.
    pub(super) open: Vec<(&'a Reference, Option<u32>)>,
}

/// What a place is asked for, and for what use.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Question<'a> {
    place: u32,
    name: &'a str,
    kind: ReferenceKind,
}

impl<'a> Finder<'_, 'a> {
    fn import(&mut self, binding: &Binding<'a>) {
        let import = binding.import;
        let mut walk = Walk::new(ReferenceKind::Value);
        let from = import.scope.and_then(|scope| self.repo.symbol(self.file, scope));
        if self.family == Family::Rust {
            if is_module_declaration(import) {
                self.declaration(binding, from);
                return;
            }
            self.parts_used(binding, from);
        }
        let path = self.repo.follow_path(binding, &mut walk);
        // `from . import x` reads a submodule of the package around, not the package.
        let is_bare = self.family == Family::Python && import.path.iter().all(String::is_empty);
        if let Some(found) = path.filter(|_| !is_bare) {
            self.place_used(found, from, import.line);
        }
        if self.family == Family::Python
            && import.name == ImportedName::Whole
            && let Some(module) = places::python::module_of(self.repo, self.file, import)
        {
            self.place_used(Found::here(Entity::Module(module)), from, import.line);
        }
        let found = self.repo.follow(binding, &mut Walk::new(ReferenceKind::Value));
        match found {
            Some(found) if found.entity != Entity::External => {
                let certainty = match import.name {
                    _ if self.family == Family::Include => Certainty::Include,
                    ImportedName::Glob => Certainty::Glob,
                    _ if found.glob || found.hops > 0 => Certainty::ReExport,
                    _ => Certainty::Import,
                };
                self.add(from, found.entity, ReferenceKind::Value, certainty, import.line);
            }
            _ if path.is_none_or(|path| path.entity == Entity::External) => {
                let folder = self.repo.file(self.file).map_or("", |facts| facts.path.folder());
                let package = super::externals::package(&self.repo.manifests, self.family, folder, import);
                self.uses
                    .externals
                    .extend(package.map(|package| (package, import.line)));
            }
            _ => {}
        }
    }

    /// `mod x;` says where a file belongs, not that it is used.
    fn declaration(&mut self, binding: &Binding<'a>, from: Option<u32>) {
        if let Some(found) = self.repo.follow(binding, &mut Walk::new(ReferenceKind::Value)) {
            let line = binding.import.line;
            self.add(
                from,
                found.entity,
                ReferenceKind::Value,
                Certainty::Declaration,
                line,
            );
        }
    }

    /// The modules that a Rust path names on its way.
    fn parts_used(&mut self, binding: &Binding<'a>, from: Option<u32>) {
        for count in 0..binding.rest.len() {
            let found = self
                .repo
                .follow_part(binding, count, &mut Walk::new(ReferenceKind::Value));
            if let Some(found) = found.filter(|found| matches!(found.entity, Entity::Module(_))) {
                self.add(
                    from,
                    found.entity,
                    ReferenceKind::Value,
                    Certainty::Qualified,
                    binding.import.line,
                );
            }
        }
    }

    /// A file whose name stands in the path of an import.
    fn place_used(&mut self, found: Found, from: Option<u32>, line: u32) {
        if let Entity::Module(_) = found.entity {
            let certainty = if self.family == Family::Include {
                Certainty::Include
            } else {
                Certainty::Import
            };
            self.add(from, found.entity, ReferenceKind::Value, certainty, line);
        }
    }

    fn reference(&mut self, reference: &'a Reference) {
        let scope = reference
            .scope
            .and_then(|scope| self.repo.symbol(self.file, scope));
        if reference.qualifier.is_empty() {
            self.plain(reference, scope);
        } else {
            self.qualified(reference, scope);
        }
    }

    fn plain(&mut self, reference: &'a Reference, scope: Option<u32>) {
        match self.look_up(scope, &reference.name, reference.kind) {
            // No module is a value in these; what has its name is a variable.
            Some(found) if matches!(found.entity, Entity::Module(_)) && !self.modules_are_values() => {}
            Some(found) => {
                let certainty = self.certainty(found);
                self.add(scope, found.entity, reference.kind, certainty, reference.line);
            }
            None => self.guess(reference, scope),
        }
    }

    pub(super) fn look_up(
        &mut self,
        scope: Option<u32>,
        name: &'a str,
        kind: ReferenceKind,
    ) -> Option<Found> {
        if !self.repo.is_known(name) {
            return None;
        }
        let found = self.repo.around(self.file, scope, name, &mut Walk::new(kind));
        if found.is_some() {
            return found;
        }
        let place = self.repo.place_of(self.file, scope)?;
        let key = Question { place, name, kind };
        let known = self.known.get(&key).copied();
        let found = known.unwrap_or_else(|| {
            let found = self.repo.in_scope(self.file, place, name, &mut Walk::new(kind));
            self.known.insert(key, found);
            found
        });
        found.filter(|found| self.is_reachable(scope, found.entity))
    }

    /// Whether a bare name can mean what the places around it hold. A class of Ruby sees the constants of the modules
    /// around it, not their methods: those are called on the module.
    fn is_reachable(&self, scope: Option<u32>, entity: Entity) -> bool {
        let Entity::Symbol(symbol) = entity else {
            return true;
        };
        if self.family != Family::Ruby || self.repo.kind(symbol) != SymbolKind::Method {
            return true;
        }
        let outward = std::iter::successors(scope, |symbol| self.repo.container(*symbol));
        let around = outward
            .map(|symbol| self.repo.kind(symbol))
            .find(|kind| matches!(kind, SymbolKind::Class | SymbolKind::Module));
        around != Some(SymbolKind::Class)
    }

    pub(super) fn modules_are_values(&self) -> bool {
        matches!(
            self.family,
            Family::Python | Family::Script | Family::Ruby | Family::Files
        )
    }

    pub(super) fn certainty(&self, found: Found) -> Certainty {
        let file = match found.entity {
            Entity::Symbol(symbol) => Some(self.repo.file_of(symbol)),
            Entity::Module(module) => self.repo.module(module).and_then(|place| place.file),
            Entity::External => None,
        };
        if file == Some(self.file) {
            Certainty::Local
        } else if self.family == Family::Include {
            Certainty::Include
        } else if found.glob {
            Certainty::Glob
        } else {
            match found.hops {
                0 if matches!(found.entity, Entity::Module(_)) => Certainty::Qualified,
                0 if self.family.shares_names() => Certainty::SamePackage,
                // A member that the type around inherits, named without its receiver.
                0 => Certainty::Member,
                1 => Certainty::Import,
                _ => Certainty::ReExport,
            }
        }
    }

    /// Looks at what was left open, now that it is known which types the file has to do with.
    fn close(&mut self) {
        for (reference, scope) in std::mem::take(&mut self.open) {
            match self
                .play
                .member(self.repo, scope, &reference.name, reference.kind)
            {
                Some(member) => {
                    let member = Entity::Symbol(member);
                    self.add(scope, member, reference.kind, Certainty::Member, reference.line);
                }
                None => self.guess(reference, scope),
            }
        }
    }

    fn guess(&mut self, reference: &'a Reference, scope: Option<u32>) {
        if let Some(symbol) = self.bearers.only(self.family, reference) {
            self.add(
                scope,
                Entity::Symbol(symbol),
                reference.kind,
                Certainty::Guess,
                reference.line,
            );
        }
    }

    pub(super) fn add(
        &mut self,
        scope: Option<u32>,
        to: Entity,
        kind: ReferenceKind,
        certainty: Certainty,
        line: u32,
    ) {
        if certainty.is_certain() {
            self.play.note(self.repo, scope, to);
        }
        let Some(to) = self.node(to) else { return };
        let from = scope.map_or(Node::File(FileId(self.file)), |scope| {
            Node::Symbol(SymbolId(scope))
        });
        if from == to || to == Node::File(FileId(self.file)) {
            return;
        }
        self.uses.edges.push(Edge {
            from,
            to,
            kind,
            certainty,
            line,
            weight: 1,
        });
    }

    fn node(&self, entity: Entity) -> Option<Node> {
        match entity {
            Entity::Symbol(symbol) => Some(Node::Symbol(SymbolId(symbol))),
            Entity::Module(module) => {
                let place = self.repo.module(module)?;
                // A crate's name or `crate::` begins a path; it is no use of what stands in `lib.rs`.
                if self.family == Family::Rust && place.parent.is_none() {
                    return None;
                }
                let file = place.file.map(|file| Node::File(FileId(file)));
                file.or_else(|| {
                    place
                        .symbol
                        .filter(|_| !self.family.shares_names())
                        .map(|symbol| Node::Symbol(SymbolId(symbol)))
                })
            }
            Entity::External => None,
        }
    }
}

/// `mod x;`, which the reader gives as an import of `x` from here.
fn is_module_declaration(import: &Import) -> bool {
    import.name == ImportedName::Whole
        && import.alias.is_none()
        && matches!(import.path.as_slice(), [first, _] if first == "self")
}
