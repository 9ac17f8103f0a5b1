//! What a repository has in the collection: every generation that was begun, with the ids that the service gave its
//! documents. Kept as artefacts, written before and after each step, so that nothing is lost sight of whatever breaks off.

use deepwiki_domain::{ArtefactKey, RepositoryId, memo};
use deepwiki_ports::{ArtefactStore, Result, codec};
use serde::{Deserialize, Serialize};

/// Tells the generations of this backend from other artefacts.
const BACKEND: &str = "opensearch";

/// What [`deepwiki_ports::SearchIndex::build`] names: a generation that is complete and can be found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    backend: String,
    /// The index that its documents are in.
    pub(super) index: String,
    /// What tells its documents from others.
    pub(super) tag: String,
    /// The model of its vectors and their length; none where it has none.
    pub(super) model: Option<String>,
    pub(super) dimensions: usize,
    pub(super) documents: u64,
    /// The last of its batches.
    pub(super) batches: Option<ArtefactKey>,
}

/// The ids of some documents, and where those sent before them are noted.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Batch {
    pub(super) before: Option<ArtefactKey>,
    pub(super) ids: Vec<String>,
}

/// A generation that was begun.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Holding {
    /// The digest of what it is made of.
    pub(super) digest: String,
    pub(super) index: String,
    pub(super) tag: String,
    pub(super) batches: Option<ArtefactKey>,
    /// The [`Record`], once it is complete.
    pub(super) record: Option<ArtefactKey>,
}

/// All of a repository's.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Holdings(pub(super) Vec<Holding>);

impl Record {
    pub(super) fn new(holding: &Holding, model: Option<&str>, dimensions: usize, documents: u64) -> Self {
        Self {
            backend: BACKEND.to_owned(),
            index: holding.index.clone(),
            tag: holding.tag.clone(),
            model: model.map(str::to_owned),
            dimensions,
            documents,
            batches: holding.batches.clone(),
        }
    }
}

impl Holdings {
    /// What is noted; nothing of a repository that is new.
    pub(super) async fn load(store: &dyn ArtefactStore, repository: &RepositoryId) -> Result<Self> {
        match store.recall(repository, &memo::search_holdings(BACKEND)).await? {
            Some(key) => codec::get_json(store, repository, &key).await,
            None => Ok(Self::default()),
        }
    }

    /// Notes them. One build of a repository runs at a time, so that nobody else writes meanwhile.
    pub(super) async fn keep(&self, store: &dyn ArtefactStore, repository: &RepositoryId) -> Result<()> {
        let key = codec::put_json(store, repository, self).await?;
        store
            .remember(repository, &memo::search_holdings(BACKEND), &key)
            .await
    }

    /// The complete generation that is made of the same.
    pub(super) fn complete(&self, digest: &str) -> Option<&ArtefactKey> {
        let same = self.0.iter().filter(|holding| holding.digest == digest);
        same.rev().find_map(|holding| holding.record.as_ref())
    }
}

/// All ids of a generation, a batch at a time: the last first.
pub(super) async fn batch(
    store: &dyn ArtefactStore,
    repository: &RepositoryId,
    key: &ArtefactKey,
) -> Result<Batch> {
    codec::get_packed(store, repository, key).await
}
