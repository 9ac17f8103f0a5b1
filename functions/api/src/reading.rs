//! What readers can ask for, for programs that are no HTTP clients: the local command.

use std::sync::Arc;

use deepwiki_domain::{
    Locale, RepositoryId, access::Principal, changes::Changes, packages::Dependence, repository::Generation,
};

use crate::{
    Ports, Problem, Settings,
    library::{Library, Wish, find_version},
};

/// The library behind the service.
pub struct Reading(Library);

impl Reading {
    /// Reads through these ports.
    pub fn new(ports: Ports) -> Self {
        let library = Library::new(ports, Settings::default().cache_bytes);
        Self(library.for_principal(Arc::new(Principal::local())))
    }

    /// The wikis of a repository that can be read, the newest first.
    pub async fn versions(&self, id: &RepositoryId) -> Result<Vec<Generation>, Problem> {
        Ok(self.0.versions(id).await?.1)
    }

    /// One of these versions: by its build, or the newest of a commit by at least seven digits.
    pub fn find<'a>(versions: &'a [Generation], wanted: &str) -> Option<&'a Generation> {
        find_version(versions, wanted)
    }

    /// What changed between two builds or commits; without a wish, between the published one and the one before it.
    pub async fn changes(
        &self,
        id: &RepositoryId,
        from: Option<&str>,
        to: Option<&str>,
        language: Option<Locale>,
    ) -> Result<Changes, Problem> {
        let wish = Wish {
            language,
            ..Wish::default()
        };
        self.0.changes(id, from, to, wish).await
    }

    /// Which repository depends on which.
    pub async fn map(&self) -> Result<Vec<Dependence>, Problem> {
        Ok(self.0.map().await?.edges.to_vec())
    }
}
