//! What readers have flagged, a file each, in the folder of the repository.

use std::cmp::Reverse;

use async_trait::async_trait;
use deepwiki_domain::{
    CorrectionId, RepositoryId, StageError,
    correction::{Correction, CorrectionState, Decision},
};
use deepwiki_ports::{Corrections, Result};

use crate::{
    LocalRepositories,
    files::{self, Sync},
    record::{RepositoryFolder, read_json, write_json},
};

#[async_trait]
impl Corrections for LocalRepositories {
    async fn record(&self, correction: &Correction) -> Result<Correction> {
        let correction = correction.clone();
        self.run(move |state| {
            let folder = state.folder(&correction.repository);
            let _lock = folder.lock()?;
            let path = path(&folder, &correction.id);
            match read_json(&path)? {
                Some(stands) => Ok(stands),
                None => write_json(&path, &correction, Sync::Now).map(|()| correction),
            }
        })
        .await
    }

    async fn get(&self, repository: &RepositoryId, id: &CorrectionId) -> Result<Option<Correction>> {
        let (repository, id) = (repository.clone(), id.clone());
        self.run(move |state| read_json(&path(&state.folder(&repository), &id)))
            .await
    }

    async fn list(&self, repository: &RepositoryId, limit: usize) -> Result<Vec<Correction>> {
        let repository = repository.clone();
        self.run(move |state| {
            let folder = state.folder(&repository).path("corrections");
            let mut corrections: Vec<Correction> = Vec::new();
            for name in files::names(&folder)? {
                if name.ends_with(".json") {
                    corrections.extend(read_json::<Correction>(&folder.join(name))?);
                }
            }
            corrections.sort_by_cached_key(|it| (Reverse(it.reported_at), it.id.clone()));
            corrections.truncate(limit);
            Ok(corrections)
        })
        .await
    }

    async fn decide(
        &self,
        repository: &RepositoryId,
        id: &CorrectionId,
        state: CorrectionState,
        decision: &Decision,
    ) -> Result<Correction> {
        let (repository, id, decision) = (repository.clone(), id.clone(), decision.clone());
        self.run(move |folders| {
            let folder = folders.folder(&repository);
            let path = path(&folder, &id);
            if !path.exists() {
                return Err(unknown(&id));
            }
            let _lock = folder.lock()?;
            let correction: Correction = read_json(&path)?.ok_or_else(|| unknown(&id))?;
            let decided = Correction {
                state,
                decision: Some(decision),
                ..correction
            };
            write_json(&path, &decided, Sync::Now).map(|()| decided)
        })
        .await
    }
}

fn path(folder: &RepositoryFolder, id: &CorrectionId) -> std::path::PathBuf {
    folder.path("corrections").join(format!("{id}.json"))
}

fn unknown(id: &CorrectionId) -> StageError {
    StageError::invalid(format!(
        "there is no correction `{id}`: see the list of corrections"
    ))
}
