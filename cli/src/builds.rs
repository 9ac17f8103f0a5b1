//! Builds that the service was asked for, run in its own process: one of a repository at a time by its lease, a few of
//! all at a time.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use deepwiki_domain::{
    BuildId, RepositoryId, StageError,
    job::{BuildRequest, JobStatus},
};
use deepwiki_ports::{
    BuildAnswer, BuildRequests, BuildWhen, Clock, Jobs, Leases, Repositories, Result, SourceReader,
    builds::LeaseOutcome, clock::SystemClock,
};
use tokio::sync::Semaphore;

use crate::{
    commands::build::{build_leased, clear_away, job_of},
    library::Library,
    output,
    writer::ModelOptions,
};

/// How many builds run at a time: each uses all cores.
const BUILDS_AT_A_TIME: usize = 2;

/// How often a build that waits for one of another process looks again.
const WAIT: Duration = Duration::from_millis(300);

/// The builds of this process. Cloning gives the same.
#[derive(Clone)]
pub(crate) struct BackgroundBuilds(Arc<Inner>);

struct Inner {
    library: Arc<Library>,
    source: Arc<dyn SourceReader>,
    model: ModelOptions,
    running: Semaphore,
    /// Held while a request takes or asks for a lease, so that none takes back the place that a later one was given.
    door: tokio::sync::Mutex<()>,
    /// Builds that were asked for here and have not begun. A lease is heard of both from whoever gave it up and by
    /// asking for it: whoever takes a build out of this begins it.
    asked: Mutex<HashSet<BuildId>>,
}

impl BackgroundBuilds {
    pub(crate) fn new(library: Arc<Library>, source: Arc<dyn SourceReader>, model: ModelOptions) -> Self {
        Self(Arc::new(Inner {
            library,
            source,
            model,
            running: Semaphore::new(BUILDS_AT_A_TIME),
            door: tokio::sync::Mutex::default(),
            asked: Mutex::default(),
        }))
    }
}

#[async_trait]
impl BuildRequests for BackgroundBuilds {
    async fn request(&self, request: &BuildRequest, when: BuildWhen) -> Result<BuildAnswer> {
        let inner = &self.0;
        let repositories = inner.library.repositories.as_ref();
        if when == BuildWhen::Changed
            && let Some(record) = Repositories::get(repositories, &request.repository).await?
            && let Some(published) = record.published
            && inner
                .source
                .resolve(&request.source, request.revision.as_deref())
                .await?
                == published.commit
        {
            return Ok(BuildAnswer::UpToDate(published.commit));
        }
        if Jobs::get(repositories, &request.build).await?.is_some() {
            return Ok(BuildAnswer::Requested);
        }
        let _door = inner.door.lock().await;
        inner.asked().insert(request.build.clone());
        let outcome = repositories.acquire(request, SystemClock.now()).await?;
        let mut job = job_of(request);
        if outcome == LeaseOutcome::Folded {
            job.status = JobStatus::Queued;
        }
        repositories.create(&job).await?;
        let (inner, request) = (Arc::clone(inner), request.clone());
        tokio::spawn(async move {
            match outcome {
                LeaseOutcome::Held => inner.run(request).await,
                LeaseOutcome::Folded => inner.wait(request).await,
            }
        });
        Ok(BuildAnswer::Requested)
    }
}

impl Inner {
    fn asked(&self) -> MutexGuard<'_, HashSet<BuildId>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the request is given the lease, a later one takes its place, or the process that builds has died.
    async fn wait(self: Arc<Self>, request: BuildRequest) {
        loop {
            tokio::time::sleep(WAIT).await;
            let door = self.door.lock().await;
            let job = Jobs::get(self.library.repositories.as_ref(), &request.build).await;
            if !matches!(job, Ok(Some(job)) if job.status == JobStatus::Queued) {
                self.asked().remove(&request.build);
                return;
            }
            let outcome = self
                .library
                .repositories
                .acquire(&request, SystemClock.now())
                .await;
            drop(door);
            match outcome {
                Ok(LeaseOutcome::Held) => return self.run(request).await,
                Ok(LeaseOutcome::Folded) => {}
                Err(error) => return told(&request.repository, &error),
            }
        }
    }

    /// Runs the build that holds the lease, then those that are given it in turn.
    async fn run(self: Arc<Self>, request: BuildRequest) {
        let mut next = Some(request);
        while let Some(request) = next.take() {
            if !self.asked().remove(&request.build) {
                return;
            }
            let Ok(_running) = self.running.acquire().await else {
                return;
            };
            next = self.build(&request).await;
        }
    }

    /// One build; gives the request that holds the lease after it.
    async fn build(&self, request: &BuildRequest) -> Option<BuildRequest> {
        let paid = self
            .model
            .writer()
            .await
            .map_err(|error| StageError::invalid(format!("{error:#}")));
        let (result, next) = build_leased(&self.library, Arc::clone(&self.source), paid, request).await;
        match result {
            Ok(built) => clear_away(&self.library, &request.repository, &built).await,
            Err(error) => told(&request.repository, &error),
        }
        next
    }
}

fn told(repository: &RepositoryId, error: &StageError) {
    output::note(format_args!("{repository}: the build failed: {error}"));
}
