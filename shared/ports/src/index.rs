//! Search over published wikis.

use async_trait::async_trait;
use deepwiki_domain::{
    ArtefactKey, CommitId, RepositoryId,
    search::{Document, Hit, Query},
};

use crate::Result;

/// A repository's search generation, as its published pointer names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Searchable {
    /// The repository.
    pub repository: RepositoryId,
    /// The commit that the generation describes.
    pub commit: CommitId,
    /// The generation, as [`SearchIndex::build`] named it.
    pub generation: ArtefactKey,
}

/// Full text search, one immutable generation a build.
#[async_trait]
pub trait SearchIndex: Send + Sync {
    /// Makes a generation of these documents. The same documents give the same answers, not always the same key.
    async fn build(
        &self,
        repository: &RepositoryId,
        commit: &CommitId,
        documents: Vec<Document>,
    ) -> Result<ArtefactKey>;

    /// Searches these generations, which the caller has chosen by the asker's rights, best hits first. Asks
    /// for repositories in the query were applied by the caller.
    async fn search(&self, generations: &[Searchable], query: &Query) -> Result<Vec<Hit>>;
}
