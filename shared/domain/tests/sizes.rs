//! What travels stays small, however large the repository: EventBridge and SQS take 256 KB, the state machine's state as
//! much.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may fail where it stands"
)]

use deepwiki_domain::{
    ArtefactKey, Locale,
    job::{BuildMode, Stage, Trigger},
    message::{
        self, CONTRACT_VERSION, ChunkInput, ExecutionInput, FEW_ITEMS, GenerateInput, IndexOutput,
        IngestOutput, ItemList, PlanOutput, PublishOutput, StageInput, StageRequest,
    },
    source::RepositorySource,
};
use serde::Serialize;

/// What is left free of the services' limit is for what they wrap around.
const LARGEST: usize = 200_000;

fn size(of: &impl Serialize) -> usize {
    serde_json::to_string(of).expect("it is JSON").len()
}

fn key(of: usize) -> ArtefactKey {
    ArtefactKey::of(of.to_string().as_bytes())
}

fn list<T: Serialize>(items: impl Iterator<Item = T>) -> ItemList {
    let items: Vec<String> = items
        .map(|item| serde_json::to_string(&item).expect("it is JSON"))
        .collect();
    ItemList::new(
        format!("{}/lists/{}/pages.jsonl", "r".repeat(72), "b".repeat(80)),
        &items,
    )
    .expect("few enough")
}

fn shards(many: usize) -> ItemList {
    list((0..many).map(|number| ChunkInput { shard: key(number) }))
}

fn page(number: usize, locale: Locale) -> GenerateInput {
    GenerateInput {
        manifest: key(1),
        plan: key(2),
        brief: key(number),
        locale,
    }
}

fn pages(many: usize) -> ItemList {
    list((0..many).flat_map(|number| Locale::ALL.map(|locale| page(number, locale))))
}

/// The longest that the ids and names of an execution may be.
fn input() -> ExecutionInput {
    let url = format!("https://git.example.com/{}", "group/".repeat(160));
    let source = RepositorySource::parse_url(&format!("{url}name")).expect("a source");
    ExecutionInput {
        schema: CONTRACT_VERSION,
        repository: "r".repeat(72).parse().expect("an id"),
        build: "b".repeat(80).parse().expect("an id"),
        source,
        revision: Some("v".repeat(250)),
        mode: BuildMode::Incremental,
        trigger: Trigger::Webhook,
        locales: Locale::ALL.to_vec(),
        trace: Some("Root=1-691e8a5f-5759e988bd862e3fe1be46a9;Parent=53995c3f42cd8ad8;Sampled=1".to_owned()),
    }
}

/// The state as it is after the last stage.
fn state(shards: ItemList, pages: ItemList) -> serde_json::Value {
    let commit: deepwiki_domain::CommitId = "a".repeat(64).parse().expect("a commit");
    let mut state = serde_json::to_value(input()).expect("it is JSON");
    let ingest = IngestOutput {
        commit: commit.clone(),
        manifest: key(1),
        shards,
    };
    let plan = PlanOutput { plan: key(2), pages };
    state["settings"] = serde_json::json!({"embedder": "titan"});
    state["ingest"] = serde_json::to_value(ingest).expect("it is JSON");
    state["plan"] = serde_json::to_value(plan).expect("it is JSON");
    state["index"] = serde_json::to_value(IndexOutput { edition: key(3) }).expect("it is JSON");
    state["publish"] = serde_json::to_value(PublishOutput { commit, moved: true }).expect("it is JSON");
    state
}

#[test]
fn the_state_is_small_for_the_largest_repository() {
    // 50,000 files of 10 KB in shards of a megabyte, and 2,000 pages in two languages.
    let many = state(shards(500), pages(2000));
    assert!(size(&many) < 6_000, "{} bytes", size(&many));
    // As many as travel in the state at most.
    let few = state(shards(FEW_ITEMS), pages(FEW_ITEMS / 2));
    assert!(size(&few) < 40_000, "{} bytes", size(&few));
}

#[test]
fn an_inline_map_holds_what_its_items_are_given() {
    let input = input();
    let item = serde_json::json!({
        "repository": input.repository, "build": input.build, "mode": input.mode, "trace": input.trace,
        "settings": {"embedder": "titan"}, "item": page(1, Locale::Ja),
    });
    let all = vec![item; FEW_ITEMS];
    assert!(size(&all) + size(&state(shards(FEW_ITEMS), pages(FEW_ITEMS / 2))) < LARGEST);
}

#[test]
fn a_request_to_a_stage_is_small() {
    let input = input();
    let request = StageRequest {
        schema: CONTRACT_VERSION,
        repository: input.repository.clone(),
        build: input.build.clone(),
        mode: input.mode,
        input: StageInput::Ingest(message::IngestInput {
            source: input.source.clone(),
            revision: input.revision.clone(),
        }),
        // The longest that Step Functions gives out.
        task_token: "t".repeat(1024),
        deadline: None,
        trace: input.trace.clone(),
    };
    assert!(size(&request) < 8_000, "{} bytes", size(&request));
    assert_eq!(request.input.stage(), Stage::Ingest);
}
