//! The services that have no local adapter, and the outside as one process reaches it.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use async_trait::async_trait;
use deepwiki_chunk::{ChunkPorts, chunk_shard};
use deepwiki_domain::{
    BuildId, ErrorKind, StageError,
    job::{BuildRequest, Stage},
    message::{CONTRACT_VERSION, EVENT_SOURCE, ExecutionInput, StageInput, StageRequest},
};
use deepwiki_embed::{EmbedPorts, embed_part};
use deepwiki_generate::{GeneratePorts, SourceLibrary, Writer, generate_page};
use deepwiki_index::{IndexPorts, PublishPorts, index_build, publish_build};
use deepwiki_ingest::{IngestLimits, IngestPorts, ingest};
use deepwiki_local::{LocalArtefacts, LocalRepositories};
use deepwiki_plan::{PlanPorts, plan_wiki};
use deepwiki_ports::{
    BuildQueue, Clock, Embedder, EventBus, Executions, Ledger, Purpose, Result, builds::Claim,
};
use deepwiki_search::EmbeddedSearch;
use serde_json::{Value, json};

use crate::{
    clock::SimClock,
    faults::{Dice, Faulty},
    queues::Queues,
    source::Origin,
    tokens::SimTokens,
};

/// The region of every simulation.
pub(crate) const REGION: &str = "ap-northeast-1";

/// The bus, with the rules of `template.yaml` (which `tests/infra` proves).
pub(crate) struct SimBus {
    pub(crate) queues: Arc<Queues>,
    pub(crate) clock: Arc<SimClock>,
    pub(crate) dice: Arc<Dice>,
    /// How probably an event is delivered twice.
    pub(crate) again: f64,
    pub(crate) events: AtomicU32,
}

impl SimBus {
    /// Delivers an event to the queue that its kind goes to.
    pub(crate) fn deliver(&self, source: &str, detail_type: &str, detail: &Value) {
        let queue = match detail_type {
            "CodeCommit Repository State Change"
            | "build requested"
            | "push received"
            | "sweep requested" => "requests",
            "Step Functions Execution Status Change" => "endings",
            "publish requested" => "index",
            stage => stage
                .strip_suffix(" requested")
                .expect("an event that some rule matches"),
        };
        let number = self.events.fetch_add(1, Ordering::SeqCst);
        let event = json!({
            "id": format!("event-{number}"), "source": source, "detail-type": detail_type, "region": REGION,
            "detail": detail,
        });
        let copies = if self.dice.happens(self.again) { 2 } else { 1 };
        for _ in 0..copies {
            self.queues.send(queue, event.to_string(), self.clock.now());
        }
    }
}

#[async_trait]
impl EventBus for SimBus {
    async fn put(&self, detail_type: &str, detail: &Value) -> Result<()> {
        self.deliver(EVENT_SOURCE, detail_type, detail);
        Ok(())
    }
}

/// The queue `builds`.
pub(crate) struct SimBuilds {
    pub(crate) queues: Arc<Queues>,
    pub(crate) clock: Arc<SimClock>,
}

#[async_trait]
impl BuildQueue for SimBuilds {
    async fn send(&self, request: &BuildRequest) -> Result<()> {
        let body = serde_json::to_string(request).unwrap();
        let (group, id) = (request.repository.as_str(), request.build.as_str());
        self.queues
            .send_in_order("builds", body, group, id, self.clock.now());
        Ok(())
    }
}

/// Executions by name, and those that are to begin.
#[derive(Default)]
pub(crate) struct SimExecutions {
    pub(crate) known: Mutex<BTreeMap<BuildId, bool>>,
    pub(crate) to_begin: Mutex<Vec<ExecutionInput>>,
}

#[async_trait]
impl Executions for SimExecutions {
    async fn start(&self, request: &BuildRequest) -> Result<()> {
        let mut known = self.known.lock().unwrap();
        if known.contains_key(&request.build) {
            return Ok(());
        }
        known.insert(request.build.clone(), true);
        self.to_begin.lock().unwrap().push(ExecutionInput {
            schema: CONTRACT_VERSION,
            repository: request.repository.clone(),
            build: request.build.clone(),
            source: request.source.clone(),
            revision: request.revision.clone(),
            mode: request.mode,
            trigger: request.trigger,
            locales: request.locales.clone(),
            trace: None,
        });
        Ok(())
    }
}

impl SimExecutions {
    pub(crate) fn running(&self) -> Vec<BuildId> {
        let known = self.known.lock().unwrap();
        known
            .iter()
            .filter(|(_, runs)| **runs)
            .map(|(build, _)| build.clone())
            .collect()
    }

    pub(crate) fn ended(&self, build: &BuildId) {
        self.known.lock().unwrap().insert(build.clone(), false);
    }
}

/// Claims as `shared/aws/src/ledger.rs` keeps them.
#[derive(Default)]
pub(crate) struct SimLedger(Mutex<BTreeMap<String, (Claim, i64)>>);

#[async_trait]
impl Ledger for SimLedger {
    async fn claim(&self, id: &str, now: i64) -> Result<Claim> {
        let mut ledger = self.0.lock().unwrap();
        match ledger.get(id) {
            Some((claim, expires)) if *expires >= now => Ok(*claim),
            _ => {
                ledger.insert(id.to_owned(), (Claim::Another, now + 300));
                Ok(Claim::Yours)
            }
        }
    }

