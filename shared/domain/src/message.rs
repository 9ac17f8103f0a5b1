//! What travels on the bus and through the queues. `events/` holds one real example of each.

use serde::{Deserialize, Serialize};

use crate::{
    ArtefactKey, BuildId, CommitId, Locale, RepositoryId,
    job::{BuildMode, Stage, Trigger},
    source::RepositorySource,
};

/// The version of every message here.
pub const CONTRACT_VERSION: u32 = 1;

/// `source` of every event that this system puts on its bus.
pub const EVENT_SOURCE: &str = "deepwiki.omr";

/// A request to a stage: the `detail` of a bus event whose `detail-type` is [`detail_type`]. Everything but
/// `input` is the same for all stages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageRequest {
    /// [`CONTRACT_VERSION`].
    pub schema: u32,
    /// The repository.
    pub repository: RepositoryId,
    /// The build.
    pub build: BuildId,
    /// Whether a result of an earlier build may be taken.
    #[serde(default)]
    pub mode: BuildMode,
    /// What to do.
    #[serde(flatten)]
    pub input: StageInput,
    /// What the worker answers to.
    pub task_token: String,
    /// Seconds since 1970 after which nobody waits for the answer; none where only the token tells, as from the state
    /// machine: its context object knows when a state was first entered, not when its present attempt began.
    #[serde(default)]
    pub deadline: Option<i64>,
    /// The X-Ray trace header of the execution.
    #[serde(default)]
    pub trace: Option<String>,
}

/// `detail-type` of an event that asks for a build. Its detail is a [`crate::job::BuildRequest`] of which only the
/// repository, by its id or its source, must be there.
pub const BUILD_REQUESTED: &str = "build requested";

/// `detail-type` of an event that tells of a push; its detail is a [`PushReceived`].
pub const PUSH_RECEIVED: &str = "push received";

/// `detail-type` of an event by which all repositories are looked through; its detail is a [`SweepRequest`].
pub const SWEEP_REQUESTED: &str = "sweep requested";

/// A push that a host has told of and whose signature was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushReceived {
    /// [`CONTRACT_VERSION`].
    pub schema: u32,
    /// The digest of what was signed: the same for each delivery, and for whoever repeats one.
    pub delivery: String,
    /// The repository.
    pub source: RepositorySource,
    /// The branch that was created or moved.
    pub branch: String,
    /// What it points to now.
    pub commit: CommitId,
}

/// Asks to look through all repositories, some at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepRequest {
    /// [`CONTRACT_VERSION`].
    pub schema: u32,
    /// What to look for.
    pub sweep: Sweep,
    /// The id of the event that began it; none in that one itself.
    #[serde(default)]
    pub run: Option<String>,
    /// Where to go on: after this repository.
    #[serde(default)]
    pub after: Option<RepositoryId>,
}

/// What a sweep builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sweep {
    /// Repositories whose branch stands elsewhere than the last commit that was built: hosts do not promise to tell of
    /// every push.
    Reconcile,
    /// All, so that their wikis are made by the present version. What would come out the same is found, not made.
    Rebuild,
}

/// The `detail-type` of a stage's request; exactly one rule matches each.
pub fn detail_type(stage: Stage) -> String {
    format!("{stage} requested")
}

/// The input of each stage: `{"stage": "chunk", "input": {…}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", content = "input", rename_all = "lowercase")]
pub enum StageInput {
    /// See [`IngestInput`].
    Ingest(IngestInput),
    /// See [`ChunkInput`].
    Chunk(ChunkInput),
    /// See [`PlanInput`].
    Plan(PlanInput),
    /// See [`GenerateInput`].
    Generate(GenerateInput),
    /// See [`EmbedInput`].
    Embed(EmbedInput),
    /// See [`IndexInput`].
    Index(IndexInput),
    /// See [`PublishInput`].
    Publish(PublishInput),
}

impl StageInput {
    /// Which stage it is for.
    pub fn stage(&self) -> Stage {
        match self {
            Self::Ingest(_) => Stage::Ingest,
            Self::Chunk(_) => Stage::Chunk,
            Self::Plan(_) => Stage::Plan,
            Self::Generate(_) => Stage::Generate,
            Self::Embed(_) => Stage::Embed,
            Self::Index(_) => Stage::Index,
            Self::Publish(_) => Stage::Publish,
        }
    }
}

impl StageInput {
    /// Which part of the stage's work it is, where the stage has several. A key is told by its first digits.
    pub fn part(&self) -> Option<String> {
        let short = |key: &ArtefactKey| key.as_str().get(..12).unwrap_or_default().to_owned();
        match self {
            Self::Chunk(ChunkInput { shard }) | Self::Embed(EmbedInput::Shard { shard }) => {
                Some(format!("shard {}", short(shard)))
            }
            Self::Generate(GenerateInput { brief, locale, .. })
            | Self::Embed(EmbedInput::Page { brief, locale }) => {
                Some(format!("page {} in {}", short(brief), locale.tag()))
            }
            Self::Ingest(_) | Self::Plan(_) | Self::Index(_) | Self::Publish(_) => None,
        }
    }
}

