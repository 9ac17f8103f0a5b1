//! The token of a service that others than this machine can reach: sent as a bearer token by programs, and exchanged
//! by people for a cookie that no script can read.

use std::sync::Arc;

use axum::{
    Form,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Response},
};
use deepwiki_domain::access::{Principal, Role};
use serde::Deserialize;

use super::Identity;
use crate::{Problem, html, router::Shared};

/// The shortest token that is taken, in bytes: one that cannot be guessed.
const SHORTEST_TOKEN: usize = 16;

/// The name of the cookie. Without TLS a browser takes no cookie of the `__Host-` kind.
const COOKIE: &str = "deepwiki-session";

/// How long the cookie lasts, in seconds: a week.
const COOKIE_AGE: u32 = 7 * 24 * 60 * 60;

/// Opens to whoever has the token.
pub struct TokenDoor {
    /// The digest of the token: what is compared says nothing of the token, however long the comparison takes.
    token: blake3::Hash,
    /// What the cookie holds: it follows from the token, so that a new token ends all sessions.
    session: String,
    principal: Arc<Principal>,
}

impl TokenDoor {
    /// None where the token is too short to be one.
    pub fn new(token: &str) -> Option<Self> {
        let session = blake3::derive_key("deepwiki session cookie", token.as_bytes());
        let principal = Principal {
            name: "token".to_owned(),
            role: Role::Admin,
            groups: Default::default(),
        };
        (token.len() >= SHORTEST_TOKEN).then(|| Self {
            token: blake3::hash(token.as_bytes()),
            session: blake3::Hash::from_bytes(session).to_hex().to_string(),
            principal: Arc::new(principal),
        })
    }

    /// Who the request comes from, where it has the token or its cookie.
    pub(super) fn principal(&self, headers: &HeaderMap) -> Option<Arc<Principal>> {
        let bearer = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim());
        let knows = match bearer {
            Some(token) => self.is_token(token),
            None => cookies(headers).any(|cookie| self.is_session(cookie)),
        };
        knows.then(|| Arc::clone(&self.principal))
    }

    /// Comparing hashes takes the same time wherever they differ.
    fn is_token(&self, token: &str) -> bool {
        blake3::hash(token.as_bytes()) == self.token
    }

    fn is_session(&self, cookie: &str) -> bool {
        blake3::hash(cookie.as_bytes()) == blake3::hash(self.session.as_bytes())
    }

    fn cookie(&self, age: u32) -> String {
        let value = if age == 0 { "" } else { &self.session };
        format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={age}")
    }
}

impl std::fmt::Debug for TokenDoor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenDoor")
    }
}

/// The values of our cookie, of which a request may have several.
fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(header::COOKIE).into_iter();
    let pairs = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'));
    pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == COOKIE)
        .map(|(_, value)| value)
}

/// What the form sends.
#[derive(Deserialize)]
pub(crate) struct SignIn {
    #[serde(default)]
    token: String,
}

/// Where a person signs in.
pub(crate) async fn sign_in_page(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    match &shared.settings.identity {
        Identity::Token(_) => html::sign_in_page(shared.service(), &headers, false),
        Identity::Loopback | Identity::Gateway => to_start(&shared, None),
    }
}

/// Exchanges the token for the cookie.
pub(crate) async fn sign_in(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Form(form): Form<SignIn>,
) -> Response {
    match &shared.settings.identity {
        Identity::Token(door) if door.is_token(form.token.trim()) => {
            to_start(&shared, Some(door.cookie(COOKIE_AGE)))
        }
        Identity::Token(_) => {
            let mut page = html::sign_in_page(shared.service(), &headers, true);
            *page.status_mut() = StatusCode::FORBIDDEN;
            page
        }
        Identity::Loopback | Identity::Gateway => Problem::not_found("Nobody signs in here.").into_response(),
    }
}

/// Takes the cookie back.
pub(crate) async fn sign_out(State(shared): State<Arc<Shared>>) -> Response {
    let cookie = match &shared.settings.identity {
        Identity::Token(door) => Some(door.cookie(0)),
        Identity::Loopback | Identity::Gateway => None,
    };
    to_start(&shared, cookie)
}

fn to_start(shared: &Shared, cookie: Option<String>) -> Response {
    let location = [(header::LOCATION, format!("{}/", shared.base_path()))];
    let cookie = AppendHeaders(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    (StatusCode::SEE_OTHER, location, cookie).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "correct horse battery staple";

    fn with(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn the_token_and_its_cookie_open_and_nothing_else_does() {
        let door = TokenDoor::new(TOKEN).unwrap();
        let opens = |headers: &HeaderMap| door.principal(headers).is_some();
        assert!(opens(&with(header::AUTHORIZATION, &format!("Bearer {TOKEN}"))));
        assert!(opens(&with(header::AUTHORIZATION, &format!("bearer  {TOKEN}"))));
        let session = door.session.clone();
        assert!(opens(&with(header::COOKIE, &format!("a=b; {COOKIE}={session}"))));
        for headers in [
            HeaderMap::new(),
            with(header::AUTHORIZATION, "Bearer wrong"),
            with(header::AUTHORIZATION, &format!("Basic {TOKEN}")),
            with(header::AUTHORIZATION, TOKEN),
            with(header::COOKIE, &format!("{COOKIE}={TOKEN}")),
            with(header::COOKIE, &format!("{COOKIE}=")),
            with(header::COOKIE, &format!("other={session}")),
        ] {
            assert!(!opens(&headers), "{headers:?}");
        }
        let other = TokenDoor::new("another token that is long").unwrap();
        assert_ne!(other.session, session, "a new token ends all sessions");
        assert!(!session.contains(TOKEN));
    }

    #[test]
    fn a_short_token_is_none() {
        assert!(TokenDoor::new("short").is_none());
    }
}
