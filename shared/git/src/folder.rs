//! A plain folder, read as Git would read it: ignore rules honoured, links not followed, ids as `git add` gives them.

use std::{
    fs::{File, Metadata},
    io::{self, Read},
    path::{Path, PathBuf},
};

use deepwiki_domain::{CommitId, StageError};
use deepwiki_ports::{
    Result, Snapshot,
    source::{EntryKind, TreeEntry},
};
use gix::{ObjectId, hash::Kind};

use crate::{
    GitLimits,
    tree::{damaged, too_many_entries},
};

/// Files above this size (64 MiB) are known by their size alone: no stage reads them, so their content is not
/// worth the time.
const LARGEST_HASHED: u64 = 64 << 20;

/// The files of a folder, and an id made from their paths, kinds and contents.
pub(crate) struct FolderSnapshot {
    folder: PathBuf,
    entries: Vec<TreeEntry>,
    commit: CommitId,
}

impl FolderSnapshot {
    /// Walks the folder and reads every file once, for its id.
    pub(crate) fn read(folder: &Path, limits: &GitLimits) -> Result<Self> {
        let mut entries = list_files(folder, limits)?;
        entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        if entries.is_empty() {
            return Err(StageError::invalid(format!(
                "`{}` has no files that Git would take: check .gitignore, or name another folder",
                folder.display()
            )));
        }
        let mut total = 0_u64;
        for entry in &mut entries {
            total += entry.size.unwrap_or_default().min(LARGEST_HASHED);
            if total > limits.folder_bytes {
                return Err(StageError::permanent(format!(
                    "the folder has more than {} bytes: name a smaller one",
                    limits.folder_bytes
                )));
            }
            entry.id = blob_id(folder, entry)?.to_string();
        }
        Ok(Self {
            folder: folder.to_owned(),
            commit: content_id(&entries)?,
            entries,
        })
    }
}

impl Snapshot for FolderSnapshot {
    fn commit(&self) -> CommitId {
        self.commit.clone()
    }

    fn commit_time(&self) -> Option<i64> {
        None
    }

    fn entries(&self) -> Result<Vec<TreeEntry>> {
        Ok(self.entries.clone())
    }

