//! Records of repositories, and the list of pages of each generation.

use async_trait::async_trait;
use deepwiki_domain::{
    BuildId, Locale, RepositoryId, Slug,
    repository::{Generation, Repository},
    wiki::PageEntry,
};

use crate::Result;

/// Some repositories and where to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryPage {
    /// In the order of their ids.
    pub repositories: Vec<Repository>,
    /// The id to continue after; none at the end.
    pub next: Option<RepositoryId>,
}

/// Registered repositories.
#[async_trait]
pub trait Repositories: Send + Sync {
    /// Registers one. One that is registered keeps its record (a removed one comes back); the answer is the
    /// record that stands.
    async fn register(&self, repository: &Repository) -> Result<Repository>;

    /// One by its id, removed ones included.
    async fn get(&self, id: &RepositoryId) -> Result<Option<Repository>>;

    /// Those after this id that are not removed, at most `limit`.
    async fn list(&self, after: Option<&RepositoryId>, limit: usize) -> Result<RepositoryPage>;

    /// Moves the published pointer, in one conditional write: only while the generation's build holds the
    /// repository's lease, so that a build that lost it can change nothing (`Permanent`). False, with or
    /// without the lease, where it points to this build already. A generation that shows the same as the newest takes its
    /// place among the versions: builds of what has not changed must not push out older wikis.
    async fn publish(&self, id: &RepositoryId, generation: &Generation) -> Result<bool>;

    /// Marks as removed; the record and its history stay.
    async fn remove(&self, id: &RepositoryId, now: i64) -> Result<()>;
}

/// The wikis that a repository has had.
#[async_trait]
pub trait Versions: Send + Sync {
    /// Those that can still be read, the newest first: what [`Repositories::publish`] has published, at least the last
    /// [`deepwiki_domain::repository::KEPT_GENERATIONS`] of it. None of a repository that has no wiki.
    async fn list(&self, repository: &RepositoryId) -> Result<Vec<Generation>>;
}

/// The pages of each generation, so that one page can be read without the whole wiki.
#[async_trait]
pub trait PageCatalog: Send + Sync {
    /// Writes the pages of a build's wiki in one language.
    async fn put(
        &self,
        repository: &RepositoryId,
        build: &BuildId,
        locale: Locale,
        pages: &[PageEntry],
    ) -> Result<()>;

    /// The pages in reading order.
    async fn list(
        &self,
        repository: &RepositoryId,
        build: &BuildId,
        locale: Locale,
    ) -> Result<Vec<PageEntry>>;

    /// One page.
    async fn get(
        &self,
        repository: &RepositoryId,
        build: &BuildId,
        locale: Locale,
        slug: &Slug,
    ) -> Result<Option<PageEntry>>;

    /// Forgets the pages of a build that is no longer needed.
    async fn remove(&self, repository: &RepositoryId, build: &BuildId) -> Result<()>;
}
