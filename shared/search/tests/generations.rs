//! What a generation is: the same for the same documents, refused when damaged, fair among others.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed assertion is how a test fails"
)]

use std::{path::PathBuf, sync::Arc};

use deepwiki_domain::{
    ArtefactKey, CommitId, ErrorKind, Locale, RepoPath, RepositoryId,
    facts::SymbolKind,
    manifest::Role,
    search::{Document, Hit, Query},
};
use deepwiki_local::{LocalArtefacts, LocalData};
use deepwiki_ports::{ArtefactStore, SearchIndex, index::Searchable};
use deepwiki_search::EmbeddedSearch;
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};

struct Setup {
    folder: tempfile::TempDir,
    store: Arc<LocalArtefacts>,
    index: EmbeddedSearch,
}

async fn setup() -> Setup {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalData::open(folder.path()).await.unwrap().artefacts();
    let index = EmbeddedSearch::new(Arc::clone(&store) as _, 64 << 20);
    Setup { folder, store, index }
}

impl Setup {
    async fn build(&self, name: &str, documents: Vec<Document>) -> Searchable {
        let repository = RepositoryId::new(name).unwrap();
        let commit = CommitId::new("b".repeat(40)).unwrap();
        let generation = self
            .index
            .build(&repository, &commit, documents, None)
            .await
            .unwrap();
        Searchable {
            repository,
            commit,
            generation,
        }
    }

    async fn search(&self, generations: &[Searchable], text: &str) -> Vec<Hit> {
        self.index.search(generations, &query(text)).await.unwrap().hits
    }
}

fn query(text: &str) -> Query {
    Query {
        limit: 10,
        ..Query::new(text)
    }
}

fn document(path: &str, start: u32, text: &str) -> Document {
    Document {
        path: RepoPath::new(path).unwrap(),
        start,
        end: start + 9,
        symbol: None,
        kind: None,
        language: None,
        role: Role::Source,
        page: None,
        section: None,
        locale: None,
        text: text.to_owned(),
        vector: None,
        rank: 0.0,
    }
}

fn some_documents() -> Vec<Document> {
    let words = [
        "connection",
        "retry",
        "parser",
        "header",
        "buffer",
        "接続",
        "再接続",
    ];
    (0..60usize)
        .map(|i| {
            let text = format!("fn f{i}() {{ {}({}) }}", words[i % 7], words[i * 3 % 7]);
            Document {
                symbol: (i % 3 == 0).then(|| format!("m::f{i}")),
                kind: (i % 3 == 0).then_some(SymbolKind::Function),
                locale: (i % 11 == 0).then_some(Locale::Ja),
                ..document(&format!("src/m{}.rs", i % 5), (i * 10 + 1) as u32, &text)
            }
        })
        .collect()
}

#[tokio::test]
async fn the_same_documents_give_the_same_bytes_in_any_order() {
    let setup = setup().await;
    let mut documents = some_documents();
    let one = setup.build("one", documents.clone()).await;
    documents.reverse();
    assert_eq!(setup.build("two", documents).await.generation, one.generation);
}

#[tokio::test]
async fn a_damaged_generation_is_refused_and_named() {
    let setup = setup().await;
    let good = setup.build("good", some_documents()).await;
    let torn = setup.build("torn", some_documents()).await;
    let path = stored(&setup, &torn);
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    assert_refused(&setup, std::slice::from_ref(&torn), "torn").await;
    let found = setup
        .index
        .search(&[good.clone(), torn], &query("retry"))
        .await
        .unwrap();
    assert!(
        !found.hits.is_empty() && found.hits.iter().all(|hit| hit.repository == good.repository),
        "the others serve"
    );
    let refused: Vec<&str> = found.refused.iter().map(|it| it.repository.as_str()).collect();
    assert_eq!(refused, ["torn"], "and the answer says which does not");

    for bytes in [
        &b""[..],
        b"DWSEARCH",
        b"DWSEARCH\x04\0\0\0\0\0\0\0",
        b"DWSEARCH\x03\0\0\0\0\0\0\0",
        b"{\"a\":1}",
    ] {
        let generation = setup.store.put(&good.repository, bytes).await.unwrap();
        assert_refused(
            &setup,
            &[Searchable {
                generation,
                ..good.clone()
            }],
            "good",
        )
        .await;
    }
}

