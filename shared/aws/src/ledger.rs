//! [`Ledger`] on DynamoDB: an item a piece of work, which expires by itself.

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::{Client, error::SdkError};
use deepwiki_ports::{Ledger, Result, builds::Claim};

use crate::{
    error::stage_error,
    item::{Reader, names, number, text},
};

/// How long a claim holds whose owner neither finished nor gave it up, in seconds. Longer than trigger may run.
const CLAIM: i64 = 5 * 60;

/// How long finished work is remembered, in seconds: a day, as long as EventBridge tries to deliver an event.
const KEPT: i64 = 24 * 60 * 60;

/// Notes of work in one table.
#[derive(Debug, Clone)]
pub struct DynamoLedger {
    client: Client,
    table: String,
}

impl DynamoLedger {
    /// The notes in this table.
    pub fn new(sdk: &SdkConfig, table: impl Into<String>) -> Self {
        Self {
            client: Client::new(sdk),
            table: table.into(),
        }
    }
}

#[async_trait]
impl Ledger for DynamoLedger {
    async fn claim(&self, id: &str, now: i64) -> Result<Claim> {
        // DynamoDB deletes expired items hours late, so that expiry is checked here too.
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("id", text(id))
            .item("state", text("claimed"))
            .item("expires_at", number(now.saturating_add(CLAIM)))
            .condition_expression("attribute_not_exists(#id) OR #expires_at < :now")
            .set_expression_attribute_names(Some(names(&["id", "expires_at"])))
            .expression_attribute_values(":now", number(now));
        match put.send().await {
            Ok(_) => return Ok(Claim::Yours),
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => {}
            Err(error) => return Err(stage_error("claiming the event", &error)),
        }
        let get = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("id", text(id))
            .consistent_read(true);
        let answer = get
            .send()
            .await
            .map_err(|error| stage_error("claiming the event", &error))?;
        let done = answer
            .item
            .is_some_and(|item| Reader(&item).text("state") == Some("done"));
        Ok(if done { Claim::Done } else { Claim::Another })
    }

    async fn done(&self, id: &str, now: i64) -> Result<()> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("id", text(id))
            .item("state", text("done"))
            .item("expires_at", number(now.saturating_add(KEPT)));
        put.send()
            .await
            .map(|_| ())
            .map_err(|error| stage_error("noting the event", &error))
    }

    async fn give_up(&self, id: &str) -> Result<()> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .key("id", text(id))
            .condition_expression("attribute_not_exists(#id) OR #state = :claimed")
            .set_expression_attribute_names(Some(names(&["id", "state"])))
            .expression_attribute_values(":claimed", text("claimed"));
        match delete.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => {
                Ok(())
            }
            Err(error) => Err(stage_error("giving up the event", &error)),
        }
    }
}
