use std::{
    collections::VecDeque,
    convert::Infallible,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use aws_config::BehaviorVersion;
use aws_credential_types::Credentials;
use aws_sdk_bedrockruntime::config::{
    Region,
    http::{HttpRequest, HttpResponse},
};
use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_types::{
    body::SdkBody,
    event_stream::{Header, HeaderValue, Message},
};
use bytes::Bytes;
use deepwiki_domain::{
    ErrorKind,
    model::{Speaker, Stop, Tokens, Turn},
};
use serde_json::{Value, json};

use super::*;

const SONNET: &str = "jp.anthropic.claude-sonnet-4-5-20250929-v1:0";

/// Answers every request with a status, a header and a body in pieces; keeps what was asked.
#[derive(Debug, Clone, Default)]
struct Service {
    status: u16,
    header: Option<(&'static str, &'static str)>,
    pieces: Vec<Bytes>,
    /// Whether more seems to come after the last piece, and never does.
    stalls: bool,
    asked: Arc<Mutex<Vec<(String, Value)>>>,
}

impl HttpConnector for Service {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        assert!(request.headers().get("authorization").is_some(), "it is signed");
        let body = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        let path = request.uri().split_once(".com").unwrap().1.to_owned();
        self.asked.lock().unwrap().push((path, body));
        let body = Body {
            pieces: self.pieces.clone().into(),
            stalls: self.stalls,
        };
        let mut response = HttpResponse::new(self.status.try_into().unwrap(), SdkBody::from_body_1_x(body));
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        HttpConnectorFuture::ready(Ok(response))
    }
}

/// A body that arrives as these pieces.
struct Body {
    pieces: VecDeque<Bytes>,
    stalls: bool,
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<std::result::Result<http_body::Frame<Bytes>, Infallible>>> {
        match self.pieces.pop_front() {
            Some(piece) => Poll::Ready(Some(Ok(http_body::Frame::data(piece)))),
            None if self.stalls => Poll::Pending,
            None => Poll::Ready(None),
        }
    }
}

impl Service {
    fn of(status: u16, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            pieces: vec![body.into()],
            ..Self::default()
        }
    }

    fn model(&self, id: &str) -> BedrockModel {
        let service = self.clone();
        let config = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("ap-northeast-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .http_client(http_client_fn(move |_, _| {
                SharedHttpConnector::new(service.clone())
            }));
        BedrockModel::with(config, ModelCard::of(id))
    }

    fn asked(&self) -> Value {
        let asked = self.asked.lock().unwrap();
        let (path, body) = asked.last().unwrap();
        json!({"path": path, "body": body})
    }
}

fn prompt() -> Prompt {
    let turn = |speaker, text: &str| Turn {
        speaker,
        text: text.to_owned(),
    };
    Prompt {
        system: "rules".to_owned(),
        shared: "card ".repeat(2000),
        turns: vec![
            turn(Speaker::User, "page"),
            turn(Speaker::Model, "reply"),
            turn(Speaker::User, "mend"),
        ],
        max_tokens: 9000,
        json: true,
    }
}

fn answer() -> Value {
    json!({
        "output": {"message": {"role": "assistant", "content": [
            {"reasoningContent": {"reasoningText": {"text": "hm"}}}, {"text": "{\"a\""}, {"text": ":1}"}
        ]}},
        "stopReason": "max_tokens",
        "usage": {"inputTokens": 30, "outputTokens": 7, "totalTokens": 97, "cacheReadInputTokens": 60,
                  "cacheWriteInputTokens": 5},
        "metrics": {"latencyMs": 1}
    })
}

#[tokio::test]
async fn each_family_gets_its_own_request() {
    for (name, id) in [
        ("claude-sonnet-4-5", SONNET),
        ("claude-3-7-sonnet", "anthropic.claude-3-7-sonnet-20250219-v1:0"),
        ("claude-of-tomorrow", "jp.anthropic.claude-sonnet-9-v1:0"),
        ("nova", "amazon.nova-lite-v1:0"),
        ("llama", "meta.llama3-1-8b-instruct-v1:0"),
    ] {
        let service = Service::of(200, answer().to_string());
        service.model(id).converse(&prompt()).await.unwrap();
        let mut asked = service.asked();
        let shared = asked["body"]["messages"][0]["content"][0]["text"].take();
        assert_eq!(shared, json!(prompt().shared));
        insta::assert_json_snapshot!(name, asked);
    }
}

#[tokio::test]
async fn what_is_too_short_to_be_kept_is_not_marked() {
    let service = Service::of(200, answer().to_string());
    let short = Prompt {
        shared: "card".to_owned(),
        ..prompt()
    };
    service.model(SONNET).converse(&short).await.unwrap();
    assert!(!service.asked().to_string().contains("cachePoint"));
}

