//! What may go wrong at each call to the outside: it fails, its answer is lost, the process dies before or after it, or
//! stands still for a long time.

use std::{
    future::Future,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use async_trait::async_trait;
use deepwiki_domain::{
    ArtefactKey, BuildId, CommitId, ErrorKind, Locale, RepositoryId, Slug, StageError,
    job::{BuildRequest, Job, JobFailure, JobStatus, Stage, StageProgress},
    memo::MemoKey,
    message::ItemList,
    repository::{Generation, Repository},
    source::RepositorySource,
    wiki::PageEntry,
};
use deepwiki_ports::{
    ArtefactStore, BuildQueue, Embedder, EventBus, Executions, FailureNotes, Jobs, Leases, Ledger,
    PageCatalog, Purpose, Repositories, Result, Snapshot, SourceReader, TaskTokens,
    builds::{Claim, LeaseOutcome, Waiting},
    repositories::RepositoryPage,
};
use serde_json::Value;
use tokio::sync::Notify;

/// Chance from a seed.
pub(crate) struct Dice(Mutex<fastrand::Rng>);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Mutex::new(fastrand::Rng::with_seed(seed)))
    }

    /// Whether something of this probability happens.
    pub(crate) fn happens(&self, probability: f64) -> bool {
        probability > 0.0 && self.0.lock().unwrap().f64() < probability
    }

    /// A number from 0 to this one.
    pub(crate) fn up_to(&self, most: i64) -> i64 {
        self.0.lock().unwrap().i64(0..=most.max(0))
    }

    /// One of so many.
    pub(crate) fn one_of(&self, many: usize) -> usize {
        self.0.lock().unwrap().usize(0..many)
    }
}

/// What happens to one process at one of its calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It dies before the call.
    DiesBefore,
    /// It dies after the call, whose effect stays.
    DiesAfter,
    /// It stands still before the call, until the test lets it go on.
    Stalls,
}

/// How probable faults are.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Chances {
    /// A process dies.
    pub(crate) dies: f64,
    /// A process stands still.
    pub(crate) stalls: f64,
    /// A call fails, or its answer is lost.
    pub(crate) fails: f64,
    /// A message is delivered again though it was dealt with.
    pub(crate) again: f64,
    /// A function has no time left.
    pub(crate) late: f64,
    /// The bus refuses an event of the state machine.
    pub(crate) refused: f64,
}

/// Through what a process reaches the outside.
pub(crate) struct Gate {
    calls: AtomicU32,
    fault: Option<(u32, Fault)>,
    fails: f64,
    dice: Arc<Dice>,
    /// Rings when the process has died.
    pub(crate) dead: Notify,
    /// Rings when the process stands still.
    pub(crate) stalled: Notify,
    /// Lets it go on.
    pub(crate) go_on: Notify,
}

impl Gate {
    /// `fault` befalls the call of this number.
    pub(crate) fn new(fault: Option<(u32, Fault)>, fails: f64, dice: Arc<Dice>) -> Arc<Self> {
        Arc::new(Self {
            calls: AtomicU32::new(0),
            fault,
            fails,
            dice,
            dead: Notify::new(),
            stalled: Notify::new(),
            go_on: Notify::new(),
        })
    }

    async fn pass<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        let fault = self.fault.filter(|(at, _)| *at == number).map(|(_, fault)| fault);
        match fault {
            Some(Fault::DiesBefore) => self.die().await,
            Some(Fault::Stalls) => {
                self.stalled.notify_one();
                self.go_on.notified().await;
            }
            _ => {}
        }
        let failure = self.dice.happens(self.fails).then(|| self.failure());
        if let Some(failure) = &failure
            && self.dice.happens(0.5)
        {
            return Err(failure.clone());
        }
        let result = call.await;
        if fault == Some(Fault::DiesAfter) {
            self.die().await;
        }
        // The write was done, and its answer lost.
        failure.map_or(result, Err)
    }

    async fn die(&self) {
        self.dead.notify_one();
        std::future::pending::<()>().await;
    }

    fn failure(&self) -> StageError {
        let kind = if self.dice.happens(0.5) {
            ErrorKind::Transient
        } else {
            ErrorKind::Throttled(Some(3))
        };
        StageError::new(kind, "the service had a fault, try again")
    }
}

