//! Where a repository comes from, and which origins are refused.

mod hosts;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::{CommitId, RepoPath, RepositoryId};

pub use hosts::{GitHosts, InvalidHosts};

/// A repository's origin, checked and in one canonical form.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum RepositorySource {
    /// `https://github.com/<owner>/<name>`.
    GitHub {
        /// The user or organisation.
        owner: String,
        /// The repository.
        name: String,
    },
    /// `codecommit://<name>` or `codecommit::<region>://<name>`.
    CodeCommit {
        /// The AWS region; the deployment's own where none is named.
        region: Option<String>,
        /// The repository.
        name: String,
    },
    /// Any other Git host over https, without credentials, query or fragment.
    Https(
        /// The URL, without a `.git` ending.
        String,
    ),
    /// A folder of this machine: absolute, `/` between parts. Accepted by the local command alone.
    Path(String),
}

/// Why an origin is refused; says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSource {
    /// Not `https`, `codecommit` or, locally, a path.
    #[error("`{0}` is not supported: use an https:// or codecommit:// URL")]
    Scheme(String),
    /// A user name or password stands in the URL.
    #[error("the URL has credentials in it: take them out and store a token instead")]
    Credentials,
    /// The host is this machine, a private network or a link-local address.
    #[error("`{0}` is a private or local address: only public hosts are allowed")]
    PrivateHost(String),
    /// Has the right scheme but not the right form.
    #[error("the URL is malformed: {0}")]
    Malformed(&'static str),
}

