//! Events on their way to build requests: pushes, requests, repetitions, failures.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failed assertion is how a test fails"
)]

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use deepwiki_domain::{
    ArtefactKey, CommitId, ErrorKind, Locale, StageError,
    job::{BuildMode, BuildRequest, Job, JobFailure, JobStatus, Stage, StageProgress, Trigger},
    message::SWEEP_REQUESTED,
    repository::{Generation, Repository, RepositoryStatus},
    source::RepositorySource,
};
use deepwiki_local::{LocalData, LocalRepositories};
use deepwiki_ports::{
    BuildQueue, EventBus, Jobs, Leases, Ledger, Repositories, Result, Snapshot, SourceReader, builds::Claim,
    clock::SystemClock,
};
use deepwiki_trigger::{TriggerPorts, TriggerSettings, accept_event};
use serde_json::{Value, json};

const PUSH: &str = include_str!("../../../events/codecommit-push.json");
const REQUEST: &str = include_str!("../../../events/build-requested.json");

/// Everything outside, in memory.
#[derive(Default)]
struct Outside {
    queue: Mutex<Vec<BuildRequest>>,
    queue_is_down: AtomicBool,
    ledger: Mutex<BTreeMap<String, Claim>>,
    bus: Mutex<Vec<(String, Value)>>,
    /// Where the default branch of every repository stands, or why it cannot be told.
    head: Mutex<Option<Result<CommitId>>>,
}

#[async_trait]
impl BuildQueue for Outside {
    async fn send(&self, request: &BuildRequest) -> Result<()> {
        if self.queue_is_down.load(Ordering::SeqCst) {
            return Err(StageError::transient("no connection"));
        }
        self.queue.lock().unwrap().push(request.clone());
        Ok(())
    }
}

#[async_trait]
impl EventBus for Outside {
    async fn put(&self, detail_type: &str, detail: &Value) -> Result<()> {
        self.bus
            .lock()
            .unwrap()
            .push((detail_type.to_owned(), detail.clone()));
        Ok(())
    }
}

#[async_trait]
impl Ledger for Outside {
    async fn claim(&self, id: &str, _: i64) -> Result<Claim> {
        let mut ledger = self.ledger.lock().unwrap();
        let known = ledger.get(id).copied();
        ledger.entry(id.to_owned()).or_insert(Claim::Another);
        Ok(known.unwrap_or(Claim::Yours))
    }

    async fn done(&self, id: &str, _: i64) -> Result<()> {
        self.ledger.lock().unwrap().insert(id.to_owned(), Claim::Done);
        Ok(())
    }

    async fn give_up(&self, id: &str) -> Result<()> {
        self.ledger.lock().unwrap().remove(id);
        Ok(())
    }
}

#[async_trait]
impl SourceReader for Outside {
    async fn open(&self, _: &RepositorySource, _: Option<&str>) -> Result<Box<dyn Snapshot>> {
        Err(StageError::permanent("the trigger reads no repository"))
    }

    async fn resolve(&self, _: &RepositorySource, revision: Option<&str>) -> Result<CommitId> {
        assert_eq!(revision, None, "only the default branch is asked for");
        self.head.lock().unwrap().clone().unwrap()
    }
}

struct World {
    outside: Outside,
    repositories: Arc<LocalRepositories>,
    _folder: tempfile::TempDir,
}

impl World {
    /// The default branch stands where the push of `events/codecommit-push.json` has moved its branch to.
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let world = Self {
            outside: Outside::default(),
            repositories: LocalData::open(folder.path()).await.unwrap().repositories(),
            _folder: folder,
        };
        let event: Value = serde_json::from_str(PUSH).unwrap();
        world.head(Ok(event["detail"]["commitId"].as_str().unwrap().parse().unwrap()));
        world
    }

    fn head(&self, head: Result<CommitId>) {
        *self.outside.head.lock().unwrap() = Some(head);
    }

    async fn register(&self, url: &str, revision: Option<&str>) -> Repository {
        let source = RepositorySource::parse_url(url).unwrap();
        let record = Repository {
            id: source.repository_id(),
            display_name: "Payments".to_owned(),
            source,
            revision: revision.map(str::to_owned),
            status: RepositoryStatus::Ready,
            locales: vec![Locale::Ja],
            published: None,
            groups: Default::default(),
            registered_at: 1,
            removed_at: None,
        };
        self.repositories.register(&record).await.unwrap()
    }

    async fn accept(&self, body: &str) -> Result<()> {
        let settings = TriggerSettings {
            locales: vec![Locale::En, Locale::Ja],
            region: "ap-northeast-1".to_owned(),
            hosts: "github.com".parse().unwrap(),
        };
        let ports = TriggerPorts {
            repositories: &*self.repositories,
            queue: &self.outside,
            jobs: &*self.repositories,
            bus: &self.outside,
            ledger: &self.outside,
            source: &self.outside,
            clock: &SystemClock,
        };
        accept_event(body, &settings, ports).await
    }

    fn queued(&self) -> Vec<BuildRequest> {
        self.outside.queue.lock().unwrap().clone()
    }
}

