//! Whatever the order in which requests and endings arrive, are repeated and fail: a repository has one build at
//! a time, and in the end none is left that waits or is marked as under way.

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
        atomic::{AtomicU32, Ordering},
    },
};

use async_trait::async_trait;
use deepwiki_dispatch::dispatch;
use deepwiki_domain::{
    BuildId, Locale, StageError,
    job::{BuildMode, BuildRequest, JobStatus, Trigger},
    message::CONTRACT_VERSION,
    repository::RepositoryStatus,
    source::RepositorySource,
};
use deepwiki_local::{LocalData, LocalRepositories};
use deepwiki_ports::{Clock, Executions, Jobs, Leases, Repositories, Result, lifecycle::Lifecycle};
use proptest::prelude::*;

/// Builds that a test may ask for.
const BUILDS: u32 = 5;

/// A state machine whose executions end when the test says so.
#[derive(Default)]
struct Machine {
    /// Whether each execution still runs.
    executions: Mutex<BTreeMap<BuildId, bool>>,
    /// How many of the next starts fail.
    faults: AtomicU32,
}

#[async_trait]
impl Executions for Machine {
    async fn start(&self, request: &BuildRequest) -> Result<()> {
        let faulty = self
            .faults
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if faulty.is_ok() {
            return Err(StageError::transient("no connection"));
        }
        self.executions
            .lock()
            .unwrap()
            .entry(request.build.clone())
            .or_insert(true);
        Ok(())
    }
}

impl Machine {
    fn running(&self) -> Vec<BuildId> {
        let executions = self.executions.lock().unwrap();
        executions
            .iter()
            .filter(|(_, runs)| **runs)
            .map(|(build, _)| build.clone())
            .collect()
    }

    fn stop(&self, build: &BuildId) {
        self.executions.lock().unwrap().insert(build.clone(), false);
    }
}

struct Noon;

impl Clock for Noon {
    fn now(&self) -> i64 {
        1_700_000_000
    }
}

/// A message that is on its way; it stays until it was dealt with without an error.
type Queue = Vec<String>;

#[derive(Debug, Clone)]
enum Step {
    /// Somebody asks for a build.
    Ask(u32),
    /// The message at this place of the queue is delivered; it may be delivered again.
    Deliver { at: usize, again: bool },
    /// The execution that runs ends.
    End { succeeded: bool },
    /// The next start fails.
    Fault,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0..BUILDS).prop_map(Step::Ask),
        6 => (0..8_usize, any::<bool>()).prop_map(|(at, again)| Step::Deliver { at, again }),
        3 => any::<bool>().prop_map(|succeeded| Step::End { succeeded }),
        1 => Just(Step::Fault),
    ];
    prop::collection::vec(step, 1..40)
}

