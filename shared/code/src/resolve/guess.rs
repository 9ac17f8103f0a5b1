//! Names that one definition of the repository bears: good for a guess, no more.

use deepwiki_domain::facts::{Reference, ReferenceKind, SymbolKind};

use super::tree::{Family, Map, Repo, id, is_type};

/// Shorter names are borne by chance.
const SHORTEST: usize = 4;

/// The definitions of each name in each family of languages.
#[derive(Debug, Default)]
pub(super) struct Bearers<'a> {
    /// The only bearer; none if there are several.
    of_names: Map<(Family, &'a str), Option<(u32, SymbolKind)>>,
}

impl<'a> Bearers<'a> {
    pub(super) fn of(repo: &Repo<'a>) -> Self {
        let mut of_names = Map::default();
        for (file, facts) in repo.files.iter().enumerate() {
            let Some(family) = repo.family(id(file)) else {
                continue;
            };
            for (index, definition) in facts.definitions.iter().enumerate() {
                let counts = !matches!(
                    definition.kind,
                    SymbolKind::Implementation | SymbolKind::Section | SymbolKind::Entry | SymbolKind::Module
                );
                let Some(symbol) = repo.symbol(id(file), id(index)).filter(|_| counts) else {
                    continue;
                };
                of_names
                    .entry((family, definition.name.as_str()))
                    .and_modify(|only| *only = None)
                    .or_insert(Some((symbol, definition.kind)));
            }
        }
        Self { of_names }
    }

    /// The one definition that a reference can mean by its name.
    pub(super) fn only(&self, family: Family, reference: &Reference) -> Option<u32> {
        if reference.name.len() < SHORTEST {
            return None;
        }
        let (symbol, kind) = (*self.of_names.get(&(family, reference.name.as_str()))?)?;
        let fits = match reference.kind {
            ReferenceKind::Type | ReferenceKind::Inherit => is_type(kind),
            ReferenceKind::Call => !matches!(
                kind,
                SymbolKind::Field | SymbolKind::Constant | SymbolKind::Interface
            ),
            ReferenceKind::Value => true,
        };
        let is_member = matches!(kind, SymbolKind::Method | SymbolKind::Field);
        (fits && is_member != reference.qualifier.is_empty()).then_some(symbol)
    }
}
