//! Scala, Swift, Dart and Zig.

use deepwiki_domain::facts::{ImportedName, ReferenceKind, SymbolKind, Visibility};
use tree_sitter::Node;

use super::common::{by_modifiers, child_of, environment, is_constant_name, long, starts_here};
use super::jvm::import_group;
use crate::reader::{
    Reader, literal,
    spec::{Below, Head, Rule, Site, Spec, Style},
};

pub(super) static SCALA: Spec = Spec {
    grammar: || tree_sitter_scala::LANGUAGE.into(),
    rules: &[
        ("class_definition", Rule::Define(SymbolKind::Class)),
        ("object_definition", Rule::Define(SymbolKind::Class)),
        ("package_object", Rule::Define(SymbolKind::Module)),
        ("trait_definition", Rule::Define(SymbolKind::Trait)),
        ("enum_definition", Rule::Define(SymbolKind::Enum)),
        ("simple_enum_case", Rule::Define(SymbolKind::Variant)),
        ("full_enum_case", Rule::Define(SymbolKind::Variant)),
        ("function_definition", Rule::Define(SymbolKind::Function)),
        ("function_declaration", Rule::Define(SymbolKind::Function)),
        ("type_definition", Rule::Define(SymbolKind::Type)),
        ("val_definition", Rule::DefineBy(scala_value)),
        ("var_definition", Rule::DefineBy(scala_value)),
        ("class_parameter", Rule::Define(SymbolKind::Field)),
        ("extends_clause", Rule::Context(ReferenceKind::Inherit)),
        ("arguments", Rule::Context(ReferenceKind::Value)),
        ("type_arguments", Rule::Context(ReferenceKind::Type)),
        ("import_declaration", Rule::Hook(scala_import)),
        ("package_clause", Rule::Hook(scala_package)),
        ("annotation", Rule::Attribute),
        ("comment", Rule::Opaque),
        ("block_comment", Rule::Opaque),
        ("string", Rule::Opaque),
        ("package_identifier", Rule::Opaque),
        ("identifier", Rule::Name(ReferenceKind::Value)),
        ("type_identifier", Rule::Name(ReferenceKind::Type)),
        ("call_expression", Rule::Call("function")),
        ("parameter", Rule::Bind(&["name"])),
        ("binding", Rule::Bind(&["name"])),
        ("lambda_expression", Rule::Bind(&["parameters"])),
        ("case_clause", Rule::Bind(&["pattern"])),
        ("enumerator", Rule::Bind(&[])),
    ],
    branches: &[
        "if_expression",
        "case_clause",
        "while_expression",
        "for_expression",
        "catch_clause",
    ],
    style: Style {
        line_comments: &["//"],
        block_comments: &[("/*", "*/")],
        separators: &["."],
        generic_calls: false,
        bang_calls: false,
        keywords: &["String", "Int", "Boolean", "Unit", "Any", "Long", "_", "this"],
    },
    visibility: |_, shape| by_modifiers(shape, Visibility::Public),
    is_test: |_, shape| shape.lead.contains("@Test"),
    signals: jvm_environment,
    defined: |reader, shape, _| {
        if shape.name == "main" && matches!(shape.kind, SymbolKind::Method | SymbolKind::Function) {
            starts_here(reader, shape);
        }
    },
};

pub(super) static SWIFT: Spec = Spec {
    grammar: || tree_sitter_swift::LANGUAGE.into(),
    rules: &[
        ("class_declaration", Rule::DefineBy(swift_type)),
        ("protocol_declaration", Rule::Define(SymbolKind::Trait)),
        ("function_declaration", Rule::Define(SymbolKind::Function)),
        ("protocol_function_declaration", Rule::Define(SymbolKind::Method)),
        ("init_declaration", Rule::Define(SymbolKind::Method)),
        ("property_declaration", Rule::DefineBy(swift_property)),
        ("protocol_property_declaration", Rule::DefineBy(swift_property)),
        ("enum_entry", Rule::Define(SymbolKind::Variant)),
        ("typealias_declaration", Rule::Define(SymbolKind::Type)),
        ("inheritance_specifier", Rule::Context(ReferenceKind::Inherit)),
        ("type_arguments", Rule::Context(ReferenceKind::Type)),
        ("import_declaration", Rule::Hook(swift_import)),
        ("attribute", Rule::Attribute),
        ("comment", Rule::Opaque),
        ("multiline_comment", Rule::Opaque),
        ("line_str_text", Rule::Opaque),
        ("value_argument_label", Rule::Opaque),
        ("simple_identifier", Rule::Name(ReferenceKind::Value)),
        ("type_identifier", Rule::Name(ReferenceKind::Type)),
        ("call_expression", Rule::Call("")),
        ("parameter", Rule::Hook(swift_parameter)),
        ("lambda_parameter", Rule::Bind(&[])),
        ("for_statement", Rule::Bind(&["item"])),
        ("if_statement", Rule::Bind(&["bound_identifier"])),
        ("guard_statement", Rule::Bind(&["bound_identifier"])),
    ],
    branches: &[
        "if_statement",
        "guard_statement",
        "for_statement",
        "while_statement",
        "switch_entry",
        "catch_block",
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
        keywords: &["self", "Self", "String", "Int", "Bool", "Any", "Void", "nil"],
    },
    visibility: |_, shape| by_modifiers(shape, Visibility::Internal),
    is_test: |reader, shape| {
        let in_tests = reader.path.as_str().contains("Tests");
        in_tests && shape.kind == SymbolKind::Method && shape.name.starts_with("test")
            || shape.lead.contains("@Test")
    },
    signals: |reader, site| {
        if site.name == "environment" && site.after.starts_with('[') {
            environment(reader, site);
        }
    },
    defined: |reader, shape, _| {
        if shape.lead.contains("@main") {
            starts_here(reader, shape);
        }
    },
};

