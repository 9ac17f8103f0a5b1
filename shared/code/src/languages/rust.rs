//! Rust.

use std::borrow::Cow;

use deepwiki_domain::facts::{ImportedName, ReferenceKind, SignalKind, SymbolKind, Visibility};
use tree_sitter::Node;

use crate::reader::{
    Reader, literal, named_literal,
    spec::{Below, Head, Rule, Shape, Site, Spec, Style},
};

pub(super) static RUST: Spec = Spec {
    grammar: || tree_sitter_rust::LANGUAGE.into(),
    rules: &[
        ("function_item", Rule::Define(SymbolKind::Function)),
        ("function_signature_item", Rule::Define(SymbolKind::Function)),
        ("struct_item", Rule::Define(SymbolKind::Struct)),
        ("union_item", Rule::Define(SymbolKind::Struct)),
        ("enum_item", Rule::Define(SymbolKind::Enum)),
        ("enum_variant", Rule::Define(SymbolKind::Variant)),
        ("field_declaration", Rule::Define(SymbolKind::Field)),
        ("trait_item", Rule::DefineBy(trait_head)),
        ("impl_item", Rule::DefineBy(impl_head)),
        ("type_item", Rule::Define(SymbolKind::Type)),
        ("associated_type", Rule::Define(SymbolKind::Type)),
        ("const_item", Rule::DefineBy(constant_head)),
        ("static_item", Rule::DefineBy(variable_head)),
        ("mod_item", Rule::DefineBy(module_head)),
        ("macro_definition", Rule::DefineBy(macro_head)),
        ("use_declaration", Rule::Hook(use_declaration)),
        ("extern_crate_declaration", Rule::Hook(extern_crate)),
        ("macro_invocation", Rule::Hook(macro_invocation)),
        ("attribute_item", Rule::Attribute),
        ("inner_attribute_item", Rule::Opaque),
        ("visibility_modifier", Rule::Opaque),
        ("line_comment", Rule::Opaque),
        ("block_comment", Rule::Opaque),
        ("string_literal", Rule::Opaque),
        ("raw_string_literal", Rule::Opaque),
        ("lifetime", Rule::Opaque),
        ("label", Rule::Opaque),
        ("identifier", Rule::Name(ReferenceKind::Value)),
        ("shorthand_field_identifier", Rule::Name(ReferenceKind::Value)),
        ("type_identifier", Rule::Name(ReferenceKind::Type)),
        ("field_identifier", Rule::Member),
        ("parameter", Rule::Bind(&["pattern"])),
        ("closure_parameters", Rule::Bind(&[])),
        ("let_declaration", Rule::Bind(&["pattern"])),
        ("let_condition", Rule::Bind(&["pattern"])),
        ("for_expression", Rule::Bind(&["pattern"])),
        ("match_arm", Rule::Bind(&["pattern"])),
        ("type_parameter", Rule::Bind(&["name"])),
        ("const_parameter", Rule::Bind(&["name"])),
    ],
    branches: &[
        "if_expression",
        "match_arm",
        "while_expression",
        "for_expression",
        "loop_expression",
        "&&",
        "||",
    ],
    style: Style {
        line_comments: &["//"],
        block_comments: &[("/*", "*/")],
        separators: &["::", "."],
        generic_calls: false,
        bang_calls: true,
        keywords: &[
            "_",
            "println",
            "eprintln",
            "assert",
            "assert_eq",
            "assert_ne",
            "debug_assert",
            "debug_assert_eq",
            "vec",
            "Self",
            "Some",
            "None",
            "Ok",
            "Err",
            "default",
            "union",
        ],
    },
    visibility,
    is_test: |_, shape| shape.kind != SymbolKind::Module && is_test_attribute(shape.lead),
    signals,
    defined: entry_point,
};

/// Kinds that may stand at the top of a file.
const ITEMS: &[&str] = &[
    "function_item",
    "struct_item",
    "enum_item",
    "union_item",
    "trait_item",
    "impl_item",
    "type_item",
    "const_item",
    "static_item",
    "mod_item",
    "macro_definition",
    "use_declaration",
    "foreign_mod_item",
];

fn trait_head(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    Some(Head::of(SymbolKind::Trait, node)?.inherits(node.child_by_field_name("bounds")))
}

fn impl_head(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let name = bare_type(node.child_by_field_name("type")?);
    let owner = reader.text_of(name).to_owned();
    Some(
        Head::new(SymbolKind::Implementation, name)
            .body(node.child_by_field_name("body"))
            .inherits(node.child_by_field_name("trait"))
            .owner(Some(owner)),
    )
}

