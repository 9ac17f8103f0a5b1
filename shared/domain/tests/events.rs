//! The examples in `events/` are what the code reads: each parses into its type, and says again what it said.
#![expect(clippy::panic, reason = "a test may fail where it stands")]

use std::path::Path;

use deepwiki_domain::{
    event::{BuildEnding, Event},
    job::{BuildRequest, JobStatus, Stage},
    message::{self, ExecutionInput, PushReceived, StageRequest, Sweep, SweepRequest},
};
use serde_json::Value;

fn example(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../events")
        .join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Whether everything that the example says is said again; what has a default may be added.
fn says_again(given: &Value, again: &Value) -> bool {
    match (given, again) {
        (Value::Object(given), Value::Object(again)) => given
            .iter()
            .all(|(key, value)| again.get(key).is_some_and(|other| says_again(value, other))),
        _ => given == again,
    }
}

#[test]
fn every_stage_request_parses_and_is_named_after_its_stage() {
    let mut stages = Vec::new();
    for name in [
        "ingest-requested.json",
        "chunk-requested.json",
        "plan-requested.json",
        "generate-requested.json",
        "embed-shard-requested.json",
        "embed-page-requested.json",
        "index-requested.json",
        "publish-requested.json",
    ] {
        let event = example(name);
        let request: StageRequest =
            serde_json::from_value(event["detail"].clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(event["source"], message::EVENT_SOURCE, "{name}");
        assert_eq!(
            event["detail-type"],
            message::detail_type(request.input.stage()),
            "{name}"
        );
        let again = serde_json::to_value(&request).expect("it is JSON");
        assert!(says_again(&event["detail"], &again), "{name}: {again}");
        stages.push(request.input.stage());
    }
    stages.dedup();
    assert_eq!(stages, Stage::ALL);
}

#[test]
fn the_ways_in_and_out_parse() {
    let request: Event<BuildRequest> =
        serde_json::from_value(example("build-requested.json")).expect("a request");
    assert_eq!(request.detail.schema, message::CONTRACT_VERSION);
    let push: Event<PushReceived> = serde_json::from_value(example("push-received.json")).expect("a push");
    assert_eq!(push.detail_type, message::PUSH_RECEIVED);
    for (name, sweep) in [("reconcile", Sweep::Reconcile), ("rebuild", Sweep::Rebuild)] {
        let event: Event<SweepRequest> =
            serde_json::from_value(example(&format!("sweep-{name}.json"))).expect("a sweep");
        assert_eq!(
            (event.detail_type.as_str(), event.detail.sweep),
            (message::SWEEP_REQUESTED, sweep)
        );
    }
    let input: ExecutionInput = serde_json::from_value(example("execution-input.json")).expect("an input");
    assert_eq!(input.schema, message::CONTRACT_VERSION);
    for name in ["succeeded", "failed", "timed-out", "aborted"] {
        let ending = example(&format!("execution-{name}.json"));
        let ending: Event<Value> =
            serde_json::from_value(ending).unwrap_or_else(|error| panic!("{name}: {error}"));
        let ending =
            BuildEnding::from_detail(ending.detail).unwrap_or_else(|error| panic!("{name}: {error}"));
        let ending = ending.unwrap_or_else(|| panic!("{name} is an end"));
        assert_eq!(ending.status == JobStatus::Succeeded, name == "succeeded");
    }
}
