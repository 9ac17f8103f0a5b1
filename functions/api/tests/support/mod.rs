//! The ports in memory, and a way to publish pages through them. Shared by the tests and the demo.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

pub(crate) mod sample;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use deepwiki_api::Ports;
use deepwiki_domain::{
    ArtefactKey, BlobId, BuildId, CommitId, CorrectionId, Language, Locale, RepoPath, RepositoryId, Slug,
    StageError,
    correction::{Correction, CorrectionState, Decision},
    job::{BuildMode, BuildRequest, Job, JobFailure, JobStatus, Stage, StageProgress, Trigger},
    manifest::{FileEntry, MANIFEST_VERSION, Manifest, Role, Shard, ShardFile, ShardRef},
    markdown,
    memo::MemoKey,
    message::ItemList,
    page::{Page, Validity},
    plan::{PLAN_VERSION, Plan},
    purge::Purged,
    repository::{Generation, Repository, RepositoryStatus},
    search::{Document, Found, Hit, Query, Reason},
    source::RepositorySource,
    wiki::{PageEntry, WIKI_VERSION, Wiki},
};
use deepwiki_ports::{
    ArtefactStore, BuildAnswer, BuildRequests, BuildWhen, Clock, Corrections, Jobs, Ledger, PageCatalog,
    Purge, Repositories, RepositoryAccess, Result, SearchIndex, Versions, builds::Claim, codec,
    index::Searchable, repositories::RepositoryPage,
};

/// Everything in memory.
#[derive(Default)]
pub(crate) struct Memory {
    repositories: Mutex<BTreeMap<RepositoryId, Repository>>,
    versions: Mutex<BTreeMap<RepositoryId, Vec<Generation>>>,
    pages: Mutex<BTreeMap<(RepositoryId, BuildId, Locale), Vec<PageEntry>>>,
    artefacts: Mutex<BTreeMap<ArtefactKey, Vec<u8>>>,
    documents: Mutex<BTreeMap<ArtefactKey, Vec<Document>>>,
    jobs: Mutex<Vec<Job>>,
    corrections: Mutex<Vec<Correction>>,
    claims: Mutex<BTreeMap<String, Claim>>,
    /// Builds that were asked for.
    pub(crate) requests: Mutex<Vec<BuildRequest>>,
}

/// The clock of the tests.
struct Noon;

impl Clock for Noon {
    fn now(&self) -> i64 {
        NOW
    }
}

/// A repository to publish: its files, and the pages of each language.
pub(crate) struct Sample {
    pub(crate) source: RepositorySource,
    pub(crate) status: RepositoryStatus,
    pub(crate) files: Vec<(String, String)>,
    pub(crate) pages: Vec<Page>,
}

pub(crate) const COMMIT: &str = "3f786850e387550fdab836ed7e6dc881de23001b";
pub(crate) const NOW: i64 = 1_795_417_200;

impl Memory {
    pub(crate) fn ports(self: &Arc<Self>) -> Ports {
        Ports {
            repositories: self.clone(),
            versions: self.clone(),
            pages: self.clone(),
            jobs: self.clone(),
            artefacts: self.clone(),
            search: self.clone(),
            embedder: None,
            model: None,
            corrections: self.clone(),
            builds: self.clone(),
            access: self.clone(),
            purge: self.clone(),
            ledger: self.clone(),
            downloads: None,
            clock: Arc::new(Noon),
        }
    }

    /// Registers a repository that has no wiki yet.
    pub(crate) async fn register(&self, source: RepositorySource, status: RepositoryStatus) -> Repository {
        let repository = Repository {
            id: source.repository_id(),
            display_name: source.name().to_owned(),
            source,
            revision: None,
            status,
            locales: Locale::ALL.to_vec(),
            published: None,
            groups: Default::default(),
            registered_at: NOW,
            removed_at: None,
        };
        Repositories::register(self, &repository).await.unwrap()
    }

    /// Publishes a wiki as a build would.
    pub(crate) async fn publish(&self, sample: Sample) -> RepositoryId {
        self.publish_again(sample, "build", |_| {}).await
    }

