//! JavaScript, TypeScript and TSX.

use deepwiki_domain::{
    facts::{ImportedName, ReferenceKind, SignalKind, SymbolKind, Visibility},
    manifest::Role,
};
use tree_sitter::Node;

use super::common::{flag, is_constant_name};
use crate::reader::{
    Reader, literal,
    spec::{Below, Head, Rule, Shape, Site, Spec, Style, not_told},
};

/// The rules of JavaScript's nodes, which TypeScript has too, and further ones.
macro_rules! with_common {
    (typescript $(($kind:literal, $rule:expr),)*) => {
        with_common!(
            ("abstract_class_declaration", Rule::DefineBy(class_head)),
            ("class", Rule::DefineBy(class_head)),
            ("interface_declaration", Rule::Define(SymbolKind::Interface)),
            ("type_alias_declaration", Rule::DefineBy(alias_head)),
            ("enum_declaration", Rule::Define(SymbolKind::Enum)),
            ("enum_assignment", Rule::Define(SymbolKind::Variant)),
            ("internal_module", Rule::Define(SymbolKind::Module)),
            ("module", Rule::DefineBy(module_head)),
            ("ambient_declaration", Rule::Wrapper(true)),
            ("function_signature", Rule::Define(SymbolKind::Function)),
            ("method_signature", Rule::Define(SymbolKind::Method)),
            ("abstract_method_signature", Rule::Define(SymbolKind::Method)),
            ("property_signature", Rule::DefineBy(property_head)),
            ("public_field_definition", Rule::DefineBy(field_head)),
            ("extends_clause", Rule::Context(ReferenceKind::Inherit)),
            ("implements_clause", Rule::Context(ReferenceKind::Inherit)),
            ("extends_type_clause", Rule::Context(ReferenceKind::Inherit)),
            ("type_arguments", Rule::Context(ReferenceKind::Type)),
            ("type_query", Rule::Context(ReferenceKind::Value)),
            ("required_parameter", Rule::Bind(&["pattern"])),
            ("optional_parameter", Rule::Bind(&["pattern"])),
            ("type_parameter", Rule::Bind(&["name"])),
            ("infer_type", Rule::Opaque),
            ("type_identifier", Rule::Name(ReferenceKind::Type)),
            ("accessibility_modifier", Rule::Opaque),
            $(($kind, $rule),)*
        )
    };
    ($(($kind:literal, $rule:expr),)*) => {
        [
            ("function_declaration", Rule::Define(SymbolKind::Function)),
            ("generator_function_declaration", Rule::Define(SymbolKind::Function)),
            ("class_declaration", Rule::DefineBy(class_head)),
            ("method_definition", Rule::Define(SymbolKind::Method)),
            ("variable_declarator", Rule::DefineBy(variable_head)),
            ("assignment_expression", Rule::DefineBy(assignment_head)),
            ("call_expression", Rule::DefineBy(test_head)),
            ("export_statement", Rule::Hook(export)),
            ("lexical_declaration", Rule::Wrapper(true)),
            ("variable_declaration", Rule::Wrapper(true)),
            ("decorator", Rule::Attribute),
            ("import_statement", Rule::Hook(import)),
            ("import", Rule::Hook(dynamic_import)),
            ("comment", Rule::Opaque),
            ("string", Rule::Opaque),
            ("regex", Rule::Opaque),
            ("formal_parameters", Rule::Bind(&[])),
            ("arrow_function", Rule::Bind(&["parameter"])),
            ("catch_clause", Rule::Bind(&["parameter"])),
            ("for_in_statement", Rule::Bind(&["left"])),
            ("object_pattern", Rule::Bind(&[])),
            ("array_pattern", Rule::Bind(&[])),
            ("rest_pattern", Rule::Bind(&[])),
            ("pair_pattern", Rule::Bind(&["value"])),
            ("assignment_pattern", Rule::Bind(&["left"])),
            ("shorthand_property_identifier_pattern", Rule::Hook(bind_shorthand)),
            ("identifier", Rule::Name(ReferenceKind::Value)),
            ("shorthand_property_identifier", Rule::Name(ReferenceKind::Value)),
            ("property_identifier", Rule::Hook(property)),
            ("private_property_identifier", Rule::Member),
            $(($kind, $rule),)*
        ]
    };
}

