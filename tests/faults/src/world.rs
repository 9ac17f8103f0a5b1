//! Drives a simulation: one thing happens after the other, chosen by the seed, until nothing is left to happen.

use std::{
    collections::BTreeMap,
    rc::Rc,
    sync::{Arc, Mutex, atomic::AtomicU32},
    time::{Duration, Instant},
};

use deepwiki_aws::{Message as Delivered, StageHarness};
use deepwiki_dispatch::dispatch;
use deepwiki_domain::{
    BuildId, CommitId, Locale,
    job::{Job, JobStatus, Stage},
    message::{EVENT_SOURCE, ExecutionInput, StageRequest},
    repository::{Generation, Repository, RepositoryStatus},
    search::Query,
    source::{GitHosts, RepositorySource},
};
use deepwiki_local::LocalData;
use deepwiki_ports::{
    ArtefactStore, Clock, Jobs, PageCatalog, Repositories, SearchIndex, index::Searchable,
    lifecycle::Lifecycle,
};
use deepwiki_reap::{ReapPorts, reap};
use deepwiki_search::EmbeddedSearch;
use deepwiki_trigger::{TriggerPorts, TriggerSettings, accept_event};
use futures::{FutureExt, future::LocalBoxFuture};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::{
    clock::SimClock,
    faults::{Chances, Dice, Fault, Faulty, Gate},
    machine::Machine,
    outside::{Broken, Outside, REGION, SimBuilds, SimBus, SimEmbedder, SimExecutions, SimLedger},
    queues::{Message, Queues},
    reference,
    source::Origin,
    tokens::SimTokens,
};

/// More than any build takes, retries and copies included.
const MOST_STEPS: usize = 20_000;

/// What goes wrong in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    /// Nothing.
    Calm,
    /// Processes die at random points.
    Dies,
    /// Messages come twice; their order is random in every scenario.
    Repeats,
    /// Messages that nobody can read.
    Poison,
    /// One stage cannot do its work, whatever is tried.
    AlwaysFails,
    /// Stores, queues and hosts fail and throttle, or their answers get lost.
    StoreFaults,
    /// Processes stand still and go on when nobody waits for them any more.
    StaleToken,
    /// Two pushes to each repository at once.
    TwoPushes,
    /// Pushes while a build is under way.
    PushDuringBuild,
    /// Functions run out of time.
    OutOfTime,
    /// Somebody stops executions.
    Aborted,
    /// The host does not tell of a push.
    LostPush,
    /// All of it.
    Everything,
}

/// What happened in a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Executions that ended.
    pub executions: u32,
    /// Of them, those that did not succeed.
    pub failed: u32,
    /// Processes that died.
    pub died: u32,
    /// Processes that stood still.
    pub stalled: u32,
    /// Functions without time.
    pub late: u32,
    /// Messages that were delivered again though they were dealt with.
    pub again: u32,
    /// Executions that somebody stopped.
    pub aborted: u32,
    /// Messages that nobody can read.
    pub poison: u32,
    /// Dead letters that were dealt with.
    pub reaped: u32,
    /// Builds of repositories that needed to be asked for again.
    pub resumed: u32,
    /// Wikis that readers saw come up.
    pub published: u32,
}

impl Counts {
    /// Both together.
    pub fn and(self, other: Self) -> Self {
        Self {
            executions: self.executions + other.executions,
            failed: self.failed + other.failed,
            died: self.died + other.died,
            stalled: self.stalled + other.stalled,
            late: self.late + other.late,
            again: self.again + other.again,
            aborted: self.aborted + other.aborted,
            poison: self.poison + other.poison,
            reaped: self.reaped + other.reaped,
            resumed: self.resumed + other.resumed,
            published: self.published + other.published,
        }
    }
}

/// Something that a test does while the system is at work.
#[derive(Debug, Clone, Copy)]
enum Action {
    Push { repository: usize, told: bool },
    Abort,
    Poison,
}

