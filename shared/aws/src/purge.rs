//! [`Purge`] on S3 and DynamoDB. What it deletes last is what it finds the rest by, so that one that was interrupted is
//! completed by the next.

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::{error::SdkError, types::AttributeValue};
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use deepwiki_domain::{
    Locale, RepositoryId, StageError,
    purge::{Purged, Tally},
    repository::Generation,
};
use deepwiki_ports::{Purge, Result};

use crate::{
    Config, DynamoPages, client, corrections,
    error::stage_error,
    item::{Reader, names, text},
    pages,
    repositories::read_item,
};

/// How many objects S3 lists, and deletes, in one call.
const BATCH: i32 = 1000;

/// Deletes everything that was derived from a repository.
#[derive(Debug, Clone)]
pub struct AwsPurge {
    dynamo: aws_sdk_dynamodb::Client,
    s3: aws_sdk_s3::Client,
    pages: DynamoPages,
    repositories_table: String,
    buckets: [String; 2],
}

impl AwsPurge {
    /// Over the tables and buckets of this configuration.
    pub fn new(sdk: &SdkConfig, config: &Config) -> Self {
        Self {
            dynamo: aws_sdk_dynamodb::Client::new(sdk),
            s3: client::s3(sdk),
            pages: DynamoPages::new(sdk, &config.pages_table),
            repositories_table: config.repositories_table.clone(),
            buckets: [config.wiki_bucket.clone(), config.artefacts_bucket.clone()],
        }
    }
}

#[async_trait]
impl Purge for AwsPurge {
    async fn purge(&self, id: &RepositoryId) -> Result<Purged> {
        let item = read_item(&self.dynamo, &self.repositories_table, id).await?;
        let item = item.ok_or_else(|| {
            StageError::invalid(format!(
                "there is no repository {id}: list them to see which there are"
            ))
        })?;
        let generations: Vec<Generation> = match Reader(&item).json_list("history")? {
            Some(history) => history,
            None => Reader(&item).json("published")?.into_iter().collect(),
        };
        // Readers must not be led to what is about to be deleted.
        self.forget(id, &["published", "published_build"]).await?;
        let mut purged = Purged::default();
        for generation in &generations {
            for locale in Locale::ALL {
                let edition = pages::edition(id, &generation.build, locale);
                purged.pages.count += self.pages.delete(&edition).await?;
            }
        }
        purged.corrections.count = self.pages.delete(&corrections::edition(id)).await?;
        for bucket in &self.buckets {
            self.empty(bucket, id, &mut purged).await?;
        }
        self.forget(id, &["history"]).await?;
        Ok(purged)
    }
}

impl AwsPurge {
    /// Takes attributes from the repository's record, unless a build of it runs.
    async fn forget(&self, id: &RepositoryId, attributes: &[&str]) -> Result<()> {
        let used: Vec<&str> = attributes
            .iter()
            .copied()
            .chain(["id", "lease", "status"])
            .collect();
        let expression: Vec<String> = attributes.iter().map(|name| format!("#{name}")).collect();
        let update = self
            .dynamo
            .update_item()
            .table_name(&self.repositories_table)
            .key("id", text(id.as_str()))
            .update_expression(format!("SET #status = :ready REMOVE {}", expression.join(", ")))
            .condition_expression("attribute_exists(#id) AND attribute_not_exists(#lease)")
            .set_expression_attribute_names(Some(names(&used)))
            .expression_attribute_values(":ready", AttributeValue::S("READY".to_owned()));
        match update.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => Err(
                StageError::invalid(format!("a build of {id} is running: try again when it has ended")),
            ),
            Err(error) => Err(stage_error("purging the repository", &error)),
        }
    }

    /// Deletes every version of every object of the repository.
    async fn empty(&self, bucket: &str, id: &RepositoryId, purged: &mut Purged) -> Result<()> {
        let prefix = format!("{id}/");
        loop {
            // What was listed is deleted, so that each list begins anew.
            let listed = self
                .s3
                .list_object_versions()
                .bucket(bucket)
                .prefix(&prefix)
                .max_keys(BATCH)
                .send()
                .await
                .map_err(|error| stage_error("listing what is to be purged", &error))?;
            let mut objects = Vec::new();
            for version in listed.versions() {
                let key = version.key().unwrap_or_default();
                let bytes = version.size().and_then(|size| u64::try_from(size).ok());
                kind_of(purged, key.strip_prefix(&prefix).unwrap_or(key)).add(bytes.unwrap_or_default());
                objects.push(identifier(key, version.version_id())?);
            }
            for marker in listed.delete_markers() {
                objects.push(identifier(marker.key().unwrap_or_default(), marker.version_id())?);
            }
            if objects.is_empty() {
                return Ok(());
            }
            let delete = Delete::builder().set_objects(Some(objects)).quiet(true).build();
            let delete = delete.map_err(unwritable)?;
            let answer = self
                .s3
                .delete_objects()
                .bucket(bucket)
                .delete(delete)
                .send()
                .await
                .map_err(|error| stage_error("purging the repository", &error))?;
            if let Some(error) = answer.errors().first() {
                return Err(StageError::transient(
                    "not everything could be deleted: purge the repository again",
                )
                .with_detail(error.code().unwrap_or_default()));
            }
        }
    }
}

/// What an object is, by its place below the repository.
fn kind_of<'a>(purged: &'a mut Purged, place: &str) -> &'a mut Tally {
    match place.split_once('/') {
        Some(("memo", _)) => &mut purged.memos,
        Some(("lists", _)) => &mut purged.lists,
        _ => &mut purged.artefacts,
    }
}

fn identifier(key: &str, version: Option<&str>) -> Result<ObjectIdentifier> {
    ObjectIdentifier::builder()
        .key(key)
        .set_version_id(version.map(str::to_owned))
        .build()
        .map_err(unwritable)
}

fn unwritable(error: impl std::fmt::Display) -> StageError {
    StageError::permanent("what is to be deleted could not be named").with_detail(error)
}