/// A port as a process reaches it.
pub(crate) struct Faulty<P: ?Sized> {
    pub(crate) gate: Arc<Gate>,
    pub(crate) port: Arc<P>,
}

#[async_trait]
impl<P: ArtefactStore + ?Sized> ArtefactStore for Faulty<P> {
    async fn put(&self, repository: &RepositoryId, bytes: &[u8]) -> Result<ArtefactKey> {
        self.gate.pass(self.port.put(repository, bytes)).await
    }

    async fn get(&self, repository: &RepositoryId, key: &ArtefactKey) -> Result<Vec<u8>> {
        self.gate.pass(self.port.get(repository, key)).await
    }

    async fn recall(&self, repository: &RepositoryId, memo: &MemoKey) -> Result<Option<ArtefactKey>> {
        self.gate.pass(self.port.recall(repository, memo)).await
    }

    async fn remember(&self, repository: &RepositoryId, memo: &MemoKey, key: &ArtefactKey) -> Result<()> {
        self.gate.pass(self.port.remember(repository, memo, key)).await
    }

    async fn put_items(
        &self,
        repository: &RepositoryId,
        build: &BuildId,
        name: &str,
        items: &[String],
    ) -> Result<ItemList> {
        self.gate
            .pass(self.port.put_items(repository, build, name, items))
            .await
    }
}

#[async_trait]
impl<P: Repositories + ?Sized> Repositories for Faulty<P> {
    async fn register(&self, repository: &Repository) -> Result<Repository> {
        self.gate.pass(self.port.register(repository)).await
    }

    async fn get(&self, id: &RepositoryId) -> Result<Option<Repository>> {
        self.gate.pass(self.port.get(id)).await
    }

    async fn list(&self, after: Option<&RepositoryId>, limit: usize) -> Result<RepositoryPage> {
        self.gate.pass(self.port.list(after, limit)).await
    }

    async fn publish(&self, id: &RepositoryId, generation: &Generation) -> Result<bool> {
        self.gate.pass(self.port.publish(id, generation)).await
    }

    async fn remove(&self, id: &RepositoryId, now: i64) -> Result<()> {
        self.gate.pass(self.port.remove(id, now)).await
    }
}

#[async_trait]
impl<P: Leases + ?Sized> Leases for Faulty<P> {
    async fn acquire(&self, request: &BuildRequest, now: i64) -> Result<LeaseOutcome> {
        self.gate.pass(self.port.acquire(request, now)).await
    }

    async fn release(
        &self,
        repository: &RepositoryId,
        build: &BuildId,
        succeeded: bool,
    ) -> Result<Option<BuildRequest>> {
        self.gate
            .pass(self.port.release(repository, build, succeeded))
            .await
    }

    async fn is_held(&self, repository: &RepositoryId, build: &BuildId) -> Result<bool> {
        self.gate.pass(self.port.is_held(repository, build)).await
    }
}

#[async_trait]
impl<P: Jobs + ?Sized> Jobs for Faulty<P> {
    async fn create(&self, job: &Job) -> Result<()> {
        self.gate.pass(self.port.create(job)).await
    }

    async fn get(&self, build: &BuildId) -> Result<Option<Job>> {
        self.gate.pass(self.port.get(build)).await
    }

    async fn list(&self, repository: &RepositoryId, limit: usize) -> Result<Vec<Job>> {
        self.gate.pass(self.port.list(repository, limit)).await
    }

    async fn report(
        &self,
        build: &BuildId,
        stage: Stage,
        progress: StageProgress,
        commit: Option<&CommitId>,
    ) -> Result<()> {
        self.gate
            .pass(self.port.report(build, stage, progress, commit))
            .await
    }