/// A process that stands still.
struct Stalled {
    queue: String,
    message: u64,
    gate: Arc<Gate>,
    work: LocalBoxFuture<'static, bool>,
}

/// A simulation.
pub struct World {
    chances: Chances,
    dice: Arc<Dice>,
    clock: Arc<SimClock>,
    queues: Arc<Queues>,
    data: LocalData,
    origin: Arc<Origin>,
    tokens: Arc<SimTokens>,
    bus: Arc<SimBus>,
    builds: Arc<SimBuilds>,
    ledger: Arc<SimLedger>,
    executions: Arc<SimExecutions>,
    machine: Rc<Machine>,
    aborts: Arc<Mutex<BTreeMap<BuildId, oneshot::Sender<()>>>>,
    counts: Arc<Mutex<Counts>>,
    stalled: Vec<Stalled>,
    actions: Vec<(usize, Action)>,
    broken: Option<Broken>,
    has_vectors: bool,
    distributed: bool,
    sources: Vec<RepositorySource>,
    seen: BTreeMap<usize, Generation>,
    _folder: tempfile::TempDir,
}

impl World {
    /// Runs a scenario from a seed to its end, and checks what must hold on the way and then.
    pub fn run(scenario: Scenario, seed: u64) -> Counts {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let local = tokio::task::LocalSet::new();
        local.block_on(&runtime, async {
            let mut world = World::new(scenario, seed).await;
            world.register().await;
            world.settle().await;
            world.check_rest().await;
            world.mend().await;
            *world.counts.lock().unwrap()
        })
    }

    async fn new(scenario: Scenario, seed: u64) -> Self {
        let dice = Arc::new(Dice::new(seed));
        let clock = Arc::new(SimClock::new());
        let queues = Arc::new(Queues::default());
        let folder = memory_folder();
        let data = LocalData::open(folder.path()).await.unwrap();
        let tokens = Arc::new(SimTokens::new(clock.clone()));
        let chances = chances(scenario);
        let bus = Arc::new(SimBus {
            queues: queues.clone(),
            clock: clock.clone(),
            dice: dice.clone(),
            again: chances.again,
            events: AtomicU32::new(0),
        });
        let has_vectors = dice.happens(0.5);
        let put_event = {
            let (bus, dice) = (bus.clone(), dice.clone());
            Box::new(move |detail_type: &str, detail: Value| {
                if dice.happens(chances.refused) {
                    return Err("EventBridge.FailedEntry".to_owned());
                }
                bus.deliver(EVENT_SOURCE, detail_type, &detail);
                Ok(())
            })
        };
        let machine = Rc::new(Machine::new(
            if has_vectors { "simulated" } else { "none" },
            clock.clone(),
            tokens.clone(),
            data.artefacts(),
            dice.clone(),
            put_event,
        ));
        let parse = |url: &str| RepositorySource::parse_url(url).unwrap();
        Self {
            chances,
            builds: Arc::new(SimBuilds {
                queues: queues.clone(),
                clock: clock.clone(),
            }),
            origin: Arc::default(),
            ledger: Arc::default(),
            executions: Arc::default(),
            aborts: Arc::default(),
            counts: Arc::default(),
            stalled: Vec::new(),
            actions: actions(scenario, &dice),
            broken: broken(scenario, &dice),
            distributed: dice.happens(0.5),
            sources: vec![
                parse("codecommit::ap-northeast-1://payments"),
                parse("https://github.com/example/orders"),
            ],
            seen: BTreeMap::new(),
            dice,
            clock,
            queues,
            data,
            tokens,
            bus,
            machine,
            has_vectors,
            _folder: folder,
        }
    }

    /// Both repositories are known, as after `POST /repos`, and their hosts have a first commit.
    async fn register(&mut self) {
        for source in self.sources.clone() {
            self.origin.push(&source);
            let record = Repository {
                id: source.repository_id(),
                display_name: source.name().to_owned(),
                source,
                revision: None,
                status: RepositoryStatus::Ready,
                locales: Locale::ALL.to_vec(),
                published: None,
                groups: Default::default(),
                registered_at: self.clock.now(),
                removed_at: None,
            };
            self.data.repositories().register(&record).await.unwrap();
        }
    }

