//! Repositories as their hosts keep them.

use async_trait::async_trait;
use deepwiki_domain::{CommitId, source::RepositorySource};

use crate::Result;

/// Opens repositories at a revision.
#[async_trait]
pub trait SourceReader: Send + Sync {
    /// Fetches what is needed to read the revision (the default branch where none is named). Bounded in size
    /// and time; never runs anything that the repository brings along.
    async fn open(&self, source: &RepositorySource, revision: Option<&str>) -> Result<Box<dyn Snapshot>>;

    /// The commit that the revision stands for now, without fetching it.
    async fn resolve(&self, source: &RepositorySource, revision: Option<&str>) -> Result<CommitId>;
}

/// A repository at one commit. Reading is plain computation and file access: call it off the async threads.
pub trait Snapshot: Send + Sync {
    /// The commit.
    fn commit(&self) -> CommitId;

    /// Its committer time in seconds since 1970; none for a plain folder.
    fn commit_time(&self) -> Option<i64>;

    /// Everything in the tree, sorted by path. Paths are as the tree has them: not checked, not always UTF-8.
    fn entries(&self) -> Result<Vec<TreeEntry>>;

    /// A blob's bytes, at most `limit`; `Permanent` where it is larger or missing.
    fn read(&self, entry: &TreeEntry, limit: u64) -> Result<Vec<u8>>;
}

/// An entry of the tree that is not a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeEntry {
    /// The path from the top, `/` between parts.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: EntryKind,
    /// The Git object id in hex; for a plain folder, the id that Git would give the content, once read.
    pub id: String,
    /// Size in bytes, where it is known without reading.
    pub size: Option<u64>,
}

/// Kinds of tree entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A file.
    File,
    /// A file that may be run.
    Executable,
    /// A symbolic link.
    Symlink,
    /// A submodule.
    Submodule,
}
