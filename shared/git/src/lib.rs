//! Repositories through `gix`: of this machine, or fetched over https into a temporary folder.
//!
//! *Architecture invariant:* nothing that a repository brings along is run, and nothing is written into a work
//! tree: no checkout, no hook, no filter, no configuration that names a command or another file.

mod credentials;
mod folder;
mod http;
mod local;
mod remote;
mod tree;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use deepwiki_domain::{
    CommitId, StageError,
    source::{GitHosts, RepositorySource},
};
use deepwiki_ports::{Result, Snapshot, SourceReader};

use crate::remote::Remote;

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
    /// The hosts that are read from, whatever the addresses of others.
    pub hosts: GitHosts,
    /// Whether folders of this machine are read: by the local command alone.
    pub local_paths: bool,
    /// What the hosts want to see.
    pub credentials: Arc<dyn Credentials>,
    /// The AWS region of CodeCommit repositories that name none.
    pub region: Option<String>,
    /// Where fetched repositories lie while they are read; the system's temporary folder where none is named.
    pub scratch: Option<PathBuf>,
    /// Places that stand in for others, as tests and private endpoints need.
    pub endpoints: Vec<Endpoint>,
}

/// Has repositories fetched from another place. Only a place that is named here may have a private address or
/// speak plain http.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// How the URLs begin that it is about: `https://git-codecommit.eu-west-1.amazonaws.com/`.
    pub from: String,
    /// What stands there instead: `http://127.0.0.1:8000/`.
    pub to: String,
}

impl Default for GitOptions {
    fn default() -> Self {
        Self {
            limits: GitLimits::default(),
            hosts: GitHosts::any(),
            local_paths: false,
            credentials: Arc::new(NoCredentials),
            region: None,
            scratch: None,
            endpoints: Vec::new(),
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

    /// The repository of a host, and what ends the work on it when dropped.
    async fn remote(&self, source: &RepositorySource) -> Result<(Remote, CancelOnDrop)> {
        // Before a credential is looked up for it.
        self.options.hosts.check(source)?;
        let credential = self.options.credentials.get(source).await?;
        let cancelled = Arc::new(AtomicBool::new(false));
        let remote = Remote::new(source, &self.options, credential, cancelled.clone())?;
        Ok((remote, CancelOnDrop(cancelled)))
    }
}

/// Tells the thread that fetches to stop, once nobody waits for it any more.
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
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
            _ => {
                let (remote, _guard) = self.remote(source).await?;
                off_thread(move || remote.open(revision.as_deref())).await
            }
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
            _ => {
                let (remote, _guard) = self.remote(source).await?;
                off_thread(move || remote.resolve(revision.as_deref())).await?
            }
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