    /// Publishes it as another build, at a commit of its own unless it is the first, after a change.
    pub(crate) async fn publish_again(
        &self,
        sample: Sample,
        name: &str,
        change: impl Fn(&mut Generation),
    ) -> RepositoryId {
        let repository = self.register(sample.source, sample.status).await;
        let id = repository.id.clone();
        let commit = match name {
            "build" => COMMIT.to_owned(),
            other => ArtefactKey::of(other.as_bytes())
                .as_str()
                .chars()
                .take(40)
                .collect(),
        };
        let commit = CommitId::new(commit).unwrap();
        let build = BuildId::new(format!("{name}-{id}")).unwrap();
        let manifest = self.store_files(&repository, &commit, &sample.files).await;
        let mut wikis = BTreeMap::new();
        for locale in Locale::ALL {
            let pages: Vec<&Page> = sample.pages.iter().filter(|page| page.locale == locale).collect();
            if pages.is_empty() {
                continue;
            }
            let mut entries = Vec::new();
            for page in &pages {
                let key = codec::put_json(self, &id, *page).await.unwrap();
                entries.push(PageEntry {
                    slug: page.slug.clone(),
                    title: page.title.clone(),
                    parent: page.parent.clone(),
                    order: page.order,
                    summary: page.summary.clone(),
                    page: key,
                });
            }
            PageCatalog::put(self, &id, &build, locale, &entries)
                .await
                .unwrap();
            let wiki = wiki(&id, &commit, locale, &pages);
            wikis.insert(locale, codec::put_json(self, &id, &wiki).await.unwrap());
        }
        let documents = documents(&sample.files, sample.pages.first().map(|page| page.slug.clone()));
        let search = SearchIndex::build(self, &id, &commit, documents, None)
            .await
            .unwrap();
        let mut generation = Generation {
            build: build.clone(),
            commit: commit.clone(),
            commit_time: Some(NOW - 86_400),
            trigger: Trigger::Push,
            published_at: NOW,
            plan: self.store_plan(&id, &commit).await,
            manifest,
            wikis,
            search,
            packages: None,
        };
        change(&mut generation);
        Repositories::publish(self, &id, &generation).await.unwrap();
        self.jobs.lock().unwrap().push(job(&id, &build, &commit));
        id
    }

    /// A plan that notes nothing.
    async fn store_plan(&self, id: &RepositoryId, commit: &CommitId) -> ArtefactKey {
        let nothing = ArtefactKey::of(b"nothing");
        let plan = Plan {
            schema: PLAN_VERSION,
            repository: id.clone(),
            commit: commit.clone(),
            pages: Vec::new(),
            names: nothing.clone(),
            graph: nothing.clone(),
            ranks: nothing,
            outline: None,
            packages: None,
            homes: Vec::new(),
        };
        codec::put_json(self, id, &plan).await.unwrap()
    }

    async fn store_files(
        &self,
        repository: &Repository,
        commit: &CommitId,
        files: &[(String, String)],
    ) -> ArtefactKey {
        let id = &repository.id;
        let mut files: Vec<ShardFile> = files
            .iter()
            .map(|(path, text)| ShardFile {
                path: RepoPath::new(path.as_str()).unwrap(),
                blob: BlobId::new(COMMIT).unwrap(),
                language: Language::of(path, ""),
                role: Role::Source,
                text: text.clone(),
            })
            .collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let entries = files.iter().map(|file| FileEntry {
            path: file.path.clone(),
            blob: file.blob.clone(),
            bytes: file.text.len() as u64,
            lines: file.text.lines().count() as u32,
            language: file.language,
            role: file.role,
            shard: 0,
            masked: 0,
        });
        let entries = entries.collect();
        let key = codec::put_packed(self, id, &Shard { files }).await.unwrap();
        let manifest = Manifest {
            schema: MANIFEST_VERSION,
            repository: id.clone(),
            source: repository.source.clone(),
            commit: commit.clone(),
            commit_time: Some(NOW - 86_400),
            files: entries,
            skipped: Vec::new(),
            shards: vec![ShardRef {
                key,
                files: 1,
                bytes: 0,
            }],
        };
        codec::put_json(self, id, &manifest).await.unwrap()
    }
}

