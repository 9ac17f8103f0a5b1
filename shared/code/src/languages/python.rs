//! Python.

use std::borrow::Cow;

use deepwiki_domain::{
    facts::{ImportedName, ReferenceKind, SignalKind, SymbolKind, Visibility},
    manifest::Role,
};
use tree_sitter::Node;

use super::common::{flag, is_constant_name};
use crate::reader::{
    Reader, literal, named_literal,
    spec::{Below, Head, Rule, Shape, Site, Spec, Style, not_told},
};

pub(super) static PYTHON: Spec = Spec {
    grammar: || tree_sitter_python::LANGUAGE.into(),
    rules: &[
        ("module", Rule::Hook(module)),
        ("function_definition", Rule::DefineBy(function_head)),
        ("class_definition", Rule::DefineBy(class_head)),
        ("assignment", Rule::DefineBy(assignment_head)),
        ("type_alias_statement", Rule::DefineBy(type_head)),
        ("decorated_definition", Rule::Wrapper(false)),
        ("decorator", Rule::Attribute),
        ("import_statement", Rule::Hook(import)),
        ("import_from_statement", Rule::Hook(import_from)),
        ("future_import_statement", Rule::Opaque),
        ("global_statement", Rule::Opaque),
        ("nonlocal_statement", Rule::Opaque),
        ("comment", Rule::Opaque),
        ("identifier", Rule::Name(ReferenceKind::Value)),
        ("type", Rule::Context(ReferenceKind::Type)),
        ("parameters", Rule::Bind(&[])),
        ("lambda_parameters", Rule::Bind(&[])),
        ("typed_parameter", Rule::Bind(&[])),
        ("list_splat_pattern", Rule::Bind(&[])),
        ("dictionary_splat_pattern", Rule::Bind(&[])),
        ("as_pattern_target", Rule::Bind(&[])),
        ("default_parameter", Rule::Bind(&["name"])),
        ("typed_default_parameter", Rule::Bind(&["name"])),
        ("for_statement", Rule::Bind(&["left"])),
        ("for_in_clause", Rule::Bind(&["left"])),
        ("named_expression", Rule::Bind(&["name"])),
        ("keyword_argument", Rule::Label("name")),
        ("if_statement", Rule::Hook(main_guard)),
    ],
    branches: &["if", "elif", "for", "while", "except", "case", "and", "or"],
    style: Style {
        line_comments: &["#"],
        block_comments: &[],
        separators: &["."],
        generic_calls: false,
        bang_calls: false,
        keywords: &[
            "self",
            "cls",
            "_",
            "print",
            "len",
            "range",
            "isinstance",
            "super",
            "str",
            "int",
            "float",
            "bool",
            "list",
            "dict",
            "tuple",
            "set",
        ],
    },
    visibility: |_, shape| {
        let is_dunder = shape.name.starts_with("__") && shape.name.ends_with("__");
        if shape.name.starts_with('_') && !is_dunder {
            Visibility::Private
        } else {
            Visibility::Public
        }
    },
    is_test,
    signals,
    defined: not_told,
};

/// The docstring of the file.
fn module(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    let mut cursor = node.walk();
    let first = node
        .named_children(&mut cursor)
        .find(|child| child.kind() != "comment");
    if let Some(range) = first.and_then(docstring_in) {
        reader.document_file(range);
    }
    Below::Read
}

fn docstring_in(statement: Node<'_>) -> Option<std::ops::Range<usize>> {
    let string = match statement.kind() {
        "expression_statement" => statement.named_child(0)?,
        _ => statement,
    };
    (string.kind() == "string").then(|| string.byte_range())
}

fn function_head(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let name = node.child_by_field_name("name")?;
    let last = node
        .child_by_field_name("return_type")
        .or_else(|| node.child_by_field_name("parameters"));
    let mut head = Head::new(SymbolKind::Function, name).signature_ends(last.unwrap_or(name).end_byte());
    head.docstring = body_docstring(node);
    Some(head)
}

fn class_head(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let name = node.child_by_field_name("name")?;
    let bases = node.child_by_field_name("superclasses");
    let end = bases.unwrap_or(name).end_byte();
    let mut head = Head::new(SymbolKind::Class, name)
        .inherits(bases)
        .signature_ends(end);
    head.docstring = body_docstring(node);
    Some(head)
}

fn body_docstring(node: Node<'_>) -> Option<std::ops::Range<usize>> {
    docstring_in(node.child_by_field_name("body")?.named_child(0)?)
}

/// An assignment defines at the top of a module or class; in a function it binds, but for the fields that
/// `__init__` gives to its object.
fn assignment_head(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let left = node.child_by_field_name("left")?;
    let value = node
        .child_by_field_name("right")
        .filter(|value| value.end_position().row > value.start_position().row);
    if reader.in_function() {
        reader.begin_bound(left);
        if let Some(name) = field_of_self(reader, left)
            && reader.define_beside(node, Head::new(SymbolKind::Field, name).body(value))
        {
            reader.skip_name(name);
        }
        return None;
    }
    if left.kind() != "identifier" {
        return None;
    }
    let name = reader.text_of(left);
    if reader.is_defined_here(name) {
        return None;
    }
    let in_class = reader.scope_kind() == Some(SymbolKind::Class);
    let is_enum = in_class && reader.supertypes_end_with(&["Enum", "Flag", "Choices"]);
    let kind = match (is_enum, in_class, is_constant_name(name)) {
        (true, _, _) => SymbolKind::Variant,
        (_, true, _) => SymbolKind::Field,
        (_, _, true) => SymbolKind::Constant,
        _ => SymbolKind::Variable,
    };
    Some(Head::new(kind, left).body(value))
}

