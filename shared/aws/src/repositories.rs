//! [`Repositories`] and [`Versions`] on DynamoDB. A repository is one item: its record, its published pointer, what was
//! published before, and its lease (`leases.rs`), so that each change to them is one conditional write.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::{
    Client,
    error::SdkError,
    types::{AttributeValue, ReturnValue},
};
use deepwiki_domain::{
    RepositoryId, StageError,
    repository::{Generation, KEPT_GENERATIONS, Repository},
};
use deepwiki_ports::{Repositories, RepositoryAccess, Result, Versions, repositories::RepositoryPage};

use crate::{
    error::stage_error,
    item::{Item, Reader, json, names, number, text, word},
};

/// The most repositories of a deployment. Listing reads them all, which at this many takes a few seconds.
const MOST_REPOSITORIES: usize = 20_000;

/// Records of repositories in one table.
#[derive(Debug, Clone)]
pub struct DynamoRepositories {
    client: Client,
    table: String,
}

impl DynamoRepositories {
    /// The repositories in this table.
    pub fn new(sdk: &SdkConfig, table: impl Into<String>) -> Self {
        Self {
            client: Client::new(sdk),
            table: table.into(),
        }
    }

    /// Forgets what was published before the last few: the item must not grow. An update cannot append to a list and
    /// shorten it at once. Places that the list does not have are no error.
    async fn shorten_history(&self, id: &RepositoryId) -> Result<()> {
        let places: Vec<String> = (KEPT_GENERATIONS..KEPT_GENERATIONS + 3)
            .map(|place| format!("#history[{place}]"))
            .collect();
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("id", text(id.as_str()))
            .update_expression(format!("REMOVE {}", places.join(", ")))
            .condition_expression("attribute_exists(#history)")
            .set_expression_attribute_names(Some(names(&["history"])));
        match update.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => {
                Ok(())
            }
            Err(error) => Err(stage_error("publishing the wiki", &error)),
        }
    }

    async fn bring_back(&self, id: &RepositoryId) -> Result<()> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("id", text(id.as_str()))
            .update_expression("REMOVE #removed_at")
            .set_expression_attribute_names(Some(names(&["removed_at"])));
        update
            .send()
            .await
            .map(|_| ())
            .map_err(|error| stage_error("registering the repository", &error))
    }
}

#[async_trait]
impl Repositories for DynamoRepositories {
    async fn register(&self, repository: &Repository) -> Result<Repository> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(to_item(repository)?))
            .condition_expression("attribute_not_exists(#id)")
            .set_expression_attribute_names(Some(names(&["id"])));
        match put.send().await {
            Ok(_) => return Ok(repository.clone()),
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => {}
            Err(error) => return Err(stage_error("registering the repository", &error)),
        }
        let mut stands = self.get(&repository.id).await?.ok_or_else(|| {
            StageError::transient("the repository was purged while it was registered, try again")
        })?;
        if stands.removed_at.take().is_some() {
            self.bring_back(&repository.id).await?;
        }
        Ok(stands)
    }

    async fn get(&self, id: &RepositoryId) -> Result<Option<Repository>> {
        let item = read_item(&self.client, &self.table, id).await?;
        item.as_ref().map(from_item).transpose()
    }

    async fn list(&self, after: Option<&RepositoryId>, limit: usize) -> Result<RepositoryPage> {
        let mut found: Vec<Repository> = Vec::new();
        let mut from: Option<HashMap<_, _>> = None;
        loop {
            let scan = self
                .client
                .scan()
                .table_name(&self.table)
                .filter_expression("attribute_not_exists(#removed_at)")
                .set_expression_attribute_names(Some(names(&["removed_at"])))
                .set_exclusive_start_key(from.take());
            let page = scan
                .send()
                .await
                .map_err(|error| stage_error("listing the repositories", &error))?;
            for item in page.items() {
                let repository = from_item(item)?;
                if after.is_none_or(|after| repository.id > *after) {
                    found.push(repository);
                }
            }
            if found.len() > MOST_REPOSITORIES {
                return Err(StageError::permanent(
                    "there are more repositories than can be listed",
                ));
            }
            from = page.last_evaluated_key;
            if from.is_none() {
                break;
            }
        }
        found.sort_by(|a, b| a.id.cmp(&b.id));
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|last| last.id.clone());
        Ok(RepositoryPage {
            repositories: found,
            next,
        })
    }

    async fn publish(&self, id: &RepositoryId, generation: &Generation) -> Result<bool> {
        let build = text(generation.build.as_str());
        let newest = self.get(id).await?.and_then(|repository| repository.published);
        // Only the holder of the lease writes this, so that what was read still stands.
        let is_new = newest.is_none_or(|newest| !newest.shows_the_same(generation));
        let history = if is_new {
            "#history = list_append(:newest, if_not_exists(#history, :none))"
        } else {
            "#history[0] = :generation"
        };
        let mut values = HashMap::from([
            (":build".to_owned(), build),
            (":generation".to_owned(), json(generation)?),
        ]);
        // Values that an expression does not use are refused.
        if is_new {
            values.insert(":newest".to_owned(), AttributeValue::L(vec![json(generation)?]));
            values.insert(":none".to_owned(), AttributeValue::L(Vec::new()));
        }
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("id", text(id.as_str()))
            .update_expression(format!(
                "SET #published = :generation, #published_build = :build, {history}"
            ))
            .condition_expression(
                "#lease = :build AND (attribute_not_exists(#published_build) OR #published_build <> :build)",
            )
            .set_expression_attribute_names(Some(names(&[
                "published",
                "published_build",
                "history",
                "lease",
            ])))
            .set_expression_attribute_values(Some(values));
        match update.send().await {
            Ok(_) => {
                self.shorten_history(id).await?;
                return Ok(true);
            }
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => {}
            Err(error) => return Err(stage_error("publishing the wiki", &error)),
        }
        let published = self.get(id).await?.and_then(|repository| repository.published);
        if published.is_some_and(|published| published.build == generation.build) {
            return Ok(false);
        }
        Err(StageError::permanent(format!(
            "build {} no longer holds the lease of repository {id}, so that its wiki was not published: \
             build it again",
            generation.build
        )))
    }

    async fn remove(&self, id: &RepositoryId, now: i64) -> Result<()> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("id", text(id.as_str()))
            .update_expression("SET #removed_at = if_not_exists(#removed_at, :now)")
            .condition_expression("attribute_exists(#id)")
            .set_expression_attribute_names(Some(names(&["id", "removed_at"])))
            .expression_attribute_values(":now", number(now));
        match update.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => {
                Err(unknown(id))
            }
            Err(error) => Err(stage_error("removing the repository", &error)),
        }
    }
}

