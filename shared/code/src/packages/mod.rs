//! What package manifests say: names, versions, dependencies, commands, each with its line.

use deepwiki_domain::{RepoPath, facts::PackageFacts};

/// Reads a package manifest; none if the file is no manifest that is known, or cannot be read.
pub fn read(path: &RepoPath, text: &str) -> Option<PackageFacts> {
    let _ = (path, text);
    None
}
