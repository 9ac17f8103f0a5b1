//! What every adapter of a port must do, as functions that a test of the adapter calls.
//!
//! Each function makes its own ids, so that it can run on a backend that holds other things, several at a
//! time. They panic where the adapter is wrong, as assertions do. Only tests may use this module: it is behind
//! the feature `conformance`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed assertion is how a test fails"
)]

mod artefacts;
mod circuits;
mod corrections;
mod jobs;
mod leases;
mod ledger;
mod naughty;
mod pages;
mod repositories;
mod search;

use std::sync::atomic::{AtomicU64, Ordering};

use deepwiki_domain::{
    BuildId, CommitId, Locale, RepositoryId,
    job::{BuildMode, BuildRequest, Trigger},
    message::CONTRACT_VERSION,
    source::RepositorySource,
};

pub use artefacts::{BackDoor, artefact_store, artefact_store_faults};
pub use circuits::circuits;
pub use corrections::corrections;
pub use jobs::{failure_notes, jobs, spending};
pub use leases::leases;
pub use ledger::ledger;
pub use pages::page_catalog;
pub use repositories::{repositories, repository_access, versions};
pub use search::{search_index, search_index_by_meaning, search_index_refuses};

/// A time that no test depends on: 14 November 2023.
const NOW: i64 = 1_700_000_000;

/// A word that no other call and no other process gives.
fn unique() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    let seed = format!(
        "{}-{}-{}",
        std::process::id(),
        since.as_nanos(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    );
    blake3::hash(seed.as_bytes()).to_hex().chars().take(16).collect()
}

/// A repository that nobody has heard of.
fn new_source() -> RepositorySource {
    RepositorySource::parse_url(&format!("https://github.com/conformance/r{}", unique())).unwrap()
}

fn new_repository() -> RepositoryId {
    new_source().repository_id()
}

fn new_build() -> BuildId {
    BuildId::new(format!("b-{}", unique())).unwrap()
}

fn commit(of: &str) -> CommitId {
    let digest: String = blake3::hash(of.as_bytes()).to_hex().chars().take(40).collect();
    CommitId::new(digest).unwrap()
}

/// A request to build this source, with an id of its own.
fn new_request(source: &RepositorySource) -> BuildRequest {
    BuildRequest {
        schema: CONTRACT_VERSION,
        build: new_build(),
        repository: source.repository_id(),
        source: source.clone(),
        revision: Some("main".to_owned()),
        mode: BuildMode::Incremental,
        trigger: Trigger::Api,
        locales: vec![Locale::En, Locale::Ja],
    }
}