/// An event with other fields of its detail.
fn with(event: &str, changes: Value) -> String {
    let mut event: Value = serde_json::from_str(event).unwrap();
    for (field, value) in changes.as_object().unwrap() {
        event["detail"][field] = value.clone();
    }
    event.to_string()
}

#[tokio::test]
async fn the_first_push_registers_the_repository_and_asks_for_its_build() {
    let world = World::new().await;
    world.accept(PUSH).await.unwrap();
    let [request] = world.queued().try_into().unwrap();
    assert_eq!(request.source.url(), "codecommit::ap-northeast-1://payments");
    assert_eq!(
        (request.trigger, request.mode),
        (Trigger::Push, BuildMode::Incremental)
    );
    assert_eq!(
        (request.revision, request.locales.as_slice()),
        (None, Locale::ALL.as_slice())
    );
    let record = Repositories::get(&*world.repositories, &request.repository)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((record.source, record.published), (request.source, None));
}

#[tokio::test]
async fn a_registration_without_region_is_found_at_home() {
    let world = World::new().await;
    let record = world.register("codecommit://payments", None).await;
    world.accept(PUSH).await.unwrap();
    let [request] = world.queued().try_into().unwrap();
    assert_eq!((request.repository, request.locales), (record.id, record.locales));
}

#[tokio::test]
async fn only_the_branch_that_is_built_leads_to_a_build() {
    for (registered, pushed, built) in [
        (Some("main"), "main", true),
        (Some("refs/heads/main"), "main", true),
        (Some("release"), "main", false),
        (Some("release"), "release", true),
    ] {
        let world = World::new().await;
        world
            .register("codecommit::ap-northeast-1://payments", registered)
            .await;
        world
            .accept(&with(PUSH, json!({"referenceName": pushed})))
            .await
            .unwrap();
        assert_eq!(
            !world.queued().is_empty(),
            built,
            "{registered:?}, push to {pushed}"
        );
    }
    let world = World::new().await;
    let elsewhere = "9".repeat(40);
    world
        .accept(&with(
            PUSH,
            json!({"commitId": elsewhere, "referenceName": "topic"}),
        ))
        .await
        .unwrap();
    assert!(world.queued().is_empty(), "the default branch stands elsewhere");
}

#[tokio::test]
async fn a_host_that_cannot_answer_delays_or_is_left_to_the_build() {
    let world = World::new().await;
    world.head(Err(StageError::transient("timed out")));
    assert_eq!(world.accept(PUSH).await.unwrap_err().kind, ErrorKind::Transient);
    assert!(world.queued().is_empty());
    world.head(Err(StageError::permanent("access denied")));
    world.accept(PUSH).await.unwrap();
    assert_eq!(world.queued().len(), 1, "the build tells what is wrong");
}

#[tokio::test]
async fn an_event_delivered_twice_asks_once_and_a_failed_one_is_taken_up_again() {
    let world = World::new().await;
    world.outside.queue_is_down.store(true, Ordering::SeqCst);
    world.accept(PUSH).await.unwrap_err();
    world.outside.queue_is_down.store(false, Ordering::SeqCst);
    for _ in 0..3 {
        world.accept(PUSH).await.unwrap();
    }
    assert_eq!(world.queued().len(), 1);

    world.outside.ledger.lock().unwrap().clear();
    world.accept(PUSH).await.unwrap();
    let [first, second] = world.queued().try_into().unwrap();
    assert_eq!(
        first.build, second.build,
        "the same event always names the same build"
    );
    let mut another: Value = serde_json::from_str(PUSH).unwrap();
    another["id"] = "another".into();
    world.accept(&another.to_string()).await.unwrap();
    assert_ne!(world.queued().pop().unwrap().build, first.build);
}

#[tokio::test]
async fn two_at_a_time_do_not_both_deal_with_an_event() {
    let world = World::new().await;
    let event: Value = serde_json::from_str(PUSH).unwrap();
    let id = format!("event/{}", event["id"].as_str().unwrap());
    world.outside.ledger.lock().unwrap().insert(id, Claim::Another);
    assert_eq!(world.accept(PUSH).await.unwrap_err().kind, ErrorKind::Transient);
    assert!(world.queued().is_empty());
}

