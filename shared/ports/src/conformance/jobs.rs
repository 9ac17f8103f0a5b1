//! [`Jobs`]: records of builds that many workers write at once.

use std::collections::BTreeMap;

use deepwiki_domain::{
    BuildId, ErrorKind, RepositoryId,
    job::{BuildMode, Job, JobFailure, JobStatus, Stage, StageProgress, Trigger},
    model::{Spent, Tokens},
};
use futures::future::join_all;

use super::{NOW, commit, new_build, new_repository};
use crate::{FailureNotes, Jobs, Spending};

/// What [`Jobs`] must do.
pub async fn jobs(jobs: &dyn Jobs) {
    keeps_the_first_record(jobs).await;
    lists_the_newest_first(jobs).await;
    loses_no_report(jobs).await;
    keeps_success(jobs).await;
    begins_what_was_queued(jobs).await;
}

/// What [`Spending`] must do, on the builds that `jobs` has records of.
pub async fn spending(jobs: &dyn Jobs, spending: &dyn Spending) {
    let job = job(&new_repository(), NOW);
    let page = Spent {
        calls: 2,
        tokens: Tokens {
            input: 100,
            cache_read: 1000,
            cache_write: 10,
            output: 40,
        },
        usd: 0.000_125,
    };
    spending.add(&job.build, "nobody", &page).await.unwrap();
    assert_eq!(spending.spent(&job.build).await.unwrap(), Spent::default());
    jobs.create(&job).await.unwrap();
    let entries: Vec<String> = (0..12).map(|number| format!("page-{number}")).collect();
    let twice = entries.iter().chain(&entries);
    let added = join_all(twice.map(|entry| spending.add(&job.build, entry, &page))).await;
    added.into_iter().for_each(|added| added.unwrap());
    let spent = spending.spent(&job.build).await.unwrap();
    assert_eq!(
        (spent.calls, spent.tokens.cache_read, spent.tokens.output),
        (24, 12_000, 480)
    );
    assert!((spent.usd - 0.0015).abs() < 1e-9, "{}", spent.usd);
    assert_eq!(
        jobs.get(&job.build).await.unwrap(),
        Some(job),
        "the record is as it was"
    );
}

async fn keeps_the_first_record(jobs: &dyn Jobs) {
    let job = job(&new_repository(), NOW);
    assert_eq!(jobs.get(&job.build).await.unwrap(), None);
    jobs.create(&job).await.unwrap();
    assert_eq!(jobs.get(&job.build).await.unwrap().as_ref(), Some(&job));
    jobs.report(&job.build, Stage::Ingest, progress(1, 1), None)
        .await
        .unwrap();
    jobs.create(&Job {
        started_at: NOW + 50,
        ..job.clone()
    })
    .await
    .unwrap();
    let stands = jobs.get(&job.build).await.unwrap().unwrap();
    assert_eq!(
        (stands.started_at, stands.progress.len()),
        (NOW, 1),
        "a build that has a record keeps it"
    );
}

async fn begins_what_was_queued(jobs: &dyn Jobs) {
    let begun = job(&new_repository(), NOW + 30);
    let queued = Job {
        status: JobStatus::Queued,
        started_at: NOW,
        ..begun.clone()
    };
    for _ in 0..2 {
        jobs.create(&queued).await.unwrap();
        assert_eq!(jobs.get(&begun.build).await.unwrap().as_ref(), Some(&queued));
    }
    for late in [&begun, &queued, &begun] {
        jobs.create(late).await.unwrap();
        assert_eq!(
            jobs.get(&begun.build).await.unwrap().as_ref(),
            Some(&begun),
            "what has begun is queued no more"
        );
    }
    jobs.finish(&begun.build, JobStatus::Succeeded, None, NOW + 40)
        .await
        .unwrap();
    jobs.create(&queued).await.unwrap();
    let stands = jobs.get(&begun.build).await.unwrap().unwrap();
    assert_eq!(stands.status, JobStatus::Succeeded);
}

async fn lists_the_newest_first(jobs: &dyn Jobs) {
    let repository = new_repository();
    assert_eq!(jobs.list(&repository, 10).await.unwrap(), []);
    let mut builds: Vec<BuildId> = Vec::new();
    for minute in 0..5 {
        let job = job(&repository, NOW + 60 * minute);
        jobs.create(&job).await.unwrap();
        builds.insert(0, job.build);
    }
    jobs.create(&job(&new_repository(), NOW)).await.unwrap();
    for limit in [1, 3, 5, 50] {
        let listed = jobs.list(&repository, limit).await.unwrap();
        let listed: Vec<BuildId> = listed.into_iter().map(|job| job.build).collect();
        assert!(listed.iter().eq(builds.iter().take(limit)), "the newest {limit}");
    }
}

