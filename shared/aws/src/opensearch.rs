//! [`SearchIndex`] on a vector search collection of OpenSearch Serverless.
//!
//! Few indexes are shared by all repositories; a generation is a tag on its documents, and a question names the tags
//! that it may find. Three properties of such collections shape the rest: they give documents their ids themselves, so
//! that these are noted for deleting later; they show what was written only after a while, which is waited for before a
//! generation counts as made; and they delete by id alone.

mod asking;
mod collection;
mod holdings;
mod index;
mod query;
mod sending;

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex},
    time::SystemTime,
};

use async_trait::async_trait;
use aws_config::SdkConfig;
use deepwiki_domain::{
    ArtefactKey, CommitId, RepositoryId, StageError,
    circuit::CircuitRules,
    search::{Document, Found, INDEX_VERSION, Query, ranking, words::Words},
};
use deepwiki_ports::{
    ArtefactStore, CircuitBreaker, Result, SearchIndex, circuit::Guarded, clock::SystemClock, codec,
    index::Searchable,
};

use self::{
    asking::Asked,
    collection::Collection,
    holdings::{Holding, Holdings, Record},
    index::Index,
};
use crate::{Config, DynamoCircuits};

/// Search in a collection.
pub struct OpenSearchIndex {
    collection: Collection,
    store: Arc<dyn ArtefactStore>,
    records: Mutex<HashMap<(RepositoryId, ArtefactKey), Arc<Record>>>,
}

/// The collection at this endpoint, left alone while it fails.
pub fn guarded(
    sdk: &SdkConfig,
    config: &Config,
    endpoint: &str,
    store: Arc<dyn ArtefactStore>,
) -> Result<Guarded<OpenSearchIndex>> {
    let breaker = CircuitBreaker::new(
        Arc::new(DynamoCircuits::new(sdk, &config.ledger_table)),
        Arc::new(SystemClock),
        "search",
        CircuitRules::default(),
    );
    Ok(Guarded::new(OpenSearchIndex::new(sdk, endpoint, store)?, breaker))
}

impl OpenSearchIndex {
    /// The collection at `https://<id>.<region>.aoss.amazonaws.com`. `store` keeps the records of generations.
    pub fn new(sdk: &SdkConfig, endpoint: &str, store: Arc<dyn ArtefactStore>) -> Result<Self> {
        Ok(Self {
            collection: Collection::new(sdk, endpoint)?,
            store,
            records: Mutex::default(),
        })
    }
}

/// A tag that no other generation has.
fn new_tag(repository: &RepositoryId, digest: &str) -> String {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let seed = format!(
        "{repository} {digest} {} {}",
        std::process::id(),
        since.as_nanos()
    );
    let tag = blake3::hash(seed.as_bytes()).to_hex();
    tag.get(..32).unwrap_or_default().to_owned()
}

/// What a generation is made of, so that the same is not sent twice.
fn digest_of(commit: &CommitId, documents: &[Document], model: Option<&str>) -> Result<String> {
    let mut hasher = blake3::Hasher::new();
    serde_json::to_writer(&mut hasher, &(INDEX_VERSION, commit, model, documents)).map_err(|error| {
        StageError::permanent("the documents could not be written as JSON").with_detail(error)
    })?;
    Ok(hasher.finalize().to_hex().to_string())
}

#[async_trait]
impl SearchIndex for OpenSearchIndex {
    async fn build(
        &self,
        repository: &RepositoryId,
        commit: &CommitId,
        documents: Vec<Document>,
        model: Option<&str>,
    ) -> Result<ArtefactKey> {
        let store = self.store.as_ref();
        let digest = digest_of(commit, &documents, model)?;
        let mut holdings = Holdings::load(store, repository).await?;
        if let Some(record) = holdings.complete(&digest) {
            return Ok(record.clone());
        }
        let dimensions = documents.iter().find_map(|it| it.vector.as_ref().map(Vec::len));
        let model = model.filter(|_| dimensions.is_some());
        let dimensions = dimensions.unwrap_or_default();
        let count = documents.len() as u64;
        let index = Index::new(model, dimensions);
        let begun = Holding {
            tag: new_tag(repository, &digest),
            digest,
            index: index.name.clone(),
            batches: None,
            record: None,
        };
        holdings.0.push(begun.clone());
        holdings.keep(store, repository).await?;
        let mut holding = begun;
        if count > 0 {
            self.ensure(&index).await?;
            holding = self
                .send(repository, &index, documents, &mut holdings, holding)
                .await?;
            self.settle(&index.name, &holding.tag, count).await?;
        }
        let record = Record::new(&holding, model, dimensions, count);
        let key = codec::put_json(store, repository, &record).await?;
        holding.record = Some(key.clone());
        if let Some(last) = holdings.0.last_mut() {
            *last = holding;
        }
        holdings.keep(store, repository).await?;
        Ok(key)
    }

    async fn search(&self, generations: &[Searchable], query: &Query) -> Result<Found> {
        query.check()?;
        let terms = Words::new().of_query(&query.text);
        if terms.is_empty() || query.limit == 0 {
            return Ok(Found::default());
        }
        let (usable, refused) = self.survey(generations).await?;
        let Asked { candidates, semantic } = self.ask(&usable, &terms, query).await?;
        let candidates = ranking::best_of_all(candidates, ranking::matches_of(query));
        Ok(Found {
            hits: ranking::rank(&query.text, candidates, query.limit),
            semantic,
            refused,
        })
    }

    async fn retain(&self, repository: &RepositoryId, keep: &[ArtefactKey]) -> Result<()> {
        let store = self.store.as_ref();
        let holdings = Holdings::load(store, repository).await?;
        let is_kept = |holding: &Holding| holding.record.as_ref().is_some_and(|key| keep.contains(key));
        let (kept, gone): (Vec<Holding>, Vec<Holding>) = holdings.0.into_iter().partition(is_kept);
        if gone.is_empty() {
            return Ok(());
        }
        for holding in &gone {
            self.delete(repository, holding).await?;
        }
        // What was deleted just now need not be looked for, unless nothing at all is to be left.
        let is_purge = keep.is_empty();
        let named = kept.iter().chain(gone.iter().filter(|_| !is_purge));
        let tags: Vec<&str> = named.map(|holding| holding.tag.as_str()).collect();
        let indexes: BTreeSet<&str> = gone.iter().map(|holding| holding.index.as_str()).collect();
        for index in indexes {
            self.sweep(repository, index, &tags, is_purge).await?;
        }
        Holdings(kept).keep(store, repository).await
    }
}