#[tokio::test]
async fn a_removed_repository_is_not_built() {
    let world = World::new().await;
    let record = world
        .register("codecommit::ap-northeast-1://payments", None)
        .await;
    world.repositories.remove(&record.id, 5).await.unwrap();
    world.accept(PUSH).await.unwrap();
    assert!(world.queued().is_empty());
    let wish = with(REQUEST, json!({"repository": record.id, "source": null}));
    assert_eq!(world.accept(&wish).await.unwrap_err().kind, ErrorKind::Invalid);
}

#[tokio::test]
async fn a_request_may_say_all_or_only_which_repository() {
    let world = World::new().await;
    world.accept(REQUEST).await.unwrap();
    let [whole] = world.queued().try_into().unwrap();
    let event: Value = serde_json::from_str(REQUEST).unwrap();
    assert_eq!(
        serde_json::to_value(&whole).unwrap(),
        event["detail"],
        "passed on as it is"
    );

    let world = World::new().await;
    let record = world.register("https://github.com/a/demo", Some("v1")).await;
    let mut short: Value = serde_json::from_str(REQUEST).unwrap();
    short["detail"] = json!({"schema": 1, "repository": record.id, "mode": "FULL", "trigger": "schedule"});
    world.accept(&short.to_string()).await.unwrap();
    let [request] = world.queued().try_into().unwrap();
    assert_eq!(
        (request.source, request.revision),
        (record.source, record.revision)
    );
    assert_eq!(
        (request.mode, request.trigger),
        (BuildMode::Full, Trigger::Schedule)
    );
    assert!(request.build.as_str().starts_with("schedule-"));
}

#[tokio::test]
async fn requests_that_cannot_be_met_are_refused() {
    for changes in [
        json!({"repository": null, "source": null}),
        json!({"repository": "unknown-1", "source": null}),
        json!({"repository": "unknown-1"}),
        json!({"repository": null, "source": "/etc"}),
        json!({"source": "http://169.254.169.254/latest"}),
        json!({"repository": null, "source": "https://gitlab.com/a/b"}),
        json!({"schema": 2}),
    ] {
        let world = World::new().await;
        let error = world.accept(&with(REQUEST, changes.clone())).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid, "{changes}");
        assert!(world.queued().is_empty());
    }
    let world = World::new().await;
    assert_eq!(
        world.accept("not json").await.unwrap_err().kind,
        ErrorKind::Invalid
    );
}

const WEBHOOK: &str = include_str!("../../../events/push-received.json");
const RECONCILE: &str = include_str!("../../../events/sweep-reconcile.json");
const REBUILD: &str = include_str!("../../../events/sweep-rebuild.json");

fn renamed(event: &str, id: &str) -> String {
    let mut event: Value = serde_json::from_str(event).unwrap();
    event["id"] = id.into();
    event.to_string()
}

#[tokio::test]
async fn a_webhook_builds_once_however_often_it_is_repeated() {
    let world = World::new().await;
    world.accept(WEBHOOK).await.unwrap();
    world.accept(&renamed(WEBHOOK, "repeated")).await.unwrap();
    let [request] = world.queued().try_into().unwrap();
    assert_eq!(
        (request.source.url().as_str(), request.trigger),
        ("https://github.com/example/payments", Trigger::Webhook)
    );
    let topic = with(
        WEBHOOK,
        json!({"delivery": "other", "branch": "topic", "commit": "9".repeat(40)}),
    );
    world.accept(&topic).await.unwrap();
    assert_eq!(world.queued().len(), 1, "the default branch stands elsewhere");
}

/// How a repository stands before a sweep, and whether the sweep must build it.
async fn swept(published: Option<&str>, last: Option<(JobStatus, Option<&str>, ErrorKind)>) -> bool {
    let world = World::new().await;
    world.head(Ok(commit("a")));
    let record = world.register("https://github.com/a/demo", None).await;
    if let Some((status, at, kind)) = last {
        world.record_job(&record, status, at, kind).await;
    }
    if let Some(at) = published {
        world.publish(&record, at).await;
    }
    world.accept(RECONCILE).await.unwrap();
    let queued = world.queued();
    assert!(queued.iter().all(|request| request.trigger == Trigger::Schedule));
    !queued.is_empty()
}

fn commit(digit: &str) -> CommitId {
    digit.repeat(40).parse().unwrap()
}

