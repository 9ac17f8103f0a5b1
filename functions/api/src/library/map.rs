//! Which repository depends on which, among those that a reader may see.

use std::sync::Arc;

use deepwiki_domain::{
    ArtefactKey, RepositoryId,
    packages::{Dependence, Packages, dependences, map_diagram},
    repository::Repository,
};
use deepwiki_ports::codec;
use futures::{StreamExt, TryStreamExt, stream};

use super::{Library, MOST_REPOSITORIES};
use crate::Problem;

/// How many repositories' packages are fetched at the same time.
const FETCHES: usize = 16;

/// The repositories, and which of them depends on which.
#[derive(Debug, Clone)]
pub(crate) struct RepositoryMap {
    pub(crate) repositories: Vec<Repository>,
    pub(crate) edges: Arc<Vec<Dependence>>,
}

impl RepositoryMap {
    /// A repository of the map.
    pub(crate) fn repository(&self, id: &RepositoryId) -> Option<&Repository> {
        self.repositories.iter().find(|repository| repository.id == *id)
    }

    /// The map as Mermaid, where there is something to draw. Repositories of one name are told apart by their ids.
    pub(crate) fn diagram(&self) -> Option<String> {
        let bears = |name: &str| {
            let namesakes = self
                .repositories
                .iter()
                .filter(|other| other.display_name == name);
            namesakes.count()
        };
        let name = |id: &RepositoryId| match self.repository(id) {
            Some(repository) if bears(&repository.display_name) == 1 => repository.display_name.clone(),
            _ => id.to_string(),
        };
        map_diagram(&self.edges, &name)
    }
}

impl Library {
    /// The map of all repositories that have a wiki.
    pub(crate) async fn map(&self) -> Result<RepositoryMap, Problem> {
        let repositories = self.repositories(None, MOST_REPOSITORIES).await?.repositories;
        let keys: Vec<(RepositoryId, ArtefactKey)> = repositories
            .iter()
            .filter_map(|repository| {
                let packages = repository.published.as_ref()?.packages.clone()?;
                Some((repository.id.clone(), packages))
            })
            .collect();
        let name = map_name(&keys);
        if let Some(edges) = self.cache.get(&name) {
            return Ok(RepositoryMap { repositories, edges });
        }
        let packages: Vec<(RepositoryId, Arc<Packages>)> = stream::iter(keys)
            .map(async |(id, key)| {
                let packages = self.packages(&id, &key).await?;
                Ok::<_, Problem>((id, packages))
            })
            .buffered(FETCHES)
            .try_collect()
            .await?;
        let sides: Vec<(RepositoryId, &Packages)> = packages
            .iter()
            .map(|(id, packages)| (id.clone(), packages.as_ref()))
            .collect();
        let edges = Arc::new(dependences(&sides));
        let weight = edges.iter().map(|edge| 200 + 500 * edge.ties.len()).sum();
        self.cache.put(name, Arc::clone(&edges), weight);
        Ok(RepositoryMap { repositories, edges })
    }

    async fn packages(&self, id: &RepositoryId, key: &ArtefactKey) -> Result<Arc<Packages>, Problem> {
        if let Some(packages) = self.cache.get(key.as_str()) {
            return Ok(packages);
        }
        let packages: Packages = codec::get_json(self.ports.artefacts.as_ref(), id, key).await?;
        let count = packages.provides.len() + packages.requires.len() + packages.imports.len();
        let packages = Arc::new(packages);
        self.cache
            .put(key.to_string(), Arc::clone(&packages), 200 * count);
        Ok(packages)
    }
}

/// What a map is kept under: it follows from the repositories that the reader may see and their packages.
fn map_name(keys: &[(RepositoryId, ArtefactKey)]) -> String {
    let mut hasher = blake3::Hasher::new();
    for (id, key) in keys {
        hasher.update(format!("{id} {key}\n").as_bytes());
    }
    format!("map {}", hasher.finalize().to_hex())
}
