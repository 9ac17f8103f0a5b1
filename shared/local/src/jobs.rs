//! Records of builds as files, one a build, in the folder of its repository.

use std::{cmp::Reverse, sync::PoisonError};

use async_trait::async_trait;
use deepwiki_domain::{
    BuildId, CommitId, RepositoryId, StageError,
    job::{Job, JobFailure, JobStatus, Stage, StageProgress},
};
use deepwiki_ports::{FailureNotes, Jobs, Result};

use crate::{
    LocalRepositories,
    files::{self, Sync},
    record::{RepositoryFolder, read_json, write_json},
    repositories::State,
};

/// How many jobs' places are kept in mind.
const REMEMBERED: usize = 1024;

#[async_trait]
impl Jobs for LocalRepositories {
    async fn create(&self, job: &Job) -> Result<()> {
        let job = job.clone();
        self.run(move |state| {
            let folder = state.folder(&job.repository);
            let _lock = folder.lock()?;
            let path = folder.job_path(&job.build);
            let known = read_json::<Job>(&path)?.map(|known| known.status);
            match known {
                None => write_json(&path, &job, Sync::Now),
                Some(JobStatus::Queued) if job.status != JobStatus::Queued => {
                    write_json(&path, &job, Sync::Now)
                }
                Some(_) => Ok(()),
            }
        })
        .await
    }

    async fn get(&self, build: &BuildId) -> Result<Option<Job>> {
        let build = build.clone();
        self.run(move |state| {
            let Some(folder) = state.folder_of(&build)? else {
                return Ok(None);
            };
            let job = read_json(&folder.job_path(&build))?;
            job.map(|job| state.as_it_stands(&folder, job)).transpose()
        })
        .await
    }

    async fn list(&self, repository: &RepositoryId, limit: usize) -> Result<Vec<Job>> {
        let repository = repository.clone();
        self.run(move |state| {
            let folder = state.folder(&repository);
            let mut jobs: Vec<Job> = Vec::new();
            for name in files::names(&folder.path("jobs"))? {
                if name.ends_with(".json") {
                    jobs.extend(read_json::<Job>(&folder.path("jobs").join(name))?);
                }
            }
            jobs.sort_by_cached_key(|job| (Reverse(job.started_at), job.build.clone()));
            jobs.truncate(limit);
            jobs.into_iter()
                .map(|job| state.as_it_stands(&folder, job))
                .collect()
        })
        .await
    }

    async fn report(
        &self,
        build: &BuildId,
        stage: Stage,
        progress: StageProgress,
        commit: Option<&CommitId>,
    ) -> Result<()> {
        let commit = commit.cloned();
        // Progress is told again with the next part: it need not be on the disk at once.
        self.change_job(build, Sync::Later, move |job| {
            job.progress.insert(stage, progress);
            if commit.is_some() {
                job.commit = commit;
            }
        })
        .await
    }

    async fn finish(
        &self,
        build: &BuildId,
        status: JobStatus,
        failure: Option<JobFailure>,
        now: i64,
    ) -> Result<()> {
        self.change_job(build, Sync::Now, move |job| {
            if job.status != JobStatus::Succeeded {
                job.status = status;
                job.failure = failure;
                job.ended_at = Some(now);
            }
        })
        .await
    }
}

#[async_trait]
impl FailureNotes for LocalRepositories {
    async fn note(&self, build: &BuildId, failure: &JobFailure) -> Result<()> {
        if Jobs::get(self, build).await?.is_none() {
            return Ok(());
        }
        let failure = failure.clone();
        self.change_job(build, Sync::Later, move |job| {
            if job.status == JobStatus::Running {
                job.failure = Some(failure);
            }
        })
        .await
    }
}

impl LocalRepositories {
    async fn change_job(
        &self,
        build: &BuildId,
        sync: Sync,
        change: impl FnOnce(&mut Job) + Send + 'static,
    ) -> Result<()> {
        let build = build.clone();
        self.run(move |state| {
            let unknown = || StageError::permanent(format!("there is no build `{build}`"));
            let folder = state.folder_of(&build)?.ok_or_else(unknown)?;
            let _lock = folder.lock()?;
            let path = folder.job_path(&build);
            let mut job = read_json(&path)?.ok_or_else(unknown)?;
            change(&mut job);
            write_json(&path, &job, sync)
        })
        .await
    }
}

impl State {
    /// The folder of the repository that has a record of this build.
    fn folder_of(&self, build: &BuildId) -> Result<Option<RepositoryFolder>> {
        let known = {
            let repository_of = self.repository_of.lock().unwrap_or_else(PoisonError::into_inner);
            repository_of.get(build).map(|id| self.folder(id))
        };
        if let Some(folder) = known.filter(|folder| folder.job_path(build).exists()) {
            return Ok(Some(folder));
        }
        for id in self.ids()? {
            let folder = self.folder(&id);
            if folder.job_path(build).exists() {
                let mut repository_of = self.repository_of.lock().unwrap_or_else(PoisonError::into_inner);
                if repository_of.len() >= REMEMBERED {
                    repository_of.clear();
                }
                repository_of.insert(build.clone(), id);
                return Ok(Some(folder));
            }
        }
        Ok(None)
    }

    /// The job as readers see it: one that runs or waits by its record but whose process died was aborted, and so was
    /// one whose place was taken by a later request.
    fn as_it_stands(&self, folder: &RepositoryFolder, mut job: Job) -> Result<Job> {
        if job.status.has_ended() {
            return Ok(job);
        }
        let _lock = folder.lock()?;
        let Some(record) = folder.read()? else {
            return Ok(job);
        };
        let holds = record.holder() == Some(&job.build);
        let waits = record.pending.as_ref().is_some_and(|it| it.build == job.build);
        let is_over = match job.status {
            JobStatus::Queued if holds || waits => {
                !self.held.is_alive(folder, &record.repository.id, &job.build)?
            }
            JobStatus::Queued => true,
            _ => holds && self.holder_died(folder, &record)?,
        };
        if is_over {
            job.status = JobStatus::Aborted;
        }
        Ok(job)
    }
}
