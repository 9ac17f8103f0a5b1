//! [`EventBus`] on EventBridge.

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_eventbridge::{Client, types::PutEventsRequestEntry};
use deepwiki_domain::{ErrorKind, StageError, message::EVENT_SOURCE};
use deepwiki_ports::{EventBus, Result};
use serde_json::Value;

use crate::error::stage_error;

/// One bus.
#[derive(Debug, Clone)]
pub struct EventBridge {
    client: Client,
    bus: String,
}

impl EventBridge {
    /// The bus of this name.
    pub fn new(sdk: &SdkConfig, bus: impl Into<String>) -> Self {
        Self {
            client: Client::new(sdk),
            bus: bus.into(),
        }
    }
}

#[async_trait]
impl EventBus for EventBridge {
    async fn put(&self, detail_type: &str, detail: &Value) -> Result<()> {
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(&self.bus)
            .source(EVENT_SOURCE)
            .detail_type(detail_type)
            .detail(detail.to_string())
            .build();
        let put = self.client.put_events().entries(entry).send().await;
        let answer = put.map_err(|error| stage_error("putting an event", &error))?;
        // A refused entry comes with a success of the call.
        match answer.entries().iter().find_map(|entry| entry.error_code()) {
            None => Ok(()),
            Some(code) => Err(refused(code)),
        }
    }
}

fn refused(code: &str) -> StageError {
    let kind = match code {
        "ThrottlingException" => ErrorKind::Throttled(None),
        "InternalFailure" | "InternalException" => ErrorKind::Transient,
        _ => ErrorKind::Permanent,
    };
    StageError::new(kind, "putting an event failed: the bus refused it").with_detail(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_entry_is_tried_again_where_that_helps() {
        for (code, retried) in [
            ("ThrottlingException", true),
            ("InternalFailure", true),
            ("NotAuthorizedForSourceException", false),
        ] {
            assert_eq!(refused(code).kind.is_retryable(), retried, "{code}");
        }
    }
}