    // --- What happens ------------------------------------------------------------------------------------------

    /// Lets things happen until nothing is left to.
    async fn settle(&mut self) {
        for step in 0..MOST_STEPS {
            self.begin_executions();
            for _ in 0..4 {
                tokio::task::yield_now().await;
            }
            self.look().await;
            self.act(step);
            if !self.stalled.is_empty() && self.dice.happens(0.03) {
                self.go_on().await;
                continue;
            }
            let deliverable = self.queues.deliverable(self.clock.now());
            if !deliverable.is_empty() {
                let (queue, id) = &deliverable[self.dice.one_of(deliverable.len())];
                self.deliver(queue, *id).await;
                continue;
            }
            let due = [self.clock.next_due(), self.queues.next_visible()];
            match due.into_iter().flatten().min() {
                Some(time) => self.clock.pass_to(time),
                None if !self.stalled.is_empty() => self.go_on().await,
                None if !self.executions.running().is_empty() => {
                    panic!("a build hangs: nothing can happen any more")
                }
                None if self.actions.is_empty() => return,
                None => {}
            }
        }
        panic!("the system does not come to rest");
    }

    /// Does what the scenario has planned for now.
    fn act(&mut self, step: usize) {
        let Some((at, action)) = self.actions.first().copied() else {
            return;
        };
        let running = self.executions.running();
        let idle = running.is_empty() && self.queues.next_visible().is_none();
        match action {
            _ if step < at => return,
            // There has to be something to stop; once all is done there will be nothing.
            Action::Abort if running.is_empty() && !idle => return,
            Action::Abort => {
                let aborts = std::mem::take(&mut *self.aborts.lock().unwrap());
                for abort in aborts.into_values() {
                    let _ = abort.send(());
                }
            }
            Action::Push { repository, told } => self.push(repository, told),
            Action::Poison => self.poison(),
        }
        self.actions.remove(0);
    }

    fn push(&self, repository: usize, told: bool) {
        let source = &self.sources[repository];
        let commit = self.origin.push(source);
        if !told {
            return;
        }
        match source {
            RepositorySource::CodeCommit { name, .. } => {
                let detail = json!({
                    "event": "referenceUpdated", "repositoryName": name, "referenceType": "branch",
                    "referenceName": "main", "commitId": commit,
                });
                self.bus
                    .deliver("aws.codecommit", "CodeCommit Repository State Change", &detail);
            }
            source => {
                let detail = json!({
                    "schema": 1, "delivery": commit, "source": source, "branch": "main", "commit": commit,
                });
                self.bus.deliver(EVENT_SOURCE, "push received", &detail);
            }
        }
    }

    fn poison(&self) {
        let bodies = [
            "not json",
            "{}",
            "[1]",
            r#"{"id":"1","source":"x","detail-type":"y","region":"z","detail":{}}"#,
        ];
        let queues = [
            "requests", "builds", "endings", "ingest", "chunk", "plan", "generate", "index",
        ];
        let body = bodies[self.dice.one_of(bodies.len())].to_owned();
        match queues[self.dice.one_of(queues.len())] {
            "builds" => {
                let group = self.sources[0].repository_id();
                self.queues
                    .send_in_order("builds", body, group.as_str(), "poison", self.clock.now());
            }
            queue => self.queues.send(queue, body, self.clock.now()),
        }
        self.counts.lock().unwrap().poison += 1;
    }

