//! A file of a shard by its lines.

use std::sync::Arc;

use crate::{
    RepoPath,
    facts::Lines,
    manifest::{Shard, ShardFile},
};

/// A file's text with the place of each line.
#[derive(Debug, Clone)]
pub struct LinedText {
    shard: Arc<Shard>,
    at: usize,
    /// Where each line begins, and the end of the text.
    starts: Vec<usize>,
}

impl LinedText {
    /// The file of this path, where the shard has it.
    pub fn new(shard: Arc<Shard>, path: &RepoPath) -> Option<Self> {
        let at = shard.files.iter().position(|file| file.path == *path)?;
        let text = shard.files.get(at).map(|file| file.text.as_str())?;
        let mut starts = vec![0];
        starts.extend(text.split_inclusive('\n').scan(0, |end, line| {
            *end += line.len();
            Some(*end)
        }));
        Some(Self { shard, at, starts })
    }

    /// The file.
    pub fn file(&self) -> Option<&ShardFile> {
        self.shard.files.get(self.at)
    }

    /// How many lines it has.
    pub fn count(&self) -> u32 {
        u32::try_from(self.starts.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    /// The text of these lines, where all of them exist.
    pub fn lines(&self, lines: Lines) -> Option<&str> {
        let first = usize::try_from(lines.start).ok()?.checked_sub(1)?;
        let last = usize::try_from(lines.end).ok()?;
        let range = *self.starts.get(first)?..*self.starts.get(last)?;
        self.file()?.text.get(range)
    }
}
