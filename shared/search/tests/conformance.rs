//! The embedded index does what every adapter must do.

#![expect(clippy::unwrap_used, reason = "a failed assertion is how a test fails")]

use std::sync::Arc;

use deepwiki_local::LocalData;
use deepwiki_ports::conformance;
use deepwiki_search::EmbeddedSearch;

async fn index() -> (EmbeddedSearch, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let data = LocalData::open(folder.path()).await.unwrap();
    (EmbeddedSearch::new(data.artefacts(), 64 << 20), folder)
}

#[tokio::test(flavor = "multi_thread")]
async fn finds_and_keeps_apart() {
    let (index, _folder) = index().await;
    conformance::search_index(&index).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bears_whatever_is_typed() {
    let (index, _folder) = index().await;
    conformance::search_index_refuses(&index).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn compares_vectors_of_one_model() {
    let (index, _folder) = index().await;
    conformance::search_index_by_meaning(&index).await;
}

/// Without room to keep a generation open, each is loaded for each query; the answers are the same.
#[tokio::test(flavor = "multi_thread")]
async fn works_without_a_cache() {
    let folder = tempfile::tempdir().unwrap();
    let data = LocalData::open(folder.path()).await.unwrap();
    conformance::search_index(&EmbeddedSearch::new(Arc::clone(&data.artefacts()) as _, 0)).await;
}
