//! Opening, purging and collecting garbage.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed assertion is how a test fails"
)]

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use deepwiki_domain::{
    ArtefactKey, BuildId, ErrorKind, Locale, RepositoryId, Slug,
    job::{BuildMode, BuildRequest, Trigger},
    memo,
    message::CONTRACT_VERSION,
    repository::Generation,
    source::RepositorySource,
    wiki::PageEntry,
};
use deepwiki_local::LocalData;
use deepwiki_ports::{ArtefactStore, Leases, PageCatalog, Purge, Repositories, codec};

const NOW: i64 = 1_700_000_000;

#[tokio::test]
async fn a_folder_of_something_else_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("thesis.txt"), "do not touch").unwrap();
    let error = LocalData::open(folder.path()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "nothing was written"
    );
}

#[tokio::test]
async fn another_layout_is_refused_and_this_one_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("a/b");
    for _ in 0..2 {
        LocalData::open(&inner).await.unwrap();
    }
    for (version, says) in [
        ("2\n", "newer"),
        ("0\n", "no data folder"),
        ("x", "no data folder"),
        ("", "no data folder"),
    ] {
        std::fs::write(inner.join("VERSION"), version).unwrap();
        let error = LocalData::open(&inner).await.unwrap_err();
        assert!(
            error.kind == ErrorKind::Invalid && error.message.contains(says),
            "{version:?}: {error}"
        );
    }
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_enter() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("data");
    LocalData::open(&inner).await.unwrap();
    assert_eq!(
        std::fs::metadata(inner).unwrap().permissions().mode() & 0o777,
        0o700
    );
}

#[tokio::test]
async fn artefacts_that_were_damaged_are_made_again() {
    let wiki = Wiki::new().await;
    let key = wiki.put("some bytes").await;
    let memo = memo::vectors(&key, "m");
    wiki.data
        .artefacts()
        .remember(&wiki.id, &memo, &key)
        .await
        .unwrap();
    std::fs::write(wiki.artefact(&key), b"torn").unwrap();
    assert_eq!(
        wiki.data.artefacts().recall(&wiki.id, &memo).await.unwrap(),
        None,
        "it counts as not there"
    );
    assert_eq!(wiki.put("some bytes").await, key);
    assert_eq!(
        wiki.data.artefacts().recall(&wiki.id, &memo).await.unwrap(),
        Some(key),
        "it is mended"
    );
}

