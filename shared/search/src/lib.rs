//! Full text search without a service: each generation is one artefact, so that the same bytes serve from a
//! folder and from S3.
//!
//! Generations that are searched together are scored by their common statistics, as if they were one index: a
//! word that is rare in all of them weighs much in each, and a small repository wins and loses nothing by
//! being small. What the words say is then ranked by [`deepwiki_domain::search::ranking`].

mod analyzer;
mod cache;
mod catalog;
mod container;
mod generation;
mod text;
mod words;

use std::sync::Arc;

use async_trait::async_trait;
use deepwiki_domain::{
    ArtefactKey, CommitId, RepositoryId, StageError,
    search::{
        Document, Hit, LONGEST_QUERY, MOST_HITS, Query,
        ranking::{self, Candidate},
    },
};
use deepwiki_ports::{ArtefactStore, Result, SearchIndex, index::Searchable};
use futures::{StreamExt, TryStreamExt, stream};
use tokio::sync::Semaphore;

use crate::{
    cache::Cache,
    generation::{Generation, Match, Statistics},
    words::Words,
};

/// How many matches are ranked for each hit that is wanted: the others are near-duplicates or fall behind.
const MATCHES_PER_HIT: usize = 3;

/// How many matches are ranked at least.
const FEWEST_MATCHES: usize = 100;

/// How many generations are searched at once.
const AT_ONCE: usize = 4;

/// How many generations are loaded at once; each takes its size twice meanwhile.
const LOADS_AT_ONCE: usize = 2;

/// Search in generations that an artefact store keeps.
pub struct EmbeddedSearch {
    store: Arc<dyn ArtefactStore>,
    cache: Cache,
    loads: Semaphore,
}

/// What one generation answers.
struct Answer {
    searchable: Searchable,
    matches: Vec<Match>,
}

impl EmbeddedSearch {
    /// `cache_bytes` bounds the memory in which generations stay open between queries.
    pub fn new(store: Arc<dyn ArtefactStore>, cache_bytes: usize) -> Self {
        Self {
            store,
            cache: Cache::new(cache_bytes),
            loads: Semaphore::new(LOADS_AT_ONCE),
        }
    }

    /// The open generation, from memory or from the store.
    async fn open(&self, searchable: &Searchable) -> Result<Arc<Generation>> {
        let Searchable {
            repository,
            generation: key,
            ..
        } = searchable;
        if let Some(generation) = self.cache.get(repository, key) {
            return Ok(generation);
        }
        let _permit = self
            .loads
            .acquire()
            .await
            .map_err(|error| StageError::transient("the search is being shut down").with_detail(error))?;
        // Another query may have loaded it while this one waited.
        if let Some(generation) = self.cache.get(repository, key) {
            return Ok(generation);
        }
        let unusable = || {
            StageError::permanent(format!(
                "the search index of `{repository}` is damaged or of another version: build it with --full"
            ))
        };
        let blob =
            self.store
                .get(repository, key)
                .await
                .map_err(|error| match error.kind.is_retryable() {
                    true => error,
                    false => unusable().with_detail(format!("{error} {}", error.detail)),
                })?;
        let generation = off_thread(move || Ok(Generation::open(&blob))).await?;
        let generation = Arc::new(generation.ok_or_else(|| unusable().with_detail(key))?);
        self.cache.insert(repository, key, &generation);
        Ok(generation)
    }

    /// How often the terms occur in all generations together.
    async fn statistics(&self, generations: &[Searchable], terms: &Arc<Vec<String>>) -> Result<Statistics> {
        let counts = stream::iter(generations.to_vec()).map(|searchable| async move {
            let generation = self.open(&searchable).await?;
            let terms = Arc::clone(terms);
            off_thread(move || generation.statistics(&terms)).await
        });
        let add = |mut sum: Statistics, one: Statistics| async move {
            sum.add(&one);
            Ok(sum)
        };
        counts
            .buffer_unordered(AT_ONCE)
            .try_fold(Statistics::default(), add)
            .await
    }

    /// The best matches of all generations, in no order.
    async fn matches(
        &self,
        generations: &[Searchable],
        terms: &Arc<Vec<String>>,
        query: &Query,
        limit: usize,
    ) -> Result<Vec<Answer>> {
        let all = Arc::new(self.statistics(generations, terms).await?);
        let all = &all;
        let answers = stream::iter(generations.to_vec()).map(|searchable| async move {
            let generation = self.open(&searchable).await?;
            let (terms, all, locale) = (Arc::clone(terms), Arc::clone(all), query.locale);
            let matches = off_thread(move || generation.search(&terms, &all, locale, limit)).await?;
            Ok(Answer { searchable, matches })
        });
        answers.buffer_unordered(AT_ONCE).try_collect().await
    }

    /// The best matches of all, as candidates for ranking.
    async fn candidates(&self, answers: Vec<Answer>, limit: usize) -> Result<Vec<Candidate>> {
        let mut scores: Vec<f32> = answers
            .iter()
            .flat_map(|it| &it.matches)
            .map(|it| it.score)
            .collect();
        scores.sort_by(|a, b| b.total_cmp(a));
        let least = scores.get(limit).copied().unwrap_or(f32::MIN);
        let mut candidates = Vec::new();
        for Answer { searchable, matches } in answers {
            let good = matches.into_iter().take_while(|it| it.score >= least).peekable();
            let generation = self.open(&searchable).await?;
            candidates.extend(good.filter_map(|Match { score, document }| {
                generation
                    .catalog()
                    .candidate(&searchable.repository, &searchable.commit, document, score)
            }));
        }
        Ok(candidates)
    }
}

#[async_trait]
impl SearchIndex for EmbeddedSearch {
    async fn build(
        &self,
        repository: &RepositoryId,
        _commit: &CommitId,
        documents: Vec<Document>,
    ) -> Result<ArtefactKey> {
        let blob = off_thread(move || generation::build(documents)).await?;
        self.store.put(repository, &blob).await
    }

    async fn search(&self, generations: &[Searchable], query: &Query) -> Result<Vec<Hit>> {
        let is_too_long = query.text.len() > 4 * LONGEST_QUERY || query.text.chars().count() > LONGEST_QUERY;
        if is_too_long {
            return Err(StageError::invalid(format!(
                "the query is too long: use {LONGEST_QUERY} characters at most"
            )));
        }
        let terms = Arc::new(Words::new().of_query(&query.text));
        let limit = query.limit.min(MOST_HITS);
        if terms.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        let matches = (limit * MATCHES_PER_HIT).max(FEWEST_MATCHES);
        let answers = self.matches(generations, &terms, query, matches).await?;
        let candidates = self.candidates(answers, matches).await?;
        Ok(ranking::rank(&query.text, candidates, limit))
    }
}

/// Runs computation off the threads that serve others.
async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| StageError::permanent("the search did not come to its end").with_detail(error))?
}