    async fn done(&self, id: &str, now: i64) -> Result<()> {
        self.0
            .lock()
            .unwrap()
            .insert(id.to_owned(), (Claim::Done, now + 86_400));
        Ok(())
    }

    async fn give_up(&self, id: &str) -> Result<()> {
        let mut ledger = self.0.lock().unwrap();
        if ledger.get(id).is_some_and(|(claim, _)| *claim == Claim::Another) {
            ledger.remove(id);
        }
        Ok(())
    }
}

/// Vectors from a digest: enough to be stored and found again.
pub(crate) struct SimEmbedder;

#[async_trait]
impl Embedder for SimEmbedder {
    fn model(&self) -> &str {
        "simulated-8"
    }

    async fn embed(&self, texts: &[String], _: Purpose) -> Result<Vec<Vec<f32>>> {
        let vector = |text: &String| {
            let digest = blake3::hash(text.as_bytes());
            let raw: Vec<f32> = digest.as_bytes()[..8]
                .iter()
                .map(|byte| f32::from(*byte) + 1.0)
                .collect();
            let length = raw.iter().map(|x| x * x).sum::<f32>().sqrt();
            raw.into_iter().map(|x| x / length).collect()
        };
        Ok(texts.iter().map(vector).collect())
    }
}

/// What a stage does at every attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    /// Says that it cannot.
    Refuses(Stage),
    /// Panics.
    Panics(Stage),
    /// Dies.
    Dies(Stage),
}

impl Broken {
    pub(crate) fn stage(self) -> Stage {
        match self {
            Self::Refuses(stage) | Self::Panics(stage) | Self::Dies(stage) => stage,
        }
    }
}

/// The outside, as one process reaches it.
#[derive(Clone)]
pub(crate) struct Outside {
    pub(crate) artefacts: Arc<Faulty<LocalArtefacts>>,
    pub(crate) records: Arc<Faulty<LocalRepositories>>,
    pub(crate) source: Arc<Faulty<Origin>>,
    pub(crate) tokens: Arc<Faulty<SimTokens>>,
    pub(crate) executions: Arc<Faulty<SimExecutions>>,
    pub(crate) builds: Arc<Faulty<SimBuilds>>,
    pub(crate) bus: Arc<Faulty<SimBus>>,
    pub(crate) ledger: Arc<Faulty<SimLedger>>,
    pub(crate) embedder: Option<Arc<Faulty<SimEmbedder>>>,
    pub(crate) clock: Arc<SimClock>,
    pub(crate) broken: Option<Broken>,
    /// Whether even few parts go through a distributed map.
    pub(crate) distributed: bool,
}

impl Outside {
    /// A stage's work, as its function's `main.rs` does it.
    pub(crate) async fn work(&self, request: StageRequest) -> Result<Value> {
        match self.broken {
            Some(Broken::Refuses(stage)) if stage == request.input.stage() => {
                return Err(StageError::new(ErrorKind::Permanent, "this stage cannot do it"));
            }
            Some(Broken::Panics(stage)) if stage == request.input.stage() => panic!("simulated"),
            _ => {}
        }
        let (repository, build, mode) = (&request.repository, &request.build, request.mode);
        let (artefacts, writer) = (&*self.artefacts, Writer::Structural);
        let embedder = self.embedder.as_deref().map(|embedder| embedder as &dyn Embedder);
        let search = EmbeddedSearch::new(self.artefacts.clone(), 0);
        let output = match &request.input {
            StageInput::Ingest(input) => {
                let ports = IngestPorts {
                    source: &*self.source,
                    artefacts,
                    limits: IngestLimits::default(),
                };
                let mut output = ingest(repository, build, input, &ports).await?;
                if self.distributed {
                    output.shards.few.clear();
                }
                serde_json::to_value(output)
            }
            StageInput::Chunk(input) => {
                serde_json::to_value(chunk_shard(repository, mode, input, ChunkPorts { artefacts }).await?)
            }
            StageInput::Plan(input) => {
                let mut output = plan_wiki(repository, build, mode, input, PlanPorts { artefacts }).await?;
                if self.distributed {
                    output.pages.few.clear();
                }
                serde_json::to_value(output)
            }
            StageInput::Generate(input) => {
                let library = SourceLibrary::default();
                let ports = GeneratePorts {
                    artefacts,
                    library: &library,
                };
                serde_json::to_value(generate_page(repository, mode, input, &writer, ports).await?)
            }
            StageInput::Embed(input) => {
                let ports = EmbedPorts {
                    artefacts,
                    embedder,
                    writer: writer.id(),
                };
                serde_json::to_value(embed_part(repository, mode, input, ports).await?)
            }
            StageInput::Index(input) => {
                let ports = IndexPorts {
                    artefacts,
                    published: artefacts,
                    pages: &*self.records,
                    search: &search,
                    model: embedder.map(Embedder::model),
                    writer: writer.id(),
                };
                serde_json::to_value(index_build(repository, build, mode, input, ports).await?)
            }
            StageInput::Publish(input) => {
                let ports = PublishPorts {
                    artefacts,
                    repositories: &*self.records,
                    search: &search,
                    clock: &*self.clock,
                };
                serde_json::to_value(publish_build(repository, build, input, ports).await?)
            }
        };
        Ok(output.unwrap())
    }
}
