//! Artefacts as files.
//!
//! They are not forced to the disk one by one: that would cost more than everything else in a build. Instead
//! they are checked whenever they count on each other, so that one torn by a power cut is made again, and
//! forced to the disk together before a published pointer leads to them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io,
    path::{Component, Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use async_trait::async_trait;
use deepwiki_domain::{
    ArtefactKey, BuildId, RepositoryId, Slug, StageError, memo::MemoKey, message::ItemList,
};
use deepwiki_ports::{ArtefactStore, Result, codec};

use crate::files::{self, Sync, off_thread};

/// The largest stored form that is read, in bytes; [`codec::decompress`] bounds what becomes of it.
const LARGEST_FILE: u64 = 2 << 30;

/// The longest list of items that is read, in bytes.
const LONGEST_LIST: u64 = 1 << 30;

/// Artefacts in a folder.
#[derive(Debug)]
pub struct LocalArtefacts {
    root: PathBuf,
    /// What was written since the last [`LocalArtefacts::sync`].
    unsynced: Mutex<BTreeMap<RepositoryId, BTreeSet<PathBuf>>>,
}

impl LocalArtefacts {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self {
            root,
            unsynced: Mutex::default(),
        }
    }

    /// The items of a list that [`ArtefactStore::put_items`] wrote.
    pub async fn items(&self, list: &ItemList) -> Result<Vec<String>> {
        let relative = Path::new(&list.key);
        let inside = relative
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        let path = self.root.join(relative);
        let expected = list.count as usize;
        off_thread(move || {
            let missing =
                || StageError::permanent("a list of work items is missing: build the repository again");
            if !inside {
                return Err(missing());
            }
            let bytes = files::read(&path, LONGEST_LIST)?.ok_or_else(missing)?;
            let text = String::from_utf8(bytes).map_err(|error| missing().with_detail(error))?;
            let items: Vec<String> = text.lines().map(str::to_owned).collect();
            if items.len() == expected {
                Ok(items)
            } else {
                Err(missing())
            }
        })
        .await
    }

    /// The folder of everything derived from a repository.
    pub(crate) fn folder(&self, repository: &RepositoryId) -> PathBuf {
        self.root.join("artefacts").join(repository.as_str())
    }

    pub(crate) fn path(&self, repository: &RepositoryId, key: &ArtefactKey) -> PathBuf {
        artefact_path(&self.folder(repository), key)
    }

    /// Forces what was written of this repository to the disk.
    pub(crate) fn sync(&self, repository: &RepositoryId) -> Result<()> {
        let paths = {
            let mut unsynced = self.unsynced.lock().unwrap_or_else(PoisonError::into_inner);
            unsynced.remove(repository).unwrap_or_default()
        };
        let mut folders = BTreeSet::new();
        for path in &paths {
            match File::open(path).and_then(|file| file.sync_data()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(files::unwritable(path, &error));
                }
                _ => folders.extend(path.parent()),
            }
        }
        for folder in folders {
            match files::sync_folder(folder) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(files::unwritable(folder, &error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn note_unsynced(&self, repository: &RepositoryId, key: &ArtefactKey) {
        let path = self.path(repository, key);
        let mut unsynced = self.unsynced.lock().unwrap_or_else(PoisonError::into_inner);
        unsynced.entry(repository.clone()).or_default().insert(path);
    }

    fn memo_path(&self, repository: &RepositoryId, memo: &MemoKey) -> PathBuf {
        let memo = memo.as_str();
        let folder = self.folder(repository).join("memos");
        folder.join(memo.get(..2).unwrap_or_default()).join(memo)
    }
}

#[async_trait]
impl ArtefactStore for LocalArtefacts {
    async fn put(&self, repository: &RepositoryId, bytes: &[u8]) -> Result<ArtefactKey> {
        let folder = self.folder(repository);
        let bytes = bytes.to_vec();
        let key = off_thread(move || {
            let key = ArtefactKey::of(&bytes);
            let path = artefact_path(&folder, &key);
            if read_artefact(&path, &key).is_err() {
                files::replace(&path, &codec::compress(&bytes)?, Sync::Later)?;
            }
            Ok(key)
        })
        .await?;
        // Noted even where it was there: another process may have written it and died before its own sync.
        self.note_unsynced(repository, &key);
        Ok(key)
    }

    async fn get(&self, repository: &RepositoryId, key: &ArtefactKey) -> Result<Vec<u8>> {
        let (path, key) = (self.path(repository, key), key.clone());
        off_thread(move || read_artefact(&path, &key)).await
    }

    async fn recall(&self, repository: &RepositoryId, memo: &MemoKey) -> Result<Option<ArtefactKey>> {
        let path = self.memo_path(repository, memo);
        let folder = self.folder(repository);
        let recalled = off_thread(move || {
            let Some(key) = read_memo(&path)? else {
                return Ok(None);
            };
            if read_artefact(&artefact_path(&folder, &key), &key).is_err() {
                return Ok(None);
            }
            // The time tells the collection of garbage that a build still wants the memo. One that cannot be
            // told (a read-only folder) is at worst made again.
            let _ = File::options()
                .append(true)
                .open(&path)
                .and_then(|file| file.set_modified(SystemTime::now()));
            Ok(Some(key))
        })
        .await?;
        if let Some(key) = &recalled {
            self.note_unsynced(repository, key);
        }
        Ok(recalled)
    }

    async fn remember(&self, repository: &RepositoryId, memo: &MemoKey, key: &ArtefactKey) -> Result<()> {
        let (path, content) = (self.memo_path(repository, memo), format!("{key}\n"));
        off_thread(move || files::replace(&path, content.as_bytes(), Sync::Later)).await
    }

    async fn put_items(
        &self,
        repository: &RepositoryId,
        build: &BuildId,
        name: &str,
        items: &[String],
    ) -> Result<ItemList> {
        let invalid = |what: &str| StageError::permanent(format!("a list of work items {what}"));
        let name = Slug::new(name).map_err(|error| invalid("has no usable name").with_detail(error))?;
        let key = format!("artefacts/{repository}/items/{build}/{name}.jsonl");
        let path = self.root.join(&key);
        let list = ItemList::new(key, items).ok_or_else(|| invalid("is too long or holds no JSON"))?;
        let mut text = String::new();
        for item in items {
            if item.contains(['\n', '\r']) {
                return Err(invalid("has an item of more than one line"));
            }
            text.push_str(item);
            text.push('\n');
        }
        off_thread(move || files::replace(&path, text.as_bytes(), Sync::Later)).await?;
        Ok(list)
    }
}

fn artefact_path(folder: &Path, key: &ArtefactKey) -> PathBuf {
    let key = key.as_str();
    folder
        .join(key.get(..2).unwrap_or_default())
        .join(format!("{key}.zst"))
}

/// An artefact's bytes, checked against its key.
pub(crate) fn read_artefact(path: &Path, key: &ArtefactKey) -> Result<Vec<u8>> {
    let compressed = files::read(path, LARGEST_FILE)?.ok_or_else(|| {
        StageError::permanent(format!("artefact {key} is missing: build the repository again"))
    })?;
    codec::decompress(key, &compressed)
}

/// The key that a memo stands for; none where there is none, or none that can be read.
pub(crate) fn read_memo(path: &Path) -> Result<Option<ArtefactKey>> {
    let content = files::read(path, 256)?.unwrap_or_default();
    let text = String::from_utf8_lossy(&content);
    Ok(ArtefactKey::new(text.trim_end()).ok())
}

/// When a file was last written or, for a memo, wanted.
pub(crate) fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}
