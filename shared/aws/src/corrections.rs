//! [`Corrections`] on DynamoDB: an item each in the table of pages, under `{repository}#corrections`.

use std::{cmp::Reverse, collections::HashMap};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::{Client, error::SdkError, types::ReturnValue};
use deepwiki_domain::{
    CorrectionId, RepositoryId, StageError,
    correction::{Correction, CorrectionState, Decision},
};
use deepwiki_ports::{Corrections, Result};

use crate::{
    error::stage_error,
    item::{Item, Reader, json, names, text, word},
};

/// The most corrections of a repository. Listing reads them all, to put the newest first.
const MOST_CORRECTIONS: usize = 10_000;

/// Corrections in one table.
#[derive(Debug, Clone)]
pub struct DynamoCorrections {
    client: Client,
    table: String,
}

impl DynamoCorrections {
    /// The corrections in this table, which is that of pages.
    pub fn new(sdk: &SdkConfig, table: impl Into<String>) -> Self {
        Self {
            client: Client::new(sdk),
            table: table.into(),
        }
    }
}

#[async_trait]
impl Corrections for DynamoCorrections {
    async fn record(&self, correction: &Correction) -> Result<Correction> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(to_item(correction)?))
            .condition_expression("attribute_not_exists(#edition)")
            .set_expression_attribute_names(Some(names(&["edition"])));
        match put.send().await {
            Ok(_) => return Ok(correction.clone()),
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => {}
            Err(error) => return Err(stage_error("recording the correction", &error)),
        }
        self.get(&correction.repository, &correction.id)
            .await?
            .ok_or_else(|| {
                StageError::transient("the correction was deleted while it was recorded, try again")
            })
    }

    async fn get(&self, repository: &RepositoryId, id: &CorrectionId) -> Result<Option<Correction>> {
        let get = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("edition", text(edition(repository)))
            .key("slug", text(id.as_str()))
            .consistent_read(true);
        let answer = get
            .send()
            .await
            .map_err(|error| stage_error("reading the correction", &error))?;
        answer.item.as_ref().map(from_item).transpose()
    }

    async fn list(&self, repository: &RepositoryId, limit: usize) -> Result<Vec<Correction>> {
        let mut corrections = Vec::new();
        let mut from: Option<HashMap<_, _>> = None;
        loop {
            let query = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("#edition = :edition")
                .set_expression_attribute_names(Some(names(&["edition"])))
                .expression_attribute_values(":edition", text(edition(repository)))
                .consistent_read(true)
                .set_exclusive_start_key(from.take());
            let page = query
                .send()
                .await
                .map_err(|error| stage_error("listing the corrections", &error))?;
            for item in page.items() {
                corrections.push(from_item(item)?);
            }
            if corrections.len() > MOST_CORRECTIONS {
                return Err(StageError::permanent(
                    "there are more corrections than can be listed",
                ));
            }
            from = page.last_evaluated_key;
            if from.is_none() {
                break;
            }
        }
        corrections.sort_by_cached_key(|it: &Correction| (Reverse(it.reported_at), it.id.clone()));
        corrections.truncate(limit);
        Ok(corrections)
    }

    async fn decide(
        &self,
        repository: &RepositoryId,
        id: &CorrectionId,
        state: CorrectionState,
        decision: &Decision,
    ) -> Result<Correction> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("edition", text(edition(repository)))
            .key("slug", text(id.as_str()))
            .update_expression("SET #state = :state, #decision = :decision")
            .condition_expression("attribute_exists(#edition)")
            .set_expression_attribute_names(Some(names(&["edition", "state", "decision"])))
            .expression_attribute_values(":state", word(&state)?)
            .expression_attribute_values(":decision", json(decision)?)
            .return_values(ReturnValue::AllNew);
        match update.send().await {
            Ok(answer) => from_item(&answer.attributes.unwrap_or_default()),
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => {
                Err(StageError::invalid(format!(
                    "there is no correction {id}: list them to see which there are"
                )))
            }
            Err(error) => Err(stage_error("deciding the correction", &error)),
        }
    }
}

/// The partition of a repository's corrections. No build is called this: ids have no `#`.
pub(crate) fn edition(repository: &RepositoryId) -> String {
    format!("{repository}#corrections")
}

/// What is decided later has attributes of its own; the rest never changes.
fn to_item(correction: &Correction) -> Result<Item> {
    let flagged = Correction {
        decision: None,
        ..correction.clone()
    };
    let mut item = Item::from([
        ("edition".to_owned(), text(edition(&correction.repository))),
        ("slug".to_owned(), text(correction.id.as_str())),
        ("state".to_owned(), word(&correction.state)?),
        ("flagged".to_owned(), json(&flagged)?),
    ]);
    if let Some(decision) = &correction.decision {
        item.insert("decision".to_owned(), json(decision)?);
    }
    Ok(item)
}

fn from_item(item: &Item) -> Result<Correction> {
    let item = Reader(item);
    Ok(Correction {
        state: item.required_word("state")?,
        decision: item.json("decision")?,
        ..item.required_json("flagged")?
    })
}