/// Whatever stands in a generation's place (its digest right, its content not ours) does no harm.
#[tokio::test]
async fn a_generation_that_lies_does_no_harm() {
    let setup = setup().await;
    let good = setup.build("good", some_documents()).await;
    let blob = setup.store.get(&good.repository, &good.generation).await.unwrap();
    let mut runner = TestRunner::deterministic();
    let damage = (0..blob.len(), any::<u8>());
    for _ in 0..300 {
        let (at, byte) = damage.new_tree(&mut runner).unwrap().current();
        let mut blob = blob.clone();
        blob[at] = byte;
        let generation = setup.store.put(&good.repository, &blob).await.unwrap();
        let lying = Searchable {
            generation,
            ..good.clone()
        };
        if let Err(error) = setup.index.search(&[lying], &query("retry header 接続")).await {
            assert_eq!(error.kind, ErrorKind::Permanent);
        }
    }
}

#[tokio::test]
async fn a_generation_is_read_only_with_its_repository() {
    let setup = setup().await;
    let secret = setup.build("secret", some_documents()).await;
    assert!(
        !setup
            .search(std::slice::from_ref(&secret), "retry")
            .await
            .is_empty(),
        "it is in memory now"
    );
    let stranger = Searchable {
        repository: RepositoryId::new("stranger").unwrap(),
        ..secret
    };
    assert_refused(&setup, &[stranger], "stranger").await;
}

/// Searched together, two repositories answer as one that holds the documents of both.
#[tokio::test]
async fn repositories_are_scored_as_one() {
    let setup = setup().await;
    let filler =
        |count: u32| (0..count).map(|i| document("src/filler.rs", i * 10 + 1, "let buffer = read(buffer);"));
    // In the large repository `quorum` is a rare word, in the small one it is everywhere.
    let large: Vec<Document> = filler(400)
        .chain([document("src/large.rs", 1, "quorum quorum election")])
        .collect();
    let small: Vec<Document> = (0..5)
        .map(|i| document(&format!("src/small{i}.rs"), 1, "quorum of one"))
        .chain(filler(1))
        .collect();
    let both = [
        setup.build("large", large.clone()).await,
        setup.build("small", small.clone()).await,
    ];
    let as_one = setup.build("one", large.into_iter().chain(small).collect()).await;
    let paths =
        |hits: Vec<Hit>| -> Vec<String> { hits.into_iter().map(|hit| hit.path.to_string()).collect() };
    for text in ["quorum", "quorum election", "read buffer"] {
        let together = setup.search(&both, text).await;
        let alone = setup.search(std::slice::from_ref(&as_one), text).await;
        let scores = |hits: &[Hit]| -> Vec<f32> { hits.iter().map(|hit| hit.score).collect() };
        assert_eq!(scores(&together), scores(&alone), "{text}");
        assert_eq!(paths(together), paths(alone), "{text}");
    }
}

#[tokio::test]
async fn many_queries_at_once_answer_as_one_by_one() {
    let setup = setup().await;
    let mut generations = Vec::new();
    for i in 0..12 {
        generations.push(setup.build(&format!("r{i}"), some_documents()).await);
    }
    // Room for three or so: the others come and go.
    let index = EmbeddedSearch::new(Arc::clone(&setup.store) as _, 40_000);
    let expected = setup.search(&generations, "retry header").await;
    assert_eq!(expected.len(), 10);
    let queries = (0..8).map(|_| async { index.search(&generations, &query("retry header")).await.unwrap() });
    for hits in futures::future::join_all(queries).await {
        assert_eq!(hits.hits, expected);
    }
}

fn stored(setup: &Setup, searchable: &Searchable) -> PathBuf {
    let key: &ArtefactKey = &searchable.generation;
    let folder = setup
        .folder
        .path()
        .join("artefacts")
        .join(searchable.repository.as_str());
    folder.join(&key.as_str()[..2]).join(format!("{key}.zst"))
}

async fn assert_refused(setup: &Setup, generations: &[Searchable], name: &str) {
    let error = setup
        .index
        .search(generations, &query("retry"))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Permanent);
    assert!(
        error.message.contains(&format!("`{name}`")),
        "says which: {error}"
    );
}
