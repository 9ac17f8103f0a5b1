//! PHP.

use deepwiki_domain::facts::{ImportedName, ReferenceKind, SignalKind, SymbolKind, Visibility};
use tree_sitter::Node;

use super::common::{by_modifiers, child_of, environment, split_path};
use crate::reader::{
    Reader, literal, literals,
    spec::{Below, Head, Rule, Site, Spec, Style, not_told},
};

pub(super) static PHP: Spec = Spec {
    grammar: || tree_sitter_php::LANGUAGE_PHP.into(),
    rules: &[
        ("class_declaration", Rule::Define(SymbolKind::Class)),
        ("interface_declaration", Rule::Define(SymbolKind::Interface)),
        ("trait_declaration", Rule::Define(SymbolKind::Trait)),
        ("enum_declaration", Rule::Define(SymbolKind::Enum)),
        ("enum_case", Rule::Define(SymbolKind::Variant)),
        ("method_declaration", Rule::Define(SymbolKind::Method)),
        ("function_definition", Rule::Define(SymbolKind::Function)),
        ("const_declaration", Rule::Wrapper(true)),
        ("const_element", Rule::DefineBy(constant_head)),
        ("property_declaration", Rule::Wrapper(true)),
        ("property_element", Rule::DefineBy(property_head)),
        ("property_promotion_parameter", Rule::DefineBy(property_head)),
        ("base_clause", Rule::Context(ReferenceKind::Inherit)),
        ("class_interface_clause", Rule::Context(ReferenceKind::Inherit)),
        ("use_declaration", Rule::Context(ReferenceKind::Inherit)),
        ("use_list", Rule::Opaque),
        ("named_type", Rule::Typed),
        ("namespace_definition", Rule::Hook(namespace)),
        ("namespace_use_declaration", Rule::Hook(import)),
        ("require_expression", Rule::Hook(include)),
        ("require_once_expression", Rule::Hook(include)),
        ("include_expression", Rule::Hook(include)),
        ("include_once_expression", Rule::Hook(include)),
        ("attribute_list", Rule::Attribute),
        ("comment", Rule::Opaque),
        ("string", Rule::Opaque),
        ("text", Rule::Opaque),
        ("variable_name", Rule::Hook(variable)),
        ("argument", Rule::Label("name")),
        ("name", Rule::Name(ReferenceKind::Value)),
        ("goto_statement", Rule::Opaque),
        ("visibility_modifier", Rule::Opaque),
    ],
    branches: &[
        "if_statement",
        "else_if_clause",
        "for_statement",
        "foreach_statement",
        "while_statement",
        "do_statement",
        "case_statement",
        "match_conditional_expression",
        "catch_clause",
        "conditional_expression",
        "&&",
        "||",
        "??",
    ],
    style: Style {
        line_comments: &["//", "#"],
        block_comments: &[("/*", "*/")],
        separators: &["?->", "->", "::", "\\"],
        generic_calls: false,
        bang_calls: false,
        keywords: &[
            "__DIR__", "class", "self", "static", "parent", "true", "false", "null", "TRUE", "FALSE", "NULL",
        ],
    },
    visibility: |_, shape| by_modifiers(shape, Visibility::Public),
    is_test: |reader, shape| {
        let named = shape.kind == SymbolKind::Method && shape.name.starts_with("test");
        named && reader.path.as_str().ends_with("Test.php") || shape.lead.contains("#[Test")
    },
    signals,
    defined: not_told,
};

fn constant_head(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    Some(Head::new(SymbolKind::Constant, child_of(node, &["name"])?))
}

fn property_head(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let name = node.child_by_field_name("name")?;
    let called = reader.text_of(name).trim_start_matches(['$', '&']).to_owned();
    Some(Head::new(SymbolKind::Field, name).called(called))
}

fn namespace(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    if let Some(name) = node.child_by_field_name("name") {
        reader.facts.package = Some(reader.text_of(name).to_owned());
        reader.begin_label_range(name);
    }
    Below::Read
}

/// `use A\B\{C, D as E};`
fn import(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    let text = reader.text_of(node).trim_end_matches(';').trim();
    let text = text.strip_prefix("use").unwrap_or(text).trim();
    let text = ["function ", "const "]
        .iter()
        .find_map(|word| text.strip_prefix(word))
        .unwrap_or(text);
    let (prefix, names) = match text.split_once('{') {
        Some((prefix, group)) => (prefix, group.trim_end_matches('}')),
        None => ("", text),
    };
    for name in names.split(',') {
        let (path, alias) = match name.split_once(" as ") {
            Some((path, alias)) => (path, Some(alias.trim())),
            None => (name, None),
        };
        let mut parts = split_path(prefix, "\\");
        parts.extend(split_path(path, "\\"));
        if let Some(name) = parts.pop() {
            reader.import(node, parts, ImportedName::Name(name), alias);
        }
    }
    Below::Skip
}

/// `require __DIR__ . '/x.php'` names a file beside this one.
fn include(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    let text = reader.text_of(node);
    if let Some(path) = literals(text).first() {
        let path = path.trim_start_matches('/');
        let path = if path.starts_with('.') {
            path.to_owned()
        } else {
            format!("./{path}")
        };
        reader.import(node, vec![path], ImportedName::Whole, None);
    }
    Below::Read
}

/// Variables are local; those of the environment are read by name.
fn variable(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    if reader.text_of(node) == "$_ENV"
        && let Some(name) = literal(reader.text.get(node.end_byte()..).unwrap_or(""))
    {
        reader.signal(SignalKind::EnvironmentVariable, name, None, node.byte_range());
    }
    Below::Skip
}

fn signals(reader: &mut Reader<'_>, site: &Site<'_>) {
    match (site.name, site.receiver) {
        ("getenv" | "env", None) if site.kind == ReferenceKind::Call => environment(reader, site),
        ("get" | "post" | "put" | "patch" | "delete" | "any", Some("Route" | "router" | "app")) => {
            if let Some(path) = literal(site.after) {
                reader.signal(
                    SignalKind::Route,
                    path,
                    Some(&site.name.to_uppercase()),
                    site.span(),
                );
            }
        }
        ("Route", _) if site.in_attribute => {
            if let Some(path) = literal(site.after) {
                reader.signal(SignalKind::Route, path, None, site.span());
            }
        }
        _ => {}
    }
}
