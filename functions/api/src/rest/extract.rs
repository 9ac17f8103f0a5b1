//! Reading parameters, with problem details for those that cannot be read.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};

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