pub(super) static DART: Spec = Spec {
    grammar: || tree_sitter_dart::LANGUAGE.into(),
    rules: &[
        ("class_declaration", Rule::Define(SymbolKind::Class)),
        ("mixin_declaration", Rule::Define(SymbolKind::Trait)),
        ("extension_declaration", Rule::DefineBy(dart_extension)),
        ("enum_declaration", Rule::Define(SymbolKind::Enum)),
        ("enum_entry", Rule::Define(SymbolKind::Variant)),
        ("function_declaration", Rule::DefineBy(dart_function)),
        ("getter_declaration", Rule::DefineBy(dart_function)),
        ("setter_declaration", Rule::DefineBy(dart_function)),
        ("method_declaration", Rule::DefineBy(dart_method)),
        ("local_function_declaration", Rule::DefineBy(dart_local)),
        ("declaration", Rule::DefineBy(dart_member)),
        ("top_level_variable_declaration", Rule::DefineBy(dart_variable)),
        ("type_alias", Rule::DefineBy(dart_alias)),
        ("superclass", Rule::Context(ReferenceKind::Inherit)),
        ("interfaces", Rule::Context(ReferenceKind::Inherit)),
        ("mixins", Rule::Context(ReferenceKind::Inherit)),
        ("type_arguments", Rule::Context(ReferenceKind::Type)),
        ("import_or_export", Rule::Hook(dart_import)),
        ("part_directive", Rule::Hook(dart_import)),
        ("annotation", Rule::Attribute),
        ("comment", Rule::Opaque),
        ("documentation_comment", Rule::Opaque),
        ("label", Rule::Opaque),
        ("identifier", Rule::Name(ReferenceKind::Value)),
        ("type_identifier", Rule::Name(ReferenceKind::Type)),
        ("formal_parameter", Rule::Bind(&[])),
        ("initialized_variable_declaration", Rule::Bind(&["name"])),
        ("catch_clause", Rule::Bind(&["exception", "stack_trace"])),
        ("for_statement", Rule::Bind(&["name"])),
        ("type_parameter", Rule::Bind(&["name"])),
    ],
    branches: &[
        "if_statement",
        "for_statement",
        "while_statement",
        "do_statement",
        "switch_statement_case",
        "switch_expression_case",
        "catch_clause",
        "conditional_expression",
        "&&",
        "||",
        "??",
    ],
    style: Style {
        line_comments: &["//"],
        block_comments: &[("/*", "*/")],
        separators: &["?.", "..", "."],
        generic_calls: true,
        bang_calls: false,
        keywords: &[
            "String", "override", "print", "this", "super", "dynamic", "Object",
        ],
    },
    visibility: |_, shape| {
        if shape.name.starts_with('_') {
            Visibility::Private
        } else {
            Visibility::Public
        }
    },
    is_test: |_, _| false,
    signals: |reader, site| {
        if site.name == "environment" && site.receiver == Some("Platform") {
            environment(reader, site);
        }
    },
    defined: |reader, shape, _| {
        if shape.name == "main" && shape.container.is_none() {
            starts_here(reader, shape);
        }
    },
};

