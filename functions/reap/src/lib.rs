//! Reap: what workers could not deal with, again and again, comes here from the dead letter queues. It tells
//! whoever waits that the work has failed, so that nothing waits for ever and no repository stays PARSING.

use deepwiki_domain::{
    ErrorKind, StageError,
    event::{BuildEnding, EXECUTION_CHANGED, Event},
    job::{BuildRequest, JobFailure},
    message::StageRequest,
};
use deepwiki_ports::{FailureNotes, Result, TaskTokens, builds::Waiting, lifecycle::Lifecycle};
use serde_json::Value;

/// What reap needs of the outside.
#[derive(Clone, Copy)]
pub struct ReapPorts<'a> {
    /// Who waits for a stage.
    pub tokens: &'a dyn TaskTokens,
    /// Where it is noted what failed.
    pub notes: &'a dyn FailureNotes,
    /// Ends and starts builds.
    pub lifecycle: Lifecycle<'a>,
}

/// A dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Letter {
    /// To a stage: somebody waits for the answer to this token.
    Stage {
        token: String,
        /// What was to be done, where that can be read.
        request: Option<Box<StageRequest>>,
    },
    /// To dispatch: this build was never started, or not surely.
    Request(Box<BuildRequest>),
    /// To dispatch: this build has ended.
    Ending(BuildEnding),
    /// Nobody waits for it.
    Other,
}

/// Deals with one dead letter. An error leaves it where it is, to be tried again.
pub async fn reap(body: &str, queue: &str, ports: ReapPorts<'_>) -> Result<()> {
    match read(body) {
        Letter::Stage { token, request } => {
            let error = StageError::permanent("the worker died repeatedly: see the logs of the stage");
            // A late copy of a message whose work was done in time says nothing about the build.
            if let Some(request) = request
                && ports.tokens.heartbeat(&token).await? == Waiting::Yes
            {
                note(&request, &error, ports).await?;
            }
            let waiting = ports.tokens.fail(&token, &error).await?;
            tracing::error!(
                queue,
                waited_for = waiting == Waiting::Yes,
                "a stage message was given up"
            );
        }
        Letter::Request(request) => {
            let failure = JobFailure {
                stage: None,
                part: None,
                kind: ErrorKind::Permanent,
                message: "the build could not be started: request it again".to_owned(),
            };
            ports.lifecycle.give_up(&request, failure).await?;
            tracing::error!(
                queue,
                repository = %request.repository,
                build = %request.build,
                "a build request was given up"
            );
        }
        Letter::Ending(ending) => {
            ports.lifecycle.end(&ending).await?;
            tracing::error!(
                queue,
                repository = %ending.repository,
                build = %ending.build,
                "the end of a build was noted late"
            );
        }
        Letter::Other => tracing::error!(queue, "a message that nobody waits for was given up"),
    }
    Ok(())
}

/// Notes on the build's record at which stage and part it was given up: before the state machine hears of it, after which
/// the build may end.
async fn note(request: &StageRequest, error: &StageError, ports: ReapPorts<'_>) -> Result<()> {
    let failure = JobFailure {
        stage: Some(request.input.stage()),
        part: request.input.part(),
        kind: error.kind,
        message: error.message.clone(),
    };
    ports.notes.note(&request.build, &failure).await
}

/// Reads a letter as far as it goes: these are the messages that others could not read.
fn read(body: &str) -> Letter {
    let Ok(message) = serde_json::from_str::<Value>(body) else {
        return Letter::Other;
    };
    if let Ok(event) = serde_json::from_value::<Event<Value>>(message.clone()) {
        if let Some(token) = event.detail.get("task_token").and_then(Value::as_str) {
            return Letter::Stage {
                token: token.to_owned(),
                request: serde_json::from_value(event.detail.clone()).ok().map(Box::new),
            };
        }
        return match BuildEnding::from_detail(event.detail) {
            Ok(Some(ending)) if event.detail_type == EXECUTION_CHANGED => Letter::Ending(ending),
            _ => Letter::Other,
        };
    }
    serde_json::from_value(message).map_or(Letter::Other, |request| Letter::Request(Box::new(request)))
}
