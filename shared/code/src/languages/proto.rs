//! Protocol Buffers.

use deepwiki_domain::facts::{ImportedName, ReferenceKind, SignalKind, SymbolKind};
use tree_sitter::Node;

use super::common::child_of;
use crate::reader::{
    Reader,
    spec::{Below, Head, Rule, Spec, Style, always_public, never_a_test, no_signals},
};

pub(super) static PROTO: Spec = Spec {
    grammar: || tree_sitter_proto::LANGUAGE.into(),
    rules: &[
        ("message", Rule::DefineBy(message_head)),
        ("enum", Rule::DefineBy(enum_head)),
        ("service", Rule::DefineBy(service_head)),
        ("rpc", Rule::DefineBy(rpc_head)),
        ("field", Rule::DefineBy(field_head)),
        ("map_field", Rule::DefineBy(field_head)),
        ("oneof_field", Rule::DefineBy(field_head)),
        ("enum_field", Rule::DefineBy(value_head)),
        ("import", Rule::Hook(import)),
        ("package", Rule::Hook(package)),
        ("comment", Rule::Opaque),
        ("string", Rule::Opaque),
        ("option", Rule::Opaque),
        ("field_options", Rule::Opaque),
        ("message_or_enum_type", Rule::Context(ReferenceKind::Type)),
        ("identifier", Rule::Name(ReferenceKind::Value)),
    ],
    branches: &[],
    style: Style {
        line_comments: &["//"],
        block_comments: &[("/*", "*/")],
        separators: &["."],
        generic_calls: false,
        bang_calls: false,
        keywords: &[],
    },
    visibility: always_public,
    is_test: never_a_test,
    signals: no_signals,
    defined: |reader, shape, _| {
        if shape.kind == SymbolKind::Method {
            let span = shape.start..shape.start + shape.text.len();
            reader.signal(SignalKind::Route, shape.name, Some("RPC"), span);
        }
    },
};

fn message_head(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let name = child_of(node, &["message_name"])?;
    Some(Head::new(SymbolKind::Struct, name).body(child_of(node, &["message_body"])))
}

fn enum_head(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let name = child_of(node, &["enum_name"])?;
    Some(Head::new(SymbolKind::Enum, name).body(child_of(node, &["enum_body"])))
}

fn service_head(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    let name = child_of(node, &["service_name"])?;
    Some(Head::new(SymbolKind::Interface, name).signature_ends(name.end_byte()))
}

fn rpc_head(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    Some(Head::new(SymbolKind::Method, child_of(node, &["rpc_name"])?))
}

fn field_head(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    Some(Head::new(SymbolKind::Field, child_of(node, &["identifier"])?))
}

fn value_head(_: &mut Reader<'_>, node: Node<'_>) -> Option<Head> {
    Some(Head::new(SymbolKind::Variant, child_of(node, &["identifier"])?))
}

fn import(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    if let Some(path) = reader.field(node, "path") {
        let path = vec![path.trim_matches(['"', '\'']).to_owned()];
        reader.import(node, path, ImportedName::Glob, None);
    }
    Below::Skip
}

fn package(reader: &mut Reader<'_>, node: Node<'_>) -> Below {
    reader.facts.package = child_of(node, &["full_ident"]).map(|name| reader.text_of(name).to_owned());
    Below::Skip
}