/// The input of the state machine: what dispatch starts an execution with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutionInput {
    /// [`CONTRACT_VERSION`].
    pub schema: u32,
    /// The repository.
    pub repository: RepositoryId,
    /// The build, which is also the execution's name.
    pub build: BuildId,
    /// Where the repository comes from.
    pub source: RepositorySource,
    /// Branch, tag or commit; null for the default branch.
    pub revision: Option<String>,
    /// Whether earlier artefacts may be used.
    pub mode: BuildMode,
    /// What caused it.
    pub trigger: Trigger,
    /// The languages of the wiki.
    pub locales: Vec<Locale>,
    /// The X-Ray trace header of whoever started it, which the stages' requests carry on.
    #[serde(default)]
    pub trace: Option<String>,
}

/// Up to how many items travel in the state, so that an inline map runs them: at most 30 KB of state, without the
/// seconds that a distributed map takes to start.
pub const FEW_ITEMS: usize = 40;

/// A list of work items, one JSON document a line, for a Distributed Map to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemList {
    /// The object's key in the artefact bucket; a file name locally.
    pub key: String,
    /// How many items.
    pub count: u32,
    /// The items themselves where there are at most [`FEW_ITEMS`]; empty otherwise.
    #[serde(default)]
    pub few: Vec<serde_json::Value>,
}

impl ItemList {
    /// The list that stands at `key`. None where there are more items than can be counted or one is no JSON.
    pub fn new(key: String, items: &[String]) -> Option<Self> {
        let few = if items.len() <= FEW_ITEMS { items } else { &[] };
        let few = few.iter().map(|item| serde_json::from_str(item).ok());
        Some(Self {
            key,
            count: u32::try_from(items.len()).ok()?,
            few: few.collect::<Option<_>>()?,
        })
    }
}

/// Read this repository at this revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IngestInput {
    /// Where it comes from.
    pub source: RepositorySource,
    /// Branch, tag or commit; null for the default branch.
    pub revision: Option<String>,
}

/// What ingest answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IngestOutput {
    /// The commit that the revision stands for.
    pub commit: CommitId,
    /// The [`crate::manifest::Manifest`].
    pub manifest: ArtefactKey,
    /// One [`ChunkInput`] a shard.
    pub shards: ItemList,
}

/// Read the facts of a shard. Its result is found again by [`crate::memo::chunk`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkInput {
    /// The [`crate::manifest::Shard`].
    pub shard: ArtefactKey,
}

/// What chunk answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkOutput {
    /// The [`crate::facts::ShardFacts`].
    pub facts: ArtefactKey,
}

/// Plan the wiki from all facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanInput {
    /// The manifest.
    pub manifest: ArtefactKey,
    /// The languages to write in.
    pub locales: Vec<Locale>,
}

/// What plan answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanOutput {
    /// The [`crate::plan::Plan`].
    pub plan: ArtefactKey,
    /// One [`GenerateInput`] a page and language.
    pub pages: ItemList,
}

/// Write a page. Its result is found again by [`crate::memo::page`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenerateInput {
    /// The manifest, where the gate looks up files.
    pub manifest: ArtefactKey,
    /// The plan, where the gate looks up names and slugs.
    pub plan: ArtefactKey,
    /// The [`crate::plan::PageBrief`].
    pub brief: ArtefactKey,
    /// The language to write in.
    pub locale: Locale,
}

/// What generate answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenerateOutput {
    /// The [`crate::page::Page`].
    pub page: ArtefactKey,
}

/// Make vectors of one part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "lowercase")]
pub enum EmbedInput {
    /// The chunks of a shard.
    Shard {
        /// The shard.
        shard: ArtefactKey,
    },
    /// The sections of a page.
    Page {
        /// The page's brief.
        brief: ArtefactKey,
        /// The page's language.
        locale: Locale,
    },
}

/// What embed answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmbedOutput {
    /// How many vectors the part has; none were made where no embedder is set up.
    pub vectors: u32,
}

/// Make the search generation and the export documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexInput {
    /// The manifest.
    pub manifest: ArtefactKey,
    /// The plan.
    pub plan: ArtefactKey,
    /// The languages.
    pub locales: Vec<Locale>,
}

/// What index answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexOutput {
    /// A [`crate::wiki::Edition`]: everything that publishing needs.
    pub edition: ArtefactKey,
}

/// Move the repository's pointer to a finished edition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishInput {
    /// The [`crate::wiki::Edition`].
    pub edition: ArtefactKey,
    /// What caused the build.
    pub trigger: Trigger,
}

/// What publish answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishOutput {
    /// The commit that readers now see.
    pub commit: CommitId,
    /// False where the same build had been published before.
    pub moved: bool,
}
