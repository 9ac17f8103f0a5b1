//! Deleting everything that was derived from a repository.

use std::{fs, io, path::Path};

use async_trait::async_trait;
use deepwiki_domain::{
    RepositoryId, StageError,
    purge::{Purged, Tally},
    repository::RepositoryStatus,
};
use deepwiki_ports::{Purge, Result};

use crate::{LocalRepositories, files, record::Record, repositories::State};

#[async_trait]
impl Purge for LocalRepositories {
    async fn purge(&self, id: &RepositoryId) -> Result<Purged> {
        let id = id.clone();
        self.run(move |state| purge(state, &id)).await
    }
}

fn purge(state: &State, id: &RepositoryId) -> Result<Purged> {
    let folder = state.folder(id);
    let unknown = || {
        StageError::invalid(format!(
            "there is no repository `{id}`: see the list of repositories"
        ))
    };
    if folder.read()?.is_none() {
        return Err(unknown());
    }
    let _lock = folder.lock()?;
    let mut record = folder.read()?.ok_or_else(unknown)?;
    refuse_while_building(state, id, &record)?;
    // Readers must not be led to what is about to be deleted.
    record.repository.published = None;
    record.repository.status = RepositoryStatus::Ready;
    record.generations.clear();
    record.lease = None;
    record.pending = None;
    folder.write(&record)?;

    let derived = state.artefacts.folder(id);
    let mut purged = Purged::default();
    delete(&folder.path("pages"), &mut purged.pages)?;
    delete(&folder.path("corrections"), &mut purged.corrections)?;
    delete(&derived.join("memos"), &mut purged.memos)?;
    delete(&derived.join("items"), &mut purged.lists)?;
    delete(&derived, &mut purged.artefacts)?;
    Ok(purged)
}

/// Call it with the folder's lock held, which keeps a build from beginning meanwhile.
pub(crate) fn refuse_while_building(state: &State, id: &RepositoryId, record: &Record) -> Result<()> {
    if record.lease.is_some() && !state.holder_died(&state.folder(id), record)? {
        return Err(StageError::invalid(format!(
            "a build of `{id}` is running: try again when it has ended"
        )));
    }
    Ok(())
}

/// Deletes a folder and what is in it, and counts the files. Links are deleted, not followed.
pub(crate) fn delete(folder: &Path, tally: &mut Tally) -> Result<()> {
    for name in files::names(folder)? {
        let path = folder.join(name);
        let metadata = match fs::symlink_metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(files::unreadable(&path, &error)),
        };
        if metadata.is_dir() {
            delete(&path, tally)?;
        } else if files::remove(&path)? {
            tally.add(metadata.len());
        }
    }
    match fs::remove_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(files::unwritable(folder, &error)),
        _ => Ok(()),
    }
}
