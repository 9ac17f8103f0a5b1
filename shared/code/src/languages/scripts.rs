//! Bash, Lua, Elixir and Julia.

use deepwiki_domain::facts::{ImportedName, ReferenceKind, SignalKind, SymbolKind, Visibility};
use tree_sitter::Node;

use super::common::{child_of, environment, import_dotted, is_constant_name, long, split_path};
use crate::reader::{
    Reader, literals,
    spec::{Below, Head, Rule, Spec, Style, always_public, never_a_test, no_signals, not_told},
};

pub(super) static BASH: Spec = Spec {
    grammar: || tree_sitter_bash::LANGUAGE.into(),
    rules: &[
        ("program", Rule::Hook(bash_program)),
        ("function_definition", Rule::Define(SymbolKind::Function)),
        ("variable_assignment", Rule::DefineBy(bash_variable)),
        ("command", Rule::Hook(bash_command)),
        ("expansion", Rule::Hook(bash_expansion)),
        ("comment", Rule::Opaque),
        ("raw_string", Rule::Opaque),
        ("heredoc_body", Rule::Opaque),
    ],
    branches: &[
        "if_statement",
        "elif_clause",
        "for_statement",
        "while_statement",
        "case_item",
        "&&",
        "||",
    ],
    style: Style {
        line_comments: &["#"],
        block_comments: &[],
        separators: &[],
        generic_calls: false,
        bang_calls: false,
        keywords: &[
            "echo", "cd", "set", "exit", "local", "export", "test", "printf", "return", "shift", "true",
            "false", "[", "rm", "mkdir", "cp", "mv", "cat", "grep", "sed", "read", "eval", "trap", "unset",
            "exec",
        ],
    },
    visibility: always_public,
    is_test: |reader, shape| shape.name.starts_with("test_") && reader.path.as_str().contains("test"),
    signals: no_signals,
    defined: not_told,
};

pub(super) static LUA: Spec = Spec {
    grammar: || tree_sitter_lua::LANGUAGE.into(),
    rules: &[
        ("function_declaration", Rule::DefineBy(lua_function)),
        ("variable_declaration", Rule::Wrapper(true)),
        ("assignment_statement", Rule::DefineBy(lua_assignment)),
        ("comment", Rule::Opaque),
        ("string", Rule::Opaque),
        ("goto_statement", Rule::Opaque),
        ("label_statement", Rule::Opaque),
        ("identifier", Rule::Name(ReferenceKind::Value)),
        ("function_call", Rule::Call("name")),
        ("field", Rule::Label("name")),
        ("parameters", Rule::Bind(&[])),
        ("for_generic_clause", Rule::Hook(lua_for)),
        ("for_numeric_clause", Rule::Bind(&["name"])),
    ],
    branches: &[
        "if_statement",
        "elseif_statement",
        "for_statement",
        "while_statement",
        "repeat_statement",
        "and",
        "or",
    ],
    style: Style {
        line_comments: &["--"],
        block_comments: &[("--[[", "]]")],
        separators: &[".", ":"],
        generic_calls: false,
        bang_calls: false,
        keywords: &["self", "pairs", "ipairs", "print", "type", "require", "_", "nil"],
    },
    visibility: |_, shape| {
        if shape.has("local") {
            Visibility::Private
        } else {
            Visibility::Public
        }
    },
    is_test: never_a_test,
    signals: |reader, site| match (site.name, site.receiver) {
        ("require", None) => {
            if let Some(path) = literals(site.after).first() {
                reader.require(split_path(path, "."), site.start);
            }
        }
        ("getenv", Some("os")) => environment(reader, site),
        _ => {}
    },
    defined: not_told,
};

