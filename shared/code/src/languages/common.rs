//! What several languages have in common.

use deepwiki_domain::facts::{ImportedName, SignalKind, SymbolKind, Visibility};
use tree_sitter::Node;

use crate::reader::{
    Reader, literal, literals, named_literal,
    spec::{Shape, Site},
};

/// Whether a name is written as constants are: `MAX_SIZE`.
pub(super) fn is_constant_name(name: &str) -> bool {
    name.chars().any(char::is_uppercase) && !name.chars().any(char::is_lowercase)
}

/// A command line option whose names are among the arguments: `("-o", "--out", help="…")`.
pub(super) fn flag(reader: &mut Reader<'_>, site: &Site<'_>) {
    let strings = literals(site.after);
    let long = strings.iter().find(|string| string.starts_with("--"));
    let help = named_literal(site.after, "help").or_else(|| named_literal(site.after, "describe"));
    if let Some(name) = long
        .or_else(|| strings.first())
        .filter(|name| !name.contains('\n'))
    {
        let name = name.split([' ', ',', '=']).next().unwrap_or(name);
        reader.signal(SignalKind::Flag, name, help.as_deref(), site.span());
    }
}

impl Reader<'_> {
    /// Whether the innermost scope defines a variable of this name already.
    pub(crate) fn is_defined_here(&self, name: &str) -> bool {
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

/// The first named child of one of these kinds.
pub(super) fn child_of<'a>(node: Node<'a>, kinds: &[&str]) -> Option<Node<'a>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor)
        .find(|child| kinds.contains(&child.kind()))
}

/// What the modifiers before a name say, or else the language's default.
pub(super) fn by_modifiers(shape: &Shape<'_>, default: Visibility) -> Visibility {
    if shape.has("private") || shape.has("fileprivate") {
        Visibility::Private
    } else if shape.has("protected") || shape.has("internal") {
        Visibility::Internal
    } else if shape.has("public") || shape.has("open") {
        Visibility::Public
    } else {
        default
    }
}

/// An environment variable whose name is the first argument.
pub(super) fn environment(reader: &mut Reader<'_>, site: &Site<'_>) {
    if let Some(name) = literal(site.after) {
        let span = site.span();
        reader.signal(SignalKind::EnvironmentVariable, name, None, span);
    }
}

/// Notes that a program starts at a definition.
pub(super) fn starts_here(reader: &mut Reader<'_>, shape: &Shape<'_>) {
    let span = shape.start..shape.start + shape.text.len();
    reader.signal(SignalKind::EntryPoint, shape.name, None, span);
}

/// A dotted path in parts.
pub(super) fn split_path(path: &str, separator: &str) -> Vec<String> {
    path.split(separator)
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Imports one name of a dotted path: `a.b.C` is `C` of `a.b`, `a.b.*` all of it.
pub(super) fn import_dotted(reader: &mut Reader<'_>, node: Node<'_>, path: &str, alias: Option<&str>) {
    let mut parts = split_path(path, ".");
    let Some(name) = parts.pop() else {
        return;
    };
    let name = match name.as_str() {
        "*" | "_" => ImportedName::Glob,
        _ => ImportedName::Name(name),
    };
    reader.import(node, parts, name, alias);
}

/// The value of a variable, where it takes several lines: then the signature ends before it.
pub(super) fn long(value: Option<Node<'_>>) -> Option<Node<'_>> {
    value.filter(|value| value.end_position().row > value.start_position().row)
}
