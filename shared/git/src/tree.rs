//! A Git repository at a commit, read from the object database: no checkout, no filter, no hook.

use std::sync::Mutex;

use deepwiki_domain::{CommitId, StageError};
use deepwiki_ports::{
    Result, Snapshot,
    source::{EntryKind, TreeEntry},
};
use gix::{ObjectId, objs::tree::EntryKind as GitKind};

use crate::GitLimits;

/// Folders below a path of this many bytes are not listed: no file in them could be read anyway.
const LONGEST_FOLDER: usize = 4096;

/// A commit of a repository on this machine.
pub(crate) struct GitSnapshot {
    repository: gix::ThreadSafeRepository,
    /// Handles that are not in use. Each keeps a cache of delta bases, which a new one would have to fill again.
    handles: Mutex<Vec<gix::Repository>>,
    commit: CommitId,
    commit_time: Option<i64>,
    tree: ObjectId,
    limits: GitLimits,
    /// Removed when the snapshot is dropped; none where the repository is the user's own.
    _fetched_into: Option<tempfile::TempDir>,
}

impl GitSnapshot {
    /// The snapshot of `commit`. `fetched_into` is the temporary folder that holds the repository.
    pub(crate) fn new(
        repository: gix::Repository,
        commit: ObjectId,
        limits: GitLimits,
        fetched_into: Option<tempfile::TempDir>,
    ) -> Result<Self> {
        let (tree, commit_time) = {
            let found = repository.find_commit(commit).map_err(damaged)?;
            let time = found.time().ok().map(|time| time.seconds);
            (found.tree_id().map_err(damaged)?.detach(), time)
        };
        Ok(Self {
            repository: repository.into_sync(),
            handles: Mutex::default(),
            commit: CommitId::new(commit.to_string()).map_err(damaged)?,
            commit_time,
            tree,
            limits,
            _fetched_into: fetched_into,
        })
    }

    fn with_repository<T>(&self, read: impl FnOnce(&gix::Repository) -> T) -> T {
        let pop = |handles: &Mutex<Vec<gix::Repository>>| handles.lock().ok()?.pop();
        let repository = pop(&self.handles).unwrap_or_else(|| self.repository.to_thread_local());
        let result = read(&repository);
        if let Ok(mut handles) = self.handles.lock() {
            handles.push(repository);
        }
        result
    }
}

impl Snapshot for GitSnapshot {
    fn commit(&self) -> CommitId {
        self.commit.clone()
    }

    fn commit_time(&self) -> Option<i64> {
        self.commit_time
    }

    fn entries(&self) -> Result<Vec<TreeEntry>> {
        self.with_repository(|repository| list_tree(repository, self.tree, &self.limits))
    }

    fn read(&self, entry: &TreeEntry, limit: u64) -> Result<Vec<u8>> {
        let id = ObjectId::from_hex(entry.id.as_bytes()).map_err(damaged)?;
        self.with_repository(|repository| {
            let too_large =
                || StageError::permanent(format!("object {id} is no file of at most {limit} bytes"));
            // Listing the tree has read the header of every file that has a size.
            let size = match entry.size {
                Some(size) => Some(size),
                None => {
                    let header = repository.find_header(id).map_err(damaged)?;
                    (header.kind() == gix::objs::Kind::Blob).then(|| header.size())
                }
            };
            if size.is_none_or(|size| size > limit) {
                return Err(too_large());
            }
            let mut blob = repository.find_blob(id).map_err(damaged)?;
            if blob.data.len() as u64 > limit {
                return Err(too_large());
            }
            Ok(blob.take_data())
        })
    }
}

/// Lists the tree without recursion, so that no depth exhausts the stack, and within limits, so that a small
/// pack whose trees hold each other many times over does not exhaust the memory.
fn list_tree(repository: &gix::Repository, root: ObjectId, limits: &GitLimits) -> Result<Vec<TreeEntry>> {
    let mut entries = Vec::new();
    let mut folders = vec![(Vec::new(), root)];
    let mut path_bytes = 0_u64;
    let mut visited = 0_u64;
    while let Some((folder, id)) = folders.pop() {
        let tree = repository.find_tree(id).map_err(damaged)?;
        for entry in tree.iter() {
            let entry = entry.map_err(damaged)?;
            let mut path: Vec<u8> = folder.clone();
            path.extend_from_slice(entry.filename());
            visited += 1;
            path_bytes += path.len() as u64;
            if visited > limits.entries || path_bytes > limits.path_bytes {
                return Err(too_many_entries(limits));
            }
            let kind = match entry.mode().kind() {
                GitKind::Tree => {
                    path.push(b'/');
                    if path.len() <= LONGEST_FOLDER {
                        folders.push((path, entry.object_id()));
                        continue;
                    }
                    EntryKind::File
                }
                GitKind::Blob => EntryKind::File,
                GitKind::BlobExecutable => EntryKind::Executable,
                GitKind::Link => EntryKind::Symlink,
                GitKind::Commit => EntryKind::Submodule,
            };
            entries.push(TreeEntry {
                path,
                kind,
                id: entry.object_id().to_string(),
                size: None,
            });
        }
    }
    entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    for entry in &mut entries {
        if matches!(entry.kind, EntryKind::File | EntryKind::Executable) {
            let id = ObjectId::from_hex(entry.id.as_bytes());
            entry.size = id.ok().and_then(|id| size_of(repository, id));
        }
    }
    Ok(entries)
}

/// The size of a blob; none where it is missing or damaged, which reading it will tell.
fn size_of(repository: &gix::Repository, id: ObjectId) -> Option<u64> {
    let header = repository.try_find_header(id).ok()??;
    (header.kind() == gix::objs::Kind::Blob).then(|| header.size())
}

pub(crate) fn too_many_entries(limits: &GitLimits) -> StageError {
    StageError::permanent(format!(
        "the repository has more than {} files or too long paths: build a smaller one, or a folder of it",
        limits.entries
    ))
}

/// An object that cannot be found or decoded.
pub(crate) fn damaged(error: impl std::fmt::Display) -> StageError {
    StageError::permanent(
        "the repository is damaged or incomplete: check it with `git fsck`, or fetch it again",
    )
    .with_detail(error)
}
