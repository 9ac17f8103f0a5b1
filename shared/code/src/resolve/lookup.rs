//! What a name stands for: in a place, behind imports, along a path.

use deepwiki_domain::facts::{ImportedName, ReferenceKind, SymbolKind, name_hash};

use super::tree::{Base, Binding, Entity, Family, MOST_NESTED, Module, Repo, id};

/// How many imports are followed one after the other: the one that is asked, and five that pass a name on.
const MOST_HOPS: u8 = 6;
/// How many places one question may visit, all told.
const MOST_STEPS: u32 = 400;

/// An answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) entity: Entity,
    /// How many imports were followed.
    pub(super) hops: u8,
    /// Whether one of them brings in all names.
    pub(super) glob: bool,
}

impl Found {
    pub(super) fn here(entity: Entity) -> Self {
        Self {
            entity,
            hops: 0,
            glob: false,
        }
    }

    fn after(self, before: Self) -> Self {
        Self {
            entity: self.entity,
            hops: self.hops.max(before.hops),
            glob: self.glob || before.glob,
        }
    }
}

/// A question under way: it ends for certain, whatever circles the imports form.
#[derive(Debug)]
pub(super) struct Walk<'n> {
    pub(super) want: ReferenceKind,
    steps: u32,
    hops: u8,
    pub(super) types: u8,
    /// Places that are being asked for a name.
    asked: Vec<(u32, &'n str)>,
}

impl Walk<'_> {
    pub(super) fn new(want: ReferenceKind) -> Self {
        Self {
            want,
            steps: MOST_STEPS,
            hops: 0,
            types: 0,
            asked: Vec::new(),
        }
    }

    pub(super) fn step(&mut self) -> Option<()> {
        self.steps = self.steps.checked_sub(1)?;
        Some(())
    }
}

/// Whence a place is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    /// From inside: everything that is known there.
    Inside,
    /// From another place: what it defines and passes on.
    Outside,
    /// From another place, for a part of a path before the last: places come before values.
    Through,
    /// From another place that brings in all names: what it defines, and what it passes on by its own account.
    Passed,
}

