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
    /// Seconds since 1970 after which nobody waits for the answer; none where only the token tells.
    #[serde(default)]
    pub deadline: Option<i64>,
    /// The X-Ray trace header of the execution.
    #[serde(default)]
    pub trace: Option<String>,
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
}

/// A list of work items, one JSON document a line, for a Distributed Map to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemList {
    /// The object's key in the artefact bucket; a file name locally.
    pub key: String,
    /// How many items.
    pub count: u32,
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