/// The name in a type: `T` of `&'a mut m::T<U>`.
fn bare_type(mut node: Node<'_>) -> Node<'_> {
    while let Some(inner) = node
        .child_by_field_name("type")
        .or_else(|| node.child_by_field_name("name"))
        .or_else(|| node.child_by_field_name("trait"))
    {
        node = inner;
    }
    node
}

fn constant_head(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    Some(Head::of(SymbolKind::Constant, node)?.body(long_value(node)))
}

fn variable_head(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    Some(Head::of(SymbolKind::Variable, node)?.body(long_value(node)))
}

/// The value of a constant, where it takes several lines: then the signature ends before it.
fn long_value(node: Node<'_>) -> Option<Node<'_>> {
    node.child_by_field_name("value")
        .filter(|value| value.end_position().row > value.start_position().row)
}

/// `mod x { … }` defines; `mod x;` imports.
fn module_head(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    if node.child_by_field_name("body").is_some() {
        return Head::of(SymbolKind::Module, node);
    }
    let name = node.child_by_field_name("name")?;
    let path = vec!["self".to_owned(), reader.text_of(name).to_owned()];
    reader.import(node, path, ImportedName::Whole, None);
    reader.skip_name(name);
    None
}

fn macro_head(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let mut cursor = node.walk();
    let rule = node
        .named_children(&mut cursor)
        .find(|child| child.kind() == "macro_rule");
    Some(Head::of(SymbolKind::Macro, node)?.body(rule))
}

fn visibility(reader: &Reader<'_>, shape: &Shape<'_>) -> Visibility {
    let inherits = matches!(shape.kind, SymbolKind::Variant)
        || shape.container == Some(SymbolKind::Trait)
        || shape.container == Some(SymbolKind::Implementation) && reader.implements_trait();
    if shape.has("pub") {
        if shape.before_name.contains("pub(") {
            Visibility::Internal
        } else {
            Visibility::Public
        }
    } else if inherits
        || shape.kind == SymbolKind::Implementation
        || shape.kind == SymbolKind::Macro && shape.lead.contains("macro_export")
    {
        Visibility::Public
    } else {
        Visibility::Private
    }
}

fn is_test_attribute(lead: &str) -> bool {
    lead.split("#[").any(|attribute| {
        let path = attribute.split([']', '(', ' ']).next().unwrap_or("");
        matches!(
            path.rsplit("::").next().unwrap_or(""),
            "test" | "rstest" | "bench" | "test_case" | "quickcheck" | "wasm_bindgen_test" | "proptest"
        )
    })
}

fn use_declaration(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    let is_public = node
        .child(0)
        .is_some_and(|child| child.kind() == "visibility_modifier");
    let first = reader.facts.imports.len();
    if let Some(tree) = node.child_by_field_name("argument") {
        use_tree(reader, tree);
    }
    for import in reader.facts.imports.iter_mut().skip(first) {
        import.reexport = is_public;
    }
    Below::Skip
}

/// Expands a use tree. A stack, since a hostile file may nest lists without end; pushed in reverse, so that
/// imports stand in the order of the text.
fn use_tree(reader: &mut Reader<'_>, tree: Node<'_>) {
    let mut stack = vec![(Vec::new(), tree)];
    while let Some((prefix, node)) = stack.pop() {
        // A prefix this long is no real path, and copying it for every name would take quadratic time.
        if prefix.len() > 32 {
            continue;
        }
        match node.kind() {
            "scoped_use_list" => {
                let mut path = prefix;
                if let Some(part) = node.child_by_field_name("path") {
                    path.extend(parts(reader, part));
                }
                if let Some(list) = node.child_by_field_name("list") {
                    stack.push((path, list));
                }
            }
            "use_list" => {
                let mut cursor = node.walk();
                let children: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
                stack.extend(children.into_iter().rev().map(|child| (prefix.clone(), child)));
            }
            "use_wildcard" => {
                let mut path = prefix;
                if let Some(part) = node.named_child(0) {
                    path.extend(parts(reader, part));
                }
                reader.import(node, path, ImportedName::Glob, None);
            }
            "use_as_clause" => {
                let alias = reader.field(node, "alias");
                if let Some(path) = node.child_by_field_name("path") {
                    use_name(reader, node, prefix, path, alias);
                }
            }
            "identifier" | "scoped_identifier" | "self" | "crate" | "super" => {
                use_name(reader, node, prefix, node, None);
            }
            _ => {}
        }
    }
}

fn use_name(
    reader: &mut Reader<'_>,
    at: Node<'_>,
    mut prefix: Vec<String>,
    path: Node<'_>,
    alias: Option<&str>,
) {
    prefix.extend(parts(reader, path));
    let Some(name) = prefix.pop() else {
        return;
    };
    let whole = prefix.is_empty() || name == "self";
    if whole && name != "self" {
        prefix.push(name);
        reader.import(at, prefix, ImportedName::Whole, alias);
    } else if whole {
        reader.import(at, prefix, ImportedName::Whole, alias);
    } else {
        reader.import(at, prefix, ImportedName::Name(name), alias);
    }
}

fn parts(reader: &Reader<'_>, path: Node<'_>) -> Vec<String> {
    reader
        .text_of(path)
        .split("::")
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

fn extern_crate(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    if let Some(name) = reader.field(node, "name") {
        let alias = reader.field(node, "alias");
        reader.import(node, vec![name.to_owned()], ImportedName::Whole, alias);
    }
    Below::Skip
}

/// Reads the items that some macros wrap (`cfg_if!`, `cfg_net! { … }`, `lazy_static!`).
fn macro_invocation(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    let around = reader.around(0);
    let at_item = |kind: &str| matches!(kind, "" | "source_file" | "declaration_list");
    let is_item = at_item(around) || around == "expression_statement" && at_item(reader.around(1));
    if !is_item {
        return Below::Read;
    }
    let mut cursor = node.walk();
    let Some(body) = node
        .named_children(&mut cursor)
        .find(|child| child.kind() == "token_tree")
    else {
        return Below::Read;
    };
    if !may_hold_items(reader.text_of(body)) {
        return Below::Read;
    }
    let called = node.child_by_field_name("macro");
    if let Some(called) = called.filter(|called| called.kind() == "identifier") {
        reader.begin_call(called);
        reader.name(called, ReferenceKind::Call);
    }
    if items_inside(reader, body, true) {
        return Below::Skip;
    }
    let mut cursor = body.walk();
    let groups: Vec<Node<'_>> = body
        .named_children(&mut cursor)
        .filter(|child| child.kind() == "token_tree" && reader.text_of(*child).starts_with('{'))
        .collect();
    let mut found = false;
    for group in groups {
        found |= may_hold_items(reader.text_of(group)) && items_inside(reader, group, true);
    }
    if found || items_inside(reader, body, false) {
        Below::Skip
    } else {
        Below::Read
    }
}

fn may_hold_items(text: &str) -> bool {
    [
        "fn ", "struct ", "enum ", "trait ", "impl", "mod ", "use ", "type ", "const ", "static ",
    ]
    .iter()
    .any(|keyword| text.contains(keyword))
}

/// Parses a token tree as items and walks it; false if it is something else. What is not `clean` may hold
/// errors inside its items, as in `proptest! { fn f(x in 0..9) {} }`.
fn items_inside(reader: &mut Reader<'_>, body: Node<'_>, clean: bool) -> bool {
    let Some(tree) = reader.parse_inside(body) else {
        return false;
    };
    let root = tree.root_node();
    let mut cursor = root.walk();
    let mut items = 0;
    for child in root.named_children(&mut cursor) {
        match child.kind() {
            kind if ITEMS.contains(&kind) => items += 1,
            "attribute_item"
            | "line_comment"
            | "block_comment"
            | "macro_invocation"
            | "expression_statement" => {}
            _ => return false,
        }
    }
    if items == 0 || clean && root.has_error() {
        return false;
    }
    reader.walk_inside(&tree);
    true
}

fn entry_point(reader: &mut Reader<'_>, shape: &Shape<'_>, index: u32) {
    if shape.kind == SymbolKind::Module
        && shape.lead.contains("cfg(test)")
        && let Some(definition) = reader.facts.definitions.get_mut(index as usize)
    {
        definition.is_test = true;
    }
    let is_main = shape.kind == SymbolKind::Function && shape.name == "main" && shape.container.is_none();
    let path = reader.path.as_str();
    let is_binary = path.ends_with("main.rs") || path.ends_with("build.rs");
    let known = ["/bin/", "bin/", "examples/", "benches/"]
        .iter()
        .any(|folder| path.contains(folder));
    if is_main && (is_binary || known || !path.contains("src/")) {
        reader.signal(
            SignalKind::EntryPoint,
            "main",
            None,
            shape.start..shape.start + shape.text.len(),
        );
    }
    // A structure that clap derives: its fields are flags, its variants commands.
    if matches!(shape.kind, SymbolKind::Field | SymbolKind::Variant) {
        derived_argument(reader, shape, index);
    }
}

fn derived_argument(reader: &mut Reader<'_>, shape: &Shape<'_>, index: u32) {
    let bytes = shape.start..shape.start + shape.text.len();
    let help = reader
        .facts
        .definitions
        .get(index as usize)
        .and_then(|definition| definition.doc.as_ref())
        .and_then(|doc| doc.text.lines().next())
        .map(str::to_owned);
    let marked = |name: &str| shape.lead.contains(&format!("#[{name}("));
    if shape.kind == SymbolKind::Field && (marked("arg") || marked("clap") || marked("structopt")) {
        if !shape.lead.contains("long") && !shape.lead.contains("short") {
            return;
        }
        let long =
            named_literal(shape.lead, "long").map_or_else(|| shape.name.replace('_', "-"), Cow::into_owned);
        reader.signal(SignalKind::Flag, &format!("--{long}"), help.as_deref(), bytes);
    } else if shape.kind == SymbolKind::Variant && reader.enclosing_lead_has("Subcommand") {
        let name = named_literal(shape.lead, "name").map_or_else(|| kebab(shape.name), Cow::into_owned);
        reader.signal(SignalKind::Command, &name, help.as_deref(), bytes);
    }
}

/// `GetAll` as `get-all`.
fn kebab(name: &str) -> String {
    let mut result = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !result.is_empty() {
            result.push('-');
        }
        result.extend(c.to_lowercase());
    }
    result
}

fn signals(reader: &mut Reader<'_>, site: &Site<'_>) {
    match (site.name, site.receiver) {
        ("var" | "var_os", Some("env")) | ("env" | "option_env", None)
            if site.kind == ReferenceKind::Call =>
        {
            if let Some(name) = literal(site.after) {
                reader.signal(SignalKind::EnvironmentVariable, name, None, site.span());
            }
        }
        ("long", Some(_)) => {
            let is_clap = reader.text.contains("clap");
            if let Some(name) = literal(site.after).filter(|_| is_clap) {
                reader.signal(SignalKind::Flag, &format!("--{name}"), None, site.span());
            }
        }
        ("new" | "with_name", Some("Command" | "SubCommand" | "App")) if site.kind == ReferenceKind::Call => {
            let is_clap = reader.text.contains("clap");
            if let Some(name) = literal(site.after).filter(|_| is_clap) {
                reader.signal(SignalKind::Command, name, None, site.span());
            }
        }
        ("route", Some(_)) => {
            if let Some(path) = literal(site.after).filter(|path| path.starts_with('/')) {
                let method = site
                    .after
                    .split(',')
                    .nth(1)
                    .and_then(|rest| rest.split('(').next());
                let method =
                    method.map(|method| method.rsplit("::").next().unwrap_or(method).trim().to_uppercase());
                reader.signal(SignalKind::Route, path, method.as_deref(), site.span());
            }
        }
        ("get" | "post" | "put" | "delete" | "patch" | "head", None) if site.in_attribute => {
            if let Some(path) = literal(site.after).filter(|path| path.starts_with('/')) {
                reader.signal(
                    SignalKind::Route,
                    path,
                    Some(&site.name.to_uppercase()),
                    site.span(),
                );
            }
        }
        _ => {}
    }
}

impl Reader<'_> {
    /// Whether the `impl` around the current node is one of a trait.
    fn implements_trait(&self) -> bool {
        self.scope()
            .and_then(|scope| self.facts.definitions.get(scope as usize))
            .is_some_and(|definition| definition.signature.contains(" for "))
    }

    /// Whether the attributes of the type around the definition just made have a word.
    fn enclosing_lead_has(&self, word: &str) -> bool {
        let mut scopes = self.facts.definitions.iter().rev();
        let Some(container) = scopes.next().and_then(|definition| definition.container) else {
            return false;
        };
        let Some(holder) = self.facts.definitions.get(container as usize) else {
            return false;
        };
        let start = self.lines.start_of(holder.lines.start);
        let end = self.lines.start_of(holder.name_line);
        self.slice(start..end).contains(word)
    }
}