pub(super) static ZIG: Spec = Spec {
    grammar: || tree_sitter_zig::LANGUAGE.into(),
    rules: &[
        ("function_declaration", Rule::Define(SymbolKind::Function)),
        ("variable_declaration", Rule::DefineBy(zig_variable)),
        ("container_field", Rule::DefineBy(zig_field)),
        ("test_declaration", Rule::DefineBy(zig_test)),
        ("builtin_function", Rule::Hook(zig_builtin)),
        ("field_initializer", Rule::Hook(zig_initializer)),
        ("comment", Rule::Opaque),
        ("string", Rule::Opaque),
        ("block_label", Rule::Opaque),
        ("break_label", Rule::Opaque),
        ("identifier", Rule::Name(ReferenceKind::Value)),
        ("parameter", Rule::Parts(&["type"], &["name"])),
        ("payload", Rule::Bind(&[])),
    ],
    branches: &[
        "if_statement",
        "if_expression",
        "for_statement",
        "for_expression",
        "while_statement",
        "while_expression",
        "switch_case",
        "catch_expression",
        "and",
        "or",
        "orelse",
    ],
    style: Style {
        line_comments: &["//"],
        block_comments: &[],
        separators: &["."],
        generic_calls: false,
        bang_calls: false,
        keywords: &["_", "self"],
    },
    visibility: |_, shape| {
        if shape.has("pub") || shape.has("export") {
            Visibility::Public
        } else {
            Visibility::Private
        }
    },
    is_test: |_, shape| shape.text.starts_with("test"),
    signals: |reader, site| {
        if matches!(site.name, "getenv" | "getEnvVarOwned") {
            environment(reader, site);
        }
    },
    defined: |reader, shape, _| {
        if shape.name == "main" && shape.container.is_none() && shape.has("pub") {
            starts_here(reader, shape);
        }
    },
};

fn jvm_environment(reader: &mut Reader<'_>, site: &Site<'_>) {
    let is_map = site.name == "env" && site.receiver == Some("sys");
    if site.name == "getenv" || is_map || site.name == "get" && site.receiver == Some("env") {
        environment(reader, site);
    }
}

fn scala_value(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let pattern = node.child_by_field_name("pattern")?;
    if reader.in_function() {
        reader.begin_bound(pattern);
        return None;
    }
    (pattern.kind() == "identifier")
        .then(|| Head::new(SymbolKind::Variable, pattern).body(long(node.child_by_field_name("value"))))
}

fn scala_import(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    let text = reader.text_of(node);
    let text = text.strip_prefix("import").unwrap_or(text).trim().to_owned();
    // `import a.b, c.{d, e}` names several.
    let mut depth = 0;
    for path in text.split(|c: char| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    }) {
        import_group(reader, node, path.trim());
    }
    Below::Skip
}

fn scala_package(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    if reader.facts.package.is_none() {
        reader.facts.package = reader.field(node, "name").map(str::to_owned);
    }
    Below::Read
}

fn swift_type(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let name = node.child_by_field_name("name")?;
    let kind = match reader.field(node, "declaration_kind")? {
        "struct" => SymbolKind::Struct,
        "enum" => SymbolKind::Enum,
        "extension" => SymbolKind::Implementation,
        _ => SymbolKind::Class,
    };
    let head = Head::new(kind, name).body(node.child_by_field_name("body"));
    if kind != SymbolKind::Implementation {
        return Some(head);
    }
    let owner = reader.text_of(name).split('<').next().unwrap_or("").to_owned();
    Some(head.called(owner.clone()).owner(Some(owner)))
}

fn swift_property(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let pattern = node.child_by_field_name("name")?;
    if reader.in_function() {
        reader.begin_bound(pattern);
        return None;
    }
    let name = pattern.child_by_field_name("bound_identifier").unwrap_or(pattern);
    let body = node
        .child_by_field_name("computed_value")
        .or_else(|| long(node.child_by_field_name("value")));
    Some(Head::new(SymbolKind::Variable, name).body(body))
}

/// `for` in `func run(for name: Type)` is a label, `name` is bound.
fn swift_parameter(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    if let Some(label) = node.child_by_field_name("external_name") {
        reader.skip_name(label);
    }
    if let Some(name) = node.child_by_field_name("name") {
        reader.begin_bound(name);
    }
    Below::Read
}

fn swift_import(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    if let Some(name) = child_of(node, &["identifier"]) {
        let path = super::common::split_path(reader.text_of(name), ".");
        reader.import(node, path, ImportedName::Whole, None);
    }
    Below::Skip
}

fn dart_extension(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let class = node.child_by_field_name("class")?;
    let owner = reader.text_of(class).split('<').next().unwrap_or("").to_owned();
    let name = node.child_by_field_name("name").unwrap_or(class);
    let head = Head::new(SymbolKind::Implementation, name).body(node.child_by_field_name("body"));
    Some(head.owner(Some(owner)))
}

fn dart_function(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let signature = node.child_by_field_name("signature")?;
    let name = signature.child_by_field_name("name")?;
    Some(Head::new(SymbolKind::Function, name).body(node.child_by_field_name("body")))
}

