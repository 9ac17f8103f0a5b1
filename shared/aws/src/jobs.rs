//! [`Jobs`] on DynamoDB: an item a build, found by repository through the index `by-repository`.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::{
    Client, error::SdkError, operation::update_item::builders::UpdateItemFluentBuilder, types::AttributeValue,
};
use deepwiki_domain::{
    BuildId, CommitId, RepositoryId, StageError,
    job::{Job, JobFailure, JobStatus, Stage, StageProgress},
};
use deepwiki_ports::{FailureNotes, Jobs, Result};

use crate::{
    error::stage_error,
    item::{Item, Reader, json, names, number, text, word},
};

/// How long the record of a build is kept, in seconds: 400 days.
const KEPT: i64 = 400 * 24 * 60 * 60;

/// Records of builds in one table.
#[derive(Debug, Clone)]
pub struct DynamoJobs {
    client: Client,
    table: String,
}

impl DynamoJobs {
    /// The builds in this table.
    pub fn new(sdk: &SdkConfig, table: impl Into<String>) -> Self {
        Self {
            client: Client::new(sdk),
            table: table.into(),
        }
    }

    /// The record as it stands.
    pub(crate) async fn item(&self, build: &BuildId) -> Result<Option<Item>> {
        let get = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("build", text(build.as_str()))
            .consistent_read(true);
        let answer = get
            .send()
            .await
            .map_err(|error| stage_error("reading the build's record", &error))?;
        Ok(answer.item)
    }

    pub(crate) fn update(&self, build: &BuildId) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .key("build", text(build.as_str()))
    }
}

#[async_trait]
impl Jobs for DynamoJobs {
    async fn create(&self, job: &Job) -> Result<()> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(to_item(job)?));
        let put = if job.status == JobStatus::Queued {
            put.condition_expression("attribute_not_exists(#build)")
                .set_expression_attribute_names(Some(names(&["build"])))
        } else {
            put.condition_expression("attribute_not_exists(#build) OR #status = :queued")
                .set_expression_attribute_names(Some(names(&["build", "status"])))
                .expression_attribute_values(":queued", word(&JobStatus::Queued)?)
        };
        match put.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => {
                Ok(())
            }
            Err(error) => Err(stage_error("recording the build", &error)),
        }
    }

    async fn get(&self, build: &BuildId) -> Result<Option<Job>> {
        self.item(build).await?.as_ref().map(from_item).transpose()
    }

    async fn list(&self, repository: &RepositoryId, limit: usize) -> Result<Vec<Job>> {
        let mut jobs = Vec::new();
        let mut from: Option<HashMap<_, _>> = None;
        while jobs.len() < limit {
            let query = self
                .client
                .query()
                .table_name(&self.table)
                .index_name("by-repository")
                .key_condition_expression("#repository = :repository")
                .set_expression_attribute_names(Some(names(&["repository"])))
                .expression_attribute_values(":repository", text(repository.as_str()))
                .scan_index_forward(false)
                .limit(i32::try_from(limit - jobs.len()).unwrap_or(i32::MAX))
                .set_exclusive_start_key(from.take());
            let page = query
                .send()
                .await
                .map_err(|error| stage_error("listing the builds", &error))?;
            for item in page.items() {
                jobs.push(from_item(item)?);
            }
            from = page.last_evaluated_key;
            if from.is_none() {
                break;
            }
        }
        Ok(jobs)
    }

    async fn report(
        &self,
        build: &BuildId,
        stage: Stage,
        progress: StageProgress,
        commit: Option<&CommitId>,
    ) -> Result<()> {
        // Each stage has an attribute of its own, so that stages that report at once do not undo each other.
        let attribute = progress_attribute(stage);
        let mut update = self
            .update(build)
            .condition_expression("attribute_exists(#build)")
            .expression_attribute_names("#build", "build")
            .expression_attribute_names("#progress", attribute)
            .expression_attribute_values(":progress", json(&progress)?);
        update = match commit {
            Some(commit) => update
                .update_expression("SET #progress = :progress, #commit = :commit")
                .expression_attribute_names("#commit", "commit")
                .expression_attribute_values(":commit", text(commit.as_str())),
            None => update.update_expression("SET #progress = :progress"),
        };
        match update.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => {
                Err(unknown(build))
            }
            Err(error) => Err(stage_error("reporting progress", &error)),
        }
    }

    async fn finish(
        &self,
        build: &BuildId,
        status: JobStatus,
        failure: Option<JobFailure>,
        now: i64,
    ) -> Result<()> {
        let mut update = self
            .update(build)
            .condition_expression("attribute_exists(#build) AND #status <> :succeeded")
            .set_expression_attribute_names(Some(names(&["build", "status", "ended_at", "failure"])))
            .expression_attribute_values(":succeeded", word(&JobStatus::Succeeded)?)
            .expression_attribute_values(":status", word(&status)?)
            .expression_attribute_values(":now", number(now));
        update = match &failure {
            Some(failure) => update
                .update_expression("SET #status = :status, #ended_at = :now, #failure = :failure")
                .expression_attribute_values(":failure", json(failure)?),
            None => update.update_expression("SET #status = :status, #ended_at = :now REMOVE #failure"),
        };
        match update.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => {
                match self.get(build).await? {
                    Some(_) => Ok(()),
                    None => Err(unknown(build)),
                }
            }
            Err(error) => Err(stage_error("recording the build's end", &error)),
        }
    }
}

