//! Haskell and OCaml.

use deepwiki_domain::facts::{Definition, ImportedName, ReferenceKind, SymbolKind};
use tree_sitter::Node;

use super::common::{child_of, split_path, starts_here};
use crate::reader::{
    Reader,
    spec::{Below, Head, Rule, Spec, Style, always_public, never_a_test, no_signals, not_told},
};

pub(super) static HASKELL: Spec = Spec {
    grammar: || tree_sitter_haskell::LANGUAGE.into(),
    rules: &[
        ("header", Rule::Hook(haskell_header)),
        ("function", Rule::DefineBy(haskell_function)),
        ("bind", Rule::DefineBy(haskell_function)),
        ("signature", Rule::DefineBy(haskell_signature)),
        ("data_type", Rule::Define(SymbolKind::Type)),
        ("newtype", Rule::Define(SymbolKind::Type)),
        ("type_synonym", Rule::Define(SymbolKind::Type)),
        ("class", Rule::DefineBy(haskell_class)),
        ("instance", Rule::DefineBy(haskell_instance)),
        ("data_constructor", Rule::DefineBy(haskell_constructor)),
        ("field", Rule::DefineBy(haskell_field)),
        ("import", Rule::Hook(haskell_import)),
        ("comment", Rule::Opaque),
        ("haddock", Rule::Opaque),
        ("string", Rule::Opaque),
        ("variable", Rule::Name(ReferenceKind::Value)),
        ("constructor", Rule::Name(ReferenceKind::Value)),
        ("name", Rule::Name(ReferenceKind::Type)),
        ("module_id", Rule::Opaque),
        ("apply", Rule::Call("function")),
        ("patterns", Rule::Bind(&[])),
    ],
    branches: &["conditional", "alternative", "guards"],
    style: Style {
        line_comments: &["--"],
        block_comments: &[("{-", "-}")],
        separators: &["."],
        generic_calls: false,
        bang_calls: false,
        keywords: &[
            "String",
            "Int",
            "IO",
            "Maybe",
            "Just",
            "Nothing",
            "otherwise",
            "return",
            "pure",
        ],
    },
    visibility: always_public,
    is_test: never_a_test,
    signals: |reader, site| {
        if matches!(site.name, "lookupEnv" | "getEnv") {
            super::common::environment(reader, site);
        }
    },
    defined: |reader, shape, _| {
        if shape.name == "main" && shape.container.is_none() && shape.kind == SymbolKind::Function {
            starts_here(reader, shape);
        }
    },
};

pub(super) static OCAML: Spec = Spec {
    grammar: || tree_sitter_ocaml::LANGUAGE_OCAML.into(),
    ..OCAML_BASE
};

pub(super) static OCAML_INTERFACE: Spec = Spec {
    grammar: || tree_sitter_ocaml::LANGUAGE_OCAML_INTERFACE.into(),
    ..OCAML_BASE
};

const OCAML_BASE: Spec = Spec {
    grammar: || tree_sitter_ocaml::LANGUAGE_OCAML.into(),
    rules: &[
        ("let_binding", Rule::DefineBy(ocaml_let)),
        ("value_specification", Rule::DefineBy(ocaml_value)),
        ("external", Rule::DefineBy(ocaml_value)),
        ("type_binding", Rule::Define(SymbolKind::Type)),
        ("constructor_declaration", Rule::DefineBy(ocaml_constructor)),
        ("field_declaration", Rule::DefineBy(ocaml_field)),
        ("module_binding", Rule::DefineBy(ocaml_module)),
        ("module_type_definition", Rule::DefineBy(ocaml_module)),
        ("class_binding", Rule::DefineBy(ocaml_class)),
        ("method_definition", Rule::DefineBy(ocaml_method)),
        ("value_definition", Rule::Wrapper(true)),
        ("type_definition", Rule::Wrapper(true)),
        ("module_definition", Rule::Wrapper(true)),
        ("open_module", Rule::Hook(ocaml_open)),
        ("include_module", Rule::Hook(ocaml_open)),
        ("comment", Rule::Opaque),
        ("string", Rule::Opaque),
        ("label_name", Rule::Opaque),
        ("value_name", Rule::Name(ReferenceKind::Value)),
        ("constructor_name", Rule::Name(ReferenceKind::Value)),
        ("type_constructor", Rule::Name(ReferenceKind::Type)),
        ("module_name", Rule::Name(ReferenceKind::Value)),
        ("field_name", Rule::Member),
        ("application_expression", Rule::Call("function")),
        ("parameter", Rule::Bind(&["pattern"])),
        ("value_pattern", Rule::Hook(ocaml_pattern)),
    ],
    branches: &[
        "if_expression",
        "match_case",
        "for_expression",
        "while_expression",
    ],
    style: Style {
        line_comments: &[],
        block_comments: &[("(*", "*)")],
        separators: &["."],
        generic_calls: false,
        bang_calls: false,
        keywords: &["_", "string", "int", "bool", "list", "unit", "option"],
    },
    visibility: always_public,
    is_test: never_a_test,
    signals: no_signals,
    defined: not_told,
};

fn haskell_header(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    reader.facts.package = reader.field(node, "module").map(str::to_owned);
    Below::Skip
}

