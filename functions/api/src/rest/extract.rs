//! Reading parameters, with problem details for those that cannot be read.

use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use serde::de::DeserializeOwned;

use crate::Problem;

/// An extractor whose refusal is a [`Problem`].
pub(crate) struct Checked<E>(pub(crate) E);

impl<S, E> FromRequestParts<S> for Checked<E>
where
    S: Send + Sync,
    E: FromRequestParts<S>,
    E::Rejection: std::fmt::Display,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match E::from_request_parts(parts, state).await {
            Ok(value) => Ok(Self(value)),
            Err(refusal) => Err(Problem::bad_request(refusal.to_string())),
        }
    }
}

/// A JSON body of at most [`LONGEST_BODY`] bytes, whatever its declared type: what sends it is no form.
pub(crate) struct Body<T>(pub(crate) T);

/// The longest body of an operation, in bytes.
const LONGEST_BODY: usize = 64 << 10;

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let body = axum::body::to_bytes(request.into_body(), LONGEST_BODY)
            .await
            .map_err(|_| Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "The body is too long."))?;
        // A body that may be left out altogether is one without fields.
        let body = if body.is_empty() { b"{}" } else { body.as_ref() };
        serde_json::from_slice(body).map(Self).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            Problem::bad_request(format!(
                "The body is not what /openapi.json describes: see {place}."
            ))
        })
    }
}

/// What the asker calls the request, in `Idempotency-Key`.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let key = headers.get("idempotency-key").map(|key| key.to_str());
    key.transpose()
        .map_err(|_| Problem::bad_request("`Idempotency-Key` holds other than ASCII characters."))
}

/// Whether a person's browser asks, rather than a program.
pub(crate) fn wants_html(headers: &HeaderMap) -> bool {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

/// A number of results to return, where the asker named one.
pub(crate) fn limit(wanted: Option<u32>, default: usize, most: usize) -> Result<usize, Problem> {
    match wanted.map(|wanted| wanted as usize) {
        None => Ok(default),
        Some(wanted) if (1..=most).contains(&wanted) => Ok(wanted),
        Some(_) => Err(Problem::bad_request(format!("`limit` must be 1 to {most}."))),
    }
}
