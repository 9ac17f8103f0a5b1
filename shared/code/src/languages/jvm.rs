//! Java and Kotlin.

use deepwiki_domain::facts::{ImportedName, ReferenceKind, SignalKind, SymbolKind, Visibility};
use tree_sitter::Node;

use super::common::{
    by_modifiers, child_of, environment, flag, import_dotted, is_constant_name, long, split_path, starts_here,
};
use crate::reader::{
    Reader, literal, literals,
    spec::{Below, Head, Rule, Shape, Site, Spec, Style},
};

pub(super) static JAVA: Spec = Spec {
    grammar: || tree_sitter_java::LANGUAGE.into(),
    rules: &[
        ("class_declaration", Rule::Define(SymbolKind::Class)),
        ("interface_declaration", Rule::Define(SymbolKind::Interface)),
        ("annotation_type_declaration", Rule::Define(SymbolKind::Interface)),
        ("enum_declaration", Rule::Define(SymbolKind::Enum)),
        ("record_declaration", Rule::Define(SymbolKind::Struct)),
        ("method_declaration", Rule::Define(SymbolKind::Method)),
        (
            "annotation_type_element_declaration",
            Rule::Define(SymbolKind::Method),
        ),
        ("constructor_declaration", Rule::Define(SymbolKind::Method)),
        (
            "compact_constructor_declaration",
            Rule::Define(SymbolKind::Method),
        ),
        ("enum_constant", Rule::Define(SymbolKind::Variant)),
        ("field_declaration", Rule::Wrapper(true)),
        ("constant_declaration", Rule::Wrapper(true)),
        ("variable_declarator", Rule::DefineBy(java_variable)),
        ("superclass", Rule::Context(ReferenceKind::Inherit)),
        ("super_interfaces", Rule::Context(ReferenceKind::Inherit)),
        ("extends_interfaces", Rule::Context(ReferenceKind::Inherit)),
        ("type_arguments", Rule::Context(ReferenceKind::Type)),
        ("import_declaration", Rule::Hook(java_import)),
        ("package_declaration", Rule::Hook(java_package)),
        ("module_declaration", Rule::Opaque),
        ("annotation", Rule::Attribute),
        ("marker_annotation", Rule::Attribute),
        ("element_value_pair", Rule::Label("key")),
        ("line_comment", Rule::Opaque),
        ("block_comment", Rule::Opaque),
        ("string_literal", Rule::Opaque),
        ("break_statement", Rule::Opaque),
        ("continue_statement", Rule::Opaque),
        ("identifier", Rule::Name(ReferenceKind::Value)),
        ("type_identifier", Rule::Name(ReferenceKind::Type)),
        ("formal_parameter", Rule::Bind(&["name"])),
        ("catch_formal_parameter", Rule::Bind(&["name"])),
        ("enhanced_for_statement", Rule::Bind(&["name"])),
        ("resource", Rule::Bind(&["name"])),
        ("instanceof_expression", Rule::Bind(&["name"])),
        ("inferred_parameters", Rule::Bind(&[])),
        ("type_pattern", Rule::Bind(&[])),
        ("lambda_expression", Rule::Bind(&["parameters"])),
        ("type_parameter", Rule::Hook(type_parameter)),
    ],
    branches: &[
        "if_statement",
        "for_statement",
        "enhanced_for_statement",
        "while_statement",
        "do_statement",
        "switch_label",
        "catch_clause",
        "ternary_expression",
        "&&",
        "||",
    ],
    style: Style {
        line_comments: &["//"],
        block_comments: &[("/*", "*/")],
        separators: &["::", "."],
        generic_calls: false,
        bang_calls: false,
        keywords: &[
            "String",
            "Override",
            "_",
            "Object",
            "Integer",
            "Long",
            "Boolean",
            "Exception",
        ],
    },
    visibility: |_, shape| {
        let default = match shape.container {
            Some(SymbolKind::Interface) => Visibility::Public,
            Some(SymbolKind::Enum) if shape.kind == SymbolKind::Variant => Visibility::Public,
            _ => Visibility::Internal,
        };
        by_modifiers(shape, default)
    },
    is_test: is_annotated_test,
    signals,
    defined: |reader, shape, _| {
        if shape.name == "main" && shape.has("static") && shape.kind == SymbolKind::Method {
            starts_here(reader, shape);
        }
    },
};