pub(super) static JAVASCRIPT: Spec = Spec {
    grammar: || tree_sitter_javascript::LANGUAGE.into(),
    rules: &with_common!(
        ("class", Rule::DefineBy(class_head)),
        ("field_definition", Rule::DefineBy(field_head)),
        ("class_heritage", Rule::Context(ReferenceKind::Inherit)),
        ("jsx_opening_element", Rule::Hook(element)),
        ("jsx_self_closing_element", Rule::Hook(element)),
        ("jsx_closing_element", Rule::Opaque),
    ),
    ..BASE
};

pub(super) static TYPESCRIPT: Spec = Spec {
    grammar: || tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
    rules: &with_common!(typescript),
    ..BASE
};

pub(super) static TSX: Spec = Spec {
    grammar: || tree_sitter_typescript::LANGUAGE_TSX.into(),
    rules: &with_common!(
        typescript("jsx_opening_element", Rule::Hook(element)),
        ("jsx_self_closing_element", Rule::Hook(element)),
        ("jsx_closing_element", Rule::Opaque),
    ),
    ..BASE
};

/// What the three share.
const BASE: Spec = Spec {
    grammar: || tree_sitter_javascript::LANGUAGE.into(),
    rules: &[],
    branches: &[
        "if_statement",
        "for_statement",
        "for_in_statement",
        "while_statement",
        "do_statement",
        "switch_case",
        "catch_clause",
        "ternary_expression",
        "&&",
        "||",
        "??",
    ],
    style: Style {
        line_comments: &["//"],
        block_comments: &[("/*", "*/")],
        separators: &["?.", "."],
        generic_calls: true,
        bang_calls: false,
        keywords: &[
            "undefined",
            "require",
            "arguments",
            "globalThis",
            "console",
            "exports",
            "module",
        ],
    },
    visibility,
    is_test,
    signals,
    defined: not_told,
};

fn class_head(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    Head::of(SymbolKind::Class, node)
}

fn alias_head(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let value = node
        .child_by_field_name("value")
        .filter(|value| value.end_position().row > value.start_position().row);
    Some(Head::of(SymbolKind::Type, node)?.body(value))
}

fn module_head(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let head = Head::of(SymbolKind::Module, node)?;
    let name = reader.field(node, "name")?.trim_matches(['"', '\'']).to_owned();
    Some(head.called(name))
}

/// A member with a value; it is a method where the value is a function.
fn field_head(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let name = node
        .child_by_field_name("name")
        .or_else(|| node.child_by_field_name("property"))?;
    let value = node.child_by_field_name("value");
    let kind = if value.is_some_and(is_function) {
        SymbolKind::Method
    } else {
        SymbolKind::Field
    };
    Some(Head::new(kind, name).body(value.and_then(body_of_value)))
}

fn property_head(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let in_interface = matches!(
        reader.scope_kind(),
        Some(SymbolKind::Interface | SymbolKind::Type)
    );
    in_interface.then(|| Head::of(SymbolKind::Field, node))?
}

fn is_function(value: Node<'_>) -> bool {
    matches!(
        value.kind(),
        "arrow_function" | "function_expression" | "generator_function" | "function"
    )
}

