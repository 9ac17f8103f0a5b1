//! Content-addressed storage of what the stages make.

use async_trait::async_trait;
use deepwiki_domain::{ArtefactKey, BuildId, RepositoryId, memo::MemoKey, message::ItemList};

use crate::Result;

/// Immutable bytes by their digest, kept apart by repository so that a purge finds all of one.
#[async_trait]
pub trait ArtefactStore: Send + Sync {
    /// Keeps the bytes (zstd-compressed) and returns their key. Writing what is there already does nothing.
    async fn put(&self, repository: &RepositoryId, bytes: &[u8]) -> Result<ArtefactKey>;

    /// The bytes of this key, checked against it: `Permanent` where they are not there or damaged.
    async fn get(&self, repository: &RepositoryId, key: &ArtefactKey) -> Result<Vec<u8>>;

    /// What [`ArtefactStore::remember`] noted under this memo, if its artefact is still there.
    async fn recall(&self, repository: &RepositoryId, memo: &MemoKey) -> Result<Option<ArtefactKey>>;

    /// Notes that a step with these inputs gave this artefact.
    async fn remember(&self, repository: &RepositoryId, memo: &MemoKey, key: &ArtefactKey) -> Result<()>;

    /// Writes a list of work items, uncompressed, one JSON document a line, for a Distributed Map to read.
    async fn put_items(
        &self,
        repository: &RepositoryId,
        build: &BuildId,
        name: &str,
        items: &[String],
    ) -> Result<ItemList>;
}
