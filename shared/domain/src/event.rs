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

/// The error of a distributed map with more failures than it tolerates.
const PARTS_FAILED: &str = "States.ExceedToleratedFailureThreshold";

/// A build whose execution has ended, whichever way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildEnding {
    /// The repository.
    pub repository: RepositoryId,
    /// The build.
    pub build: BuildId,
    /// One that has ended.
    pub status: JobStatus,
    /// Why, where it did not succeed. Its stage is not known here.
    pub failure: Option<JobFailure>,
    /// Whether `failure` says only that a part of the build failed, as a distributed map tells it: the part's worker
    /// has noted why.
    pub by_part: bool,
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
            JobStatus::Succeeded | JobStatus::Running | JobStatus::Queued => None,
            JobStatus::Aborted => Some(failure(ErrorKind::Permanent, "the build was stopped")),
            JobStatus::Failed if detail.status == "TIMED_OUT" => {
                Some(failure(ErrorKind::Transient, "the build took longer than it may"))
            }
            JobStatus::Failed if detail.error.as_deref() == Some(PARTS_FAILED) => {
                Some(failure(ErrorKind::Permanent, "a part of the build failed"))
            }
            JobStatus::Failed => Some(failure(
                kind(detail.error.as_deref().unwrap_or_default()),
                cause(&detail),
            )),
        };
        Ok(Some(Self {
            repository: input.repository,
            build: input.build,
            status,
            failure,
            by_part: detail.error.as_deref() == Some(PARTS_FAILED),
        }))
    }
}

fn failure(kind: ErrorKind, message: &str) -> JobFailure {
    JobFailure {
        stage: None,
        part: None,
        kind,
        message: message.chars().take(1000).collect(),
    }
}

/// What went wrong, in words; Step Functions has none of its own for what took too long.
fn cause(detail: &ExecutionDetail) -> &str {
    match (detail.cause.as_deref(), detail.error.as_deref()) {
        (Some(cause), _) if !cause.is_empty() => cause,
        (_, Some("States.Timeout" | "States.HeartbeatTimeout")) => "a stage did not answer in time",
        _ => "the build failed",
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
    fn a_distributed_map_leaves_the_reason_to_its_parts() {
        let mut failed = detail("FAILED");
        failed["error"] = PARTS_FAILED.into();
        failed["cause"] = "The specified tolerated failure threshold was exceeded".into();
        let ending = BuildEnding::from_detail(failed).unwrap().unwrap();
        assert!(ending.by_part);
        assert_eq!(ending.failure.unwrap().message, "a part of the build failed");
        assert!(
            !BuildEnding::from_detail(detail("FAILED"))
                .unwrap()
                .unwrap()
                .by_part
        );
    }

    #[test]
    fn a_failure_always_says_something() {
        let mut failed = detail("FAILED");
        failed["cause"] = "".into();
        for (error, message) in [
            ("States.HeartbeatTimeout", "a stage did not answer in time"),
            ("States.Runtime", "the build failed"),
        ] {
            failed["error"] = error.into();
            let ending = BuildEnding::from_detail(failed.clone()).unwrap().unwrap();
            assert_eq!(ending.failure.unwrap().message, message);
        }
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