impl World {
    async fn record_job(&self, record: &Repository, status: JobStatus, at: Option<&str>, kind: ErrorKind) {
        let build = "b-last".parse().unwrap();
        let job = Job {
            build,
            repository: record.id.clone(),
            trigger: Trigger::Push,
            mode: BuildMode::Incremental,
            status: JobStatus::Running,
            commit: None,
            progress: BTreeMap::new(),
            failure: None,
            started_at: 1,
            ended_at: None,
        };
        // The local records take a build without a living process for a dead one.
        let request = BuildRequest {
            schema: 1,
            build: job.build.clone(),
            repository: record.id.clone(),
            source: record.source.clone(),
            revision: None,
            mode: job.mode,
            trigger: job.trigger,
            locales: vec![Locale::En],
        };
        self.repositories.acquire(&request, 1).await.unwrap();
        self.repositories.create(&job).await.unwrap();
        let at = at.map(commit);
        let progress = StageProgress { done: 1, total: 1 };
        self.repositories
            .report(&job.build, Stage::Ingest, progress, at.as_ref())
            .await
            .unwrap();
        if status != JobStatus::Running {
            let failure = (status != JobStatus::Succeeded).then(|| JobFailure {
                stage: None,
                part: None,
                kind,
                message: "it broke".to_owned(),
            });
            self.repositories
                .finish(&job.build, status, failure, 2)
                .await
                .unwrap();
        }
    }

    async fn publish(&self, record: &Repository, at: &str) {
        let request = BuildRequest {
            schema: 1,
            build: "b-published".parse().unwrap(),
            repository: record.id.clone(),
            source: record.source.clone(),
            revision: None,
            mode: BuildMode::Incremental,
            trigger: Trigger::Push,
            locales: vec![Locale::En],
        };
        self.repositories.acquire(&request, 3).await.unwrap();
        let key = ArtefactKey::of(b"nothing");
        let generation = Generation {
            build: request.build.clone(),
            commit: commit(at),
            commit_time: None,
            trigger: Trigger::Push,
            published_at: 3,
            manifest: key.clone(),
            plan: key.clone(),
            wikis: BTreeMap::new(),
            search: key,
            packages: None,
        };
        self.repositories.publish(&record.id, &generation).await.unwrap();
    }
}

#[tokio::test]
async fn a_sweep_builds_what_was_missed_and_nothing_else() {
    let failed = |at, kind| Some((JobStatus::Failed, at, kind));
    for (published, last, wanted, why) in [
        (None, None, true, "never built"),
        (Some("a"), None, false, "published"),
        (Some("b"), None, true, "a push was missed"),
        (
            None,
            failed(Some("b"), ErrorKind::Permanent),
            true,
            "another commit failed",
        ),
        (
            None,
            failed(Some("a"), ErrorKind::Permanent),
            false,
            "fails the same way",
        ),
        (
            None,
            failed(Some("a"), ErrorKind::Transient),
            true,
            "may well succeed now",
        ),
        (
            None,
            Some((JobStatus::Running, Some("a"), ErrorKind::Permanent)),
            false,
            "is being built",
        ),
        (
            None,
            Some((JobStatus::Running, None, ErrorKind::Permanent)),
            false,
            "will find the commit",
        ),
        (
            None,
            Some((JobStatus::Running, Some("b"), ErrorKind::Permanent)),
            true,
            "moved on since",
        ),
    ] {
        assert_eq!(swept(published, last).await, wanted, "{why}");
    }
}

#[tokio::test]
async fn a_sweep_goes_on_where_a_part_ends_and_builds_each_once() {
    let world = World::new().await;
    for number in 0..50 {
        world
            .register(&format!("https://github.com/a/demo-{number}"), None)
            .await;
    }
    let mut event = REBUILD.to_owned();
    for part in 0.. {
        // Each part is delivered twice.
        world.accept(&event).await.unwrap();
        world.accept(&event).await.unwrap();
        let put = std::mem::take(&mut *world.outside.bus.lock().unwrap());
        assert!(
            put.len() <= 1,
            "a part that comes again asks for no second continuation"
        );
        let Some((kind, detail)) = put.into_iter().next() else {
            break;
        };
        assert_eq!(kind, SWEEP_REQUESTED);
        let mut next: Value = serde_json::from_str(REBUILD).unwrap();
        next["id"] = format!("part-{part}").into();
        next["detail"] = detail;
        event = next.to_string();
    }
    let mut builds: Vec<_> = world.queued().into_iter().map(|request| request.build).collect();
    assert_eq!(builds.len(), 50);
    builds.sort();
    builds.dedup();
    assert_eq!(builds.len(), 50);
}

#[tokio::test]
async fn a_host_that_is_down_holds_up_no_sweep() {
    let world = World::new().await;
    world.register("https://github.com/a/demo", None).await;
    world.head(Err(StageError::transient("no connection")));
    world.accept(RECONCILE).await.unwrap();
    assert!(world.queued().is_empty());
}