pub(super) static ELIXIR: Spec = Spec {
    grammar: || tree_sitter_elixir::LANGUAGE.into(),
    rules: &[
        ("call", Rule::DefineBy(elixir_call)),
        ("unary_operator", Rule::Hook(elixir_attribute)),
        ("comment", Rule::Opaque),
        ("atom", Rule::Opaque),
        ("keyword", Rule::Opaque),
        ("quoted_content", Rule::Opaque),
        ("alias", Rule::Name(ReferenceKind::Type)),
        ("identifier", Rule::Name(ReferenceKind::Value)),
        ("stab_clause", Rule::Bind(&["left"])),
    ],
    branches: &["stab_clause", "&&", "||", "and", "or"],
    style: Style {
        line_comments: &["#"],
        block_comments: &[],
        separators: &["."],
        generic_calls: false,
        bang_calls: false,
        keywords: &[
            "_",
            "defmacro",
            "defmacrop",
            "defdelegate",
            "defprotocol",
            "defimpl",
            "defstruct",
            "raise",
            "def",
            "defp",
            "defmodule",
            "if",
            "case",
            "cond",
            "use",
            "import",
            "alias",
            "do",
            "fn",
            "unless",
            "with",
        ],
    },
    visibility: |_, shape| {
        if shape.text.starts_with("defp") {
            Visibility::Private
        } else {
            Visibility::Public
        }
    },
    is_test: |_, shape| shape.text.starts_with("test ") || shape.text.starts_with("describe "),
    signals: |reader, site| {
        if site.receiver == Some("System") && matches!(site.name, "get_env" | "fetch_env" | "fetch_env!") {
            environment(reader, site);
        }
    },
    defined: not_told,
};

pub(super) static JULIA: Spec = Spec {
    grammar: || tree_sitter_julia::LANGUAGE.into(),
    rules: &[
        ("module_definition", Rule::DefineBy(julia_module)),
        ("function_definition", Rule::DefineBy(julia_function)),
        ("macro_definition", Rule::DefineBy(julia_macro)),
        ("struct_definition", Rule::DefineBy(julia_struct)),
        ("abstract_definition", Rule::DefineBy(julia_abstract)),
        ("assignment", Rule::DefineBy(julia_assignment)),
        ("import_statement", Rule::Hook(julia_import)),
        ("using_statement", Rule::Hook(julia_import)),
        ("line_comment", Rule::Opaque),
        ("block_comment", Rule::Opaque),
        ("string_literal", Rule::Opaque),
        ("quote_expression", Rule::Opaque),
        ("identifier", Rule::Name(ReferenceKind::Value)),
        ("for_binding", Rule::Bind(&[])),
        ("arrow_function_expression", Rule::Bind(&[])),
    ],
    branches: &[
        "if_statement",
        "elseif_clause",
        "for_statement",
        "while_statement",
        "catch_clause",
        "ternary_expression",
    ],
    style: Style {
        line_comments: &["#"],
        block_comments: &[("#=", "=#")],
        separators: &["."],
        generic_calls: false,
        bang_calls: false,
        keywords: &["println", "nothing", "end", "Int", "String", "Float64"],
    },
    visibility: |_, shape| {
        if shape.name.starts_with('_') {
            Visibility::Private
        } else {
            Visibility::Public
        }
    },
    is_test: never_a_test,
    signals: |reader, site| {
        if site.name == "ENV" {
            environment(reader, site);
        }
    },
    defined: not_told,
};

/// A file that begins with `#!` is a program.
fn bash_program(reader: &mut Reader<'_>, _: Node<'_>) -> Below {
    if reader.text.starts_with("#!") {
        let name = reader.path.file_name().to_owned();
        reader.signal(SignalKind::EntryPoint, &name, None, 0..1);
    }
    Below::Read
}

/// Settings at the top, in capitals, are constants.
fn bash_variable(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let name = node.child_by_field_name("name")?;
    let text = reader.text_of(name);
    let is_new = reader.scope().is_none() && is_constant_name(text) && !reader.is_defined_here(text);
    is_new.then(|| Head::new(SymbolKind::Constant, name).body(long(node.child_by_field_name("value"))))
}

/// `source x.sh` imports; any other command is a call.
fn bash_command(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    let Some(name) = node.child_by_field_name("name") else {
        return Below::Read;
    };
    if matches!(reader.text_of(name), "source" | ".") {
        if let Some(path) = node.child_by_field_name("argument") {
            let path = reader.text_of(path).trim_matches(['"', '\'']);
            // `$(dirname "$0")/x.sh` is beside this file.
            let path = path
                .rsplit_once(['}', ')'])
                .map_or(path, |(_, rest)| rest)
                .trim_start_matches('/');
            if !path.is_empty() && !path.contains('$') {
                let path = if path.starts_with('.') {
                    path.to_owned()
                } else {
                    format!("./{path}")
                };
                reader.import(node, vec![path], ImportedName::Whole, None);
            }
        }
        return Below::Read;
    }
    if name.named_child(0).is_some_and(|word| word.kind() == "word") {
        reader.begin_call(name);
        reader.name(name, ReferenceKind::Value);
    }
    Below::Read
}

