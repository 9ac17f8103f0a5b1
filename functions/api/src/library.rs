//! Finds what readers ask for: repositories, the published wiki of one, its pages, the lines of its files.

mod corrections;
mod map;
mod operations;
mod versions;

use std::{collections::BTreeSet, sync::Arc};

use axum::http::StatusCode;
use deepwiki_ask::{AskPorts, OnPart, Sources};
use deepwiki_domain::{
    ArtefactKey, CommitId, Locale, RepoPath, RepositoryId, Slug,
    access::{Principal, Role},
    answer::{Answer, LONGEST_HISTORY, Question},
    job::{Job, Usage},
    manifest::{Manifest, Shard},
    memo,
    page::{Citation, Page, Validity},
    repository::{Generation, Repository},
    search::{Found, Highlight, Hit, LONGEST_QUERY, Query},
    wiki::PageEntry,
};
use deepwiki_ports::{
    ArtefactStore, BuildRequests, Clock, Corrections, Downloads, Embedder, Jobs, LanguageModel, Ledger,
    PageCatalog, Purge, Repositories, RepositoryAccess, SearchIndex, Versions, codec, index::Searchable,
    repositories::RepositoryPage,
};
use serde::Deserialize;

use crate::{Problem, cache::Cache};

pub(crate) use corrections::Flag;
pub(crate) use map::RepositoryMap;
pub(crate) use operations::{BuildWish, Refreshed, Registration};
pub(crate) use versions::find_version;

/// The most repositories that one question searches or lists.
const MOST_REPOSITORIES: usize = 500;

/// What the service needs of the outside world.
#[derive(Clone)]
pub struct Ports {
    /// Registered repositories.
    pub repositories: Arc<dyn Repositories>,
    /// The wikis that a repository has had.
    pub versions: Arc<dyn Versions>,
    /// The pages of each generation.
    pub pages: Arc<dyn PageCatalog>,
    /// Records of builds.
    pub jobs: Arc<dyn Jobs>,
    /// Holds every published artefact.
    pub artefacts: Arc<dyn ArtefactStore>,
    /// Search.
    pub search: Arc<dyn SearchIndex>,
    /// Turns questions into vectors; none where search is lexical.
    pub embedder: Option<Arc<dyn Embedder>>,
    /// Composes answers; none where answers are extracts.
    pub model: Option<Arc<dyn LanguageModel>>,
    /// What readers have flagged.
    pub corrections: Arc<dyn Corrections>,
    /// Where builds are asked for.
    pub builds: Arc<dyn BuildRequests>,
    /// Who may see what.
    pub access: Arc<dyn RepositoryAccess>,
    /// Deletes what was derived.
    pub purge: Arc<dyn Purge>,
    /// Which deliveries of webhooks were dealt with.
    pub ledger: Arc<dyn Ledger>,
    /// Keeps exports that are too large for an answer; none where answers have no limit.
    pub downloads: Option<Arc<dyn Downloads>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Everything that one asker can ask for, and set going. *Architecture invariant:* whatever a method gives or changes,
/// it has asked [`Library::repository`] or [`Library::repositories`] first, which know the asker's rights.
#[derive(Clone)]
pub(crate) struct Library {
    ports: Arc<Ports>,
    cache: Arc<Cache>,
    sources: Arc<Sources>,
    principal: Arc<Principal>,
}

/// What a reader asks for of a repository's wiki.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wish<'a> {
    /// In this language or not at all.
    pub(crate) language: Option<Locale>,
    /// Without a language, in the best of these.
    pub(crate) offers: &'a [Locale],
    /// As this build made it, by its id or its commit; without, as it is published.
    pub(crate) build: Option<&'a str>,
}

/// A wiki in one language, as one build made it.
#[derive(Debug, Clone)]
pub(crate) struct Edition {
    pub(crate) repository: Repository,
    pub(crate) generation: Generation,
    pub(crate) locale: Locale,
}

impl Edition {
    pub(crate) fn locales(&self) -> impl Iterator<Item = Locale> {
        self.generation.wikis.keys().copied()
    }

    /// Whether it is the one that readers see who ask for none in particular.
    pub(crate) fn is_published(&self) -> bool {
        let published = self.repository.published.as_ref();
        published.is_some_and(|published| published.build == self.generation.build)
    }

    /// Where the lines can be read on the repository's own host.
    pub(crate) fn host_link(&self, at: &Citation) -> Option<String> {
        let source = &self.repository.source;
        source.link(&self.generation.commit, &at.path, at.start, at.end)
    }
}

/// What a `wiki.json` says of the whole.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct WikiHead {
    pub(crate) commit_time: Option<String>,
    pub(crate) writer: String,
    pub(crate) validity: Validity,
}

