//! Git credentials of CodeCommit, made from the function's role: the URL is signed by SigV4 with the method
//! `GIT`, as `git-remote-codecommit` does it. The signature is the password, and good for 15 minutes.

use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider},
};
use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use deepwiki_domain::StageError;
use deepwiki_ports::Result;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// What opens a repository of CodeCommit.
#[derive(Clone, PartialEq, Eq)]
pub struct GitCredential {
    /// The access key, and the session token where there is one.
    pub username: String,
    /// Time and signature.
    pub password: String,
}

/// Signs URLs by the role of the function.
#[derive(Debug, Clone)]
pub struct CodeCommit {
    credentials: Option<SharedCredentialsProvider>,
    region: Option<String>,
    endpoint: Option<String>,
}

impl CodeCommit {
    /// By the credentials and the region of this configuration. `endpoint` stands in for
    /// `https://git-codecommit.<region>.amazonaws.com`.
    pub fn new(sdk: &SdkConfig, endpoint: Option<String>) -> Self {
        Self {
            credentials: sdk.credentials_provider(),
            region: sdk.region().map(|region| region.as_ref().to_owned()),
            endpoint,
        }
    }

    /// Signs now for a repository in this region (the function's own where none is named).
    pub async fn sign(&self, region: Option<&str>, repository: &str) -> Result<GitCredential> {
        let region = region
            .or(self.region.as_deref())
            .ok_or_else(|| StageError::permanent("the AWS region is not set"))?;
        let provider = self
            .credentials
            .as_ref()
            .ok_or_else(|| StageError::permanent("there are no AWS credentials"))?;
        let credentials = provider.provide_credentials().await.map_err(|error| {
            StageError::transient("the AWS credentials could not be loaded, try again").with_detail(error)
        })?;
        let base = match &self.endpoint {
            Some(endpoint) => endpoint.clone(),
            None => service_url(region),
        };
        Ok(sign(&base, region, repository, &credentials, SystemTime::now()))
    }
}

pub(crate) fn service_url(region: &str) -> String {
    format!("https://git-codecommit.{region}.amazonaws.com")
}

fn sign(
    base: &str,
    region: &str,
    repository: &str,
    credentials: &Credentials,
    now: SystemTime,
) -> GitCredential {
    let path = format!("/v1/repos/{repository}");
    let host = base.split_once("://").map_or(base, |(_, host)| host);
    let canonical = format!("GIT\n{path}\n\nhost:{host}\n\nhost\n");
    // No `Z` in what is signed, but one in the password.
    let time = Timestamp::try_from(now)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .strftime("%Y%m%dT%H%M%S")
        .to_string();
    let date = time.get(..8).unwrap_or_default();
    let digest = hex(&Sha256::digest(canonical.as_bytes()));
    let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{date}/{region}/codecommit/aws4_request\n{digest}");
    let key = generate_signing_key(credentials.secret_access_key(), now, region, "codecommit");
    let signature = calculate_signature(key, to_sign.as_bytes());
    let token = credentials.session_token().map(|token| format!("%{token}"));
    GitCredential {
        username: format!("{}{}", credentials.access_key_id(), token.unwrap_or_default()),
        password: format!("{time}Z{signature}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn keys(key: &str, secret: &str, token: Option<String>) -> Credentials {
        Credentials::new(key, secret, token, None, "test")
    }

    /// The passwords were made by git-remote-codecommit's `sign` on botocore's SigV4.
    #[test]
    fn the_signature_is_that_of_git_remote_codecommit() {
        let credentials = keys(
            "AKIDEXAMPLE",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            Some("session/token+1==".to_owned()),
        );
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_709_251_199);
        for (base, password) in [
            (
                "https://git-codecommit.ap-northeast-1.amazonaws.com",
                "20240229T235959Zad3de59f8e6b7498e211683b60c57c07a4255bebcf76460cd8e48841dc55c98b",
            ),
            (
                "http://127.0.0.1:8999",
                "20240229T235959Zdfef746d39bce8894d5580cbf5ee0e542a6f9b19bc031e92cf86c87b7cd224dc",
            ),
        ] {
            let signed = sign(base, "ap-northeast-1", "demo", &credentials, now);
            assert_eq!(signed.username, "AKIDEXAMPLE%session/token+1==");
            assert_eq!(signed.password, password);
        }
        let unnamed = keys("AKIDEXAMPLE", "secret", None);
        assert_eq!(
            sign("https://h", "r", "demo", &unnamed, now).username,
            "AKIDEXAMPLE"
        );
    }
}