fn dart_method(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let signature = node.child_by_field_name("signature")?.named_child(0)?;
    dart_signature(reader, signature, node)
}

fn dart_local(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let signature = child_of(node, &["function_signature"])?;
    let name = signature.child_by_field_name("name")?;
    Some(Head::new(SymbolKind::Function, name).body(child_of(node, &["function_body"])))
}

/// A member without a body: an abstract method, a constructor, fields.
fn dart_member(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let mut cursor = node.walk();
    let children: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
    if let Some(signature) = children.iter().find(|child| child.kind().ends_with("signature")) {
        return dart_signature(reader, *signature, node);
    }
    let list = children.iter().find(|child| {
        matches!(
            child.kind(),
            "initialized_identifier_list" | "static_final_declaration_list" | "identifier_list"
        )
    })?;
    let first = list.named_child(0)?;
    Some(Head::new(
        SymbolKind::Field,
        first.child_by_field_name("name").unwrap_or(first),
    ))
}

/// The name of `A.named(…)` is its last part.
fn dart_signature(reader: &mut Reader<'_>, signature: Node<'_>, node: Node<'_>) -> Option<Head> {
    let mut cursor = signature.walk();
    let name = signature
        .children_by_field_name("name", &mut cursor)
        .filter(|name| name.is_named())
        .last();
    let name = name.or_else(|| signature.child_by_field_name("operator"))?;
    let body = node.child_by_field_name("body");
    reader.begin_types(signature.child_by_field_name("return_type"));
    Some(Head::new(SymbolKind::Method, name).body(body))
}

fn dart_variable(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let list = child_of(
        node,
        &["initialized_identifier_list", "static_final_declaration_list"],
    )?;
    let name = list.named_child(0)?.child_by_field_name("name")?;
    let is_constant = reader.text_of(node).starts_with("const");
    let kind = if is_constant {
        SymbolKind::Constant
    } else {
        SymbolKind::Variable
    };
    Some(Head::new(kind, name).body(long(list.named_child(0)?.child_by_field_name("value"))))
}

fn dart_alias(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    Some(Head::new(SymbolKind::Type, child_of(node, &["type_identifier"])?))
}

/// `import 'a.dart' as b;`, `export 'c.dart';`, `part 'd.dart';`
fn dart_import(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    let text = reader.text_of(node);
    let Some(path) = crate::reader::literals(text)
        .first()
        .map(|path| vec![(*path).to_owned()])
    else {
        return Below::Skip;
    };
    let alias = text
        .split_once(" as ")
        .and_then(|(_, rest)| rest.split([' ', ';']).next());
    let name = if alias.is_some() {
        ImportedName::Whole
    } else {
        ImportedName::Glob
    };
    reader.import(node, path, name, alias);
    if let Some(import) = reader.facts.imports.last_mut() {
        import.reexport = text.starts_with("export");
    }
    Below::Skip
}

/// `const A = struct { … }` defines a type, `const a = @import("b")` imports.
fn zig_variable(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let name = child_of(node, &["identifier"])?;
    if reader.in_function() {
        let text = reader.text_of(name);
        reader.bind(text);
        return None;
    }
    let container = child_of(
        node,
        &[
            "struct_declaration",
            "enum_declaration",
            "union_declaration",
            "opaque_declaration",
            "error_set_declaration",
        ],
    );
    let kind = match container.map(|container| container.kind()) {
        Some("enum_declaration" | "error_set_declaration") => SymbolKind::Enum,
        Some(_) => SymbolKind::Struct,
        None if is_constant_name(reader.text_of(name)) => SymbolKind::Constant,
        None => SymbolKind::Variable,
    };
    Some(Head::new(kind, name).body(container))
}

fn zig_field(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let kind = if reader.scope_kind() == Some(SymbolKind::Enum) {
        SymbolKind::Variant
    } else {
        SymbolKind::Field
    };
    let name = node.child_by_field_name("name").or_else(|| node.named_child(0))?;
    reader.begin_types(node.child_by_field_name("type"));
    Some(Head::new(kind, name))
}

/// The name of `.name = value` is a label.
fn zig_initializer(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    if let Some(name) = node.named_child(0) {
        reader.skip_name(name);
    }
    Below::Read
}

fn zig_test(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let name = child_of(node, &["string", "identifier"])?;
    let called = reader.text_of(name).trim_matches('"').to_owned();
    Some(
        Head::new(SymbolKind::Function, name)
            .called(called)
            .body(child_of(node, &["block"])),
    )
}

fn zig_builtin(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    let text = reader.text_of(node);
    if let Some(path) = text.strip_prefix("@import").and_then(literal) {
        reader.require(vec![path.to_owned()], node.start_byte());
    }
    Below::Read
}
