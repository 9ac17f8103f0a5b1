//! Repositories of a Git host, over HTTP.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use deepwiki_domain::{ErrorKind, source::RepositorySource};
use deepwiki_git::{Credential, Credentials, Endpoint, GitLimits, GitOptions, GitSourceReader};
use deepwiki_ports::{Result, SourceReader};

use crate::{
    local::{reader, text},
    support::{Behaviour, Host, commit_all, git, history, hosted, write},
};

/// A folder with the bare clone `demo.git` of a repository with a history, and the ids of its commits.
fn hosting() -> (tempfile::TempDir, Vec<String>) {
    let (folder, commits) = history();
    let root = tempfile::tempdir().unwrap();
    git(
        root.path(),
        &[
            "clone",
            "-q",
            "--bare",
            folder.path().to_str().unwrap(),
            "demo.git",
        ],
    );
    (root, commits)
}

struct Fixed(Credential);

#[async_trait]
impl Credentials for Fixed {
    async fn get(&self, _: &RepositorySource) -> Result<Option<Credential>> {
        Ok(Some(self.0.clone()))
    }
}

fn with_password(password: &str) -> GitOptions {
    let username = "me".to_owned();
    let password = password.to_owned();
    GitOptions {
        credentials: Arc::new(Fixed(Credential { username, password })),
        ..GitOptions::default()
    }
}

#[tokio::test]
async fn every_kind_of_revision_is_fetched_by_either_protocol() {
    let (root, commits) = hosting();
    for oldest in [false, true] {
        let host = Host::start(
            root.path(),
            Behaviour {
                oldest,
                ..Behaviour::default()
            },
        );
        let reader = host.reader(GitOptions::default());
        for (revision, wanted) in [
            (None, 2),
            (Some("main"), 2),
            (Some("topic/one"), 1),
            (Some("v1.0"), 1),
            (Some("light"), 0),
            (Some(commits[2].as_str()), 2),
        ] {
            let snapshot = reader.open(&hosted("demo"), revision).await.unwrap();
            assert_eq!(snapshot.commit().as_str(), commits[wanted], "{revision:?}");
            assert_eq!(
                text(snapshot.as_ref(), "src/lib.rs"),
                format!("pub const N: u32 = {wanted};\n")
            );
            let resolved = reader.resolve(&hosted("demo"), revision).await.unwrap();
            assert_eq!(resolved, snapshot.commit(), "{revision:?}");
        }
    }
}

#[tokio::test]
async fn a_commit_that_no_branch_names_is_fetched_where_the_host_gives_it() {
    let (root, commits) = hosting();
    let host = Host::start(root.path(), Behaviour::default());
    git(&root.path().join("demo.git"), &["branch", "-D", "topic/one"]);
    git(&root.path().join("demo.git"), &["tag", "-d", "v1.0"]);
    let reader = host.reader(GitOptions::default());
    let snapshot = reader.open(&hosted("demo"), Some(&commits[1])).await.unwrap();
    assert_eq!(snapshot.commit().as_str(), commits[1]);
}

#[tokio::test]
async fn a_fetched_commit_is_the_same_as_a_local_one() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a/b.rs", "fn b() {}\n");
    write(folder.path(), "a.b", "x\n");
    write(folder.path(), "big.bin", vec![7; 300_000]);
    commit_all(folder.path());
    let root = tempfile::tempdir().unwrap();
    let from = folder.path().to_str().unwrap();
    git(root.path(), &["clone", "-q", "--bare", from, "demo.git"]);
    let host = Host::start(root.path(), Behaviour::default());
    let fetched = host
        .reader(GitOptions::default())
        .open(&hosted("demo"), None)
        .await
        .unwrap();
    let source = RepositorySource::local_path(from).unwrap();
    let local = reader().open(&source, None).await.unwrap();
    assert_eq!(fetched.commit(), local.commit());
    assert_eq!(fetched.commit_time(), local.commit_time());
    assert_eq!(fetched.entries().unwrap(), local.entries().unwrap());
    for entry in local.entries().unwrap() {
        assert_eq!(
            fetched.read(&entry, 1 << 20).unwrap(),
            local.read(&entry, 1 << 20).unwrap()
        );
    }
}