/// Some lines of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Excerpt {
    pub(crate) path: RepoPath,
    pub(crate) language: Option<deepwiki_domain::Language>,
    /// The file's number of lines.
    pub(crate) total: u32,
    /// How many secrets were masked in the file.
    pub(crate) masked: u32,
    /// The number of the first line of `text`, from 1.
    pub(crate) start: u32,
    /// The lines, without line breaks.
    pub(crate) lines: Vec<String>,
}

impl Library {
    /// `cache_bytes` bounds the memory that decoded artefacts take.
    pub(crate) fn new(ports: Ports, cache_bytes: usize) -> Self {
        Self {
            ports: Arc::new(ports),
            cache: Arc::new(Cache::new(cache_bytes)),
            sources: Arc::default(),
            principal: Arc::new(Principal {
                name: "nobody".to_owned(),
                role: Role::Reader,
                groups: BTreeSet::new(),
            }),
        }
    }

    /// The same library for this asker.
    pub(crate) fn for_principal(&self, principal: Arc<Principal>) -> Self {
        Self {
            principal,
            ..self.clone()
        }
    }

    /// Where files are handed out that are too large for an answer.
    pub(crate) fn downloads(&self) -> Option<&dyn Downloads> {
        self.ports.downloads.as_deref()
    }

    /// Repositories after this one that the asker may see, by id.
    pub(crate) async fn repositories(
        &self,
        after: Option<&RepositoryId>,
        limit: usize,
    ) -> Result<RepositoryPage, Problem> {
        let mut repositories: Vec<Repository> = Vec::new();
        let mut after = after.cloned();
        loop {
            // One more than is wanted tells whether there is more to see.
            let page = self.ports.repositories.list(after.as_ref(), limit + 1).await?;
            let visible = page
                .repositories
                .into_iter()
                .filter(|it| self.principal.may_see(it));
            repositories.extend(visible);
            if repositories.len() > limit || page.next.is_none() {
                let more = repositories.len() > limit;
                repositories.truncate(limit);
                let next = repositories.last().filter(|_| more).map(|last| last.id.clone());
                return Ok(RepositoryPage { repositories, next });
            }
            after = page.next;
        }
    }

    /// A repository that was not removed and that the asker may see. One that they may not see is, to them, none.
    pub(crate) async fn repository(&self, id: &RepositoryId) -> Result<Repository, Problem> {
        let repository = self.ports.repositories.get(id).await?;
        repository
            .filter(|repository| repository.removed_at.is_none() && self.principal.may_see(repository))
            .ok_or_else(|| no_repository(id))
    }

    /// The wiki that a reader asks for.
    pub(crate) async fn edition(&self, id: &RepositoryId, wish: Wish<'_>) -> Result<Edition, Problem> {
        let repository = self.repository(id).await?;
        let generation = match wish.build {
            None => repository.published.clone().ok_or_else(|| not_built(id))?,
            Some(build) => self.version(&repository, build).await?,
        };
        let locale = locale_of(&generation, id, wish)?;
        Ok(Edition {
            repository,
            generation,
            locale,
        })
    }

    /// All pages in reading order.
    pub(crate) async fn pages(&self, edition: &Edition) -> Result<Arc<Vec<PageEntry>>, Problem> {
        let (id, build, locale) = (&edition.repository.id, &edition.generation.build, edition.locale);
        let name = format!("pages {id} {build} {locale}");
        if let Some(pages) = self.cache.get(&name) {
            return Ok(pages);
        }
        let mut pages = self.ports.pages.list(id, build, locale).await?;
        pages.sort_by_key(|page| page.order);
        let weight = pages.iter().map(|page| 300 + page.summary.len()).sum();
        let pages = Arc::new(pages);
        self.cache.put(name, Arc::clone(&pages), weight);
        Ok(pages)
    }

    /// One page.
    pub(crate) async fn page(&self, edition: &Edition, slug: &Slug) -> Result<Arc<Page>, Problem> {
        let pages = self.pages(edition).await?;
        let entry = pages.iter().find(|entry| entry.slug == *slug);
        let entry = entry.ok_or_else(|| {
            Problem::not_found(format!(
                "The wiki of `{}` has no page `{slug}`.",
                edition.repository.id
            ))
        })?;
        self.page_by_key(edition, &entry.page).await
    }

    /// A page of the list.
    pub(crate) async fn page_by_key(
        &self,
        edition: &Edition,
        key: &ArtefactKey,
    ) -> Result<Arc<Page>, Problem> {
        if let Some(page) = self.cache.get(key.as_str()) {
            return Ok(page);
        }
        let id = &edition.repository.id;
        let bytes = self.ports.artefacts.get(id, key).await?;
        let page: Page = serde_json::from_slice(&bytes).map_err(|_| outdated(id))?;
        let page = Arc::new(page);
        // A decoded page takes about three times the room of its JSON.
        self.cache
            .put(key.to_string(), Arc::clone(&page), bytes.len() * 3);
        Ok(page)
    }