async fn loses_no_report(jobs: &dyn Jobs) {
    let job = job(&new_repository(), NOW);
    let commit = commit("a");
    jobs.create(&job).await.unwrap();
    jobs.report(&job.build, Stage::Ingest, progress(1, 1), Some(&commit))
        .await
        .unwrap();
    let reports = Stage::ALL
        .into_iter()
        .filter(|stage| *stage != Stage::Ingest)
        .map(|stage| jobs.report(&job.build, stage, progress(2, 5), None));
    for answer in join_all(reports).await {
        answer.unwrap();
    }
    jobs.report(&job.build, Stage::Generate, progress(3, 5), None)
        .await
        .unwrap();
    let stands = jobs.get(&job.build).await.unwrap().unwrap();
    assert_eq!(
        stands.commit,
        Some(commit),
        "a report without a commit keeps the one that is known"
    );
    assert_eq!(stands.status, JobStatus::Running);
    assert_eq!(
        stands.progress.len(),
        Stage::ALL.len(),
        "stages that report at once do not undo each other"
    );
    assert_eq!(stands.progress.get(&Stage::Generate), Some(&progress(3, 5)));
    assert_eq!(stands.progress.get(&Stage::Chunk), Some(&progress(2, 5)));
}

async fn keeps_success(jobs: &dyn Jobs) {
    let job = job(&new_repository(), NOW);
    jobs.create(&job).await.unwrap();
    let failure = JobFailure {
        stage: Some(Stage::Plan),
        part: None,
        kind: ErrorKind::Throttled(Some(7)),
        message: "try again later".to_owned(),
    };
    jobs.finish(&job.build, JobStatus::Failed, Some(failure.clone()), NOW + 10)
        .await
        .unwrap();
    let failed = jobs.get(&job.build).await.unwrap().unwrap();
    assert_eq!(
        (failed.status, failed.failure.as_ref(), failed.ended_at),
        (JobStatus::Failed, Some(&failure), Some(NOW + 10))
    );
    for (status, failure, now) in [
        (JobStatus::Succeeded, None, NOW + 20),
        (JobStatus::Succeeded, None, NOW + 30),
        (JobStatus::Failed, Some(failure), NOW + 40),
        (JobStatus::Aborted, None, NOW + 50),
    ] {
        jobs.finish(&job.build, status, failure, now).await.unwrap();
        let stands = jobs.get(&job.build).await.unwrap().unwrap();
        assert_eq!(
            (stands.status, stands.failure),
            (JobStatus::Succeeded, None),
            "success stays"
        );
    }
}

/// What [`FailureNotes`] must do.
pub async fn failure_notes(jobs: &dyn Jobs, notes: &dyn FailureNotes) {
    let job = job(&new_repository(), NOW);
    jobs.create(&job).await.unwrap();
    let failure = |message: &str| JobFailure {
        stage: Some(Stage::Chunk),
        part: Some("shard 1".to_owned()),
        kind: ErrorKind::Permanent,
        message: message.to_owned(),
    };
    for message in ["first", "last"] {
        notes.note(&job.build, &failure(message)).await.unwrap();
    }
    let stands = jobs.get(&job.build).await.unwrap().unwrap();
    assert_eq!(
        (stands.status, stands.failure, stands.ended_at),
        (JobStatus::Running, Some(failure("last")), None)
    );
    jobs.finish(&job.build, JobStatus::Succeeded, None, NOW + 1)
        .await
        .unwrap();
    notes.note(&job.build, &failure("late")).await.unwrap();
    let stands = jobs.get(&job.build).await.unwrap().unwrap();
    assert_eq!((stands.status, stands.failure), (JobStatus::Succeeded, None));
    let unknown = new_build();
    notes.note(&unknown, &failure("nobody's")).await.unwrap();
    assert_eq!(jobs.get(&unknown).await.unwrap(), None);
}

fn job(repository: &RepositoryId, started_at: i64) -> Job {
    Job {
        build: new_build(),
        repository: repository.clone(),
        trigger: Trigger::Webhook,
        mode: BuildMode::Full,
        status: JobStatus::Running,
        commit: None,
        progress: BTreeMap::new(),
        failure: None,
        started_at,
        ended_at: None,
    }
}

fn progress(done: u32, total: u32) -> StageProgress {
    StageProgress { done, total }
}
