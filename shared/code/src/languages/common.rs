//! What several languages have in common.

use deepwiki_domain::facts::{SignalKind, SymbolKind};

use crate::reader::{Reader, literals, named_literal, spec::Site};

/// Whether a name is written as constants are: `MAX_SIZE`.
pub(super) fn is_constant_name(name: &str) -> bool {
    name.chars().any(char::is_uppercase) && !name.chars().any(char::is_lowercase)
}

/// A command line option whose names are among the arguments: `("-o", "--out", help="…")`.
pub(super) fn flag(reader: &mut Reader<'_>, site: &Site<'_>) {
    let strings = literals(site.after);
    let long = strings.iter().find(|string| string.starts_with("--"));
    let help = named_literal(site.after, "help").or_else(|| named_literal(site.after, "describe"));
    if let Some(name) = long.or_else(|| strings.first()).filter(|name| !name.contains('\n')) {
        let name = name.split([' ', ',', '=']).next().unwrap_or(name);
        reader.signal(SignalKind::Flag, name, help, site.start..site.start + site.name.len());
    }
}

impl Reader<'_> {
    /// Whether the innermost scope defines a variable of this name already.
    pub(super) fn is_defined_here(&self, name: &str) -> bool {
        let scope = self.scope();
        let is_same = |definition: &deepwiki_domain::facts::Definition| {
            definition.container == scope
                && definition.name == name
                && matches!(
                    definition.kind,
                    SymbolKind::Variable | SymbolKind::Constant | SymbolKind::Field | SymbolKind::Variant
                )
        };
        // A table of thousands of entries is not searched to its end for each of them.
        self.facts.definitions.iter().rev().take(300).any(is_same)
    }

    /// Whether a supertype of the definition around the current node ends in one of these words.
    pub(super) fn supertypes_end_with(&self, words: &[&str]) -> bool {
        self.scope()
            .and_then(|scope| self.facts.definitions.get(scope as usize))
            .is_some_and(|definition| {
                let ends = |name: &String| words.iter().any(|word| name.ends_with(word));
                definition.supertypes.iter().any(ends)
            })
    }
}
