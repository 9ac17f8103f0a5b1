//! The embedder on Bedrock, against a stand-in that answers as the service does.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed assertion is how a test fails"
)]

mod stand_in;

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use deepwiki_aws::{TitanEmbedder, config::TitanSettings};
use deepwiki_domain::{ErrorKind, circuit::CircuitRules};
use deepwiki_local::MemoryCircuits;
use deepwiki_ports::{CircuitBreaker, Embedder, Purpose, circuit::Guarded, clock::SystemClock};
use serde_json::{Value, json};

const MODEL: &str = "amazon.titan-embed-text-v2:0";

type Reply = dyn Fn(&Value) -> Response + Send + Sync;

/// A stand-in of the Bedrock runtime.
struct Bedrock {
    reply: Box<Reply>,
    calls: Mutex<Vec<(String, HeaderMap, Value)>>,
    under_way: AtomicUsize,
    most_under_way: AtomicUsize,
}

async fn invoke(
    State(bedrock): State<Arc<Bedrock>>,
    Path(model): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let under_way = bedrock.under_way.fetch_add(1, Ordering::SeqCst) + 1;
    bedrock.most_under_way.fetch_max(under_way, Ordering::SeqCst);
    tokio::task::yield_now().await;
    bedrock.calls.lock().unwrap().push((model, headers, body.clone()));
    let response = (bedrock.reply)(&body);
    bedrock.under_way.fetch_sub(1, Ordering::SeqCst);
    response
}

async fn bedrock(
    reply: impl Fn(&Value) -> Response + Send + Sync + 'static,
) -> (Arc<Bedrock>, TitanEmbedder) {
    let bedrock = Arc::new(Bedrock {
        reply: Box::new(reply),
        calls: Mutex::default(),
        under_way: AtomicUsize::new(0),
        most_under_way: AtomicUsize::new(0),
    });
    let router = Router::new()
        .route("/model/{model}/invoke", post(invoke))
        .with_state(Arc::clone(&bedrock));
    let address = stand_in::serve(router).await;
    let settings = TitanSettings {
        model: MODEL.to_owned(),
        dimensions: 256,
    };
    (
        bedrock,
        TitanEmbedder::new(&stand_in::sdk(&address).await, settings),
    )
}

/// A vector that points in a direction of the text's own, of length 3.
fn vector_of(text: &str) -> Vec<f32> {
    let mut vector = vec![0.0; 256];
    vector[text.len() % 256] = 3.0;
    vector
}

fn answer(body: &Value) -> Response {
    let embedding = vector_of(body["inputText"].as_str().unwrap());
    Json(json!({"embedding": embedding, "embeddingsByType": {"float": embedding}, "inputTextTokenCount": 5}))
        .into_response()
}

