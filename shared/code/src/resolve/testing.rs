//! Small repositories made by hand, for the tests of the resolver.

use deepwiki_domain::{
    BlobId, Language, RepoPath,
    facts::{
        Definition, FileFacts, Import, ImportedName, Lines, Reference, ReferenceKind, SymbolKind, Visibility,
    },
    manifest::Role,
};

/// A definition with nothing but these.
pub(crate) fn definition(kind: SymbolKind, name: &str, signature: &str) -> Definition {
    Definition {
        name: name.to_owned(),
        kind,
        lines: Lines::one(1),
        name_line: 1,
        signature: signature.to_owned(),
        doc: None,
        container: None,
        owner: None,
        supertypes: Vec::new(),
        visibility: Visibility::Public,
        complexity: 1,
        is_test: false,
    }
}
