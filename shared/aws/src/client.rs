//! How every client of an AWS service is set up: TLS, time limits, attempts.

use std::time::Duration;

pub use aws_config::SdkConfig;
use aws_config::{BehaviorVersion, retry::RetryConfig, timeout::TimeoutConfig};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use deepwiki_domain::StageError;
use deepwiki_ports::Result;

/// Attempts of one call. Few: the state machine owns the retries of a stage.
const ATTEMPTS: u32 = 3;

/// The configuration that all clients share, from the environment that Lambda sets (region, credentials), and
/// the standard `AWS_ENDPOINT_URL` variables.
pub async fn load() -> SdkConfig {
    let http = Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(3))
        .read_timeout(Duration::from_secs(20))
        .operation_attempt_timeout(Duration::from_secs(60))
        .operation_timeout(Duration::from_secs(120))
        .build();
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .load()
        .await
}

/// The region of the deployment.
pub fn region(sdk: &SdkConfig) -> Result<String> {
    let region = sdk.region().map(|region| region.as_ref().to_owned());
    region.ok_or_else(|| StageError::permanent("the AWS region is not set: set AWS_REGION"))
}

/// A client of S3. Where an endpoint of one's own is set there are no names of buckets in the DNS, so that the
/// bucket goes into the path.
pub(crate) fn s3(sdk: &SdkConfig) -> aws_sdk_s3::Client {
    let own_endpoint = sdk.endpoint_url().is_some() || std::env::var_os("AWS_ENDPOINT_URL_S3").is_some();
    let config = aws_sdk_s3::config::Builder::from(sdk)
        .force_path_style(own_endpoint)
        .build();
    aws_sdk_s3::Client::from_conf(config)
}
