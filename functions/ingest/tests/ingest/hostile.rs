//! Repositories made to do harm: nothing escapes, nothing panics, and what is left out is said.

use std::time::{Duration, Instant};

use deepwiki_domain::manifest::SkipReason;

use crate::support::{commit_all, commit_tree, git, git_with_input, ingest, raw_object, write};

/// A repository without files.
fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "-q"]);
    folder
}

/// The bytes of one tree entry.
fn tree_entry(mode: &str, name: &[u8], id: &str) -> Vec<u8> {
    let digits: Vec<u8> = id.bytes().collect();
    let id = digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap());
    [mode.as_bytes(), b" ", name, b"\0"]
        .concat()
        .into_iter()
        .chain(id)
        .collect()
}

#[tokio::test]
async fn paths_that_could_leave_the_tree_are_listed_and_never_read() {
    let folder = repository();
    let at = folder.path();
    let blob = git_with_input(at, &["hash-object", "-w", "--stdin"], b"fn x() {}\n");
    let inner = raw_object(at, "tree", &tree_entry("100644", b"config", &blob));
    let long = vec![b'p'; 4000];
    let mut tree = Vec::new();
    for name in [
        &b".."[..],
        b"../../up.rs",
        b"/etc/abs.rs",
        b"a\\b.rs",
        b"bad\xff\xfename.rs",
        b"line\nbreak.rs",
        &long,
        b"ok.rs",
        b"ok.rs",
    ] {
        tree.extend(tree_entry("100644", name, &blob));
    }
    tree.extend(tree_entry("40000", b".git", &inner));
    tree.extend(tree_entry("40000", b"..", &inner));
    tree.extend(tree_entry("120000", b"link.rs", &blob));
    tree.extend(tree_entry("160000", b"module", &"1".repeat(40)));
    let tree = raw_object(at, "tree", &tree);
    commit_tree(at, &tree);
    let got = ingest(at, None).await.unwrap();
    assert_eq!(got.paths(), ["ok.rs"]);
    let unsafe_paths: Vec<&str> = got
        .skipped()
        .iter()
        .filter(|(_, reason)| *reason == SkipReason::UnsafePath)
        .map(|(path, _)| *path)
        .collect();
    let long_shown = "p".repeat(512) + "…";
    let mut wanted = vec![
        "..",
        "../../up.rs",
        "../config",
        ".git/config",
        "/etc/abs.rs",
        "a\\b.rs",
        "bad\u{fffd}\u{fffd}name.rs",
        "line\u{fffd}break.rs",
        "ok.rs",
        &long_shown,
    ];
    wanted.sort_unstable();
    assert_eq!(unsafe_paths, wanted);
    assert!(got.skipped().contains(&("link.rs", SkipReason::Symlink)));
    assert!(got.skipped().contains(&("module", SkipReason::Submodule)));
}

#[tokio::test]
async fn a_tree_that_multiplies_is_refused_in_bounded_time() {
    let folder = repository();
    let at = folder.path();
    let blob = git_with_input(at, &["hash-object", "-w", "--stdin"], b"x\n");
    let ten = |kind: &str, id: &str| -> Vec<u8> {
        (0..10)
            .flat_map(|n| tree_entry(kind, format!("{n}").as_bytes(), id))
            .collect()
    };
    let mut tree = raw_object(at, "tree", &ten("100644", &blob));
    for _ in 0..9 {
        tree = raw_object(at, "tree", &ten("40000", &tree));
    }
    commit_tree(at, &tree);
    let started = Instant::now();
    let error = ingest(at, None).await.err().unwrap();
    assert!(error.message.contains("more than"), "{error}");
    assert!(started.elapsed() < Duration::from_secs(300));
}

#[tokio::test]
async fn folders_nested_without_end_are_cut_off_and_listed() {
    let folder = repository();
    let at = folder.path();
    let blob = git_with_input(at, &["hash-object", "-w", "--stdin"], b"x\n");
    let mut tree = raw_object(at, "tree", &tree_entry("100644", b"x.rs", &blob));
    for _ in 0..3000 {
        let mut entries = tree_entry("40000", b"a", &tree);
        entries.extend(tree_entry("100644", b"f.rs", &blob));
        tree = raw_object_fast(at, &entries);
    }
    commit_tree(at, &tree);
    let got = ingest(at, None).await.unwrap();
    assert_eq!(got.manifest.files.len(), 511);
    assert!(
        got.manifest
            .skipped
            .iter()
            .all(|skipped| skipped.reason == SkipReason::UnsafePath)
    );
}

/// Writes a tree straight into the object database, which is much faster than a Git process each.
fn raw_object_fast(at: &std::path::Path, tree: &[u8]) -> String {
    let repository = gix::open(at).unwrap();
    let id = gix::prelude::Write::write_buf(&repository.objects, gix::objs::Kind::Tree, tree);
    id.unwrap().to_string()
}

