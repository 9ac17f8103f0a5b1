//! Facts of a text as lines that a person can check at a glance.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "each target that shares this uses a part of it"
)]

use std::fmt::Write;

use deepwiki_domain::{
    BlobId, Language, RepoPath,
    facts::{FileFacts, ImportedName, Lines},
    manifest::{Role, ShardFile},
};

/// A file of a shard with this path and text; its language follows from the path.
pub fn file(path: &str, text: &str) -> ShardFile {
    let path = RepoPath::new(path).expect("a safe path");
    let language = Language::of(path.file_name(), text.lines().next().unwrap_or(""));
    ShardFile {
        path,
        blob: BlobId::new("0".repeat(40)).expect("a blob id"),
        language,
        role: Role::Source,
        text: text.to_owned(),
    }
}

/// The facts of a text.
pub fn read(path: &str, text: &str) -> FileFacts {
    deepwiki_code::read_file(&file(path, text))
}

/// Facts, one a line.
pub fn render(facts: &FileFacts) -> String {
    let mut out = String::new();
    let o = &mut out;
    let span = |lines: Lines| format!("{}-{}", lines.start, lines.end);
    if facts.has_errors {
        let _ = writeln!(o, "has errors");
    }
    if let Some(package) = &facts.package {
        let _ = writeln!(o, "package {package}");
    }
    if let Some(doc) = &facts.doc {
        let _ = writeln!(o, "doc {} {:?}", span(doc.lines), doc.text);
    }
    let mut depths: Vec<usize> = Vec::new();
    for definition in &facts.definitions {
        let depth = definition
            .container
            .map_or(0, |container| depths[container as usize] + 1);
        depths.push(depth);
        let indent = "  ".repeat(depth);
        let _ = write!(
            o,
            "{indent}{:?} {} @{} {} {:?} `{}`",
            definition.kind,
            definition.name,
            definition.name_line,
            span(definition.lines),
            definition.visibility,
            definition.signature
        );
        if let Some(owner) = &definition.owner {
            let _ = write!(o, " owner={owner}");
        }
        if !definition.supertypes.is_empty() {
            let _ = write!(o, " super={}", definition.supertypes.join(","));
        }
        if definition.complexity > 1 {
            let _ = write!(o, " complexity={}", definition.complexity);
        }
        if definition.is_test {
            let _ = write!(o, " test");
        }
        let _ = writeln!(o);
        if let Some(doc) = &definition.doc {
            let _ = writeln!(o, "{indent}    doc {} {:?}", span(doc.lines), doc.text);
        }
    }
    let scope = |scope: Option<u32>| {
        scope.map_or(String::new(), |scope| {
            format!(" in {}", facts.definitions[scope as usize].name)
        })
    };
    for import in &facts.imports {
        let name = match &import.name {
            ImportedName::Whole => "whole".to_owned(),
            ImportedName::Name(name) => format!("name {name}"),
            ImportedName::Glob => "glob".to_owned(),
        };
        let alias = import
            .alias
            .as_ref()
            .map_or(String::new(), |alias| format!(" as {alias}"));
        let reexport = if import.reexport { " reexport" } else { "" };
        let _ = writeln!(
            o,
            "import @{} {:?} {name}{alias}{reexport}{}",
            import.line,
            import.path,
            scope(import.scope)
        );
    }
    for reference in &facts.references {
        let mut path = reference.qualifier.clone();
        path.push(reference.name.clone());
        let _ = writeln!(
            o,
            "{} @{} {}{}",
            format!("{:?}", reference.kind).to_lowercase(),
            reference.line,
            path.join("|"),
            scope(reference.scope)
        );
    }
    for signal in &facts.signals {
        let detail = signal
            .detail
            .as_ref()
            .map_or(String::new(), |detail| format!(" ({detail})"));
        let _ = writeln!(
            o,
            "signal {} {:?} {}{detail}{}",
            span(signal.lines),
            signal.kind,
            signal.name,
            scope(signal.scope)
        );
    }
    for chunk in &facts.chunks {
        let _ = writeln!(o, "chunk {}{}", span(chunk.lines), scope(chunk.definition));
    }
    out
}

/// What must hold of the facts of any text.
pub fn check(text: &str, facts: &FileFacts) {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let count = u32::try_from(lines.len()).expect("not that many lines");
    assert_eq!(facts.lines, count);
    let within = |range: Lines| {
        assert!(
            range.start >= 1 && range.start <= range.end && range.end <= count,
            "{range:?} of {count} lines"
        );
    };
    let definitions = u32::try_from(facts.definitions.len()).expect("not that many definitions");
    for (index, definition) in (0u32..).zip(&facts.definitions) {
        within(definition.lines);
        assert!(
            definition.lines.contains(Lines::one(definition.name_line)),
            "{definition:?}"
        );
        assert!(
            definition.container.is_none_or(|container| container < index),
            "{definition:?}"
        );
        assert!(
            !definition.name.is_empty() && definition.signature.len() <= 300,
            "{definition:?}"
        );
        definition.doc.iter().for_each(|doc| within(doc.lines));
    }
    facts.doc.iter().for_each(|doc| within(doc.lines));
    for reference in &facts.references {
        within(Lines::one(reference.line));
        assert!(
            !reference.name.is_empty() && reference.scope.is_none_or(|scope| scope < definitions),
            "{reference:?}"
        );
    }
    for import in &facts.imports {
        within(Lines::one(import.line));
        assert!(import.scope.is_none_or(|scope| scope < definitions));
    }
    for signal in &facts.signals {
        within(signal.lines);
        assert!(signal.scope.is_none_or(|scope| scope < definitions));
    }
    let mut covered = 0;
    for chunk in &facts.chunks {
        within(chunk.lines);
        assert!(
            chunk.lines.start > covered,
            "chunks overlap: {chunk:?} after line {covered}"
        );
        for line in covered + 1..chunk.lines.start {
            assert!(
                lines[line as usize - 1].trim().is_empty(),
                "line {line} is in no chunk"
            );
        }
        covered = chunk.lines.end;
        assert!(chunk.definition.is_none_or(|definition| definition < definitions));
    }
    for line in covered + 1..=count {
        assert!(
            lines[line as usize - 1].trim().is_empty(),
            "line {line} is in no chunk"
        );
    }
}