pub(super) static KOTLIN: Spec = Spec {
    grammar: || tree_sitter_kotlin_ng::LANGUAGE.into(),
    rules: &[
        ("class_declaration", Rule::DefineBy(kotlin_class)),
        ("object_declaration", Rule::DefineBy(kotlin_object)),
        ("function_declaration", Rule::DefineBy(kotlin_function)),
        ("property_declaration", Rule::DefineBy(kotlin_property)),
        ("class_parameter", Rule::DefineBy(kotlin_parameter)),
        ("enum_entry", Rule::DefineBy(kotlin_entry)),
        ("type_alias", Rule::DefineBy(kotlin_alias)),
        ("delegation_specifiers", Rule::Context(ReferenceKind::Inherit)),
        ("type_arguments", Rule::Context(ReferenceKind::Type)),
        ("value_arguments", Rule::Context(ReferenceKind::Value)),
        ("user_type", Rule::Typed),
        ("import", Rule::Hook(kotlin_import)),
        ("package_header", Rule::Hook(kotlin_package)),
        ("annotation", Rule::Attribute),
        ("line_comment", Rule::Opaque),
        ("block_comment", Rule::Opaque),
        ("label", Rule::Opaque),
        ("identifier", Rule::Name(ReferenceKind::Value)),
        ("call_expression", Rule::Call("")),
        ("value_argument", Rule::Hook(kotlin_argument)),
        ("parameter", Rule::Bind(&[])),
        ("variable_declaration", Rule::Bind(&[])),
        ("catch_block", Rule::Bind(&[])),
        ("type_parameter", Rule::Bind(&[])),
    ],
    branches: &[
        "if_expression",
        "for_statement",
        "while_statement",
        "do_while_statement",
        "when_entry",
        "catch_block",
        "&&",
        "||",
        "?:",
    ],
    style: Style {
        line_comments: &["//"],
        block_comments: &[("/*", "*/")],
        separators: &["?.", "::", "."],
        generic_calls: true,
        bang_calls: false,
        keywords: &[
            "it", "String", "Int", "Boolean", "Long", "Unit", "Any", "field", "null", "true", "false", "this",
        ],
    },
    visibility: |_, shape| by_modifiers(shape, Visibility::Public),
    is_test: is_annotated_test,
    signals,
    defined: |reader, shape, _| {
        if shape.name == "main" && shape.kind == SymbolKind::Function && shape.container.is_none() {
            starts_here(reader, shape);
        }
    },
};

fn is_annotated_test(_: &Reader<'_>, shape: &Shape<'_>) -> bool {
    let is_function = matches!(shape.kind, SymbolKind::Method | SymbolKind::Function);
    is_function
        && ["@Test", "@ParameterizedTest", "@RepeatedTest"]
            .iter()
            .any(|mark| shape.lead.contains(mark))
}

/// A declarator of a field defines it; that of a local variable binds it.
fn java_variable(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let name = node.child_by_field_name("name")?;
    if !matches!(reader.around(0), "field_declaration" | "constant_declaration") {
        reader.begin_bound(name);
        return None;
    }
    let is_constant = is_constant_name(reader.text_of(name));
    let kind = if is_constant {
        SymbolKind::Constant
    } else {
        SymbolKind::Field
    };
    Some(Head::new(kind, name).body(long(node.child_by_field_name("value"))))
}

fn type_parameter(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    if let Some(name) = node.named_child(0) {
        let name = reader.text_of(name);
        reader.bind(name);
    }
    Below::Read
}

fn java_import(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    let text = reader.text_of(node).trim_end_matches(';');
    let path = text.strip_prefix("import").unwrap_or(text).trim();
    let path = path.strip_prefix("static ").unwrap_or(path).trim();
    import_dotted(reader, node, path, None);
    Below::Skip
}

fn java_package(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    reader.facts.package =
        child_of(node, &["scoped_identifier", "identifier"]).map(|name| reader.text_of(name).to_owned());
    Below::Skip
}

fn kotlin_class(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let name = node.child_by_field_name("name")?;
    let before = reader.slice(node.start_byte()..name.start_byte());
    let has = |word: &str| before.split_whitespace().any(|part| part == word);
    let kind = match (has("interface"), has("enum")) {
        (true, _) => SymbolKind::Interface,
        (_, true) => SymbolKind::Enum,
        _ => SymbolKind::Class,
    };
    Some(Head::new(kind, name).body(child_of(node, &["class_body", "enum_class_body"])))
}

fn kotlin_object(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let name = node.child_by_field_name("name")?;
    Some(Head::new(SymbolKind::Class, name).body(child_of(node, &["class_body"])))
}

