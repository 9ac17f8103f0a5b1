//! [`Spending`] on the record of a build: counters that DynamoDB adds to, and the set of additions that it has.

use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_dynamodb::{error::SdkError, types::AttributeValue};
use deepwiki_domain::{
    BuildId,
    model::{Spent, Tokens},
};
use deepwiki_ports::{Result, Spending};

use crate::{DynamoJobs, error::stage_error};

/// The set of additions, and the counter of each kind, on the build's record.
const ENTRIES: &str = "model_entries";
const COUNTERS: [&str; 6] = [
    "model_calls",
    "model_input",
    "model_cache_read",
    "model_cache_write",
    "model_output",
    "model_usd",
];

#[async_trait]
impl Spending for DynamoJobs {
    async fn add(&self, build: &BuildId, entry: &str, spent: &Spent) -> Result<()> {
        let mut update = self
            .update(build)
            .condition_expression("attribute_exists(#build) AND NOT contains(#entries, :entry)")
            .expression_attribute_names("#build", "build")
            .expression_attribute_names("#entries", ENTRIES)
            .expression_attribute_values(":entry", AttributeValue::S(entry.to_owned()))
            .expression_attribute_values(":entries", AttributeValue::Ss(vec![entry.to_owned()]));
        let mut added = vec!["#entries :entries".to_owned()];
        for (at, (name, value)) in COUNTERS.into_iter().zip(values(spent)).enumerate() {
            added.push(format!("#c{at} :c{at}"));
            update = update
                .expression_attribute_names(format!("#c{at}"), name)
                .expression_attribute_values(format!(":c{at}"), AttributeValue::N(value));
        }
        let update = update.update_expression(format!("ADD {}", added.join(", ")));
        match update.send().await {
            Ok(_) => Ok(()),
            // The addition is there, or there is nothing to add to.
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => {
                Ok(())
            }
            Err(error) => Err(stage_error("recording what the model took", &error)),
        }
    }

    async fn spent(&self, build: &BuildId) -> Result<Spent> {
        let item = self.item(build).await?;
        Ok(item.as_ref().map(read).unwrap_or_default())
    }
}

/// As many as there are counters, in their order.
fn values(spent: &Spent) -> [String; 6] {
    let Spent { calls, tokens, usd } = spent;
    [
        calls.to_string(),
        tokens.input.to_string(),
        tokens.cache_read.to_string(),
        tokens.cache_write.to_string(),
        tokens.output.to_string(),
        format!("{usd:.9}"),
    ]
}

fn read(item: &HashMap<String, AttributeValue>) -> Spent {
    let number = |name: &str| item.get(name).and_then(|value| value.as_n().ok());
    let count = |name: &str| number(name).and_then(|text| text.parse().ok()).unwrap_or(0_u64);
    let [calls, input, cache_read, cache_write, output, usd] = COUNTERS;
    Spent {
        calls: u32::try_from(count(calls)).unwrap_or(u32::MAX),
        tokens: Tokens {
            input: count(input),
            cache_read: count(cache_read),
            cache_write: count(cache_write),
            output: count(output),
        },
        usd: number(usd).and_then(|text| text.parse().ok()).unwrap_or_default(),
    }
}
