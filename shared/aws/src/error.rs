//! What an SDK error means to a stage: whether waiting, trying again or nothing at all can help.

use aws_sdk_s3::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};
use deepwiki_domain::{ErrorKind, StageError};

/// What a service's own message is cut to in the operator's detail, in characters.
pub(crate) const LONGEST_DETAIL: usize = 300;

/// Codes by which services ask for patience, whatever their status.
const THROTTLES: [&str; 11] = [
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "Throttling",
    "ThrottledException",
    "ThrottlingException",
    "TooManyRequestsException",
];

/// Codes that pass with time though they come with a 4xx: another writer was first, or the credentials of this
/// environment ran out just now.
const PASSING: [&str; 9] = [
    "ConditionalRequestConflict",
    "ExpiredToken",
    "ExpiredTokenException",
    "ModelErrorException",
    "OperationAborted",
    "RequestTimeout",
    "RequestTimeoutException",
    "TransactionConflictException",
    "TransactionInProgressException",
];

/// Turns an SDK error into ours. `doing` completes "… failed", for instance `reading an artefact`.
pub(crate) fn stage_error<E>(doing: &str, error: &SdkError<E, HttpResponse>) -> StageError
where
    E: ProvideErrorMetadata,
{
    let service_error = match error {
        SdkError::ServiceError(service_error) => service_error,
        SdkError::ConstructionFailure(_) => {
            return StageError::permanent(format!("{doing} failed: the request could not be made"))
                .with_detail(cause(error));
        }
        _ => {
            return StageError::transient(format!("{doing} failed: the service did not answer, try again"))
                .with_detail(cause(error));
        }
    };
    let metadata = service_error.err().meta();
    let code = metadata.code().unwrap_or_default();
    let status = service_error.raw().status().as_u16();
    let (kind, advice) = if THROTTLES.contains(&code) || status == 429 {
        let wait = retry_after(service_error.raw());
        (ErrorKind::Throttled(wait), "the service is busy, try again later")
    } else if PASSING.contains(&code) || status == 408 || status >= 500 {
        (ErrorKind::Transient, "the service had a fault, try again")
    } else if status == 403 || status == 401 || code.starts_with("AccessDenied") {
        (
            ErrorKind::Permanent,
            "access was denied, check the function's role",
        )
    } else {
        (ErrorKind::Permanent, "the service refused the request")
    };
    let message: String = metadata
        .message()
        .unwrap_or_default()
        .chars()
        .take(LONGEST_DETAIL)
        .collect();
    StageError::new(kind, format!("{doing} failed: {advice}"))
        .with_detail(format!("{status} {code}: {message}"))
}

fn retry_after(response: &HttpResponse) -> Option<u32> {
    response.headers().get("retry-after")?.trim().parse().ok()
}

/// The chain of causes on one line; it tells of connections and time, never of content.
fn cause<E>(error: &SdkError<E, HttpResponse>) -> String {
    let mut text = error.to_string();
    let mut next = match error {
        SdkError::DispatchFailure(failure) => failure
            .as_connector_error()
            .map(|error| error as &dyn std::error::Error),
        _ => None,
    };
    while let Some(error) = next {
        text.push_str(": ");
        text.push_str(&error.to_string());
        next = error.source();
    }
    text.chars().take(LONGEST_DETAIL).collect()
}

#[cfg(test)]
mod tests;
