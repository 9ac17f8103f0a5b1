//! Records of repositories as files.

use std::{
    collections::{BTreeSet, HashMap},
    path::PathBuf,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use deepwiki_domain::{
    BuildId, RepositoryId, StageError,
    repository::{Generation, Repository, RepositoryStatus},
};
use deepwiki_ports::{Repositories, RepositoryAccess, Result, Versions, repositories::RepositoryPage};

use crate::{
    LocalArtefacts,
    files::{self, off_thread},
    record::{HeldLeases, Published, Record, RepositoryFolder},
};

/// Repositories, leases, jobs and pages in a folder.
#[derive(Debug)]
pub struct LocalRepositories {
    pub(crate) state: Arc<State>,
}

/// What the file work needs, shared with the threads that do it.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) root: PathBuf,
    pub(crate) artefacts: Arc<LocalArtefacts>,
    pub(crate) held: HeldLeases,
    /// Where jobs were found, so that each is searched for once.
    pub(crate) repository_of: Mutex<HashMap<BuildId, RepositoryId>>,
}

impl LocalRepositories {
    pub(crate) fn new(root: PathBuf, artefacts: Arc<LocalArtefacts>) -> Self {
        let state = State {
            root,
            artefacts,
            held: HeldLeases::default(),
            repository_of: Mutex::default(),
        };
        Self {
            state: Arc::new(state),
        }
    }

    /// Runs file work with the state on a thread that may block.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&State) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let state = Arc::clone(&self.state);
        off_thread(move || work(&state)).await
    }
}

impl State {
    pub(crate) fn folder(&self, repository: &RepositoryId) -> RepositoryFolder {
        RepositoryFolder::new(&self.root, repository)
    }

    /// All ids that have a folder, in order.
    pub(crate) fn ids(&self) -> Result<Vec<RepositoryId>> {
        let names = files::names(&self.root.join("repositories"))?;
        Ok(names
            .into_iter()
            .filter_map(|name| RepositoryId::new(name).ok())
            .collect())
    }

    /// Changes a record under its lock; the change says what to answer and whether to write. Answers none, and
    /// leaves no trace, where there is no record.
    pub(crate) fn change<T>(
        &self,
        id: &RepositoryId,
        change: impl FnOnce(&RepositoryFolder, &mut Record) -> Result<(T, Write)>,
    ) -> Result<Option<T>> {
        let folder = self.folder(id);
        if folder.read()?.is_none() {
            return Ok(None);
        }
        let _lock = folder.lock()?;
        let Some(mut record) = folder.read()? else {
            return Ok(None);
        };
        let (answer, write) = change(&folder, &mut record)?;
        if write == Write::Yes {
            folder.write(&record)?;
        }
        Ok(Some(answer))
    }

    /// Whether the build that the record names as the lease's holder died without giving it up.
    pub(crate) fn holder_died(&self, folder: &RepositoryFolder, record: &Record) -> Result<bool> {
        match record.holder() {
            Some(build) => Ok(!self.held.is_alive(folder, &record.repository.id, build)?),
            None => Ok(false),
        }
    }

    /// The record as readers see it: a build whose process died is a build that failed.
    fn repository(&self, id: &RepositoryId) -> Result<Option<Repository>> {
        let folder = self.folder(id);
        let Some(record) = folder.read()? else {
            return Ok(None);
        };
        if record.lease.is_none() {
            return Ok(Some(record.repository));
        }
        let _lock = folder.lock()?;
        let Some(mut record) = folder.read()? else {
            return Ok(None);
        };
        if self.holder_died(&folder, &record)? {
            record.repository.status = RepositoryStatus::Failed;
        }
        Ok(Some(record.repository))
    }
}

/// Whether a change is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Write {
    Yes,
    No,
}