    /// What the export says of the whole wiki.
    pub(crate) async fn wiki_head(&self, edition: &Edition) -> Result<Arc<WikiHead>, Problem> {
        let name = format!("head {} {}", edition.generation.build, edition.locale);
        if let Some(head) = self.cache.get(&name) {
            return Ok(head);
        }
        let bytes = self.wiki_json(edition).await?;
        let head: WikiHead = serde_json::from_slice(&bytes).map_err(|_| outdated(&edition.repository.id))?;
        let head = Arc::new(head);
        self.cache.put(name, Arc::clone(&head), 200);
        Ok(head)
    }

    /// The bytes of `wiki.json`, as the build made them.
    pub(crate) async fn wiki_json(&self, edition: &Edition) -> Result<Vec<u8>, Problem> {
        let key = edition.generation.wikis.get(&edition.locale);
        let key = key.ok_or_else(|| outdated(&edition.repository.id))?;
        Ok(self.ports.artefacts.get(&edition.repository.id, key).await?)
    }

    /// The lines of a file from `start` on, at most `most`; none where the file has fewer.
    pub(crate) async fn excerpt(
        &self,
        repository: &RepositoryId,
        generation: &Generation,
        path: &str,
        start: u32,
        most: u32,
    ) -> Result<Excerpt, Problem> {
        let absent = || {
            Problem::not_found(format!(
                "`{path}` is not among the files that the wiki was made from."
            ))
        };
        let manifest = self.manifest(repository, generation).await?;
        let entry = manifest.file(path).ok_or_else(absent)?;
        let shard = manifest.shards.get(entry.shard as usize).ok_or_else(absent)?;
        let shard = self.shard(repository, &shard.key).await?;
        let file = shard
            .files
            .iter()
            .find(|file| file.path.as_str() == path)
            .ok_or_else(absent)?;
        let skipped = start.saturating_sub(1) as usize;
        Ok(Excerpt {
            path: entry.path.clone(),
            language: entry.language,
            total: entry.lines,
            masked: entry.masked,
            start: start.max(1),
            lines: file
                .text
                .lines()
                .skip(skipped)
                .take(most as usize)
                .map(str::to_owned)
                .collect(),
        })
    }

    /// The newest builds of a repository.
    pub(crate) async fn jobs(&self, id: &RepositoryId, limit: usize) -> Result<Vec<Job>, Problem> {
        let repository = self.repository(id).await?;
        Ok(self.ports.jobs.list(&repository.id, limit).await?)
    }

    /// A build of a repository that the asker may see.
    pub(crate) async fn job(&self, id: &deepwiki_domain::BuildId) -> Result<Job, Problem> {
        let absent = || Problem::not_found(format!("There is no job `{id}`."));
        let job = self.ports.jobs.get(id).await?.ok_or_else(absent)?;
        match self.repository(&job.repository).await {
            Ok(_) => Ok(job),
            Err(problem) if problem.status() == StatusCode::NOT_FOUND => Err(absent()),
            Err(problem) => Err(problem),
        }
    }

    /// What a build did and cost; none where it was not noted.
    pub(crate) async fn usage(&self, job: &Job) -> Result<Option<Usage>, Problem> {
        let store = self.ports.artefacts.as_ref();
        match store.recall(&job.repository, &memo::usage(&job.build)).await? {
            Some(key) => Ok(Some(codec::get_json(store, &job.repository, &key).await?)),
            None => Ok(None),
        }
    }

    /// Searches the published wikis of these repositories, or of all.
    pub(crate) async fn search(&self, query: &Query) -> Result<Found, Problem> {
        if query.text.chars().count() > LONGEST_QUERY {
            let limit = format!("A query has at most {LONGEST_QUERY} characters: shorten it.");
            return Err(Problem::bad_request(limit));
        }
        let repositories = self.chosen(&query.repositories).await?;
        let searchable = repositories.into_iter().filter_map(|repository| {
            let generation = repository.published?;
            Some(Searchable {
                repository: repository.id,
                commit: generation.commit,
                generation: generation.search,
            })
        });
        let generations: Vec<Searchable> = searchable.collect();
        if query.text.trim().is_empty() || generations.is_empty() {
            return Ok(Found::default());
        }
        let embedder = self.ports.embedder.as_deref();
        let query = Query {
            vector: deepwiki_ask::query_vector(&query.text, embedder).await,
            ..query.clone()
        };
        Ok(self.ports.search.search(&generations, &query).await?)
    }

