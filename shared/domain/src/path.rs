//! Paths inside a repository.

use serde::{Deserialize, Serialize};

/// A relative path that cannot leave the tree: UTF-8, `/` between parts, no empty part, no `.`, `..` or
/// `.git` part, no control character, no backslash, at most 1,024 bytes.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RepoPath(String);

/// The longest path that is read, in bytes.
pub const LONGEST_PATH: usize = 1024;

/// Why a path is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPath {
    /// Longer than [`LONGEST_PATH`].
    #[error("the path is longer than {LONGEST_PATH} bytes")]
    TooLong,
    /// It could name something outside the tree, or inside Git's own folder.
    #[error("the path could leave the tree")]
    Escapes,
    /// It holds control characters or a backslash, which some tools take for a separator.
    #[error("the path has control characters or backslashes")]
    Characters,
}

impl RepoPath {
    /// Checks and wraps.
    pub fn new(path: impl Into<String>) -> Result<Self, InvalidPath> {
        let path = path.into();
        if path.len() > LONGEST_PATH {
            return Err(InvalidPath::TooLong);
        }
        if path.chars().any(|c| c.is_control() || c == '\\') {
            return Err(InvalidPath::Characters);
        }
        let escapes = |part: &str| {
            matches!(part, "" | "." | "..") || part.trim_end_matches(['.', ' ']).eq_ignore_ascii_case(".git")
        };
        if path.split('/').any(escapes) {
            return Err(InvalidPath::Escapes);
        }
        Ok(Self(path))
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part after the last `/`.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The folder that holds it; empty at the top of the tree.
    pub fn folder(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// What follows the last `.` of the file name, where something stands before it.
    pub fn extension(&self) -> Option<&str> {
        match self.file_name().rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() => Some(extension),
            _ => None,
        }
    }
}

impl TryFrom<String> for RepoPath {
    type Error = InvalidPath;
    fn try_from(path: String) -> Result<Self, InvalidPath> {
        Self::new(path)
    }
}

impl From<RepoPath> for String {
    fn from(path: RepoPath) -> String {
        path.0
    }
}

impl std::fmt::Display for RepoPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::fmt::Debug for RepoPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl std::borrow::Borrow<str> for RepoPath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leaves_the_tree() {
        let long = "a/".repeat(600);
        for bad in [
            "",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a//b",
            ".git/config",
            "a/.GIT/x",
            ".git./x",
            "a\\b",
            "a\nb",
            &long,
        ] {
            assert!(RepoPath::new(bad).is_err(), "{bad:?} must be refused");
        }
        let path = RepoPath::new("src/日本/lib.rs").unwrap();
        assert_eq!(
            (path.folder(), path.file_name(), path.extension()),
            ("src/日本", "lib.rs", Some("rs"))
        );
        assert_eq!(RepoPath::new(".gitignore").unwrap().extension(), None);
    }
}
