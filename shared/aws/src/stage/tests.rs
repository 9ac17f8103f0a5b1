use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use deepwiki_domain::{
    ErrorKind,
    job::{BuildMode, Job, JobStatus, StageProgress, Trigger},
};
use deepwiki_local::{LocalData, LocalRepositories};

use super::*;

const CHUNK: &str = include_str!("../../../../events/chunk-requested.json");
const INGEST: &str = include_str!("../../../../events/ingest-requested.json");
const PLAN: &str = include_str!("../../../../events/plan-requested.json");

/// A state machine that waits for `beats` heartbeats and keeps the answers it gets.
struct Machine {
    beats: AtomicUsize,
    deaf: bool,
    answers: Mutex<Vec<String>>,
}

impl Machine {
    fn patient() -> Self {
        Self::waiting_for(usize::MAX)
    }

    fn waiting_for(beats: usize) -> Self {
        Self {
            beats: AtomicUsize::new(beats),
            deaf: false,
            answers: Mutex::default(),
        }
    }

    fn answer(&self, answer: String) -> Result<Waiting> {
        if self.deaf {
            return Err(StageError::transient("no connection"));
        }
        self.answers.lock().unwrap().push(answer);
        Ok(Waiting::Yes)
    }
}

#[async_trait]
impl TaskTokens for Machine {
    async fn heartbeat(&self, _: &str) -> Result<Waiting> {
        let left = self
            .beats
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        Ok(if left.is_ok() { Waiting::Yes } else { Waiting::Gone })
    }

    async fn succeed(&self, _: &str, output: &str) -> Result<Waiting> {
        self.answer(output.to_owned())
    }

    async fn fail(&self, _: &str, error: &StageError) -> Result<Waiting> {
        self.answer(format!("{}: {}", error.kind.name(), error.message))
    }
}

struct Bench {
    harness: StageHarness,
    machine: Arc<Machine>,
    jobs: Arc<LocalRepositories>,
    _folder: tempfile::TempDir,
}

impl Bench {
    async fn new(machine: Machine, stages: &'static [Stage]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let jobs = LocalData::open(folder.path()).await.unwrap().repositories();
        let machine = Arc::new(machine);
        let harness = StageHarness::over(stages, machine.clone(), jobs.clone());
        Self {
            harness,
            machine,
            jobs,
            _folder: folder,
        }
    }

    /// Works on these bodies for at most 200 seconds; gives the places of those to be delivered again.
    async fn work<H>(&self, bodies: &[&str], handler: H) -> Vec<String>
    where
        H: AsyncFn(StageRequest) -> Result<Value>,
    {
        let messages = bodies
            .iter()
            .enumerate()
            .map(|(place, body)| Message {
                id: place.to_string(),
                body: (*body).to_owned(),
                queue: "stage".to_owned(),
                group: None,
            })
            .collect();
        let deadline = Instant::now() + Duration::from_secs(200);
        let mut failed = self.harness.work_through(messages, deadline, &handler).await;
        failed.sort();
        failed
    }

    fn answers(&self) -> Vec<String> {
        self.machine.answers.lock().unwrap().clone()
    }
}

async fn done(_: StageRequest) -> Result<Value> {
    Ok(serde_json::json!({"done": true}))
}

