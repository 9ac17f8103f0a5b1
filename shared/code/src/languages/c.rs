//! C and C++.

use deepwiki_domain::facts::{ImportedName, ReferenceKind, SymbolKind, Visibility};
use tree_sitter::Node;

use super::common::{environment, long, split_path, starts_here};
use crate::reader::{
    Reader,
    spec::{Below, Head, Rule, Shape, Site, Spec, Style},
};

macro_rules! with_c {
    ($($rule:expr,)*) => {
        &[
            ("function_definition", Rule::DefineBy(function_head)),
            ("declaration", Rule::DefineBy(declaration_head)),
            ("field_declaration", Rule::DefineBy(field_head)),
            ("struct_specifier", Rule::DefineBy(struct_head)),
            ("union_specifier", Rule::DefineBy(struct_head)),
            ("enum_specifier", Rule::DefineBy(enum_head)),
            ("enumerator", Rule::Define(SymbolKind::Variant)),
            ("type_definition", Rule::DefineBy(typedef_head)),
            ("preproc_def", Rule::DefineBy(define_head)),
            ("preproc_function_def", Rule::DefineBy(macro_head)),
            ("preproc_include", Rule::Hook(include)),
            ("preproc_ifdef", Rule::Label("name")),
            ("preproc_defined", Rule::Opaque),
            ("comment", Rule::Opaque),
            ("string_literal", Rule::Opaque),
            ("field_designator", Rule::Opaque),
            ("identifier", Rule::Name(ReferenceKind::Value)),
            ("type_identifier", Rule::Name(ReferenceKind::Type)),
            ("field_identifier", Rule::Member),
            ("parameter_declaration", Rule::Bind(&["declarator"])),
            ("init_declarator", Rule::Bind(&["declarator"])),
            $($rule,)*
        ]
    };
}

const STYLE: Style = Style {
    line_comments: &["//"],
    block_comments: &[("/*", "*/")],
    separators: &["->", "."],
    generic_calls: false,
    bang_calls: false,
    keywords: &[
        "NULL", "size_t", "uint8_t", "uint32_t", "uint64_t", "int32_t", "int64_t", "uint16_t", "std",
    ],
};

const BRANCHES: &[&str] = &[
    "if_statement",
    "for_statement",
    "while_statement",
    "do_statement",
    "case_statement",
    "conditional_expression",
    "&&",
    "||",
];

pub(super) static C: Spec = Spec {
    grammar: || tree_sitter_c::LANGUAGE.into(),
    rules: with_c!(),
    branches: BRANCHES,
    style: STYLE,
    visibility,
    is_test: |_, _| false,
    signals,
    defined: entry_point,
};

pub(super) static CPP: Spec = Spec {
    grammar: || tree_sitter_cpp::LANGUAGE.into(),
    rules: with_c!(
        ("class_specifier", Rule::DefineBy(class_head)),
        ("namespace_definition", Rule::Define(SymbolKind::Module)),
        ("template_declaration", Rule::Wrapper(true)),
        ("alias_declaration", Rule::Define(SymbolKind::Type)),
        ("concept_definition", Rule::Define(SymbolKind::Trait)),
        ("base_class_clause", Rule::Context(ReferenceKind::Inherit)),
        ("template_argument_list", Rule::Context(ReferenceKind::Type)),
        ("access_specifier", Rule::Hook(access)),
        ("using_declaration", Rule::Hook(using)),
        ("friend_declaration", Rule::Opaque),
        ("raw_string_literal", Rule::Opaque),
        ("namespace_identifier", Rule::Opaque),
        ("optional_parameter_declaration", Rule::Bind(&["declarator"])),
        ("for_range_loop", Rule::Bind(&["declarator"])),
        ("type_parameter_declaration", Rule::Hook(type_parameter)),
    ),
    branches: &[
        "if_statement",
        "for_statement",
        "for_range_loop",
        "while_statement",
        "do_statement",
        "case_statement",
        "catch_clause",
        "conditional_expression",
        "&&",
        "||",
    ],
    style: Style {
        separators: &["::", "->", "."],
        generic_calls: true,
        ..STYLE
    },
    visibility,
    is_test: |_, shape| shape.before_name.is_empty() && shape.text.starts_with("TEST"),
    signals,
    defined: entry_point,
};

