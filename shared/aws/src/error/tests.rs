use aws_sdk_s3::{error::ErrorMetadata, operation::head_object::HeadObjectError};
use aws_smithy_runtime_api::{client::result::ConnectorError, http::StatusCode};
use aws_smithy_types::body::SdkBody;

use super::*;

/// What a service's answer of this status and code becomes.
fn answered(status: u16, code: &str, retry_after: Option<&'static str>) -> StageError {
    let metadata = ErrorMetadata::builder()
        .code(code)
        .message("said the service")
        .build();
    let mut response = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::empty());
    if let Some(seconds) = retry_after {
        response.headers_mut().insert("retry-after", seconds);
    }
    let error = SdkError::service_error(HeadObjectError::generic(metadata), response);
    stage_error("reading an artefact", &error)
}

#[test]
fn a_service_s_answer_decides_what_happens_next() {
    for (status, code, kind) in [
        (400, "ThrottlingException", ErrorKind::Throttled(None)),
        (
            400,
            "ProvisionedThroughputExceededException",
            ErrorKind::Throttled(None),
        ),
        (429, "", ErrorKind::Throttled(None)),
        (503, "SlowDown", ErrorKind::Throttled(None)),
        (500, "InternalError", ErrorKind::Transient),
        (503, "ServiceUnavailable", ErrorKind::Transient),
        (408, "", ErrorKind::Transient),
        (409, "ConditionalRequestConflict", ErrorKind::Transient),
        (403, "ExpiredToken", ErrorKind::Transient),
        (403, "AccessDenied", ErrorKind::Permanent),
        (400, "AccessDeniedException", ErrorKind::Permanent),
        (400, "ValidationException", ErrorKind::Permanent),
        (400, "ResourceNotFoundException", ErrorKind::Permanent),
        (404, "NoSuchBucket", ErrorKind::Permanent),
    ] {
        assert_eq!(answered(status, code, None).kind, kind, "{status} {code}");
    }
    assert_eq!(
        answered(503, "SlowDown", Some("7")).kind,
        ErrorKind::Throttled(Some(7))
    );
}

#[test]
fn the_client_s_message_has_no_word_of_the_service() {
    let error = answered(403, "AccessDenied", None);
    assert!(!error.message.contains("said the service"), "{error}");
    assert!(error.message.contains("reading an artefact failed"), "{error}");
    assert_eq!(error.detail, "403 AccessDenied: said the service");
}

#[test]
fn what_never_got_an_answer_may_be_tried_again() {
    let lost: SdkError<HeadObjectError, HttpResponse> =
        SdkError::dispatch_failure(ConnectorError::io("reset by peer".into()));
    let late: SdkError<HeadObjectError, HttpResponse> = SdkError::timeout_error("late");
    for error in [lost, late] {
        assert_eq!(stage_error("reading", &error).kind, ErrorKind::Transient);
    }
    let unmade: SdkError<HeadObjectError, HttpResponse> = SdkError::construction_failure("no bucket");
    assert_eq!(stage_error("reading", &unmade).kind, ErrorKind::Permanent);
}