impl RepositorySource {
    /// Reads a URL. Never accepts a path; see [`RepositorySource::local_path`].
    pub fn parse_url(text: &str) -> Result<Self, InvalidSource> {
        let text = text.trim();
        if text.len() > 2048 || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(InvalidSource::Malformed(
                "white space, control characters, or too long",
            ));
        }
        if text.contains('%') || text.contains("/..") {
            return Err(InvalidSource::Malformed("it has escapes or `..` in it"));
        }
        if let Some(rest) = text.strip_prefix("codecommit:") {
            return Self::parse_codecommit(rest);
        }
        let url = Url::parse(text).map_err(|_| InvalidSource::Malformed("it is no URL"))?;
        if url.scheme() != "https" {
            return Err(InvalidSource::Scheme(url.scheme().to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidSource::Credentials);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidSource::Malformed("it has a query or fragment"));
        }
        let host = url.host().ok_or(InvalidSource::Malformed("it names no host"))?;
        if is_private_host(&host) {
            return Err(InvalidSource::PrivateHost(host.to_string()));
        }
        let host = host.to_string();
        let path = url.path().trim_matches('/');
        let path = path.strip_suffix(".git").unwrap_or(path);
        let parts: Vec<&str> = path.split('/').collect();
        if path.is_empty() || RepoPath::new(path).is_err() {
            return Err(InvalidSource::Malformed("its path names no repository"));
        }
        match parts.as_slice() {
            [owner, name] if host == "github.com" || host == "www.github.com" => {
                if !is_repository_name(owner) || !is_repository_name(name) {
                    return Err(InvalidSource::Malformed(
                        "GitHub URLs are https://github.com/<owner>/<repository>",
                    ));
                }
                Ok(Self::GitHub {
                    owner: (*owner).to_owned(),
                    name: (*name).to_owned(),
                })
            }
            _ if host == "github.com" || host == "www.github.com" => Err(InvalidSource::Malformed(
                "GitHub URLs are https://github.com/<owner>/<repository>",
            )),
            ["v1", "repos", name]
                if host.starts_with("git-codecommit.") && host.ends_with(".amazonaws.com") =>
            {
                let region = host
                    .trim_start_matches("git-codecommit.")
                    .trim_end_matches(".amazonaws.com");
                Self::codecommit(Some(region), name)
            }
            _ => {
                let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
                Ok(Self::Https(format!("https://{host}{port}/{path}")))
            }
        }
    }

    fn parse_codecommit(rest: &str) -> Result<Self, InvalidSource> {
        match rest.strip_prefix(':') {
            Some(rest) => {
                let (region, name) = rest.split_once("://").ok_or(InvalidSource::Malformed(
                    "use codecommit::<region>://<repository>",
                ))?;
                Self::codecommit(Some(region), name)
            }
            None => {
                let name = rest
                    .strip_prefix("//")
                    .ok_or(InvalidSource::Malformed("use codecommit://<repository>"))?;
                Self::codecommit(None, name)
            }
        }
    }

    fn codecommit(region: Option<&str>, name: &str) -> Result<Self, InvalidSource> {
        if name.contains('@') {
            return Err(InvalidSource::Credentials);
        }
        if !is_repository_name(name) {
            return Err(InvalidSource::Malformed(
                "a CodeCommit name is 1 to 100 letters, digits, '.', '_' and '-'",
            ));
        }
        let region_ok = |region: &str| {
            (5..=25).contains(&region.len())
                && region
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if region.is_some_and(|region| !region_ok(region)) {
            return Err(InvalidSource::Malformed("the region is not one of AWS's"));
        }
        Ok(Self::CodeCommit {
            region: region.map(str::to_owned),
            name: name.to_owned(),
        })
    }

    /// A folder of this machine. `path` must be absolute, UTF-8 and without `.` or `..` parts.
    pub fn local_path(path: &str) -> Result<Self, InvalidSource> {
        let path = path.replace('\\', "/");
        let absolute = path.starts_with('/') || path.as_bytes().get(1) == Some(&b':');
        if !absolute || path.split('/').any(|part| part == "..") || path.chars().any(char::is_control) {
            return Err(InvalidSource::Malformed(
                "a local path must be absolute and plain",
            ));
        }
        let trimmed = path.trim_end_matches('/');
        Ok(Self::Path(if trimmed.is_empty() {
            "/".to_owned()
        } else {
            trimmed.to_owned()
        }))
    }

    /// The repository's short name: the last part of its origin.
    pub fn name(&self) -> &str {
        match self {
            Self::GitHub { name, .. } | Self::CodeCommit { name, .. } => name,
            Self::Https(text) | Self::Path(text) => text
                .rsplit('/')
                .find(|part| !part.is_empty())
                .unwrap_or("repository"),
        }
    }

    /// `github`, `codecommit`, `git` or `path`.
    pub fn provider(&self) -> &'static str {
        match self {
            Self::GitHub { .. } => "github",
            Self::CodeCommit { .. } => "codecommit",
            Self::Https(_) => "git",
            Self::Path(_) => "path",
        }
    }

    /// The canonical form, which [`RepositorySource::parse_url`] or `local_path` reads back.
    pub fn url(&self) -> String {
        match self {
            Self::GitHub { owner, name } => format!("https://github.com/{owner}/{name}"),
            Self::CodeCommit {
                region: Some(region),
                name,
            } => format!("codecommit::{region}://{name}"),
            Self::CodeCommit { region: None, name } => format!("codecommit://{name}"),
            Self::Https(url) => url.clone(),
            Self::Path(path) => path.clone(),
        }
    }

    /// The repository's id: its name and eight digits of the canonical URL's digest, so that two
    /// repositories of one name stay apart and the same URL always gives the same id.
    pub fn repository_id(&self) -> RepositoryId {
        let name = crate::Slug::from_text(self.name());
        let digest = blake3::hash(self.url().to_lowercase().as_bytes()).to_hex();
        let digest = digest.get(..8).unwrap_or_default();
        let name: String = name.as_str().chars().take(60).collect();
        let name = name.trim_end_matches(['-', '.', '_']);
        match RepositoryId::new(format!("{name}-{digest}")) {
            Ok(id) => id,
            Err(_) => unreachable_id(digest),
        }
    }

    /// A link to these lines on the repository's host, where it has one that people can open.
    pub fn link(&self, commit: &CommitId, path: &RepoPath, start: u32, end: u32) -> Option<String> {
        let encoded = encode_path(path.as_str());
        match self {
            Self::GitHub { owner, name } => Some(format!(
                "https://github.com/{owner}/{name}/blob/{commit}/{encoded}#L{start}-L{end}"
            )),
            Self::CodeCommit {
                region: Some(region),
                name,
            } => Some(format!(
                "https://{region}.console.aws.amazon.com/codesuite/codecommit/repositories/{name}/browse/{commit}/--/{encoded}?region={region}&lines={start}-{end}"
            )),
            Self::Https(url) if url.starts_with("https://gitlab.") => {
                Some(format!("{url}/-/blob/{commit}/{encoded}#L{start}-{end}"))
            }
            Self::Https(url) if url.starts_with("https://codeberg.org/") => {
                Some(format!("{url}/src/commit/{commit}/{encoded}#L{start}-L{end}"))
            }
            Self::CodeCommit { region: None, .. } | Self::Https(_) | Self::Path(_) => None,
        }
    }
}

/// A slug never begins or ends with anything but a letter or digit, so this is not met; it keeps
/// `repository_id` total without a panic.
fn unreachable_id(digest: &str) -> RepositoryId {
    RepositoryId::new(format!("repository-{digest}")).unwrap_or_else(|_| unreachable_id("0"))
}

