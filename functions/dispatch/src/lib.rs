//! Dispatch: starts builds, one of a repository at a time, and ends them.
//!
//! Two queues lead here: `builds` holds build requests, `endings` the events by which Step Functions tells that
//! an execution has ended. Their messages are told apart by their shape.

use deepwiki_domain::{
    StageError,
    event::{BuildEnding, EXECUTION_CHANGED, Event},
    job::BuildRequest,
    message::CONTRACT_VERSION,
};
use deepwiki_ports::{
    Result,
    lifecycle::{Lifecycle, Requested},
};
use serde_json::Value;

/// A message of one of the two queues.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Message {
    Request(BuildRequest),
    Ending(BuildEnding),
    /// An execution changed, but goes on.
    GoesOn,
}

/// Deals with one message.
pub async fn dispatch(body: &str, lifecycle: Lifecycle<'_>) -> Result<()> {
    match read(body)? {
        Message::Request(request) => {
            let outcome = match lifecycle.request(&request).await? {
                Requested::Started => "build started",
                Requested::Waits => "build waits for the one that runs",
                Requested::Over => "build is over already",
            };
            tracing::info!(repository = %request.repository, build = %request.build, "{outcome}");
        }
        Message::Ending(ending) => {
            lifecycle.end(&ending).await?;
            tracing::info!(
                repository = %ending.repository,
                build = %ending.build,
                status = ?ending.status,
                "build ended"
            );
        }
        Message::GoesOn => {}
    }
    Ok(())
}

fn read(body: &str) -> Result<Message> {
    let unreadable = |error: serde_json::Error| {
        StageError::invalid("the message is neither a build request nor the end of a build")
            .with_detail(format!("{:?} error", error.classify()))
    };
    let message: Value = serde_json::from_str(body).map_err(unreadable)?;
    if message.get("detail-type").is_some() {
        let event: Event<Value> = serde_json::from_value(message).map_err(unreadable)?;
        if event.detail_type != EXECUTION_CHANGED {
            return Err(StageError::invalid(
                "dispatch does not deal with this kind of event",
            ));
        }
        return Ok(BuildEnding::from_detail(event.detail)?.map_or(Message::GoesOn, Message::Ending));
    }
    let request: BuildRequest = serde_json::from_value(message).map_err(unreadable)?;
    if request.schema == CONTRACT_VERSION {
        Ok(Message::Request(request))
    } else {
        Err(StageError::invalid(format!(
            "build requests of version {} are not understood: send version {CONTRACT_VERSION}",
            request.schema
        )))
    }
}

#[cfg(test)]
mod tests {
    use deepwiki_domain::{ErrorKind, job::JobStatus};

    use super::*;

    #[test]
    fn messages_are_told_apart_by_their_shape() {
        let event: Event<Value> =
            serde_json::from_str(include_str!("../../../events/build-requested.json")).unwrap();
        assert!(matches!(read(&event.detail.to_string()), Ok(Message::Request(_))));
        for (text, status) in [
            (
                include_str!("../../../events/execution-succeeded.json"),
                JobStatus::Succeeded,
            ),
            (
                include_str!("../../../events/execution-failed.json"),
                JobStatus::Failed,
            ),
            (
                include_str!("../../../events/execution-timed-out.json"),
                JobStatus::Failed,
            ),
            (
                include_str!("../../../events/execution-aborted.json"),
                JobStatus::Aborted,
            ),
        ] {
            let Ok(Message::Ending(ending)) = read(text) else {
                panic!("must be the end of a build");
            };
            assert_eq!(ending.status, status);
        }
    }

    #[test]
    fn what_is_neither_is_refused() {
        for body in [
            "",
            "{}",
            "[]",
            "null",
            include_str!("../../../events/codecommit-push.json"),
            r#"{"schema":9}"#,
        ] {
            assert_eq!(read(body).unwrap_err().kind, ErrorKind::Invalid, "{body}");
        }
    }
}
