//! Searching the generation before where the published one cannot be used.

use std::sync::Arc;

use async_trait::async_trait;
use deepwiki_domain::{
    ArtefactKey, CommitId, RepositoryId,
    search::{Document, Found, Query, Refused},
};

use crate::{Result, SearchIndex, Versions, index::Searchable};

/// How many repositories of one question are looked into for what they had before.
const MOST_REPOSITORIES: usize = 8;

/// How many generations of each are tried.
const MOST_TRIED: usize = 3;

/// An index that answers from the last good generation of a repository whose published one is damaged. Hits then are of
/// that one's commit, and the answer says which repository it is about.
pub struct LastGood {
    index: Arc<dyn SearchIndex>,
    versions: Arc<dyn Versions>,
}

impl LastGood {
    /// This index, with what repositories had before.
    pub fn new(index: Arc<dyn SearchIndex>, versions: Arc<dyn Versions>) -> Self {
        Self { index, versions }
    }

    /// The newest generation before this one that can be searched.
    async fn before(&self, damaged: &Searchable, query: &Query) -> Result<Option<Searchable>> {
        let versions = self.versions.list(&damaged.repository).await?;
        let older = versions
            .into_iter()
            .filter(|it| it.search != damaged.generation)
            .take(MOST_TRIED);
        for generation in older {
            let older = Searchable {
                repository: damaged.repository.clone(),
                commit: generation.commit,
                generation: generation.search,
            };
            match self.index.search(std::slice::from_ref(&older), query).await {
                Ok(_) => return Ok(Some(older)),
                Err(error) if error.kind.is_retryable() => return Err(error),
                Err(_) => {}
            }
        }
        Ok(None)
    }
}

#[async_trait]
impl SearchIndex for LastGood {
    async fn build(
        &self,
        repository: &RepositoryId,
        commit: &CommitId,
        documents: Vec<Document>,
        model: Option<&str>,
    ) -> Result<ArtefactKey> {
        self.index.build(repository, commit, documents, model).await
    }

    async fn search(&self, generations: &[Searchable], query: &Query) -> Result<Found> {
        let first = self.index.search(generations, query).await;
        let damaged: Vec<RepositoryId> = match &first {
            Ok(found) => found.refused.iter().map(|it| it.repository.clone()).collect(),
            Err(error) if error.kind.is_retryable() || query.check().is_err() => return first,
            // None could be used.
            Err(_) => generations.iter().map(|it| it.repository.clone()).collect(),
        };
        let mut all = generations.to_vec();
        let mut replaced: Vec<Refused> = Vec::new();
        let is_damaged = |it: &&mut Searchable| damaged.contains(&it.repository);
        for searchable in all.iter_mut().filter(is_damaged).take(MOST_REPOSITORIES) {
            if let Some(older) = self.before(searchable, query).await? {
                replaced.push(Refused {
                    repository: older.repository.clone(),
                    reason: format!(
                        "the search index of `{}` is damaged: an older one answers, of commit {}; build it with --full",
                        older.repository,
                        older.commit.short()
                    ),
                });
                *searchable = older;
            }
        }
        if replaced.is_empty() {
            return first;
        }
        let mut found = self.index.search(&all, query).await?;
        found.refused.extend(replaced);
        Ok(found)
    }

    async fn retain(&self, repository: &RepositoryId, keep: &[ArtefactKey]) -> Result<()> {
        self.index.retain(repository, keep).await
    }
}