struct World {
    records: Arc<LocalRepositories>,
    machine: Machine,
    queue: Queue,
    asked: Vec<BuildRequest>,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            records: LocalData::open(folder.path()).await.unwrap().repositories(),
            machine: Machine::default(),
            queue: Queue::new(),
            asked: Vec::new(),
            _folder: folder,
        }
    }

    async fn take(&mut self, step: &Step) {
        match step {
            Step::Ask(number) => {
                let request = request(*number);
                self.queue.push(serde_json::to_string(&request).unwrap());
                self.asked.push(request);
            }
            Step::Deliver { at, again } if !self.queue.is_empty() => {
                let at = at % self.queue.len();
                let body = self.queue[at].clone();
                if self.deliver(&body).await.is_ok() && !again {
                    self.queue.remove(at);
                }
            }
            Step::End { succeeded } => {
                for build in self.machine.running() {
                    self.end(&build, *succeeded);
                }
            }
            Step::Fault => self.machine.faults.store(1, Ordering::SeqCst),
            Step::Deliver { .. } => {}
        }
        let running = self.machine.running();
        assert!(running.len() <= 1, "two builds at a time: {running:?}");
    }

    fn end(&mut self, build: &BuildId, succeeded: bool) {
        let asked = self.asked.iter().find(|request| request.build == *build).unwrap();
        self.machine.stop(build);
        self.queue
            .push(ending(asked, if succeeded { "SUCCEEDED" } else { "FAILED" }));
    }

    async fn deliver(&self, body: &str) -> Result<()> {
        let lifecycle = Lifecycle {
            leases: &*self.records,
            jobs: &*self.records,
            executions: &self.machine,
            clock: &Noon,
        };
        dispatch(body, lifecycle).await
    }

    /// Delivers everything and lets everything end, as the queues and the state machine do in time.
    async fn settle(&mut self) {
        self.machine.faults.store(0, Ordering::SeqCst);
        for _ in 0..200 {
            self.take(&Step::Deliver { at: 0, again: false }).await;
            if self.queue.is_empty() {
                match self.machine.running().first().cloned() {
                    Some(build) => self.end(&build, true),
                    None => return,
                }
            }
        }
        panic!("the queue does not empty");
    }

    /// What must hold when nothing is under way any more.
    async fn check_rest(&self) {
        let Some(first) = self.asked.first() else { return };
        let record = Repositories::get(&*self.records, &first.repository)
            .await
            .unwrap();
        assert_ne!(record.unwrap().status, RepositoryStatus::Parsing, "nothing runs");
        for request in &self.asked {
            let held = self
                .records
                .is_held(&request.repository, &request.build)
                .await
                .unwrap();
            assert!(!held, "{} holds the lease for ever", request.build);
            if let Some(job) = Jobs::get(&*self.records, &request.build).await.unwrap() {
                assert_ne!(job.status, JobStatus::Running, "{} has no end", request.build);
            }
        }
        let ran = self.machine.executions.lock().unwrap().len();
        assert!(ran > 0, "somebody asked, nothing was built");
    }
}

fn request(number: u32) -> BuildRequest {
    let source = RepositorySource::parse_url("codecommit::ap-northeast-1://demo").unwrap();
    BuildRequest {
        schema: CONTRACT_VERSION,
        build: BuildId::new(format!("b-{number}")).unwrap(),
        repository: source.repository_id(),
        source,
        revision: None,
        mode: BuildMode::Incremental,
        trigger: Trigger::Push,
        locales: vec![Locale::En],
    }
}

fn ending(request: &BuildRequest, status: &str) -> String {
    serde_json::json!({
        "id": "e", "source": "aws.states", "region": "ap-northeast-1",
        "detail-type": "Step Functions Execution Status Change",
        "detail": {
            "name": request.build, "status": status,
            "input": serde_json::to_string(request).unwrap(),
            "error": "Permanent", "cause": "it broke",
        },
    })
    .to_string()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_order_comes_to_rest(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut world = World::new().await;
            for step in &steps {
                world.take(step).await;
            }
            world.settle().await;
            world.check_rest().await;
        });
    }
}

#[tokio::test]
async fn the_last_request_is_built_after_the_one_that_runs() {
    let mut world = World::new().await;
    for number in 0..3 {
        world.take(&Step::Ask(number)).await;
        world.take(&Step::Deliver { at: 0, again: false }).await;
    }
    assert_eq!(world.machine.running(), [request(0).build]);
    world.take(&Step::End { succeeded: false }).await;
    world.take(&Step::Fault).await;
    world.take(&Step::Deliver { at: 0, again: false }).await;
    assert!(world.machine.running().is_empty(), "the start failed");
    world.take(&Step::Deliver { at: 0, again: false }).await;
    assert_eq!(world.machine.running(), [request(2).build], "the end came again");

    let failed = Jobs::get(&*world.records, &request(0).build)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(failed.status, JobStatus::Failed);
    assert_eq!(failed.failure.unwrap().message, "it broke");
    let replaced = Jobs::get(&*world.records, &request(1).build).await.unwrap();
    assert_eq!(replaced, None, "it was folded into the third and never began");
}