#[tokio::test]
async fn only_the_commit_is_fetched_and_its_folder_is_removed() {
    let (root, commits) = hosting();
    let scratch = tempfile::tempdir().unwrap();
    let host = Host::start(root.path(), Behaviour::default());
    let reader = host.reader(GitOptions {
        scratch: Some(scratch.path().to_owned()),
        ..GitOptions::default()
    });
    let snapshot = reader.open(&hosted("demo"), None).await.unwrap();
    assert_eq!(
        host.requests(),
        5,
        "list: greeting, references; fetch: greeting, references, pack"
    );
    let entries = snapshot.entries().unwrap();
    assert!(entries.iter().any(|entry| entry.path == b"docs/2.md"));
    let earlier = git(
        &root.path().join("demo.git"),
        &["rev-parse", &format!("{}:src/lib.rs", commits[0])],
    );
    let mut absent = entries[0].clone();
    absent.id = earlier;
    assert!(
        snapshot.read(&absent, 1 << 20).is_err(),
        "the history must not be fetched"
    );
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 1);
    drop(snapshot);
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
    assert!(reader.open(&hosted("missing"), None).await.is_err());
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn credentials_are_sent_and_their_lack_is_told_without_them() {
    let (root, _) = hosting();
    // "me:right" in base64.
    let host = Host::start(
        root.path(),
        Behaviour {
            authorization: Some("Basic bWU6cmlnaHQ="),
            ..Behaviour::default()
        },
    );
    let right = host
        .reader(with_password("right"))
        .open(&hosted("demo"), None)
        .await;
    assert!(right.is_ok());
    let wrong = host
        .reader(with_password("wr0ng"))
        .open(&hosted("demo"), None)
        .await
        .err()
        .unwrap();
    assert!(
        wrong.message.contains("refuses the stored credentials"),
        "{wrong}"
    );
    let none = host
        .reader(GitOptions::default())
        .open(&hosted("demo"), None)
        .await
        .err()
        .unwrap();
    assert!(none.message.contains("asks for credentials"), "{none}");
    for error in [wrong, none] {
        assert_eq!(error.kind, ErrorKind::Invalid);
        let whole = format!("{error:?}");
        assert!(!whole.contains("wr0ng") && !whole.contains("bWU6"), "{whole}");
    }
}

#[tokio::test]
async fn hosts_may_send_on_to_a_path_of_their_own_only() {
    let (root, commits) = hosting();
    let renamed = Host::start(
        root.path(),
        Behaviour {
            moved_to: Some("/demo.git"),
            ..Behaviour::default()
        },
    );
    let moved = renamed
        .reader(GitOptions::default())
        .open(&hosted("old"), None)
        .await
        .unwrap();
    assert_eq!(moved.commit().as_str(), commits[2]);
    let away = Host::start(
        root.path(),
        Behaviour {
            moved_to: Some("http://127.0.0.2:1/demo.git"),
            ..Behaviour::default()
        },
    );
    let error = away
        .reader(GitOptions::default())
        .open(&hosted("old"), None)
        .await
        .err()
        .unwrap();
    assert!(error.message.contains("points to another place"), "{error}");
}

