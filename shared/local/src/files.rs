//! Files that are replaced whole, read within bounds and locked against other processes.

use std::{
    ffi::OsStr,
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use deepwiki_domain::StageError;
use deepwiki_ports::Result;

const TEMPORARY_PREFIX: &str = ".tmp-";

/// When a file's content must be on the disk itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sync {
    /// Before the name shows it: for records, which nothing can make again.
    Now,
    /// Whenever the system likes: for what can be made again and is checked when it is read.
    Later,
}

/// Runs file work on a thread that may block.
pub(crate) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        StageError::permanent("the data folder was not read to the end").with_detail(error)
    })?
}

/// Gives the file this content; who reads it meanwhile sees the old or the new content whole. Makes the
/// folder where it is missing.
pub(crate) fn replace(path: &Path, content: &[u8], sync: Sync) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let (mut file, temporary) = match create_temporary(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
            create_temporary(folder)
        }
        other => other,
    }
    .map_err(|error| unwritable(path, &error))?;
    let written = file
        .write_all(content)
        .and_then(|()| {
            if sync == Sync::Now {
                file.sync_data()
            } else {
                Ok(())
            }
        })
        .and_then(|()| fs::rename(&temporary, path))
        .and_then(|()| {
            if sync == Sync::Now {
                sync_folder(folder)
            } else {
                Ok(())
            }
        });
    written.map_err(|error| {
        // It may have been renamed already; what is left otherwise is collected as garbage.
        let _ = fs::remove_file(&temporary);
        unwritable(path, &error)
    })
}

/// A new file that no other process uses: process ids alone may repeat where containers share a folder.
fn create_temporary(folder: &Path) -> io::Result<(File, PathBuf)> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    loop {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!("{TEMPORARY_PREFIX}{}-{count}", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((file, path)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

/// Whether the name is one of [`replace`]'s, left behind where a process was killed.
pub(crate) fn is_temporary(name: &OsStr) -> bool {
    name.to_str()
        .is_some_and(|name| name.starts_with(TEMPORARY_PREFIX))
}

/// Puts a folder's entries on the disk. Only Unix lets a folder be opened for this, and only it needs to.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()
    } else {
        Ok(())
    }
}

/// The file's content; none where it does not exist. Refuses more than `limit` bytes.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(path, &error)),
    };
    let size = file.metadata().map_or(0, |metadata| metadata.len());
    let mut content = Vec::with_capacity(usize::try_from(size.min(limit)).unwrap_or(0));
    file.take(limit.saturating_add(1))
        .read_to_end(&mut content)
        .map_err(|error| unreadable(path, &error))?;
    if content.len() as u64 > limit {
        return Err(
            StageError::permanent("a file of the data folder is larger than it can be")
                .with_detail(path.display()),
        );
    }
    Ok(Some(content))
}

/// Opens a lock file, making it and its folder where they are missing.
pub(crate) fn open_lock(path: &Path) -> Result<File> {
    let open = || {
        OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path)
    };
    match open() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let folder = path.parent().unwrap_or(Path::new("."));
            fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
            open()
        }
        other => other,
    }
    .map_err(|error| unwritable(path, &error))
}

/// Makes a folder that only its owner can enter: it will hold the text of private repositories.
pub(crate) fn create_private_folder(folder: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| unwritable(folder, &error))
}

/// The names in a folder, sorted; none where it does not exist. Names that are not UTF-8 are not ours.
pub(crate) fn names(folder: &Path) -> Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(folder, &error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| unreadable(folder, &error))?;
        if let Ok(name) = entry.file_name().into_string() {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// Deletes a file; says whether it was there.
pub(crate) fn remove(path: &Path) -> Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(unwritable(path, &error)),
    }
}

pub(crate) fn unreadable(path: &Path, error: &io::Error) -> StageError {
    StageError::permanent(format!("the data folder could not be read: {error}")).with_detail(path.display())
}

pub(crate) fn unwritable(path: &Path, error: &io::Error) -> StageError {
    StageError::permanent(format!("the data folder could not be written: {error}"))
        .with_detail(path.display())
}
