//! The beginning and the end of a build: lease, record and execution in the order that loses nothing when any
//! step fails or is done twice.

use std::collections::BTreeMap;

use deepwiki_domain::{
    event::BuildEnding,
    job::{BuildRequest, Job, JobFailure, JobStatus},
};

use crate::{Clock, Executions, Jobs, Leases, Result, builds::LeaseOutcome};

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requested {
    /// Its build runs.
    Started,
    /// Another build runs; this one, or a later one, follows.
    Waits,
    /// Its build had ended before: the request was delivered again.
    Over,
}

/// Begins and ends builds. Every method may be called again after a failure, and by several at once.
#[derive(Clone, Copy)]
pub struct Lifecycle<'a> {
    /// Who may build.
    pub leases: &'a dyn Leases,
    /// Records.
    pub jobs: &'a dyn Jobs,
    /// What builds.
    pub executions: &'a dyn Executions,
    /// The time.
    pub clock: &'a dyn Clock,
}

impl Lifecycle<'_> {
    /// Starts the build, or lets it wait for the one that runs.
    pub async fn request(&self, request: &BuildRequest) -> Result<Requested> {
        // A late copy of the request of a build that has ended must not take the place of one that waits.
        if self.has_ended(request).await?.is_some() {
            return Ok(Requested::Over);
        }
        match self.leases.acquire(request, self.clock.now()).await? {
            LeaseOutcome::Folded => Ok(Requested::Waits),
            LeaseOutcome::Held => {
                let started = self.start(request.clone()).await?;
                Ok(if started {
                    Requested::Started
                } else {
                    Requested::Over
                })
            }
        }
    }

    /// Notes the end of a build and starts the one that waits.
    pub async fn end(&self, ending: &BuildEnding) -> Result<()> {
        if let Some(job) = self.jobs.get(&ending.build).await? {
            let failure = ending
                .failure
                .clone()
                .map(|failure| explained(failure, ending, &job));
            self.jobs
                .finish(&ending.build, ending.status, failure, self.clock.now())
                .await?;
        }
        let succeeded = ending.status == JobStatus::Succeeded;
        let next = self
            .leases
            .release(&ending.repository, &ending.build, succeeded)
            .await?;
        if let Some(next) = next {
            self.start(next).await?;
        }
        Ok(())
    }

    /// Gives up a build that could not be started.
    pub async fn give_up(&self, request: &BuildRequest, failure: JobFailure) -> Result<()> {
        self.jobs.create(&self.job(request)).await?;
        self.end(&BuildEnding {
            repository: request.repository.clone(),
            build: request.build.clone(),
            status: JobStatus::Failed,
            failure: Some(failure),
            by_part: false,
        })
        .await
    }

    /// Starts the request that was given the lease; where its build has ended already, the one after it, and so
    /// on, because no end would come that gives the lease back. False where the first had ended.
    async fn start(&self, request: BuildRequest) -> Result<bool> {
        let mut first = true;
        let mut next = Some(request);
        while let Some(request) = next {
            self.jobs.create(&self.job(&request)).await?;
            // Asked after the lease was taken: an end that was noted before is seen, a later one releases it.
            match self.has_ended(&request).await? {
                None => {
                    self.executions.start(&request).await?;
                    return Ok(first);
                }
                Some(status) => {
                    let succeeded = status == JobStatus::Succeeded;
                    next = self
                        .leases
                        .release(&request.repository, &request.build, succeeded)
                        .await?;
                    first = false;
                }
            }
        }
        Ok(false)
    }

    async fn has_ended(&self, request: &BuildRequest) -> Result<Option<JobStatus>> {
        let job = self.jobs.get(&request.build).await?;
        Ok(job.map(|job| job.status).filter(|status| status.has_ended()))
    }

    fn job(&self, request: &BuildRequest) -> Job {
        Job {
            build: request.build.clone(),
            repository: request.repository.clone(),
            trigger: request.trigger,
            mode: request.mode,
            status: JobStatus::Running,
            commit: None,
            progress: BTreeMap::new(),
            failure: None,
            started_at: self.clock.now(),
            ended_at: None,
        }
    }
}

/// Why a build failed, as exactly as its workers have told. What ended it may be another thing than what went wrong last:
/// the note counts where the ending says the same, or only that some part failed.
fn explained(failure: JobFailure, ending: &BuildEnding, job: &Job) -> JobFailure {
    match &job.failure {
        Some(noted) if ending.by_part || noted.message == failure.message => noted.clone(),
        _ => JobFailure {
            stage: failure.stage.or(job.progress.keys().next_back().copied()),
            ..failure
        },
    }
}