fn wiki(id: &RepositoryId, commit: &CommitId, locale: Locale, pages: &[&Page]) -> Wiki {
    let mut validity = Validity::default();
    pages.iter().for_each(|page| validity += page.validity);
    let titles = pages.iter().map(|page| (page.slug.clone(), page.title.clone()));
    let titles = titles.collect();
    Wiki {
        schema: WIKI_VERSION,
        repository: id.clone(),
        commit: commit.clone(),
        commit_time: Some("2026-11-22T07:00:00Z".into()),
        language: locale,
        writer: "structural 1".into(),
        pages: pages
            .iter()
            .map(|page| markdown::wiki_page(page, &titles, &|_| None))
            .collect(),
        skipped: Vec::new(),
        validity,
    }
}

/// Pieces of twenty lines.
fn documents(files: &[(String, String)], page: Option<Slug>) -> Vec<Document> {
    let mut documents = Vec::new();
    for (path, text) in files {
        let lines: Vec<&str> = text.lines().collect();
        for (at, chunk) in lines.chunks(20).enumerate() {
            documents.push(Document {
                path: RepoPath::new(path.as_str()).unwrap(),
                start: at as u32 * 20 + 1,
                end: at as u32 * 20 + chunk.len() as u32,
                symbol: None,
                kind: None,
                language: None,
                role: Role::Source,
                page: page.clone(),
                section: None,
                locale: None,
                text: chunk.join("\n"),
                vector: None,
                rank: 0.5,
            });
        }
    }
    documents
}

fn job(id: &RepositoryId, build: &BuildId, commit: &CommitId) -> Job {
    Job {
        build: build.clone(),
        repository: id.clone(),
        trigger: Trigger::Push,
        mode: BuildMode::Incremental,
        status: JobStatus::Succeeded,
        commit: Some(commit.clone()),
        progress: [(Stage::Ingest, StageProgress { done: 1, total: 1 })].into(),
        failure: None,
        started_at: NOW - 60,
        ended_at: Some(NOW),
    }
}

#[async_trait]
impl Repositories for Memory {
    async fn register(&self, repository: &Repository) -> Result<Repository> {
        let mut all = self.repositories.lock().unwrap();
        let stands = all
            .entry(repository.id.clone())
            .or_insert_with(|| repository.clone());
        stands.removed_at = None;
        Ok(stands.clone())
    }

    async fn get(&self, id: &RepositoryId) -> Result<Option<Repository>> {
        Ok(self.repositories.lock().unwrap().get(id).cloned())
    }

    async fn list(&self, after: Option<&RepositoryId>, limit: usize) -> Result<RepositoryPage> {
        let all = self.repositories.lock().unwrap();
        let later = all
            .values()
            .filter(|r| r.removed_at.is_none() && after.is_none_or(|after| r.id > *after));
        let mut repositories: Vec<Repository> = later.take(limit + 1).cloned().collect();
        let has_more = repositories.len() > limit;
        repositories.truncate(limit);
        let next = if has_more {
            repositories.last().map(|last| last.id.clone())
        } else {
            None
        };
        Ok(RepositoryPage { repositories, next })
    }

    async fn publish(&self, id: &RepositoryId, generation: &Generation) -> Result<bool> {
        let mut all = self.repositories.lock().unwrap();
        let repository = all
            .get_mut(id)
            .ok_or_else(|| StageError::invalid("not registered"))?;
        let mut versions = self.versions.lock().unwrap();
        versions
            .entry(id.clone())
            .or_default()
            .insert(0, generation.clone());
        Ok(repository.published.replace(generation.clone()).as_ref() != Some(generation))
    }

    async fn remove(&self, id: &RepositoryId, now: i64) -> Result<()> {
        if let Some(repository) = self.repositories.lock().unwrap().get_mut(id) {
            repository.removed_at = Some(now);
        }
        Ok(())
    }
}

#[async_trait]
impl Versions for Memory {
    async fn list(&self, id: &RepositoryId) -> Result<Vec<Generation>> {
        Ok(self.versions.lock().unwrap().get(id).cloned().unwrap_or_default())
    }
}

#[async_trait]
impl PageCatalog for Memory {
    async fn put(
        &self,
        id: &RepositoryId,
        build: &BuildId,
        locale: Locale,
        pages: &[PageEntry],
    ) -> Result<()> {
        let key = (id.clone(), build.clone(), locale);
        self.pages.lock().unwrap().insert(key, pages.to_vec());
        Ok(())
    }

    async fn list(&self, id: &RepositoryId, build: &BuildId, locale: Locale) -> Result<Vec<PageEntry>> {
        let key = (id.clone(), build.clone(), locale);
        Ok(self.pages.lock().unwrap().get(&key).cloned().unwrap_or_default())
    }