    /// What of each hit has words of the query.
    pub(crate) async fn highlights(
        &self,
        query: &Query,
        hits: &[Hit],
    ) -> Result<Vec<Vec<Highlight>>, Problem> {
        let mut ids: Vec<RepositoryId> = hits.iter().map(|hit| hit.repository.clone()).collect();
        ids.sort();
        ids.dedup();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let repositories = self.chosen(&ids).await?;
        Ok(deepwiki_ask::highlights(&query.text, hits, &repositories, self.ask_ports()).await)
    }

    /// The repositories that a question is put to, where it can be put.
    pub(crate) async fn askable(
        &self,
        question: &Question,
        ids: &[RepositoryId],
    ) -> Result<Vec<Repository>, Problem> {
        if question.is_too_long() {
            let limit = format!(
                "A question has at most {LONGEST_QUERY} characters, and {LONGEST_HISTORY} questions before it: shorten it."
            );
            return Err(Problem::bad_request(limit));
        }
        self.chosen(ids).await
    }

    /// Answers from the published wikis of these repositories, its parts as they become certain.
    pub(crate) async fn ask(
        &self,
        question: &Question,
        repositories: &[Repository],
        on_part: &mut OnPart<'_>,
    ) -> Result<Answer, Problem> {
        Ok(deepwiki_ask::ask_in_parts(question, repositories, self.ask_ports(), on_part).await?)
    }

    fn ask_ports(&self) -> AskPorts<'_> {
        AskPorts {
            search: self.ports.search.as_ref(),
            embedder: self.ports.embedder.as_deref(),
            artefacts: self.ports.artefacts.as_ref(),
            pages: self.ports.pages.as_ref(),
            sources: &self.sources,
            model: self.ports.model.as_deref(),
        }
    }

    /// Those of these repositories that the asker may see, or all such where none is named.
    async fn chosen(&self, ids: &[RepositoryId]) -> Result<Vec<Repository>, Problem> {
        if ids.is_empty() {
            return Ok(self.repositories(None, MOST_REPOSITORIES).await?.repositories);
        }
        let mut chosen = Vec::new();
        for id in ids.iter().take(MOST_REPOSITORIES) {
            chosen.push(self.repository(id).await?);
        }
        Ok(chosen)
    }

    /// The generation that a hit was found in, if it is still the published one.
    pub(crate) async fn generation_of(
        &self,
        id: &RepositoryId,
        commit: &CommitId,
    ) -> Result<Option<Generation>, Problem> {
        let published = self.repository(id).await?.published;
        Ok(published.filter(|generation| generation.commit == *commit))
    }

    async fn manifest(
        &self,
        repository: &RepositoryId,
        generation: &Generation,
    ) -> Result<Arc<Manifest>, Problem> {
        let name = generation.manifest.as_str();
        if let Some(manifest) = self.cache.get(name) {
            return Ok(manifest);
        }
        let store = self.ports.artefacts.as_ref();
        let manifest: Manifest = codec::get_json(store, repository, &generation.manifest).await?;
        let weight = manifest.files.len() * 200;
        let manifest = Arc::new(manifest);
        self.cache.put(name.to_owned(), Arc::clone(&manifest), weight);
        Ok(manifest)
    }

    async fn shard(&self, repository: &RepositoryId, key: &ArtefactKey) -> Result<Arc<Shard>, Problem> {
        if let Some(shard) = self.cache.get(key.as_str()) {
            return Ok(shard);
        }
        let shard: Shard = codec::get_packed(self.ports.artefacts.as_ref(), repository, key).await?;
        let weight = shard.files.iter().map(|file| file.text.len() + 200).sum();
        let shard = Arc::new(shard);
        self.cache.put(key.to_string(), Arc::clone(&shard), weight);
        Ok(shard)
    }
}

/// The language to read in.
fn locale_of(generation: &Generation, id: &RepositoryId, wish: Wish<'_>) -> Result<Locale, Problem> {
    let has = |locale: &Locale| generation.wikis.contains_key(locale);
    match wish.language {
        Some(locale) if has(&locale) => Ok(locale),
        Some(locale) => Err(Problem::not_found(format!(
            "The wiki of `{id}` is not written in `{locale}`."
        ))),
        None => {
            let offered = wish.offers.iter().copied().find(has);
            offered
                .or_else(|| generation.wikis.keys().next().copied())
                .ok_or_else(|| Problem::not_found(format!("The wiki of `{id}` is empty: build it again.")))
        }
    }
}

fn no_repository(id: &RepositoryId) -> Problem {
    Problem::not_found(format!("There is no repository `{id}`. GET /repos lists them."))
}

fn not_built(id: &RepositoryId) -> Problem {
    Problem::not_found(format!(
        "`{id}` has no wiki yet: its first build has not finished."
    ))
}

pub(crate) fn outdated(id: &RepositoryId) -> Problem {
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        format!("The wiki of `{id}` was made by another version of this service: build it again."),
    )
}
