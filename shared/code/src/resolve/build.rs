//! Puts every definition and import of a repository in its place.

use deepwiki_domain::facts::{Definition, Import, ImportedName, ReferenceKind, SymbolKind, name_hash};
use rayon::prelude::*;

use super::{
    lookup::Walk,
    places,
    tree::{Base, Binding, Entity, Family, Module, Repo, holds_members, id},
};

impl<'a> Repo<'a> {
    /// Fills the places: files and packages first, then definitions, imports, and the members of types.
    pub(super) fn fill(&mut self) {
        places::lay_out(self);
        for file in 0..id(self.files.len()) {
            self.place_definitions(file);
        }
        places::connect(self);
        self.place_imports();
        self.know_names();
        self.place_members();
        self.find_parents();
    }

    fn place_definitions(&mut self, file: u32) {
        let Some(facts) = self.file(file) else { return };
        let home = self.home.get(file as usize).copied().unwrap_or_default();
        let family = self.family(file);
        for (index, definition) in facts.definitions.iter().enumerate() {
            let Some(symbol) = self.symbol(file, id(index)) else {
                continue;
            };
            let outer = self.container(symbol);
            let place = match outer {
                Some(outer) => self.inside.get(outer as usize).copied().unwrap_or(home),
                None => home,
            };
            let mut inside = place;
            if let Some(family) = family {
                let in_module = outer.is_none_or(|outer| self.kind(outer) == SymbolKind::Module);
                if definition.kind == SymbolKind::Module {
                    inside = self.place_module(family, place, definition, symbol);
                } else if in_module {
                    self.place_name(family, place, definition, symbol);
                } else if let Some(outer) = outer {
                    self.place_inner(outer, definition, symbol);
                }
            }
            if let Some(slot) = self.inside.get_mut(symbol as usize) {
                *slot = inside;
            }
        }
    }

    /// A module written inside a file is a place; its dotted name may be several, one in the other.
    fn place_module(&mut self, family: Family, place: u32, definition: &'a Definition, symbol: u32) -> u32 {
        // A namespace of C or C++ is open to all files that include it: its names are the file's.
        if family == Family::Include {
            return place;
        }
        let absolute = matches!(family, Family::DotNet | Family::Named | Family::Php);
        let mut inside = match (
            absolute && self.definition_is_outermost(symbol),
            self.roots.get(&family),
        ) {
            (true, Some(root)) => *root,
            _ => place,
        };
        let separators: &[char] = if family == Family::Script {
            &[]
        } else {
            &['.', ':', '\\']
        };
        for part in definition.name.split(separators).filter(|part| !part.is_empty()) {
            inside = self.child(inside, part);
        }
        if let Some(module) = self.module_mut(inside)
            && module.symbol.is_none()
        {
            module.symbol = Some(symbol);
        }
        inside
    }

    fn definition_is_outermost(&self, symbol: u32) -> bool {
        self.container(symbol).is_none()
    }

    fn place_name(&mut self, family: Family, place: u32, definition: &'a Definition, symbol: u32) {
        let is_name = !matches!(
            definition.kind,
            SymbolKind::Implementation | SymbolKind::Section | SymbolKind::Entry
        );
        if !is_name || definition.owner.is_some() {
            return;
        }
        if family == Family::Rust && definition.kind == SymbolKind::Macro {
            let key = (self.root(place), definition.name.as_str());
            self.macros.entry(key).or_default().push(symbol);
        }
        if let Some(module) = self.module_mut(place) {
            module
                .names
                .entry(definition.name.as_str())
                .or_default()
                .push(symbol);
        }
    }

    fn place_inner(&mut self, outer: u32, definition: &'a Definition, symbol: u32) {
        let name = definition.name.as_str();
        if holds_members(self.kind(outer)) {
            self.members
                .entry(outer)
                .or_default()
                .entry(name)
                .or_default()
                .push(symbol);
            self.owners.insert(symbol, outer);
        } else if self.kind(outer) != SymbolKind::Implementation {
            self.nested.entry((outer, name)).or_insert(symbol);
        }
    }