/// The name in `self.name`, in an `__init__`.
fn field_of_self<'a>(reader: &Reader<'_>, left: Node<'a>) -> Option<Node<'a>> {
    let is_field = left.kind() == "attribute"
        && reader.field(left, "object") == Some("self")
        && reader.scope_name() == Some("__init__");
    is_field.then(|| left.child_by_field_name("attribute")).flatten()
}

fn type_head(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let mut name = node.child_by_field_name("left")?;
    while let Some(inner) = name.named_child(0) {
        name = inner;
    }
    Some(Head::new(SymbolKind::Type, name))
}

fn is_test(reader: &Reader<'_>, shape: &Shape<'_>) -> bool {
    let in_tests = reader.role == Role::Test || reader.path.file_name().contains("test");
    match shape.kind {
        SymbolKind::Function | SymbolKind::Method => {
            shape.name.starts_with("test_") && in_tests && !shape.lead.contains("fixture")
                || shape.name.starts_with("test_") && reader.supertypes_end_with(&["TestCase"])
        }
        SymbolKind::Class => shape.name.starts_with("Test") && in_tests,
        _ => false,
    }
}

fn import(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    let mut cursor = node.walk();
    for child in node.named_children(&mut cursor) {
        let (name, alias) = name_and_alias(reader, child);
        reader.import(child, dotted(name), ImportedName::Whole, alias);
    }
    Below::Skip
}

fn import_from(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    let Some(module) = node.child_by_field_name("module_name") else {
        return Below::Skip;
    };
    let path = dotted(reader.text_of(module));
    let first = reader.facts.imports.len();
    let mut cursor = node.walk();
    for child in node
        .named_children(&mut cursor)
        .filter(|child| child.id() != module.id())
    {
        match child.kind() {
            "wildcard_import" => reader.import(child, path.clone(), ImportedName::Glob, None),
            "dotted_name" | "aliased_import" => {
                let (name, alias) = name_and_alias(reader, child);
                reader.import(child, path.clone(), ImportedName::Name(name.to_owned()), alias);
            }
            _ => {}
        }
    }
    // What a package's `__init__` imports can be imported from the package.
    if reader.path.file_name().starts_with("__init__.") {
        for import in reader.facts.imports.iter_mut().skip(first) {
            import.reexport = true;
        }
    }
    Below::Skip
}

fn name_and_alias<'t>(reader: &Reader<'t>, node: Node<'_>) -> (&'t str, Option<&'t str>) {
    match reader.field(node, "name") {
        Some(name) => (name, reader.field(node, "alias")),
        None => (reader.text_of(node), None),
    }
}

/// `..a.b` as `["", "", "a", "b"]`.
fn dotted(path: &str) -> Vec<String> {
    let path: String = path.split_whitespace().collect();
    let names = path.trim_start_matches('.');
    let dots = path.len() - names.len();
    let names = names
        .split('.')
        .filter(|part| !part.is_empty())
        .map(str::to_owned);
    std::iter::repeat_n(String::new(), dots).chain(names).collect()
}

fn main_guard(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    if reader.scope().is_none()
        && let Some(condition) = reader.field(node, "condition")
        && condition.contains("__name__")
        && condition.contains("__main__")
    {
        reader.signal(SignalKind::EntryPoint, "__main__", None, node.byte_range());
    }
    Below::Read
}

/// Whether what stands in square brackets is given a value: `["X"] = …` reads nothing.
fn is_assigned(after: &str) -> bool {
    let rest = after.trim_start();
    rest.starts_with('[')
        && (rest.split_once(']'))
            .map(|(_, rest)| rest.trim_start())
            .is_some_and(|rest| rest.starts_with('=') && !rest.starts_with("=="))
}

fn signals(reader: &mut Reader<'_>, site: &Site<'_>) {
    match (site.name, site.receiver) {
        ("getenv" | "getenvb", _) | ("get" | "pop", Some("environ")) | ("environ", _) => {
            if let Some(name) = literal(site.after).filter(|_| !is_assigned(site.after)) {
                reader.signal(SignalKind::EnvironmentVariable, name, None, site.span());
            }
        }
        ("add_argument", Some(_)) | ("option" | "argument", Some("click")) => flag(reader, site),
        ("Option" | "Argument", Some("typer")) => flag(reader, site),
        ("add_parser", Some(_)) => {
            if let Some(name) = literal(site.after) {
                let help = named_literal(site.after, "help");
                reader.signal(SignalKind::Command, name, help.as_deref(), site.span());
            }
        }
        ("command", Some(_)) if site.in_attribute => {
            if let Some(name) = literal(site.after) {
                reader.signal(SignalKind::Command, name, None, site.span());
            }
        }
        (
            "route" | "get" | "post" | "put" | "delete" | "patch" | "websocket" | "head" | "options",
            Some(_),
        ) if site.in_attribute => {
            if let Some(path) = literal(site.after).filter(|path| path.starts_with('/')) {
                let methods = named_literal(&site.after.replace("=[", "="), "methods").map(Cow::into_owned);
                let method = if site.name == "route" {
                    methods
                } else {
                    Some(site.name.to_uppercase())
                };
                reader.signal(SignalKind::Route, path, method.as_deref(), site.span());
            }
        }
        ("path" | "re_path" | "url", None) if reader.path.file_name() == "urls.py" => {
            if let Some(path) = literal(site.after) {
                let path = if path.is_empty() { "/" } else { path };
                reader.signal(SignalKind::Route, path, None, site.span());
            }
        }
        _ => {}
    }
}