#[tokio::test]
async fn success_and_failure_are_answered_and_their_messages_deleted() {
    let bench = Bench::new(Machine::patient(), &[Stage::Chunk]).await;
    assert!(bench.work(&[CHUNK], done).await.is_empty());
    let fails = async |_| Err(StageError::new(ErrorKind::Throttled(Some(3)), "slow down"));
    assert!(bench.work(&[CHUNK], fails).await.is_empty());
    assert_eq!(bench.answers(), [r#"{"done":true}"#, "Throttled: slow down"]);
}

#[tokio::test]
async fn one_bad_message_spoils_no_other() {
    let bench = Bench::new(Machine::patient(), &[Stage::Chunk]).await;
    let failed = bench.work(&["not json", CHUNK, "{}", CHUNK], done).await;
    assert_eq!(failed, ["0", "2"], "poison goes to the dead letters");
    assert_eq!(bench.answers().len(), 2);
}

#[tokio::test]
async fn a_bad_request_with_a_token_is_answered_as_invalid() {
    let other_stage = PLAN;
    let bad_key = CHUNK.replace("b8f78cd44cd60d393e78", "../../etc/passwd----");
    let other_version = CHUNK.replace("\"schema\": 1", "\"schema\": 7");
    for body in [other_stage, &bad_key, &other_version] {
        let bench = Bench::new(Machine::patient(), &[Stage::Chunk]).await;
        let never = async |_| panic!("must not be worked on");
        assert!(bench.work(&[body], never).await.is_empty());
        let answers = bench.answers();
        assert!(
            matches!(answers.as_slice(), [answer] if answer.starts_with("Invalid: ") && !answer.contains("passwd")),
            "{answers:?}"
        );
    }
}

#[tokio::test]
async fn nothing_is_done_for_nobody() {
    let bench = Bench::new(Machine::waiting_for(0), &[Stage::Chunk]).await;
    let never = async |_| panic!("must not be worked on");
    assert!(
        bench.work(&[CHUNK], never).await.is_empty(),
        "the message is dropped"
    );
    assert!(bench.answers().is_empty());
}

#[tokio::test(start_paused = true)]
async fn work_stops_when_nobody_waits_any_more() {
    let bench = Bench::new(Machine::waiting_for(3), &[Stage::Chunk]).await;
    let started = tokio::time::Instant::now();
    let endless = async |_| std::future::pending().await;
    assert!(bench.work(&[CHUNK], endless).await.is_empty());
    assert!(bench.answers().is_empty());
    assert_eq!(
        started.elapsed().as_secs(),
        3 * HEARTBEAT.as_secs(),
        "at the third heartbeat"
    );
}

#[tokio::test(start_paused = true)]
async fn work_stops_before_lambda_stops_it() {
    let bench = Bench::new(Machine::patient(), &[Stage::Chunk]).await;
    let endless = async |_| std::future::pending().await;
    assert!(bench.work(&[CHUNK], endless).await.is_empty());
    let answers = bench.answers();
    assert!(
        matches!(answers.as_slice(), [answer] if answer.starts_with("Transient: ")),
        "{answers:?}"
    );
}

#[tokio::test]
async fn a_panic_is_a_permanent_failure() {
    let bench = Bench::new(Machine::patient(), &[Stage::Chunk]).await;
    let panics = async |_| panic!("a bug");
    assert!(bench.work(&[CHUNK], panics).await.is_empty());
    let answers = bench.answers();
    assert!(
        matches!(answers.as_slice(), [answer] if answer.starts_with("Permanent: ") && !answer.contains("a bug")),
        "{answers:?}"
    );
}

#[tokio::test]
async fn an_answer_that_cannot_be_delivered_brings_the_message_back() {
    let deaf = Machine {
        deaf: true,
        ..Machine::patient()
    };
    let bench = Bench::new(deaf, &[Stage::Chunk]).await;
    assert_eq!(bench.work(&[CHUNK], done).await, ["0"]);
}

#[tokio::test]
async fn progress_follows_the_stages() {
    let bench = Bench::new(Machine::patient(), &[Stage::Ingest, Stage::Plan]).await;
    let ingest = bench
        .harness
        .read(INGEST)
        .map_err(|unreadable| unreadable.error)
        .unwrap();
    let job = Job {
        build: ingest.build.clone(),
        repository: ingest.repository,
        trigger: Trigger::Push,
        mode: BuildMode::Incremental,
        status: JobStatus::Running,
        commit: None,
        progress: Default::default(),
        failure: None,
        started_at: 0,
        ended_at: None,
    };
    bench.jobs.create(&job).await.unwrap();
    let commit = "4f2a6f0d9d4f4c1cb0a7c7a3f6f1f3f3a7d9c2be";
    let key = "b8f78cd44cd60d393e786f63d461dffbbedf635c7cd57db9da3d8e555fa847aa";
    let outputs = async |request: StageRequest| {
        Ok(match request.input.stage() {
            Stage::Ingest => serde_json::json!({
                "commit": commit, "manifest": key, "shards": {"key": "k", "count": 7},
            }),
            _ => serde_json::json!({"plan": key, "pages": {"key": "k", "count": 9}}),
        })
    };
    bench.work(&[INGEST], outputs).await;
    let stands = bench.jobs.get(&job.build).await.unwrap().unwrap();
    assert_eq!(stands.commit.as_ref().map(|commit| commit.as_str()), Some(commit));
    assert_eq!(
        stands.progress[&Stage::Chunk],
        StageProgress { done: 0, total: 7 }
    );
    bench.work(&[PLAN], outputs).await;
    let stands = bench.jobs.get(&job.build).await.unwrap().unwrap();
    assert_eq!(
        stands.progress[&Stage::Chunk],
        StageProgress { done: 7, total: 7 }
    );
    assert_eq!(stands.progress[&Stage::Plan], StageProgress { done: 1, total: 1 });
    assert_eq!(
        stands.progress[&Stage::Generate],
        StageProgress { done: 0, total: 9 }
    );
}
