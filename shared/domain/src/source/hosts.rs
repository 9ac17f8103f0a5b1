//! Which Git hosts repositories may come from.

use std::str::FromStr;

use url::Url;

use super::RepositorySource;
use crate::StageError;

/// The Git hosts that a deployment reads from. CodeCommit is one always: its repositories are of the deployment's own
/// account, and opened by its roles.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GitHosts {
    /// `github.com`, `git.example.com:8443`, or `*.example.com` for all below it; none for any public host.
    allowed: Vec<String>,
}

/// A list of hosts that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no host: write names such as github.com or *.example.com, joined by commas")]
pub struct InvalidHosts(String);

impl GitHosts {
    /// Any public host.
    pub fn any() -> Self {
        Self::default()
    }

    /// Whether a repository may be read.
    pub fn allows(&self, source: &RepositorySource) -> bool {
        let host = match source {
            RepositorySource::GitHub { .. } => "github.com".to_owned(),
            RepositorySource::Https(url) => host_of(url),
            RepositorySource::CodeCommit { .. } | RepositorySource::Path(_) => return true,
        };
        let matches = |allowed: &String| match allowed.strip_prefix('*') {
            Some(domain) => host.len() > domain.len() && host.ends_with(domain),
            None => host == *allowed,
        };
        self.allowed.is_empty() || self.allowed.iter().any(matches)
    }

    /// `Invalid` where a repository may not be read.
    pub fn check(&self, source: &RepositorySource) -> Result<(), StageError> {
        if self.allows(source) {
            return Ok(());
        }
        Err(StageError::invalid(format!(
            "the host of {source} is not among those that this deployment reads from ({}): ask its operator to add it",
            self.allowed.join(", ")
        )))
    }
}

impl FromStr for GitHosts {
    type Err = InvalidHosts;

    /// Reads names that are joined by commas; an empty text allows any public host.
    fn from_str(text: &str) -> Result<Self, InvalidHosts> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let allowed = parts.map(|part| {
            let part = part.to_ascii_lowercase();
            let name = part.strip_prefix("*.").unwrap_or(&part);
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
            let valid = name.contains('.') && !name.starts_with('.') && name.chars().all(plain);
            if valid { Ok(part) } else { Err(InvalidHosts(part)) }
        });
        Ok(Self {
            allowed: allowed.collect::<Result<_, _>>()?,
        })
    }
}

/// `git.example.com`, or `git.example.com:8443` where the port is not https's own.
fn host_of(url: &str) -> String {
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

    #[test]
    fn only_hosts_of_the_list_are_read() {
        let hosts: GitHosts = "github.com, *.Example.com,git.other.org:8443".parse().unwrap();
        for (url, allowed) in [
            ("https://github.com/a/b", true),
            ("https://git.example.com/a/b", true),
            ("https://example.com/a/b", false),
            ("https://notexample.com/a/b", false),
            ("https://github.com.evil.org/a/b", false),
            ("https://gitlab.com/a/b", false),
            ("https://git.other.org:8443/a", true),
            ("https://git.other.org/a", false),
            ("codecommit://payments", true),
        ] {
            let source = RepositorySource::parse_url(url).unwrap();
            assert_eq!(hosts.allows(&source), allowed, "{url}");
            assert_eq!(hosts.check(&source).is_ok(), allowed, "{url}");
            assert!(GitHosts::any().allows(&source));
        }
    }

    #[test]
    fn a_list_that_could_mean_anything_is_refused() {
        for text in ["*", "*.", "https://github.com", "localhost", "a b.com", "*.*.com"] {
            assert!(text.parse::<GitHosts>().is_err(), "{text}");
        }
        assert_eq!("".parse(), Ok(GitHosts::any()));
    }
}
