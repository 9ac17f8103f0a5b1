//! A folder that stands for a URL (`build --as`).

use async_trait::async_trait;
use deepwiki_domain::{CommitId, source::RepositorySource};
use deepwiki_ports::{Result, Snapshot, SourceReader};

/// Reads a folder, whatever origin is asked for.
pub(crate) struct Relocated<R> {
    /// The reader of folders.
    pub(crate) reader: R,
    /// The folder.
    pub(crate) folder: RepositorySource,
}

#[async_trait]
impl<R: SourceReader> SourceReader for Relocated<R> {
    async fn open(&self, _: &RepositorySource, revision: Option<&str>) -> Result<Box<dyn Snapshot>> {
        self.reader.open(&self.folder, revision).await
    }

    async fn resolve(&self, _: &RepositorySource, revision: Option<&str>) -> Result<CommitId> {
        self.reader.resolve(&self.folder, revision).await
    }
}