/// `${NAME:-default}` and `${NAME:?message}` read what the environment may have set.
fn bash_expansion(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    let text = reader.text_of(node).trim_matches(['$', '{', '}']);
    let name = text
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .next()
        .unwrap_or("");
    let rest = text.get(name.len()..).unwrap_or("");
    if is_constant_name(name)
        && [":-", ":?", ":=", "-", "?"]
            .iter()
            .any(|mark| rest.starts_with(mark))
    {
        reader.signal(SignalKind::EnvironmentVariable, name, None, node.byte_range());
    }
    Below::Read
}

/// `function A.b()`, `function A:b()`, `local function b()`.
fn lua_function(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let name = node.child_by_field_name("name")?;
    let member = name
        .child_by_field_name("field")
        .or_else(|| name.child_by_field_name("method"));
    let body = node.child_by_field_name("body");
    Some(match member {
        Some(member) => {
            let owner = reader.field(name, "table").map(str::to_owned);
            Head::new(SymbolKind::Method, member).body(body).owner(owner)
        }
        None => Head::new(SymbolKind::Function, name).body(body),
    })
}

fn lua_assignment(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let name = child_of(node, &["variable_list"])?.child_by_field_name("name")?;
    if reader.in_function() {
        let text = reader.text_of(name);
        if name.kind() == "identifier" && reader.around(0) == "variable_declaration" {
            reader.bind(text);
        }
        return None;
    }
    let value = child_of(node, &["expression_list"])?.named_child(0);
    let is_function = value.is_some_and(|value| value.kind() == "function_definition");
    let kind = if is_function {
        SymbolKind::Function
    } else {
        SymbolKind::Variable
    };
    let body = value
        .and_then(|value| value.child_by_field_name("body"))
        .or(long(value));
    match name.kind() {
        "identifier" => Some(Head::new(kind, name).body(body)),
        "dot_index_expression" if is_function => {
            let owner = reader.field(name, "table").map(str::to_owned);
            Some(
                Head::new(SymbolKind::Method, name.child_by_field_name("field")?)
                    .body(body)
                    .owner(owner),
            )
        }
        _ => None,
    }
}

fn lua_for(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    if let Some(names) = child_of(node, &["variable_list"]) {
        reader.begin_bound(names);
    }
    Below::Read
}

/// In Elixir, definitions are calls: `defmodule A do`, `def f(x), do: x`.
fn elixir_call(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let target = node.child_by_field_name("target")?;
    let arguments = child_of(node, &["arguments"]);
    let first = arguments.and_then(|arguments| arguments.named_child(0));
    let kind = match reader.text_of(target) {
        "defmodule" | "defimpl" => SymbolKind::Module,
        "defprotocol" => SymbolKind::Interface,
        "def" | "defp" | "defdelegate" => SymbolKind::Function,
        "defmacro" | "defmacrop" => SymbolKind::Macro,
        "test" | "describe" => {
            let title = first.filter(|title| title.kind() == "string")?;
            let called = reader.text_of(title).trim_matches('"').to_owned();
            let body = child_of(node, &["do_block"]);
            return Some(Head::new(SymbolKind::Function, title).called(called).body(body));
        }
        "alias" | "import" | "use" | "require" => {
            elixir_import(reader, node, first?);
            return None;
        }
        _ => {
            reader.begin_call(target);
            return None;
        }
    };
    // `f(x) when x > 1` names `f`.
    let mut name = first?;
    let call = if name.kind() == "binary_operator" {
        name.child_by_field_name("left")?
    } else {
        name
    };
    if let Some(parameters) = child_of(call, &["arguments"]).filter(|_| kind != SymbolKind::Module) {
        reader.begin_bound(parameters);
    }
    while let Some(inner) = name
        .child_by_field_name("target")
        .or_else(|| name.child_by_field_name("left"))
    {
        name = inner;
    }
    let head = Head::new(kind, name).body(child_of(node, &["do_block"]));
    // `def f(x), do: x`
    let inline = reader.text_of(node).find(", do:").filter(|_| head.body.is_none());
    Some(match inline {
        Some(at) => head.signature_ends(node.start_byte() + at),
        None => head,
    })
}

