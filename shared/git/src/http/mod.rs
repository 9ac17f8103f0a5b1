//! The HTTP client under gix's Git transport. It talks to one host only, at public addresses only, within a time
//! and a number of bytes, and stops when told to.

mod budget;
mod exchange;

use std::{
    io::{self, BufReader, Cursor},
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use base64::Engine as _;
use deepwiki_domain::source::is_public_address;
use gix_transport::client::blocking_io::http::{GetResponse, Http, PostBodyDataKind, PostResponse};
use ureq::{
    config::{AutoHeaderValue, Config},
    tls::{RootCerts, TlsConfig, TlsProvider},
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::{DefaultConnector, NextTimeout},
    },
};
use url::Url;

use crate::Credential;

pub(crate) use budget::{Budget, Failure};
use exchange::{Body, Exchange, Head, Metered, State, Upload};

/// How long a host may stay silent, and how long a connection may take to come about.
const SILENCE: Duration = Duration::from_secs(60);
const CONNECT: Duration = Duration::from_secs(20);

/// The longest list of branches and tags that is read, in bytes: it is held in memory.
const LARGEST_LISTING: u64 = 64 << 20;

/// How often a host may send on to another path of its own.
const MOST_REDIRECTS: usize = 3;

/// The client of one fetch.
#[derive(Clone)]
pub(crate) struct Client {
    agent: ureq::Agent,
    budget: Arc<Budget>,
    authorization: Option<String>,
    redirected_base: Option<String>,
}

impl Client {
    /// A client that sends this credential to the one host it is used for. `trusted` hosts, which the
    /// operator has named, may have private addresses.
    pub(crate) fn new(credential: Option<&Credential>, trusted: bool, budget: Arc<Budget>) -> Self {
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .root_certs(RootCerts::PlatformVerifier)
            .build();
        let config = Config::builder()
            .tls_config(tls)
            .proxy(None)
            .https_only(!trusted)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .user_agent(AutoHeaderValue::None)
            .timeout_connect(Some(CONNECT))
            .timeout_resolve(Some(CONNECT))
            .timeout_recv_response(Some(SILENCE))
            .timeout_per_read(Some(SILENCE))
            .build();
        let resolver = PublicResolver {
            trusted,
            budget: budget.clone(),
            inner: DefaultResolver::default(),
        };
        let basic = |credential: &Credential| {
            let pair = format!("{}:{}", credential.username, credential.password);
            format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
        };
        Self {
            agent: ureq::Agent::with_parts(config, DefaultConnector::new(), resolver),
            budget,
            authorization: credential.map(basic),
            redirected_base: None,
        }
    }

    fn request(&self, request: &Request) -> io::Result<ureq::http::Response<ureq::Body>> {
        let left = self.budget.check()?;
        let mut builder = ureq::http::Request::builder()
            .uri(&request.url)
            .method(match request.body {
                Some(_) => "POST",
                None => "GET",
            });
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        if let Some(authorization) = &self.authorization {
            builder = builder.header("Authorization", authorization);
        }
        let body = request.body.as_deref().unwrap_or_default();
        let prepared = builder.body(body).map_err(io::Error::other)?;
        let configured = self
            .agent
            .configure_request(prepared)
            .timeout_global(Some(left))
            .build();
        self.agent
            .run(configured)
            .map_err(|error| self.budget.fail(describe(error)))
    }

    /// Sends the request and reads the head of the answer, which must be a success.
    fn answer(&self, request: &Request) -> io::Result<(Vec<u8>, Body)> {
        let response = self.request(request)?;
        self.accept(request, response)
    }

    fn accept(
        &self,
        request: &Request,
        response: ureq::http::Response<ureq::Body>,
    ) -> io::Result<(Vec<u8>, Body)> {
        let status = response.status();
        if !status.is_success() {
            return Err(self.budget.fail(Failure::Status(status.as_u16())));
        }
        let mut head = Vec::new();
        for (name, value) in response.headers() {
            head.extend_from_slice(name.as_str().as_bytes());
            head.push(b':');
            head.extend_from_slice(value.as_bytes());
            head.push(b'\n');
        }
        let left = if request.asks_for_refs() {
            LARGEST_LISTING
        } else {
            u64::MAX
        };
        let reader = Metered {
            inner: response.into_body().into_reader(),
            left,
            budget: self.budget.clone(),
        };
        Ok((head, Body::Open(BufReader::with_capacity(64 << 10, reader))))
    }