    /// Starts the executions that dispatch or reap asked for.
    fn begin_executions(&self) {
        let inputs: Vec<ExecutionInput> = std::mem::take(&mut *self.executions.to_begin.lock().unwrap());
        for input in inputs {
            let (abort, aborted) = oneshot::channel();
            self.aborts.lock().unwrap().insert(input.build.clone(), abort);
            let (machine, bus, executions) =
                (self.machine.clone(), self.bus.clone(), self.executions.clone());
            let (aborts, counts) = (self.aborts.clone(), self.counts.clone());
            tokio::task::spawn_local(async move {
                let text = serde_json::to_string(&input).unwrap();
                let data = serde_json::to_value(&input).unwrap();
                let (status, failure) = tokio::select! {
                    outcome = machine.run(data) => match outcome {
                        Ok(_) => ("SUCCEEDED", None),
                        Err((error, _)) if error == "TIMED_OUT" => ("TIMED_OUT", None),
                        Err(failure) => ("FAILED", Some(failure)),
                    },
                    Ok(()) = aborted => ("ABORTED", None),
                };
                {
                    let mut counts = counts.lock().unwrap();
                    counts.executions += 1;
                    counts.failed += u32::from(status != "SUCCEEDED");
                    counts.aborted += u32::from(status == "ABORTED");
                }
                aborts.lock().unwrap().remove(&input.build);
                executions.ended(&input.build);
                let (error, cause) = failure.unzip();
                let detail = json!({
                    "name": input.build, "status": status, "input": text, "error": error, "cause": cause,
                });
                bus.deliver("aws.states", "Step Functions Execution Status Change", &detail);
            });
        }
    }

    /// Delivers a message to a process of its function, which may not survive it.
    async fn deliver(&mut self, queue: &str, id: u64) {
        let visibility = match queue {
            "requests" => 360,
            "ingest" => 3600,
            "chunk" | "generate" | "embed" => 1800,
            "plan" | "index" => 5400,
            _ => 180,
        };
        let Some(message) = self.queues.receive(queue, id, self.clock.now(), visibility) else {
            return;
        };
        let stage = self.broken.map(Broken::stage);
        let deadly = matches!(self.broken, Some(Broken::Dies(_)))
            && stage.is_some_and(|stage| message.body.contains(&format!("\"{stage} requested\"")))
            && !queue.ends_with("-dlq");
        let fault = if deadly {
            // After the first heartbeat.
            Some((1, Fault::DiesBefore))
        } else {
            self.fault()
        };
        let gate = Gate::new(fault, self.chances.fails, self.dice.clone());
        let late = self.dice.happens(self.chances.late);
        self.counts.lock().unwrap().late += u32::from(late);
        let mut work = process(queue, &message, self.outside(&gate), late);
        tokio::select! {
            biased;
            done = &mut work => self.finish(queue, &message, done),
            () = gate.dead.notified() => self.counts.lock().unwrap().died += 1,
            () = gate.stalled.notified() => {
                self.counts.lock().unwrap().stalled += 1;
                self.stalled.push(Stalled { queue: queue.to_owned(), message: id, gate, work });
            }
        }
    }

    fn finish(&self, queue: &str, message: &Message, done: bool) {
        if !done {
            return;
        }
        let mut counts = self.counts.lock().unwrap();
        counts.reaped += u32::from(queue.ends_with("-dlq"));
        // A standard queue may deliver once more what was deleted.
        if message.group.is_none() && self.dice.happens(self.chances.again) {
            counts.again += 1;
            return;
        }
        self.queues.delete(queue, message.id);
    }

    /// A process that stood still goes on.
    async fn go_on(&mut self) {
        let Stalled {
            queue,
            message,
            gate,
            mut work,
        } = self.stalled.swap_remove(self.dice.one_of(self.stalled.len()));
        gate.go_on.notify_one();
        tokio::select! {
            biased;
            done = &mut work => if done { self.queues.delete(&queue, message) },
            () = gate.dead.notified() => {}
        }
    }

