//! Go.

use deepwiki_domain::facts::{ImportedName, ReferenceKind, SignalKind, SymbolKind, Visibility};
use tree_sitter::Node;

use super::common::{child_of, environment, long, starts_here};
use crate::reader::{
    Reader, literal, literals,
    spec::{Below, Head, Rule, Site, Spec, Style},
};

pub(super) static GO: Spec = Spec {
    grammar: || tree_sitter_go::LANGUAGE.into(),
    rules: &[
        ("function_declaration", Rule::Define(SymbolKind::Function)),
        ("method_declaration", Rule::DefineBy(method_head)),
        ("type_spec", Rule::DefineBy(type_head)),
        ("type_alias", Rule::Define(SymbolKind::Type)),
        ("const_spec", Rule::DefineBy(constant_head)),
        ("var_spec", Rule::DefineBy(variable_head)),
        ("field_declaration", Rule::DefineBy(field_head)),
        ("method_elem", Rule::Define(SymbolKind::Method)),
        ("type_elem", Rule::Hook(embedded)),
        ("type_declaration", Rule::Hook(declaration)),
        ("const_declaration", Rule::Hook(declaration)),
        ("var_declaration", Rule::Hook(declaration)),
        ("import_spec", Rule::Hook(import)),
        ("package_clause", Rule::Hook(package)),
        ("keyed_element", Rule::Hook(keyed)),
        ("comment", Rule::Opaque),
        ("interpreted_string_literal", Rule::Opaque),
        ("raw_string_literal", Rule::Opaque),
        ("package_identifier", Rule::Opaque),
        ("label_name", Rule::Opaque),
        ("identifier", Rule::Name(ReferenceKind::Value)),
        ("type_identifier", Rule::Name(ReferenceKind::Type)),
        ("field_identifier", Rule::Member),
        ("parameter_declaration", Rule::Bind(&[])),
        ("variadic_parameter_declaration", Rule::Bind(&[])),
        ("type_parameter_declaration", Rule::Bind(&[])),
        ("short_var_declaration", Rule::Bind(&["left"])),
        ("range_clause", Rule::Bind(&["left"])),
    ],
    branches: &[
        "if_statement",
        "for_statement",
        "expression_case",
        "type_case",
        "communication_case",
        "&&",
        "||",
    ],
    style: Style {
        line_comments: &["//"],
        block_comments: &[("/*", "*/")],
        separators: &["."],
        generic_calls: false,
        bang_calls: false,
        keywords: &[
            "_", "nil", "err", "append", "len", "make", "string", "int", "error", "bool", "byte", "int64",
            "uint64", "int32", "float64", "any", "panic", "cap", "copy", "delete", "new", "uint32", "uint8",
            "uint", "rune",
        ],
    },
    visibility: |_, shape| {
        if shape.name.starts_with(char::is_uppercase) {
            Visibility::Public
        } else {
            Visibility::Internal
        }
    },
    is_test: |reader, shape| {
        let prefixes = ["Test", "Benchmark", "Fuzz", "Example"];
        reader.path.as_str().ends_with("_test.go")
            && shape.kind == SymbolKind::Function
            && prefixes.iter().any(|prefix| shape.name.starts_with(prefix))
    },
    signals,
    defined: |reader, shape, _| {
        let is_main = shape.kind == SymbolKind::Function && shape.name == "main";
        if is_main && reader.facts.package.as_deref() == Some("main") {
            starts_here(reader, shape);
        }
    },
};

fn method_head(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let receiver = reader.field(node, "receiver")?;
    let receiver = receiver.trim_matches(['(', ')']).split('[').next().unwrap_or("");
    let owner = receiver
        .rsplit([' ', '*', '.'])
        .find(|word| !word.is_empty())
        .map(str::to_owned);
    Some(Head::of(SymbolKind::Method, node)?.owner(owner))
}