    /// Follows a host that sends on to another path of its own, as after a repository was renamed.
    fn get_following(&mut self, url: &str, base: &str, headers: Headers) -> io::Result<(Vec<u8>, Body)> {
        let tail = url.strip_prefix(base).unwrap_or_default().to_owned();
        let mut request = Request {
            url: url.to_owned(),
            headers,
            body: None,
        };
        for _ in 0..=MOST_REDIRECTS {
            let response = self.request(&request)?;
            if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
                return self.accept(&request, response);
            }
            let location = response
                .headers()
                .get("location")
                .and_then(|value| value.to_str().ok());
            let next = location.and_then(|location| same_host(&request.url, location));
            let new_base = next.as_deref().and_then(|next| next.strip_suffix(tail.as_str()));
            let (Some(new_base), Some(next)) = (new_base, next.as_deref()) else {
                return Err(self.budget.fail(Failure::Redirected));
            };
            self.redirected_base = Some(new_base.to_owned());
            request.url = next.to_owned();
        }
        Err(self.budget.fail(Failure::Redirected))
    }
}

/// The place that a host sends on to, where it is the same host over the same protocol.
fn same_host(from: &str, location: &str) -> Option<String> {
    let from = Url::parse(from).ok()?;
    let to = from.join(location).ok()?;
    let place = |url: &Url| {
        (
            url.scheme().to_owned(),
            url.host_str().map(str::to_owned),
            url.port_or_known_default(),
        )
    };
    let plain = to.username().is_empty() && to.password().is_none();
    (place(&from) == place(&to) && plain).then(|| to.to_string())
}

fn describe(error: ureq::Error) -> Failure {
    match error {
        ureq::Error::Timeout(_) => Failure::TooSlow,
        ureq::Error::HostNotFound => Failure::UnknownHost,
        ureq::Error::Rustls(error) => Failure::Untrusted(error.to_string()),
        ureq::Error::Tls(error) => Failure::Untrusted(error.to_owned()),
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::TimedOut => Failure::TooSlow,
        ureq::Error::Io(error) if certificate_is_bad(&error) => Failure::Untrusted(error.to_string()),
        error => Failure::Connection(error.to_string()),
    }
}

fn certificate_is_bad(error: &io::Error) -> bool {
    let cause = error
        .get_ref()
        .and_then(|cause| cause.downcast_ref::<rustls::Error>());
    matches!(cause, Some(rustls::Error::InvalidCertificate(_)))
}

type Headers = Vec<(String, String)>;

struct Request {
    url: String,
    headers: Headers,
    body: Option<Vec<u8>>,
}

impl Request {
    /// Whether the answer is a list of branches and tags, not a pack.
    fn asks_for_refs(&self) -> bool {
        const COMMAND: &[u8] = b"command=ls-refs";
        let is_command = |body: &[u8]| body.windows(COMMAND.len()).any(|part| part == COMMAND);
        self.body.as_deref().is_none_or(is_command)
    }
}

fn parse_headers(lines: impl IntoIterator<Item = impl AsRef<str>>) -> Headers {
    let parse = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.trim().to_owned(), value.trim().to_owned()))
    };
    lines
        .into_iter()
        .filter_map(|line| parse(line.as_ref()))
        .collect()
}

impl Http for Client {
    type Headers = Head;
    type ResponseBody = Body;
    type PostBody = Upload;

    fn get(
        &mut self,
        url: &str,
        base_url: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> gix::Result<GetResponse<Head, Body>> {
        let headers = parse_headers(headers);
        let (head, body) = self
            .get_following(url, base_url, headers)
            .map_err(gix::Error::from_error)?;
        Ok(GetResponse {
            headers: Head::Read(Cursor::new(head)),
            body,
        })
    }

    fn post(
        &mut self,
        url: &str,
        _: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
        _: PostBodyDataKind,
    ) -> gix::Result<PostResponse<Head, Body, Upload>> {
        let exchange = Arc::new(Exchange {
            client: self.clone(),
            state: Mutex::new(State::Writing(Request {
                url: url.to_owned(),
                headers: parse_headers(headers),
                body: Some(Vec::new()),
            })),
        });
        Ok(PostResponse {
            post_body: Upload(exchange.clone()),
            headers: Head::Waiting(exchange.clone()),
            body: Body::Waiting(exchange),
        })
    }

    fn configure(&mut self, _: &dyn std::any::Any) -> gix::Result {
        Ok(())
    }

    fn redirected_base_url(&self) -> Option<String> {
        self.redirected_base.clone()
    }
}

/// Looks up names, and refuses those that stand for any address that is not public. The connection is made to
/// the very addresses that were checked, so that a second look-up cannot give others.
struct PublicResolver {
    trusted: bool,
    budget: Arc<Budget>,
    inner: DefaultResolver,
}

impl std::fmt::Debug for PublicResolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PublicResolver")
    }
}

