//! Repositories and folders of this machine.

use std::path::Path;

use deepwiki_domain::{ErrorKind, StageError, source::RepositorySource};
use deepwiki_git::{GitLimits, GitOptions, GitSourceReader};
use deepwiki_ports::{Snapshot, SourceReader, source::EntryKind};

use crate::support::{commit_all, git, history, write};

pub(crate) fn reader() -> GitSourceReader {
    GitSourceReader::new(GitOptions {
        local_paths: true,
        ..GitOptions::default()
    })
}

fn path(folder: &Path) -> RepositorySource {
    RepositorySource::local_path(folder.to_str().unwrap()).unwrap()
}

async fn open(folder: &Path, revision: Option<&str>) -> Result<Box<dyn Snapshot>, StageError> {
    reader().open(&path(folder), revision).await
}

/// The text of a file of a snapshot.
pub(crate) fn text(snapshot: &dyn Snapshot, path: &str) -> String {
    let entries = snapshot.entries().unwrap();
    let entry = entries
        .iter()
        .find(|entry| entry.path == path.as_bytes())
        .unwrap();
    String::from_utf8(snapshot.read(entry, 1 << 20).unwrap()).unwrap()
}

#[tokio::test]
async fn every_kind_of_revision_is_found() {
    let (folder, commits) = history();
    let short = &commits[0][..9];
    for (revision, wanted) in [
        (None, 2),
        (Some("HEAD"), 2),
        (Some("main"), 2),
        (Some("refs/heads/main"), 2),
        (Some("topic/one"), 1),
        (Some("v1.0"), 1),
        (Some("light"), 0),
        (Some(commits[1].as_str()), 1),
        (Some(short), 0),
    ] {
        let snapshot = open(folder.path(), revision).await.unwrap();
        assert_eq!(snapshot.commit().as_str(), commits[wanted], "{revision:?}");
        let resolved = reader().resolve(&path(folder.path()), revision).await.unwrap();
        assert_eq!(resolved, snapshot.commit());
        let shown = text(snapshot.as_ref(), "src/lib.rs");
        assert_eq!(shown, format!("pub const N: u32 = {wanted};\n"));
    }
}

#[tokio::test]
async fn uncommitted_changes_are_not_read() {
    let (folder, _) = history();
    write(folder.path(), "src/lib.rs", "changed\n");
    write(folder.path(), "new.rs", "new\n");
    let snapshot = open(folder.path(), None).await.unwrap();
    assert_eq!(text(snapshot.as_ref(), "src/lib.rs"), "pub const N: u32 = 2;\n");
    assert_eq!(snapshot.commit_time(), Some(1_700_000_000));
    assert!(
        snapshot
            .entries()
            .unwrap()
            .iter()
            .all(|entry| entry.path != b"new.rs")
    );
}

#[tokio::test]
async fn what_cannot_be_built_is_told_in_one_sentence() {
    let (folder, _) = history();
    let empty = tempfile::tempdir().unwrap();
    git(empty.path(), &["init", "-q"]);
    let plain = tempfile::tempdir().unwrap();
    write(plain.path(), "a.rs", "a\n");
    write(plain.path(), "broken/.git", "gitdir: /nowhere\n");
    std::fs::create_dir(plain.path().join("nothing")).unwrap();
    let at = folder.path();
    for (place, revision, words) in [
        (at.join("missing"), None, "cannot be read"),
        (at.join("src/lib.rs"), None, "is a file"),
        (at.to_owned(), Some("nope"), "no branch, tag or commit"),
        (at.to_owned(), Some("a b\n"), "no branch, tag or commit"),
        (
            at.to_owned(),
            Some("0123456789012345678901234567890123456789"),
            "no branch, tag or commit",
        ),
        (empty.path().to_owned(), None, "has no commits"),
        (plain.path().to_owned(), Some("main"), "plain folder"),
        (plain.path().join("nothing"), None, "no files"),
        (plain.path().join("broken"), None, "cannot be opened"),
    ] {
        let error = open(&place, revision).await.err().unwrap();
        assert_eq!(error.kind, ErrorKind::Invalid, "{error}");
        assert!(error.message.contains(words), "{error}");
        assert!(!error.message.contains('\n'), "{error}");
    }
    let shut = GitSourceReader::new(GitOptions::default());
    assert!(
        shut.open(&path(at), None).await.is_err(),
        "folders are for the local command"
    );
    assert!(shut.resolve(&path(at), None).await.is_err());
}

