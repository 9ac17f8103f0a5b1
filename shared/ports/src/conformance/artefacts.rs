//! [`ArtefactStore`]: what was put comes back, or nothing does.

use async_trait::async_trait;
use deepwiki_domain::{ArtefactKey, ErrorKind, RepositoryId, StageError, memo, message::ItemList};
use futures::future::join_all;

use super::{new_build, new_repository, unique};
use crate::{ArtefactStore, Result};

/// What a test does to a backend behind its adapter's back.
#[async_trait]
pub trait BackDoor: Send + Sync {
    /// Replaces the stored form of an artefact by what this makes of it.
    async fn damage(
        &self,
        repository: &RepositoryId,
        key: &ArtefactKey,
        change: &(dyn for<'a> Fn(&'a mut Vec<u8>) + Send + Sync),
    );

    /// Deletes the stored form of an artefact.
    async fn lose(&self, repository: &RepositoryId, key: &ArtefactKey);

    /// Reads a list of items, as a Distributed Map would.
    async fn items(&self, list: &ItemList) -> Vec<u8>;
}

/// What an [`ArtefactStore`] must do.
pub async fn artefact_store(store: &dyn ArtefactStore) {
    gives_back_what_was_put(store).await;
    keeps_repositories_apart(store).await;
    remembers(store).await;
    bears_the_same_write_many_times_at_once(store).await;
}

/// What an [`ArtefactStore`] must do when its backend was tampered with, and what its lists look like.
pub async fn artefact_store_faults(store: &dyn ArtefactStore, back_door: &dyn BackDoor) {
    refuses_damaged_bytes(store, back_door).await;
    forgets_what_is_gone(store, back_door).await;
    writes_items_line_by_line(store, back_door).await;
}

async fn gives_back_what_was_put(store: &dyn ArtefactStore) {
    let repository = new_repository();
    let texts = [
        Vec::new(),
        b"one".to_vec(),
        vec![0; 3_000_000],
        noise(3_000_000),
        "日本語\r\n\0".as_bytes().to_vec(),
    ];
    for bytes in &texts {
        let key = store.put(&repository, bytes).await.unwrap();
        assert_eq!(key, ArtefactKey::of(bytes), "the key is the digest of the bytes");
        let again = store.put(&repository, bytes).await.unwrap();
        assert_eq!(again, key, "writing the same twice gives the same key");
        assert!(
            store.get(&repository, &key).await.unwrap() == *bytes,
            "the same bytes come back"
        );
    }
    let never_put = ArtefactKey::of(unique().as_bytes());
    assert_permanent(
        store.get(&repository, &never_put).await,
        "an artefact that is not there",
    );
}

async fn keeps_repositories_apart(store: &dyn ArtefactStore) {
    let (one, other) = (new_repository(), new_repository());
    let bytes = unique().into_bytes();
    let key = store.put(&one, &bytes).await.unwrap();
    assert_permanent(store.get(&other, &key).await, "an artefact of another repository");
    let memo = memo::vectors(&key, &unique());
    store.remember(&one, &memo, &key).await.unwrap();
    assert_eq!(
        store.recall(&other, &memo).await.unwrap(),
        None,
        "a memo of another repository"
    );
}

async fn remembers(store: &dyn ArtefactStore) {
    let repository = new_repository();
    let first = store.put(&repository, b"first").await.unwrap();
    let second = store.put(&repository, b"second").await.unwrap();
    let memo = memo::vectors(&first, &unique());
    assert_eq!(
        store.recall(&repository, &memo).await.unwrap(),
        None,
        "nothing was noted yet"
    );
    for _ in 0..2 {
        store.remember(&repository, &memo, &first).await.unwrap();
        assert_eq!(
            store.recall(&repository, &memo).await.unwrap().as_ref(),
            Some(&first)
        );
    }
    store.remember(&repository, &memo, &second).await.unwrap();
    assert_eq!(
        store.recall(&repository, &memo).await.unwrap(),
        Some(second),
        "a full build notes its own result"
    );

    let never_put = ArtefactKey::of(unique().as_bytes());
    let dangling = memo::vectors(&never_put, "any");
    store.remember(&repository, &dangling, &never_put).await.unwrap();
    assert_eq!(
        store.recall(&repository, &dangling).await.unwrap(),
        None,
        "a memo whose artefact is not there is no memo"
    );
}