fn refusal(status: u16, kind: &str, message: &str) -> Response {
    let headers = [("x-amzn-errortype", kind.to_owned())];
    (
        StatusCode::from_u16(status).unwrap(),
        headers,
        Json(json!({"message": message})),
    )
        .into_response()
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[tokio::test]
async fn the_request_is_what_the_model_reads() {
    let (bedrock, titan) = bedrock(answer).await;
    assert_eq!(titan.model(), "amazon.titan-embed-text-v2:0@256");
    let vectors = titan
        .embed(&texts(&["fn main() {}"]), Purpose::Passage)
        .await
        .unwrap();
    assert_eq!(vectors[0][12], 1.0, "of length 1");
    let calls = bedrock.calls.lock().unwrap();
    let (model, headers, body) = &calls[0];
    assert_eq!(model, MODEL);
    assert_eq!(
        *body,
        json!({
            "inputText": "fn main() {}",
            "dimensions": 256,
            "normalize": true,
            "embeddingTypes": ["float"],
        })
    );
    let header = |name: &str| headers.get(name).unwrap().to_str().unwrap();
    assert_eq!(
        (header("content-type"), header("accept")),
        ("application/json", "application/json")
    );
    assert!(header("authorization").contains("/ap-northeast-1/bedrock/aws4_request"));
}

#[tokio::test]
async fn many_texts_keep_their_order_and_a_few_are_under_way_at_once() {
    let (bedrock, titan) = bedrock(answer).await;
    let many: Vec<String> = (1..100).map(|length| "x".repeat(length)).collect();
    let vectors = titan.embed(&many, Purpose::Passage).await.unwrap();
    for (text, vector) in many.iter().zip(&vectors) {
        assert_eq!(vector[text.len()], 1.0);
    }
    assert_eq!(vectors.len(), many.len());
    let most = bedrock.most_under_way.load(Ordering::SeqCst);
    assert!((2..=8).contains(&most), "{most}");
}

#[tokio::test]
async fn what_is_no_vector_is_an_error() {
    let of = |embedding: Value| move |_: &Value| Json(json!({"embedding": embedding})).into_response();
    for (embedding, kind) in [
        (json!([]), ErrorKind::Transient),
        (json!(vec![0.0; 256]), ErrorKind::Transient),
        (json!(vec![0.5; 1024]), ErrorKind::Permanent),
        (json!("text"), ErrorKind::Transient),
    ] {
        let (_, titan) = bedrock(of(embedding.clone())).await;
        let error = titan
            .embed(&texts(&["a", "b"]), Purpose::Query)
            .await
            .unwrap_err();
        assert_eq!(error.kind, kind, "{embedding}: {error}");
    }
    let (bedrock, titan) = bedrock(answer).await;
    let error = titan.embed(&texts(&[" \n"]), Purpose::Query).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert!(bedrock.calls.lock().unwrap().is_empty(), "the model is not asked");
}

#[tokio::test]
async fn refusals_say_what_helps() {
    for (status, kind, expected) in [
        (429, "ThrottlingException", ErrorKind::Throttled(None)),
        (429, "ModelNotReadyException", ErrorKind::Throttled(None)),
        (503, "ServiceUnavailableException", ErrorKind::Transient),
        (424, "ModelErrorException", ErrorKind::Transient),
        (403, "AccessDeniedException", ErrorKind::Permanent),
        (400, "ValidationException", ErrorKind::Permanent),
    ] {
        let (_, titan) = bedrock(move |_| refusal(status, kind, "no")).await;
        let error = titan.embed(&texts(&["a"]), Purpose::Query).await.unwrap_err();
        assert_eq!(error.kind, expected, "{kind}: {error}");
    }
}

#[tokio::test]
async fn a_text_that_the_model_finds_too_long_is_shortened() {
    let (bedrock, titan) = bedrock(|body| {
        let text = body["inputText"].as_str().unwrap();
        if text.chars().count() > 3000 {
            let message = "400 Bad Request: Too many input tokens. Max input tokens: 8192, request input token count: 9000 ";
            refusal(400, "ValidationException", message)
        } else {
            answer(body)
        }
    })
    .await;
    let text = "検索".repeat(3000);
    titan.embed(&[text], Purpose::Passage).await.unwrap();
    let lengths: Vec<usize> = bedrock
        .calls
        .lock()
        .unwrap()
        .iter()
        .map(|(_, _, body)| body["inputText"].as_str().unwrap().chars().count())
        .collect();
    assert_eq!(lengths, [4096, 2048], "first cut by the estimate, then halved");
}

#[tokio::test]
async fn a_model_that_keeps_failing_is_left_alone() {
    let (bedrock, titan) = bedrock(|_| refusal(503, "ServiceUnavailableException", "no")).await;
    let breaker = CircuitBreaker::new(
        Arc::new(MemoryCircuits::default()),
        Arc::new(SystemClock),
        "bedrock",
        CircuitRules {
            failures: 3,
            ..CircuitRules::default()
        },
    );
    let guarded = Guarded::new(titan, breaker);
    for _ in 0..10 {
        guarded.embed(&texts(&["a"]), Purpose::Query).await.unwrap_err();
    }
    assert_eq!(bedrock.calls.lock().unwrap().len(), 3);
}
