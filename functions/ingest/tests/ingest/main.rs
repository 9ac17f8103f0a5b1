//! Whole repositories through ingest: what is read, what is left out, and that it is always the same.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail this way"
)]

mod hostile;
mod support;

use std::path::Path;

use deepwiki_domain::{
    Language,
    manifest::{Role, SkipReason},
    message::ChunkInput,
};
use deepwiki_ingest::IngestLimits;
use support::{commit_all, git, ingest, ingest_with, local, local_reader, write};

/// A small repository with something of everything.
fn sample() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write(at, "src/lib.rs", "//! Lib.\r\npub fn a() {}\r\n");
    write(at, "src/générateur.py", "def a():\n    pass");
    write(at, "tests/it.rs", "#[test]\nfn t() {}\n");
    write(at, "README.md", "\u{feff}# Title\n");
    write(at, "Cargo.toml", "[package]\n");
    write(at, "Cargo.lock", "# lock\n");
    write(at, "logo.png", b"\x89PNG\r\n\x1a\n\0\0");
    write(at, "blob", b"a\0b");
    write(at, "web/node_modules/x/index.js", "x\n");
    write(at, "web/node_modules/y/index.js", "y\n");
    write(at, "vendor/small.c", "int x;\n");
    write(at, "api.pb.go", "package api\n");
    write(at, "gen/out.rs", "fn x() {}\n");
    write(at, ".gitattributes", "gen/** linguist-generated\n");
    write(at, "big.txt", vec![b'x'; (1 << 20) + 1]);
    write(at, "id_rsa", "x");
    write(at, ".env", "A=1\n");
    write(
        at,
        "data.bin",
        "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n",
    );
    write(at, "empty.rs", "");
    #[cfg(unix)]
    std::os::unix::fs::symlink("/etc/passwd", at.join("link")).unwrap();
    folder
}

#[tokio::test]
async fn a_repository_becomes_a_manifest_and_shards() {
    let folder = sample();
    let commit = commit_all(folder.path());
    let got = ingest(folder.path(), None).await.unwrap();
    assert_eq!(got.output.commit.as_str(), commit);
    assert_eq!(got.manifest.commit_time, Some(1_700_000_000));
    let files: Vec<_> = got
        .manifest
        .files
        .iter()
        .map(|file| (file.path.as_str(), file.lines, file.language, file.role))
        .collect();
    assert_eq!(
        files,
        [
            (".gitattributes", 1, None, Role::Config),
            ("Cargo.toml", 1, Some(Language::Toml), Role::Config),
            ("README.md", 1, Some(Language::Markdown), Role::Doc),
            ("api.pb.go", 1, Some(Language::Go), Role::Generated),
            ("empty.rs", 0, Some(Language::Rust), Role::Source),
            ("gen/out.rs", 1, Some(Language::Rust), Role::Generated),
            ("src/générateur.py", 2, Some(Language::Python), Role::Source),
            ("src/lib.rs", 2, Some(Language::Rust), Role::Source),
            ("tests/it.rs", 2, Some(Language::Rust), Role::Test),
            ("vendor/small.c", 1, Some(Language::C), Role::Vendored),
        ]
    );
    assert_eq!(
        got.skipped(),
        [
            (".env", SkipReason::Secret),
            ("Cargo.lock", SkipReason::Generated),
            ("big.txt", SkipReason::TooLarge),
            ("blob", SkipReason::Binary),
            ("data.bin", SkipReason::LfsPointer),
            ("id_rsa", SkipReason::Secret),
            ("link", SkipReason::Symlink),
            ("logo.png", SkipReason::Binary),
            ("web/node_modules/", SkipReason::Vendored),
        ]
    );
    assert_eq!(got.text("src/lib.rs"), "//! Lib.\npub fn a() {}\n");
    assert_eq!(got.text("README.md"), "# Title\n");
    assert_eq!(got.manifest.shards.len(), 1);
    let items: Vec<ChunkInput> = got
        .items
        .iter()
        .map(|item| serde_json::from_str(item).unwrap())
        .collect();
    assert_eq!(items[0].shard, got.manifest.shards[0].key);
    assert_eq!(got.output.shards.count, 1);
}

#[tokio::test]
async fn every_way_to_read_a_commit_gives_the_same_manifest() {
    let folder = sample();
    commit_all(folder.path());
    let clones = tempfile::tempdir().unwrap();
    let from = folder.path().to_str().unwrap();
    git(clones.path(), &["clone", "-q", "--bare", from, "bare.git"]);
    git(
        clones.path(),
        &[
            "clone",
            "-q",
            "--depth",
            "1",
            &format!("file://{from}"),
            "shallow",
        ],
    );
    let read = async |folder: &Path, revision| {
        let mut manifest = ingest(folder, revision).await.unwrap().manifest;
        manifest.source = local(Path::new("/same"));
        manifest
    };
    let bare = clones.path().join("bare.git");
    let tree = read(folder.path(), None).await;
    assert_eq!(tree, read(&bare, None).await);
    assert_eq!(tree, read(&clones.path().join("shallow"), Some("main")).await);
    git(&bare, &["gc", "-q"]);
    assert_eq!(tree, read(&bare, None).await);
}

