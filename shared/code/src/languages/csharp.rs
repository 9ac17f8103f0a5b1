//! C#.

use deepwiki_domain::facts::{ImportedName, ReferenceKind, SignalKind, SymbolKind, Visibility};
use tree_sitter::Node;

use super::common::{by_modifiers, child_of, environment, import_dotted, long, split_path, starts_here};
use crate::reader::{
    Reader, literal,
    spec::{Below, Head, Rule, Site, Spec, Style},
};

pub(super) static CSHARP: Spec = Spec {
    grammar: || tree_sitter_c_sharp::LANGUAGE.into(),
    rules: &[
        ("class_declaration", Rule::Define(SymbolKind::Class)),
        ("struct_declaration", Rule::Define(SymbolKind::Struct)),
        ("record_declaration", Rule::Define(SymbolKind::Struct)),
        ("interface_declaration", Rule::Define(SymbolKind::Interface)),
        ("enum_declaration", Rule::Define(SymbolKind::Enum)),
        ("enum_member_declaration", Rule::Define(SymbolKind::Variant)),
        ("delegate_declaration", Rule::Define(SymbolKind::Type)),
        ("method_declaration", Rule::DefineBy(method_head)),
        ("constructor_declaration", Rule::Define(SymbolKind::Method)),
        ("local_function_statement", Rule::DefineBy(local_head)),
        ("property_declaration", Rule::DefineBy(property_head)),
        ("event_field_declaration", Rule::Wrapper(true)),
        ("field_declaration", Rule::Wrapper(true)),
        ("variable_declarator", Rule::DefineBy(variable_head)),
        ("namespace_declaration", Rule::Hook(namespace)),
        ("file_scoped_namespace_declaration", Rule::Hook(namespace)),
        ("using_directive", Rule::Hook(using)),
        ("base_list", Rule::Context(ReferenceKind::Inherit)),
        ("type_argument_list", Rule::Context(ReferenceKind::Type)),
        ("argument_list", Rule::Context(ReferenceKind::Value)),
        ("attribute_list", Rule::Attribute),
        ("comment", Rule::Opaque),
        ("string_literal", Rule::Opaque),
        ("verbatim_string_literal", Rule::Opaque),
        ("raw_string_literal", Rule::Opaque),
        ("identifier", Rule::Name(ReferenceKind::Value)),
        ("argument", Rule::Label("name")),
        ("attribute_argument", Rule::Label("name")),
        ("parameter", Rule::Parts(&["type"], &["name"])),
        ("variable_declaration", Rule::Parts(&["type"], &[])),
        ("object_creation_expression", Rule::Parts(&["type"], &[])),
        ("cast_expression", Rule::Parts(&["type"], &[])),
        ("foreach_statement", Rule::Parts(&["type"], &["left"])),
        ("catch_declaration", Rule::Parts(&["type"], &["name"])),
        ("declaration_pattern", Rule::Parts(&["type"], &["name"])),
        ("declaration_expression", Rule::Parts(&["type"], &["name"])),
        ("typeof_expression", Rule::Parts(&["type"], &[])),
        ("type_parameter", Rule::Bind(&["name"])),
        ("implicit_parameter", Rule::Hook(implicit)),
        ("labeled_statement", Rule::Opaque),
    ],
    branches: &[
        "if_statement",
        "for_statement",
        "foreach_statement",
        "while_statement",
        "do_statement",
        "switch_section",
        "switch_expression_arm",
        "catch_clause",
        "conditional_expression",
        "&&",
        "||",
        "??",
    ],
    style: Style {
        line_comments: &["//"],
        block_comments: &[("/*", "*/")],
        separators: &["?.", "::", "."],
        generic_calls: true,
        bang_calls: false,
        keywords: &["var", "_", "value", "nameof", "get", "set"],
    },
    visibility: |_, shape| {
        let default = match (shape.container, shape.kind) {
            (Some(SymbolKind::Interface), _) | (_, SymbolKind::Variant) => Visibility::Public,
            (None, _) => Visibility::Internal,
            _ => Visibility::Private,
        };
        by_modifiers(shape, default)
    },
    is_test: |_, shape| {
        shape.kind == SymbolKind::Method
            && ["[Fact", "[Test", "[Theory", "[TestMethod"]
                .iter()
                .any(|mark| shape.lead.contains(mark))
    },
    signals,
    defined: |reader, shape, _| {
        if shape.name == "Main" && shape.has("static") {
            starts_here(reader, shape);
        }
    },
};

fn method_head(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    reader.begin_types(node.child_by_field_name("returns"));
    Head::of(SymbolKind::Method, node)
}

fn local_head(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    reader.begin_types(node.child_by_field_name("type"));
    Head::of(SymbolKind::Function, node)
}

fn property_head(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    reader.begin_types(node.child_by_field_name("type"));
    let name = node.child_by_field_name("name")?;
    let body = node
        .child_by_field_name("accessors")
        .or_else(|| node.child_by_field_name("value"));
    Some(Head::new(SymbolKind::Field, name).body(body))
}

/// A declarator of a field defines it; that of a local variable binds it.
fn variable_head(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let name = node
        .child_by_field_name("name")
        .or_else(|| child_of(node, &["identifier"]))?;
    if !matches!(reader.around(1), "field_declaration" | "event_field_declaration") {
        reader.begin_bound(name);
        return None;
    }
    Some(Head::new(SymbolKind::Field, name).body(long(node.named_child(1))))
}

fn namespace(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    if let Some(name) = node.child_by_field_name("name") {
        if reader.facts.package.is_none() {
            reader.facts.package = Some(reader.text_of(name).to_owned());
        }
        // Its parts are no references, and neither is what the last one is qualified by.
        reader.begin_label_range(name);
    }
    Below::Read
}

fn using(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    let text = reader.text_of(node).trim_end_matches(';').trim();
    let path = text.strip_prefix("global ").unwrap_or(text).trim();
    let path = path.strip_prefix("using").unwrap_or(path).trim();
    if let Some((alias, path)) = path.split_once('=') {
        import_dotted(reader, node, path.trim(), Some(alias.trim()));
    } else {
        let path = path.strip_prefix("static ").unwrap_or(path);
        reader.import(node, split_path(path, "."), ImportedName::Glob, None);
    }
    Below::Skip
}

/// The parameter of `x => …`.
fn implicit(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    let name = reader.text_of(node);
    reader.bind(name);
    Below::Skip
}

fn signals(reader: &mut Reader<'_>, site: &Site<'_>) {
    match site.name {
        "GetEnvironmentVariable" => environment(reader, site),
        "HttpGet" | "HttpPost" | "HttpPut" | "HttpDelete" | "HttpPatch" | "Route" if site.in_attribute => {
            let method = site.name.strip_prefix("Http").map(str::to_uppercase);
            let path = literal(site.after)
                .filter(|_| site.after.starts_with('('))
                .unwrap_or("/");
            reader.signal(SignalKind::Route, path, method.as_deref(), site.span());
        }
        "MapGet" | "MapPost" | "MapPut" | "MapDelete" | "MapPatch" => {
            if let Some(path) = literal(site.after) {
                let method = site.name.trim_start_matches("Map").to_uppercase();
                reader.signal(SignalKind::Route, path, Some(&method), site.span());
            }
        }
        _ => {}
    }
}