    async fn get(
        &self,
        id: &RepositoryId,
        build: &BuildId,
        locale: Locale,
        slug: &Slug,
    ) -> Result<Option<PageEntry>> {
        let pages = PageCatalog::list(self, id, build, locale).await?;
        Ok(pages.into_iter().find(|page| page.slug == *slug))
    }

    async fn remove(&self, id: &RepositoryId, build: &BuildId) -> Result<()> {
        self.pages
            .lock()
            .unwrap()
            .retain(|key, _| key.0 != *id || key.1 != *build);
        Ok(())
    }
}

#[async_trait]
impl ArtefactStore for Memory {
    async fn put(&self, _: &RepositoryId, bytes: &[u8]) -> Result<ArtefactKey> {
        let key = ArtefactKey::of(bytes);
        self.artefacts.lock().unwrap().insert(key.clone(), bytes.to_vec());
        Ok(key)
    }

    async fn get(&self, _: &RepositoryId, key: &ArtefactKey) -> Result<Vec<u8>> {
        let bytes = self.artefacts.lock().unwrap().get(key).cloned();
        bytes.ok_or_else(|| StageError::permanent("an artefact is missing").with_detail(key))
    }

    async fn recall(&self, _: &RepositoryId, _: &MemoKey) -> Result<Option<ArtefactKey>> {
        Ok(None)
    }

    async fn remember(&self, _: &RepositoryId, _: &MemoKey, _: &ArtefactKey) -> Result<()> {
        Ok(())
    }

    async fn put_items(&self, _: &RepositoryId, _: &BuildId, _: &str, _: &[String]) -> Result<ItemList> {
        Err(StageError::permanent("readers make no lists of work"))
    }
}

#[async_trait]
impl SearchIndex for Memory {
    async fn build(
        &self,
        id: &RepositoryId,
        commit: &CommitId,
        documents: Vec<Document>,
        _model: Option<&str>,
    ) -> Result<ArtefactKey> {
        let key = ArtefactKey::of(format!("{id} {commit}").as_bytes());
        self.documents.lock().unwrap().insert(key.clone(), documents);
        Ok(key)
    }

    /// Finds the documents that hold the text or a long word of it, the one that holds them most often first.
    async fn search(&self, generations: &[Searchable], query: &Query) -> Result<Found> {
        let all = self.documents.lock().unwrap();
        let mut hits = Vec::new();
        let words = query.text.split(|c: char| !c.is_alphanumeric());
        let words: Vec<&str> = words
            .filter(|word| word.len() > 6 && *word != query.text)
            .collect();
        for searchable in generations {
            for document in all.get(&searchable.generation).into_iter().flatten() {
                let whole = document.text.matches(&query.text).count();
                let parts = words.iter().map(|word| document.text.matches(word).count());
                let count = whole + parts.sum::<usize>();
                if count > 0 {
                    hits.push(Hit {
                        repository: searchable.repository.clone(),
                        commit: searchable.commit.clone(),
                        path: document.path.clone(),
                        start: document.start,
                        end: document.end,
                        symbol: document.symbol.clone(),
                        kind: document.kind,
                        language: document.language,
                        role: document.role,
                        page: document.page.clone(),
                        section: document.section.clone(),
                        locale: document.locale,
                        why: vec![Reason::Words],
                        score: count as f32,
                    });
                }
            }
        }
        hits.sort_by(|a, b| b.score.total_cmp(&a.score));
        hits.truncate(query.limit);
        Ok(Found {
            hits,
            ..Found::default()
        })
    }

    async fn retain(&self, _repository: &RepositoryId, _keep: &[ArtefactKey]) -> Result<()> {
        Ok(())
    }
}

#[async_trait]
impl Jobs for Memory {
    async fn create(&self, job: &Job) -> Result<()> {
        let mut jobs = self.jobs.lock().unwrap();
        if jobs.iter().all(|known| known.build != job.build) {
            jobs.push(job.clone());
        }
        Ok(())
    }

    async fn get(&self, build: &BuildId) -> Result<Option<Job>> {
        Ok(self
            .jobs
            .lock()
            .unwrap()
            .iter()
            .find(|job| job.build == *build)
            .cloned())
    }