/// Where the body of a function begins, or a value that takes several lines.
fn body_of_value(value: Node<'_>) -> Option<Node<'_>> {
    if is_function(value) {
        return value.child_by_field_name("body");
    }
    Some(value).filter(|value| value.end_position().row > value.start_position().row)
}

/// A variable defines where it holds a function, and at the top of a file or namespace.
fn variable_head(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let name = node.child_by_field_name("name")?;
    if name.kind() != "identifier" {
        return None;
    }
    let value = node.child_by_field_name("value");
    let at_top = matches!(reader.scope_kind(), None | Some(SymbolKind::Module))
        && matches!(
            reader.around(1),
            "program" | "export_statement" | "statement_block" | ""
        );
    let text = reader.text_of(name);
    let kind = match value {
        Some(value) if is_function(value) => SymbolKind::Function,
        Some(value) if value.kind() == "class" => SymbolKind::Class,
        _ if !at_top => {
            reader.begin_bound(name);
            return None;
        }
        _ if is_constant_name(text) => SymbolKind::Constant,
        _ => SymbolKind::Variable,
    };
    Some(Head::new(kind, name).body(value.and_then(body_of_value)))
}

/// `exports.x = function`, `Type.prototype.x = function`, `module.exports = { … }`.
fn assignment_head(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let left = node.child_by_field_name("left")?;
    let right = node.child_by_field_name("right")?;
    if left.kind() != "member_expression" || reader.scope().is_some() {
        return None;
    }
    let target = reader.field(left, "object")?;
    if target == "module" && reader.field(left, "property") == Some("exports") {
        exported_names(reader, right);
        reader.export(right);
        return None;
    }
    let name = left.child_by_field_name("property")?;
    let kind = if is_function(right) {
        SymbolKind::Function
    } else {
        SymbolKind::Variable
    };
    let head = Head::new(kind, name).body(body_of_value(right));
    if let Some(owner) = target.strip_suffix(".prototype") {
        return Some(
            Head {
                kind: SymbolKind::Method,
                ..head
            }
            .owner(Some(owner.to_owned())),
        );
    }
    if matches!(target, "exports" | "module.exports") {
        return Some(head);
    }
    (is_function(right) && !target.contains(['(', '['])).then(|| head.owner(Some(target.to_owned())))
}

/// `describe("x", () => …)`, `it("does x", () => …)`.
fn test_head(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let start = node.start_byte();
    let callee = reader.text.as_bytes().get(start..start + 2)?;
    if !matches!(callee, b"it" | b"te" | b"de" | b"su") {
        return None;
    }
    let function = node.child_by_field_name("function")?;
    let name = reader.text_of(function);
    let kind = match name.split('.').next().unwrap_or(name) {
        "it" | "test" => SymbolKind::Function,
        "describe" | "suite" => SymbolKind::Module,
        _ => return None,
    };
    let arguments = node.child_by_field_name("arguments")?;
    let title = arguments
        .named_child(0)
        .filter(|title| matches!(title.kind(), "string" | "template_string"))?;
    let body = arguments.named_child(1)?;
    let title_text = reader.text_of(title).trim_matches(['"', '\'', '`']);
    Some(
        Head::new(kind, title)
            .called(title_text.to_owned())
            .body(Some(body)),
    )
}

/// A member of an enumeration that has no value of its own, or the name of any other member.
fn property(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    if reader.scope_kind() == Some(SymbolKind::Enum) && reader.around(0) == "enum_body" {
        reader.define_leaf(node, Head::new(SymbolKind::Variant, node));
    } else {
        reader.member(node);
    }
    Below::Skip
}

/// `<Panel …>` calls `Panel`; `<div …>` names nothing.
fn element(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    if let Some(name) = node.child_by_field_name("name") {
        if reader.text_of(name).starts_with(char::is_lowercase) && name.kind() == "identifier" {
            reader.skip_name(name);
        } else {
            reader.begin_call(name);
        }
    }
    Below::Read
}

fn bind_shorthand(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    let name = reader.text_of(node);
    reader.bind(name);
    Below::Skip
}

fn import(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    let mut cursor = node.walk();
    let children: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
    let Some(source) = node.child_by_field_name("source") else {
        // `import x = require("y")`
        for clause in children
            .iter()
            .filter(|child| child.kind() == "import_require_clause")
        {
            if let (Some(name), Some(source)) = (clause.named_child(0), clause.child_by_field_name("source"))
            {
                let path = module_path(reader.text_of(source));
                reader.import(node, path, ImportedName::Whole, Some(reader.text_of(name)));
            }
        }
        return Below::Skip;
    };
    let path = module_path(reader.text_of(source));
    let Some(clause) = children.iter().find(|child| child.kind() == "import_clause") else {
        reader.import(node, path, ImportedName::Whole, None);
        return Below::Skip;
    };
    let mut cursor = clause.walk();
    for part in clause.named_children(&mut cursor) {
        match part.kind() {
            "identifier" => {
                let alias = reader.text_of(part);
                reader.import(
                    part,
                    path.clone(),
                    ImportedName::Name("default".to_owned()),
                    Some(alias),
                );
            }
            "namespace_import" => {
                let alias = part.named_child(0).map(|name| reader.text_of(name));
                reader.import(part, path.clone(), ImportedName::Whole, alias);
            }
            _ => specifiers(reader, part, &path, false),
        }
    }
    Below::Skip
}

/// The names in `{ a, b as c }`.
fn specifiers(reader: &mut Reader<'_>, list: Node<'_>, path: &[String], reexport: bool) {
    let mut cursor = list.walk();
    for specifier in list.named_children(&mut cursor) {
        if let Some(name) = reader.field(specifier, "name") {
            let alias = reader.field(specifier, "alias");
            reader.import(
                specifier,
                path.to_vec(),
                ImportedName::Name(name.to_owned()),
                alias,
            );
            if let Some(import) = reader.facts.imports.last_mut() {
                import.reexport = reexport;
            }
        }
    }
}

/// `export … from "x"` passes on; any other export holds a definition or names some.
fn export(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    let Some(source) = node.child_by_field_name("source") else {
        exported_names(reader, node);
        reader.wrap(node, true);
        return Below::Read;
    };
    let path = module_path(reader.text_of(source));
    let mut cursor = node.walk();
    let inner = node
        .named_children(&mut cursor)
        .find(|child| matches!(child.kind(), "export_clause" | "namespace_export"));
    match inner {
        Some(list) if list.kind() == "export_clause" => specifiers(reader, list, &path, true),
        Some(namespace) => {
            let alias = namespace.named_child(0).map(|name| reader.text_of(name));
            reader.import(node, path, ImportedName::Whole, alias);
        }
        None => reader.import(node, path, ImportedName::Glob, None),
    }
    if let Some(import) = reader.facts.imports.last_mut() {
        import.reexport = true;
    }
    Below::Skip
}

/// The names in `export { a, b as c }`, `export default a` and `module.exports = { a, b: c }`.
fn exported_names(reader: &mut Reader<'_>, node: Node<'_>) {
    let mut cursor = node.walk();
    for child in node.named_children(&mut cursor) {
        match child.kind() {
            "identifier" | "shorthand_property_identifier" => reader.export(child),
            "export_clause" => exported_names(reader, child),
            "export_specifier" => child
                .child_by_field_name("name")
                .into_iter()
                .for_each(|name| reader.export(name)),
            "pair" => child
                .child_by_field_name("value")
                .into_iter()
                .for_each(|value| reader.export(value)),
            _ => {}
        }
    }
}

/// `import("x")`.
fn dynamic_import(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    let after = reader.text.get(node.end_byte()..).unwrap_or("");
    if let Some(path) = literal(after) {
        reader.import(node, module_path(path), ImportedName::Whole, None);
    }
    Below::Skip
}

/// A module's name is one part: `"./a/b"`, `"@scope/package/file"`.
fn module_path(literal: &str) -> Vec<String> {
    vec![literal.trim_matches(['"', '\'', '`']).to_owned()]
}

fn visibility(reader: &Reader<'_>, shape: &Shape<'_>) -> Visibility {
    let in_type = matches!(
        shape.container,
        Some(SymbolKind::Class | SymbolKind::Interface | SymbolKind::Enum | SymbolKind::Type)
    );
    if in_type {
        return if shape.has("private") || shape.name.starts_with('#') {
            Visibility::Private
        } else if shape.has("protected") {
            Visibility::Internal
        } else {
            Visibility::Public
        };
    }
    if shape.has("export") || shape.has("exports") {
        Visibility::Public
    } else if reader.in_function() || reader.text_has_exports() {
        Visibility::Private
    } else {
        Visibility::Internal
    }
}

fn is_test(reader: &Reader<'_>, shape: &Shape<'_>) -> bool {
    let in_tests = || {
        let name = reader.path.file_name();
        reader.role == Role::Test || name.contains(".test.") || name.contains(".spec.")
    };
    let callee = shape.text.split('(').next().unwrap_or("");
    matches!(
        callee.split('.').next(),
        Some("it" | "test" | "describe" | "suite")
    ) && in_tests()
}

fn signals(reader: &mut Reader<'_>, site: &Site<'_>) {
    match (site.name, site.receiver) {
        ("require", None) => {
            if let Some(path) = literal(site.after) {
                reader.require(module_path(path), site.start);
            }
        }
        (name, Some("env")) if matches!(site.outer, Some("process" | "meta" | "Bun")) => {
            reader.signal(SignalKind::EnvironmentVariable, name, None, site.span());
        }
        ("env", Some("process" | "meta")) => {
            if let Some(name) = literal(site.after).filter(|_| site.after.starts_with('[')) {
                reader.signal(SignalKind::EnvironmentVariable, name, None, site.span());
            }
        }
        ("get", Some("env")) if site.outer == Some("Deno") => {
            if let Some(name) = literal(site.after) {
                reader.signal(SignalKind::EnvironmentVariable, name, None, site.span());
            }
        }
        ("option" | "requiredOption", Some(_))
            if literal(site.after).is_some_and(|name| name.starts_with('-')) =>
        {
            commander(reader, site);
        }
        ("command", Some(_)) => {
            if let Some(name) = literal(site.after) {
                let name = name.split_whitespace().next().unwrap_or("");
                reader.signal(SignalKind::Command, name, None, site.span());
            }
        }
        ("get" | "post" | "put" | "delete" | "patch" | "all", Some(receiver)) if serves(receiver) => {
            if let Some(path) = literal(site.after).filter(|path| path.starts_with('/')) {
                reader.signal(
                    SignalKind::Route,
                    path,
                    Some(&site.name.to_uppercase()),
                    site.span(),
                );
            }
        }
        ("Get" | "Post" | "Put" | "Delete" | "Patch" | "Controller", None) if site.in_attribute => {
            let path = literal(site.after).unwrap_or("/");
            let method = (site.name != "Controller").then(|| site.name.to_uppercase());
            reader.signal(SignalKind::Route, path, method.as_deref(), site.span());
        }
        _ => {}
    }
}

/// `.option("-p, --port <n>", "the port")`
fn commander(reader: &mut Reader<'_>, site: &Site<'_>) {
    let strings = crate::reader::literals(site.after);
    let long = strings
        .first()
        .and_then(|names| names.split([' ', ',', '|']).find(|name| name.starts_with("--")));
    match long {
        Some(name) => {
            let name = name.split('=').next().unwrap_or(name);
            let help = strings.get(1).copied();
            reader.signal(SignalKind::Flag, name, help, site.span());
        }
        None => flag(reader, site),
    }
}

fn serves(receiver: &str) -> bool {
    let receiver = receiver.to_ascii_lowercase();
    ["app", "router", "server", "api", "fastify", "route", "routes"]
        .iter()
        .any(|name| receiver.ends_with(name))
}