    fn fault(&self) -> Option<(u32, Fault)> {
        let call = u32::try_from(self.dice.one_of(16)).unwrap();
        if self.dice.happens(self.chances.dies) {
            let fault = if self.dice.happens(0.5) {
                Fault::DiesBefore
            } else {
                Fault::DiesAfter
            };
            Some((call, fault))
        } else {
            self.dice
                .happens(self.chances.stalls)
                .then_some((call, Fault::Stalls))
        }
    }

    fn outside(&self, gate: &Arc<Gate>) -> Outside {
        fn faulty<P>(gate: &Arc<Gate>, port: Arc<P>) -> Arc<Faulty<P>> {
            Arc::new(Faulty {
                gate: gate.clone(),
                port,
            })
        }
        Outside {
            artefacts: faulty(gate, self.data.artefacts()),
            records: faulty(gate, self.data.repositories()),
            source: faulty(gate, self.origin.clone()),
            tokens: faulty(gate, self.tokens.clone()),
            executions: faulty(gate, self.executions.clone()),
            builds: faulty(gate, self.builds.clone()),
            bus: faulty(gate, self.bus.clone()),
            ledger: faulty(gate, self.ledger.clone()),
            embedder: self.has_vectors.then(|| faulty(gate, Arc::new(SimEmbedder))),
            clock: self.clock.clone(),
            broken: self.broken,
            distributed: self.distributed,
        }
    }

    // --- What must hold ------------------------------------------------------------------------------------------

    /// Whenever readers see something new, they see it whole.
    async fn look(&mut self) {
        for (number, source) in self.sources.clone().into_iter().enumerate() {
            let Some(published) = self.record(&source).await.published else {
                continue;
            };
            if self.seen.get(&number) == Some(&published) {
                continue;
            }
            self.check_whole(&source, &published).await;
            self.counts.lock().unwrap().published += 1;
            self.seen.insert(number, published);
        }
    }

    async fn check_whole(&self, source: &RepositorySource, published: &Generation) {
        let (store, records, id) = (
            self.data.artefacts(),
            self.data.repositories(),
            source.repository_id(),
        );
        let expected = reference::wikis(&self.origin, source, &published.commit).await;
        for (locale, wiki) in &*expected {
            let served = store.get(&id, &published.wikis[locale]).await.unwrap();
            assert!(
                served == *wiki,
                "{source} in {locale}: other bytes than a build without faults makes"
            );
            let pages = PageCatalog::list(&*records, &id, &published.build, *locale)
                .await
                .unwrap();
            assert!(
                !pages.is_empty(),
                "{source} in {locale}: a wiki without pages is served"
            );
            for page in &pages {
                store.get(&id, &page.page).await.unwrap();
            }
        }
        let searchable = Searchable {
            repository: id,
            commit: published.commit.clone(),
            generation: published.search.clone(),
        };
        let search = EmbeddedSearch::new(store.clone(), 0);
        let found = search.search(&[searchable], &Query::new("order")).await.unwrap();
        assert!(!found.hits.is_empty(), "{source}: nothing is found");
    }

    /// When all is quiet: nothing hangs, and nothing is lost without a word.
    async fn check_rest(&self) {
        for source in &self.sources {
            let record = self.record(source).await;
            assert_ne!(
                record.status,
                RepositoryStatus::Parsing,
                "{source}: nothing is under way"
            );
            let jobs = self.jobs(source).await;
            for job in &jobs {
                assert_ne!(
                    job.status,
                    JobStatus::Running,
                    "{source}: build {} has no end",
                    job.build
                );
                if job.status == JobStatus::Failed {
                    let failure = job.failure.as_ref().expect("a reason");
                    assert!(
                        !failure.message.is_empty(),
                        "{source}: build {} failed without a word",
                        job.build
                    );
                }
            }
            if let Some(broken) = self.broken
                && let Some(job) = jobs.first()
            {
                self.check_told(job, broken);
            }
        }
    }

