//! Leases: named in the record, held by a locked file, so that they end with the process that holds them.

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

impl LocalRepositories {
    /// The requests whose builds a dying process left behind: of each repository the newest wish, to be
    /// acquired and started again.
    pub async fn abandoned(&self) -> Result<Vec<BuildRequest>> {
        self.run(|state| {
            let mut requests = Vec::new();
            for id in state.ids()? {
                let request = state.change(&id, |folder, record| {
                    let died = state.holder_died(folder, record)?;
                    let newest = record
                        .pending
                        .as_ref()
                        .or(record.lease.as_ref().map(|it| &it.request));
                    Ok((newest.filter(|_| died).cloned(), Write::No))
                })?;
                requests.extend(request.flatten());
            }
            Ok(requests)
        })
        .await
    }
}

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
            if record
                .released
                .as_ref()
                .is_some_and(|it| it.build == request.build)
            {
                return Ok(LeaseOutcome::Held);
            }
            if let Some(holder) = record
                .holder()
                .filter(|holder| **holder != request.build)
                .cloned()
            {
                if !state.holder_died(&folder, &record)? {
                    record.pending = Some(request);
                    folder.write(&record)?;
                    return Ok(LeaseOutcome::Folded);
                }
                note_aborted(&folder, &holder, now)?;
                state.held.give_up(&folder, &request.repository, &holder);
            }
            if record.holder() == Some(&request.build) {
                // Asked again; or taken up again after the process that held it died.
                state.held.take(&folder, &request)?;
                return Ok(LeaseOutcome::Held);
            }
            if record
                .pending
                .as_ref()
                .is_some_and(|pending| pending.build == request.build)
            {
                record.pending = None;
            }
            hold(state, &folder, &mut record, request)?;
            Ok(LeaseOutcome::Held)
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
                    if record.holder() != Some(&build) {
                        return Ok((answer_again(state, folder, record, &build)?, Write::No));
                    }
                    let next = record.pending.take();
                    record.released = Some(Released {
                        build: build.clone(),
                        next: next.clone(),
                    });
                    if let Some(next) = &next {
                        hold(state, folder, record, next.clone())?;
                    } else {
                        record.lease = None;
                        record.repository.status = if succeeded {
                            RepositoryStatus::Ready
                        } else {
                            RepositoryStatus::Failed
                        };
                        folder.write(record)?;
                    }
                    state.held.give_up(folder, &repository, &build);
                    Ok((next, Write::No))
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

/// Gives the lease to this request. The file is locked before the record names it, so that no other process
/// can take the holder for dead.
fn hold(state: &State, folder: &RepositoryFolder, record: &mut Record, request: BuildRequest) -> Result<()> {
    state.held.take(folder, &request)?;
    let build = request.build.clone();
    record.lease = Some(Lease {
        request,
        since: SystemTime::now(),
    });
    record.repository.status = RepositoryStatus::Parsing;
    folder
        .write(record)
        .inspect_err(|_| state.held.give_up(folder, &record.repository.id, &build))
}

/// What a build that gave up the lease before was told then, while that still holds.
fn answer_again(
    state: &State,
    folder: &RepositoryFolder,
    record: &Record,
    build: &BuildId,
) -> Result<Option<BuildRequest>> {
    let released = record
        .released
        .as_ref()
        .filter(|released| released.build == *build);
    let next = released.and_then(|released| released.next.as_ref());
    let Some(next) = next.filter(|next| record.holder() == Some(&next.build)) else {
        return Ok(None);
    };
    state.held.take(folder, next)?;
    Ok(Some(next.clone()))
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