#[async_trait]
impl RepositoryAccess for DynamoRepositories {
    async fn set_groups(&self, id: &RepositoryId, groups: &BTreeSet<String>) -> Result<Repository> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("id", text(id.as_str()))
            .update_expression("SET #groups = :groups")
            .condition_expression("attribute_exists(#id)")
            .set_expression_attribute_names(Some(names(&["id", "groups"])))
            .expression_attribute_values(":groups", json(groups)?)
            .return_values(ReturnValue::AllNew);
        match update.send().await {
            Ok(answer) => from_item(&answer.attributes.unwrap_or_default()),
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => {
                Err(unknown(id))
            }
            Err(error) => Err(stage_error("changing who sees the repository", &error)),
        }
    }
}

#[async_trait]
impl Versions for DynamoRepositories {
    async fn list(&self, repository: &RepositoryId) -> Result<Vec<Generation>> {
        let Some(item) = read_item(&self.client, &self.table, repository).await? else {
            return Ok(Vec::new());
        };
        let item = Reader(&item);
        match item.json_list("history")? {
            Some(history) => Ok(history),
            None => Ok(item.json("published")?.into_iter().collect()),
        }
    }
}

fn unknown(id: &RepositoryId) -> StageError {
    StageError::invalid(format!(
        "there is no repository {id}: list them to see which there are"
    ))
}

/// A repository's item as it stands now.
pub(crate) async fn read_item(client: &Client, table: &str, id: &RepositoryId) -> Result<Option<Item>> {
    let get = client
        .get_item()
        .table_name(table)
        .key("id", text(id.as_str()))
        .consistent_read(true);
    let answer = get
        .send()
        .await
        .map_err(|error| stage_error("reading the repository", &error))?;
    Ok(answer.item)
}

fn to_item(repository: &Repository) -> Result<Item> {
    let mut item = Item::from([
        ("id".to_owned(), text(repository.id.as_str())),
        ("source".to_owned(), text(repository.source.url())),
        ("display_name".to_owned(), text(&repository.display_name)),
        ("status".to_owned(), word(&repository.status)?),
        ("locales".to_owned(), json(&repository.locales)?),
        ("registered_at".to_owned(), number(repository.registered_at)),
    ]);
    if let Some(revision) = &repository.revision {
        item.insert("revision".to_owned(), text(revision));
    }
    if let Some(generation) = &repository.published {
        item.insert("published".to_owned(), json(generation)?);
        item.insert("published_build".to_owned(), text(generation.build.as_str()));
    }
    if !repository.groups.is_empty() {
        item.insert("groups".to_owned(), json(&repository.groups)?);
    }
    if let Some(removed_at) = repository.removed_at {
        item.insert("removed_at".to_owned(), number(removed_at));
    }
    Ok(item)
}

fn from_item(item: &Item) -> Result<Repository> {
    let item = Reader(item);
    Ok(Repository {
        id: item.required_word("id")?,
        source: item.required_word("source")?,
        display_name: item.required_word("display_name")?,
        revision: item.word("revision")?,
        status: item.required_word("status")?,
        locales: item.required_json("locales")?,
        published: item.json("published")?,
        groups: item.json("groups")?.unwrap_or_default(),
        registered_at: item.required_number("registered_at")?,
        removed_at: item.number("removed_at")?,
    })
}