fn elixir_import(reader: &mut Reader<'_>, node: Node<'_>, module: Node<'_>) {
    let kind = reader.field(node, "target").unwrap_or("");
    let path = reader.text_of(module);
    if matches!(kind, "import" | "use") {
        reader.import(node, split_path(path, "."), ImportedName::Glob, None);
    } else if let Some((prefix, group)) = path.split_once(".{") {
        for name in group.trim_end_matches('}').split(',') {
            let name = ImportedName::Name(name.trim().to_owned());
            reader.import(node, split_path(prefix, "."), name, None);
        }
    } else {
        let alias = reader
            .text_of(node)
            .split_once("as:")
            .map(|(_, alias)| alias.trim());
        import_dotted(reader, node, path, alias);
    }
}

/// `@doc`, `@spec` and other attributes name nothing to follow.
fn elixir_attribute(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    let text = reader.text_of(node);
    if !text.starts_with("@moduledoc") && !text.starts_with("@doc") {
        return Below::Read;
    }
    let string = text.find('"').map(|at| node.start_byte() + at..node.end_byte());
    match string {
        Some(string) if text.starts_with("@doc") => reader.document_next(string),
        Some(string) => reader.document_scope(string),
        None => {}
    }
    Below::Skip
}

fn julia_module(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let name = node.child_by_field_name("name")?;
    Some(Head::new(SymbolKind::Module, name).signature_ends(name.end_byte()))
}

fn julia_function(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let signature = child_of(node, &["signature"])?;
    julia_head(reader, SymbolKind::Function, signature)
}

fn julia_macro(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let signature = child_of(node, &["signature"])?;
    julia_head(reader, SymbolKind::Macro, signature)
}

fn julia_struct(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let head = child_of(node, &["type_head"])?;
    julia_head(reader, SymbolKind::Struct, head)
}

fn julia_abstract(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let head = child_of(node, &["type_head"])?;
    julia_head(reader, SymbolKind::Type, head)
}

/// The name inside `Base.f(x::T)::U where T`, and the end of the signature.
fn julia_head(_: &mut Reader<'_>, kind: SymbolKind, signature: Node<'_>) -> Option<Head> {
    let mut name = signature.named_child(0)?;
    while matches!(
        name.kind(),
        "call_expression"
            | "where_expression"
            | "typed_expression"
            | "parametrized_type_expression"
            | "binary_expression"
    ) {
        name = name.named_child(0)?;
    }
    if name.kind() == "field_expression" {
        name = name.named_child(1)?;
    }
    Some(Head::new(kind, name).signature_ends(signature.end_byte()))
}

/// `f(x) = x + 1` defines a function, `const A = 1` a constant.
fn julia_assignment(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let left = node.named_child(0)?;
    if reader.in_function() {
        reader.begin_bound(left);
        return None;
    }
    match left.kind() {
        "call_expression" => {
            let name = left.named_child(0)?;
            Some(Head::new(SymbolKind::Function, name).signature_ends(left.end_byte()))
        }
        "identifier" if reader.around(0) == "const_statement" => Some(Head::new(SymbolKind::Constant, left)),
        _ => None,
    }
}

/// `using A.B: c, d`, `import A`.
fn julia_import(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    let text = reader.text_of(node);
    let is_using = text.starts_with("using");
    let text = text
        .trim_start_matches("using")
        .trim_start_matches("import")
        .trim();
    match text.split_once(':') {
        Some((module, names)) => {
            for name in names.split(',') {
                let name = ImportedName::Name(name.trim().to_owned());
                reader.import(node, split_path(module, "."), name, None);
            }
        }
        None => {
            for module in text.split(',') {
                let name = if is_using {
                    ImportedName::Glob
                } else {
                    ImportedName::Whole
                };
                reader.import(node, split_path(module, "."), name, None);
            }
        }
    }
    Below::Skip
}
