//! The map of repositories, as the API answers.

use deepwiki_domain::{
    RepositoryId,
    packages::{Dependence, Evidence, Tie},
    repository::Repository,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::LinesView;
use crate::library::RepositoryMap;

/// Repositories, and which of them depends on which.
#[derive(Serialize, ToSchema)]
pub(crate) struct MapView {
    /// Every repository that has a wiki, tied or not.
    repositories: Vec<MappedView>,
    edges: Vec<DependenceView>,
    /// The map as Mermaid, where there is something to draw.
    mermaid: Option<String>,
}

impl From<&RepositoryMap> for MapView {
    fn from(map: &RepositoryMap) -> Self {
        let built = map
            .repositories
            .iter()
            .filter(|repository| repository.published.is_some());
        Self {
            repositories: built.map(MappedView::from).collect(),
            edges: map.edges.iter().map(DependenceView::from).collect(),
            mermaid: map.diagram(),
        }
    }
}

/// A repository of the map.
#[derive(Serialize, ToSchema)]
struct MappedView {
    #[schema(value_type = String)]
    id: RepositoryId,
    display_name: String,
}

impl From<&Repository> for MappedView {
    fn from(repository: &Repository) -> Self {
        Self {
            id: repository.id.clone(),
            display_name: repository.display_name.clone(),
        }
    }
}

/// One repository depends on another.
#[derive(Serialize, ToSchema)]
struct DependenceView {
    /// The repository that depends.
    #[schema(value_type = String)]
    from: RepositoryId,
    /// The repository that it depends on.
    #[schema(value_type = String)]
    to: RepositoryId,
    /// Why, package by package.
    ties: Vec<TieView>,
}

impl From<&Dependence> for DependenceView {
    fn from(edge: &Dependence) -> Self {
        Self {
            from: edge.from.clone(),
            to: edge.to.clone(),
            ties: edge.ties.iter().map(TieView::from).collect(),
        }
    }
}

/// A package that ties two repositories.
#[derive(Serialize, ToSchema)]
struct TieView {
    /// `cargo`, `npm`, …
    system: String,
    name: String,
    /// The wanted version.
    requirement: Option<String>,
    /// The version that the provider's manifest states.
    version: Option<String>,
    /// Whether only tests and builds need it.
    dev: bool,
    /// `manifest` (a manifest asks for it) or `import` (code imports it, and no manifest says more).
    #[schema(value_type = String)]
    evidence: Evidence,
    /// The line of the dependent repository that shows it.
    at: LinesView,
    /// The line of the other repository that names the package.
    provided_at: LinesView,
}

impl From<&Tie> for TieView {
    fn from(tie: &Tie) -> Self {
        Self {
            system: tie.system.clone(),
            name: tie.name.clone(),
            requirement: tie.requirement.clone(),
            version: tie.version.clone(),
            dev: tie.dev,
            evidence: tie.evidence,
            at: tie.at.clone().into(),
            provided_at: tie.provided_at.clone().into(),
        }
    }
}