#[tokio::test]
async fn a_hostile_configuration_runs_and_includes_nothing() {
    let (folder, commits) = history();
    let at = folder.path();
    let marker = at.join("ran");
    let command = format!("touch {}", marker.display());
    for key in [
        "core.fsmonitor",
        "core.sshCommand",
        "filter.x.smudge",
        "diff.external",
        "credential.helper",
    ] {
        git(at, &["config", key, &command]);
    }
    git(at, &["config", "core.hooksPath", at.to_str().unwrap()]);
    git(at, &["config", "include.path", "/nonexistent/include"]);
    write(at, ".git/info/attributes", "* filter=x\n");
    let snapshot = open(at, None).await.unwrap();
    assert_eq!(snapshot.commit().as_str(), commits[2]);
    text(snapshot.as_ref(), "src/lib.rs");
    assert!(!marker.exists());
}

#[tokio::test]
async fn replacement_objects_do_not_change_a_commit() {
    let (folder, commits) = history();
    git(folder.path(), &["replace", &commits[2], &commits[0]]);
    let snapshot = open(folder.path(), None).await.unwrap();
    assert_eq!(text(snapshot.as_ref(), "src/lib.rs"), "pub const N: u32 = 2;\n");
}

#[tokio::test]
async fn a_repository_with_long_ids_is_read() {
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "-q", "--object-format=sha256"]);
    write(folder.path(), "a.rs", "a\n");
    let commit = commit_all(folder.path());
    let snapshot = open(folder.path(), None).await.unwrap();
    assert_eq!((snapshot.commit().as_str(), commit.len()), (commit.as_str(), 64));
    assert_eq!(text(snapshot.as_ref(), "a.rs"), "a\n");
}

#[tokio::test]
async fn a_linked_work_tree_is_a_repository_too() {
    let (folder, commits) = history();
    let linked = tempfile::tempdir().unwrap();
    let at = linked.path().join("tree");
    git(
        folder.path(),
        &["worktree", "add", "-q", at.to_str().unwrap(), "topic/one"],
    );
    let snapshot = open(&at, None).await.unwrap();
    assert_eq!(snapshot.commit().as_str(), commits[1]);
}

#[tokio::test]
async fn a_plain_folder_is_known_by_its_content() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write(at, "a.rs", "a\n");
    write(at, "b/c.rs", "c\n");
    write(at, ".gitignore", "*.log\n");
    write(at, "b/.gitignore", "out\n");
    write(at, "x.log", "x\n");
    write(at, "b/out/y.rs", "y\n");
    write(at, "inner/d.rs", "d\n");
    git(&at.join("inner"), &["init", "-q"]);
    let snapshot = open(at, None).await.unwrap();
    let entries = snapshot.entries().unwrap();
    let listed: Vec<_> = entries
        .iter()
        .map(|entry| (String::from_utf8_lossy(&entry.path), entry.kind))
        .collect();
    let file = |path: &'static str| (path.into(), EntryKind::File);
    assert_eq!(
        listed,
        [
            file(".gitignore"),
            file("a.rs"),
            file("b/.gitignore"),
            file("b/c.rs"),
            ("inner".into(), EntryKind::Submodule)
        ]
    );
    let id = git(at, &["hash-object", "a.rs"]);
    assert_eq!(entries[1].id, id);
    assert_eq!(open(at, None).await.unwrap().commit(), snapshot.commit());
    write(at, "a.rs", "A\n");
    assert_ne!(open(at, None).await.unwrap().commit(), snapshot.commit());
    let error = snapshot.read(&entries[1], 100).unwrap_err();
    assert!(error.kind.is_retryable(), "{error}");
}

#[tokio::test]
async fn a_folder_inside_a_work_tree_is_read_as_it_is() {
    let (folder, _) = history();
    write(folder.path(), "src/lib.rs", "changed\n");
    let snapshot = open(&folder.path().join("src"), None).await.unwrap();
    assert_eq!(text(snapshot.as_ref(), "lib.rs"), "changed\n");
    assert_eq!(snapshot.commit_time(), None);
}

#[tokio::test]
async fn limits_on_trees_and_folders_hold() {
    let (folder, _) = history();
    let plain = tempfile::tempdir().unwrap();
    for number in 0..5 {
        write(plain.path(), &format!("{number}.rs"), "12345");
    }
    let limited = |limits| {
        GitSourceReader::new(GitOptions {
            limits,
            local_paths: true,
            ..GitOptions::default()
        })
    };
    let few = limited(GitLimits {
        entries: 4,
        ..GitLimits::default()
    });
    let snapshot = few.open(&path(folder.path()), None).await.unwrap();
    assert!(snapshot.entries().unwrap_err().message.contains("more than 4"));
    assert!(few.open(&path(plain.path()), None).await.is_err());
    let small = limited(GitLimits {
        folder_bytes: 24,
        ..GitLimits::default()
    });
    assert!(small.open(&path(plain.path()), None).await.is_err());
    let enough = limited(GitLimits {
        entries: 5,
        folder_bytes: 25,
        ..GitLimits::default()
    });
    assert!(enough.open(&path(plain.path()), None).await.is_ok());
}
