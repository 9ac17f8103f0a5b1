//! How the functions read repositories: those of CodeCommit by their role, those of GitHub by the token in Secrets Manager,
//! others as the public does.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use aws_config::SdkConfig;
use deepwiki_domain::source::RepositorySource;
use deepwiki_git::{Credential, Credentials, Endpoint, GitLimits, GitOptions};
use deepwiki_ports::Result;

use crate::{
    Config, Secrets,
    client::region,
    codecommit::{CodeCommit, GitCredential, service_url},
};

/// What the token's secret holds while there is none.
const NO_TOKEN: &str = "none";

/// The user name that GitHub wants beside a token.
const TOKEN_USER: &str = "x-access-token";

/// Reads by this function's role. `fetch_time` is what one repository may take, less than the function may run.
pub fn git_options(sdk: &SdkConfig, config: &Config, fetch_time: Duration) -> Result<GitOptions> {
    let region = region(sdk)?;
    let stand_in = |from: String, to: &Option<String>| to.clone().map(|to| Endpoint { from, to });
    let endpoints = [
        stand_in(service_url(&region), &config.codecommit_endpoint),
        stand_in("https://github.com".to_owned(), &config.github_endpoint),
    ];
    Ok(GitOptions {
        limits: GitLimits {
            fetch_time,
            ..GitLimits::default()
        },
        hosts: config.git_hosts.clone(),
        credentials: Arc::new(HostCredentials {
            codecommit: CodeCommit::new(sdk, config.codecommit_endpoint.clone()),
            secrets: Secrets::new(sdk),
            github_credential_arn: config.github_credential_arn.clone(),
        }),
        endpoints: endpoints.into_iter().flatten().collect(),
        region: Some(region),
        ..GitOptions::default()
    })
}

/// Credentials of each host that has one.
struct HostCredentials {
    codecommit: CodeCommit,
    secrets: Secrets,
    github_credential_arn: Option<String>,
}

#[async_trait]
impl Credentials for HostCredentials {
    async fn get(&self, source: &RepositorySource) -> Result<Option<Credential>> {
        match (source, &self.github_credential_arn) {
            (RepositorySource::CodeCommit { region, name }, _) => {
                let GitCredential { username, password } =
                    self.codecommit.sign(region.as_deref(), name).await?;
                Ok(Some(Credential { username, password }))
            }
            (RepositorySource::GitHub { .. }, Some(arn)) => {
                let secret = self.secrets.get(arn).await?;
                Ok(token_credential(secret.expose()))
            }
            _ => Ok(None),
        }
    }
}

fn token_credential(token: &str) -> Option<Credential> {
    let token = token.trim();
    (!token.is_empty() && token != NO_TOKEN).then(|| Credential {
        username: TOKEN_USER.to_owned(),
        password: token.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_without_a_token_reads_as_the_public_does() {
        for empty in ["", " ", "none", "none\n"] {
            assert!(token_credential(empty).is_none(), "{empty:?}");
        }
        let credential = token_credential("example-token\n").unwrap();
        assert_eq!(
            (credential.username.as_str(), credential.password.as_str()),
            ("x-access-token", "example-token")
        );
    }
}
