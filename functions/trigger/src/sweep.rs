//! Looks through all repositories, some at a time: a sweep that has more to see asks for its own continuation, so that no
//! invocation has more to do than it has time for.

use deepwiki_domain::{
    StageError,
    job::{JobStatus, Trigger},
    message::{SWEEP_REQUESTED, Sweep, SweepRequest},
    repository::Repository,
};
use deepwiki_ports::Result;
use futures::{StreamExt, TryStreamExt, stream};

use crate::{TriggerPorts, request_for, send};

/// Repositories of one part. Each may cost one question to its host.
const PART: usize = 24;

/// Hosts that are asked at a time.
const AT_ONCE: usize = 8;

/// Requests the builds of one part, and the next part.
pub(crate) async fn sweep(event: &str, request: &SweepRequest, ports: TriggerPorts<'_>) -> Result<()> {
    let run = request.run.as_deref().unwrap_or(event);
    let page = ports.repositories.list(request.after.as_ref(), PART).await?;
    let requests = stream::iter(page.repositories)
        .map(|record| async move {
            let wanted = match request.sweep {
                Sweep::Rebuild => true,
                Sweep::Reconcile => is_behind(&record, ports).await?,
            };
            wanted
                .then(|| request_for(record, Trigger::Schedule, &format!("sweep/{run}")))
                .transpose()
        })
        .buffered(AT_ONCE);
    let requests: Vec<_> = requests.try_filter_map(async |one| Ok(one)).try_collect().await?;
    send(&requests, ports).await?;
    let Some(next) = page.next else {
        return Ok(());
    };
    let next = SweepRequest {
        run: Some(run.to_owned()),
        after: Some(next),
        ..request.clone()
    };
    let detail = serde_json::to_value(&next)
        .map_err(|error| StageError::permanent("a sweep could not be written as JSON").with_detail(error))?;
    ports.bus.put(SWEEP_REQUESTED, &detail).await
}

/// Whether the commit that a repository stands at was neither built nor is being built.
async fn is_behind(record: &Repository, ports: TriggerPorts<'_>) -> Result<bool> {
    let head = match ports
        .source
        .resolve(&record.source, record.revision.as_deref())
        .await
    {
        Ok(head) => head,
        Err(error) => {
            // One host that is down must not keep the others from being looked at; the next sweep asks again.
            tracing::warn!(repository = %record.id, detail = error.detail, "{}", error.message);
            return Ok(false);
        }
    };
    if record
        .published
        .as_ref()
        .is_some_and(|published| published.commit == head)
    {
        return Ok(false);
    }
    let newest = ports.jobs.list(&record.id, 1).await?;
    Ok(newest.first().is_none_or(|job| match job.status {
        // A build that waits, or has not said its commit yet, will find this one.
        JobStatus::Queued => false,
        JobStatus::Running => job.commit.as_ref().is_some_and(|commit| *commit != head),
        // What failed for good fails the same way again: somebody has to push, or ask.
        JobStatus::Failed if job.commit.as_ref() == Some(&head) => job
            .failure
            .as_ref()
            .is_none_or(|failure| failure.kind.is_retryable()),
        JobStatus::Failed | JobStatus::Aborted | JobStatus::Succeeded => true,
    }))
}
