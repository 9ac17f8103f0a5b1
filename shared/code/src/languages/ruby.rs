//! Ruby.

use deepwiki_domain::facts::{ImportedName, ReferenceKind, SignalKind, SymbolKind, Visibility};
use tree_sitter::Node;

use super::common::{child_of, environment, long};
use crate::reader::{
    Reader, literal,
    spec::{Below, Head, Rule, Site, Spec, Style, not_told},
};

pub(super) static RUBY: Spec = Spec {
    grammar: || tree_sitter_ruby::LANGUAGE.into(),
    rules: &[
        ("class", Rule::DefineBy(class_head)),
        ("module", Rule::DefineBy(module_head)),
        ("method", Rule::DefineBy(method_head)),
        ("singleton_method", Rule::DefineBy(method_head)),
        ("assignment", Rule::DefineBy(assignment_head)),
        ("call", Rule::DefineBy(call_head)),
        ("superclass", Rule::Context(ReferenceKind::Inherit)),
        ("identifier", Rule::Hook(identifier)),
        ("constant", Rule::Name(ReferenceKind::Type)),
        ("comment", Rule::Opaque),
        ("simple_symbol", Rule::Opaque),
        ("string_content", Rule::Opaque),
        ("heredoc_content", Rule::Opaque),
        ("method_parameters", Rule::Bind(&[])),
        ("lambda_parameters", Rule::Bind(&[])),
        ("block_parameters", Rule::Bind(&[])),
        ("destructured_parameter", Rule::Bind(&[])),
        ("optional_parameter", Rule::Bind(&["name"])),
        ("keyword_parameter", Rule::Bind(&["name"])),
        ("splat_parameter", Rule::Bind(&["name"])),
        ("hash_splat_parameter", Rule::Bind(&["name"])),
        ("block_parameter", Rule::Bind(&["name"])),
        ("exception_variable", Rule::Bind(&[])),
        ("left_assignment_list", Rule::Bind(&[])),
    ],
    branches: &[
        "if",
        "elsif",
        "unless",
        "while",
        "until",
        "for",
        "when",
        "in_clause",
        "rescue",
        "conditional",
        "if_modifier",
        "unless_modifier",
        "while_modifier",
        "&&",
        "||",
        "and",
        "or",
    ],
    style: Style {
        line_comments: &["#"],
        block_comments: &[],
        separators: &["&.", "::", "."],
        generic_calls: false,
        bang_calls: false,
        keywords: &[
            "puts",
            "require",
            "require_relative",
            "autoload",
            "raise",
            "attr_reader",
            "attr_accessor",
            "attr_writer",
            "private",
            "protected",
            "public",
            "include",
            "extend",
        ],
    },
    visibility: |reader, shape| {
        let is_member = matches!(shape.kind, SymbolKind::Method | SymbolKind::Field);
        match reader.section() {
            Some(section) if is_member && !shape.has("self") => section,
            _ => Visibility::Public,
        }
    },
    is_test: |_, shape| {
        let callee = shape.text.split([' ', '(']).next().unwrap_or("");
        shape.name.starts_with("test_") && shape.kind == SymbolKind::Method
            || matches!(
                callee,
                "it" | "describe" | "context" | "test" | "specify" | "RSpec.describe"
            )
    },
    signals,
    defined: not_told,
};

fn class_head(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let name = node.child_by_field_name("name")?;
    let superclass = node.child_by_field_name("superclass");
    let end = superclass.unwrap_or(name).end_byte();
    Some(Head::new(SymbolKind::Class, last_constant(name)).signature_ends(end))
}

fn module_head(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let name = node.child_by_field_name("name")?;
    Some(Head::new(SymbolKind::Module, last_constant(name)).signature_ends(name.end_byte()))
}

