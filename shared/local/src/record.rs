//! A repository's folder of records: one file that is changed under a lock, and the locks of its builds.

use std::{
    collections::HashMap,
    fs::{File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use deepwiki_domain::{
    BuildId, RepositoryId, StageError,
    job::BuildRequest,
    repository::{Generation, Repository, RepositoryStatus},
};
use deepwiki_ports::Result;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::files::{self, Sync};

/// The largest record that is read, in bytes; thousands of times what one needs.
const LARGEST_RECORD: u64 = 64 << 20;

/// `record.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) repository: Repository,
    /// The build that runs. It holds the lease only while a process locks its file in `leases/`.
    pub(crate) lease: Option<Lease>,
    /// The request that waits for the lease.
    pub(crate) pending: Option<BuildRequest>,
    /// The build that gave up the lease last, and what it was answered.
    pub(crate) released: Option<Released>,
    /// What was published, the newest first.
    pub(crate) generations: Vec<Published>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Lease {
    pub(crate) request: BuildRequest,
    /// By the clock that gives files their times.
    pub(crate) since: SystemTime,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Released {
    pub(crate) build: BuildId,
    pub(crate) next: Option<BuildRequest>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Published {
    pub(crate) generation: Generation,
    /// When its build took the lease: everything that the build wanted was written or recalled since.
    pub(crate) since: SystemTime,
}

impl Record {
    pub(crate) fn new(repository: Repository) -> Self {
        Self {
            repository,
            lease: None,
            pending: None,
            released: None,
            generations: Vec::new(),
        }
    }

    /// The record of a repository that is first heard of in a request.
    pub(crate) fn of_request(request: &BuildRequest, now: i64) -> Self {
        Self::new(Repository {
            id: request.repository.clone(),
            source: request.source.clone(),
            display_name: request.source.name().to_owned(),
            revision: request.revision.clone(),
            status: RepositoryStatus::Ready,
            locales: request.locales.clone(),
            published: None,
            groups: Default::default(),
            registered_at: now,
            removed_at: None,
        })
    }

    pub(crate) fn holder(&self) -> Option<&BuildId> {
        self.lease.as_ref().map(|lease| &lease.request.build)
    }
}

/// `repositories/<repository>`.
#[derive(Debug, Clone)]
pub(crate) struct RepositoryFolder(PathBuf);

impl RepositoryFolder {
    pub(crate) fn new(root: &Path, repository: &RepositoryId) -> Self {
        Self(root.join("repositories").join(repository.as_str()))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn job_path(&self, build: &BuildId) -> PathBuf {
        self.0.join("jobs").join(format!("{build}.json"))
    }

    fn lease_path(&self, build: &BuildId) -> PathBuf {
        self.0.join("leases").join(build.as_str())
    }

    /// Keeps every other process and thread from changing what is in the folder, until the answer is dropped.
    /// Nothing else is waited for meanwhile.
    pub(crate) fn lock(&self) -> Result<File> {
        let path = self.path("lock");
        let file = files::open_lock(&path)?;
        file.lock().map_err(|error| no_lock(&path, &error))?;
        Ok(file)
    }

    pub(crate) fn read(&self) -> Result<Option<Record>> {
        read_json(&self.path("record.json"))
    }

    /// Call it with the lock held.
    pub(crate) fn write(&self, record: &Record) -> Result<()> {
        write_json(&self.path("record.json"), record, Sync::Now)
    }
}

/// The requests whose files in `leases/` this process has locked.
#[derive(Debug, Default)]
pub(crate) struct HeldLeases(Mutex<HashMap<(RepositoryId, BuildId), File>>);

impl HeldLeases {
    fn files(&self) -> MutexGuard<'_, HashMap<(RepositoryId, BuildId), File>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the request live as long as this process, where no other has it. Call it with the folder's lock held.
    pub(crate) fn take(&self, folder: &RepositoryFolder, request: &BuildRequest) -> Result<()> {
        let key = (request.repository.clone(), request.build.clone());
        if self.files().contains_key(&key) {
            return Ok(());
        }
        let path = folder.lease_path(&request.build);
        let file = files::open_lock(&path)?;
        match file.try_lock() {
            Ok(()) => {
                self.files().insert(key, file);
                Ok(())
            }
            Err(TryLockError::WouldBlock) => Ok(()),
            Err(TryLockError::Error(error)) => Err(no_lock(&path, &error)),
        }
    }

    /// Whether this process made the request.
    pub(crate) fn is_ours(&self, request: &BuildRequest) -> bool {
        self.files()
            .contains_key(&(request.repository.clone(), request.build.clone()))
    }

    /// Undoes [`HeldLeases::take`], and clears away what a process that died left of it.
    pub(crate) fn give_up(&self, folder: &RepositoryFolder, repository: &RepositoryId, build: &BuildId) {
        self.files().remove(&(repository.clone(), build.clone()));
        // A file that stays behind holds nothing: only its lock does.
        let _ = files::remove(&folder.lease_path(build));
    }

    /// Whether the process that made the request lives. Call it with the folder's lock held: the probe takes the lock that it
    /// looks for, for a moment.
    pub(crate) fn is_alive(
        &self,
        folder: &RepositoryFolder,
        repository: &RepositoryId,
        build: &BuildId,
    ) -> Result<bool> {
        if self.files().contains_key(&(repository.clone(), build.clone())) {
            return Ok(true);
        }
        let path = folder.lease_path(build);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(files::unreadable(&path, &error)),
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(no_lock(&path, &error)),
        }
    }
}

/// Reads a JSON file; none where it does not exist.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    let Some(bytes) = files::read(path, LARGEST_RECORD)? else {
        return Ok(None);
    };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        StageError::permanent(format!(
            "the record `{name}` is damaged: restore it from a backup, or delete it and build again"
        ))
        .with_detail(format!("{}: {error}", path.display()))
    })
}

pub(crate) fn write_json<T: Serialize>(path: &Path, value: &T, sync: Sync) -> Result<()> {
    let mut bytes = serde_json::to_vec_pretty(value)
        .map_err(|error| StageError::permanent("a record could not be written as JSON").with_detail(error))?;
    bytes.push(b'\n');
    files::replace(path, &bytes, sync)
}

fn no_lock(path: &Path, error: &io::Error) -> StageError {
    StageError::permanent(format!(
        "the data folder's file system cannot lock files ({error}): choose a local disk with --data"
    ))
    .with_detail(path.display())
}