/// The name inside a declarator such as `*A::f(int)`, and the type before it. Whether it declares a function is
/// told by whether one was passed on the way.
fn declared<'a>(node: Node<'a>) -> Option<(Node<'a>, Option<Node<'a>>, bool)> {
    let mut declarator = node.child_by_field_name("declarator")?;
    let (mut scope, mut is_function) = (None, false);
    loop {
        match declarator.kind() {
            "identifier" | "field_identifier" | "type_identifier" | "operator_name" | "destructor_name"
            | "operator_cast" => {
                return Some((declarator, scope, is_function));
            }
            "qualified_identifier" => {
                scope = declarator.child_by_field_name("scope").or(scope);
                declarator = declarator.child_by_field_name("name")?;
            }
            kind => {
                is_function |= kind == "function_declarator";
                let inner = declarator.child_by_field_name("declarator");
                let first = || {
                    declarator
                        .child_by_field_name("name")
                        .or_else(|| declarator.named_child(0))
                };
                declarator = inner.or_else(first)?;
            }
        }
    }
}

fn function_head(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let (name, scope, _) = declared(node)?;
    let owner = scope.map(|scope| reader.text_of(scope).split('<').next().unwrap_or("").to_owned());
    let in_type = matches!(reader.scope_kind(), Some(SymbolKind::Class | SymbolKind::Struct));
    let is_method = owner
        .as_deref()
        .is_some_and(|owner| owner.starts_with(char::is_uppercase))
        || in_type;
    let kind = if is_method {
        SymbolKind::Method
    } else {
        SymbolKind::Function
    };
    let head = Head::new(kind, name)
        .body(node.child_by_field_name("body"))
        .owner(owner);
    // `TEST(Suite, Name) { … }`
    if reader.text_of(name).starts_with("TEST") && node.child_by_field_name("type").is_none() {
        let text = reader.slice(name.end_byte()..node.child_by_field_name("body")?.start_byte());
        let called = text.trim().trim_matches(['(', ')']).replace(", ", ".");
        return Some(head.called(called));
    }
    Some(head)
}

/// A declaration outside functions declares functions and variables; inside, it binds.
fn declaration_head(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let declarator = node.child_by_field_name("declarator")?;
    if reader.in_function() {
        if declarator.kind() != "init_declarator" {
            reader.begin_bound(declarator);
        }
        return None;
    }
    let (name, scope, is_function) = declared(node)?;
    let owner = scope.map(|scope| reader.text_of(scope).to_owned());
    let is_constant = || {
        reader
            .slice(node.start_byte()..name.start_byte())
            .contains("const")
    };
    let kind = match is_function {
        true => SymbolKind::Function,
        false if is_constant() => SymbolKind::Constant,
        false => SymbolKind::Variable,
    };
    let value = declarator.child_by_field_name("value");
    let head = Head::new(kind, name).owner(owner).body(long(value));
    Some(head)
}

fn field_head(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let (name, _, is_function) = declared(node)?;
    // A pointer to a function is a field.
    let is_pointer = reader.slice(node.start_byte()..name.start_byte()).ends_with("(*");
    let kind = if is_function && !is_pointer {
        SymbolKind::Method
    } else {
        SymbolKind::Field
    };
    Some(Head::new(kind, name))
}

fn class_head(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    type_head(SymbolKind::Class, node)
}

fn struct_head(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    type_head(SymbolKind::Struct, node).filter(|_| reader.around(0) != "type_definition")
}

fn enum_head(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    type_head(SymbolKind::Enum, node).filter(|_| reader.around(0) != "type_definition")
}

