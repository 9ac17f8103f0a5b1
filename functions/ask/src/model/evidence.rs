//! What an answer's sentences are checked against: the files that were read, of several repositories at once. A path is
//! kept with the number of its repository before it (`0/src/lib.rs`), so that each repository's files are its own.

use std::{collections::BTreeMap, sync::Arc};

use deepwiki_domain::{
    LinedText, RepoPath, Slug,
    facts::{self, Lines},
    gate,
    manifest::Manifest,
};

/// The files of an answer.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    pub(super) manifests: Vec<Arc<Manifest>>,
    pub(super) texts: BTreeMap<RepoPath, LinedText>,
}

/// A path with its repository's number before it.
pub(super) fn numbered(repository: usize, path: &RepoPath) -> Option<RepoPath> {
    RepoPath::new(format!("{repository}/{path}")).ok()
}

/// The repository's number, and the path in it.
pub(super) fn parted(path: &RepoPath) -> Option<(usize, RepoPath)> {
    let (number, path) = path.as_str().split_once('/')?;
    Some((number.parse().ok()?, RepoPath::new(path).ok()?))
}

impl gate::Evidence for Evidence {
    fn line_count(&self, path: &RepoPath) -> Option<u32> {
        self.texts.get(path).map(LinedText::count)
    }

    fn text(&self, path: &RepoPath, lines: Lines) -> Option<&str> {
        self.texts.get(path)?.lines(lines)
    }

    /// In any of the files that were read: an answer speaks of these alone.
    fn has_name(&self, name: &str) -> bool {
        let mut texts = self.texts.values().filter_map(LinedText::file);
        texts.any(|file| file.text.contains(name) && facts::names(&file.text).any(|known| known == name))
    }

    fn has_path(&self, path: &str) -> bool {
        let folder = format!("{path}/");
        self.manifests.iter().any(|manifest| {
            let after = manifest
                .files
                .partition_point(|file| file.path.as_str() < folder.as_str());
            let next = manifest.files.get(after);
            manifest.file(path).is_some() || next.is_some_and(|file| file.path.as_str().starts_with(&folder))
        })
    }

    fn has_page(&self, _: &Slug) -> bool {
        false
    }
}
