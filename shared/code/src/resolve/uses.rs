//! The uses in one file: every import and reference that leads to something in the repository.

use deepwiki_domain::{
    facts::{Import, ImportedName, Reference, ReferenceKind, SymbolKind},
    graph::{Certainty, Edge, FileId, Node, SymbolId},
};

use super::{
    guess::Bearers,
    lookup::{Found, View, Walk},
    places,
    play::Play,
    signature,
    tree::{Base, Binding, Entity, Family, MOST_NESTED, Map, Repo, is_type},
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

struct Finder<'r, 'a> {
    repo: &'r Repo<'a>,
    bearers: &'r Bearers<'a>,
    file: u32,
    family: Family,
    uses: Uses,
    /// Names without a qualifier that were asked for before: by the place that asks, and what it wants.
    known: Map<(u32, &'a str, (bool, bool)), Option<Found>>,
    /// Types of parameters that were asked for before.
    parameters: Map<(u32, &'a str), Option<u32>>,
    play: Play,
    /// Members of values of which nothing is known yet.
    open: Vec<(&'a Reference, Option<u32>)>,
}

/// How a value's type came to be known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Receiver {
    /// It is written: a type, a module.
    Named,
    /// It follows from the declaration of a value.
    Typed,
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
        if self.family == Family::Python && import.name == ImportedName::Whole
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
                self.uses.externals.extend(package.map(|package| (package, import.line)));
            }
            _ => {}
        }
    }

    /// `mod x;` says where a file belongs, not that it is used.
    fn declaration(&mut self, binding: &Binding<'a>, from: Option<u32>) {
        if let Some(found) = self.repo.follow(binding, &mut Walk::new(ReferenceKind::Value)) {
            let line = binding.import.line;
            self.add(from, found.entity, ReferenceKind::Value, Certainty::Declaration, line);
        }
    }

    /// The modules that a Rust path names on its way.
    fn parts_used(&mut self, binding: &Binding<'a>, from: Option<u32>) {
        for count in 0..binding.rest.len() {
            let found = self.repo.follow_part(binding, count, &mut Walk::new(ReferenceKind::Value));
            if let Some(found) = found.filter(|found| matches!(found.entity, Entity::Module(_))) {
                self.add(from, found.entity, ReferenceKind::Value, Certainty::Qualified, binding.import.line);
            }
        }
    }

    /// A file whose name stands in the path of an import.
    fn place_used(&mut self, found: Found, from: Option<u32>, line: u32) {
        if let Entity::Module(_) = found.entity {
            let certainty = if self.family == Family::Include { Certainty::Include } else { Certainty::Import };
            self.add(from, found.entity, ReferenceKind::Value, certainty, line);
        }
    }

    fn reference(&mut self, reference: &'a Reference) {
        let scope = reference.scope.and_then(|scope| self.repo.symbol(self.file, scope));
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

    fn look_up(&mut self, scope: Option<u32>, name: &'a str, kind: ReferenceKind) -> Option<Found> {
        if !self.repo.is_known(name) {
            return None;
        }
        let found = self.repo.around(self.file, scope, name, &mut Walk::new(kind));
        if found.is_some() {
            return found;
        }
        let place = self.repo.place_of(self.file, scope)?;
        let wants_type = matches!(kind, ReferenceKind::Type | ReferenceKind::Inherit);
        // A macro is found by its calls alone.
        let key = (place, name, (wants_type, kind == ReferenceKind::Call));
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let found = self.repo.in_scope(self.file, place, name, &mut Walk::new(kind));
        self.known.insert(key, found);
        found
    }

    fn modules_are_values(&self) -> bool {
        matches!(self.family, Family::Python | Family::Script | Family::Ruby | Family::Files)
    }

    fn certainty(&self, found: Found) -> Certainty {
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

    fn qualified(&mut self, reference: &'a Reference, scope: Option<u32>) {
        let Some((mut found, mut receiver, taken)) = self.start(reference, scope) else {
            self.open.push((reference, scope));
            return;
        };
        let mut passed = vec![found];
        let rest = reference.qualifier.get(taken..).unwrap_or_default();
        let mut is_whole = true;
        for (index, part) in rest.iter().map(String::as_str).chain([reference.name.as_str()]).enumerate() {
            let is_last = index == rest.len();
            let Some((next, how)) = self.further(found, part, is_last, reference.kind) else {
                is_whole = false;
                break;
            };
            if how == Receiver::Typed {
                receiver = how;
            }
            found = next;
            passed.push(found);
        }
        let certainty = if receiver == Receiver::Typed { Certainty::Member } else { Certainty::Qualified };
        if is_whole {
            passed.pop();
            self.add(scope, found.entity, reference.kind, certainty, reference.line);
        }
        // `options.x`, where a module happens to be called like a variable: only what is in the module can tell.
        if !is_whole && matches!(found.entity, Entity::Module(_)) && !self.modules_are_values() {
            return;
        }
        for (index, found) in passed.into_iter().enumerate().filter(|_| receiver == Receiver::Named) {
            let certainty = if index == 0 { self.certainty(found) } else { Certainty::Qualified };
            self.add(scope, found.entity, ReferenceKind::Value, certainty, reference.line);
        }
        if !is_whole && found.entity != Entity::External && !matches!(found.entity, Entity::Module(_)) {
            self.open.push((reference, scope));
        }
    }

    /// What the first parts of a qualifier stand for, how that is known, and how many parts were taken.
    fn start(&mut self, reference: &'a Reference, scope: Option<u32>) -> Option<(Found, Receiver, usize)> {
        let first = reference.qualifier.first()?.as_str();
        let around = scope.and_then(|scope| self.repo.type_around(scope));
        let of_type = |symbol: Option<u32>| Some((Found::here(Entity::Symbol(symbol?)), Receiver::Typed, 1));
        match first {
            "" => {
                let second = reference.qualifier.get(1)?;
                return self.repo.crate_named(second).map(|found| (found, Receiver::Named, 2));
            }
            "self" | "cls" | "this" | "Self" | "static" | "$this" | "@" => {
                let found = of_type(around);
                if self.family != Family::Rust || found.is_some() && first == "Self" {
                    return found;
                }
                return found.filter(|_| !self.is_path_of_module(reference)).or_else(|| self.rust_path(reference, scope));
            }
            "crate" | "$crate" => return self.rust_path(reference, scope),
            "super" if self.family == Family::Rust => return self.rust_path(reference, scope),
            "super" | "super()" | "base" | "parent" => {
                let mut walk = Walk::new(ReferenceKind::Type);
                return of_type(self.repo.supertype(around?, &mut walk));
            }
            _ => {}
        }
        let name = plain_part(first);
        if let Some(typed) = self.parameter(scope, name) {
            return of_type(Some(typed));
        }
        let kind = if name.len() < first.len() { ReferenceKind::Call } else { ReferenceKind::Value };
        if let Some(found) = self.look_up(scope, name, kind) {
            return Some(self.called(found, first).unwrap_or((found, Receiver::Named, 1)));
        }
        match self.family {
            Family::Rust => self.repo.crate_named(name).map(|found| (found, Receiver::Named, 1)),
            Family::Include => self.past_namespaces(reference, scope),
            _ => None,
        }
    }

    /// Namespaces of C++ are not places: what they hold is known by its own name.
    fn past_namespaces(&mut self, reference: &'a Reference, scope: Option<u32>) -> Option<(Found, Receiver, usize)> {
        let rest = reference.qualifier.iter().enumerate().skip(1);
        for (at, part) in rest {
            if let Some(found) = self.look_up(scope, plain_part(part), ReferenceKind::Value) {
                return Some((found, Receiver::Named, at + 1));
            }
        }
        None
    }

    /// The type that a call gives back, where a part of a qualifier is one.
    fn called(&self, found: Found, part: &str) -> Option<(Found, Receiver, usize)> {
        let Entity::Symbol(symbol) = found.entity else { return None };
        if !part.ends_with("()") || is_type(self.repo.kind(symbol)) {
            return None;
        }
        let of = self.repo.type_of(symbol, &mut Walk::new(ReferenceKind::Type))?;
        Some((Found::here(Entity::Symbol(of)), Receiver::Typed, 1))
    }

    /// `self::a::b` in Rust, which looks like `self.a.b`: a path if `a` is something in the module.
    fn is_path_of_module(&self, reference: &Reference) -> bool {
        let Some(second) = reference.qualifier.get(1) else { return false };
        let module = self.repo.file_module.get(self.file as usize);
        module
            .and_then(|module| self.repo.module(*module))
            .is_some_and(|place| place.children.contains_key(second.as_str()))
    }

    fn rust_path(&self, reference: &'a Reference, scope: Option<u32>) -> Option<(Found, Receiver, usize)> {
        let module = match scope {
            Some(symbol) => *self.repo.inside.get(symbol as usize)?,
            None => *self.repo.home.get(self.file as usize)?,
        };
        let parts: Vec<&str> = reference.qualifier.iter().map(String::as_str).collect();
        match places::rust::start(self.repo, module, &parts) {
            (Base::At(entity), taken) => Some((Found::here(entity), Receiver::Named, taken)),
            (Base::Lexical, _) => None,
        }
    }

    /// The type of a parameter of a function around.
    fn parameter(&mut self, scope: Option<u32>, name: &'a str) -> Option<u32> {
        let scope = scope?;
        if let Some(known) = self.parameters.get(&(scope, name)) {
            return *known;
        }
        let found = self.parameter_around(scope, name);
        self.parameters.insert((scope, name), found);
        found
    }

    fn parameter_around(&self, scope: u32, name: &str) -> Option<u32> {
        let mut around = Some(scope);
        for _ in 0..MOST_NESTED {
            let symbol = around?;
            let definition = self.repo.definition(symbol)?;
            if matches!(definition.kind, SymbolKind::Function | SymbolKind::Method)
                && let Some(written) = signature::parameter_type(self.family, definition, name)
            {
                return self.repo.type_named(written, symbol, &mut Walk::new(ReferenceKind::Type));
            }
            around = self.repo.container(symbol);
        }
        None
    }

    /// One part further, and how that is known.
    fn further(&self, from: Found, part: &'a str, is_last: bool, kind: ReferenceKind) -> Option<(Found, Receiver)> {
        let name = plain_part(part);
        let is_call = name.len() < part.len();
        let want = if is_last { kind } else if is_call { ReferenceKind::Call } else { ReferenceKind::Value };
        let mut walk = Walk::new(want);
        let view = if is_last { View::Outside } else { View::Through };
        let found = self.repo.enter(from, name, view, &mut walk)?;
        let typed = match from.entity {
            Entity::Symbol(symbol) if !is_type(self.repo.kind(symbol)) => Receiver::Typed,
            _ => Receiver::Named,
        };
        if !is_last && let Some((value, how, _)) = self.called(found, part) {
            return Some((value, how));
        }
        Some((found, typed))
    }

    /// Looks at what was left open, now that it is known which types the file has to do with.
    fn close(&mut self) {
        for (reference, scope) in std::mem::take(&mut self.open) {
            match self.play.member(self.repo, scope, &reference.name, reference.kind) {
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
            self.add(scope, Entity::Symbol(symbol), reference.kind, Certainty::Guess, reference.line);
        }
    }

    fn add(&mut self, scope: Option<u32>, to: Entity, kind: ReferenceKind, certainty: Certainty, line: u32) {
        if certainty.is_certain() {
            self.play.note(self.repo, scope, to);
        }
        let Some(to) = self.node(to) else { return };
        let from = scope.map_or(Node::File(FileId(self.file)), |scope| Node::Symbol(SymbolId(scope)));
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
                file.or_else(|| place.symbol.filter(|_| !self.family.shares_names()).map(|symbol| Node::Symbol(SymbolId(symbol))))
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

/// A part of a qualifier without the brackets behind it.
fn plain_part(part: &str) -> &str {
    part.strip_suffix("()").or_else(|| part.strip_suffix("[]")).unwrap_or(part)
}
