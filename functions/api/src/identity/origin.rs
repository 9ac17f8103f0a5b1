//! From where a request was sent: against pages of other sites that send requests in their reader's name.

use axum::{
    extract::Request,
    http::{HeaderMap, header, uri::Authority},
};

/// Whether the request names this machine as its host. One that names none comes from no browser.
pub(super) fn names_loopback(request: &Request) -> bool {
    let host = request
        .headers()
        .get(header::HOST)
        .map(|host| host.to_str().unwrap_or("?"));
    let host = host.or_else(|| request.uri().authority().map(Authority::as_str));
    host.is_none_or(is_loopback)
}

fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|loopback| name.eq_ignore_ascii_case(loopback))
}

/// Whether a request that changes something was sent by a page of this site, or by no page at all. Browsers say where a
/// request comes from in `Sec-Fetch-Site`, older ones in `Origin`; neither can be set by a page. A request that carries
/// its own authorization cannot be forged by one either.
pub(crate) fn is_same(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if headers.contains_key(header::AUTHORIZATION) {
        return true;
    }
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site")) {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(header::ORIGIN) else {
        return true;
    };
    let origin_host = origin.split_once("://").map(|(_, host)| host);
    origin_host.is_some() && origin_host == text(header::HOST)
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::HeaderName};

    use super::*;

    #[test]
    fn only_this_machine_s_names_are_loopback() {
        for (host, expected) in [
            ("localhost:8080", true),
            ("LOCALHOST", true),
            ("127.0.0.1:1", true),
            ("[::1]:8080", true),
            ("evil.example", false),
            ("localhost.evil.example:8080", false),
            ("127.0.0.1.evil.example", false),
            ("", false),
        ] {
            let request = Request::builder().header(header::HOST, host).body(Body::empty());
            assert_eq!(names_loopback(&request.unwrap()), expected, "{host}");
        }
        assert!(
            names_loopback(&Request::new(Body::empty())),
            "no browser leaves it out"
        );
    }

    #[test]
    fn pages_of_other_sites_are_told_apart() {
        let headers = |pairs: &[(&str, &str)]| -> HeaderMap {
            let pairs = pairs.iter().map(|(name, value)| {
                let name: HeaderName = name.parse().unwrap();
                (name, value.parse().unwrap())
            });
            pairs.collect()
        };
        for (pairs, expected) in [
            (&[] as &[(&str, &str)], true),
            (&[("sec-fetch-site", "same-origin"), ("origin", "null")], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "same-site")], false),
            (
                &[("host", "a.example:81"), ("origin", "https://a.example:81")],
                true,
            ),
            (&[("host", "a.example"), ("origin", "https://b.example")], false),
            (&[("host", "a.example"), ("origin", "null")], false),
            (&[("origin", "https://b.example")], false),
            (
                &[("origin", "https://b.example"), ("authorization", "Bearer x")],
                true,
            ),
        ] {
            assert_eq!(is_same(&headers(pairs)), expected, "{pairs:?}");
        }
    }
}