#[tokio::test]
async fn a_whole_reply_is_read_without_what_is_not_text() {
    let reply = Service::of(200, answer().to_string())
        .model(SONNET)
        .converse(&prompt())
        .await
        .unwrap();
    assert_eq!((reply.text.as_str(), reply.stop), (r#"{"a":1}"#, Stop::Length));
    let tokens = Tokens {
        input: 30,
        cache_read: 60,
        cache_write: 5,
        output: 7,
    };
    assert_eq!(reply.tokens, tokens);
}

/// An event as it travels.
fn event(kind: &str, payload: &Value) -> Vec<u8> {
    framed("event", ":event-type", kind, payload)
}

fn framed(message_type: &str, kind_header: &str, kind: &str, payload: &Value) -> Vec<u8> {
    let text = |value: &str| HeaderValue::String(value.to_owned().into());
    let message = Message::new(payload.to_string())
        .add_header(Header::new(":message-type", text(message_type)))
        .add_header(Header::new(kind_header.to_owned(), text(kind)))
        .add_header(Header::new(":content-type", text("application/json")));
    let mut bytes = Vec::new();
    write_message_to(&message, &mut bytes).unwrap();
    bytes
}

/// A stream of a reply in Japanese, up to its end and its account.
fn stream() -> Vec<u8> {
    [
        event("messageStart", &json!({"role": "assistant"})),
        event("contentBlockDelta", &json!({"contentBlockIndex": 0, "delta": {"text": "設定を"}})),
        event("contentBlockDelta", &json!({"contentBlockIndex": 0, "delta": {"text": "読む。"}})),
        event("contentBlockStop", &json!({"contentBlockIndex": 0})),
        event("messageStop", &json!({"stopReason": "end_turn"})),
        event(
            "metadata",
            &json!({"usage": {"inputTokens": 9, "outputTokens": 4, "totalTokens": 13}, "metrics": {"latencyMs": 1}}),
        ),
    ]
    .concat()
}

async fn hear(service: &Service) -> (Result<Reply>, String) {
    let mut heard = String::new();
    let model = service.model(SONNET);
    let reply = model.stream(&prompt(), &mut |piece| heard.push_str(piece)).await;
    (reply, heard)
}

#[tokio::test]
async fn a_stream_broken_at_any_boundary_reads_the_same() {
    let bytes = stream();
    let mut service = Service::of(200, Bytes::new());
    for at in 0..=bytes.len() {
        let next = (at + 1).min(bytes.len());
        service.pieces = [&bytes[..at], &bytes[at..next], &bytes[next..]]
            .map(Bytes::copy_from_slice)
            .into_iter()
            .filter(|piece| !piece.is_empty())
            .collect();
        let (reply, heard) = hear(&service).await;
        let reply = reply.unwrap();
        assert_eq!(
            (reply.text.as_str(), reply.stop),
            ("設定を読む。", Stop::Complete),
            "broken at {at}"
        );
        assert_eq!((heard, reply.tokens.output), (reply.text, 4), "broken at {at}");
    }
    assert!(
        service.asked()["path"]
            .as_str()
            .unwrap()
            .ends_with("/converse-stream")
    );
}

#[tokio::test]
async fn a_stream_that_ends_early_is_no_reply() {
    let bytes = stream();
    let end = stream().len() - event("metadata", &json!({})).len();
    for at in (0..end / 2).step_by(7) {
        let (reply, _) = hear(&Service::of(200, bytes[..at].to_vec())).await;
        assert_eq!(reply.unwrap_err().kind, ErrorKind::Transient, "cut at {at}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_falls_silent_is_given_up() {
    let mut service = Service::of(200, stream()[..200].to_vec());
    service.stalls = true;
    let (reply, _) = hear(&service).await;
    let error = reply.unwrap_err();
    assert_eq!(
        (error.kind, error.message.contains("silent")),
        (ErrorKind::Transient, true)
    );
}

#[tokio::test]
async fn what_breaks_a_stream_off_tells_what_to_do() {
    for (exception, kind) in [
        ("throttlingException", ErrorKind::Throttled(None)),
        ("modelStreamErrorException", ErrorKind::Transient),
        ("serviceUnavailableException", ErrorKind::Transient),
        ("validationException", ErrorKind::Permanent),
    ] {
        let broken = framed(
            "exception",
            ":exception-type",
            exception,
            &json!({"message": "no"}),
        );
        let first = event(
            "contentBlockDelta",
            &json!({"contentBlockIndex": 0, "delta": {"text": "half"}}),
        );
        let (reply, heard) = hear(&Service::of(200, [first, broken].concat())).await;
        assert_eq!(
            (heard.as_str(), reply.unwrap_err().kind),
            ("half", kind),
            "{exception}"
        );
    }
}

#[tokio::test]
async fn each_refusal_has_its_kind() {
    for (status, exception, kind) in [
        (429, "ThrottlingException", ErrorKind::Throttled(Some(7))),
        (400, "ServiceQuotaExceededException", ErrorKind::Throttled(None)),
        (408, "ModelTimeoutException", ErrorKind::Transient),
        (424, "ModelErrorException", ErrorKind::Transient),
        (429, "ModelNotReadyException", ErrorKind::Transient),
        (503, "ServiceUnavailableException", ErrorKind::Transient),
        (500, "InternalServerException", ErrorKind::Transient),
        (400, "ValidationException", ErrorKind::Permanent),
        (403, "AccessDeniedException", ErrorKind::Permanent),
        (404, "ResourceNotFoundException", ErrorKind::Permanent),
    ] {
        let mut service = Service::of(status, format!(r#"{{"message":"no","__type":"{exception}"}}"#));
        service.header = (kind == ErrorKind::Throttled(Some(7))).then_some(("retry-after", "7"));
        let error = service.model(SONNET).converse(&prompt()).await.unwrap_err();
        assert_eq!(error.kind, kind, "{exception}");
        assert!(error.detail.contains(exception), "{}", error.detail);
        assert_eq!(
            service.asked.lock().unwrap().len(),
            1,
            "{exception}: one attempt is made"
        );
    }
}