#[tokio::test]
async fn a_plain_folder_has_the_files_and_ids_of_its_commit() {
    let folder = sample();
    write(folder.path(), ".gitignore", "target/\n");
    write(folder.path(), "target/out.rs", "fn out() {}\n");
    let plain = ingest(folder.path(), None).await.unwrap();
    assert!(!plain.paths().contains(&"target/out.rs"));
    assert_eq!(plain.manifest.commit_time, None);
    std::fs::remove_dir_all(folder.path().join("target")).unwrap();
    commit_all(folder.path());
    let committed = ingest(folder.path(), None).await.unwrap();
    assert_eq!(plain.manifest.files, committed.manifest.files);
    assert_eq!(plain.manifest.skipped, committed.manifest.skipped);
    assert_eq!(plain.manifest.shards, committed.manifest.shards);
    assert_ne!(plain.manifest.commit, committed.manifest.commit);
}

#[tokio::test]
async fn what_exceeds_the_limits_is_listed_in_the_order_of_paths() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a", "b", "c", "d"] {
        write(folder.path(), &format!("{name}.rs"), "fn x() {}\n");
    }
    commit_all(folder.path());
    let limited = |limits| ingest_with_limits(folder.path(), limits);
    let by_count = limited(IngestLimits {
        files: 2,
        ..IngestLimits::default()
    })
    .await;
    assert_eq!(by_count.paths(), ["a.rs", "b.rs"]);
    assert_eq!(
        by_count.skipped(),
        [("c.rs", SkipReason::OverLimit), ("d.rs", SkipReason::OverLimit)]
    );
    let by_size = limited(IngestLimits {
        total_bytes: 35,
        ..IngestLimits::default()
    })
    .await;
    assert_eq!(by_size.paths(), ["a.rs", "b.rs", "c.rs"]);
    assert_eq!(by_size.skipped(), [("d.rs", SkipReason::OverLimit)]);
}

async fn ingest_with_limits(folder: &Path, limits: IngestLimits) -> support::Ingested {
    ingest_with(&local_reader(), local(folder), None, limits)
        .await
        .unwrap()
}

#[tokio::test]
async fn large_folders_of_dependencies_are_left_out_unless_attributes_say_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "main.go", "package main\n");
    for number in 0..301 {
        write(folder.path(), &format!("vendor/a/{number}.go"), "package a\n");
    }
    commit_all(folder.path());
    let got = ingest(folder.path(), None).await.unwrap();
    assert_eq!(got.paths(), ["main.go"]);
    assert_eq!(got.skipped(), [("vendor/", SkipReason::Vendored)]);
    write(
        folder.path(),
        ".gitattributes",
        "vendor/a/** -linguist-vendored\n",
    );
    commit_all(folder.path());
    let got = ingest(folder.path(), None).await.unwrap();
    assert_eq!(got.manifest.files.len(), 303);
    assert_eq!(got.manifest.file("vendor/a/7.go").unwrap().role, Role::Source);
}

#[tokio::test]
async fn secrets_are_masked_and_counted_and_every_line_stays() {
    let folder = tempfile::tempdir().unwrap();
    let token = ["gh", "p_", &"a1B2c3D4e5F6".repeat(3)].concat();
    write(
        folder.path(),
        "ci.sh",
        format!("#!/bin/sh\nexport A={token}\necho {token}\n"),
    );
    commit_all(folder.path());
    let got = ingest(folder.path(), None).await.unwrap();
    let entry = got.manifest.file("ci.sh").unwrap();
    assert_eq!((entry.masked, entry.lines), (2, 3));
    assert_eq!(
        got.text("ci.sh"),
        "#!/bin/sh\nexport A=[secret masked]\necho [secret masked]\n"
    );
    let manifest = serde_json::to_string(&got.manifest).unwrap();
    assert!(!manifest.contains(&token));
}

#[tokio::test]
async fn adding_a_file_leaves_most_shards_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..400 {
        let text = format!("fn f{number}() {{}}\n").repeat(2_000);
        write(folder.path(), &format!("src/{number:03}.rs"), text);
    }
    commit_all(folder.path());
    let before = ingest(folder.path(), None).await.unwrap();
    assert!(
        before.manifest.shards.len() >= 8,
        "{}",
        before.manifest.shards.len()
    );
    write(folder.path(), "src/200a.rs", "fn added() {}\n");
    commit_all(folder.path());
    let after = ingest(folder.path(), None).await.unwrap();
    let known = |shard: &&deepwiki_domain::manifest::ShardRef| before.manifest.shards.contains(shard);
    let same = after.manifest.shards.iter().filter(known).count();
    assert!(after.manifest.shards.len() - same <= 1);
}