#[async_trait]
impl FailureNotes for DynamoJobs {
    async fn note(&self, build: &BuildId, failure: &JobFailure) -> Result<()> {
        let update = self
            .update(build)
            .update_expression("SET #failure = :failure")
            .condition_expression("#status = :running")
            .set_expression_attribute_names(Some(names(&["failure", "status"])))
            .expression_attribute_values(":failure", json(failure)?)
            .expression_attribute_values(":running", word(&JobStatus::Running)?);
        match update.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => {
                Ok(())
            }
            Err(error) => Err(stage_error("noting a failure", &error)),
        }
    }
}

fn unknown(build: &BuildId) -> StageError {
    StageError::permanent(format!("build {build} has no record"))
}

fn progress_attribute(stage: Stage) -> String {
    format!("progress_{stage}")
}

fn to_item(job: &Job) -> Result<Item> {
    let mut item = Item::from([
        ("build".to_owned(), text(job.build.as_str())),
        ("repository".to_owned(), text(job.repository.as_str())),
        ("trigger".to_owned(), word(&job.trigger)?),
        ("mode".to_owned(), word(&job.mode)?),
        ("status".to_owned(), word(&job.status)?),
        ("started_at".to_owned(), number(job.started_at)),
        (
            "expires_at".to_owned(),
            number(job.started_at.saturating_add(KEPT)),
        ),
    ]);
    let mut set = |name: String, value: Option<AttributeValue>| {
        if let Some(value) = value {
            item.insert(name, value);
        }
    };
    set(
        "commit".to_owned(),
        job.commit.as_ref().map(|commit| text(commit.as_str())),
    );
    set("failure".to_owned(), job.failure.as_ref().map(json).transpose()?);
    set("ended_at".to_owned(), job.ended_at.map(number));
    for (stage, progress) in &job.progress {
        set(progress_attribute(*stage), Some(json(progress)?));
    }
    Ok(item)
}

fn from_item(item: &Item) -> Result<Job> {
    let item = Reader(item);
    let mut progress = BTreeMap::new();
    for stage in Stage::ALL {
        if let Some(reported) = item.json(&progress_attribute(stage))? {
            progress.insert(stage, reported);
        }
    }
    Ok(Job {
        build: item.required_word("build")?,
        repository: item.required_word("repository")?,
        trigger: item.required_word("trigger")?,
        mode: item.required_word("mode")?,
        status: item.required_word("status")?,
        commit: item.word("commit")?,
        progress,
        failure: item.json("failure")?,
        started_at: item.required_number("started_at")?,
        ended_at: item.number("ended_at")?,
    })
}
