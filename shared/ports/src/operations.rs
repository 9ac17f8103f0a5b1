//! What the API sets going: builds, rights, purges.

use std::collections::BTreeSet;

use async_trait::async_trait;
use deepwiki_domain::{CommitId, RepositoryId, job::BuildRequest, purge::Purged, repository::Repository};

use crate::Result;

/// When a build that is asked for takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuildWhen {
    /// In any case.
    Always,
    /// Where the revision stands for another commit than the published wiki.
    Changed,
}

/// What a request for a build is answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildAnswer {
    /// It was asked for. Where the build was only wanted after a change, somebody looks for one.
    Requested,
    /// The published wiki is of this commit, and nothing was asked for.
    UpToDate(CommitId),
}

/// The one door to builds. Whoever is behind it takes the lease, and makes the job begin.
#[async_trait]
pub trait BuildRequests: Send + Sync {
    /// Asks for a build. The same build asked for again is asked for once.
    async fn request(&self, request: &BuildRequest, when: BuildWhen) -> Result<BuildAnswer>;
}

/// Who may see a repository.
#[async_trait]
pub trait RepositoryAccess: Send + Sync {
    /// Restricts a repository to the members of these groups; to nobody in particular where there are none. Gives the
    /// record that stands. One that is not registered is refused (`Invalid`).
    async fn set_groups(&self, id: &RepositoryId, groups: &BTreeSet<String>) -> Result<Repository>;
}

/// Deleting for good.
#[async_trait]
pub trait Purge: Send + Sync {
    /// Deletes everything that was derived from a repository, its published wiki included, and says what it deleted.
    /// Refused (`Invalid`) while a build of it runs. One that was interrupted is completed by the next.
    async fn purge(&self, id: &RepositoryId) -> Result<Purged>;
}

/// Files to fetch that are too large for an answer.
#[async_trait]
pub trait Downloads: Send + Sync {
    /// Keeps a file for a while, and gives the address where whoever has it can fetch it under this name.
    async fn offer(&self, name: &str, content_type: &str, bytes: Vec<u8>) -> Result<String>;
}
