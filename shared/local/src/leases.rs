//! Leases: named in the record, alive while a process locks the build's file.
//!
//! A request locks its file as soon as it is heard of, waiting or not, and lives as long as the process that made
//! it. So a lease ends with its holder however that ends, and nobody is made to wait for a request whose process
//! is gone.

use std::time::SystemTime;

use async_trait::async_trait;
use deepwiki_domain::{
    BuildId, RepositoryId,
    job::{BuildRequest, Job, JobStatus},
    repository::RepositoryStatus,
};
use deepwiki_ports::{Leases, Result, builds::LeaseOutcome};

use crate::{
    LocalRepositories,
    files::Sync,
    record::{Lease, Record, Released, RepositoryFolder, read_json, write_json},
    repositories::{State, Write},
};

/// `release` answers a pending request only to the process that made it: another one's process learns by asking
/// again that it holds the lease, and starts it itself.
#[async_trait]
impl Leases for LocalRepositories {
    async fn acquire(&self, request: &BuildRequest, now: i64) -> Result<LeaseOutcome> {
        let request = request.clone();
        self.run(move |state| {
            let folder = state.folder(&request.repository);
            let _lock = folder.lock()?;
            let mut record = folder
                .read()?
                .unwrap_or_else(|| Record::of_request(&request, now));
            acquire(state, &folder, &mut record, request, now)
        })
        .await
    }

    async fn release(
        &self,
        repository: &RepositoryId,
        build: &BuildId,
        succeeded: bool,
    ) -> Result<Option<BuildRequest>> {
        let (repository, build) = (repository.clone(), build.clone());
        let next = self
            .run(move |state| {
                state.change(&repository, |folder, record| {
                    if record.holder() == Some(&build) {
                        release(state, folder, record, &build, succeeded)?;
                    }
                    Ok((to_be_started(state, record, &build), Write::No))
                })
            })
            .await?;
        Ok(next.flatten())
    }

    async fn is_held(&self, repository: &RepositoryId, build: &BuildId) -> Result<bool> {
        let (repository, build) = (repository.clone(), build.clone());
        let held = self
            .run(move |state| {
                state.change(&repository, |folder, record| {
                    let held = record.holder() == Some(&build) && !state.holder_died(folder, record)?;
                    Ok((held, Write::No))
                })
            })
            .await?;
        Ok(held.unwrap_or(false))
    }
}

fn acquire(
    state: &State,
    folder: &RepositoryFolder,
    record: &mut Record,
    request: BuildRequest,
    now: i64,
) -> Result<LeaseOutcome> {
    if record
        .released
        .as_ref()
        .is_some_and(|it| it.build == request.build)
    {
        return Ok(LeaseOutcome::Held);
    }
    // Locked before the record names it, so that no other process can take it for dead.
    state.held.take(folder, &request)?;
    let holder = record.holder().cloned();
    match holder {
        Some(holder) if holder == request.build => return Ok(LeaseOutcome::Held),
        Some(_) if !state.holder_died(folder, record)? => {
            fold(state, folder, record, request)?;
            return Ok(LeaseOutcome::Folded);
        }
        Some(dead) => {
            note_aborted(folder, &dead, now)?;
            state.held.give_up(folder, &request.repository, &dead);
        }
        None => {}
    }
    record.pending = record
        .pending
        .take()
        .filter(|pending| pending.build != request.build);
    hold(record, request);
    folder.write(record)?;
    Ok(LeaseOutcome::Held)
}

fn fold(state: &State, folder: &RepositoryFolder, record: &mut Record, request: BuildRequest) -> Result<()> {
    if record.pending.as_ref() == Some(&request) {
        return Ok(());
    }
    let replaced = record.pending.replace(request);
    folder.write(record)?;
    if let Some(replaced) = replaced
        && state.held.is_ours(&replaced)
    {
        state.held.give_up(folder, &replaced.repository, &replaced.build);
    }
    Ok(())
}

/// Ends the lease of this build, and gives it to the request that waits, where its process still lives.
fn release(
    state: &State,
    folder: &RepositoryFolder,
    record: &mut Record,
    build: &BuildId,
    succeeded: bool,
) -> Result<()> {
    let mut next = record.pending.take();
    if let Some(waiting) = &next
        && !state.held.is_alive(folder, &waiting.repository, &waiting.build)?
    {
        next = None;
    }
    record.released = Some(Released {
        build: build.clone(),
        next: next.clone(),
    });
    match next {
        Some(next) => hold(record, next),
        None => {
            record.lease = None;
            record.repository.status = if succeeded {
                RepositoryStatus::Ready
            } else {
                RepositoryStatus::Failed
            };
        }
    }
    folder.write(record)?;
    state.held.give_up(folder, &record.repository.id, build);
    Ok(())
}

fn hold(record: &mut Record, request: BuildRequest) {
    record.lease = Some(Lease {
        request,
        since: SystemTime::now(),
    });
    record.repository.status = RepositoryStatus::Parsing;
}

/// What the end of this build lets this process start, also when asked again.
fn to_be_started(state: &State, record: &Record, build: &BuildId) -> Option<BuildRequest> {
    let released = record
        .released
        .as_ref()
        .filter(|released| released.build == *build)?;
    let next = released
        .next
        .as_ref()
        .filter(|next| record.holder() == Some(&next.build))?;
    state.held.is_ours(next).then(|| next.clone())
}

/// Ends the record of a build whose process died.
fn note_aborted(folder: &RepositoryFolder, build: &BuildId, now: i64) -> Result<()> {
    let path = folder.job_path(build);
    match read_json::<Job>(&path)? {
        Some(mut job) if job.status == JobStatus::Running => {
            job.status = JobStatus::Aborted;
            job.ended_at = Some(now);
            write_json(&path, &job, Sync::Now)
        }
        _ => Ok(()),
    }
}