/// `B` of `A::B`.
fn last_constant(name: Node<'_>) -> Node<'_> {
    name.child_by_field_name("name").unwrap_or(name)
}

fn method_head(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let in_type = matches!(reader.scope_kind(), Some(SymbolKind::Class | SymbolKind::Module));
    let kind = if in_type {
        SymbolKind::Method
    } else {
        SymbolKind::Function
    };
    Head::of(kind, node)
}

/// Constants are defined; other names are bound.
fn assignment_head(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let left = node.child_by_field_name("left")?;
    if left.kind() == "constant" && !reader.in_function() {
        return Some(Head::new(SymbolKind::Constant, left).body(long(node.child_by_field_name("right"))));
    }
    if left.kind() == "identifier" {
        let name = reader.text_of(left);
        reader.bind(name);
    }
    None
}

/// Calls that define: `attr_accessor :x`, `describe "x" do`; calls that extend: `include X`.
fn call_head(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let method = node.child_by_field_name("method")?;
    let arguments = node.child_by_field_name("arguments");
    match reader.text_of(method) {
        "include" | "extend" | "prepend" if reader.scope().is_some() => reader.begin_inherits(arguments?),
        "attr_accessor" | "attr_reader" | "attr_writer" => attributes(reader, arguments?),
        "describe" | "context" | "it" | "test" | "specify" => {
            let block = node.child_by_field_name("block")?;
            let title = child_of(arguments?, &["string", "constant", "scope_resolution"])?;
            let is_group = matches!(reader.text_of(method), "describe" | "context");
            let kind = if is_group {
                SymbolKind::Module
            } else {
                SymbolKind::Function
            };
            let called = reader.text_of(title).trim_matches(['"', '\'']).to_owned();
            return Some(Head::new(kind, title).called(called).body(Some(block)));
        }
        _ => reader.begin_call(method),
    }
    None
}

fn attributes(reader: &mut Reader<'_>, arguments: Node<'_>) {
    let mut cursor = arguments.walk();
    let symbols: Vec<Node<'_>> = arguments.named_children(&mut cursor).collect();
    for symbol in symbols
        .into_iter()
        .filter(|symbol| symbol.kind() == "simple_symbol")
    {
        let called = reader.text_of(symbol).trim_start_matches(':').to_owned();
        reader.define_leaf(symbol, Head::new(SymbolKind::Field, symbol).called(called));
    }
}

/// `private` on a line of its own holds for what follows.
fn identifier(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    let section = match reader.text_of(node) {
        "private" => Some(Visibility::Private),
        "protected" => Some(Visibility::Internal),
        "public" => Some(Visibility::Public),
        _ => None,
    };
    match section {
        Some(section) if reader.around(0) == "body_statement" => reader.begin_section(section),
        _ => reader.name(node, ReferenceKind::Value),
    }
    Below::Skip
}

fn signals(reader: &mut Reader<'_>, site: &Site<'_>) {
    match (site.name, site.receiver) {
        ("require", None) => {
            if let Some(path) = literal(site.after) {
                reader.require(vec![path.to_owned()], site.start);
            }
        }
        ("require_relative", None) => {
            if let Some(path) = literal(site.after) {
                let path = if path.starts_with('.') {
                    path.to_owned()
                } else {
                    format!("./{path}")
                };
                reader.require(vec![path], site.start);
            }
        }
        ("autoload", None) => {
            let strings = crate::reader::literals(site.after);
            if let Some(path) = strings.first() {
                let name = site
                    .after
                    .trim_start_matches([' ', '(', ':'])
                    .split(',')
                    .next()
                    .unwrap_or("");
                reader.import_at(
                    site.start,
                    vec![(*path).to_owned()],
                    ImportedName::Name(name.to_owned()),
                );
            }
        }
        ("ENV", _) | ("fetch", Some("ENV")) => environment(reader, site),
        ("get" | "post" | "put" | "patch" | "delete", None) => {
            let serves = reader.path.as_str().ends_with("routes.rb")
                || reader.text.contains("sinatra")
                || reader.text.contains("Sinatra");
            if let Some(path) = literal(site.after).filter(|_| serves) {
                reader.signal(
                    SignalKind::Route,
                    path,
                    Some(&site.name.to_uppercase()),
                    site.span(),
                );
            }
        }
        ("on", Some(receiver)) if receiver.starts_with("opt") => super::common::flag(reader, site),
        _ => {}
    }
}