fn type_head(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let shape = node.child_by_field_name("type");
    let kind = match shape.map(|shape| shape.kind()) {
        Some("struct_type") => SymbolKind::Struct,
        Some("interface_type") => SymbolKind::Interface,
        _ => SymbolKind::Type,
    };
    let body = match kind {
        SymbolKind::Struct => shape.and_then(|shape| child_of(shape, &["field_declaration_list"])),
        SymbolKind::Interface => shape.and_then(|shape| shape.child(1)),
        _ => long(shape),
    };
    Some(Head::new(kind, node.child_by_field_name("name")?).body(body))
}

fn constant_head(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    value_head(reader, node, SymbolKind::Constant)
}

fn variable_head(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    value_head(reader, node, SymbolKind::Variable)
}

/// Defines at the top of a file; in a function it binds.
fn value_head(reader: &mut Reader<'_>, node: Node<'_>, kind: SymbolKind) -> Option<Head> {
    let name = node.child_by_field_name("name")?;
    if reader.in_function() {
        reader.begin_bound(name);
        return None;
    }
    (reader.text_of(name) != "_").then(|| Head::new(kind, name).body(long(node.child_by_field_name("value"))))
}

/// A field without a name embeds its type.
fn field_head(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let Some(name) = node.child_by_field_name("name") else {
        embedded(reader, node);
        return None;
    };
    reader.scope_kind().filter(|kind| *kind == SymbolKind::Struct)?;
    Some(Head::new(SymbolKind::Field, name))
}

fn embedded(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    let holds = matches!(
        reader.scope_kind(),
        Some(SymbolKind::Struct | SymbolKind::Interface)
    );
    if holds && matches!(reader.around(0), "field_declaration_list" | "interface_type") {
        reader.begin_inherits(node);
    }
    Below::Read
}

/// `type A …` begins with its keyword; in `type ( … )` each entry begins by itself.
fn declaration(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    let grouped = |child: Node<'_>| matches!(child.kind(), "(" | "var_spec_list");
    if !node.child(1).is_some_and(grouped) {
        reader.wrap(node, true);
    }
    Below::Read
}

fn import(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    if let Some(path) = reader.field(node, "path") {
        let path = vec![path.trim_matches(['"', '`']).to_owned()];
        match reader.field(node, "name") {
            Some(".") => reader.import(node, path, ImportedName::Glob, None),
            alias => reader.import(node, path, ImportedName::Whole, alias),
        }
    }
    Below::Skip
}

fn package(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    reader.facts.package = node.named_child(0).map(|name| reader.text_of(name).to_owned());
    Below::Skip
}

/// The key of `Name: value` in a literal is a label.
fn keyed(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    if let Some(key) = node.named_child(0) {
        reader.skip_name(key);
    }
    Below::Read
}

fn signals(reader: &mut Reader<'_>, site: &Site<'_>) {
    match (site.name, site.receiver) {
        ("Getenv" | "LookupEnv", Some("os" | "syscall")) => environment(reader, site),
        (name, Some(receiver)) if receiver == "flag" || receiver.ends_with("lags") => {
            let typed = [
                "String", "Bool", "Int", "Duration", "Float", "Uint", "Var", "Count",
            ];
            if typed.iter().any(|prefix| name.starts_with(prefix)) {
                let strings = literals(site.after);
                let help = strings.last().filter(|_| strings.len() > 1).copied();
                if let Some(flag) = strings.first() {
                    reader.signal(SignalKind::Flag, &format!("--{flag}"), help, site.span());
                }
            }
        }
        (
            "HandleFunc" | "Handle" | "GET" | "POST" | "PUT" | "DELETE" | "PATCH" | "Get" | "Post" | "Put"
            | "Delete" | "Patch",
            Some(_),
        ) => {
            let Some(pattern) = literal(site.after) else {
                return;
            };
            let (method, path) = match pattern.split_once(' ') {
                Some((method, path)) => (Some(method.to_owned()), path),
                None => (
                    (!site.name.starts_with("Handle")).then(|| site.name.to_uppercase()),
                    pattern,
                ),
            };
            if path.starts_with('/') {
                reader.signal(SignalKind::Route, path, method.as_deref(), site.span());
            }
        }
        _ => {}
    }
}
