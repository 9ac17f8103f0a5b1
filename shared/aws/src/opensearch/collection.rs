//! Signed calls to a collection: SigV4 for the service `aoss`, which wants the body's digest in a header of its own.

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::{
    http_request::{PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use aws_smithy_http_client::{
    Connector,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::{
    client::{
        http::{HttpConnector, HttpConnectorSettings},
        orchestrator::HttpRequest,
    },
    http::Headers,
};
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream};
use deepwiki_domain::{ErrorKind, StageError};
use deepwiki_ports::Result;
use serde_json::Value;

use crate::client;

const SERVICE: &str = "aoss";

/// How often one call is made at most.
const ATTEMPTS: u32 = 3;

/// How long one attempt may take.
const ATTEMPT_TIME: Duration = Duration::from_secs(30);

/// How long the second attempt waits at least; the third twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// A body that every call carries.
#[derive(Debug, Clone, Copy)]
pub(super) enum Body<'a> {
    /// One JSON document.
    Json(&'a Value),
    /// A JSON document a line.
    Lines(&'a str),
}

/// A collection's endpoint and who calls it.
#[derive(Debug)]
pub(super) struct Collection {
    connector: Connector,
    credentials: SharedCredentialsProvider,
    region: String,
    endpoint: String,
}

/// What the collection answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
    retry_after: Option<u32>,
}

impl Collection {
    /// The collection at this endpoint, by the credentials and the region of this configuration.
    pub(super) fn new(sdk: &SdkConfig, endpoint: &str) -> Result<Self> {
        let settings = HttpConnectorSettings::builder()
            .connect_timeout(Duration::from_secs(3))
            .read_timeout(ATTEMPT_TIME)
            .build();
        let mut connector = Connector::builder().connector_settings(settings);
        connector.set_sleep_impl(sdk.sleep_impl());
        Ok(Self {
            connector: connector.tls_provider(Provider::Rustls(CryptoMode::Ring)).build(),
            credentials: sdk
                .credentials_provider()
                .ok_or_else(|| StageError::permanent("there are no AWS credentials"))?,
            region: client::region(sdk)?,
            endpoint: endpoint.trim_end_matches('/').to_owned(),
        })
    }

    /// Calls, again where that may help, and gives the answer's body. `doing` completes "… failed".
    pub(super) async fn call(&self, doing: &str, method: &str, path: &str, body: Body<'_>) -> Result<Value> {
        let answer = self.answer(doing, method, path, body).await?;
        match answer.problem(doing) {
            None => Ok(answer.body),
            Some(problem) => Err(problem),
        }
    }

    /// The same, whatever is answered.
    pub(super) async fn answer(
        &self,
        doing: &str,
        method: &str,
        path: &str,
        body: Body<'_>,
    ) -> Result<Answer> {
        let mut attempt = 1;
        loop {
            let answer = self.attempt(doing, method, path, body).await;
            let problem = match &answer {
                Ok(answer) => answer.problem(doing),
                Err(error) => Some(error.clone()),
            };
            let wait = match problem.map(|problem| problem.kind) {
                Some(ErrorKind::Transient | ErrorKind::Throttled(None)) => pause(attempt),
                _ => return answer,
            };
            if attempt >= ATTEMPTS {
                return answer;
            }
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    async fn attempt(&self, doing: &str, method: &str, path: &str, body: Body<'_>) -> Result<Answer> {
        let lost = |error: &dyn std::fmt::Display| {
            StageError::transient(format!(
                "{doing} failed: the search service did not answer, try again"
            ))
            .with_detail(error)
        };
        let request = self.request(method, path, body).await?;
        let response = self.connector.call(request).await.map_err(|error| lost(&error))?;
        let status = response.status().as_u16();
        let retry_after = response
            .headers()
            .get("retry-after")
            .and_then(|text| text.trim().parse().ok());
        let bytes = ByteStream::new(response.into_body())
            .collect()
            .await
            .map_err(|error| lost(&error))?
            .into_bytes();
        Ok(Answer {
            status,
            // What stands in front of the service does not answer in JSON when it fails.
            body: serde_json::from_slice(&bytes).unwrap_or_default(),
            retry_after,
        })
    }

    async fn request(&self, method: &str, path: &str, body: Body<'_>) -> Result<HttpRequest> {
        let unmade = |error: &dyn std::fmt::Display| {
            StageError::permanent("a request to the search service could not be made").with_detail(error)
        };
        let uri = format!("{}{path}", self.endpoint);
        let (kind, body) = match body {
            Body::Json(value) => ("application/json", value.to_string()),
            Body::Lines(lines) => ("application/x-ndjson", lines.to_owned()),
        };
        let credentials = self.credentials.provide_credentials().await.map_err(|error| {
            StageError::transient("the AWS credentials could not be loaded, try again").with_detail(error)
        })?;
        let identity = credentials.into();
        let mut settings = SigningSettings::default();
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(SERVICE)
            .time(SystemTime::now())
            .settings(settings)
            .build()
            .map_err(|error| unmade(&error))?
            .into();
        let headers = std::iter::once(("content-type", kind));
        let signable = SignableRequest::new(method, &uri, headers, SignableBody::Bytes(body.as_bytes()))
            .map_err(|error| unmade(&error))?;
        let (signed, _) = sign(signable, &parameters)
            .map_err(|error| unmade(&error))?
            .into_parts();
        let mut all = Headers::new();
        all.insert("content-type", kind);
        for (name, value) in signed.headers() {
            all.insert(name.to_owned(), value.to_owned());
        }
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_method(method).map_err(|error| unmade(&error))?;
        request.set_uri(uri).map_err(|error| unmade(&error))?;
        *request.headers_mut() = all;
        Ok(request)
    }
}

impl Answer {
    /// What is wrong with it. The service's own words may quote what was sent, so that its kind of error alone is kept.
    pub(super) fn problem(&self, doing: &str) -> Option<StageError> {
        problem_of(doing, self.status, &self.body, self.retry_after)
    }

    /// The kind of error by the service's own name.
    pub(super) fn kind_of_error(&self) -> &str {
        kind_of_error(&self.body)
    }
}

/// What a status and the error beside it mean; none where it is a success.
pub(super) fn problem_of(
    doing: &str,
    status: u16,
    body: &Value,
    retry_after: Option<u32>,
) -> Option<StageError> {
    let (kind, advice) = match status {
        200..=299 => return None,
        429 => (
            ErrorKind::Throttled(retry_after),
            "the search service is busy, try again later",
        ),
        408 | 500..=599 => (ErrorKind::Transient, "the search service had a fault, try again"),
        401 | 403 => (
            ErrorKind::Permanent,
            "access was denied, check the collection's data access policy and the function's role",
        ),
        _ => (ErrorKind::Permanent, "the search service refused the request"),
    };
    let error = StageError::new(kind, format!("{doing} failed: {advice}"));
    Some(error.with_detail(format!("{status} {}", kind_of_error(body))))
}

fn kind_of_error(body: &Value) -> &str {
    let error = body.get("error");
    let kind = error.and_then(|error| error.get("type")).and_then(Value::as_str);
    kind.unwrap_or_default()
}

/// Twice as long after each attempt, and up to half as long again, so that those who failed together do not come back
/// together.
pub(super) fn pause(attempt: u32) -> Duration {
    let base = FIRST_PAUSE.saturating_mul(1 << attempt.saturating_sub(1).min(6));
    let nanos = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
        .subsec_nanos();
    base + base.mul_f64(f64::from(nanos % 1_000_000) / 2e6)
}
