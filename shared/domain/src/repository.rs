//! A registered repository.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{ArtefactKey, BuildId, CommitId, Locale, RepositoryId, job::Trigger, source::RepositorySource};

/// How many of a repository's wikis stay readable, the published one counted.
pub const KEPT_GENERATIONS: usize = 5;

/// The record of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repository {
    /// Its id.
    pub id: RepositoryId,
    /// Where it comes from.
    pub source: RepositorySource,
    /// What people call it.
    pub display_name: String,
    /// Branch, tag or commit that is built; the default branch where none is named.
    pub revision: Option<String>,
    /// How it stands.
    pub status: RepositoryStatus,
    /// The languages of its wiki.
    pub locales: Vec<Locale>,
    /// The wiki that readers see, once there is one.
    pub published: Option<Generation>,
    /// The groups whose members may see it; none for everybody who may use the service.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub groups: BTreeSet<String>,
    /// Seconds since 1970 at which it was registered.
    pub registered_at: i64,
    /// Seconds since 1970 at which it was removed (hidden, history kept), where it was.
    pub removed_at: Option<i64>,
}

/// How a repository stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RepositoryStatus {
    /// Its last build succeeded, or it was never built.
    Ready,
    /// A build is under way.
    Parsing,
    /// Its last build failed; the wiki before it is still served.
    Failed,
}

/// One build's published result. Moving [`Repository::published`] from one of these to another is the only
/// way in which readers see anything change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generation {
    /// The build that made it.
    pub build: BuildId,
    /// The commit that it describes.
    pub commit: CommitId,
    /// The committer time of that commit in seconds since 1970.
    pub commit_time: Option<i64>,
    /// What caused the build.
    pub trigger: Trigger,
    /// Seconds since 1970 at which it was published.
    pub published_at: i64,
    /// The manifest of the commit.
    pub manifest: ArtefactKey,
    /// The plan, which holds the graph.
    pub plan: ArtefactKey,
    /// The export document (`wiki.json`) of each language.
    pub wikis: BTreeMap<Locale, ArtefactKey>,
    /// The search generation.
    pub search: ArtefactKey,
    /// What it gives to other repositories and takes from them ([`crate::packages::Packages`], JSON); none of builds
    /// that did not note it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packages: Option<ArtefactKey>,
}

impl Generation {
    /// Whether readers see the same in both: a build of what had not changed. How well it can be searched may differ.
    pub fn shows_the_same(&self, other: &Self) -> bool {
        (&self.commit, &self.manifest, &self.plan) == (&other.commit, &other.manifest, &other.plan)
            && (&self.wikis, &self.packages) == (&other.wikis, &other.packages)
    }
}
