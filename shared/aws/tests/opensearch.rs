//! The index in a collection of OpenSearch Serverless, against a stand-in that enforces the collection's rules.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed assertion is how a test fails"
)]

#[path = "stand_in/opensearch.rs"]
mod opensearch;
mod stand_in;

use std::sync::{Arc, atomic::Ordering};

use deepwiki_aws::OpenSearchIndex;
use deepwiki_domain::{
    ArtefactKey, CommitId, ErrorKind, RepoPath, RepositoryId,
    circuit::CircuitRules,
    manifest::Role,
    search::{Document, Filter, Query, QueryVector, vector::quantize},
};
use deepwiki_local::{LocalData, MemoryCircuits};
use deepwiki_ports::{
    ArtefactStore, CircuitBreaker, SearchIndex, circuit::Guarded, clock::SystemClock, conformance,
    index::Searchable,
};
use opensearch::Collection;
use serde_json::{Value, json};

struct Setup {
    collection: Arc<Collection>,
    index: OpenSearchIndex,
    store: Arc<dyn ArtefactStore>,
    _folder: tempfile::TempDir,
}

async fn setup() -> Setup {
    let (collection, endpoint) = opensearch::start().await;
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn ArtefactStore> = LocalData::open(folder.path()).await.unwrap().artefacts();
    let sdk = stand_in::sdk(&endpoint).await;
    Setup {
        index: OpenSearchIndex::new(&sdk, &endpoint, Arc::clone(&store)).unwrap(),
        collection,
        store,
        _folder: folder,
    }
}

fn repository(name: &str) -> RepositoryId {
    RepositoryId::new(name).unwrap()
}

fn commit() -> CommitId {
    CommitId::new("c".repeat(40)).unwrap()
}

fn document(path: &str, text: &str, vector: Option<&[f32]>) -> Document {
    Document {
        path: RepoPath::new(path).unwrap(),
        start: 1,
        end: 9,
        symbol: None,
        kind: None,
        language: None,
        role: Role::Source,
        page: None,
        section: None,
        locale: None,
        text: text.to_owned(),
        vector: vector.and_then(quantize),
        rank: 0.5,
    }
}

impl Setup {
    async fn build(&self, name: &str, documents: Vec<Document>, model: Option<&str>) -> Searchable {
        let generation = self
            .index
            .build(&repository(name), &commit(), documents, model)
            .await
            .unwrap();
        searchable(name, generation)
    }

    async fn paths(&self, generations: &[Searchable], query: &Query) -> Vec<String> {
        let found = self.index.search(generations, query).await.unwrap();
        found.hits.iter().map(|hit| hit.path.to_string()).collect()
    }
}

