//! Events as EventBridge delivers them, and what one says about the end of a build.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    BuildId, ErrorKind, RepositoryId, StageError,
    job::{JobFailure, JobStatus},
    message::ExecutionInput,
};

/// What EventBridge wraps around the detail of an event, as far as we read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event<T> {
    /// The same for each delivery of the event.
    pub id: String,
    /// Who sent it.
    pub source: String,
    /// What it tells.
    #[serde(rename = "detail-type")]
    pub detail_type: String,
    /// The region that it comes from.
    pub region: String,
    /// The event itself.
    pub detail: T,
}

/// `detail-type` of the event that tells of an execution's end.
pub const EXECUTION_CHANGED: &str = "Step Functions Execution Status Change";

/// A build whose execution has ended, whichever way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildEnding {
    /// The repository.
    pub repository: RepositoryId,
    /// The build.
    pub build: BuildId,
    /// Never [`JobStatus::Running`].
    pub status: JobStatus,
    /// Why, where it did not succeed. Its stage is not known here.
    pub failure: Option<JobFailure>,
}

/// The part of an [`EXECUTION_CHANGED`] event's detail that we read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExecutionDetail {
    name: String,
    status: String,
    #[serde(default)]
    input: Option<String>,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    cause: Option<String>,
}

impl BuildEnding {
    /// Reads the detail of an [`EXECUTION_CHANGED`] event. None where the execution goes on.
    pub fn from_detail(detail: Value) -> Result<Option<Self>, StageError> {
        let unreadable = || StageError::invalid("the event does not tell the end of a build");
        let detail: ExecutionDetail =
            serde_json::from_value(detail).map_err(|error| unreadable().with_detail(error))?;
        let status = match detail.status.as_str() {
            "SUCCEEDED" => JobStatus::Succeeded,
            "FAILED" | "TIMED_OUT" => JobStatus::Failed,
            "ABORTED" => JobStatus::Aborted,
            _ => return Ok(None),
        };
        // Always there: an event leaves out inputs of 248 KB and more, ours has less than 3.
        let input = detail.input.as_deref().unwrap_or_default();
        let input: ExecutionInput =
            serde_json::from_str(input).map_err(|error| unreadable().with_detail(error))?;
        if input.build.as_str() != detail.name {
            return Err(unreadable().with_detail("the execution is not named by its build"));
        }
        let failure = match status {
            JobStatus::Succeeded | JobStatus::Running => None,
            JobStatus::Aborted => Some(failure(ErrorKind::Permanent, "the build was stopped")),
            JobStatus::Failed if detail.status == "TIMED_OUT" => {
                Some(failure(ErrorKind::Transient, "the build took longer than it may"))
            }
            JobStatus::Failed => Some(failure(
                kind(detail.error.as_deref().unwrap_or_default()),
                detail.cause.as_deref().unwrap_or("the build failed"),
            )),
        };
        Ok(Some(Self {
            repository: input.repository,
            build: input.build,
            status,
            failure,
        }))
    }
}

fn failure(kind: ErrorKind, message: &str) -> JobFailure {
    JobFailure {
        stage: None,
        kind,
        message: message.chars().take(1000).collect(),
    }
}

/// The kind of an error name; of those that Step Functions has itself, time-outs pass with time.
fn kind(error: &str) -> ErrorKind {
    match error {
        "Throttled" => ErrorKind::Throttled(None),
        "Transient" | "States.Timeout" | "States.HeartbeatTimeout" => ErrorKind::Transient,
        "Invalid" => ErrorKind::Invalid,
        _ => ErrorKind::Permanent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detail(status: &str) -> Value {
        let input = r#"{"schema":1,"repository":"demo-1","build":"b-1","source":"codecommit://demo",
            "revision":null,"mode":"FULL","trigger":"push","locales":["en"]}"#;
        serde_json::json!({
            "executionArn": "arn:aws:states:ap-northeast-1:123456789012:execution:wiki-build:b-1",
            "name": "b-1", "status": status, "input": input, "output": null,
            "error": "Invalid", "cause": "the branch is gone",
        })
    }

    #[test]
    fn each_way_to_end_is_told_apart() {
        for (status, expected, kind) in [
            ("SUCCEEDED", JobStatus::Succeeded, None),
            ("FAILED", JobStatus::Failed, Some(ErrorKind::Invalid)),
            ("TIMED_OUT", JobStatus::Failed, Some(ErrorKind::Transient)),
            ("ABORTED", JobStatus::Aborted, Some(ErrorKind::Permanent)),
        ] {
            let ending = BuildEnding::from_detail(detail(status)).unwrap().unwrap();
            assert_eq!(
                (ending.repository.as_str(), ending.build.as_str()),
                ("demo-1", "b-1")
            );
            assert_eq!(
                (ending.status, ending.failure.map(|failure| failure.kind)),
                (expected, kind)
            );
        }
        assert_eq!(BuildEnding::from_detail(detail("RUNNING")), Ok(None));
    }

    #[test]
    fn other_executions_are_refused() {
        let mut renamed = detail("FAILED");
        renamed["name"] = "another".into();
        let mut foreign = detail("FAILED");
        foreign["input"] = "{}".into();
        for detail in [renamed, foreign, Value::Null, serde_json::json!({"status": 3})] {
            assert_eq!(
                BuildEnding::from_detail(detail).unwrap_err().kind,
                ErrorKind::Invalid
            );
        }
    }
}
