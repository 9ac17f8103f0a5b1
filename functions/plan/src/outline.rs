//! The definitions that other files may use, so that two commits can be compared.

use std::borrow::Cow;

use deepwiki_domain::{
    facts::{Definition, FileFacts, SymbolKind, Visibility},
    manifest::Role,
    outline::{Outline, OutlineFile, OutlineSymbol},
};

/// The outline of these files, which stand in path order.
pub(crate) fn of(files: &[FileFacts]) -> Outline<'_> {
    let told = files
        .iter()
        .filter(|file| matches!(file.role, Role::Source | Role::Example));
    let of_file = |file| {
        let symbols = symbols(file);
        (!symbols.is_empty()).then(|| OutlineFile {
            path: file.path.clone(),
            symbols,
        })
    };
    Outline {
        files: told.filter_map(of_file).collect(),
    }
}

fn symbols(file: &FileFacts) -> Vec<OutlineSymbol<'_>> {
    let tell = |definition| {
        let name = qualified_name(file, definition)?;
        is_told(definition).then_some(OutlineSymbol {
            name,
            kind: definition.kind,
            signature: Cow::Borrowed(definition.signature.as_str()),
            start: definition.lines.start,
            end: definition.lines.end,
        })
    };
    file.definitions.iter().filter_map(tell).collect()
}

fn is_told(definition: &Definition) -> bool {
    let is_of_interest = matches!(
        definition.kind,
        SymbolKind::Class
            | SymbolKind::Struct
            | SymbolKind::Enum
            | SymbolKind::Trait
            | SymbolKind::Interface
            | SymbolKind::Type
            | SymbolKind::Function
            | SymbolKind::Method
            | SymbolKind::Constant
            | SymbolKind::Macro
    );
    is_of_interest && definition.visibility != Visibility::Private && !definition.is_test
}

/// The name with its containers; none of what is local to a function.
fn qualified_name<'a>(file: &'a FileFacts, definition: &'a Definition) -> Option<Cow<'a, str>> {
    let mut parts = vec![definition.name.as_str()];
    let mut inner = definition;
    while let Some(container) = inner.container.and_then(|at| file.definitions.get(at as usize)) {
        match container.kind {
            SymbolKind::Function | SymbolKind::Method => return None,
            SymbolKind::Implementation => parts.extend(container.owner.as_deref()),
            _ => parts.push(&container.name),
        }
        inner = container;
    }
    parts.extend(
        definition
            .owner
            .as_deref()
            .filter(|_| definition.container.is_none()),
    );
    if parts.len() == 1 {
        return Some(Cow::Borrowed(&definition.name));
    }
    parts.reverse();
    Some(Cow::Owned(parts.join(".")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{definition, file};

    #[test]
    fn what_others_may_use_is_told_with_its_containers() {
        let mut source = file("src/a.rs", 20);
        let within = |name, kind, container, owner: Option<&str>| Definition {
            kind,
            container,
            owner: owner.map(str::to_owned),
            ..definition(name, 1, 20)
        };
        source.definitions = vec![
            within("Store", SymbolKind::Struct, None, None),
            within("impl Store", SymbolKind::Implementation, None, Some("Store")),
            within("open", SymbolKind::Method, Some(1), Some("Store")),
            within("helper", SymbolKind::Function, Some(2), None),
            within("Get", SymbolKind::Method, None, Some("Client")),
            Definition {
                visibility: Visibility::Private,
                ..definition("hidden", 2, 3)
            },
            Definition {
                is_test: true,
                ..definition("checks", 2, 3)
            },
        ];
        let mut test = file("tests/a.rs", 3);
        test.role = Role::Test;
        let files = [source, test];
        let outline = of(&files);
        let names: Vec<&str> = outline
            .files
            .iter()
            .flat_map(|file| file.symbols.iter().map(|symbol| symbol.name.as_ref()))
            .collect();
        assert_eq!(names, ["Store", "Store.open", "Client.Get"]);
    }
}
