//! GitHub's webhook, where it is not served by a function of its own.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use deepwiki_webhook::{Envelope, Outcome};

use crate::{Problem, router::Shared};

/// Takes a delivery of a push, signed with HMAC SHA-256. The same delivery again does nothing.
#[utoipa::path(
    post, path = "/webhooks/github", tag = "jobs",
    request_body(content = Object, content_type = "application/json", description = "As GitHub describes it"),
    params(
        ("X-Hub-Signature-256" = Option<String>, Header, description = "`sha256=` and the signature in hex"),
        ("X-GitHub-Delivery" = Option<String>, Header, description = "The delivery's id"),
        ("X-GitHub-Event" = Option<String>, Header, description = "`push` leads to a build")
    ),
    responses(
        (status = 202, description = "A build was asked for"),
        (status = 204, description = "Nothing follows from it"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "No webhook is set up"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn github(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let keys = shared.settings.webhook_keys.as_deref();
    let keys = keys.ok_or_else(|| Problem::not_found("No webhook is set up here."))?;
    let body = body.map_err(|refusal| Problem::new(refusal.status(), "The delivery is too long."))?;
    let header = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    let envelope = Envelope {
        delivery: header("x-github-delivery"),
        event: header("x-github-event"),
        signature: header("x-hub-signature-256"),
        body: &body,
    };
    match shared.service().library.receive(envelope, keys).await? {
        Outcome::Unsigned => Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "The delivery is not signed with the key that this service knows.",
        )),
        Outcome::Requested(_) => Ok(StatusCode::ACCEPTED.into_response()),
        Outcome::Ignored(_) => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}
