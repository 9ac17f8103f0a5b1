//! Questions over HTTP: what is asked, what is answered, what is refused.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed assertion is how a test fails"
)]

mod support;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
};
use deepwiki_api::{Settings, router};
use serde_json::{Value, json};
use support::{COMMIT, Memory, sample::sample};
use tower::ServiceExt;

async fn service() -> (Router, String) {
    let memory = Arc::new(Memory::default());
    let id = memory.publish(sample()).await;
    (router(memory.ports(), &Settings::default()), id.to_string())
}

async fn post(router: &Router, accept: &str, body: impl Into<Body>) -> (StatusCode, String) {
    let request = Request::post("/ask")
        .header(header::ACCEPT, accept)
        .body(body.into())
        .unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX)
        .await
        .unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn ask(router: &Router, body: Value) -> (StatusCode, Value) {
    let (status, text) = post(router, "application/json", body.to_string()).await;
    (status, serde_json::from_str(&text).unwrap())
}

#[tokio::test]
async fn an_answer_is_made_of_lines_at_the_commit() {
    let (router, id) = service().await;
    let (status, answer) = ask(&router, json!({"question": "generation", "repositories": [id]})).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        (&answer["status"], &answer["language"]),
        (&json!("extracts"), &json!("en"))
    );
    assert!(answer["notice"].as_str().unwrap().contains("Extracts"));
    let (passages, citations) = (
        answer["passages"].as_array().unwrap(),
        answer["citations"].as_array().unwrap(),
    );
    assert!(passages.len() >= 3 && citations.len() >= 3, "{answer}");
    for (at, citation) in citations.iter().enumerate() {
        assert_eq!(citation["number"], json!(at + 1));
        assert_eq!(
            (&citation["repository"], &citation["commit"]),
            (&json!(id), &json!(COMMIT))
        );
    }
    for passage in passages {
        let number = passage["citations"][0].as_u64().unwrap() as usize;
        let citation = &citations[number - 1];
        let address = format!(
            "/repos/{id}/source/{}?start={}&end={}",
            citation["path"].as_str().unwrap(),
            citation["start"],
            citation["end"]
        );
        let request = Request::get(address).body(Body::empty()).unwrap();
        let source = router.clone().oneshot(request).await.unwrap().into_body();
        let source: Value =
            serde_json::from_slice(&axum::body::to_bytes(source, usize::MAX).await.unwrap()).unwrap();
        let shown: Vec<&str> = passage["text"].as_str().unwrap().lines().collect();
        let stands: Vec<&str> = source["text"].as_str().unwrap().lines().collect();
        assert_eq!(shown, stands, "a passage is what stands at its lines");
    }
}

#[tokio::test]
async fn what_nothing_speaks_of_is_not_found() {
    let (router, _) = service().await;
    for (question, language) in [("How do I bake a cake?", "en"), ("ケーキの焼き方は？", "ja")] {
        let (status, answer) = ask(&router, json!({"question": question})).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(
            (&answer["status"], &answer["language"]),
            (&json!("not-found"), &json!(language))
        );
        assert_eq!(
            (&answer["passages"], &answer["citations"]),
            (&json!([]), &json!([]))
        );
    }
}

#[tokio::test]
async fn an_answer_also_comes_as_events() {
    let (router, _) = service().await;
    let (status, stream) = post(
        &router,
        "text/event-stream",
        json!({"question": "generation"}).to_string(),
    )
    .await;
    assert_eq!(status, StatusCode::OK);
    let events: Vec<&str> = stream
        .lines()
        .filter_map(|line| line.strip_prefix("event: "))
        .collect();
    assert!(events.ends_with(&["answer", "end"]), "{events:?}");
    assert_eq!(
        events.first(),
        Some(&"citation"),
        "what a passage rests on comes before it"
    );
    assert!(
        events.contains(&"passage") && events.contains(&"citation"),
        "{events:?}"
    );
}

#[tokio::test]
async fn what_is_no_question_is_refused() {
    let (router, _) = service().await;
    for (body, refusal) in [
        ("", StatusCode::BAD_REQUEST),
        ("{}", StatusCode::BAD_REQUEST),
        ("{\"question\": 7}", StatusCode::BAD_REQUEST),
        ("{\"question\": \"a\", \"model\": \"b\"}", StatusCode::BAD_REQUEST),
        (
            "{\"question\": \"a\", \"code\": [\"klingon\"]}",
            StatusCode::BAD_REQUEST,
        ),
        (
            "{\"question\": \"a\", \"repositories\": [\"../x\"]}",
            StatusCode::BAD_REQUEST,
        ),
        (
            "{\"question\": \"a\", \"repositories\": [\"unknown-12345678\"]}",
            StatusCode::NOT_FOUND,
        ),
    ] {
        let (status, text) = post(&router, "application/json", body).await;
        assert_eq!(status, refusal, "{body}: {text}");
        assert_eq!(
            serde_json::from_str::<Value>(&text).unwrap()["status"],
            json!(refusal.as_u16())
        );
    }
    let long = json!({"question": "あ".repeat(1001)}).to_string();
    assert_eq!(
        post(&router, "application/json", long).await.0,
        StatusCode::BAD_REQUEST
    );
    let (status, _) = post(&router, "application/json", "x".repeat(1 << 20)).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
}
