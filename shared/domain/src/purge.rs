//! What deleting everything that was derived from a repository came to.

use serde::{Deserialize, Serialize};

/// How much of something there was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// How many objects.
    pub count: u64,
    /// Their size as they were stored, in bytes; 0 where the store does not tell.
    pub bytes: u64,
}

impl Tally {
    /// Counts one more.
    pub fn add(&mut self, bytes: u64) {
        self.count += 1;
        self.bytes += bytes;
    }
}

/// What a purge deleted. The repository's record and the records of its builds stay.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purged {
    /// Manifests, source shards, facts, plans, pages, search generations, vectors, exports.
    pub artefacts: Tally,
    /// Notes of which inputs gave which artefact.
    pub memos: Tally,
    /// Lists of work items.
    pub lists: Tally,
    /// Lists of pages.
    pub pages: Tally,
    /// Flagged statements, which quote the wiki.
    #[serde(default)]
    pub corrections: Tally,
    /// What could not be deleted now, each with the time until which it remains.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remains: Vec<String>,
}
