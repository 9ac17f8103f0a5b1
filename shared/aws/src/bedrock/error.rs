//! What Bedrock's refusals mean. The service's own words go to the operator; they can quote a prompt only in part, and
//! are cut short.

use aws_sdk_bedrockruntime::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    types::error::ConverseStreamOutputError,
};
use deepwiki_domain::{ErrorKind, StageError};

use crate::error::{LONGEST_DETAIL, stage_error};

/// A call that did not begin to answer.
pub(super) fn call_error<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> StageError {
    let known = match error {
        SdkError::ServiceError(refusal) => refusal.err().meta().code().and_then(meaning),
        _ => None,
    };
    let general = stage_error("asking the model", error);
    match known {
        // The service may have said how long to wait.
        Some((ErrorKind::Throttled(_), message)) if matches!(general.kind, ErrorKind::Throttled(_)) => {
            StageError {
                message: message.to_owned(),
                ..general
            }
        }
        Some((kind, message)) => StageError::new(kind, message).with_detail(general.detail),
        None => general,
    }
}

/// A stream that broke off.
pub(super) fn stream_error<R>(error: &SdkError<ConverseStreamOutputError, R>) -> StageError {
    let (code, said) = match error {
        SdkError::ServiceError(refusal) => (code_of(refusal.err()), refusal.err().meta().message()),
        _ => ("", None),
    };
    let said: String = said.unwrap_or_default().chars().take(LONGEST_DETAIL).collect();
    let (kind, message) =
        meaning(code).unwrap_or((ErrorKind::Transient, "the model broke its reply off, try again"));
    StageError::new(kind, message).with_detail(format!("{code}: {said}"))
}

/// The names that the exceptions of a stream have as refusals of a call.
fn code_of(error: &ConverseStreamOutputError) -> &str {
    match error {
        ConverseStreamOutputError::InternalServerException(_) => "InternalServerException",
        ConverseStreamOutputError::ModelStreamErrorException(_) => "ModelStreamErrorException",
        ConverseStreamOutputError::ServiceUnavailableException(_) => "ServiceUnavailableException",
        ConverseStreamOutputError::ThrottlingException(_) => "ThrottlingException",
        ConverseStreamOutputError::ValidationException(_) => "ValidationException",
        other => other.meta().code().unwrap_or_default(),
    }
}

/// The kind of a refusal, and what the person who asked can do.
fn meaning(code: &str) -> Option<(ErrorKind, &'static str)> {
    Some(match code {
        "ThrottlingException" | "ServiceQuotaExceededException" => (
            ErrorKind::Throttled(None),
            "the model is busy or its quota is used up, try again later",
        ),
        "ModelNotReadyException" | "ServiceUnavailableException" | "InternalServerException" => (
            ErrorKind::Transient,
            "the model is not there at the moment, try again",
        ),
        "ModelTimeoutException" => (ErrorKind::Transient, "the model took too long, try again"),
        "ModelErrorException" | "ModelStreamErrorException" => {
            (ErrorKind::Transient, "the model had a fault, try again")
        }
        "ValidationException" => (
            ErrorKind::Permanent,
            "the model refused the request: see that the model's id is right and names an inference profile where the \
             model needs one",
        ),
        "AccessDeniedException" => (
            ErrorKind::Permanent,
            "access to the model was denied: enable it for the account and allow the role to invoke it",
        ),
        "ResourceNotFoundException" => (
            ErrorKind::Permanent,
            "there is no such model or inference profile in this region: check the model's id",
        ),
        _ => return None,
    })
}
