//! Questions to the index and what comes back.

pub mod ranking;

use serde::{Deserialize, Serialize};

use crate::{CommitId, Language, Locale, RepoPath, RepositoryId, Slug, facts::SymbolKind, manifest::Role};

/// The most hits that one query may ask for.
pub const MOST_HITS: usize = 100;

/// The longest query, in characters; what is beyond is refused.
pub const LONGEST_QUERY: usize = 1000;

/// A full text query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    /// What the user typed. Not a query language: every character is text.
    pub text: String,
    /// Restricts the search to these; all that the asker may see where empty.
    pub repositories: Vec<RepositoryId>,
    /// The language of pages to find.
    pub locale: Option<Locale>,
    /// How many hits, at most [`MOST_HITS`].
    pub limit: usize,
}

/// One thing that is found: a stretch of source or a section of a page. This is what an index holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// The file.
    pub path: RepoPath,
    /// First line, 1-based.
    pub start: u32,
    /// Last line, inclusive.
    pub end: u32,
    /// The qualified name of the definition, where it is one.
    pub symbol: Option<String>,
    /// What that definition is.
    pub kind: Option<SymbolKind>,
    /// The file's language.
    pub language: Option<Language>,
    /// The file's role.
    pub role: Role,
    /// The page that speaks of it.
    pub page: Option<Slug>,
    /// The language of the text where the document is a page's section.
    pub locale: Option<Locale>,
    /// The text that is searched; not kept by the index.
    pub text: String,
    /// The definition's weight in the graph, 0 to 1.
    pub rank: f32,
}

/// A hit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// The repository.
    pub repository: RepositoryId,
    /// The commit that the lines belong to.
    pub commit: CommitId,
    /// The file.
    pub path: RepoPath,
    /// First line, 1-based.
    pub start: u32,
    /// Last line, inclusive.
    pub end: u32,
    /// The qualified name of the definition, where it is one.
    pub symbol: Option<String>,
    /// The page that speaks of it.
    pub page: Option<Slug>,
    /// The language of that page's text, where the hit is a page's section.
    pub locale: Option<Locale>,
    /// The larger, the better; comparable within one answer only.
    pub score: f32,
}
