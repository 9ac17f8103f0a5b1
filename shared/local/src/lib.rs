//! The ports on a folder of this machine, for the local command.
//!
//! ```text
//! VERSION                                          the layout's version, one number
//! artefacts/<repository>/<2 digits>/<key>.zst      artefacts, compressed
//! artefacts/<repository>/memos/<2 digits>/<memo>   the key that a memo stands for
//! artefacts/<repository>/items/<build>/<name>.jsonl
//! repositories/<repository>/record.json            the record, its lease and its generations
//! repositories/<repository>/lock                   locked while any of these is changed
//! repositories/<repository>/leases/<build>         locked by the process that asked for the build
//! repositories/<repository>/jobs/<build>.json
//! repositories/<repository>/pages/<build>/<locale>.json
//! repositories/<repository>/corrections/<id>.json   what readers have flagged
//! ```
//!
//! Several processes may use the folder at once, and each may be killed at any time: a file is replaced whole
//! or not at all, and a lock ends with the process that holds it.

mod artefacts;
mod circuits;
mod corrections;
mod files;
mod garbage;
mod jobs;
mod leases;
mod ledger;
mod pages;
mod purge;
mod record;
mod repositories;

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use deepwiki_domain::StageError;
use deepwiki_ports::Result;

pub use artefacts::LocalArtefacts;
pub use circuits::MemoryCircuits;
pub use garbage::Collected;
pub use ledger::LocalLedger;
pub use repositories::LocalRepositories;

/// The version of the layout. A change that older programs would misread adds one, and a migration.
const LAYOUT_VERSION: u32 = 1;

/// A data folder. Cloning is cheap and gives the same folder.
#[derive(Debug, Clone)]
pub struct LocalData {
    artefacts: Arc<LocalArtefacts>,
    repositories: Arc<LocalRepositories>,
}

impl LocalData {
    /// Opens the folder; makes it where it does not exist. Refuses a folder that holds anything else, and one
    /// that another version of the program made and this one cannot read.
    pub async fn open(folder: &Path) -> Result<Self> {
        let root: PathBuf = std::path::absolute(folder).map_err(|error| {
            StageError::invalid("the data folder's path is malformed: choose another with --data")
                .with_detail(error)
        })?;
        let artefacts = Arc::new(LocalArtefacts::new(root.clone()));
        let repositories = Arc::new(LocalRepositories::new(root.clone(), Arc::clone(&artefacts)));
        files::off_thread(move || prepare(&root)).await?;
        Ok(Self {
            artefacts,
            repositories,
        })
    }

    /// The artefacts: an [`deepwiki_ports::ArtefactStore`].
    pub fn artefacts(&self) -> Arc<LocalArtefacts> {
        Arc::clone(&self.artefacts)
    }

    /// The records: [`deepwiki_ports::Repositories`], [`deepwiki_ports::Versions`], [`deepwiki_ports::Leases`],
    /// [`deepwiki_ports::Jobs`], [`deepwiki_ports::PageCatalog`], [`deepwiki_ports::Corrections`],
    /// [`deepwiki_ports::RepositoryAccess`] and [`deepwiki_ports::Purge`].
    pub fn repositories(&self) -> Arc<LocalRepositories> {
        Arc::clone(&self.repositories)
    }
}

fn prepare(root: &Path) -> Result<()> {
    files::create_private_folder(root)?;
    let version = root.join("VERSION");
    let mut found = read_version(&version)?;
    if found.is_none() && !is_empty(root)? {
        // Another process may have made the folder just now; it writes the version before all else.
        found = read_version(&version)?;
        if found.is_none() {
            return Err(StageError::invalid(format!(
                "`{}` holds other files: choose an empty or new folder with --data",
                root.display()
            )));
        }
    }
    match found.as_deref().map(str::trim).map(str::parse::<u32>) {
        None => files::replace(
            &version,
            format!("{LAYOUT_VERSION}\n").as_bytes(),
            files::Sync::Now,
        ),
        Some(Ok(LAYOUT_VERSION)) => Ok(()),
        Some(Ok(newer)) if newer > LAYOUT_VERSION => Err(StageError::invalid(format!(
            "`{}` was made by a newer version of this program (layout {newer}, this one knows {LAYOUT_VERSION}): \
             update the program or choose another folder with --data",
            root.display()
        ))),
        Some(_) => Err(StageError::invalid(format!(
            "`{}` is no data folder of this program: choose another with --data",
            root.display()
        ))),
    }
}

fn read_version(path: &Path) -> Result<Option<String>> {
    let bytes = files::read(path, 64)?;
    Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

fn is_empty(folder: &Path) -> Result<bool> {
    let entries = std::fs::read_dir(folder)
        .and_then(|entries| {
            entries
                .map(|entry| entry.map(|it| it.file_name()))
                .collect::<io::Result<Vec<_>>>()
        })
        .map_err(|error| files::unreadable(folder, &error))?;
    Ok(entries.iter().all(|name| files::is_temporary(name)))
}