/// The owner of an extension is the type before its name.
fn kotlin_function(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let name = node.child_by_field_name("name")?;
    let before = reader.slice(node.start_byte()..name.start_byte()).trim_end();
    let owner = before.strip_suffix('.').and_then(|before| {
        let receiver = before
            .rsplit_once("fun ")
            .map_or(before, |(_, receiver)| receiver)
            .trim_start();
        let receiver = match receiver.strip_prefix('<') {
            Some(parameters) => parameters.split_once("> ").map_or("", |(_, receiver)| receiver),
            None => receiver,
        };
        let name = receiver.split(['<', '?']).next().unwrap_or("").trim();
        name.rsplit('.').find(|word| !word.is_empty())
    });
    let kind = if owner.is_some() {
        SymbolKind::Method
    } else {
        SymbolKind::Function
    };
    let head = Head::new(kind, name).body(child_of(node, &["function_body"]));
    Some(head.owner(owner.map(str::to_owned)))
}

fn kotlin_property(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    if reader.in_function() {
        return None;
    }
    let name = child_of(child_of(node, &["variable_declaration"])?, &["identifier"])?;
    let kind = if is_constant_name(reader.text_of(name)) {
        SymbolKind::Constant
    } else {
        SymbolKind::Variable
    };
    Some(Head::new(kind, name).body(child_of(node, &["getter", "setter"])))
}

/// `val` and `var` in a constructor's parameters make fields.
fn kotlin_parameter(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let name = child_of(node, &["identifier"])?;
    let before = reader.slice(node.start_byte()..name.start_byte());
    if before
        .split_whitespace()
        .any(|word| matches!(word, "val" | "var"))
    {
        return Some(Head::new(SymbolKind::Field, name));
    }
    reader.begin_bound(name);
    None
}

fn kotlin_entry(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    Some(Head::new(SymbolKind::Variant, child_of(node, &["identifier"])?))
}

fn kotlin_alias(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    Some(Head::new(SymbolKind::Type, node.child_by_field_name("type")?))
}

fn kotlin_import(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    let text = reader.text_of(node).trim().trim_end_matches(';');
    let path = text.strip_prefix("import").unwrap_or(text).trim();
    match path.split_once(" as ") {
        Some((path, alias)) => import_dotted(reader, node, path.trim(), Some(alias.trim())),
        None => import_dotted(reader, node, path, None),
    }
    Below::Skip
}

fn kotlin_package(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    reader.facts.package = node.named_child(0).map(|name| reader.text_of(name).to_owned());
    Below::Skip
}

/// The name of `name = value` in arguments is a label.
fn kotlin_argument(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    if let (Some(name), Some("=")) = (node.child(0), node.child(1).map(|child| child.kind())) {
        reader.skip_name(name);
    }
    Below::Read
}

fn signals(reader: &mut Reader<'_>, site: &Site<'_>) {
    match site.name {
        "getenv" if site.receiver == Some("System") => environment(reader, site),
        "GetMapping" | "PostMapping" | "PutMapping" | "DeleteMapping" | "PatchMapping" | "RequestMapping"
        | "Path"
            if site.in_attribute =>
        {
            let method = site
                .name
                .strip_suffix("Mapping")
                .filter(|method| *method != "Request");
            let path = literals(site.after)
                .first()
                .copied()
                .filter(|_| site.after.starts_with('('))
                .unwrap_or("/");
            reader.signal(
                SignalKind::Route,
                path,
                method.map(str::to_uppercase).as_deref(),
                site.span(),
            );
        }
        "get" | "post" | "put" | "delete" | "patch"
            if site.kind == ReferenceKind::Call
                && reader.path.as_str().ends_with(".kt")
                && site.receiver.is_none() =>
        {
            if let Some(path) = literal(site.after).filter(|path| path.starts_with('/')) {
                reader.signal(
                    SignalKind::Route,
                    path,
                    Some(&site.name.to_uppercase()),
                    site.span(),
                );
            }
        }
        "Option" if site.in_attribute => flag(reader, site),
        _ => {}
    }
}

/// Scala and others share the look of imports: `a.b.{C, D => E}`.
pub(super) fn import_group(reader: &mut Reader<'_>, node: Node<'_>, path: &str) {
    let Some((prefix, group)) = path.split_once('{') else {
        import_dotted(reader, node, path, None);
        return;
    };
    let prefix = split_path(prefix, ".");
    for name in group.trim_end_matches('}').split(',') {
        let (name, alias) = match name.split_once("=>").or_else(|| name.split_once(" as ")) {
            Some((name, alias)) => (name.trim(), Some(alias.trim())),
            None => (name.trim(), None),
        };
        let imported = match name {
            "" => continue,
            "_" | "*" => ImportedName::Glob,
            _ => ImportedName::Name(name.to_owned()),
        };
        reader.import(node, prefix.clone(), imported, alias);
    }
}
