//! What is read and what is not, as far as paths, kinds and sizes tell.

use std::collections::{BTreeMap, BTreeSet};

use deepwiki_domain::{
    BlobId, RepoPath,
    manifest::{SkipReason, Skipped},
};
use deepwiki_ports::{
    Result, Snapshot,
    source::{EntryKind, TreeEntry},
};

use crate::{
    IngestLimits,
    attributes::{self, Attributes},
    content::Candidate,
    conventions::{self, Dependency},
    text,
};

/// A folder of dependencies with more files or bytes (2 MiB) than these is left out as a whole.
const MOST_VENDORED_FILES: u64 = 300;
const MOST_VENDORED_BYTES: u64 = 2 << 20;

/// The longest path that is shown of what is left out, in bytes.
const LONGEST_SHOWN: usize = 512;

/// What a tree holds.
pub(crate) struct Survey {
    /// What is to be read, by path.
    pub(crate) candidates: Vec<(TreeEntry, Candidate)>,
    /// What is not.
    pub(crate) skipped: Vec<Skipped>,
}

/// Sorts out the entries of a tree.
pub(crate) fn survey(snapshot: &dyn Snapshot, limits: &IngestLimits) -> Result<Survey> {
    let mut skipped = Vec::new();
    let files = plain_files(snapshot.entries()?, &mut skipped);
    let attributes = read_attributes(snapshot, &files)?;
    let bulk = bulk_folders(&files, &attributes);
    let mut left_out = BTreeSet::new();
    let mut candidates: Vec<(TreeEntry, Candidate)> = Vec::new();
    let mut total = 0;
    for (entry, path) in files {
        let overrides = attributes.of(&path);
        let folder = conventions::dependency_folder(path.as_str());
        if let Some(Dependency::Installed(name) | Dependency::Vendored(name)) = folder
            && bulk.contains(name)
            && overrides.vendored != Some(false)
        {
            left_out.insert(name.to_owned());
            continue;
        }
        let size = entry.size.unwrap_or_default();
        let over = candidates.len() >= limits.files || total + size > limits.total_bytes;
        let reason = skip_by_name(&path).or_else(|| skip_by_size(size, over, limits));
        let blob = BlobId::new(entry.id.as_str()).map_err(|_| SkipReason::Unreadable);
        match (reason, blob) {
            (Some(reason), _) | (None, Err(reason)) => skipped.push(skip(path.as_str(), reason)),
            (None, Ok(blob)) => {
                total += size;
                let vendored = folder.is_some();
                candidates.push((
                    entry,
                    Candidate {
                        path,
                        blob,
                        vendored,
                        overrides,
                    },
                ));
            }
        }
    }
    skipped.extend(left_out.iter().map(|folder| skip(folder, SkipReason::Vendored)));
    Ok(Survey { candidates, skipped })
}

/// The entries that are files with a safe path, each path once.
fn plain_files(entries: Vec<TreeEntry>, skipped: &mut Vec<Skipped>) -> Vec<(TreeEntry, RepoPath)> {
    let mut files: Vec<(TreeEntry, RepoPath)> = Vec::with_capacity(entries.len());
    for entry in entries {
        let path = std::str::from_utf8(&entry.path)
            .ok()
            .and_then(|path| RepoPath::new(path).ok());
        // A tree that was made by hand can hold a name twice.
        let path = path.filter(|path| files.last().is_none_or(|(_, last)| last != path));
        match (path, entry.kind) {
            (None, _) => skipped.push(skip(&printable(&entry.path), SkipReason::UnsafePath)),
            (Some(path), EntryKind::Symlink) => skipped.push(skip(path.as_str(), SkipReason::Symlink)),
            (Some(path), EntryKind::Submodule) => skipped.push(skip(path.as_str(), SkipReason::Submodule)),
            (Some(path), EntryKind::File | EntryKind::Executable) => files.push((entry, path)),
        }
    }
    files
}

fn read_attributes(snapshot: &dyn Snapshot, files: &[(TreeEntry, RepoPath)]) -> Result<Attributes> {
    let wanted = files.iter().filter(|(entry, path)| {
        let installed = matches!(
            conventions::dependency_folder(path.as_str()),
            Some(Dependency::Installed(_))
        );
        let small = entry.size.is_some_and(|size| size <= attributes::LARGEST_FILE);
        path.file_name() == ".gitattributes" && small && !installed
    });
    let mut texts = Vec::new();
    for (entry, path) in wanted.take(attributes::MOST_FILES) {
        match snapshot.read(entry, attributes::LARGEST_FILE) {
            Ok(bytes) => texts.extend(text::decode(bytes).map(|text| (path.clone(), text))),
            Err(error) if error.kind.is_retryable() => return Err(error),
            // It is met again as a file, and listed there as one that cannot be read.
            Err(_) => {}
        }
    }
    Ok(Attributes::new(texts))
}

/// The folders of dependencies that are left out as a whole.
fn bulk_folders(files: &[(TreeEntry, RepoPath)], attributes: &Attributes) -> BTreeSet<String> {
    let mut vendored: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    let mut bulk = BTreeSet::new();
    for (entry, path) in files {
        match conventions::dependency_folder(path.as_str()) {
            Some(Dependency::Installed(folder)) => {
                bulk.insert(folder.to_owned());
            }
            Some(Dependency::Vendored(folder)) if attributes.of(path).vendored != Some(false) => {
                let (count, bytes) = vendored.entry(folder).or_default();
                *count += 1;
                *bytes += entry.size.unwrap_or_default();
            }
            Some(Dependency::Vendored(_)) | None => {}
        }
    }
    let large = |(_, (count, bytes)): &(&str, (u64, u64))| {
        *count > MOST_VENDORED_FILES || *bytes > MOST_VENDORED_BYTES
    };
    bulk.extend(
        vendored
            .into_iter()
            .filter(large)
            .map(|(folder, _)| folder.to_owned()),
    );
    bulk
}

fn skip_by_name(path: &RepoPath) -> Option<SkipReason> {
    let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
    if conventions::is_secret_file(path) {
        Some(SkipReason::Secret)
    } else if conventions::is_tool_output(path.file_name()) {
        Some(SkipReason::Generated)
    } else if conventions::is_binary_format(&extension) {
        Some(SkipReason::Binary)
    } else {
        None
    }
}

fn skip_by_size(size: u64, over: bool, limits: &IngestLimits) -> Option<SkipReason> {
    if size > limits.file_bytes {
        Some(SkipReason::TooLarge)
    } else if over {
        Some(SkipReason::OverLimit)
    } else {
        None
    }
}

/// An entry of the list of what is left out.
pub(crate) fn skip(path: &str, reason: SkipReason) -> Skipped {
    Skipped {
        path: path.to_owned(),
        reason,
    }
}

/// A path of any bytes as people can read it.
fn printable(path: &[u8]) -> String {
    let shown = path.get(..LONGEST_SHOWN).unwrap_or(path);
    let mut text: String = String::from_utf8_lossy(shown)
        .chars()
        .map(|c| {
            if c.is_control() {
                char::REPLACEMENT_CHARACTER
            } else {
                c
            }
        })
        .collect();
    if shown.len() < path.len() {
        text.push('…');
    }
    text
}
