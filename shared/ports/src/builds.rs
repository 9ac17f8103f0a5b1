//! Starting builds, holding them apart, and knowing how they stand.

use async_trait::async_trait;
use deepwiki_domain::{
    BuildId, CommitId, RepositoryId, StageError,
    job::{BuildRequest, Job, JobFailure, JobStatus, Stage, StageProgress},
    model::Spent,
};

use serde_json::Value;

use crate::Result;

/// Requests on their way to dispatch, in order within a repository.
#[async_trait]
pub trait BuildQueue: Send + Sync {
    /// Queues a request. The same build id queued twice within five minutes arrives once.
    async fn send(&self, request: &BuildRequest) -> Result<()>;
}

/// The bus on which every way in meets.
#[async_trait]
pub trait EventBus: Send + Sync {
    /// Puts an event of this system. Its kind and the form of its detail are in [`deepwiki_domain::message`]; it is
    /// delivered at least once.
    async fn put(&self, detail_type: &str, detail: &Value) -> Result<()>;
}

/// The state machine.
#[async_trait]
pub trait Executions: Send + Sync {
    /// Starts the build, named by its id. Starting one that runs, or that has ended, does nothing.
    async fn start(&self, request: &BuildRequest) -> Result<()>;
}

/// What a repository's lease answers to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeaseOutcome {
    /// The request holds the lease now, or held it already: start it. A request that is delivered again after
    /// its build was released takes nothing (starting what has ended does nothing, so nobody would release it).
    Held,
    /// Another build runs. The request took the one pending place (replacing what stood there).
    Folded,
}

/// At most one build of a repository at a time, and one waiting.
#[async_trait]
pub trait Leases: Send + Sync {
    /// Takes the lease for this request or folds it into the pending place, in one conditional write. Also
    /// marks the repository PARSING. A repository that is not registered is registered by this.
    async fn acquire(&self, request: &BuildRequest, now: i64) -> Result<LeaseOutcome>;

    /// Gives up the lease of a build that has ended. Where a request was pending it holds the lease from
    /// then on and is returned, to be started. Asked again for the same build it answers the same, so that a
    /// start that failed is done again. `succeeded` decides between READY and FAILED where none was pending.
    async fn release(
        &self,
        repository: &RepositoryId,
        build: &BuildId,
        succeeded: bool,
    ) -> Result<Option<BuildRequest>>;

    /// Whether this build holds the lease.
    async fn is_held(&self, repository: &RepositoryId, build: &BuildId) -> Result<bool>;
}

/// Records of builds.
#[async_trait]
pub trait Jobs: Send + Sync {
    /// Writes the record of a build that begins, or that waits ([`JobStatus::Queued`]). A build that has a record keeps
    /// it, but for one that waited and begins now.
    async fn create(&self, job: &Job) -> Result<()>;

    /// The record of a build.
    async fn get(&self, build: &BuildId) -> Result<Option<Job>>;

    /// The newest records of a repository, newest first, at most `limit`.
    async fn list(&self, repository: &RepositoryId, limit: usize) -> Result<Vec<Job>>;

    /// Notes how far a stage is, and the commit once it is known.
    async fn report(
        &self,
        build: &BuildId,
        stage: Stage,
        progress: StageProgress,
        commit: Option<&CommitId>,
    ) -> Result<()>;

    /// Notes the end. A job that has ended with success keeps that.
    async fn finish(
        &self,
        build: &BuildId,
        status: JobStatus,
        failure: Option<JobFailure>,
        now: i64,
    ) -> Result<()>;
}

/// What goes wrong in the parts of a build, which the state machine tells of in general terms.
#[async_trait]
pub trait FailureNotes: Send + Sync {
    /// Notes on the record of a build that runs what went wrong last. One that has ended, or that is not known, is left
    /// as it is.
    async fn note(&self, build: &BuildId, failure: &JobFailure) -> Result<()>;
}

/// What builds have spent on models, where many workers write one wiki.
#[async_trait]
pub trait Spending: Send + Sync {
    /// Adds to what a build has spent. `entry` names the addition: given twice, it counts once. A build without a
    /// record has nothing to add to.
    async fn add(&self, build: &BuildId, entry: &str, spent: &Spent) -> Result<()>;

    /// What a build has spent so far; nothing for one that is unknown.
    async fn spent(&self, build: &BuildId) -> Result<Spent>;
}

/// Whether anybody still waits for a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// The state machine waits for the answer.
    Yes,
    /// The task timed out, was answered or aborted: drop the message.
    Gone,
}

/// The state machine's side of a task token.
#[async_trait]
pub trait TaskTokens: Send + Sync {
    /// Says that the work goes on.
    async fn heartbeat(&self, token: &str) -> Result<Waiting>;

    /// Answers with the stage's output, a JSON document.
    async fn succeed(&self, token: &str, output: &str) -> Result<Waiting>;

    /// Answers with an error; its kind's name is what `Retry` and `Catch` match.
    async fn fail(&self, token: &str, error: &StageError) -> Result<Waiting>;
}

/// Whose work an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// Nobody's so far: do it, then say [`Ledger::done`].
    Yours,
    /// Somebody is at it, or died at it not long ago: ask again later.
    Another,
    /// It was done.
    Done,
}

/// Which events were dealt with, so that one that is delivered again does nothing.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Claims an event.
    async fn claim(&self, id: &str, now: i64) -> Result<Claim>;

    /// Notes that the event was dealt with.
    async fn done(&self, id: &str, now: i64) -> Result<()>;

    /// Gives back a claim whose work failed, so that it can be tried again at once.
    async fn give_up(&self, id: &str) -> Result<()>;
}
