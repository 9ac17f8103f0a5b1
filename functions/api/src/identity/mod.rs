//! Who asks: found out before any handler runs, and put where [`crate::router::Permitted`] finds it.

mod origin;
mod rate;
mod token;

use std::{net::SocketAddr, sync::Arc};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use deepwiki_domain::access::Principal;

use crate::{
    Problem,
    router::{Shared, answer_problem},
};

pub use token::TokenDoor;

pub(crate) use origin::is_same as is_same_origin;
pub(crate) use rate::{REQUESTS, RateLimit, SIGN_INS};
pub(crate) use token::{sign_in, sign_in_page, sign_out};

/// How those who ask show who they are.
#[derive(Debug, Clone)]
pub enum Identity {
    /// They need not: only this machine's own processes reach the service. Requests that name another host are
    /// refused, so that no page on the web reaches it under a name of its own.
    Loopback,
    /// By a token that they were given, or the cookie that it was exchanged for. Who has it may do everything.
    Token(Arc<TokenDoor>),
    /// The gateway before this service has found out, and the main has put an `Arc<Principal>` into the request's
    /// extensions.
    Gateway,
}

/// Lets a request pass with its principal, or refuses it.
pub(crate) async fn admit(State(shared): State<Arc<Shared>>, mut request: Request, next: Next) -> Response {
    let headers = request.headers().clone();
    let path = request.uri().path().to_owned();
    if let Err(seconds) = within_rate(&shared, &request) {
        let problem = Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            format!("That was too often: try again in {seconds} seconds."),
        );
        return answer_problem(&shared, &headers, problem.retry_after(seconds));
    }
    if is_open(&path) {
        return next.run(request).await;
    }
    if matches!(shared.settings.identity, Identity::Loopback) && !origin::names_loopback(&request) {
        let problem = Problem::new(
            StatusCode::MISDIRECTED_REQUEST,
            "This service answers at `localhost` and `127.0.0.1` alone.",
        );
        return answer_problem(&shared, &headers, problem);
    }
    if !is_safe(request.method()) && !origin::is_same(&headers) {
        let problem = Problem::forbidden("The request comes from a page of another site.");
        return answer_problem(&shared, &headers, problem);
    }
    let principal = match &shared.settings.identity {
        Identity::Loopback => Some(Arc::new(Principal::local())),
        Identity::Token(door) => door.principal(&headers),
        Identity::Gateway => request.extensions().get::<Arc<Principal>>().cloned(),
    };
    match principal {
        Some(principal) => {
            request.extensions_mut().insert(principal);
            next.run(request).await
        }
        None => refuse(&shared, &headers),
    }
}

/// Whether the client asks no more often than it may; else when it may again, in seconds. Where a gateway stands before the
/// service, nothing is known of the client here, and the gateway limits it.
fn within_rate(shared: &Shared, request: &Request) -> Result<(), u32> {
    let Some(ConnectInfo(client)) = request.extensions().get::<ConnectInfo<SocketAddr>>() else {
        return Ok(());
    };
    shared.requests.admit(client.ip())?;
    if request.method() == Method::POST && request.uri().path() == "/login" {
        shared.sign_ins.admit(client.ip())?;
    }
    Ok(())
}

/// A browser is led to where it can sign in; a program is told.
fn refuse(shared: &Shared, headers: &HeaderMap) -> Response {
    if crate::rest::wants_html(headers) {
        let to = format!("{}/login", shared.base_path());
        return (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response();
    }
    let challenge = [(header::WWW_AUTHENTICATE, challenge(shared, headers))];
    (challenge, Problem::unauthorized()).into_response()
}

/// How to show who one is; behind a gateway, agents find there who issues tokens (RFC 9728).
fn challenge(shared: &Shared, headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let is_name = |host: &&str| {
        host.bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':'))
    };
    match (&shared.settings.identity, host.filter(is_name)) {
        (Identity::Gateway, Some(host)) => format!(
            "Bearer realm=\"deepwiki\", resource_metadata=\"https://{host}{}/.well-known/oauth-protected-resource\"",
            shared.base_path()
        ),
        _ => "Bearer realm=\"deepwiki\"".to_owned(),
    }
}

/// What needs no identity: whether the service is up, its files, signing in, and deliveries that are signed.
fn is_open(path: &str) -> bool {
    matches!(path, "/healthz" | "/login" | "/webhooks/github") || path.starts_with("/assets/")
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}
