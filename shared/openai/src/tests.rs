use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
};

use deepwiki_domain::{
    ErrorKind,
    model::{Speaker, Stop, Turn},
};

use super::*;

fn prompt() -> Prompt {
    let turn = |speaker, text: &str| Turn {
        speaker,
        text: text.to_owned(),
    };
    Prompt {
        system: "rules".to_owned(),
        shared: "card".to_owned(),
        turns: vec![
            turn(Speaker::User, "page"),
            turn(Speaker::Model, "reply"),
            turn(Speaker::User, "mend"),
        ],
        max_tokens: 9000,
        json: true,
    }
}

#[test]
fn each_family_gets_its_own_request() {
    for (name, id) in [
        ("local", "qwen3:8b"),
        ("gpt-4", "gpt-4.1"),
        ("gpt-5", "gpt-5-mini"),
    ] {
        let request = serde_json::to_value(Request::new(&ModelCard::of(id), &prompt())).unwrap();
        insta::assert_json_snapshot!(name, request);
    }
}

/// Serves one answer on this machine; gives the base address, and the request once it came.
fn serve(answer: String) -> (String, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/v1", listener.local_addr().unwrap());
    let served = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream);
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line.trim().is_empty() {
                break;
            }
            head.push_str(&line);
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        reader.get_mut().write_all(answer.as_bytes()).unwrap();
        head + &String::from_utf8(body).unwrap()
    });
    (address, served)
}

fn stream_of(events: &[&str]) -> String {
    let body: String = events.iter().map(|event| format!("data: {event}\n\n")).collect();
    format!("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n{body}")
}

async fn ask(answer: String) -> (Result<Reply>, String, String) {
    let (base, served) = serve(answer);
    let model = OpenAiModel::new(ModelCard::of("test"), &base, Some("sk-secret".to_owned())).unwrap();
    let mut heard = String::new();
    let reply = model.stream(&prompt(), &mut |piece| heard.push_str(piece)).await;
    (reply, heard, served.join().unwrap())
}

#[tokio::test]
async fn a_reply_is_put_together_from_its_events() {
    let (reply, heard, request) = ask(stream_of(&[
        r#"{"choices":[{"delta":{"role":"assistant"}}]}"#,
        r#"{"choices":[{"delta":{"content":"<think>hm"}}]}"#,
        r#"{"choices":[{"delta":{"content":"</think>{\"a\""},"finish_reason":null}]}"#,
        r#"{"choices":[{"delta":{"content":":1}"},"finish_reason":"length"}]}"#,
        r#"{"choices":[],"usage":{"prompt_tokens":90,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":60}}}"#,
        "[DONE]",
    ]))
    .await;
    let reply = reply.unwrap();
    assert_eq!((reply.text.as_str(), reply.stop), (r#"{"a":1}"#, Stop::Length));
    assert_eq!(
        (reply.tokens.input, reply.tokens.cache_read, reply.tokens.output),
        (30, 60, 7)
    );
    assert!(heard.ends_with(r#"{"a":1}"#), "{heard}");
    assert!(
        request.starts_with("POST /v1/chat/completions HTTP/1.1"),
        "{request}"
    );
    assert!(
        request
            .to_ascii_lowercase()
            .contains("authorization: bearer sk-secret"),
        "{request}"
    );
}

#[tokio::test]
async fn a_reply_without_its_end_is_none() {
    let (reply, heard, _) = ask(stream_of(&[r#"{"choices":[{"delta":{"content":"half"}}]}"#])).await;
    assert_eq!(
        (heard.as_str(), reply.unwrap_err().kind),
        ("half", ErrorKind::Transient)
    );
    let (reply, ..) = ask(stream_of(&["{broken"])).await;
    assert_eq!(reply.unwrap_err().kind, ErrorKind::Transient);
    let (reply, ..) = ask(stream_of(&[r#"{"error":{"message":"out of memory"}}"#])).await;
    assert_eq!(reply.unwrap_err().kind, ErrorKind::Transient);
}

#[tokio::test]
async fn each_status_tells_what_to_do() {
    for (status, headers, kind) in [
        (429, "Retry-After: 7\r\n", ErrorKind::Throttled(Some(7))),
        (429, "", ErrorKind::Throttled(None)),
        (401, "", ErrorKind::Invalid),
        (404, "", ErrorKind::Invalid),
        (400, "", ErrorKind::Permanent),
        (503, "", ErrorKind::Transient),
    ] {
        let answer =
            format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: 5\r\nConnection: close\r\n\r\nsorry");
        let error = ask(answer).await.0.unwrap_err();
        assert_eq!(error.kind, kind, "{status}");
        assert!(!error.message.contains("sk-secret") && !error.detail.contains("sk-secret"));
    }
}

#[test]
fn a_key_does_not_travel_in_the_clear() {
    let card = || ModelCard::of("test");
    let key = || Some("sk-secret".to_owned());
    assert!(OpenAiModel::new(card(), "http://models.example/v1", key()).is_err());
    assert!(OpenAiModel::new(card(), "http://models.example/v1", None).is_ok());
    assert!(OpenAiModel::new(card(), "https://models.example/v1", key()).is_ok());
    assert!(OpenAiModel::new(card(), "http://[::1]:80/v1", key()).is_ok());
    for bad in [
        "",
        "localhost:11434",
        "file:///x",
        "https://user:pass@models.example",
    ] {
        assert!(OpenAiModel::new(card(), bad, None).is_err(), "{bad}");
    }
}
