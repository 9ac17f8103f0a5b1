//! Search over published wikis.

use async_trait::async_trait;
use deepwiki_domain::{
    ArtefactKey, CommitId, RepositoryId,
    search::{Document, Found, Query},
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

/// Search by words and by meaning, one immutable generation a build.
#[async_trait]
pub trait SearchIndex: Send + Sync {
    /// Makes a generation of these documents; `model` made the vectors that they bear, all of the same length. The
    /// same documents give the same answers, not always the same key.
    async fn build(
        &self,
        repository: &RepositoryId,
        commit: &CommitId,
        documents: Vec<Document>,
        model: Option<&str>,
    ) -> Result<ArtefactKey>;

    /// Searches these generations, which the caller has chosen by the asker's rights, best hits first: nothing else
    /// is read or counted. [`Query::repositories`] was applied by the caller. A generation that cannot be used is
    /// named in the answer; where none can, that is the error.
    async fn search(&self, generations: &[Searchable], query: &Query) -> Result<Found>;

    /// Frees what all other generations of this repository take outside the artefact store: those that no longer can be
    /// asked for, and what builds left that broke off. Done twice, it does nothing the second time.
    async fn retain(&self, repository: &RepositoryId, keep: &[ArtefactKey]) -> Result<()>;
}