/// A type with a body; without one it is only named. A `typedef` around it defines it.
fn type_head(kind: SymbolKind, node: Node<'_>) -> Option<Head> {
    node.child_by_field_name("body")?;
    Head::of(kind, node)
}

/// `typedef struct { … } Name;` names the structure, and `typedef struct tag { … } Name;` does so once more.
fn typedef_head(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let (name, ..) = declared(node)?;
    let inner = node.child_by_field_name("type")?;
    let kind = match (inner.child_by_field_name("body"), inner.kind()) {
        (Some(_), "struct_specifier" | "union_specifier") => SymbolKind::Struct,
        (Some(_), "enum_specifier") => SymbolKind::Enum,
        _ => SymbolKind::Type,
    };
    let body = inner.child_by_field_name("body");
    // The name stands behind the body, and a signature must show it.
    let head = Head::new(kind, name);
    Some(match body {
        Some(body) => head.signature_ends(body.start_byte()),
        None => head,
    })
}

/// A macro without a value guards or switches; it defines nothing to speak of.
fn define_head(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    node.child_by_field_name("value")?;
    Head::of(SymbolKind::Constant, node)
}

fn macro_head(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let value = node.child_by_field_name("value");
    Some(Head::new(SymbolKind::Macro, node.child_by_field_name("name")?).body(value))
}

/// `"x.h"` is looked for beside the file, `<x.h>` is not.
fn include(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    let path = reader.field(node, "path").unwrap_or("");
    let name = path.trim_matches(['"', '<', '>']);
    let path = if path.starts_with('"') && !name.starts_with('.') {
        format!("./{name}")
    } else {
        name.to_owned()
    };
    if !name.is_empty() {
        reader.import(node, vec![path], ImportedName::Whole, None);
    }
    Below::Skip
}

fn access(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    if reader.around(0) == "field_declaration_list" {
        reader.begin_section(match reader.text_of(node) {
            "public" => Visibility::Public,
            "protected" => Visibility::Internal,
            _ => Visibility::Private,
        });
    }
    Below::Skip
}

fn using(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    let text = reader.text_of(node).trim_end_matches(';').trim();
    let path = text.strip_prefix("using").unwrap_or(text).trim();
    if let Some(namespace) = path.strip_prefix("namespace ") {
        reader.import(node, split_path(namespace, "::"), ImportedName::Glob, None);
    } else {
        let mut parts = split_path(path, "::");
        if let Some(name) = parts.pop() {
            reader.import(node, parts, ImportedName::Name(name), None);
        }
    }
    Below::Skip
}

fn type_parameter(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    if let Some(name) = node.named_child(0) {
        let name = reader.text_of(name);
        reader.bind(name);
    }
    Below::Skip
}

fn visibility(reader: &Reader<'_>, shape: &Shape<'_>) -> Visibility {
    match shape.container {
        Some(SymbolKind::Class) => reader.section().unwrap_or(Visibility::Private),
        Some(SymbolKind::Struct) => reader.section().unwrap_or(Visibility::Public),
        _ if shape.has("static") => Visibility::Private,
        _ => Visibility::Public,
    }
}

fn signals(reader: &mut Reader<'_>, site: &Site<'_>) {
    if matches!(site.name, "getenv" | "secure_getenv") {
        environment(reader, site);
    }
}

fn entry_point(reader: &mut Reader<'_>, shape: &Shape<'_>, _: u32) {
    if shape.name == "main" && shape.kind == SymbolKind::Function && shape.text.ends_with('}') {
        starts_here(reader, shape);
    }
}

/// Whether a header holds C++ rather than C.
pub(super) fn is_cpp(header: &str) -> bool {
    header.lines().any(|line| {
        let line = line.trim_start();
        [
            "class ",
            "namespace ",
            "template<",
            "template <",
            "using ",
            "public:",
            "private:",
            "protected:",
        ]
        .iter()
        .any(|mark| line.starts_with(mark))
            || line.starts_with("#include <") && !line.contains(".h")
    })
}
