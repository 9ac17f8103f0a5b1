//! Search without a service: each generation is one artefact, so that the same bytes serve from a
//! folder and from S3.
//!
//! Generations that are searched together are scored by their common statistics, as if they were one index: a
//! word that is rare in all of them weighs much in each, and a small repository wins and loses nothing by
//! being small. A generation may also hold vectors of one model. What words and vectors say is then fused and
//! ranked by [`deepwiki_domain::search::ranking`].

mod analyzer;
mod best;
mod cache;
mod catalog;
mod container;
mod generation;
mod vectors;

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use deepwiki_domain::{
    ArtefactKey, CommitId, RepositoryId, StageError,
    search::{
        Document, Found, MOST_HITS, Query, Refused,
        ranking::{self, Candidate},
        words::Words,
    },
};
use deepwiki_ports::{ArtefactStore, Result, SearchIndex, index::Searchable};
use futures::{StreamExt, TryStreamExt, stream};
use tokio::sync::Semaphore;

use crate::{
    best::Match,
    cache::Cache,
    generation::{Generation, Statistics},
};

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

    /// How often the terms occur in all generations together, in which that can be told, and in which not.
    async fn survey(&self, generations: &[Searchable], terms: &Arc<Vec<String>>) -> Result<Survey> {
        let counting = stream::iter(generations.to_vec()).map(|searchable| async move {
            let counted = match self.open(&searchable).await {
                Ok(generation) => {
                    let terms = Arc::clone(terms);
                    off_thread(move || generation.statistics(&terms)).await
                }
                Err(error) => Err(error),
            };
            (searchable, counted)
        });
        let mut counted = counting.buffered(AT_ONCE);
        let (mut survey, mut last) = (Survey::default(), None);
        while let Some((searchable, statistics)) = counted.next().await {
            match statistics {
                Ok(statistics) => {
                    survey.statistics.add(&statistics);
                    survey.usable.push(searchable);
                }
                Err(error) if error.kind.is_retryable() => return Err(error),
                Err(error) => {
                    survey.refused.push(Refused {
                        repository: searchable.repository,
                        reason: error.message.clone(),
                    });
                    last = Some(error);
                }
            }
        }
        match last {
            Some(error) if survey.usable.is_empty() => Err(error),
            _ => Ok(survey),
        }
    }

    /// The best matches of all generations, in no order. No more than a few generations are held at a time.
    async fn candidates(
        &self,
        generations: Vec<Searchable>,
        statistics: Statistics,
        terms: &Arc<Vec<String>>,
        query: &Arc<Query>,
    ) -> Result<Vec<Answer>> {
        let statistics = &Arc::new(statistics);
        let answers = stream::iter(generations).map(|searchable| async move {
            let generation = self.open(&searchable).await?;
            let (terms, statistics) = (Arc::clone(terms), Arc::clone(statistics));
            let query = Arc::clone(query);
            off_thread(move || answer(&searchable, &generation, &terms, &statistics, &query)).await
        });
        answers.buffer_unordered(AT_ONCE).try_collect().await
    }
}

/// What can be searched, and what its words are measured by.
#[derive(Default)]
struct Survey {
    statistics: Statistics,
    usable: Vec<Searchable>,
    refused: Vec<Refused>,
}

/// What one generation answers.
struct Answer {
    candidates: Vec<Candidate>,
    /// Whether its vectors were compared with the query's.
    semantic: bool,
}

fn answer(
    searchable: &Searchable,
    generation: &Generation,
    terms: &[String],
    statistics: &Statistics,
    query: &Query,
) -> Result<Answer> {
    let limit = ranking::matches_of(query);
    let lexical = generation.search(terms, statistics, query, limit)?;
    let semantic = query
        .vector
        .as_ref()
        .and_then(|vector| generation.nearest(vector, query, limit));
    let mut scores: BTreeMap<u32, (Option<f32>, Option<f32>)> = BTreeMap::new();
    for Match { document, score } in &lexical {
        scores.entry(*document).or_default().0 = Some(*score);
    }
    for Match { document, score } in semantic.iter().flatten() {
        scores.entry(*document).or_default().1 = Some(*score);
    }
    let Searchable {
        repository, commit, ..
    } = searchable;
    let candidate = |(document, (lexical, semantic))| {
        let candidate = generation.catalog().candidate(repository, commit, document)?;
        Some(Candidate {
            lexical,
            semantic,
            ..candidate
        })
    };
    Ok(Answer {
        candidates: scores.into_iter().filter_map(candidate).collect(),
        semantic: semantic.is_some(),
    })
}

#[async_trait]
impl SearchIndex for EmbeddedSearch {
    async fn build(
        &self,
        repository: &RepositoryId,
        _commit: &CommitId,
        documents: Vec<Document>,
        model: Option<&str>,
    ) -> Result<ArtefactKey> {
        let model = model.map(str::to_owned);
        let blob = off_thread(move || generation::build(documents, model.as_deref())).await?;
        self.store.put(repository, &blob).await
    }

    async fn search(&self, generations: &[Searchable], query: &Query) -> Result<Found> {
        query.check()?;
        let terms = Arc::new(Words::new().of_query(&query.text));
        let limit = query.limit.min(MOST_HITS);
        if terms.is_empty() || limit == 0 {
            return Ok(Found::default());
        }
        let Survey {
            statistics,
            usable,
            refused,
        } = self.survey(generations, &terms).await?;
        let shared = Arc::new(query.clone());
        let answers = self.candidates(usable, statistics, &terms, &shared).await?;
        let semantic = answers.iter().any(|it| it.semantic);
        let candidates = ranking::best_of_all(
            answers.into_iter().flat_map(|it| it.candidates),
            ranking::matches_of(query),
        );
        Ok(Found {
            hits: ranking::rank(&query.text, candidates, limit),
            semantic,
            refused,
        })
    }

    /// All of a generation is its artefact, which goes with the artefacts that nothing refers to.
    async fn retain(&self, _repository: &RepositoryId, _keep: &[ArtefactKey]) -> Result<()> {
        Ok(())
    }
}

/// Runs computation off the threads that serve others.
async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| StageError::permanent("the search did not come to its end").with_detail(error))?
}