#[tokio::test]
async fn lists_of_items_are_read_back() {
    let wiki = Wiki::new().await;
    let artefacts = wiki.data.artefacts();
    let items: Vec<String> = (0..10).map(|i| format!("{{\"i\":{i}}}")).collect();
    let list = artefacts
        .put_items(&wiki.id, &build_id("b"), "shards", &items)
        .await
        .unwrap();
    assert_eq!(artefacts.items(&list).await.unwrap(), items);
    std::fs::write(wiki.folder.path().join(&list.key), "{}\n").unwrap();
    assert!(
        artefacts.items(&list).await.is_err(),
        "a list cut short is no list"
    );
    for name in ["../x", "a/b", ""] {
        assert!(
            artefacts
                .put_items(&wiki.id, &build_id("b"), name, &items)
                .await
                .is_err()
        );
    }
    let outside = deepwiki_domain::message::ItemList {
        key: "../../etc/passwd".to_owned(),
        count: 1,
        few: Vec::new(),
    };
    assert!(artefacts.items(&outside).await.is_err());
    let two_lines = ["{}\n{}".to_owned()];
    assert!(
        artefacts
            .put_items(&wiki.id, &build_id("b"), "x", &two_lines)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_purge_leaves_the_record_and_nothing_derived() {
    let wiki = Wiki::new().await;
    let other = wiki
        .data
        .artefacts()
        .put(&RepositoryId::new("other").unwrap(), b"kept")
        .await
        .unwrap();
    let first = wiki.build("one", "1").await;
    wiki.data
        .artefacts()
        .put_items(&wiki.id, &build_id("one"), "shards", &[])
        .await
        .unwrap();
    let purged = wiki.data.repositories().purge(&wiki.id).await.unwrap();
    assert_eq!(purged.artefacts.count, 7);
    assert!(purged.artefacts.bytes > 0);
    assert_eq!(
        (purged.memos.count, purged.lists.count, purged.pages.count),
        (1, 1, 1)
    );

    let artefacts = wiki.data.artefacts();
    assert!(artefacts.get(&wiki.id, &first.manifest).await.is_err());
    assert!(
        !wiki
            .folder
            .path()
            .join("artefacts")
            .join(wiki.id.as_str())
            .exists()
    );
    let record = Repositories::get(&*wiki.data.repositories(), &wiki.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(record.published, None, "readers are led nowhere");
    assert!(
        artefacts
            .get(&RepositoryId::new("other").unwrap(), &other)
            .await
            .is_ok()
    );
    assert_eq!(
        wiki.data.repositories().purge(&wiki.id).await.unwrap(),
        Default::default(),
        "again: nothing is left"
    );
    assert!(
        wiki.data
            .repositories()
            .purge(&RepositoryId::new("unknown").unwrap())
            .await
            .is_err()
    );
    wiki.build("two", "2").await;
}

#[tokio::test]
async fn garbage_is_what_no_kept_wiki_refers_to() {
    let wiki = Wiki::new().await;
    let [first, second, third] = [
        wiki.build("one", "1").await,
        wiki.build("two", "2").await,
        wiki.build("three", "3").await,
    ];
    let orphan = wiki.put("of a build that failed").await;
    let untouched = wiki.data.collect_garbage(&wiki.id, 3).await.unwrap();
    assert_eq!(untouched, Default::default(), "what is new is not garbage yet");

    wiki.age();
    let records = wiki.folder.path().join("repositories").join(wiki.id.as_str());
    std::fs::write(records.join(".tmp-1-1"), "half a record").unwrap();
    std::fs::write(records.join("leases/dead"), "").unwrap();
    set_times(&records, days_ago());
    let wanted = wiki.memo("2");
    assert!(
        wiki.data
            .artefacts()
            .recall(&wiki.id, &wanted)
            .await
            .unwrap()
            .is_some()
    );
    let collected = wiki.data.collect_garbage(&wiki.id, 2).await.unwrap();
    assert_eq!(collected.generations, 1);
    assert_eq!(
        collected.artefacts.count, 8,
        "the seven of the oldest wiki, and the orphan"
    );
    assert_eq!(
        (collected.memos.count, collected.leftovers.count),
        (2, 2),
        "what was wanted just now stays"
    );
    assert!(
        wiki.data
            .artefacts()
            .recall(&wiki.id, &wanted)
            .await
            .unwrap()
            .is_some()
    );
    assert!(wiki.data.artefacts().get(&wiki.id, &orphan).await.is_err());
    assert!(!wiki.is_whole(&first).await);
    assert!(wiki.is_whole(&second).await && wiki.is_whole(&third).await);
    let pages = PageCatalog::list(&*wiki.data.repositories(), &wiki.id, &first.build, Locale::En)
        .await
        .unwrap();
    assert_eq!(pages, []);

    let again = wiki.data.collect_garbage(&wiki.id, 0).await.unwrap();
    assert_eq!(again.generations, 1, "the published one stays in any case");
    assert!(wiki.is_whole(&third).await);
    assert_eq!(
        wiki.data
            .collect_garbage(&RepositoryId::new("no").unwrap(), 1)
            .await
            .unwrap(),
        Default::default()
    );
}

#[tokio::test]
async fn what_an_unfinished_build_made_is_kept_for_the_next() {
    let wiki = Wiki::new().await;
    let request = wiki.request("failed");
    let repositories = wiki.data.repositories();
    repositories.acquire(&request, NOW).await.unwrap();
    assert!(
        wiki.data.collect_garbage(&wiki.id, 1).await.is_err(),
        "not while it builds"
    );
    let shard = wiki.put("shard").await;
    let facts = wiki.put(&format!("facts of {shard}")).await;
    let memo = memo::chunk(&shard);
    wiki.data
        .artefacts()
        .remember(&wiki.id, &memo, &facts)
        .await
        .unwrap();
    repositories
        .release(&wiki.id, &request.build, false)
        .await
        .unwrap();
    wiki.age();
    wiki.data.collect_garbage(&wiki.id, 1).await.unwrap();
    assert_eq!(
        wiki.data.artefacts().recall(&wiki.id, &memo).await.unwrap(),
        Some(facts)
    );
    assert!(
        wiki.data.artefacts().get(&wiki.id, &shard).await.is_ok(),
        "what the facts refer to"
    );
}

/// A folder with one repository.
struct Wiki {
    folder: tempfile::TempDir,
    data: LocalData,
    id: RepositoryId,
}

impl Wiki {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = LocalData::open(folder.path()).await.unwrap();
        let id = source().repository_id();
        Self { folder, data, id }
    }

    fn request(&self, build: &str) -> BuildRequest {
        BuildRequest {
            schema: CONTRACT_VERSION,
            build: build_id(build),
            repository: self.id.clone(),
            source: source(),
            revision: None,
            mode: BuildMode::Incremental,
            trigger: Trigger::Api,
            locales: vec![Locale::En],
        }
    }

    async fn put(&self, text: &str) -> ArtefactKey {
        self.data
            .artefacts()
            .put(&self.id, text.as_bytes())
            .await
            .unwrap()
    }

    fn memo(&self, mark: &str) -> memo::MemoKey {
        memo::vectors(&ArtefactKey::of(format!("shard {mark}").as_bytes()), mark)
    }

    /// A build that makes seven artefacts: two of them are found only inside others, in JSON and in postcard,
    /// and one only through the catalog.
    async fn build(&self, build: &str, mark: &str) -> Generation {
        let (artefacts, repositories) = (self.data.artefacts(), self.data.repositories());
        let request = self.request(build);
        repositories.acquire(&request, NOW).await.unwrap();
        let shard = self.put(&format!("shard {mark}")).await;
        let brief = self.put(&format!("brief {mark}")).await;
        let page = self.put(&format!("page {mark}")).await;
        let manifest = codec::put_json(&*artefacts, &self.id, &vec![shard.clone()])
            .await
            .unwrap();
        let packed = codec::put_packed(&*artefacts, &self.id, &(7u8, vec![brief], mark))
            .await
            .unwrap();
        let generation = Generation {
            build: request.build.clone(),
            commit: deepwiki_domain::CommitId::new("a".repeat(40)).unwrap(),
            commit_time: None,
            trigger: Trigger::Api,
            published_at: NOW,
            manifest,
            plan: packed,
            wikis: BTreeMap::from([(Locale::En, self.put(&format!("wiki {mark}")).await)]),
            search: self.put(&format!("search {mark}")).await,
            packages: None,
        };
        artefacts
            .remember(&self.id, &self.memo(mark), &page)
            .await
            .unwrap();
        let entry = PageEntry {
            slug: Slug::from_text("overview"),
            title: String::new(),
            parent: None,
            order: 0,
            summary: String::new(),
            page,
        };
        PageCatalog::put(&*repositories, &self.id, &request.build, Locale::En, &[entry])
            .await
            .unwrap();
        repositories.publish(&self.id, &generation).await.unwrap();
        repositories
            .release(&self.id, &request.build, true)
            .await
            .unwrap();
        generation
    }

    /// Whether everything that the build made is there.
    async fn is_whole(&self, generation: &Generation) -> bool {
        let artefacts = self.data.artefacts();
        let Ok(shards) =
            codec::get_json::<Vec<ArtefactKey>>(&*artefacts, &self.id, &generation.manifest).await
        else {
            return false;
        };
        let packed =
            codec::get_packed::<(u8, Vec<ArtefactKey>, String)>(&*artefacts, &self.id, &generation.plan);
        let Ok((_, briefs, _)) = packed.await else {
            return false;
        };
        let catalog = self.data.repositories();
        let pages = PageCatalog::list(&*catalog, &self.id, &generation.build, Locale::En)
            .await
            .unwrap();
        let pages = pages.into_iter().map(|page| page.page);
        let rest = [generation.search.clone(), generation.wikis[&Locale::En].clone()];
        for key in shards.into_iter().chain(briefs).chain(pages).chain(rest) {
            if artefacts.get(&self.id, &key).await.is_err() {
                return false;
            }
        }
        true
    }

    fn artefact(&self, key: &ArtefactKey) -> PathBuf {
        let key = key.as_str();
        let folder = self.folder.path().join("artefacts").join(self.id.as_str());
        folder.join(&key[..2]).join(format!("{key}.zst"))
    }

    /// Makes everything of the repository look as if it had been made days ago. Only the times of files are
    /// changed, so that the memos of all builds are older than any lease.
    fn age(&self) {
        let derived = self.folder.path().join("artefacts").join(self.id.as_str());
        set_times(&derived, days_ago());
    }
}

fn days_ago() -> SystemTime {
    SystemTime::now() - Duration::from_secs(100 * 3600)
}

fn set_times(folder: &Path, time: SystemTime) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            set_times(&path, time);
        } else {
            std::fs::File::options()
                .append(true)
                .open(path)
                .unwrap()
                .set_modified(time)
                .unwrap();
        }
    }
}

fn source() -> RepositorySource {
    RepositorySource::parse_url("https://github.com/a/b").unwrap()
}

fn build_id(name: &str) -> BuildId {
    BuildId::new(name).unwrap()
}
