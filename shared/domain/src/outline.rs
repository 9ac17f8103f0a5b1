//! What a commit defines, in short: the definitions that other files may use, with their heads. Kept beside the
//! plan, so that two commits can be compared without reading either again.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::{RepoPath, facts::SymbolKind};

/// The definitions of a repository, by path. A function of the files alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outline<'a> {
    /// The files that define something.
    pub files: Vec<OutlineFile<'a>>,
}

/// The definitions of a file, in the order of its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutlineFile<'a> {
    /// Where it is.
    pub path: RepoPath,
    /// What it defines.
    pub symbols: Vec<OutlineSymbol<'a>>,
}

/// A definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutlineSymbol<'a> {
    /// Its name, with its containers: `Parser.new`.
    pub name: Cow<'a, str>,
    /// What it is.
    pub kind: SymbolKind,
    /// Its head on one line.
    pub signature: Cow<'a, str>,
    /// Its first line.
    pub start: u32,
    /// Its last line.
    pub end: u32,
}
