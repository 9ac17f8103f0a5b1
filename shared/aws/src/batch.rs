//! A batch of queue messages, record by record: what fails goes back to the queue, alone.

use std::{
    collections::HashSet,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use deepwiki_domain::{ErrorKind, StageError};
use deepwiki_ports::Result;
use lambda_runtime::{LambdaEvent, service_fn};
use tracing::Instrument;

/// How long before Lambda ends the invocation its work is stopped, so that the answers still get out.
const MARGIN: Duration = Duration::from_secs(5);

/// A message of a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// SQS's id of it.
    pub id: String,
    /// Its body.
    pub body: String,
    /// The name of the queue that it came from.
    pub queue: String,
    /// Its group, in a FIFO queue.
    pub group: Option<String>,
}

impl From<SqsMessage> for Message {
    fn from(mut record: SqsMessage) -> Self {
        let arn = record.event_source_arn.unwrap_or_default();
        Self {
            id: record.message_id.unwrap_or_default(),
            body: record.body.unwrap_or_default(),
            queue: arn.rsplit(':').next().unwrap_or_default().to_owned(),
            group: record.attributes.remove("MessageGroupId"),
        }
    }
}

/// Runs a function that handles messages one after the other. What the handler fails on is delivered again, and
/// goes to the dead letters when that does not help.
pub async fn serve_messages<H>(handler: H) -> std::result::Result<(), lambda_runtime::Error>
where
    H: AsyncFn(&Message) -> Result<()>,
{
    let handler = &handler;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<SqsEvent>| async move {
        let messages = event.payload.records.into_iter().map(Message::from).collect();
        let deadline = deadline(event.context.deadline);
        let failed = handle_in_order(messages, deadline, handler).await;
        Ok::<_, lambda_runtime::Error>(batch_response(failed))
    }))
    .await
}

/// Handles messages one after the other; gives the ids of those that must be delivered again. After a failure
/// the later messages of the same group wait for it.
async fn handle_in_order<H>(messages: Vec<Message>, deadline: Instant, handler: &H) -> Vec<String>
where
    H: AsyncFn(&Message) -> Result<()>,
{
    let mut failed = Vec::new();
    let mut held_up: HashSet<String> = HashSet::new();
    for message in messages {
        if message
            .group
            .as_ref()
            .is_some_and(|group| held_up.contains(group))
        {
            failed.push(message.id);
            continue;
        }
        let span = tracing::info_span!("message", message = message.id, queue = message.queue);
        let work = handle_one(&message, deadline, handler).instrument(span);
        if !work.await {
            held_up.extend(message.group);
            failed.push(message.id);
        }
    }
    failed
}

async fn handle_one<H>(message: &Message, deadline: Instant, handler: &H) -> bool
where
    H: AsyncFn(&Message) -> Result<()>,
{
    let limited = tokio::time::timeout_at(deadline.into(), handler(message)).await;
    match limited.unwrap_or_else(|_| Err(out_of_time())) {
        Ok(()) => true,
        Err(error) => {
            log_failure(&error);
            false
        }
    }
}

/// When work must stop, given when Lambda ends the invocation in milliseconds since 1970.
pub(crate) fn deadline(lambda_deadline_ms: u64) -> Instant {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let left = Duration::from_millis(lambda_deadline_ms).saturating_sub(now);
    Instant::now() + left.saturating_sub(MARGIN)
}

/// The answer by which Lambda deletes all messages but these.
pub(crate) fn batch_response(failed: Vec<String>) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    response.set_failures(failed);
    response
}

/// What becomes of work that does not end before the invocation does.
pub(crate) fn out_of_time() -> StageError {
    StageError::transient("the work did not end within the function's time limit, try again")
}

/// The one log line of a failure.
pub(crate) fn log_failure(error: &StageError) {
    let StageError {
        kind,
        message,
        detail,
    } = error;
    match kind {
        ErrorKind::Throttled(_) | ErrorKind::Transient => {
            tracing::warn!(kind = kind.name(), detail, "{message}");
        }
        ErrorKind::Invalid | ErrorKind::Permanent => {
            tracing::error!(kind = kind.name(), detail, "{message}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: &str, body: &str, group: Option<&str>) -> Message {
        Message {
            id: id.to_owned(),
            body: body.to_owned(),
            queue: "builds.fifo".to_owned(),
            group: group.map(str::to_owned),
        }
    }

    async fn failed(messages: Vec<Message>) -> Vec<String> {
        let deadline = Instant::now() + Duration::from_millis(300);
        handle_in_order(
            messages,
            deadline,
            &async |message: &Message| match message.body.as_str() {
                "bad" => Err(StageError::invalid("bad")),
                "slow" => {
                    tokio::time::sleep(Duration::from_secs(60)).await;
                    Ok(())
                }
                _ => Ok(()),
            },
        )
        .await
    }

    #[tokio::test]
    async fn a_bad_message_fails_alone() {
        let batch = vec![
            message("1", "ok", None),
            message("2", "bad", None),
            message("3", "ok", None),
        ];
        assert_eq!(failed(batch).await, ["2"]);
    }

    #[tokio::test]
    async fn later_messages_of_a_group_wait_for_one_that_failed() {
        let batch = vec![
            message("1", "bad", Some("a")),
            message("2", "ok", Some("b")),
            message("3", "ok", Some("a")),
        ];
        assert_eq!(failed(batch).await, ["1", "3"]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_end_in_time_is_delivered_again() {
        let batch = vec![message("1", "ok", None), message("2", "slow", None)];
        assert_eq!(failed(batch).await, ["2"]);
    }

    #[test]
    fn the_record_of_a_fifo_queue_is_read() {
        let event: SqsEvent = serde_json::from_value(serde_json::json!({"Records": [{
            "messageId": "m-1", "body": "{}", "eventSource": "aws:sqs", "awsRegion": "ap-northeast-1",
            "attributes": {"MessageGroupId": "demo", "ApproximateReceiveCount": "1"}, "messageAttributes": {},
            "eventSourceARN": "arn:aws:sqs:ap-northeast-1:123456789012:builds.fifo",
        }]}))
        .unwrap();
        let messages: Vec<Message> = event.records.into_iter().map(Message::from).collect();
        assert_eq!(messages, [message("m-1", "{}", Some("demo"))]);
    }

    #[test]
    fn the_answer_has_lambda_s_form() {
        let response = serde_json::to_value(batch_response(vec!["m-1".to_owned()])).unwrap();
        let expected = serde_json::json!({"batchItemFailures": [{"itemIdentifier": "m-1"}]});
        assert_eq!(response, expected);
    }
}
