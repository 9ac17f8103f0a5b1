//! User names and passwords for Git hosts, and where the local command finds them.

use async_trait::async_trait;
use deepwiki_domain::source::RepositorySource;
use deepwiki_ports::Result;
use url::Url;

/// A user name and a password (or token), as HTTP basic authentication sends them.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// The user name; many hosts accept any with a token.
    pub username: String,
    /// The password or token.
    pub password: String,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credential(masked)")
    }
}

/// Knows what a host wants to see before it shows a repository.
#[async_trait]
pub trait Credentials: Send + Sync {
    /// The credential for this repository; none to read it as the public does.
    async fn get(&self, source: &RepositorySource) -> Result<Option<Credential>>;
}

/// Reads every repository as the public does.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCredentials;

#[async_trait]
impl Credentials for NoCredentials {
    async fn get(&self, _: &RepositorySource) -> Result<Option<Credential>> {
        Ok(None)
    }
}

/// What tokens stand for where no user name is given: GitHub's own convention, which others accept.
const TOKEN_USER: &str = "x-access-token";

/// Credentials from environment variables. A token goes to one host only, so that building somebody's
/// repository never shows it to their server:
/// `DEEPWIKI_GIT_TOKEN` (with `DEEPWIKI_GIT_USER`) to `DEEPWIKI_GIT_HOST`, which is github.com where it is not
/// set, and `GITHUB_TOKEN` to github.com.
#[derive(Debug, Clone, Default)]
pub struct EnvCredentials {
    by_host: Vec<(String, Credential)>,
}

impl EnvCredentials {
    /// Reads the process environment.
    pub fn from_env() -> Self {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    /// Reads the variables through `lookup`.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let lookup = |name| lookup(name).filter(|value| !value.trim().is_empty());
        let credential = |token: String, user: Option<String>| Credential {
            username: user.unwrap_or_else(|| TOKEN_USER.to_owned()),
            password: token.trim().to_owned(),
        };
        let mut by_host = Vec::new();
        if let Some(token) = lookup("DEEPWIKI_GIT_TOKEN") {
            let host = lookup("DEEPWIKI_GIT_HOST").unwrap_or_else(|| "github.com".to_owned());
            by_host.push((
                host.trim().to_ascii_lowercase(),
                credential(token, lookup("DEEPWIKI_GIT_USER")),
            ));
        }
        if let Some(token) = lookup("GITHUB_TOKEN") {
            by_host.push(("github.com".to_owned(), credential(token, None)));
        }
        Self { by_host }
    }
}

#[async_trait]
impl Credentials for EnvCredentials {
    async fn get(&self, source: &RepositorySource) -> Result<Option<Credential>> {
        let host = match source {
            RepositorySource::GitHub { .. } => "github.com".to_owned(),
            RepositorySource::Https(url) => host_with_port(url),
            RepositorySource::CodeCommit { .. } | RepositorySource::Path(_) => return Ok(None),
        };
        let found = self.by_host.iter().find(|(known, _)| *known == host);
        Ok(found.map(|(_, credential)| credential.clone()))
    }
}

/// `git.example.com`, or `git.example.com:8443` where the port is not https's own.
fn host_with_port(url: &str) -> String {
    let Ok(url) = Url::parse(url) else {
        return String::new();
    };
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn asked(variables: &[(&str, &str)], url: &str) -> Option<(String, String)> {
        let credentials = EnvCredentials::from_lookup(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        });
        let source = RepositorySource::parse_url(url).unwrap();
        let credential = credentials.get(&source).await.unwrap()?;
        Some((credential.username, credential.password))
    }

    #[tokio::test]
    async fn a_token_goes_to_its_own_host_alone() {
        let github = "https://github.com/a/b";
        let other = "https://git.example.com:8443/a/b";
        let answer = |user: &str, token: &str| Some((user.to_owned(), token.to_owned()));
        let hub = [("GITHUB_TOKEN", "t1")];
        assert_eq!(asked(&hub, github).await, answer(TOKEN_USER, "t1"));
        assert_eq!(asked(&hub, other).await, None);
        let own = [("GITHUB_TOKEN", "t1"), ("DEEPWIKI_GIT_TOKEN", "t2")];
        assert_eq!(asked(&own, github).await, answer(TOKEN_USER, "t2"));
        assert_eq!(asked(&own, other).await, None);
        let host = [
            ("DEEPWIKI_GIT_TOKEN", "t2"),
            ("DEEPWIKI_GIT_USER", "me"),
            ("DEEPWIKI_GIT_HOST", "git.example.com:8443"),
        ];
        assert_eq!(asked(&host, other).await, answer("me", "t2"));
        assert_eq!(asked(&host, github).await, None);
        assert_eq!(asked(&host, "codecommit://demo").await, None);
        assert_eq!(asked(&[("GITHUB_TOKEN", " ")], github).await, None);
    }

    #[test]
    fn a_credential_is_never_printed() {
        let credential = Credential {
            username: "me".into(),
            password: "hidden".into(),
        };
        assert_eq!(format!("{credential:?}"), "Credential(masked)");
    }
}
