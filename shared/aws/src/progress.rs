//! What a stage's beginning and end say about the progress of the whole build, without counting: a worker sees
//! its own part alone, but the stages before and after a map know how many parts it has.

use deepwiki_domain::{
    BuildId, CommitId,
    job::{Stage, StageProgress},
    message::{IngestOutput, PlanOutput},
};
use deepwiki_ports::{Jobs, Result};
use serde_json::Value;

/// Notes that a stage has begun, and with it that all parts before it are done.
pub(crate) async fn begun(jobs: &dyn Jobs, build: &BuildId, stage: Stage) -> Result<()> {
    let before: &[Stage] = match stage {
        Stage::Chunk | Stage::Generate | Stage::Embed => return Ok(()),
        Stage::Ingest | Stage::Publish => &[],
        Stage::Plan => &[Stage::Chunk],
        Stage::Index => &[Stage::Generate, Stage::Embed],
    };
    if !before.is_empty() {
        let known = jobs.get(build).await?.map(|job| job.progress).unwrap_or_default();
        for stage in before {
            if let Some(total) = known.get(stage).map(|progress| progress.total) {
                jobs.report(build, *stage, StageProgress { done: total, total }, None)
                    .await?;
            }
        }
    }
    jobs.report(build, stage, StageProgress { done: 0, total: 1 }, None)
        .await
}

/// Notes that a stage is done, and what its output says about those to come.
pub(crate) async fn ended(jobs: &dyn Jobs, build: &BuildId, stage: Stage, output: &Value) -> Result<()> {
    let (commit, next): (Option<CommitId>, Option<(Stage, u32)>) = match stage {
        Stage::Chunk | Stage::Generate | Stage::Embed => return Ok(()),
        Stage::Index | Stage::Publish => (None, None),
        Stage::Ingest => match serde_json::from_value::<IngestOutput>(output.clone()) {
            Ok(output) => (Some(output.commit), Some((Stage::Chunk, output.shards.count))),
            Err(_) => (None, None),
        },
        Stage::Plan => match serde_json::from_value::<PlanOutput>(output.clone()) {
            Ok(output) => (None, Some((Stage::Generate, output.pages.count))),
            Err(_) => (None, None),
        },
    };
    jobs.report(build, stage, StageProgress { done: 1, total: 1 }, commit.as_ref())
        .await?;
    if let Some((next, total)) = next {
        jobs.report(build, next, StageProgress { done: 0, total }, None)
            .await?;
    }
    Ok(())
}
