//! A Git host whose repositories a test pushes to.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use deepwiki_domain::{CommitId, StageError, source::RepositorySource};
use deepwiki_ports::{
    Result, Snapshot, SourceReader,
    source::{EntryKind, TreeEntry},
};

/// Files by path.
pub(crate) type Files = BTreeMap<String, String>;

/// The host.
#[derive(Default)]
pub(crate) struct Origin {
    repositories: Mutex<BTreeMap<String, Vec<Arc<Commit>>>>,
}

struct Commit {
    id: CommitId,
    time: i64,
    files: Files,
}

impl Origin {
    /// Pushes the next version of a repository; gives its commit.
    pub(crate) fn push(&self, source: &RepositorySource) -> CommitId {
        let mut repositories = self.repositories.lock().unwrap();
        let commits = repositories.entry(source.url()).or_default();
        let version = commits.len();
        let files = version_of(source.name(), version);
        let id = commit_id(&format!("{source} {version}"));
        commits.push(Arc::new(Commit {
            id: id.clone(),
            time: 1_700_000_000 + version as i64,
            files,
        }));
        id
    }

    /// Where the branch stands.
    pub(crate) fn head(&self, source: &RepositorySource) -> CommitId {
        self.find(source, None).unwrap().id.clone()
    }

    fn find(&self, source: &RepositorySource, revision: Option<&str>) -> Result<Arc<Commit>> {
        let repositories = self.repositories.lock().unwrap();
        let commits = repositories
            .get(&source.url())
            .map(Vec::as_slice)
            .unwrap_or_default();
        let found = match revision {
            None => commits.last(),
            Some(revision) => commits.iter().find(|commit| commit.id.as_str() == revision),
        };
        found
            .cloned()
            .ok_or_else(|| StageError::invalid("there is no such repository or commit"))
    }
}

/// Small, in two languages, with calls across files; each version changes one file and adds one.
fn version_of(name: &str, version: usize) -> Files {
    let mut files = Files::from([
        (
            "README.md".to_owned(),
            format!("# {name}\n\nTakes orders and pays them. Version {version}.\n\n## Build\n\nRun `cargo build`.\n"),
        ),
        ("Cargo.toml".to_owned(), format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\n")),
        (
            "src/lib.rs".to_owned(),
            "//! Orders and payments.\n\npub mod order;\npub mod payment;\n".to_owned(),
        ),
        (
            "src/order.rs".to_owned(),
            format!(
                "//! Orders.\n\n/// An order.\npub struct Order {{\n    pub id: u64,\n    pub total: u64,\n}}\n\n\
                 /// Opens an order.\npub fn open_order(id: u64) -> Order {{\n    Order {{ id, total: {version} }}\n}}\n"
            ),
        ),
        (
            "src/payment.rs".to_owned(),
            "//! Payments.\n\nuse crate::order::{Order, open_order};\n\n/// Pays an order.\npub fn pay(order: &Order) -> \
             bool {\n    order.total > 0\n}\n\n/// Opens an order and pays it.\npub fn buy(id: u64) -> bool {\n    \
             pay(&open_order(id))\n}\n"
                .to_owned(),
        ),
        (
            "tools/report.py".to_owned(),
            "\"\"\"Reports.\"\"\"\n\n\ndef total(orders):\n    \"\"\"Adds the orders up.\"\"\"\n    return sum(orders)\n"
                .to_owned(),
        ),
    ]);
    for added in 0..version {
        files.insert(
            format!("tools/extra_{added}.py"),
            format!("\"\"\"Extra {added}.\"\"\"\n\nfrom tools.report import total\n\n\ndef extra_{added}(orders):\n    return total(orders) + {added}\n"),
        );
    }
    files
}

fn commit_id(of: &str) -> CommitId {
    let digest = blake3::hash(of.as_bytes()).to_hex();
    digest[..40].parse().unwrap()
}

#[async_trait]
impl SourceReader for Origin {
    async fn open(&self, source: &RepositorySource, revision: Option<&str>) -> Result<Box<dyn Snapshot>> {
        Ok(Box::new(Opened(self.find(source, revision)?)))
    }

    async fn resolve(&self, source: &RepositorySource, revision: Option<&str>) -> Result<CommitId> {
        Ok(self.find(source, revision)?.id.clone())
    }
}

struct Opened(Arc<Commit>);

impl Snapshot for Opened {
    fn commit(&self) -> CommitId {
        self.0.id.clone()
    }

    fn commit_time(&self) -> Option<i64> {
        Some(self.0.time)
    }

    fn entries(&self) -> Result<Vec<TreeEntry>> {
        let entry = |(path, text): (&String, &String)| TreeEntry {
            path: path.clone().into_bytes(),
            kind: EntryKind::File,
            id: commit_id(text).as_str().to_owned(),
            size: Some(text.len() as u64),
        };
        Ok(self.0.files.iter().map(entry).collect())
    }

    fn read(&self, entry: &TreeEntry, _: u64) -> Result<Vec<u8>> {
        let path = std::str::from_utf8(&entry.path).unwrap();
        Ok(self.0.files[path].clone().into_bytes())
    }
}