    async fn list(&self, id: &RepositoryId, limit: usize) -> Result<Vec<Job>> {
        let jobs = self.jobs.lock().unwrap();
        Ok(jobs
            .iter()
            .rev()
            .filter(|job| job.repository == *id)
            .take(limit)
            .cloned()
            .collect())
    }

    async fn report(&self, _: &BuildId, _: Stage, _: StageProgress, _: Option<&CommitId>) -> Result<()> {
        Err(StageError::permanent("readers report nothing"))
    }

    async fn finish(&self, _: &BuildId, _: JobStatus, _: Option<JobFailure>, _: i64) -> Result<()> {
        Err(StageError::permanent("readers finish nothing"))
    }
}

#[async_trait]
impl BuildRequests for Memory {
    /// Every repository is up to date whose published commit is [`COMMIT`].
    async fn request(&self, request: &BuildRequest, when: BuildWhen) -> Result<BuildAnswer> {
        let known = Repositories::get(self, &request.repository).await?;
        let commit = known.and_then(|it| it.published).map(|it| it.commit);
        if let Some(commit) = commit.filter(|it| when == BuildWhen::Changed && it.as_str() == COMMIT) {
            return Ok(BuildAnswer::UpToDate(commit));
        }
        self.requests.lock().unwrap().push(request.clone());
        Ok(BuildAnswer::Requested)
    }
}

#[async_trait]
impl RepositoryAccess for Memory {
    async fn set_groups(&self, id: &RepositoryId, groups: &BTreeSet<String>) -> Result<Repository> {
        let mut repositories = self.repositories.lock().unwrap();
        let repository = repositories
            .get_mut(id)
            .ok_or_else(|| StageError::invalid("there is none"))?;
        repository.groups = groups.clone();
        Ok(repository.clone())
    }
}

#[async_trait]
impl Purge for Memory {
    async fn purge(&self, id: &RepositoryId) -> Result<Purged> {
        let mut purged = Purged::default();
        self.pages.lock().unwrap().retain(|(of, _, _), _| {
            let keep = of != id;
            if !keep {
                purged.pages.add(0);
            }
            keep
        });
        Ok(purged)
    }
}

#[async_trait]
impl Corrections for Memory {
    async fn record(&self, correction: &Correction) -> Result<Correction> {
        let mut corrections = self.corrections.lock().unwrap();
        if let Some(known) = corrections.iter().find(|it| it.id == correction.id) {
            return Ok(known.clone());
        }
        corrections.insert(0, correction.clone());
        Ok(correction.clone())
    }

    async fn get(&self, id: &RepositoryId, correction: &CorrectionId) -> Result<Option<Correction>> {
        let corrections = self.corrections.lock().unwrap();
        let found = corrections
            .iter()
            .find(|it| it.repository == *id && it.id == *correction);
        Ok(found.cloned())
    }

    async fn list(&self, id: &RepositoryId, limit: usize) -> Result<Vec<Correction>> {
        let corrections = self.corrections.lock().unwrap();
        let of = corrections.iter().filter(|it| it.repository == *id);
        Ok(of.take(limit).cloned().collect())
    }

    async fn decide(
        &self,
        id: &RepositoryId,
        correction: &CorrectionId,
        state: CorrectionState,
        decision: &Decision,
    ) -> Result<Correction> {
        let mut corrections = self.corrections.lock().unwrap();
        let found = corrections
            .iter_mut()
            .find(|it| it.repository == *id && it.id == *correction);
        let found = found.ok_or_else(|| StageError::invalid("there is none"))?;
        found.state = state;
        found.decision = Some(decision.clone());
        Ok(found.clone())
    }
}

#[async_trait]
impl Ledger for Memory {
    async fn claim(&self, id: &str, _: i64) -> Result<Claim> {
        let mut claims = self.claims.lock().unwrap();
        let known = claims.get(id).copied();
        claims.entry(id.to_owned()).or_insert(Claim::Another);
        Ok(known.unwrap_or(Claim::Yours))
    }

    async fn done(&self, id: &str, _: i64) -> Result<()> {
        self.claims.lock().unwrap().insert(id.to_owned(), Claim::Done);
        Ok(())
    }

    async fn give_up(&self, id: &str) -> Result<()> {
        self.claims.lock().unwrap().remove(id);
        Ok(())
    }
}
