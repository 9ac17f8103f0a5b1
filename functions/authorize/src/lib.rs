//! Who asks, on AWS: the gateway's authorizer, and where people sign in.
//!
//! A request shows who it comes from by a bearer token (programs, agents) or by a cookie that no script can read
//! (people). Both hold an access token of the user pool, which is verified here. A request that shows nothing is let
//! through without a principal: the service behind decides what is open, and leads browsers to `/login`.

mod authorizer;
mod keys;
mod login;
mod token;

use async_trait::async_trait;
use deepwiki_ports::{Clock, Result};
use serde_json::Value;

pub use keys::KeyCache;
pub use login::COOKIE;
pub use token::{Claims, Refusal};

/// What this function asks of the user pool.
#[async_trait]
pub trait Web: Send + Sync {
    /// The body of a document.
    async fn get(&self, url: &str) -> Result<Vec<u8>>;

    /// The body of the answer to a form.
    async fn post_form(&self, url: &str, form: &str) -> Result<Vec<u8>>;
}

/// What the deployment decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The user pool: `https://cognito-idp.<region>.amazonaws.com/<pool>`.
    pub issuer: String,
    /// Where its keys are; below the issuer where none is named.
    pub keys_url: String,
    /// The client that people sign in with.
    pub web_client: String,
    /// Clients whose access tokens are taken besides.
    pub other_clients: Vec<String>,
    /// Where people sign in: `https://<domain>.auth.<region>.amazoncognito.com`.
    pub login_domain: String,
    /// Members may do everything.
    pub admin_group: String,
    /// Members may register and build.
    pub operator_group: String,
}

/// What the function works with.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The deployment.
    pub settings: &'a Settings,
    /// The pool's keys.
    pub keys: &'a KeyCache,
    /// The way to the pool.
    pub web: &'a dyn Web,
    /// The time.
    pub clock: &'a dyn Clock,
}

/// Answers an event of the gateway: a question of its authorizer, or a request to one of the routes of signing in.
pub async fn handle(event: &Value, context: Context<'_>) -> Result<Value> {
    if event.get("methodArn").is_some() {
        authorizer::decide(event, context).await
    } else {
        login::answer(event, context).await
    }
}

/// A header of a gateway's event, by its name in lower case.
fn header<'a>(event: &'a Value, name: &str) -> Option<&'a str> {
    let headers = event.get("headers")?.as_object()?;
    let found = headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.and_then(|(_, value)| value.as_str())
}

/// The values of a cookie of a gateway's event.
fn cookies<'a>(event: &'a Value, wanted: &'a str) -> impl Iterator<Item = &'a str> {
    let line = header(event, "cookie").unwrap_or_default();
    let pairs = line.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs
        .filter(move |(name, _)| *name == wanted)
        .map(|(_, value)| value)
}