    /// A stage that cannot do its work is named, with the part that it was about.
    fn check_told(&self, job: &Job, broken: Broken) {
        if broken.stage() == Stage::Embed {
            assert_eq!(
                job.status,
                JobStatus::Succeeded,
                "without vectors there are words"
            );
            return;
        }
        assert_eq!(job.status, JobStatus::Failed);
        let failure = job.failure.as_ref().unwrap();
        let told = failure.stage == Some(broken.stage());
        // A worker that dies cannot say at which part; the stage follows from how far the build came.
        assert!(
            told || matches!(broken, Broken::Dies(_)),
            "{failure:?} of {broken:?}"
        );
        let in_parts = matches!(broken.stage(), Stage::Chunk | Stage::Generate);
        if !matches!(broken, Broken::Dies(_)) {
            assert_eq!(failure.part.is_some(), in_parts, "{failure:?}");
        }
    }

    /// Everything works again: what was missed is found, what failed is resumed, and comes out as if nothing had been.
    async fn mend(&mut self) {
        self.chances = Chances::default();
        self.broken = None;
        self.sweep();
        self.settle().await;
        self.check_rest().await;
        for source in self.sources.clone() {
            let head = self.origin.head(&source);
            if self.published_commit(&source).await.as_ref() == Some(&head) {
                continue;
            }
            let newest = self.jobs(&source).await.into_iter().next();
            let newest = newest.unwrap_or_else(|| panic!("{source}: {head} was lost"));
            assert_ne!(newest.status, JobStatus::Succeeded, "{source}: {head} was lost");
            self.counts.lock().unwrap().resumed += 1;
            let detail = json!({"schema": 1, "repository": source.repository_id(), "trigger": "api"});
            self.bus.deliver(EVENT_SOURCE, "build requested", &detail);
        }
        self.settle().await;
        self.check_rest().await;
        for source in self.sources.clone() {
            let head = self.origin.head(&source);
            assert_eq!(
                self.published_commit(&source).await,
                Some(head),
                "{source} is not published"
            );
        }
    }

    /// What EventBridge Scheduler puts into the queue.
    fn sweep(&self) {
        let event = json!({
            "id": "sweep", "source": EVENT_SOURCE, "detail-type": "sweep requested", "region": REGION,
            "detail": {"schema": 1, "sweep": "reconcile"},
        });
        self.queues.send("requests", event.to_string(), self.clock.now());
    }

    async fn record(&self, source: &RepositorySource) -> Repository {
        let records = self.data.repositories();
        Repositories::get(&*records, &source.repository_id())
            .await
            .unwrap()
            .unwrap()
    }

    async fn jobs(&self, source: &RepositorySource) -> Vec<Job> {
        let records = self.data.repositories();
        Jobs::list(&*records, &source.repository_id(), 100).await.unwrap()
    }

    async fn published_commit(&self, source: &RepositorySource) -> Option<CommitId> {
        self.record(source)
            .await
            .published
            .map(|published| published.commit)
    }
}

/// A function at work on a message; whether the message may be deleted.
fn process(queue: &str, message: &Message, outside: Outside, late: bool) -> LocalBoxFuture<'static, bool> {
    let (queue, body) = (queue.to_owned(), message.body.clone());
    async move {
        let lifecycle = Lifecycle {
            leases: &*outside.records,
            jobs: &*outside.records,
            executions: &*outside.executions,
            clock: &*outside.clock,
        };
        match queue.as_str() {
            "requests" => {
                let settings = TriggerSettings {
                    locales: Locale::ALL.to_vec(),
                    region: REGION.to_owned(),
                    hosts: GitHosts::any(),
                };
                let ports = TriggerPorts {
                    repositories: &*outside.records,
                    queue: &*outside.builds,
                    jobs: &*outside.records,
                    bus: &*outside.bus,
                    ledger: &*outside.ledger,
                    source: &*outside.source,
                    clock: &*outside.clock,
                };
                accept_event(&body, &settings, ports).await.is_ok()
            }
            "builds" | "endings" => dispatch(&body, lifecycle).await.is_ok(),
            letters if letters.ends_with("-dlq") => {
                let ports = ReapPorts {
                    tokens: &*outside.tokens,
                    notes: &*outside.records,
                    lifecycle,
                };
                reap(&body, letters, ports).await.is_ok()
            }
            stage => work(stage, body, &outside, late).await,
        }
    }
    .boxed_local()
}

