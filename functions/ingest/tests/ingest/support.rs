//! Git repositories made for a test, and a store that keeps artefacts in memory.

use std::{
    collections::BTreeMap,
    io::Write,
    path::Path,
    process::{Command, Stdio},
    sync::Mutex,
};

use async_trait::async_trait;
use deepwiki_domain::{
    ArtefactKey, BuildId, RepositoryId,
    manifest::{Manifest, Shard, SkipReason},
    memo::MemoKey,
    message::{IngestInput, IngestOutput, ItemList},
    source::RepositorySource,
};
use deepwiki_git::{GitOptions, GitSourceReader};
use deepwiki_ingest::{IngestLimits, IngestPorts};
use deepwiki_ports::{ArtefactStore, Result, codec};

/// Artefacts by key, and item lists by name.
#[derive(Default)]
pub(crate) struct MemoryStore {
    artefacts: Mutex<BTreeMap<ArtefactKey, Vec<u8>>>,
    lists: Mutex<BTreeMap<String, Vec<String>>>,
}

#[async_trait]
impl ArtefactStore for MemoryStore {
    async fn put(&self, _: &RepositoryId, bytes: &[u8]) -> Result<ArtefactKey> {
        let key = ArtefactKey::of(bytes);
        self.artefacts.lock().unwrap().insert(key.clone(), bytes.to_vec());
        Ok(key)
    }

    async fn get(&self, _: &RepositoryId, key: &ArtefactKey) -> Result<Vec<u8>> {
        Ok(self.artefacts.lock().unwrap()[key].clone())
    }

    async fn recall(&self, _: &RepositoryId, _: &MemoKey) -> Result<Option<ArtefactKey>> {
        Ok(None)
    }

    async fn remember(&self, _: &RepositoryId, _: &MemoKey, _: &ArtefactKey) -> Result<()> {
        Ok(())
    }

    async fn put_items(
        &self,
        _: &RepositoryId,
        build: &BuildId,
        name: &str,
        items: &[String],
    ) -> Result<ItemList> {
        let key = format!("{build}/{name}");
        self.lists.lock().unwrap().insert(key.clone(), items.to_vec());
        Ok(ItemList::new(key, items).unwrap())
    }
}

/// What an ingest gave.
pub(crate) struct Ingested {
    pub(crate) output: IngestOutput,
    pub(crate) manifest: Manifest,
    pub(crate) shards: Vec<Shard>,
    pub(crate) items: Vec<String>,
}

impl Ingested {
    /// The text of a file.
    pub(crate) fn text(&self, path: &str) -> &str {
        let mut files = self.shards.iter().flat_map(|shard| &shard.files);
        let found = files.find(|file| file.path.as_str() == path);
        &found.unwrap_or_else(|| panic!("{path} is in no shard")).text
    }

    /// What was left out, with why.
    pub(crate) fn skipped(&self) -> Vec<(&str, SkipReason)> {
        let skipped = self.manifest.skipped.iter();
        skipped
            .map(|skipped| (skipped.path.as_str(), skipped.reason))
            .collect()
    }

    /// The paths that were read.
    pub(crate) fn paths(&self) -> Vec<&str> {
        self.manifest
            .files
            .iter()
            .map(|file| file.path.as_str())
            .collect()
    }
}

/// Ingests a folder or URL.
pub(crate) async fn ingest_with(
    reader: &GitSourceReader,
    source: RepositorySource,
    revision: Option<&str>,
    limits: IngestLimits,
) -> Result<Ingested> {
    let store = MemoryStore::default();
    let repository = RepositoryId::new("demo").unwrap();
    let build = BuildId::new("build-1").unwrap();
    let input = IngestInput {
        source,
        revision: revision.map(str::to_owned),
    };
    let ports = IngestPorts {
        source: reader,
        artefacts: &store,
        limits,
    };
    let output = deepwiki_ingest::ingest(&repository, &build, &input, &ports).await?;
    let manifest: Manifest = codec::get_json(&store, &repository, &output.manifest).await?;
    let mut shards = Vec::new();
    for shard in &manifest.shards {
        shards.push(codec::get_packed(&store, &repository, &shard.key).await?);
    }
    let items = store.lists.lock().unwrap()[&output.shards.key].clone();
    Ok(Ingested {
        output,
        manifest,
        shards,
        items,
    })
}

/// Ingests a folder of this machine.
pub(crate) async fn ingest(folder: &Path, revision: Option<&str>) -> Result<Ingested> {
    ingest_with(&local_reader(), local(folder), revision, IngestLimits::default()).await
}

pub(crate) fn local(folder: &Path) -> RepositorySource {
    RepositorySource::local_path(folder.to_str().unwrap()).unwrap()
}

pub(crate) fn local_reader() -> GitSourceReader {
    GitSourceReader::new(GitOptions {
        local_paths: true,
        ..GitOptions::default()
    })
}

/// Writes a file, and the folders above it.
pub(crate) fn write(folder: &Path, path: &str, content: impl AsRef<[u8]>) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

/// Runs Git, with nothing of this machine's configuration, and gives its output.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    git_with_input(folder, arguments, b"")
}

/// The same, with this on standard input.
pub(crate) fn git_with_input(folder: &Path, arguments: &[&str], input: &[u8]) -> String {
    let mut child = Command::new("git")
        .args(["-c", "init.defaultBranch=main", "-c", "core.autocrlf=false"])
        .args(arguments)
        .current_dir(folder)
        .envs([
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_SYSTEM", "/dev/null"),
            ("GIT_AUTHOR_NAME", "A"),
            ("GIT_AUTHOR_EMAIL", "a@example.com"),
            ("GIT_AUTHOR_DATE", "1700000000 +0000"),
            ("GIT_COMMITTER_NAME", "A"),
            ("GIT_COMMITTER_EMAIL", "a@example.com"),
            ("GIT_COMMITTER_DATE", "1700000000 +0000"),
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("git is installed");
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    let _ = writer.join();
    assert!(
        output.status.success(),
        "git {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Commits everything below the folder, which becomes a repository where it is none; gives the commit's id.
pub(crate) fn commit_all(folder: &Path) -> String {
    if !folder.join(".git").exists() {
        git(folder, &["init", "-q"]);
    }
    git(folder, &["add", "-A", "-f", "."]);
    git(folder, &["commit", "-q", "--allow-empty", "-m", "x"]);
    git(folder, &["rev-parse", "HEAD"])
}

/// A commit whose tree is given entry by entry, as no work tree could hold it: mode, kind, object, path.
pub(crate) fn commit_tree(folder: &Path, tree: &str) -> String {
    let commit = git(folder, &["commit-tree", tree, "-m", "crafted"]);
    git(folder, &["update-ref", "refs/heads/main", &commit]);
    commit
}

/// Writes an object as it is, without Git's checks.
pub(crate) fn raw_object(folder: &Path, kind: &str, content: &[u8]) -> String {
    git_with_input(
        folder,
        &["hash-object", "-t", kind, "-w", "--stdin", "--literally"],
        content,
    )
}