#[tokio::test]
async fn failures_of_hosts_say_whether_to_try_again() {
    let (root, _) = hosting();
    for (status, kind) in [
        (403, ErrorKind::Invalid),
        (404, ErrorKind::Invalid),
        (410, ErrorKind::Invalid),
        (429, ErrorKind::Throttled(None)),
        (500, ErrorKind::Transient),
        (503, ErrorKind::Transient),
    ] {
        let host = Host::start(
            root.path(),
            Behaviour {
                status: Some(status),
                ..Behaviour::default()
            },
        );
        let error = host
            .reader(GitOptions::default())
            .resolve(&hosted("demo"), None)
            .await
            .err()
            .unwrap();
        assert_eq!(error.kind, kind, "{status}: {error}");
        assert!(
            error.message.contains("git.example.com/demo") && !error.message.contains("127.0.0.1"),
            "{error}"
        );
    }
    let host = Host::start(root.path(), Behaviour::default());
    let reader = host.reader(GitOptions::default());
    for (repository, revision, words) in [
        ("missing", None, "does not show"),
        ("demo", Some("nope"), "no branch, tag or full commit id"),
        ("demo", Some("a..b"), "no branch, tag or full commit id"),
    ] {
        let error = reader.open(&hosted(repository), revision).await.err().unwrap();
        assert_eq!(error.kind, ErrorKind::Invalid, "{error}");
        assert!(error.message.contains(words), "{error}");
    }
    let unknown = "0123456789012345678901234567890123456789";
    let error = reader.open(&hosted("demo"), Some(unknown)).await.err().unwrap();
    assert!(!error.kind.is_retryable(), "{error}");
}

#[tokio::test]
async fn an_empty_repository_is_told() {
    let root = tempfile::tempdir().unwrap();
    git(root.path(), &["init", "-q", "--bare", "demo.git"]);
    for oldest in [false, true] {
        let host = Host::start(
            root.path(),
            Behaviour {
                oldest,
                ..Behaviour::default()
            },
        );
        let error = host
            .reader(GitOptions::default())
            .open(&hosted("demo"), None)
            .await
            .err()
            .unwrap();
        assert_eq!(error.kind, ErrorKind::Invalid);
        assert!(error.message.contains("no default branch"), "{error}");
    }
}

#[tokio::test]
async fn a_fetch_ends_at_its_limits() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = 1_u64;
    let mut random = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    let noise: Vec<u8> = (0..1_000_000).map(|_| random()).collect();
    write(folder.path(), "noise.bin", noise);
    commit_all(folder.path());
    let root = tempfile::tempdir().unwrap();
    git(
        root.path(),
        &[
            "clone",
            "-q",
            "--bare",
            folder.path().to_str().unwrap(),
            "demo.git",
        ],
    );
    let host = Host::start(root.path(), Behaviour::default());
    let limits = GitLimits {
        fetch_bytes: 100_000,
        ..GitLimits::default()
    };
    let error = host
        .reader(GitOptions {
            limits,
            ..GitOptions::default()
        })
        .open(&hosted("demo"), None)
        .await
        .err()
        .unwrap();
    assert_eq!(error.kind, ErrorKind::Permanent);
    assert!(error.message.contains("larger than the limit"), "{error}");

    let stalling = Host::start(
        root.path(),
        Behaviour {
            stalls: true,
            ..Behaviour::default()
        },
    );
    let limits = GitLimits {
        fetch_time: Duration::from_millis(500),
        ..GitLimits::default()
    };
    let started = Instant::now();
    let error = stalling
        .reader(GitOptions {
            limits,
            ..GitOptions::default()
        })
        .open(&hosted("demo"), None)
        .await
        .err()
        .unwrap();
    assert_eq!(error.kind, ErrorKind::Transient);
    assert!(error.message.contains("took too long"), "{error}");
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_host_that_speaks_no_tls_is_told_apart() {
    let root = tempfile::tempdir().unwrap();
    let host = Host::start(root.path(), Behaviour::default());
    let reader = GitSourceReader::new(GitOptions {
        endpoints: vec![Endpoint {
            from: "https://git.example.com/".to_owned(),
            to: format!("https://{}/", host.address()),
        }],
        ..GitOptions::default()
    });
    let error = reader.open(&hosted("demo"), None).await.err().unwrap();
    let told = error.message.contains("not trusted") || error.message.contains("connection");
    assert!(told, "{error:?}");
}