/// A stage at work on a message.
async fn work(queue: &str, body: String, outside: &Outside, late: bool) -> bool {
    let stages: &'static [Stage] = match queue {
        "ingest" => &[Stage::Ingest],
        "chunk" => &[Stage::Chunk],
        "plan" => &[Stage::Plan],
        "generate" => &[Stage::Generate],
        "embed" => &[Stage::Embed],
        _ => &[Stage::Index, Stage::Publish],
    };
    let harness = StageHarness::over(stages, outside.tokens.clone(), outside.records.clone());
    let time = if late {
        Duration::ZERO
    } else {
        Duration::from_secs(600)
    };
    let message = Delivered {
        id: "1".to_owned(),
        body,
        queue: queue.to_owned(),
        group: None,
    };
    let handler = async |request: StageRequest| outside.work(request).await;
    harness
        .work_through(vec![message], Instant::now() + time, &handler)
        .await
        .is_empty()
}

fn chances(scenario: Scenario) -> Chances {
    let calm = Chances::default();
    match scenario {
        Scenario::Dies => Chances { dies: 0.3, ..calm },
        Scenario::Repeats => Chances { again: 0.4, ..calm },
        Scenario::StoreFaults => Chances {
            fails: 0.03,
            refused: 0.1,
            ..calm
        },
        Scenario::StaleToken => Chances { stalls: 0.3, ..calm },
        Scenario::OutOfTime => Chances { late: 0.3, ..calm },
        Scenario::Everything => Chances {
            dies: 0.08,
            stalls: 0.08,
            fails: 0.01,
            again: 0.1,
            late: 0.05,
            refused: 0.03,
        },
        Scenario::Calm
        | Scenario::Poison
        | Scenario::AlwaysFails
        | Scenario::TwoPushes
        | Scenario::PushDuringBuild
        | Scenario::Aborted
        | Scenario::LostPush => calm,
    }
}

fn actions(scenario: Scenario, dice: &Dice) -> Vec<(usize, Action)> {
    let told = |repository| Action::Push {
        repository,
        told: true,
    };
    let mut actions = vec![(0, told(0)), (0, told(1))];
    let mut add = |most: i64, action| actions.push((usize::try_from(dice.up_to(most)).unwrap(), action));
    match scenario {
        Scenario::Poison => (0..4).for_each(|_| add(30, Action::Poison)),
        Scenario::TwoPushes => (0..2).for_each(|repository| add(0, told(repository))),
        Scenario::PushDuringBuild => (0..4).for_each(|number| add(60, told(number % 2))),
        Scenario::Aborted => (0..2).for_each(|_| add(50, Action::Abort)),
        Scenario::LostPush => add(
            80,
            Action::Push {
                repository: 0,
                told: false,
            },
        ),
        Scenario::Everything => {
            add(80, told(0));
            add(80, Action::Poison);
            add(80, Action::Abort);
        }
        Scenario::Calm
        | Scenario::Dies
        | Scenario::Repeats
        | Scenario::AlwaysFails
        | Scenario::StoreFaults
        | Scenario::StaleToken
        | Scenario::OutOfTime => {}
    }
    actions.sort_by_key(|(step, _)| *step);
    actions
}

fn broken(scenario: Scenario, dice: &Dice) -> Option<Broken> {
    let stage = Stage::ALL[dice.one_of(Stage::ALL.len())];
    (scenario == Scenario::AlwaysFails).then(|| match dice.one_of(3) {
        0 => Broken::Refuses(stage),
        1 => Broken::Panics(stage),
        _ => Broken::Dies(stage),
    })
}

/// A folder in memory, where the machine has one.
fn memory_folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap())
}
