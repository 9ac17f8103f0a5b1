//! Nothing that ends in a dead letter queue leaves somebody waiting.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failed assertion is how a test fails"
)]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use deepwiki_domain::{
    BuildId, ErrorKind, Locale, StageError,
    job::{BuildMode, BuildRequest, JobStatus, Trigger},
    message::CONTRACT_VERSION,
    repository::RepositoryStatus,
    source::RepositorySource,
};
use deepwiki_local::{LocalData, LocalRepositories};
use deepwiki_ports::{
    Executions, Jobs, Leases, Repositories, Result, TaskTokens,
    builds::{LeaseOutcome, Waiting},
    clock::SystemClock,
    lifecycle::Lifecycle,
};
use deepwiki_reap::{ReapPorts, reap};

/// What Step Functions was told.
#[derive(Default)]
struct StepFunctions {
    failed: Mutex<Vec<(String, ErrorKind)>>,
    started: Mutex<Vec<BuildId>>,
    unreachable: bool,
}

#[async_trait]
impl TaskTokens for StepFunctions {
    async fn heartbeat(&self, _: &str) -> Result<Waiting> {
        Ok(Waiting::Yes)
    }

    async fn succeed(&self, _: &str, _: &str) -> Result<Waiting> {
        Ok(Waiting::Yes)
    }

    async fn fail(&self, token: &str, error: &StageError) -> Result<Waiting> {
        if self.unreachable {
            return Err(StageError::transient("no connection"));
        }
        self.failed.lock().unwrap().push((token.to_owned(), error.kind));
        Ok(Waiting::Yes)
    }
}

#[async_trait]
impl Executions for StepFunctions {
    async fn start(&self, request: &BuildRequest) -> Result<()> {
        self.started.lock().unwrap().push(request.build.clone());
        Ok(())
    }
}

struct World {
    step_functions: StepFunctions,
    records: Arc<LocalRepositories>,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            step_functions: StepFunctions::default(),
            records: LocalData::open(folder.path()).await.unwrap().repositories(),
            _folder: folder,
        }
    }

    async fn reap(&self, body: &str) -> Result<()> {
        let ports = ReapPorts {
            tokens: &self.step_functions,
            notes: &*self.records,
            lifecycle: Lifecycle {
                leases: &*self.records,
                jobs: &*self.records,
                executions: &self.step_functions,
                clock: &SystemClock,
            },
        };
        reap(body, "stage-dlq", ports).await
    }

    async fn status(&self, request: &BuildRequest) -> RepositoryStatus {
        let record = Repositories::get(&*self.records, &request.repository)
            .await
            .unwrap();
        record.unwrap().status
    }
}

fn request(build: &str) -> BuildRequest {
    let source = RepositorySource::parse_url("codecommit://payments").unwrap();
    BuildRequest {
        schema: CONTRACT_VERSION,
        build: BuildId::new(build).unwrap(),
        repository: source.repository_id(),
        source,
        revision: None,
        mode: BuildMode::Incremental,
        trigger: Trigger::Push,
        locales: vec![Locale::En],
    }
}

#[tokio::test]
async fn who_waits_for_a_stage_is_told_that_it_failed() {
    let stages = [
        include_str!("../../../events/chunk-requested.json"),
        include_str!("../../../events/publish-requested.json"),
    ];
    for body in stages {
        let world = World::new().await;
        world.reap(body).await.unwrap();
        let failed = world.step_functions.failed.lock().unwrap().clone();
        assert!(
            matches!(failed.as_slice(), [(_, ErrorKind::Permanent)]),
            "{failed:?}"
        );
    }
    let unreadable = r#"{"id":"1","source":"deepwiki.omr","detail-type":"chunk requested","region":"r",
        "detail":{"task_token":"t-1","schema":99}}"#;
    let world = World::new().await;
    world.reap(unreadable).await.unwrap();
    assert_eq!(
        *world.step_functions.failed.lock().unwrap(),
        [("t-1".to_owned(), ErrorKind::Permanent)],
        "whatever else is wrong with it"
    );
}

#[tokio::test]
async fn a_letter_stays_while_nobody_can_be_told() {
    let mut world = World::new().await;
    world.step_functions.unreachable = true;
    let body = include_str!("../../../events/chunk-requested.json");
    assert_eq!(world.reap(body).await.unwrap_err().kind, ErrorKind::Transient);
}

#[tokio::test]
async fn a_build_that_could_not_start_fails_and_the_next_one_runs() {
    let world = World::new().await;
    let (stuck, next) = (request("b-stuck"), request("b-next"));
    assert_eq!(world.records.acquire(&stuck, 1).await, Ok(LeaseOutcome::Held));
    assert_eq!(world.records.acquire(&next, 2).await, Ok(LeaseOutcome::Folded));

    for _ in 0..2 {
        world.reap(&serde_json::to_string(&stuck).unwrap()).await.unwrap();
    }
    let job = Jobs::get(&*world.records, &stuck.build).await.unwrap().unwrap();
    assert_eq!(job.status, JobStatus::Failed);
    assert!(
        world
            .records
            .is_held(&next.repository, &next.build)
            .await
            .unwrap()
    );
    assert!(world.step_functions.started.lock().unwrap().contains(&next.build));

    world.reap(&serde_json::to_string(&next).unwrap()).await.unwrap();
    assert_eq!(world.status(&next).await, RepositoryStatus::Failed, "not PARSING");
}

#[tokio::test]
async fn an_end_that_was_missed_is_noted() {
    let world = World::new().await;
    let event = include_str!("../../../events/execution-aborted.json");
    let parsed: serde_json::Value = serde_json::from_str(event).unwrap();
    let running = request(parsed["detail"]["name"].as_str().unwrap());
    world.records.acquire(&running, 1).await.unwrap();
    world.reap(event).await.unwrap();
    assert!(
        !world
            .records
            .is_held(&running.repository, &running.build)
            .await
            .unwrap()
    );
    assert_eq!(world.status(&running).await, RepositoryStatus::Failed);
}

#[tokio::test]
async fn what_nobody_waits_for_is_let_go() {
    let world = World::new().await;
    for body in [
        "",
        "not json",
        "{}",
        "[1]",
        include_str!("../../../events/codecommit-push.json"),
    ] {
        world.reap(body).await.unwrap();
    }
    assert!(world.step_functions.failed.lock().unwrap().is_empty());
    assert!(world.step_functions.started.lock().unwrap().is_empty());
}
