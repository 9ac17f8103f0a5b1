//! The folder does what every adapter must do.

#![expect(clippy::unwrap_used, reason = "a failed assertion is how a test fails")]

use std::{path::PathBuf, sync::Arc};

use async_trait::async_trait;
use deepwiki_domain::{ArtefactKey, RepositoryId, message::ItemList};
use deepwiki_local::{LocalData, LocalLedger, MemoryCircuits};
use deepwiki_ports::conformance::{self, BackDoor};

struct Folder(PathBuf);

impl Folder {
    fn stored(&self, repository: &RepositoryId, key: &ArtefactKey) -> PathBuf {
        let key = key.as_str();
        self.0
            .join("artefacts")
            .join(repository.as_str())
            .join(&key[..2])
            .join(format!("{key}.zst"))
    }
}

#[async_trait]
impl BackDoor for Folder {
    async fn damage(
        &self,
        repository: &RepositoryId,
        key: &ArtefactKey,
        change: &(dyn for<'a> Fn(&'a mut Vec<u8>) + Send + Sync),
    ) {
        let path = self.stored(repository, key);
        let mut bytes = std::fs::read(&path).unwrap();
        change(&mut bytes);
        std::fs::write(&path, bytes).unwrap();
    }

    async fn lose(&self, repository: &RepositoryId, key: &ArtefactKey) {
        std::fs::remove_file(self.stored(repository, key)).unwrap();
    }

    async fn items(&self, list: &ItemList) -> Vec<u8> {
        std::fs::read(self.0.join(&list.key)).unwrap()
    }
}

async fn data() -> (LocalData, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (LocalData::open(folder.path()).await.unwrap(), folder)
}

#[tokio::test(flavor = "multi_thread")]
async fn artefacts() {
    let (data, folder) = data().await;
    conformance::artefact_store(&*data.artefacts()).await;
    conformance::artefact_store_faults(&*data.artefacts(), &Folder(folder.path().to_owned())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn repositories() {
    let (data, _folder) = data().await;
    let repositories = data.repositories();
    conformance::repositories(&*repositories, &*repositories).await;
    conformance::versions(&*repositories, &*repositories, &*repositories).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rights() {
    let (data, _folder) = data().await;
    let repositories = data.repositories();
    conformance::repository_access(&*repositories, &*repositories).await;
}

#[tokio::test]
async fn events() {
    conformance::ledger(&LocalLedger::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn corrections() {
    let (data, _folder) = data().await;
    conformance::corrections(&*data.repositories()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn leases() {
    let (data, _folder) = data().await;
    let repositories = data.repositories();
    conformance::leases(&*repositories, &*repositories).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs() {
    let (data, _folder) = data().await;
    let records = data.repositories();
    conformance::jobs(&*records).await;
    conformance::failure_notes(&*records, &*records).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages() {
    let (data, _folder) = data().await;
    conformance::page_catalog(&*data.repositories()).await;
}

/// Two instances stand for two processes: nothing is kept in memory that the other would need.
#[tokio::test(flavor = "multi_thread")]
async fn two_at_once() {
    let (one, folder) = data().await;
    let other = LocalData::open(folder.path()).await.unwrap();
    conformance::leases(&*one.repositories(), &*other.repositories()).await;
    conformance::repositories(&*one.repositories(), &*other.repositories()).await;
}

#[tokio::test]
async fn circuits() {
    conformance::circuits(Arc::new(MemoryCircuits::default())).await;
}