    async fn finish(
        &self,
        build: &BuildId,
        status: JobStatus,
        failure: Option<JobFailure>,
        now: i64,
    ) -> Result<()> {
        self.gate
            .pass(self.port.finish(build, status, failure, now))
            .await
    }
}

#[async_trait]
impl<P: FailureNotes + ?Sized> FailureNotes for Faulty<P> {
    async fn note(&self, build: &BuildId, failure: &JobFailure) -> Result<()> {
        self.gate.pass(self.port.note(build, failure)).await
    }
}

#[async_trait]
impl<P: PageCatalog + ?Sized> PageCatalog for Faulty<P> {
    async fn put(
        &self,
        id: &RepositoryId,
        build: &BuildId,
        locale: Locale,
        pages: &[PageEntry],
    ) -> Result<()> {
        self.gate.pass(self.port.put(id, build, locale, pages)).await
    }

    async fn list(&self, id: &RepositoryId, build: &BuildId, locale: Locale) -> Result<Vec<PageEntry>> {
        self.gate.pass(self.port.list(id, build, locale)).await
    }

    async fn get(
        &self,
        id: &RepositoryId,
        build: &BuildId,
        locale: Locale,
        slug: &Slug,
    ) -> Result<Option<PageEntry>> {
        self.gate.pass(self.port.get(id, build, locale, slug)).await
    }

    async fn remove(&self, id: &RepositoryId, build: &BuildId) -> Result<()> {
        self.gate.pass(self.port.remove(id, build)).await
    }
}

#[async_trait]
impl<P: TaskTokens + ?Sized> TaskTokens for Faulty<P> {
    async fn heartbeat(&self, token: &str) -> Result<Waiting> {
        self.gate.pass(self.port.heartbeat(token)).await
    }

    async fn succeed(&self, token: &str, output: &str) -> Result<Waiting> {
        self.gate.pass(self.port.succeed(token, output)).await
    }

    async fn fail(&self, token: &str, error: &StageError) -> Result<Waiting> {
        self.gate.pass(self.port.fail(token, error)).await
    }
}

#[async_trait]
impl<P: BuildQueue + ?Sized> BuildQueue for Faulty<P> {
    async fn send(&self, request: &BuildRequest) -> Result<()> {
        self.gate.pass(self.port.send(request)).await
    }
}

#[async_trait]
impl<P: EventBus + ?Sized> EventBus for Faulty<P> {
    async fn put(&self, detail_type: &str, detail: &Value) -> Result<()> {
        self.gate.pass(self.port.put(detail_type, detail)).await
    }
}

#[async_trait]
impl<P: Executions + ?Sized> Executions for Faulty<P> {
    async fn start(&self, request: &BuildRequest) -> Result<()> {
        self.gate.pass(self.port.start(request)).await
    }
}

#[async_trait]
impl<P: Ledger + ?Sized> Ledger for Faulty<P> {
    async fn claim(&self, id: &str, now: i64) -> Result<Claim> {
        self.gate.pass(self.port.claim(id, now)).await
    }

    async fn done(&self, id: &str, now: i64) -> Result<()> {
        self.gate.pass(self.port.done(id, now)).await
    }

    async fn give_up(&self, id: &str) -> Result<()> {
        self.gate.pass(self.port.give_up(id)).await
    }
}

#[async_trait]
impl<P: SourceReader + ?Sized> SourceReader for Faulty<P> {
    async fn open(&self, source: &RepositorySource, revision: Option<&str>) -> Result<Box<dyn Snapshot>> {
        self.gate.pass(self.port.open(source, revision)).await
    }

    async fn resolve(&self, source: &RepositorySource, revision: Option<&str>) -> Result<CommitId> {
        self.gate.pass(self.port.resolve(source, revision)).await
    }
}

#[async_trait]
impl<P: Embedder + ?Sized> Embedder for Faulty<P> {
    fn model(&self) -> &str {
        self.port.model()
    }

    async fn embed(&self, texts: &[String], purpose: Purpose) -> Result<Vec<Vec<f32>>> {
        self.gate.pass(self.port.embed(texts, purpose)).await
    }
}
