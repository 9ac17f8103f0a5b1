//! The connection to the endpoint: one POST, its answer read event by event, in bounded time.

use std::{io::Read, sync::Arc, time::Duration};

use deepwiki_domain::{ErrorKind, StageError};
use deepwiki_ports::Result;
use ureq::{
    config::{AutoHeaderValue, Config},
    tls::{RootCerts, TlsConfig, TlsProvider},
};
use url::Url;

use crate::events::Events;

/// How long a connection may take to come about, how long the server may stay silent (a model on a small machine
/// reads a long prompt for minutes), and how long a whole call may take.
const CONNECT: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_secs(300);
const CALL: Duration = Duration::from_secs(1200);

/// How much of an answer that is no success is read.
const LONGEST_REFUSAL: u64 = 64 << 10;

/// Takes the data of an event; `false` where it has had enough.
type Taker<'a> = &'a mut dyn FnMut(&str) -> Result<bool>;

pub(crate) struct Client {
    agent: ureq::Agent,
    address: String,
    key: Option<String>,
}

impl Client {
    pub(crate) fn new(base: &Url, key: Option<String>) -> Self {
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .root_certs(RootCerts::PlatformVerifier)
            .build();
        let config = Config::builder()
            .tls_config(tls)
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .user_agent(AutoHeaderValue::None)
            .timeout_connect(Some(CONNECT))
            .timeout_resolve(Some(CONNECT))
            .timeout_recv_response(Some(SILENCE))
            .timeout_per_read(Some(SILENCE))
            .timeout_global(Some(CALL))
            .build();
        Self {
            agent: ureq::Agent::new_with_config(config),
            address: format!("{}/chat/completions", base.as_str().trim_end_matches('/')),
            key,
        }
    }

    /// Sends a request and hands on the data of each event of the answer. Blocks.
    pub(crate) fn post(&self, body: &[u8], mut take: impl FnMut(&str) -> Result<bool>) -> Result<()> {
        let mut request = self
            .agent
            .post(&self.address)
            .header("Content-Type", "application/json")
            .header("Accept", "text/event-stream");
        if let Some(key) = &self.key {
            request = request.header("Authorization", format!("Bearer {key}"));
        }
        let response = request.send(body).map_err(|error| unreachable(&error))?;
        if !response.status().is_success() {
            return Err(refused(response));
        }
        read_events(response, &mut take)
    }
}

fn read_events(response: ureq::http::Response<ureq::Body>, take: Taker<'_>) -> Result<()> {
    let mut reader = response.into_body().into_reader();
    let mut events = Events::default();
    let mut buffer = vec![0; 16 << 10];
    loop {
        let read = reader.read(&mut buffer).map_err(|error| {
            StageError::transient("the connection to the model's server broke, try again").with_detail(error)
        })?;
        if read == 0 || !events.push(buffer.get(..read).unwrap_or_default(), take)? {
            return Ok(());
        }
    }
}

fn unreachable(error: &ureq::Error) -> StageError {
    let message = match error {
        ureq::Error::Timeout(_) => "the model's server did not answer in time, try again",
        _ => "the model's server cannot be reached: see that it runs and that --base-url is right",
    };
    StageError::transient(message).with_detail(error)
}

/// What a status means. The server's own words go to the operator; a prompt is never among them in full.
fn refused(response: ureq::http::Response<ureq::Body>) -> StageError {
    let status = response.status().as_u16();
    let wait = response
        .headers()
        .get("retry-after")
        .and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let mut said = String::new();
    let read = response
        .into_body()
        .into_reader()
        .take(LONGEST_REFUSAL)
        .read_to_string(&mut said);
    let said: String = said.chars().take(300).collect();
    let detail = match read {
        Ok(_) => format!("{status}: {said}"),
        Err(error) => format!("{status}: {error}"),
    };
    let (kind, message) = match status {
        429 if said.contains("insufficient_quota") => (
            ErrorKind::Invalid,
            "the account of the model's key has no quota left",
        ),
        429 => (
            ErrorKind::Throttled(wait),
            "the model's server is busy, try again later",
        ),
        401 | 403 => (
            ErrorKind::Invalid,
            "the model's server refused the key: set OPENAI_API_KEY",
        ),
        404 => (
            ErrorKind::Invalid,
            "the model's server does not know the model or the path: check --model and --base-url",
        ),
        408 | 409 | 425 | 500.. => (ErrorKind::Transient, "the model's server had a fault, try again"),
        _ => (
            ErrorKind::Permanent,
            "the model's server refused the request: check that --model fits it",
        ),
    };
    StageError::new(kind, message).with_detail(detail)
}
