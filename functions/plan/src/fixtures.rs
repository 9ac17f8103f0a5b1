//! Small pieces for this crate's tests.

use deepwiki_domain::{
    BlobId, Language, RepoPath,
    facts::{Definition, FileFacts, Lines, SymbolKind, Visibility},
    manifest::Role,
};

/// A public function on these lines.
pub(crate) fn definition(name: &str, start: u32, end: u32) -> Definition {
    Definition {
        name: name.to_owned(),
        kind: SymbolKind::Function,
        lines: Lines { start, end },
        name_line: start,
        signature: format!("pub fn {name}()"),
        doc: None,
        container: None,
        owner: None,
        supertypes: vec![],
        visibility: Visibility::Public,
        complexity: 1,
        is_test: false,
    }
}

/// A source file of this many lines, with one function.
pub(crate) fn file(path: &str, lines: u32) -> FileFacts {
    FileFacts {
        path: RepoPath::new(path).unwrap(),
        blob: BlobId::new("0".repeat(40)).unwrap(),
        language: Some(Language::Rust),
        role: Role::Source,
        lines,
        has_errors: false,
        doc: None,
        package: None,
        definitions: vec![definition("f", 1, lines)],
        references: vec![],
        imports: vec![],
        signals: vec![],
        chunks: vec![],
        manifest: None,
    }
}