impl TryFrom<String> for RepositorySource {
    type Error = InvalidSource;
    fn try_from(text: String) -> Result<Self, InvalidSource> {
        if text.starts_with('/') || text.as_bytes().get(1) == Some(&b':') {
            Self::local_path(&text)
        } else {
            Self::parse_url(&text)
        }
    }
}

impl From<RepositorySource> for String {
    fn from(source: RepositorySource) -> String {
        source.url()
    }
}

impl std::fmt::Display for RepositorySource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.url())
    }
}

fn is_repository_name(name: &str) -> bool {
    (1..=100).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
        && !name.starts_with(['.', '-'])
}

fn is_private_host(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(domain) => {
            let domain = domain.trim_end_matches('.').to_ascii_lowercase();
            let last = domain.rsplit('.').next().unwrap_or_default();
            !domain.contains('.')
                || matches!(last, "localhost" | "local" | "internal" | "lan" | "home" | "arpa")
        }
        Host::Ipv4(address) => !is_public_address(IpAddr::V4(*address)),
        Host::Ipv6(address) => !is_public_address(IpAddr::V6(*address)),
    }
}

/// Whether an address may be connected to: not loopback, private, link-local (which holds the instance
/// metadata service), shared, benchmarking, documentation, multicast or reserved. To be asked again of
/// every address that a host name resolves to.
pub fn is_public_address(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || a == 0
        || a >= 224
        || (a == 100 && (64..128).contains(&b))
        || (a == 198 && (b == 18 || b == 19))
        || (a, b, c) == (192, 0, 0))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(v4) = address.to_ipv4_mapped() {
        return is_public_v4(v4);
    }
    let [first, second, ..] = address.segments();
    // Only 2000::/3 is handed out; of it, 6to4, Teredo and documentation can hide or stand for other addresses.
    (first & 0xe000) == 0x2000 && first != 0x2002 && !(first == 0x2001 && (second == 0 || second == 0x0db8))
}

fn encode_path(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                encoded.push(char::from(byte))
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_to_write_an_origin_has_one_canonical_form() {
        for (text, url) in [
            (
                "https://github.com/tokio-rs/tokio",
                "https://github.com/tokio-rs/tokio",
            ),
            (
                "https://github.com/tokio-rs/tokio.git",
                "https://github.com/tokio-rs/tokio",
            ),
            (
                "https://GitHub.com/tokio-rs/tokio/",
                "https://github.com/tokio-rs/tokio",
            ),
            ("codecommit://demo", "codecommit://demo"),
            (
                "codecommit::ap-northeast-1://demo",
                "codecommit::ap-northeast-1://demo",
            ),
            (
                "https://git-codecommit.ap-northeast-1.amazonaws.com/v1/repos/demo",
                "codecommit::ap-northeast-1://demo",
            ),
            ("https://gitlab.com/a/b/c.git", "https://gitlab.com/a/b/c"),
        ] {
            let source = RepositorySource::parse_url(text).unwrap();
            assert_eq!(source.url(), url);
            assert_eq!(RepositorySource::try_from(source.url()), Ok(source));
        }
    }

    #[test]
    fn unsafe_origins_are_refused() {
        for text in [
            "http://github.com/a/b",
            "ssh://git@github.com/a/b",
            "git@github.com:a/b",
            "file:///etc/passwd",
            "https://user:secret@github.com/a/b",
            "https://token@example.com/a",
            "https://127.0.0.1/a",
            "https://169.254.169.254/latest/meta-data",
            "https://[::1]/a",
            "https://[::ffff:10.0.0.1]/a",
            "https://10.1.2.3/a",
            "https://100.64.0.1/a",
            "https://2130706433/a",
            "https://localhost/a",
            "https://printer.local/a",
            "https://metadata.google.internal/a",
            "https://example.com/",
            "https://example.com/a?x=1",
            "https://github.com/only-owner",
            "https://example.com/%2e%2e/a",
            "codecommit://user@demo",
            "codecommit::x://demo",
            "codecommit://../x",
            "/etc",
            "",
        ] {
            assert!(
                RepositorySource::parse_url(text).is_err(),
                "{text} must be refused"
            );
        }
    }

    #[test]
    fn ids_are_stable_and_tell_namesakes_apart() {
        let id = |text| RepositorySource::parse_url(text).unwrap().repository_id();
        assert_eq!(
            id("https://github.com/a/demo"),
            id("https://github.com/a/demo.git")
        );
        assert_ne!(id("https://github.com/a/demo"), id("https://github.com/b/demo"));
        assert!(id("https://github.com/a/demo").as_str().starts_with("demo-"));
    }
}