    fn place_imports(&mut self) {
        let bases: Vec<Vec<(Base, Vec<&'a str>)>> = self
            .files
            .par_iter()
            .enumerate()
            .map(|(file, facts)| {
                facts
                    .imports
                    .iter()
                    .map(|import| places::base_of(self, id(file), import))
                    .collect()
            })
            .collect();
        for (file, bases) in bases.into_iter().enumerate() {
            self.first_binding.push(id(self.bindings.len()));
            let Some(facts) = self.file(id(file)) else {
                continue;
            };
            for (import, (base, rest)) in facts.imports.iter().zip(bases) {
                self.place_import(id(file), import, base, rest);
            }
        }
    }

    fn place_import(&mut self, file: u32, import: &'a Import, base: Base, rest: Vec<&'a str>) {
        let own = self.file_module.get(file as usize).copied().unwrap_or_default();
        let module = import
            .scope
            .and_then(|scope| self.inside.get(self.symbol(file, scope)? as usize).copied())
            .unwrap_or(own);
        let at = id(self.bindings.len());
        let name = places::bound_name(self, file, import, base);
        let is_glob = import.name == ImportedName::Glob || self.family(file) == Some(Family::Include);
        if let Some(place) = self.module_mut(module) {
            if is_glob {
                place.globs.push(at);
            } else if let Some(name) = name {
                place.bindings.entry(name).or_default().push(at);
            }
        }
        self.bindings.push(Binding {
            import,
            file,
            module,
            base,
            rest,
        });
    }

    fn know_names(&mut self) {
        let definitions = self.files.iter().flat_map(|file| &file.definitions);
        let defined = definitions.map(|definition| definition.name.as_str());
        let bound = self
            .modules
            .iter()
            .flat_map(|module| module.bindings.keys().copied());
        let places = self
            .modules
            .iter()
            .flat_map(|module| module.children.keys().map(AsRef::as_ref));
        self.known_names = defined.chain(bound).chain(places).map(name_hash).collect();
        let definitions = self.files.iter().flat_map(|file| &file.definitions);
        let inner =
            definitions.filter(|definition| definition.container.is_some() || definition.owner.is_some());
        self.member_names = inner.map(|definition| name_hash(&definition.name)).collect();
        // The names of languages for what has none.
        self.known_names
            .extend(["default", "self", "super", "crate"].map(name_hash));
    }

    /// Members that are written outside their type, and what types inherit.
    fn place_members(&mut self) {
        for file in 0..id(self.files.len()) {
            let Some(facts) = self.file(file).filter(|_| self.family(file).is_some()) else {
                continue;
            };
            for (index, definition) in facts.definitions.iter().enumerate() {
                if definition.supertypes.is_empty() || definition.kind == SymbolKind::Implementation {
                    continue;
                }
                if let Some(symbol) = self.symbol(file, id(index)) {
                    self.add_supers(symbol, definition, symbol);
                }
            }
        }
        let owners: Vec<Vec<(u32, u32)>> = (0..id(self.files.len()))
            .into_par_iter()
            .map(|file| self.owners_in(file))
            .collect();
        for (symbol, owner) in owners.into_iter().flatten() {
            let Some(definition) = self.definition(symbol) else {
                continue;
            };
            self.owners.insert(symbol, owner);
            if definition.kind == SymbolKind::Implementation {
                self.add_supers(owner, definition, symbol);
                continue;
            }
            self.members
                .entry(owner)
                .or_default()
                .entry(definition.name.as_str())
                .or_default()
                .push(symbol);
        }
    }

    fn find_parents(&mut self) {
        let mut types: Vec<u32> = self.supers.keys().copied().collect();
        types.sort_unstable();
        let parents: Vec<(u32, Vec<u32>)> = types
            .into_par_iter()
            .map(|of| (of, self.parents_of(of)))
            .collect();
        self.parents = parents.into_iter().collect();
    }

    fn parents_of(&self, of: u32) -> Vec<u32> {
        let mut parents = Vec::new();
        for (name, at) in self.supers.get(&of).into_iter().flatten() {
            let found = self.type_named(name, *at, &mut Walk::new(ReferenceKind::Type));
            if let Some(parent) = found.filter(|parent| *parent != of && !parents.contains(parent)) {
                parents.push(parent);
            }
        }
        parents
    }

    fn add_supers(&mut self, of: u32, definition: &'a Definition, at: u32) {
        let supers = self.supers.entry(of).or_default();
        supers.extend(definition.supertypes.iter().map(|name| (name.as_str(), at)));
    }

    /// The types of a file's definitions that name one: (member, type).
    fn owners_in(&self, file: u32) -> Vec<(u32, u32)> {
        let Some(facts) = self.file(file).filter(|_| self.family(file).is_some()) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for (index, definition) in facts.definitions.iter().enumerate() {
            let Some(owner) = &definition.owner else { continue };
            let Some(symbol) = self.symbol(file, id(index)) else {
                continue;
            };
            if self.owners.contains_key(&symbol) {
                continue;
            }
            let mut walk = Walk::new(ReferenceKind::Type);
            let around = self.container(symbol);
            let mut parts = super::signature::parts(owner);
            let Some(first) = parts.next() else { continue };
            let mut at = self.unqualified(file, around, first, &mut walk);
            for part in parts {
                at = at.and_then(|at| self.enter(at, part, super::lookup::View::Outside, &mut walk));
            }
            if let Some(Entity::Symbol(of)) = at.map(|found| found.entity)
                && of != symbol
            {
                found.push((symbol, of));
            }
        }
        found
    }

    /// A place for a file.
    pub(super) fn add_file_module(&mut self, file: u32, parent: Option<u32>) -> u32 {
        self.add_module(Module {
            parent,
            file: Some(file),
            ..Module::default()
        })
    }
}
