//! [`Leases`] on DynamoDB, in the repository's own item.
//!
//! `lease` is the build that holds it and `lease_request` its request; `pending` the request that waits;
//! `released` the build whose lease ended last, which may not take it again; `promoted_from` the build whose
//! end gave the lease to the present holder.

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::{Client, error::SdkError, operation::update_item::builders::UpdateItemFluentBuilder};
use deepwiki_domain::{BuildId, RepositoryId, StageError, job::BuildRequest, repository::RepositoryStatus};
use deepwiki_ports::{Leases, Result, builds::LeaseOutcome};

use crate::{
    error::stage_error,
    item::{Reader, json, names, number, text, word},
    repositories::read_item,
};

/// How often a write is tried that others keep overtaking. Each round means that another request got through.
const ROUNDS: usize = 20;

/// Leases in the table of repositories.
#[derive(Debug, Clone)]
pub struct DynamoLeases {
    client: Client,
    table: String,
}

impl DynamoLeases {
    /// The leases in this table of repositories.
    pub fn new(sdk: &SdkConfig, table: impl Into<String>) -> Self {
        Self {
            client: Client::new(sdk),
            table: table.into(),
        }
    }

    fn update(&self, repository: &RepositoryId) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .key("id", text(repository.as_str()))
    }

    /// Takes the lease where nobody holds it, or marks once more what this request holds already.
    async fn take(&self, request: &BuildRequest, now: i64) -> Result<bool> {
        let update = self
            .update(&request.repository)
            .update_expression(
                "SET #lease = :build, #lease_request = :request, #status = :parsing, \
                 #source = if_not_exists(#source, :source), \
                 #display_name = if_not_exists(#display_name, :name), \
                 #locales = if_not_exists(#locales, :locales), \
                 #registered_at = if_not_exists(#registered_at, :now) \
                 REMOVE #promoted_from",
            )
            .condition_expression(
                "attribute_not_exists(#lease) AND \
                 (attribute_not_exists(#released) OR #released <> :build)",
            )
            .set_expression_attribute_names(Some(names(&[
                "lease",
                "lease_request",
                "status",
                "source",
                "display_name",
                "locales",
                "registered_at",
                "promoted_from",
                "released",
            ])))
            .expression_attribute_values(":build", text(request.build.as_str()))
            .expression_attribute_values(":request", json(request)?)
            .expression_attribute_values(":parsing", word(&RepositoryStatus::Parsing)?)
            .expression_attribute_values(":source", text(request.source.url()))
            .expression_attribute_values(":name", text(request.source.name()))
            .expression_attribute_values(":locales", json(&request.locales)?)
            .expression_attribute_values(":now", number(now));
        written(update, "taking the lease").await
    }

    /// Takes the pending place where another build holds the lease.
    async fn wait(&self, request: &BuildRequest) -> Result<bool> {
        let update = self
            .update(&request.repository)
            .update_expression("SET #pending = :request")
            .condition_expression(
                "attribute_exists(#lease) AND #lease <> :build AND \
                 (attribute_not_exists(#released) OR #released <> :build)",
            )
            .set_expression_attribute_names(Some(names(&["pending", "lease", "released"])))
            .expression_attribute_values(":build", text(request.build.as_str()))
            .expression_attribute_values(":request", json(request)?);
        written(update, "waiting for the lease").await
    }

    /// Gives the lease to the request that waits, if it still is this one.
    async fn promote(
        &self,
        repository: &RepositoryId,
        build: &BuildId,
        pending: &BuildRequest,
        as_stored: &str,
    ) -> Result<bool> {
        let update = self
            .update(repository)
            .update_expression(
                "SET #lease = :next, #lease_request = :pending, #released = :build, \
                 #promoted_from = :build REMOVE #pending",
            )
            .condition_expression("#lease = :build AND #pending = :pending")
            .set_expression_attribute_names(Some(names(&[
                "lease",
                "lease_request",
                "released",
                "promoted_from",
                "pending",
            ])))
            .expression_attribute_values(":next", text(pending.build.as_str()))
            .expression_attribute_values(":pending", text(as_stored))
            .expression_attribute_values(":build", text(build.as_str()));
        written(update, "passing the lease on").await
    }

    /// Ends the lease, if still nothing waits.
    async fn clear(&self, repository: &RepositoryId, build: &BuildId, succeeded: bool) -> Result<bool> {
        let status = if succeeded {
            RepositoryStatus::Ready
        } else {
            RepositoryStatus::Failed
        };
        let update = self
            .update(repository)
            .update_expression(
                "SET #released = :build, #status = :status REMOVE #lease, #lease_request, #promoted_from",
            )
            .condition_expression("#lease = :build AND attribute_not_exists(#pending)")
            .set_expression_attribute_names(Some(names(&[
                "lease",
                "lease_request",
                "released",
                "promoted_from",
                "pending",
                "status",
            ])))
            .expression_attribute_values(":build", text(build.as_str()))
            .expression_attribute_values(":status", word(&status)?);
        written(update, "ending the lease").await
    }
}

#[async_trait]
impl Leases for DynamoLeases {
    async fn acquire(&self, request: &BuildRequest, now: i64) -> Result<LeaseOutcome> {
        for _ in 0..ROUNDS {
            if self.take(request, now).await? {
                return Ok(LeaseOutcome::Held);
            }
            if self.wait(request).await? {
                return Ok(LeaseOutcome::Folded);
            }
            // Neither: the request holds the lease, had held it last, or the lease has just ended.
            let item = read_item(&self.client, &self.table, &request.repository).await?;
            let own = Some(request.build.as_str());
            if item.is_some_and(|item| {
                let item = Reader(&item);
                item.text("lease") == own || item.text("released") == own
            }) {
                return Ok(LeaseOutcome::Held);
            }
        }
        Err(overtaken(&request.repository))
    }

    async fn release(
        &self,
        repository: &RepositoryId,
        build: &BuildId,
        succeeded: bool,
    ) -> Result<Option<BuildRequest>> {
        for _ in 0..ROUNDS {
            let Some(item) = read_item(&self.client, &self.table, repository).await? else {
                return Ok(None);
            };
            let item = Reader(&item);
            if item.text("lease") != Some(build.as_str()) {
                let answered = item.text("promoted_from") == Some(build.as_str());
                return if answered {
                    item.json("lease_request")
                } else {
                    Ok(None)
                };
            }
            match (item.text("pending"), item.json::<BuildRequest>("pending")?) {
                (Some(as_stored), Some(pending)) => {
                    if self.promote(repository, build, &pending, as_stored).await? {
                        return Ok(Some(pending));
                    }
                }
                _ => {
                    if self.clear(repository, build, succeeded).await? {
                        return Ok(None);
                    }
                }
            }
        }
        Err(overtaken(repository))
    }

    async fn is_held(&self, repository: &RepositoryId, build: &BuildId) -> Result<bool> {
        let item = read_item(&self.client, &self.table, repository).await?;
        Ok(item.is_some_and(|item| Reader(&item).text("lease") == Some(build.as_str())))
    }
}

/// Sends a conditional update; false where the condition did not hold.
async fn written(update: UpdateItemFluentBuilder, doing: &str) -> Result<bool> {
    match update.send().await {
        Ok(_) => Ok(true),
        Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => {
            Ok(false)
        }
        Err(error) => Err(stage_error(doing, &error)),
    }
}

fn overtaken(repository: &RepositoryId) -> StageError {
    StageError::transient(format!(
        "too many requests for repository {repository} at once, try again"
    ))
}