impl<'a> Repo<'a> {
    /// What a name stands for in a place.
    pub(super) fn in_module<'n>(
        &self,
        module: u32,
        name: &'n str,
        view: View,
        walk: &mut Walk<'n>,
    ) -> Option<Found>
    where
        'a: 'n,
    {
        walk.step()?;
        let place = self.module(module)?;
        let child = || {
            place
                .children
                .get(name)
                .map(|child| Found::here(Entity::Module(*child)))
        };
        let own = || {
            let symbols = place.names.get(name)?;
            self.pick(symbols, walk.want)
                .map(|symbol| Found::here(Entity::Symbol(symbol)))
        };
        // No place can be called: `pub use parse::parse` beside `mod parse` passes on the function.
        let is_called = walk.want == ReferenceKind::Call && view != View::Through;
        let found = match view {
            View::Through => child().or_else(own),
            _ if is_called => own(),
            _ => own().or_else(child),
        };
        if found.is_some() {
            return found;
        }
        let unless_passed_on = || is_called.then(child).flatten();
        if walk.hops >= MOST_HOPS || walk.asked.contains(&(module, name)) {
            return unless_passed_on();
        }
        walk.asked.push((module, name));
        walk.hops += 1;
        let found = self.brought_in(module, name, view, walk);
        walk.hops -= 1;
        walk.asked.pop();
        let may_be_macro = walk.want == ReferenceKind::Call || view != View::Inside;
        found
            .or_else(unless_passed_on)
            .or_else(|| may_be_macro.then(|| self.macro_of(module, name)).flatten())
            .or_else(|| self.default_export(place, name))
    }

    /// What a script exports by `export default`, which has no name of its own.
    fn default_export(&self, place: &Module<'a>, name: &str) -> Option<Found> {
        let file = place
            .file
            .filter(|file| name == "default" && self.family(*file) == Some(Family::Script))?;
        let facts = self.file(file)?;
        let definition = facts.definitions.iter().position(|definition| {
            definition.container.is_none() && definition.signature.starts_with("export default")
        })?;
        self.symbol(file, id(definition))
            .map(|symbol| Found::here(Entity::Symbol(symbol)))
    }

    fn brought_in<'n>(&self, module: u32, name: &'n str, view: View, walk: &mut Walk<'n>) -> Option<Found>
    where
        'a: 'n,
    {
        let place = self.module(module)?;
        let passes = |binding: &&Binding<'a>| {
            binding.import.reexport || self.family(binding.file) != Some(Family::Script)
        };
        let named = place.bindings.get(name).into_iter().flatten();
        for binding in named.filter_map(|at| self.bindings.get(*at as usize)) {
            if let Some(found) = self.follow(binding, walk) {
                return Some(Found {
                    hops: found.hops + 1,
                    ..found
                });
            }
        }
        let globs = place
            .globs
            .iter()
            .filter_map(|at| self.bindings.get(*at as usize));
        for binding in globs.filter(|binding| view == View::Inside || passes(binding)) {
            // What `export *` passes on leaves out the default export.
            if name == "default" {
                break;
            }
            let Some(base) = self.follow_path(binding, walk) else {
                continue;
            };
            if base.entity == Entity::External {
                continue;
            }
            if let Some(found) = self.enter(base, name, View::Passed, walk) {
                return Some(Found {
                    hops: found.hops + 1,
                    glob: true,
                    ..found
                });
            }
        }
        None
    }

    /// What an import brings in.
    pub(super) fn follow<'n>(&self, binding: &Binding<'a>, walk: &mut Walk<'n>) -> Option<Found>
    where
        'a: 'n,
    {
        let path = self.follow_path(binding, walk)?;
        match &binding.import.name {
            // What a script exports under another name, or takes apart as it exports it, is the file's all the same.
            ImportedName::Name(name) if self.family(binding.file) == Some(Family::Script) => {
                let found = self.enter(path, name, View::Outside, walk);
                found.or_else(|| (walk.hops == 0).then_some(path))
            }
            ImportedName::Name(name) => self.enter(path, name, View::Outside, walk),
            ImportedName::Whole | ImportedName::Glob => Some(path),
        }
    }

    /// What the path of an import leads to.
    pub(super) fn follow_path<'n>(&self, binding: &Binding<'a>, walk: &mut Walk<'n>) -> Option<Found>
    where
        'a: 'n,
    {
        self.follow_part(binding, binding.rest.len(), walk)
    }

    /// What the first parts of the path of an import lead to.
    pub(super) fn follow_part<'n>(
        &self,
        binding: &Binding<'a>,
        count: usize,
        walk: &mut Walk<'n>,
    ) -> Option<Found>
    where
        'a: 'n,
    {
        walk.step()?;
        let mut rest = binding.rest.iter().copied().take(count);
        let mut found = match binding.base {
            Base::At(entity) => Found::here(entity),
            Base::Lexical => match rest.next() {
                // `use name;` asks for itself, which `asked` would refuse: look past it.
                Some(first) => self
                    .in_module(binding.module, first, View::Inside, walk)
                    .or_else(|| self.crate_named(first))
                    .unwrap_or(Found::here(Entity::External)),
                None => match &binding.import.name {
                    ImportedName::Name(name) => return self.lexical_or_crate(binding.module, name, walk),
                    _ => return None,
                },
            },
        };
        let whole = matches!(binding.import.name, ImportedName::Whole);
        while let Some(part) = rest.next() {
            let view = if whole && rest.len() == 0 {
                View::Outside
            } else {
                View::Through
            };
            found = self.enter(found, part, view, walk)?;
        }
        Some(found)
    }

    fn lexical_or_crate<'n>(&self, module: u32, name: &'n str, walk: &mut Walk<'n>) -> Option<Found>
    where
        'a: 'n,
    {
        self.in_module(module, name, View::Inside, walk)
            .or_else(|| self.crate_named(name))
            .or(Some(Found::here(Entity::External)))
    }

    /// A Rust crate of the repository by the name that others use.
    pub(super) fn crate_named(&self, name: &str) -> Option<Found> {
        self.crates
            .get(name)
            .map(|root| Found::here(Entity::Module(*root)))
    }

    fn macro_of(&self, module: u32, name: &str) -> Option<Found> {
        if self.macros.is_empty() {
            return None;
        }
        let found = self.macros.get(&(self.root(module), name))?;
        let [only] = found.as_slice() else { return None };
        Some(Found {
            entity: Entity::Symbol(*only),
            hops: 0,
            glob: true,
        })
    }

    /// One part further along a path.
    pub(super) fn enter<'n>(
        &self,
        from: Found,
        name: &'n str,
        view: View,
        walk: &mut Walk<'n>,
    ) -> Option<Found>
    where
        'a: 'n,
    {
        let found = match from.entity {
            Entity::External => return Some(from),
            Entity::Module(module) => self.in_module(module, name, view, walk)?,
            Entity::Symbol(symbol) => Found::here(Entity::Symbol(self.member(symbol, name, walk)?)),
        };
        Some(found.after(from))
    }

    /// What a name stands for at a symbol, or at the top of a file, where nothing is written before it.
    pub(super) fn unqualified<'n>(
        &self,
        file: u32,
        scope: Option<u32>,
        name: &'n str,
        walk: &mut Walk<'n>,
    ) -> Option<Found>
    where
        'a: 'n,
    {
        if !self.is_known(name) {
            return None;
        }
        let found = self.around(file, scope, name, walk);
        found.or_else(|| self.in_scope(file, self.place_of(file, scope)?, name, walk))
    }

    /// Whether anything in the repository has this name, or goes by it: most names are of other libraries.
    pub(super) fn is_known(&self, name: &str) -> bool {
        self.known_names.contains(&name_hash(name))
    }

    /// The place in which names at a symbol, or at the top of a file, are looked up.
    pub(super) fn place_of(&self, file: u32, scope: Option<u32>) -> Option<u32> {
        match scope {
            Some(symbol) => self.inside.get(symbol as usize).copied(),
            None => self.home.get(file as usize).copied(),
        }
    }

    /// What a name stands for in the functions and types around a symbol.
    pub(super) fn around<'n>(
        &self,
        file: u32,
        scope: Option<u32>,
        name: &'n str,
        walk: &mut Walk<'n>,
    ) -> Option<Found>
    where
        'a: 'n,
    {
        let family = self.family(file)?;
        let mut around = scope;
        for _ in 0..MOST_NESTED {
            let Some(symbol) = around else { break };
            if self.kind(symbol) == SymbolKind::Module {
                break;
            }
            if let Some(nested) = self.nested.get(&(symbol, name)) {
                return Some(Found::here(Entity::Symbol(*nested)));
            }
            if family.has_implicit_receiver() {
                let of = self.owners.get(&symbol).copied().unwrap_or(symbol);
                if let Some(member) = self.member_of_type(of, name, walk) {
                    return Some(Found::here(Entity::Symbol(member)));
                }
            }
            around = self.container(symbol);
        }
        None
    }

    fn member_of_type<'n>(&self, symbol: u32, name: &'n str, walk: &mut Walk<'n>) -> Option<u32>
    where
        'a: 'n,
    {
        (self.members.contains_key(&symbol) || self.parents.contains_key(&symbol))
            .then(|| self.member(symbol, name, walk))?
    }

    /// What a name stands for in a place of a file: there, around it, and in what the file brings in.
    pub(super) fn in_scope<'n>(
        &self,
        file: u32,
        module: u32,
        name: &'n str,
        walk: &mut Walk<'n>,
    ) -> Option<Found>
    where
        'a: 'n,
    {
        let family = self.family(file)?;
        if family == Family::Include {
            return self.included(file, name, walk);
        }
        let own = *self.file_module.get(file as usize)?;
        let named = || {
            self.module(own)
                .is_some_and(|place| place.bindings.contains_key(name))
        };
        if own != module
            && named()
            && let Some(found) = self.in_module(own, name, View::Inside, walk)
        {
            return Some(found);
        }
        let mut at = Some(module);
        for _ in 0..MOST_NESTED {
            let Some(module) = at else { break };
            if let Some(found) = self.in_module(module, name, View::Inside, walk) {
                return Some(found);
            }
            let climbs = match family {
                Family::Rust | Family::Python | Family::Go | Family::Php => false,
                Family::Script => module != own,
                _ => true,
            };
            at = if climbs {
                self.module(module).and_then(|place| place.parent)
            } else {
                None
            };
        }
        if own == module {
            None
        } else {
            self.in_module(own, name, View::Inside, walk)
        }
    }

    /// What a name stands for in a file and in those that it includes, the nearest first.
    fn included<'n>(&self, file: u32, name: &'n str, walk: &mut Walk<'n>) -> Option<Found>
    where
        'a: 'n,
    {
        let mut level = vec![file];
        let mut seen = vec![file];
        for depth in 0..=MOST_HOPS {
            let mut next = Vec::new();
            for file in level {
                walk.step()?;
                let module = *self.file_module.get(file as usize)?;
                let place = self.module(module)?;
                if let Some(symbol) = place
                    .names
                    .get(name)
                    .and_then(|symbols| self.pick(symbols, walk.want))
                {
                    return Some(Found {
                        entity: Entity::Symbol(symbol),
                        hops: depth,
                        glob: false,
                    });
                }
                for binding in place
                    .globs
                    .iter()
                    .filter_map(|at| self.bindings.get(*at as usize))
                {
                    if let Base::At(Entity::Module(included)) = binding.base
                        && let Some(file) = self.module(included).and_then(|place| place.file)
                        && !seen.contains(&file)
                    {
                        seen.push(file);
                        next.push(file);
                    }
                }
            }
            level = next;
        }
        None
    }
}
