//! [`PageCatalog`] on DynamoDB: an item a page under `{repository}#{build}#{locale}`.

use std::{collections::HashMap, time::Duration};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::{
    Client,
    types::{DeleteRequest, PutRequest, WriteRequest},
};
use deepwiki_domain::{BuildId, ErrorKind, Locale, RepositoryId, Slug, StageError, wiki::PageEntry};
use deepwiki_ports::{PageCatalog, Result};

use crate::{
    error::stage_error,
    item::{Item, Reader, json, names, text},
};

/// What DynamoDB takes in one batch.
const BATCH: usize = 25;

/// How often a batch is sent again for the part that DynamoDB did not take.
const ATTEMPTS: u32 = 8;

/// Pages in one table.
#[derive(Debug, Clone)]
pub struct DynamoPages {
    client: Client,
    table: String,
}

impl DynamoPages {
    /// The pages in this table.
    pub fn new(sdk: &SdkConfig, table: impl Into<String>) -> Self {
        Self {
            client: Client::new(sdk),
            table: table.into(),
        }
    }

    /// All items of an edition, whole or only their keys.
    async fn query(&self, edition: &str, keys_only: bool) -> Result<Vec<Item>> {
        let mut items = Vec::new();
        let mut from: Option<HashMap<_, _>> = None;
        loop {
            let mut query = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("#edition = :edition")
                .set_expression_attribute_names(Some(names(&["edition"])))
                .expression_attribute_values(":edition", text(edition))
                .consistent_read(true)
                .set_exclusive_start_key(from.take());
            if keys_only {
                query = query
                    .projection_expression("#edition, #slug")
                    .expression_attribute_names("#slug", "slug");
            }
            let page = query
                .send()
                .await
                .map_err(|error| stage_error("listing the pages", &error))?;
            items.extend(page.items.unwrap_or_default());
            from = page.last_evaluated_key;
            if from.is_none() {
                return Ok(items);
            }
        }
    }

    /// Deletes all items of an edition; says how many there were.
    pub(crate) async fn delete(&self, edition: &str) -> Result<u64> {
        let keys = self.query(edition, true).await?;
        let count = keys.len() as u64;
        let writes: Result<Vec<WriteRequest>> = keys
            .into_iter()
            .map(|key| {
                let delete = DeleteRequest::builder()
                    .set_key(Some(key))
                    .build()
                    .map_err(unwritable)?;
                Ok(WriteRequest::builder().delete_request(delete).build())
            })
            .collect();
        self.write(writes?).await?;
        Ok(count)
    }

    /// Sends writes in batches, one after the other, until DynamoDB has taken each.
    async fn write(&self, mut writes: Vec<WriteRequest>) -> Result<()> {
        while !writes.is_empty() {
            let rest = writes.split_off(writes.len().min(BATCH));
            self.write_batch(writes).await?;
            writes = rest;
        }
        Ok(())
    }

    async fn write_batch(&self, mut batch: Vec<WriteRequest>) -> Result<()> {
        for attempt in 0..ATTEMPTS {
            let answer = self
                .client
                .batch_write_item()
                .request_items(&self.table, batch)
                .send()
                .await
                .map_err(|error| stage_error("writing the pages", &error))?;
            batch = answer
                .unprocessed_items
                .and_then(|mut left| left.remove(&self.table))
                .unwrap_or_default();
            if batch.is_empty() {
                return Ok(());
            }
            tokio::time::sleep(pause(attempt)).await;
        }
        Err(StageError::new(
            ErrorKind::Throttled(None),
            "writing the pages failed: the database is busy, try again later",
        ))
    }
}

#[async_trait]
impl PageCatalog for DynamoPages {
    async fn put(
        &self,
        repository: &RepositoryId,
        build: &BuildId,
        locale: Locale,
        pages: &[PageEntry],
    ) -> Result<()> {
        let edition = edition(repository, build, locale);
        let writes: Result<Vec<WriteRequest>> = pages
            .iter()
            .map(|page| {
                let put = PutRequest::builder()
                    .item("edition", text(&edition))
                    .item("slug", text(page.slug.as_str()))
                    .item("entry", json(page)?)
                    .build()
                    .map_err(unwritable)?;
                Ok(WriteRequest::builder().put_request(put).build())
            })
            .collect();
        self.write(writes?).await
    }

    async fn list(
        &self,
        repository: &RepositoryId,
        build: &BuildId,
        locale: Locale,
    ) -> Result<Vec<PageEntry>> {
        let items = self.query(&edition(repository, build, locale), false).await?;
        let pages: Result<Vec<PageEntry>> = items.iter().map(from_item).collect();
        let mut pages = pages?;
        pages.sort_by(|a, b| (a.order, &a.slug).cmp(&(b.order, &b.slug)));
        Ok(pages)
    }

    async fn get(
        &self,
        repository: &RepositoryId,
        build: &BuildId,
        locale: Locale,
        slug: &Slug,
    ) -> Result<Option<PageEntry>> {
        let get = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("edition", text(edition(repository, build, locale)))
            .key("slug", text(slug.as_str()));
        let answer = get
            .send()
            .await
            .map_err(|error| stage_error("reading the page", &error))?;
        answer.item.as_ref().map(from_item).transpose()
    }

    async fn remove(&self, repository: &RepositoryId, build: &BuildId) -> Result<()> {
        for locale in Locale::ALL {
            self.delete(&edition(repository, build, locale)).await?;
        }
        Ok(())
    }
}

/// The partition of a build's pages in one language.
pub(crate) fn edition(repository: &RepositoryId, build: &BuildId, locale: Locale) -> String {
    format!("{repository}#{build}#{locale}")
}

fn from_item(item: &Item) -> Result<PageEntry> {
    Reader(item).required_json("entry")
}

fn unwritable(error: impl std::fmt::Display) -> StageError {
    StageError::permanent("a page's record could not be made").with_detail(error)
}

/// 50 ms doubled with each attempt, of which up to half falls away at random, so that workers that were refused
/// together do not come back together.
fn pause(attempt: u32) -> Duration {
    let longest = 50_u64 << attempt.min(6);
    let noise = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| u64::from(since.subsec_nanos()));
    Duration::from_millis(longest - noise % (longest / 2 + 1))
}