#[tokio::test]
async fn missing_and_wrong_objects_are_listed_as_unreadable() {
    let folder = repository();
    let at = folder.path();
    let blob = git_with_input(at, &["hash-object", "-w", "--stdin"], b"fn x() {}\n");
    let empty_tree = raw_object(at, "tree", b"");
    let mut tree = tree_entry("100644", b"gone.rs", &"1".repeat(40));
    tree.extend(tree_entry("100644", b"here.rs", &blob));
    tree.extend(tree_entry("100644", b"tree.rs", &empty_tree));
    let tree = raw_object(at, "tree", &tree);
    commit_tree(at, &tree);
    let got = ingest(at, None).await.unwrap();
    assert_eq!(got.paths(), ["here.rs"]);
    assert_eq!(
        got.skipped(),
        [
            ("gone.rs", SkipReason::Unreadable),
            ("tree.rs", SkipReason::Unreadable)
        ]
    );
}

#[cfg(unix)]
#[tokio::test]
async fn links_pipes_and_sparse_files_of_a_plain_folder_do_no_harm() {
    use std::os::unix::fs::symlink;
    let outside = tempfile::tempdir().unwrap();
    write(outside.path(), "private.rs", "fn private() {}\n");
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write(at, "ok.rs", "fn ok() {}\n");
    symlink(outside.path(), at.join("folder-link")).unwrap();
    symlink(outside.path().join("private.rs"), at.join("file-link.rs")).unwrap();
    symlink("loop", at.join("loop")).unwrap();
    symlink("..", at.join("up")).unwrap();
    let sparse = std::fs::File::create(at.join("sparse.rs")).unwrap();
    sparse.set_len(1 << 30).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(at.join("pipe.rs"))
        .status();
    assert!(made.unwrap().success());
    let started = Instant::now();
    let got = ingest(at, None).await.unwrap();
    assert_eq!(got.paths(), ["ok.rs"]);
    assert_eq!(
        got.skipped(),
        [
            ("file-link.rs", SkipReason::Symlink),
            ("folder-link", SkipReason::Symlink),
            ("loop", SkipReason::Symlink),
            ("sparse.rs", SkipReason::TooLarge),
            ("up", SkipReason::Symlink),
        ]
    );
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn texts_of_all_kinds_are_read_or_refused_whole() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write(at, "nul-late.rs", [vec![b'x'; 9000], vec![0]].concat());
    write(at, "nul.rs", b"fn\0x");
    write(at, "latin1.rs", b"// caf\xe9\nfn x() {}\n");
    write(
        at,
        "noise.rs",
        (0..4000_u32).map(|n| (n % 127 + 129) as u8).collect::<Vec<u8>>(),
    );
    write(at, "mixed.rs", "a\r\nb\nc\rd\r\n");
    write(at, "utf16.rs", [0xff, 0xfe, b'a', 0, b'\r', 0, b'\n', 0]);
    write(at, "deep.rs", "(".repeat(100_000));
    write(at, "<script>alert(1)</script>.rs", "// <script>\n");
    commit_all(at);
    let got = ingest(at, None).await.unwrap();
    assert_eq!(
        got.skipped(),
        [
            ("deep.rs", SkipReason::Generated),
            ("noise.rs", SkipReason::Binary),
            ("nul-late.rs", SkipReason::Generated),
            ("nul.rs", SkipReason::Binary),
        ]
    );
    assert_eq!(got.text("mixed.rs"), "a\nb\nc d\n");
    assert_eq!(got.text("latin1.rs"), "// caf\u{fffd}\nfn x() {}\n");
    assert_eq!(got.text("utf16.rs"), "a\n");
    for file in &got.manifest.files {
        let text = got.text(file.path.as_str());
        assert_eq!(file.lines as usize, text.lines().count(), "{}", file.path);
    }
}

#[tokio::test]
async fn a_hundred_thousand_tiny_files_take_bounded_time() {
    let folder = repository();
    let at = folder.path();
    let mut list = String::new();
    let blob = git_with_input(at, &["hash-object", "-w", "--stdin"], b"fn x() {}\n");
    for number in 0..100_000 {
        list += &format!("100644 blob {blob}\td{:03}/f{number:06}.rs\n", number % 500);
    }
    git_with_input(at, &["update-index", "--index-info"], list.as_bytes());
    let tree = git(at, &["write-tree"]);
    commit_tree(at, &tree);
    let started = Instant::now();
    let got = ingest(at, None).await.unwrap();
    assert_eq!(got.manifest.files.len(), 100_000);
    assert!(
        started.elapsed() < Duration::from_secs(300),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn nothing_to_read_is_said_or_is_an_empty_manifest() {
    let folder = repository();
    let at = folder.path();
    let error = ingest(at, None).await.err().unwrap();
    assert!(error.message.contains("has no commits"), "{error}");
    commit_all(at);
    let got = ingest(at, None).await.unwrap();
    assert!(got.manifest.files.is_empty() && got.manifest.shards.is_empty() && got.items.is_empty());
}