/// The equations of a function follow each other; the first one defines it.
fn haskell_function(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let name = node.child_by_field_name("name")?;
    let text = reader.text_of(name);
    if reader.in_function() {
        reader.bind(text);
        return None;
    }
    let scope = reader.scope();
    let same = |definition: &Definition| {
        let kind = matches!(definition.kind, SymbolKind::Function | SymbolKind::Method);
        definition.container == scope && kind && definition.name == text
    };
    let definitions = &reader.facts.definitions;
    let recent = definitions.len().saturating_sub(40);
    let defined = definitions
        .iter()
        .skip(recent)
        .position(same)
        .map(|at| at + recent);
    let body = node.child_by_field_name("match");
    let continues = defined.and_then(|index| u32::try_from(index).ok());
    Some(Head {
        continues,
        ..Head::new(SymbolKind::Function, name).body(body)
    })
}

/// A type signature documents the function that follows; in a class it declares a method.
fn haskell_signature(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let name = node.child_by_field_name("name")?;
    if reader.scope_kind() == Some(SymbolKind::Trait) {
        return Some(Head::new(SymbolKind::Method, name));
    }
    reader.skip_name(name);
    if reader.scope().is_none() {
        reader.lead_to_next(node);
    }
    None
}

fn haskell_class(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let name = node.child_by_field_name("name")?;
    Some(Head::new(SymbolKind::Trait, name).body(node.child_by_field_name("declarations")))
}

fn haskell_instance(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let name = node.child_by_field_name("name")?;
    let subject = node.child_by_field_name("patterns")?;
    let owner = reader
        .text_of(subject)
        .trim_matches(['(', ')'])
        .split(' ')
        .next()
        .unwrap_or("")
        .to_owned();
    let head = Head::new(SymbolKind::Implementation, subject)
        .called(owner.clone())
        .inherits(Some(name));
    Some(
        head.owner(Some(owner))
            .body(node.child_by_field_name("declarations")),
    )
}

fn haskell_constructor(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let inner = node.child_by_field_name("constructor")?;
    let name = inner
        .child_by_field_name("name")
        .or_else(|| inner.named_child(0))?;
    Some(Head::new(SymbolKind::Variant, name))
}

fn haskell_field(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    Some(Head::new(SymbolKind::Field, node.child_by_field_name("name")?))
}

/// `import qualified A.B as C (d, e)`
fn haskell_import(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    let Some(module) = reader.field(node, "module") else {
        return Below::Skip;
    };
    let path = split_path(module, ".");
    let alias = reader.field(node, "alias");
    let Some(names) = node.child_by_field_name("names") else {
        let name = if alias.is_some() {
            ImportedName::Whole
        } else {
            ImportedName::Glob
        };
        reader.import(node, path, name, alias);
        return Below::Skip;
    };
    let mut cursor = names.walk();
    for name in names.named_children(&mut cursor) {
        let name = reader.text_of(name).split('(').next().unwrap_or("").trim();
        if !name.is_empty() {
            reader.import(node, path.clone(), ImportedName::Name(name.to_owned()), None);
        }
    }
    Below::Skip
}

/// A binding at the top of a module; inside another it is local.
fn ocaml_let(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let pattern = node.child_by_field_name("pattern")?;
    let name = if pattern.kind() == "value_name" {
        pattern
    } else {
        child_of(pattern, &["value_name"]).unwrap_or(pattern)
    };
    if name.kind() != "value_name" {
        return None;
    }
    if reader.in_function() || reader.scope_kind() == Some(SymbolKind::Variable) {
        let text = reader.text_of(name);
        reader.bind(text);
        return None;
    }
    let body = node.child_by_field_name("body");
    let is_function = child_of(node, &["parameter"]).is_some()
        || body.is_some_and(|body| matches!(body.kind(), "fun_expression" | "function_expression"));
    let kind = if is_function {
        SymbolKind::Function
    } else {
        SymbolKind::Variable
    };
    Some(Head::new(kind, name).body(body))
}

fn ocaml_value(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    Some(Head::new(SymbolKind::Function, child_of(node, &["value_name"])?))
}

fn ocaml_constructor(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    Some(Head::new(
        SymbolKind::Variant,
        child_of(node, &["constructor_name"])?,
    ))
}

fn ocaml_field(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    Some(Head::new(SymbolKind::Field, child_of(node, &["field_name"])?))
}

fn ocaml_module(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let name = child_of(node, &["module_name", "module_type_name"])?;
    Some(Head::new(SymbolKind::Module, name).body(node.child_by_field_name("body")))
}

fn ocaml_class(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    Some(
        Head::new(SymbolKind::Class, child_of(node, &["class_name"])?).body(node.child_by_field_name("body")),
    )
}

fn ocaml_method(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    Some(
        Head::new(SymbolKind::Method, child_of(node, &["method_name"])?)
            .body(node.child_by_field_name("body")),
    )
}

fn ocaml_open(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    if let Some(module) = reader.field(node, "module") {
        reader.import(node, split_path(module, "."), ImportedName::Glob, None);
    }
    Below::Skip
}

fn ocaml_pattern(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    let name = reader.text_of(node);
    reader.bind(name);
    Below::Skip
}