async fn bears_the_same_write_many_times_at_once(store: &dyn ArtefactStore) {
    let repository = new_repository();
    let bytes = noise(500_000);
    let writes = (0..16).map(|_| async {
        let key = store.put(&repository, &bytes).await.unwrap();
        assert!(
            store.get(&repository, &key).await.unwrap() == bytes,
            "never seen half-written"
        );
    });
    join_all(writes).await;
}

async fn refuses_damaged_bytes(store: &dyn ArtefactStore, back_door: &dyn BackDoor) {
    type Change = Box<dyn for<'a> Fn(&'a mut Vec<u8>) + Send + Sync>;
    let changes: [(&str, Change); 5] = [
        ("cut short", Box::new(|bytes| bytes.truncate(bytes.len() / 2))),
        ("emptied", Box::new(|bytes| bytes.clear())),
        (
            "one bit turned",
            Box::new(|bytes| {
                let middle = bytes.len() / 2;
                bytes.iter_mut().skip(middle).take(1).for_each(|byte| *byte ^= 1);
            }),
        ),
        (
            "another artefact",
            Box::new(|bytes| *bytes = crate::codec::compress(b"other").unwrap()),
        ),
        ("not compressed", Box::new(|bytes| *bytes = vec![b'x'; 4096])),
    ];
    for (what, change) in changes {
        let repository = new_repository();
        let key = store.put(&repository, &noise(10_000)).await.unwrap();
        back_door.damage(&repository, &key, &*change).await;
        assert_permanent(store.get(&repository, &key).await, what);
    }
}

async fn forgets_what_is_gone(store: &dyn ArtefactStore, back_door: &dyn BackDoor) {
    let repository = new_repository();
    let bytes = unique().into_bytes();
    let key = store.put(&repository, &bytes).await.unwrap();
    let memo = memo::vectors(&key, "any");
    store.remember(&repository, &memo, &key).await.unwrap();
    back_door.lose(&repository, &key).await;
    assert_eq!(
        store.recall(&repository, &memo).await.unwrap(),
        None,
        "its artefact is gone"
    );
    assert_permanent(store.get(&repository, &key).await, "an artefact that is gone");
    store.put(&repository, &bytes).await.unwrap();
    assert_eq!(
        store.recall(&repository, &memo).await.unwrap(),
        Some(key),
        "it was made again"
    );
}

async fn writes_items_line_by_line(store: &dyn ArtefactStore, back_door: &dyn BackDoor) {
    let (repository, build) = (new_repository(), new_build());
    let items: Vec<String> = (0..1000).map(|i| format!("{{\"shard\":\"日本-{i}\"}}")).collect();
    let list = store
        .put_items(&repository, &build, "shards", &items)
        .await
        .unwrap();
    let again = store
        .put_items(&repository, &build, "shards", &items)
        .await
        .unwrap();
    assert_eq!(
        (list.count, &again),
        (1000, &list),
        "a list written twice is the same list"
    );
    let text = String::from_utf8(back_door.items(&list).await).unwrap();
    assert_eq!(
        text.lines().collect::<Vec<_>>(),
        items,
        "one document a line, in order"
    );

    let other = store
        .put_items(&repository, &build, "pages", &items)
        .await
        .unwrap();
    assert_ne!(other.key, list.key, "lists of other names are other lists");
    let none = store
        .put_items(&repository, &new_build(), "shards", &[])
        .await
        .unwrap();
    assert_eq!((none.count, none.few.len()), (0, 0));
    assert!(list.few.is_empty(), "many items do not travel");
    let few = store
        .put_items(&repository, &build, "few", items.get(..3).unwrap())
        .await
        .unwrap();
    let travel: Vec<String> = few.few.iter().map(ToString::to_string).collect();
    assert_eq!((few.count, travel.as_slice()), (3, items.get(..3).unwrap()));
    assert_eq!(back_door.items(&none).await, b"", "a list may be empty");
}

fn assert_permanent<T>(result: Result<T>, what: &str) {
    match result {
        Err(StageError {
            kind: ErrorKind::Permanent,
            message,
            ..
        }) => {
            assert!(!message.is_empty(), "{what}: the message says nothing");
        }
        Err(error) => panic!("{what}: must be Permanent, is {:?}: {error}", error.kind),
        Ok(_) => panic!("{what}: must be refused"),
    }
}

/// Bytes that do not compress, the same on each call of a length but for a unique beginning.
fn noise(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    blake3::Hasher::new()
        .update(unique().as_bytes())
        .finalize_xof()
        .fill(&mut bytes);
    bytes
}
