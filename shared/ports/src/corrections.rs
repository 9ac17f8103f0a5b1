//! What readers have flagged as wrong.

use async_trait::async_trait;
use deepwiki_domain::{
    CorrectionId, RepositoryId,
    correction::{Correction, CorrectionState, Decision},
};

use crate::Result;

/// Flagged statements of each repository.
#[async_trait]
pub trait Corrections: Send + Sync {
    /// Records one. One that is recorded keeps its record; the answer is the record that stands.
    async fn record(&self, correction: &Correction) -> Result<Correction>;

    /// One of a repository.
    async fn get(&self, repository: &RepositoryId, id: &CorrectionId) -> Result<Option<Correction>>;

    /// Those of a repository, the newest first, at most `limit`.
    async fn list(&self, repository: &RepositoryId, limit: usize) -> Result<Vec<Correction>>;

    /// Notes what became of one, and gives the record that stands. A later decision replaces an earlier one. One that
    /// is not recorded is refused (`Invalid`).
    async fn decide(
        &self,
        repository: &RepositoryId,
        id: &CorrectionId,
        state: CorrectionState,
        decision: &Decision,
    ) -> Result<Correction>;
}
