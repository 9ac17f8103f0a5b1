//! Repositories through `gix`: of this machine, or fetched over https into a temporary folder.
//!
//! *Architecture invariant:* nothing that a repository brings along is run, and nothing is written into a work
//! tree: no checkout, no hook, no filter, no configuration that names a command or another file.

mod credentials;
mod folder;
mod local;
mod tree;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use deepwiki_domain::{CommitId, StageError, source::RepositorySource};
use deepwiki_ports::{Result, Snapshot, SourceReader};

pub use credentials::{Credential, Credentials, EnvCredentials, NoCredentials};

/// What a repository may cost to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GitLimits {
    /// Files and folders of a tree.
    pub entries: u64,
    /// The paths of a tree, together, in bytes.
    pub path_bytes: u64,
    /// The files of a plain folder, together, in bytes.
    pub folder_bytes: u64,
    /// What a host may send for one fetch, in bytes.
    pub fetch_bytes: u64,
    /// How long one fetch may take.
    pub fetch_time: Duration,
}

impl Default for GitLimits {
    fn default() -> Self {
        Self {
            entries: 1_000_000,
            path_bytes: 256 << 20,
            folder_bytes: 16 << 30,
            fetch_bytes: 4 << 30,
            fetch_time: Duration::from_secs(600),
        }
    }
}

/// How [`GitSourceReader`] works.
#[derive(Clone)]
pub struct GitOptions {
    /// What a repository may cost.
    pub limits: GitLimits,
    /// Whether folders of this machine are read: by the local command alone.
    pub local_paths: bool,
    /// What the hosts want to see.
    pub credentials: Arc<dyn Credentials>,
}

impl Default for GitOptions {
    fn default() -> Self {
        Self {
            limits: GitLimits::default(),
            local_paths: false,
            credentials: Arc::new(NoCredentials),
        }
    }
}

/// Reads repositories through `gix`.
#[derive(Clone)]
pub struct GitSourceReader {
    options: GitOptions,
}

impl GitSourceReader {
    /// A reader with these options.
    pub fn new(options: GitOptions) -> Self {
        Self { options }
    }

    /// The folder, where reading folders is allowed.
    fn local_path<'a>(&self, path: &'a str) -> Result<&'a str> {
        if self.options.local_paths {
            Ok(path)
        } else {
            Err(StageError::invalid(
                "folders are read by the local command alone: register an https:// or codecommit:// URL",
            ))
        }
    }
}

#[async_trait]
impl SourceReader for GitSourceReader {
    async fn open(&self, source: &RepositorySource, revision: Option<&str>) -> Result<Box<dyn Snapshot>> {
        let revision = revision.map(str::to_owned);
        let limits = self.options.limits;
        match source {
            RepositorySource::Path(path) => {
                let path = self.local_path(path)?.to_owned();
                off_thread(move || local::open(&path, revision.as_deref(), &limits)).await
            }
            _ => Err(StageError::invalid("only folders can be read")),
        }
    }

    async fn resolve(&self, source: &RepositorySource, revision: Option<&str>) -> Result<CommitId> {
        let revision = revision.map(str::to_owned);
        let limits = self.options.limits;
        let commit = match source {
            RepositorySource::Path(path) => {
                let path = self.local_path(path)?.to_owned();
                off_thread(move || local::resolve(&path, revision.as_deref(), &limits)).await?
            }
            _ => return Err(StageError::invalid("only folders can be read")),
        };
        CommitId::new(commit.to_string())
            .map_err(|error| StageError::permanent("the commit id is of an unknown kind").with_detail(error))
    }
}

/// Runs what blocks where it may.
async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        StageError::permanent("reading the repository failed unexpectedly: see the log").with_detail(error)
    })?
}
