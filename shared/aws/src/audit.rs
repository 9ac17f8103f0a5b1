//! The audit log: who changed what, one record an act. Records go onto the bus, and a rule leads them into a log group of
//! their own, which no function may write or delete: who makes a record cannot take it back.

use deepwiki_ports::EventBus;
use serde::Serialize;

use crate::logs::mask;

/// The kind of the event that a record is put as.
pub const AUDIT_RECORDED: &str = "audit recorded";

/// Something that somebody did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Act {
    /// Who: the user's or role's name as the gateway found it out; `unknown` where it did not.
    pub actor: String,
    /// What: the method of the request.
    pub action: String,
    /// To what: the path of the request, without its query.
    pub target: String,
    /// How it ended, as an HTTP status.
    pub status: u16,
    /// The request, as the access log names it.
    pub request: String,
    /// Where from, as the gateway saw it.
    pub address: Option<String>,
}

impl Act {
    /// Whether a request is an act for the audit log: everything that changes a record, but for questions, which are sent
    /// by `POST` and change none.
    pub fn is_one(method: &str, path: &str) -> bool {
        let reads = matches!(method, "GET" | "HEAD" | "OPTIONS");
        let asks = ["/ask", "/search", "/mcp"]
            .iter()
            .any(|question| path.trim_end_matches('/').ends_with(question));
        !reads && !asks
    }

    /// Puts the act on the bus. Where that fails it is told in the function's own log, as an error, so that it is not
    /// lost: the act is done by then.
    pub async fn record(&self, bus: &dyn EventBus) {
        let put = match serde_json::to_value(self) {
            Ok(record) => bus
                .put(AUDIT_RECORDED, &record)
                .await
                .map_err(|error| error.message),
            Err(error) => Err(error.to_string()),
        };
        if let Err(problem) = put {
            let Self {
                actor,
                action,
                target,
                status,
                request,
                ..
            } = self;
            let target = mask(target);
            tracing::error!(actor, action, %target, status, request, problem, "an audit record was not delivered");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use deepwiki_domain::StageError;
    use deepwiki_ports::Result;
    use serde_json::{Value, json};

    use super::*;

    #[derive(Default)]
    struct Bus {
        broken: bool,
        put: Mutex<Vec<(String, Value)>>,
    }

    #[async_trait]
    impl EventBus for Bus {
        async fn put(&self, detail_type: &str, detail: &Value) -> Result<()> {
            if self.broken {
                return Err(StageError::transient("no bus"));
            }
            self.put
                .lock()
                .unwrap()
                .push((detail_type.to_owned(), detail.clone()));
            Ok(())
        }
    }

    fn act() -> Act {
        Act {
            actor: "arn:aws:iam::123456789012:role/reader".to_owned(),
            action: "DELETE".to_owned(),
            target: "/repos/payments".to_owned(),
            status: 202,
            request: "r-1".to_owned(),
            address: Some("192.0.2.7".to_owned()),
        }
    }

    #[tokio::test]
    async fn an_act_becomes_a_record() {
        let bus = Bus::default();
        act().record(&bus).await;
        let put = bus.put.into_inner().unwrap();
        let record = json!({
            "actor": "arn:aws:iam::123456789012:role/reader", "action": "DELETE", "target": "/repos/payments",
            "status": 202, "request": "r-1", "address": "192.0.2.7",
        });
        assert_eq!(put, [("audit recorded".to_owned(), record)]);
    }

    #[tokio::test]
    async fn a_record_that_cannot_be_put_stops_nothing() {
        act()
            .record(&Bus {
                broken: true,
                ..Bus::default()
            })
            .await;
    }

    #[test]
    fn changes_are_acts_and_questions_are_not() {
        for (method, path, is_one) in [
            ("POST", "/repos", true),
            ("PATCH", "/repos/a/access", true),
            ("DELETE", "/repos/a", true),
            ("POST", "/repos/a/builds", true),
            ("GET", "/repos", false),
            ("POST", "/ask", false),
            ("POST", "/mcp/", false),
        ] {
            assert_eq!(Act::is_one(method, path), is_one, "{method} {path}");
        }
    }
}
