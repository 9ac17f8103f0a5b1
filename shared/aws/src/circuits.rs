//! [`Circuits`] on DynamoDB: an item a service in the ledger, written under the condition that nobody else has.

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::{Client, error::SdkError};
use deepwiki_domain::circuit::Circuit;
use deepwiki_ports::{Circuits, Result, circuit::Kept};

use crate::{
    error::stage_error,
    item::{Reader, json, names, number, text},
};

/// How long a circuit is kept that nobody writes anymore, in seconds; a lost one is closed.
const KEPT: i64 = 24 * 60 * 60;

/// Circuits in one table.
#[derive(Debug, Clone)]
pub struct DynamoCircuits {
    client: Client,
    table: String,
}

impl DynamoCircuits {
    /// The circuits in this table, whose hash key is `id`.
    pub fn new(sdk: &SdkConfig, table: impl Into<String>) -> Self {
        Self {
            client: Client::new(sdk),
            table: table.into(),
        }
    }
}

/// Roles may be limited to items of this beginning.
fn id(service: &str) -> String {
    format!("circuit#{service}")
}

#[async_trait]
impl Circuits for DynamoCircuits {
    async fn load(&self, service: &str) -> Result<Kept> {
        let get = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("id", text(id(service)))
            .consistent_read(true);
        let answer = get.send().await.map_err(|error| {
            let error = stage_error("reading a circuit", &error);
            tracing::warn!(service, detail = error.detail, "{error}");
            error
        })?;
        let Some(item) = answer.item else {
            return Ok(Kept::default());
        };
        let reader = Reader(&item);
        Ok(Kept {
            circuit: reader.required_json("circuit")?,
            version: reader.required_number("version")?,
        })
    }

    async fn store(&self, service: &str, circuit: Circuit, version: i64, now: i64) -> Result<bool> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("id", text(id(service)))
            .item("circuit", json(&circuit)?)
            .item("version", number(version.saturating_add(1)))
            .item("expires_at", number(now.saturating_add(KEPT)));
        let put = if version == 0 {
            put.condition_expression("attribute_not_exists(#id)")
                .set_expression_attribute_names(Some(names(&["id"])))
        } else {
            put.condition_expression("#version = :version")
                .set_expression_attribute_names(Some(names(&["version"])))
                .expression_attribute_values(":version", number(version))
        };
        match put.send().await {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => {
                Ok(false)
            }
            Err(error) => {
                let error = stage_error("noting a circuit", &error);
                tracing::warn!(service, detail = error.detail, "{error}");
                Err(error)
            }
        }
    }
}
