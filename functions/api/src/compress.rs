//! Answers take less of the wire where the asker understands gzip.

use std::io::Write;

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::Response,
};
use flate2::{Compression, write::GzEncoder};

/// What is shorter does not become shorter, in bytes.
const SHORTEST: usize = 1 << 10;

/// The same answer, compressed where its asker accepts that and it is text. Its body has to be in memory already.
pub(crate) async fn compressed(response: Response, accepted: Option<&HeaderValue>) -> Response {
    let is_encoded = response.headers().contains_key(header::CONTENT_ENCODING);
    if is_encoded || !accepted.is_some_and(accepts_gzip) || !is_text(&response) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(body) = axum::body::to_bytes(body, usize::MAX).await else {
        return Response::from_parts(parts, Body::empty());
    };
    let shorter = (body.len() >= SHORTEST).then(|| gzip(&body)).flatten();
    let Some(shorter) = shorter else {
        return Response::from_parts(parts, Body::from(body));
    };
    parts
        .headers
        .insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    parts.headers.remove(header::CONTENT_LENGTH);
    // A strong tag would promise the same bytes in every encoding.
    let tag = parts
        .headers
        .get(header::ETAG)
        .and_then(|tag| tag.to_str().ok())
        .filter(|tag| tag.starts_with('"'))
        .and_then(|tag| HeaderValue::from_str(&format!("W/{tag}")).ok());
    if let Some(tag) = tag {
        parts.headers.insert(header::ETAG, tag);
    }
    Response::from_parts(parts, Body::from(shorter))
}

fn gzip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::new(5));
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

fn accepts_gzip(accepted: &HeaderValue) -> bool {
    let accepted = accepted.to_str().unwrap_or_default();
    accepted.split(',').any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let is_refused = |part: &str| {
            let weight = part
                .strip_prefix("q=")
                .and_then(|weight| weight.parse::<f32>().ok());
            weight == Some(0.0)
        };
        is_gzip && !parts.any(is_refused)
    })
}

fn is_text(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.starts_with("text/") && kind != "text/event-stream"
        || kind.ends_with("json")
        || kind.ends_with("+xml")
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    async fn answer(
        kind: &'static str,
        body: &str,
        accepted: &'static str,
    ) -> (Option<HeaderValue>, Vec<u8>) {
        let response = Response::builder()
            .header(header::CONTENT_TYPE, kind)
            .header(header::ETAG, "\"a\"")
            .body(Body::from(body.to_owned()))
            .unwrap();
        let accepted = HeaderValue::from_static(accepted);
        let response = compressed(response, Some(&accepted)).await;
        let encoding = response.headers().get(header::CONTENT_ENCODING).cloned();
        let tag = if encoding.is_some() { "W/\"a\"" } else { "\"a\"" };
        assert_eq!(response.headers()[header::ETAG], tag);
        let body = axum::body::to_bytes(response.into_body(), usize::MAX)
            .await
            .unwrap();
        (encoding, body.to_vec())
    }

    #[tokio::test]
    async fn long_text_is_compressed_for_those_who_take_it() {
        let long = "a page of words ".repeat(400);
        for accepted in ["gzip", "br, GZIP;q=0.5", "deflate, gzip"] {
            let (encoding, body) = answer("text/html; charset=utf-8", &long, accepted).await;
            assert_eq!(encoding.unwrap(), "gzip");
            assert!(body.len() * 10 < long.len());
            let mut text = String::new();
            flate2::read::GzDecoder::new(body.as_slice())
                .read_to_string(&mut text)
                .unwrap();
            assert_eq!(text, long);
        }
    }

    #[tokio::test]
    async fn anything_else_stays_as_it_is() {
        let long = "a page of words ".repeat(400);
        for (kind, body, accepted) in [
            ("text/html", long.as_str(), "br"),
            ("text/html", &long, "gzip;q=0"),
            ("text/html", "short", "gzip"),
            ("text/event-stream", &long, "gzip"),
            ("application/zip", &long, "gzip"),
        ] {
            let (encoding, left) = answer(kind, body, accepted).await;
            assert_eq!((encoding, left.as_slice()), (None, body.as_bytes()), "{kind}");
        }
    }
}
