//! Questions to the index and what comes back.

pub mod coverage;
pub mod documents;
pub mod filter;
mod glossary;
pub mod highlight;
pub mod ranking;
mod runs;
pub mod vector;
pub mod words;

use serde::{Deserialize, Serialize};

pub use filter::Filter;
pub use highlight::Highlight;

use crate::{
    CommitId, Language, Locale, RepoPath, RepositoryId, Slug, StageError, facts::SymbolKind, manifest::Role,
};

/// The version of search generations: of what is indexed, of the terms that are made of it, and of the form in which the
/// embedded index keeps them.
pub const INDEX_VERSION: u32 = 3;

/// The most hits that one query may ask for.
pub const MOST_HITS: usize = 100;

/// The longest query, in characters; what is beyond is refused.
pub const LONGEST_QUERY: usize = 1000;

/// The longest text of one document that is indexed, in bytes.
const LONGEST_TEXT: usize = 1 << 20;

/// What somebody looks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Query {
    /// What the user typed. Not a query language: every character is text.
    pub text: String,
    /// Restricts the search to these; all that the asker may see where empty.
    pub repositories: Vec<RepositoryId>,
    /// The language of pages to find.
    pub locale: Option<Locale>,
    /// What else a hit must be.
    pub filter: Filter,
    /// The text as a vector, where an embedding model is set up; without it search goes by words alone.
    pub vector: Option<QueryVector>,
    /// How many hits, at most [`MOST_HITS`].
    pub limit: usize,
}

impl Query {
    /// A query for this text, restricted to nothing, for at most 20 hits.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            repositories: Vec::new(),
            locale: None,
            filter: Filter::default(),
            vector: None,
            limit: 20,
        }
    }
}

impl Query {
    /// `Invalid` where its text is longer than [`LONGEST_QUERY`].
    pub fn check(&self) -> Result<(), StageError> {
        // What has too many bytes is not counted: somebody may send a megabyte.
        if self.text.len() > 4 * LONGEST_QUERY || self.text.chars().count() > LONGEST_QUERY {
            return Err(StageError::invalid(format!(
                "the query is too long: use {LONGEST_QUERY} characters at most"
            )));
        }
        Ok(())
    }
}

/// A query's text as a vector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueryVector {
    /// The model that made it. Only vectors of the same model are compared with it.
    pub model: String,
    /// Its numbers.
    pub values: Vec<f32>,
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
    /// The address within that page, where the document is a page's section.
    pub section: Option<Slug>,
    /// The language of the text where the document is a page's section.
    pub locale: Option<Locale>,
    /// The text that is searched; not kept by the index.
    pub text: String,
    /// What the text means, where it has been embedded ([`vector::quantize`]).
    pub vector: Option<Vec<i8>>,
    /// The definition's weight in the graph, 0 to 1.
    pub rank: f32,
}

impl Document {
    /// Its text, up to a length that is a hundred times a chunk's.
    pub fn indexed_text(&self) -> &str {
        let end = self.text.floor_char_boundary(LONGEST_TEXT);
        self.text.get(..end).unwrap_or_default()
    }

    /// Whether its text is read as prose, and not as code.
    pub fn is_prose(&self) -> bool {
        self.locale.is_some() || self.role == Role::Doc
    }
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
    /// What that definition is, where the lines are all of it.
    pub kind: Option<SymbolKind>,
    /// The file's language.
    pub language: Option<Language>,
    /// What the file is for.
    pub role: Role,
    /// The page that speaks of it.
    pub page: Option<Slug>,
    /// The address within that page, where the hit is a page's section.
    pub section: Option<Slug>,
    /// The language of that page's text, where the hit is a page's section.
    pub locale: Option<Locale>,
    /// Why it was found, the strongest reason first.
    pub why: Vec<Reason>,
    /// The larger, the better; comparable within one answer only.
    pub score: f32,
}

/// Why something was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// It defines what the query names.
    Name,
    /// The query is its path, or the end of it.
    Path,
    /// Its text has words of the query.
    Words,
    /// Its text means something like the query.
    Meaning,
}

impl Reason {
    /// A stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Path => "path",
            Self::Words => "words",
            Self::Meaning => "meaning",
        }
    }
}

/// What a search came to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// The hits, best first.
    pub hits: Vec<Hit>,
    /// Whether any vectors were compared; without, hits share words with the query.
    pub semantic: bool,
    /// Repositories whose index could not be used, each with the reason and what to do.
    pub refused: Vec<Refused>,
}

/// A repository that could not be searched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Which.
    pub repository: RepositoryId,
    /// One sentence: what is wrong and what to do.
    pub reason: String,
}