fn searchable(name: &str, generation: ArtefactKey) -> Searchable {
    Searchable {
        repository: repository(name),
        commit: commit(),
        generation,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn does_what_every_index_must_do() {
    let setup = setup().await;
    conformance::search_index(&setup.index).await;
    conformance::search_index_refuses(&setup.index).await;
    conformance::search_index_by_meaning(&setup.index).await;
    let names = setup.collection.names();
    assert_eq!(
        names.len(),
        2,
        "all that has no vectors shares an index: {names:?}"
    );
}

#[tokio::test]
async fn requests_are_what_the_service_takes() {
    let setup = setup().await;
    let here = setup
        .build(
            "r",
            vec![document("src/a.rs", "fn parse_header() {}", Some(&[0.6, -0.8]))],
            Some("toy"),
        )
        .await;
    let query = Query {
        filter: Filter {
            paths: vec!["src".to_owned(), "*.rs".to_owned()],
            roles: vec![Role::Source],
            ..Filter::default()
        },
        vector: Some(QueryVector {
            model: "toy".to_owned(),
            values: vec![3.0, 4.0],
        }),
        limit: 5,
        ..Query::new("parseHeader")
    };
    setup.paths(&[here], &query).await;
    let requests = setup.collection.requests.lock().unwrap().clone();
    let lines_of = |end: &str| -> Vec<Value> {
        let (_, _, body) = requests.iter().find(|(_, path, _)| path.ends_with(end)).unwrap();
        body.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    let (method, path, definition) = &requests[0];
    assert_eq!(method, "PUT");
    let index = path.trim_start_matches('/');
    assert!(
        index.starts_with("deepwiki-") && index.contains("-toy-2-"),
        "{index}"
    );
    let definition: Value = serde_json::from_str(definition).unwrap();
    assert_eq!(definition["settings"]["index"], json!({"knn": true}));
    let hnsw = json!({
        "name": "hnsw",
        "engine": "faiss",
        "space_type": "innerproduct",
        "parameters": {"m": 16, "ef_construction": 256, "encoder": {"name": "sq", "parameters": {"type": "fp16"}}},
    });
    let properties = &definition["mappings"]["properties"];
    assert_eq!(
        properties["vector"],
        json!({"type": "knn_vector", "dimension": 2, "method": hnsw})
    );
    assert_eq!(properties["text"]["fields"]["ja"]["analyzer"], "japanese");
    assert_eq!(
        definition["mappings"]["_source"],
        json!({"excludes": ["terms", "text", "vector"]})
    );

    let sent = lines_of("/_bulk");
    assert_eq!((sent.len(), &sent[0]), (2, &json!({"index": {}})));
    let tag = &sent[1]["generation"];
    assert_eq!(
        (&sent[1]["repository"], &sent[1]["vector"]),
        (&json!("r"), &json!([0.599, -0.8008]))
    );
    let terms: Vec<&str> = sent[1]["terms"].as_str().unwrap().split(' ').collect();
    for term in ["parseheader", "parse", "header", "=ars"] {
        assert!(terms.contains(&term), "{term} is missing in {terms:?}");
    }

    let asked = lines_of("/_msearch");
    assert_eq!(
        (asked.len(), &asked[0], &asked[2]),
        (4, &json!({"index": index}), &json!({"index": index}))
    );
    let any_of = |queries: Value| json!({"bool": {"should": queries, "minimum_should_match": 1}});
    let filter = json!([
        {"terms": {"generation": [tag]}},
        {"terms": {"role": ["source"]}},
        any_of(json!([
            any_of(json!([{"term": {"path": {"value": "src"}}}, {"prefix": {"path": {"value": "src/"}}}])),
            {"wildcard": {"path": {"value": "*.rs"}}},
        ])),
    ]);
    let by_words = &asked[1]["query"]["bool"];
    assert_eq!(by_words["filter"], filter);
    let any = by_words["must"][0]["bool"]["should"].as_array().unwrap();
    assert!(
        any.contains(&json!({"term": {"terms": {"value": "parseheader"}}})),
        "{any:?}"
    );
    let by_meaning = &asked[3]["query"]["knn"]["vector"];
    assert_eq!(by_meaning["filter"], json!({"bool": {"filter": filter}}));
    assert_eq!(by_meaning["k"], asked[3]["size"]);
    let length: f64 = by_meaning["vector"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_f64)
        .map(|it| it * it)
        .sum();
    assert!((length - 1.0).abs() < 1e-6, "of length 1");
}

#[tokio::test]
async fn what_is_built_can_be_found_at_once_and_is_not_sent_twice() {
    let setup = setup().await;
    let documents = || vec![document("a.rs", "settlement", None)];
    let here = setup.build("r", documents(), None).await;
    let query = Query::new("settlement");
    assert_eq!(setup.paths(std::slice::from_ref(&here), &query).await, ["a.rs"]);
    let again = setup.build("r", documents(), None).await;
    assert_eq!((again, setup.collection.len()), (here, 1));
}

#[tokio::test]
async fn documents_that_the_service_had_no_room_for_are_sent_again() {
    let setup = setup().await;
    setup.collection.busy.store(7, Ordering::SeqCst);
    let documents: Vec<Document> = (0..1200)
        .map(|i| document(&format!("f{i}.rs"), &format!("filler {i}"), None))
        .collect();
    setup.build("r", documents, None).await;
    assert_eq!(setup.collection.len(), 1200);
}

#[tokio::test]
async fn old_generations_are_deleted_by_their_recorded_ids() {
    let setup = setup().await;
    let documents = |text: &str| -> Vec<Document> {
        (0..700)
            .map(|i| document(&format!("f{i}.rs"), text, None))
            .collect()
    };
    let old = setup.build("r", documents("old words"), None).await;
    let new = setup.build("r", documents("new words"), None).await;
    let other = setup
        .build("other", vec![document("a.rs", "new words", None)], None)
        .await;
    assert_eq!(setup.collection.len(), 1401);
    for _ in 0..2 {
        setup
            .index
            .retain(&repository("r"), std::slice::from_ref(&new.generation))
            .await
            .unwrap();
        assert_eq!(setup.collection.len(), 701);
    }
    let query = Query::new("words");
    assert!(!setup.paths(&[new, other.clone()], &query).await.is_empty());
    setup.index.retain(&repository("r"), &[]).await.unwrap();
    assert_eq!(
        setup.collection.len(),
        1,
        "a purge leaves nothing of the repository"
    );
    assert_eq!(setup.paths(&[other], &query).await, ["a.rs"]);
    let rebuilt = setup.build("r", documents("old words"), None).await;
    assert_ne!(rebuilt, old, "what was deleted is sent again");
}

#[tokio::test]
async fn what_a_build_left_that_broke_off_is_never_found_and_goes_with_the_next() {
    let setup = setup().await;
    let documents = |text: &str| vec![document("a.rs", text, None)];
    let first = setup.build("r", documents("first words"), None).await;
    setup.collection.breaks_off.store(1, Ordering::SeqCst);
    let broken = setup
        .index
        .build(&repository("r"), &commit(), documents("second words"), None)
        .await;
    assert_eq!(broken.unwrap_err().kind, ErrorKind::Permanent);
    assert_eq!(setup.collection.len(), 2, "sent, but nobody knows its id");
    let second = setup.build("r", documents("second words"), None).await;
    assert_eq!(
        setup
            .paths(std::slice::from_ref(&second), &Query::new("words"))
            .await,
        ["a.rs"]
    );
    setup
        .index
        .retain(&repository("r"), &[second.generation])
        .await
        .unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    let third = setup.build("r", documents("third words"), None).await;
    setup
        .index
        .retain(&repository("r"), &[third.generation])
        .await
        .unwrap();
    assert_eq!(setup.collection.len(), 1);
    let _ = first;
}

#[tokio::test]
async fn words_answer_alone_when_vectors_fail() {
    let setup = setup().await;
    let documents = vec![
        document("a.rs", "settlement", Some(&[1.0, 0.0])),
        document("b.rs", "ledger", Some(&[0.9, 0.1])),
    ];
    let here = setup.build("r", documents, Some("toy")).await;
    let query = Query {
        vector: Some(QueryVector {
            model: "toy".to_owned(),
            values: vec![1.0, 0.0],
        }),
        ..Query::new("settlement")
    };
    let found = setup
        .index
        .search(std::slice::from_ref(&here), &query)
        .await
        .unwrap();
    assert!(found.semantic && found.hits.len() == 2);
    setup.collection.vectors_fail.store(true, Ordering::SeqCst);
    let found = setup.index.search(&[here], &query).await.unwrap();
    assert!(!found.semantic && found.hits.len() == 1);
}

#[tokio::test]
async fn a_generation_of_another_backend_is_refused_by_name() {
    let setup = setup().await;
    let here = setup
        .build("r", vec![document("a.rs", "settlement", None)], None)
        .await;
    let blob = setup.store.put(&repository("s"), b"not a record").await.unwrap();
    let strange = searchable("s", blob);
    let query = Query::new("settlement");
    let found = setup
        .index
        .search(&[strange.clone(), here], &query)
        .await
        .unwrap();
    assert_eq!(found.hits.len(), 1);
    assert!(found.refused[0].reason.contains("`s`"), "{:?}", found.refused);
    let error = setup.index.search(&[strange], &query).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Permanent);
}

#[tokio::test]
async fn a_collection_that_is_down_is_left_alone() {
    let setup = setup().await;
    let here = setup
        .build("r", vec![document("a.rs", "settlement", None)], None)
        .await;
    setup.collection.is_down.store(true, Ordering::SeqCst);
    let rules = CircuitRules {
        failures: 2,
        ..CircuitRules::default()
    };
    let breaker = CircuitBreaker::new(
        Arc::new(MemoryCircuits::default()),
        Arc::new(SystemClock),
        "search",
        rules,
    );
    let guarded = Guarded::new(setup.index, breaker);
    setup.collection.requests.lock().unwrap().clear();
    let query = Query::new("settlement");
    let search = async || {
        guarded
            .search(std::slice::from_ref(&here), &query)
            .await
            .unwrap_err()
    };
    assert_eq!(search().await.kind, ErrorKind::Transient);
    search().await;
    let before = setup.collection.requests.lock().unwrap().len();
    let refused = search().await;
    assert!(matches!(refused.kind, ErrorKind::Throttled(Some(_))), "{refused}");
    assert_eq!(
        setup.collection.requests.lock().unwrap().len(),
        before,
        "nobody calls"
    );
}
