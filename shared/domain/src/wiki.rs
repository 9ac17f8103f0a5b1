//! The finished wiki: the export that others may build on (`schemas/wiki.schema.json`), and the edition that
//! publishing moves the pointer to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    ArtefactKey, CommitId, Locale, RepositoryId, Slug,
    manifest::Skipped,
    page::{Citation, DiagramKind, Validity},
};

/// The version of [`Wiki`].
pub const WIKI_VERSION: u32 = 1;

/// `wiki.json`: a wiki in one language. Depends on the commit and the settings alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wiki {
    /// [`WIKI_VERSION`].
    pub schema: u32,
    /// The repository's id.
    pub repository: RepositoryId,
    /// The commit that every line number belongs to.
    pub commit: CommitId,
    /// The commit's committer time, RFC 3339 in UTC; null for a plain folder.
    pub commit_time: Option<String>,
    /// The language of the pages.
    pub language: Locale,
    /// Who wrote it: the writer's name and version.
    pub writer: String,
    /// The pages, in reading order.
    pub pages: Vec<WikiPage>,
    /// What was not read, and why.
    pub skipped: Vec<Skipped>,
    /// What the publish gate found, summed.
    pub validity: Validity,
}

/// A page of the export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WikiPage {
    /// Its address.
    pub slug: Slug,
    /// Its title.
    pub title: String,
    /// The page above it.
    pub parent: Option<Slug>,
    /// Its place in the whole, counted from 0.
    pub order: u32,
    /// One or two sentences.
    pub summary: String,
    /// The whole page as GitHub-flavoured Markdown.
    pub markdown: String,
    /// The files that it was made from.
    pub sources: Vec<Citation>,
    /// Every statement of fact with the lines it rests on; one entry a citation.
    pub citations: Vec<CitedStatement>,
    /// The diagrams that stand in the Markdown.
    pub diagrams: Vec<WikiDiagram>,
    /// Other pages worth reading next.
    pub related: Vec<Slug>,
}

/// A statement and one place that it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CitedStatement {
    /// The sentence as it stands in the Markdown.
    pub statement: String,
    /// Where.
    #[serde(flatten)]
    pub citation: Citation,
}

/// A diagram of the export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WikiDiagram {
    /// What it shows.
    pub kind: DiagramKind,
    /// Mermaid source.
    pub mermaid: String,
}

/// Everything that publishing needs, by key. Made by the index stage, read by publish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edition {
    /// The commit.
    pub commit: CommitId,
    /// The commit's committer time in seconds since 1970.
    pub commit_time: Option<i64>,
    /// The manifest.
    pub manifest: ArtefactKey,
    /// The plan.
    pub plan: ArtefactKey,
    /// The [`Wiki`] of each language.
    pub wikis: BTreeMap<Locale, ArtefactKey>,
    /// The list of the pages of each language: [`PageEntry`]s.
    pub lists: BTreeMap<Locale, ArtefactKey>,
    /// The search generation.
    pub search: ArtefactKey,
    /// The [`crate::packages::Packages`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packages: Option<ArtefactKey>,
}

/// What a list of pages shows of one, and where the page itself is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageEntry {
    /// Its address.
    pub slug: Slug,
    /// Its title.
    pub title: String,
    /// The page above it.
    pub parent: Option<Slug>,
    /// Its place in the whole.
    pub order: u32,
    /// One or two sentences.
    pub summary: String,
    /// The [`crate::page::Page`].
    pub page: ArtefactKey,
}