    fn read(&self, entry: &TreeEntry, limit: u64) -> Result<Vec<u8>> {
        let unreadable =
            |error: io::Error| StageError::permanent("a file could not be read").with_detail(error);
        let mut bytes = Vec::new();
        let file = open_file(&join(&self.folder, &entry.path)).map_err(unreadable)?;
        file.take(limit.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(unreadable)?;
        if bytes.len() as u64 > limit {
            return Err(StageError::permanent(format!(
                "a file has more than {limit} bytes"
            )));
        }
        let id = gix::objs::compute_hash(Kind::Sha1, gix::objs::Kind::Blob, &bytes).map_err(damaged)?;
        if id != entry.id {
            return Err(StageError::transient(
                "the folder changed while it was read: build it again once it is still",
            ));
        }
        Ok(bytes)
    }
}

fn list_files(folder: &Path, limits: &GitLimits) -> Result<Vec<TreeEntry>> {
    let unreadable = |error: &dyn std::fmt::Display| {
        StageError::invalid("a folder below cannot be read: check that all of it is yours to read")
            .with_detail(error)
    };
    let mut entries = Vec::new();
    let mut path_bytes = 0_u64;
    for found in walk(folder) {
        let found = found.map_err(|error| unreadable(&error))?;
        let Some(kind) = found.file_type().filter(|_| found.depth() > 0) else {
            continue;
        };
        let nested = kind.is_dir() && found.path().join(".git").symlink_metadata().is_ok();
        if kind.is_dir() && !nested {
            continue;
        }
        let metadata = found.metadata().map_err(|error| unreadable(&error))?;
        let Some(kind) = entry_kind(&metadata) else {
            continue;
        };
        let relative = found
            .path()
            .strip_prefix(folder)
            .map_err(|error| unreadable(&error))?;
        let path = slash_separated(relative);
        path_bytes += path.len() as u64;
        entries.push(TreeEntry {
            path,
            kind,
            id: String::new(),
            size: metadata.is_file().then_some(metadata.len()),
        });
        if entries.len() as u64 > limits.entries || path_bytes > limits.path_bytes {
            return Err(too_many_entries(limits));
        }
    }
    Ok(entries)
}

/// Everything below the folder that its own `.gitignore` files do not exclude. What the machine or the user
/// ignores elsewhere plays no part, so that the same folder is the same on every machine.
fn walk(folder: &Path) -> ignore::Walk {
    ignore::WalkBuilder::new(folder)
        .standard_filters(false)
        .git_ignore(true)
        .require_git(false)
        .follow_links(false)
        .filter_entry(|entry| {
            let inside_nested = entry.depth() > 1
                && entry
                    .path()
                    .parent()
                    .is_some_and(|parent| parent.join(".git").symlink_metadata().is_ok());
            entry.file_name() != ".git" && !inside_nested
        })
        .build()
}

/// What `git add` would make of it; none for sockets, pipes and devices.
fn entry_kind(metadata: &Metadata) -> Option<EntryKind> {
    let kind = metadata.file_type();
    if kind.is_symlink() {
        Some(EntryKind::Symlink)
    } else if kind.is_dir() {
        Some(EntryKind::Submodule)
    } else if kind.is_file() {
        Some(if is_executable(metadata) {
            EntryKind::Executable
        } else {
            EntryKind::File
        })
    } else {
        None
    }
}

#[cfg(unix)]
fn is_executable(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &Metadata) -> bool {
    false
}

fn blob_id(folder: &Path, entry: &TreeEntry) -> Result<ObjectId> {
    let unreadable = |error: io::Error| {
        StageError::invalid("a file cannot be read: check that all of the folder is yours to read")
            .with_detail(error)
    };
    let path = join(folder, &entry.path);
    match (entry.kind, entry.size) {
        (EntryKind::Submodule, _) => Ok(ObjectId::null(Kind::Sha1)),
        (EntryKind::Symlink, _) => {
            let target = std::fs::read_link(&path).map_err(unreadable)?;
            let target = slash_separated(&target);
            gix::objs::compute_hash(Kind::Sha1, gix::objs::Kind::Blob, &target).map_err(damaged)
        }
        (_, Some(size)) if size > LARGEST_HASHED => {
            let text = format!("large {size}");
            gix::objs::compute_hash(Kind::Sha1, gix::objs::Kind::Blob, text.as_bytes()).map_err(damaged)
        }
        (_, size) => {
            let mut bytes = Vec::new();
            let file = open_file(&path).map_err(unreadable)?;
            file.take(size.unwrap_or_default().saturating_add(1))
                .read_to_end(&mut bytes)
                .map_err(unreadable)?;
            gix::objs::compute_hash(Kind::Sha1, gix::objs::Kind::Blob, &bytes).map_err(damaged)
        }
    }
}

/// Opens a file, unless it became something else since it was listed: opening a pipe would wait for ever.
fn open_file(path: &Path) -> io::Result<File> {
    if path.symlink_metadata()?.is_file() {
        File::open(path)
    } else {
        Err(io::Error::other("it is no longer a plain file"))
    }
}

/// The digest of every path with its kind and content, in the form of a commit id.
fn content_id(entries: &[TreeEntry]) -> Result<CommitId> {
    let mut hasher = gix::hash::hasher(Kind::Sha1);
    hasher.update(b"folder\0");
    for entry in entries {
        let kind: &[u8] = match entry.kind {
            EntryKind::File => b"file ",
            EntryKind::Executable => b"executable ",
            EntryKind::Symlink => b"symlink ",
            EntryKind::Submodule => b"submodule ",
        };
        hasher.update(kind);
        hasher.update(entry.id.as_bytes());
        hasher.update(b" ");
        hasher.update(&entry.path);
        hasher.update(b"\0");
    }
    let id = hasher.try_finalize().map_err(damaged)?;
    CommitId::new(id.to_string()).map_err(damaged)
}

#[cfg(unix)]
fn slash_separated(path: &Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes().to_vec()
}

#[cfg(not(unix))]
fn slash_separated(path: &Path) -> Vec<u8> {
    path.to_string_lossy().replace('\\', "/").into_bytes()
}

#[cfg(unix)]
fn join(folder: &Path, path: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    folder.join(std::ffi::OsStr::from_bytes(path))
}

#[cfg(not(unix))]
fn join(folder: &Path, path: &[u8]) -> PathBuf {
    folder.join(String::from_utf8_lossy(path).as_ref())
}
