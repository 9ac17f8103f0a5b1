//! What ingest found in a repository at a commit.

use serde::{Deserialize, Serialize};

use crate::{ArtefactKey, BlobId, CommitId, Language, RepoPath, RepositoryId, source::RepositorySource};

/// The version of [`Manifest`] and [`Shard`]; part of every key that is derived from them.
pub const MANIFEST_VERSION: u32 = 1;

/// Every file of a commit: what is read and in which shard, what is not and why. A pure function of the
/// commit and the rules of this version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`MANIFEST_VERSION`].
    pub schema: u32,
    /// The repository.
    pub repository: RepositoryId,
    /// Where it comes from; decides where citations link to.
    pub source: RepositorySource,
    /// The commit that was read.
    pub commit: CommitId,
    /// Committer time in seconds since 1970; none for a plain folder.
    pub commit_time: Option<i64>,
    /// The files that are read, by path.
    pub files: Vec<FileEntry>,
    /// What is not read, by path, each with its reason.
    pub skipped: Vec<Skipped>,
    /// The shards that hold the files' text; a file's [`FileEntry::shard`] counts into this list.
    pub shards: Vec<ShardRef>,
}

impl Manifest {
    /// The entry at this path. Files are sorted, so this is a binary search.
    pub fn file(&self, path: &str) -> Option<&FileEntry> {
        let at = self
            .files
            .binary_search_by(|file| file.path.as_str().cmp(path))
            .ok()?;
        self.files.get(at)
    }
}

/// A file that is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Where it is.
    pub path: RepoPath,
    /// The Git id of its content.
    pub blob: BlobId,
    /// Size of the content in bytes.
    pub bytes: u64,
    /// Number of lines; a last line without a line break counts, an empty file has none.
    pub lines: u32,
    /// The language, where it is known.
    pub language: Option<Language>,
    /// What the file is for.
    pub role: Role,
    /// Which shard holds its text.
    pub shard: u32,
    /// How many secrets were masked in its text.
    pub masked: u32,
}

/// A shard by its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardRef {
    /// The artefact that holds a [`Shard`].
    pub key: ArtefactKey,
    /// How many files are in it.
    pub files: u32,
    /// The size of their text in bytes.
    pub bytes: u64,
}

/// The text of some files. Boundaries follow from the paths, so that a change to a file changes one shard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// The files, by path.
    pub files: Vec<ShardFile>,
}

/// One file of a shard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardFile {
    /// Where it is.
    pub path: RepoPath,
    /// The Git id of its content, before masking.
    pub blob: BlobId,
    /// The language, where it is known.
    pub language: Option<Language>,
    /// What the file is for.
    pub role: Role,
    /// Its text: UTF-8 (bytes that are none are replaced), `\n` line ends, secrets masked. Masking and
    /// replacing keep every line in its place.
    pub text: String,
}

/// What a file is for, by the conventions of GitHub's linguist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Code that does the repository's work.
    Source,
    /// Tests, fixtures, benchmarks.
    Test,
    /// Prose for people.
    Doc,
    /// Manifests, settings, CI, build files.
    Config,
    /// Example programs.
    Example,
    /// Made by a tool from other files. Parsed for names but never written about.
    Generated,
    /// Somebody else's code, copied in. Parsed for names but never written about.
    Vendored,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Source,
        Self::Test,
        Self::Doc,
        Self::Config,
        Self::Example,
        Self::Generated,
        Self::Vendored,
    ];

    /// A stable name: `source`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Test => "test",
            Self::Doc => "doc",
            Self::Config => "config",
            Self::Example => "example",
            Self::Generated => "generated",
            Self::Vendored => "vendored",
        }
    }

    /// The role of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// A file, link or folder that is not read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Skipped {
    /// Its path, made printable: it may be one that [`RepoPath`] refuses.
    pub path: String,
    /// Why.
    pub reason: SkipReason,
}

/// Why something is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SkipReason {
    /// Not text.
    Binary,
    /// Above the size limit for one file.
    TooLarge,
    /// Made by a tool, and too large or too dense to be worth reading (minified, lock files).
    Generated,
    /// Somebody else's code in bulk (`node_modules`, `vendor`).
    Vendored,
    /// A symbolic link: never followed.
    Symlink,
    /// Another repository inside this one: noted, not followed.
    Submodule,
    /// A Git LFS pointer: the content is not in the repository.
    LfsPointer,
    /// A key or credential file.
    Secret,
    /// A path that could leave the tree, is too long, or is not UTF-8.
    UnsafePath,
    /// Could not be read from the object database.
    Unreadable,
    /// Beyond the limit on the number or total size of files.
    OverLimit,
}
