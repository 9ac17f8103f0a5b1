//! Members of types and of values, and the types of values as far as their declarations tell.

use deepwiki_domain::facts::{Definition, ReferenceKind, SymbolKind, name_hash};

use super::{
    lookup::{Found, View, Walk},
    signature,
    tree::{Entity, Family, MOST_NESTED, Repo, is_type},
};

/// How many types are followed through signatures and supertypes.
const MOST_TYPES: u8 = 8;

impl<'a> Repo<'a> {
    /// A member of a type, or of the type of a value.
    pub(super) fn member<'n>(&self, symbol: u32, name: &'n str, walk: &mut Walk<'n>) -> Option<u32>
    where
        'a: 'n,
    {
        walk.step()?;
        if !self.member_names.contains(&name_hash(name)) {
            return None;
        }
        for twin in self.twins(symbol) {
            if let Some(found) = self.members.get(&twin).and_then(|members| members.get(name)) {
                return self.pick(found, walk.want);
            }
        }
        if walk.types >= MOST_TYPES {
            return None;
        }
        walk.types += 1;
        let found = self.inherited(symbol, name, walk).or_else(|| {
            let of = self.type_of(symbol, walk).filter(|of| *of != symbol)?;
            self.member(of, name, walk)
        });
        walk.types -= 1;
        found
    }

    fn inherited<'n>(&self, symbol: u32, name: &'n str, walk: &mut Walk<'n>) -> Option<u32>
    where
        'a: 'n,
    {
        self.twins(symbol)
            .flat_map(|twin| self.parents.get(&twin).into_iter().flatten())
            .find_map(|parent| self.member(*parent, name, walk))
    }

    /// A symbol and those that define the same thing with it: partial classes, merged declarations.
    fn twins(&self, symbol: u32) -> impl Iterator<Item = u32> {
        let home = || {
            let definition = self.definition(symbol)?;
            let outside = match self.container(symbol) {
                Some(container) => *self.inside.get(container as usize)?,
                None => *self.home.get(self.file_of(symbol) as usize)?,
            };
            let names = self.module(outside)?.names.get(definition.name.as_str())?;
            names.contains(&symbol).then_some(names.as_slice())
        };
        let others = home().unwrap_or_default();
        std::iter::once(symbol).chain(
            others
                .iter()
                .copied()
                .filter(move |other| *other != symbol)
                .take(16),
        )
    }

    /// The type of a value, or what a function returns, from how it is declared.
    pub(super) fn type_of<'n>(&self, symbol: u32, walk: &mut Walk<'n>) -> Option<u32>
    where
        'a: 'n,
    {
        let definition = self.definition(symbol)?;
        if is_type(definition.kind) && definition.kind != SymbolKind::Type {
            return None;
        }
        let family = self.family(self.file_of(symbol))?;
        let written = signature::declared_type(family, definition)?;
        self.type_named(written, symbol, walk)
    }

    /// The type that is written in this way at a symbol.
    pub(super) fn type_named<'n>(&self, written: &'a str, at: u32, walk: &mut Walk<'n>) -> Option<u32>
    where
        'a: 'n,
    {
        walk.step()?;
        let want = std::mem::replace(&mut walk.want, ReferenceKind::Type);
        let found = self.path_at(written, at, walk);
        walk.want = want;
        match found?.entity {
            Entity::Symbol(symbol) => Some(symbol),
            Entity::Module(_) | Entity::External => None,
        }
    }

    fn path_at<'n>(&self, written: &'a str, at: u32, walk: &mut Walk<'n>) -> Option<Found>
    where
        'a: 'n,
    {
        let mut parts = signature::parts(written);
        let first = parts.next()?;
        let file = self.file_of(at);
        if matches!(first, "Self" | "self" | "this" | "static") {
            return self
                .type_around(at)
                .map(|symbol| Found::here(Entity::Symbol(symbol)));
        }
        let mut found = self.unqualified(file, Some(at), first, walk);
        for part in parts {
            found = match found {
                Some(found) => Some(self.enter(found, part, View::Outside, walk)?),
                // Namespaces of C++ are not places: what they hold is known by its own name.
                None if self.family(file) == Some(Family::Include) => {
                    self.unqualified(file, Some(at), part, walk)
                }
                None => return None,
            };
        }
        found
    }

    /// The type that a symbol is, or is inside of.
    pub(super) fn type_around(&self, symbol: u32) -> Option<u32> {
        let mut around = Some(symbol);
        for _ in 0..MOST_NESTED {
            let symbol = around?;
            if let Some(owner) = self.owners.get(&symbol) {
                return Some(*owner);
            }
            if is_type(self.kind(symbol)) {
                return Some(symbol);
            }
            around = self.container(symbol);
        }
        None
    }

    /// The one of several definitions of a name that a use of this kind means.
    pub(super) fn pick(&self, symbols: &[u32], want: ReferenceKind) -> Option<u32> {
        if let [only] = symbols {
            return Some(*only);
        }
        let suits = |definition: &Definition| match want {
            ReferenceKind::Type | ReferenceKind::Inherit => is_type(definition.kind),
            ReferenceKind::Call | ReferenceKind::Value => !matches!(
                definition.kind,
                SymbolKind::Type | SymbolKind::Interface | SymbolKind::Trait
            ),
        };
        symbols
            .iter()
            .copied()
            .find(|symbol| self.definition(*symbol).is_some_and(suits))
            .or_else(|| symbols.first().copied())
    }
}
