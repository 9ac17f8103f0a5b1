//! A build and how far it is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{BuildId, CommitId, ErrorKind, Locale, RepositoryId, source::RepositorySource};

/// A wish to have a repository's wiki brought up to date. Every way in makes one of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildRequest {
    /// [`crate::message::CONTRACT_VERSION`].
    pub schema: u32,
    /// Names the request; the same push delivered twice has the same id. The build that it leads to takes it.
    pub build: BuildId,
    /// The repository.
    pub repository: RepositoryId,
    /// Where it comes from.
    pub source: RepositorySource,
    /// Branch, tag or commit; the default branch where none is named.
    pub revision: Option<String>,
    /// Whether existing artefacts may be used.
    pub mode: BuildMode,
    /// What caused it.
    pub trigger: Trigger,
    /// The languages of the wiki; at least one.
    pub locales: Vec<Locale>,
}

/// Whether a build may use what earlier builds left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum BuildMode {
    /// Makes everything anew.
    Full,
    /// Makes only what has no artefact yet. The result is the same.
    #[default]
    Incremental,
}

/// What caused a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trigger {
    /// A person or program asked, over the API or the command.
    Api,
    /// A push to CodeCommit.
    Push,
    /// A GitHub webhook.
    Webhook,
    /// The clock.
    Schedule,
}

/// A step of a build. The order is the order of the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Git to manifest and shards.
    Ingest,
    /// Shard to facts.
    Chunk,
    /// Facts to graph, page tree and briefs.
    Plan,
    /// Brief to page.
    Generate,
    /// Chunks and pages to vectors.
    Embed,
    /// Everything to one search generation and the wiki's export.
    Index,
    /// The pointer moves.
    Publish,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: [Self; 7] = [
        Self::Ingest,
        Self::Chunk,
        Self::Plan,
        Self::Generate,
        Self::Embed,
        Self::Index,
        Self::Publish,
    ];

    /// The name in messages, logs and progress.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Chunk => "chunk",
            Self::Plan => "plan",
            Self::Generate => "generate",
            Self::Embed => "embed",
            Self::Index => "index",
            Self::Publish => "publish",
        }
    }
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// The record of a build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The build, which is also the job's id.
    pub build: BuildId,
    /// The repository.
    pub repository: RepositoryId,
    /// What caused it.
    pub trigger: Trigger,
    /// Whether it used earlier artefacts.
    pub mode: BuildMode,
    /// How it stands.
    pub status: JobStatus,
    /// The commit, once ingest knows it.
    pub commit: Option<CommitId>,
    /// How far each stage is.
    pub progress: BTreeMap<Stage, StageProgress>,
    /// Why it failed, where it did; while it runs, what went wrong last.
    pub failure: Option<JobFailure>,
    /// Seconds since 1970; while it is queued, since when.
    pub started_at: i64,
    /// Seconds since 1970; none while it runs.
    pub ended_at: Option<i64>,
}

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum JobStatus {
    /// Asked for, and not begun.
    Queued,
    /// Under way.
    Running,
    /// Its wiki was published.
    Succeeded,
    /// It ended without; can be resumed.
    Failed,
    /// Somebody stopped it; can be resumed.
    Aborted,
}

impl JobStatus {
    /// Whether nothing more will come of it.
    pub fn has_ended(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

/// Parts of a stage: done and known so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageProgress {
    /// Finished parts.
    pub done: u32,
    /// All parts; 0 while not known.
    pub total: u32,
}

/// What a build did and what it cost. Not part of the wiki, which depends on the commit alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// Files that were read.
    pub files: u32,
    /// Files that were not, each with its reason in the manifest.
    pub files_skipped: u32,
    /// Shards whose facts were read in this build.
    pub shards_read: u32,
    /// Shards whose facts an earlier build had read.
    pub shards_reused: u32,
    /// Pages that were written in this build.
    pub pages_written: u32,
    /// Pages that an earlier build had written.
    pub pages_reused: u32,
    /// Calls to a model.
    pub model_calls: u32,
    /// Tokens that went to a model.
    pub input_tokens: u64,
    /// Tokens that came from it.
    pub output_tokens: u64,
    /// What they cost, in US dollars.
    pub cost_usd: f64,
}

/// Why and where a job failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobFailure {
    /// The stage that failed, where it was one.
    pub stage: Option<Stage>,
    /// Which of the stage's parts, where it has several: a shard, or a page and its language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// Its kind.
    pub kind: ErrorKind,
    /// One sentence for the person who asked.
    pub message: String,
}