impl Resolver for PublicResolver {
    fn resolve(
        &self,
        uri: &ureq::http::Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let addresses = self
            .inner
            .resolve(uri, config, timeout)
            .map_err(|error| match error {
                ureq::Error::Io(_) => ureq::Error::HostNotFound,
                error => error,
            })?;
        if !self.trusted && !all_public(addresses.iter().map(|address| address.ip())) {
            return Err(ureq::Error::Io(self.budget.fail(Failure::PrivateAddress)));
        }
        Ok(addresses)
    }
}

fn all_public(mut addresses: impl Iterator<Item = IpAddr>) -> bool {
    addresses.all(is_public_address)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::GitLimits;

    #[test]
    fn one_private_address_among_public_ones_is_enough_to_refuse() {
        let addresses = |texts: &[&str]| {
            texts
                .iter()
                .map(|text| text.parse().unwrap())
                .collect::<Vec<IpAddr>>()
        };
        assert!(all_public(
            addresses(&["140.82.112.3", "2606:4700::1"]).into_iter()
        ));
        for private in [
            "127.0.0.1",
            "169.254.169.254",
            "10.0.0.1",
            "::1",
            "fd00::1",
            "::ffff:10.0.0.1",
        ] {
            assert!(
                !all_public(addresses(&["140.82.112.3", private]).into_iter()),
                "{private}"
            );
        }
    }

    #[test]
    fn redirects_stay_on_the_host() {
        let from = "https://git.example.com/a/b/info/refs?service=git-upload-pack";
        for (location, allowed) in [
            ("/c/d/info/refs?service=git-upload-pack", true),
            (
                "https://git.example.com:443/c.git/info/refs?service=git-upload-pack",
                true,
            ),
            (
                "https://other.example.com/a/b/info/refs?service=git-upload-pack",
                false,
            ),
            (
                "http://git.example.com/a/b/info/refs?service=git-upload-pack",
                false,
            ),
            (
                "https://git.example.com:8443/a/b/info/refs?service=git-upload-pack",
                false,
            ),
            ("//169.254.169.254/a", false),
            ("https://me:secret@git.example.com/a", false),
        ] {
            assert_eq!(same_host(from, location).is_some(), allowed, "{location}");
        }
    }

    #[test]
    fn a_name_that_stands_for_this_machine_is_not_connected_to() {
        for url in [
            "https://localhost:1/a/info/refs",
            "https://127.0.0.1:1/a/info/refs",
        ] {
            let budget = Budget::new(&GitLimits::default(), Arc::default());
            let mut client = Client::new(None, false, budget.clone());
            let headers: [&str; 0] = [];
            assert!(client.get(url, url, headers).is_err());
            assert_eq!(budget.take_failure(), Some(Failure::PrivateAddress), "{url}");
        }
        let budget = Budget::new(&GitLimits::default(), Arc::default());
        let mut trusted = Client::new(None, true, budget.clone());
        let headers: [&str; 0] = [];
        assert!(
            trusted
                .get("http://127.0.0.1:1/", "http://127.0.0.1:1/", headers)
                .is_err()
        );
        assert!(matches!(budget.take_failure(), Some(Failure::Connection(_))));
    }

    #[test]
    fn nothing_is_sent_once_the_fetch_was_given_up() {
        let given_up = Arc::new(AtomicBool::new(true));
        let budget = Budget::new(&GitLimits::default(), given_up);
        let headers: [&str; 0] = [];
        let mut client = Client::new(None, true, budget.clone());
        assert!(
            client
                .get("http://127.0.0.1:1/", "http://127.0.0.1:1/", headers)
                .is_err()
        );
        assert_eq!(budget.take_failure(), Some(Failure::Cancelled));
    }
}