#[async_trait]
impl Repositories for LocalRepositories {
    async fn register(&self, repository: &Repository) -> Result<Repository> {
        let repository = repository.clone();
        self.run(move |state| {
            let folder = state.folder(&repository.id);
            let _lock = folder.lock()?;
            let mut record = folder.read()?;
            let stands = match &mut record {
                Some(record) if record.repository.removed_at.is_none() => {
                    return Ok(record.repository.clone());
                }
                Some(record) => {
                    record.repository.removed_at = None;
                    record
                }
                none => none.insert(Record::new(repository)),
            };
            folder.write(stands)?;
            Ok(stands.repository.clone())
        })
        .await
    }

    async fn get(&self, id: &RepositoryId) -> Result<Option<Repository>> {
        let id = id.clone();
        self.run(move |state| state.repository(&id)).await
    }

    async fn list(&self, after: Option<&RepositoryId>, limit: usize) -> Result<RepositoryPage> {
        let after = after.cloned();
        self.run(move |state| {
            let ids = state
                .ids()?
                .into_iter()
                .filter(|id| after.as_ref().is_none_or(|after| id > after));
            let mut repositories: Vec<Repository> = Vec::new();
            for id in ids {
                let Some(repository) = state.repository(&id)? else {
                    continue;
                };
                if repository.removed_at.is_some() {
                    continue;
                }
                if repositories.len() >= limit {
                    let next = repositories.last().map(|last| last.id.clone());
                    return Ok(RepositoryPage { repositories, next });
                }
                repositories.push(repository);
            }
            Ok(RepositoryPage {
                repositories,
                next: None,
            })
        })
        .await
    }

    async fn publish(&self, id: &RepositoryId, generation: &Generation) -> Result<bool> {
        let (id, generation) = (id.clone(), generation.clone());
        self.run(move |state| {
            state.artefacts.sync(&id)?;
            let published = state.change(&id, |_, record| {
                if record
                    .repository
                    .published
                    .as_ref()
                    .is_some_and(|it| it.build == generation.build)
                {
                    return Ok((false, Write::No));
                }
                let Some(lease) = record
                    .lease
                    .as_ref()
                    .filter(|it| it.request.build == generation.build)
                else {
                    return Err(StageError::permanent(format!(
                        "build {} of `{id}` was overtaken by another and is not published",
                        generation.build
                    )));
                };
                let since = lease.since;
                record.repository.published = Some(generation.clone());
                match record.generations.first_mut() {
                    Some(newest) if newest.generation.shows_the_same(&generation) => {
                        newest.generation = generation;
                    }
                    _ => record.generations.insert(0, Published { generation, since }),
                }
                Ok((true, Write::Yes))
            })?;
            published
                .ok_or_else(|| StageError::permanent(format!("`{id}` is not registered: build it first")))
        })
        .await
    }

    async fn remove(&self, id: &RepositoryId, now: i64) -> Result<()> {
        let id = id.clone();
        self.run(move |state| {
            state.change(&id, |_, record| {
                record.repository.removed_at.get_or_insert(now);
                Ok(((), Write::Yes))
            })
        })
        .await
        .map(|_| ())
    }
}

#[async_trait]
impl RepositoryAccess for LocalRepositories {
    async fn set_groups(&self, id: &RepositoryId, groups: &BTreeSet<String>) -> Result<Repository> {
        let (id, groups) = (id.clone(), groups.clone());
        let changed = {
            let id = id.clone();
            self.run(move |state| {
                state.change(&id, |_, record| {
                    record.repository.groups = groups;
                    Ok(((), Write::Yes))
                })
            })
            .await?
        };
        let stands = match changed {
            Some(()) => Repositories::get(self, &id).await?,
            None => None,
        };
        stands.ok_or_else(|| {
            StageError::invalid(format!(
                "there is no repository `{id}`: see the list of repositories"
            ))
        })
    }
}

#[async_trait]
impl Versions for LocalRepositories {
    async fn list(&self, repository: &RepositoryId) -> Result<Vec<Generation>> {
        let id = repository.clone();
        self.run(move |state| {
            let record = state.folder(&id).read()?;
            let published = record.map(|record| record.generations).unwrap_or_default();
            Ok(published.into_iter().map(|it| it.generation).collect())
        })
        .await
    }
}
