//! What changed between two builds of a repository: files, definitions, pages down to the statement, and what the
//! publish gate found. Pure; comparing backwards gives the same with both sides exchanged.

mod pages;
mod pairs;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    BlobId, BuildId, CommitId, Locale, RepoPath, Slug,
    facts::{Lines, SymbolKind},
    manifest::{FileEntry, Manifest},
    outline::Outline,
    page::{Citation, Page, Validity},
    repository::Generation,
    wiki::PageEntry,
};

pub use pages::{PageChange, PageState, Said, SectionChange, unequal};

/// One side of a comparison.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// The build.
    pub generation: &'a Generation,
    /// Its files.
    pub manifest: &'a Manifest,
    /// What its files define; none where the build did not note it.
    pub outline: Option<&'a Outline<'a>>,
    /// The list of its pages.
    pub entries: &'a [PageEntry],
    /// The pages that [`unequal`] names.
    pub pages: &'a BTreeMap<Slug, Page>,
    /// What the publish gate found.
    pub validity: Validity,
}

/// What changed from one build to another, in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// The earlier build.
    pub from: Version,
    /// The later one.
    pub to: Version,
    /// The language of the pages.
    pub language: Locale,
    /// How much changed in all, whatever [`Changes::limit`] has left.
    pub totals: Totals,
    /// Pages, in reading order.
    pub pages: Vec<PageChange>,
    /// Definitions, by path; none where one of the builds did not note them.
    pub symbols: Option<Vec<Change<SymbolState>>>,
    /// Files, by path.
    pub files: Vec<Change<FileState>>,
    /// What the publish gate found before.
    pub validity_before: Validity,
    /// What it found after.
    pub validity_after: Validity,
}

/// A build that is compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The build.
    pub build: BuildId,
    /// The commit that it describes.
    pub commit: CommitId,
    /// The committer time of that commit in seconds since 1970.
    pub commit_time: Option<i64>,
    /// Seconds since 1970 at which it was published.
    pub published_at: i64,
}

impl From<&Generation> for Version {
    fn from(generation: &Generation) -> Self {
        Self {
            build: generation.build.clone(),
            commit: generation.commit.clone(),
            commit_time: generation.commit_time,
            published_at: generation.published_at,
        }
    }
}

/// How something changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// It was not there before.
    Added,
    /// It is not there any more.
    Removed,
    /// It has another name or place.
    Moved,
    /// It is in its place and not what it was.
    Changed,
}

impl ChangeKind {
    fn reversed(self) -> Self {
        match self {
            Self::Added => Self::Removed,
            Self::Removed => Self::Added,
            same => same,
        }
    }
}

/// Something as it was and as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change<T> {
    /// How it changed.
    pub change: ChangeKind,
    /// As it was; none where it was added.
    pub before: Option<T>,
    /// As it is; none where it was removed.
    pub after: Option<T>,
}

impl<T: Ord> Change<T> {
    /// What orders changes the same way in both directions: the lesser end, then the greater.
    fn order(&self) -> (Option<&T>, Option<&T>) {
        let ends = || self.before.iter().chain(&self.after);
        (ends().min(), ends().max())
    }

    fn reversed(self) -> Self {
        Self {
            change: self.change.reversed(),
            before: self.after,
            after: self.before,
        }
    }
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FileState {
    /// Where it is.
    pub path: RepoPath,
    /// How many lines it has.
    pub lines: u32,
}

/// A definition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SymbolState {
    /// The lines that define it.
    pub at: Citation,
    /// Its name, with its containers.
    pub name: String,
    /// What it is.
    pub kind: SymbolKind,
    /// Its head on one line.
    pub signature: String,
}

/// Counts by [`ChangeKind`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    /// Added.
    pub added: u32,
    /// Removed.
    pub removed: u32,
    /// Moved or renamed.
    pub moved: u32,
    /// Changed in place.
    pub changed: u32,
}

impl Total {
    fn of(kinds: impl Iterator<Item = ChangeKind>) -> Self {
        let mut total = Self::default();
        for kind in kinds {
            *match kind {
                ChangeKind::Added => &mut total.added,
                ChangeKind::Removed => &mut total.removed,
                ChangeKind::Moved => &mut total.moved,
                ChangeKind::Changed => &mut total.changed,
            } += 1;
        }
        total
    }

    fn reversed(self) -> Self {
        Self {
            added: self.removed,
            removed: self.added,
            ..self
        }
    }

    /// All together.
    pub fn sum(self) -> u32 {
        self.added + self.removed + self.moved + self.changed
    }
}

/// How much changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Pages.
    pub pages: Total,
    /// Definitions.
    pub symbols: Total,
    /// Files.
    pub files: Total,
    /// Pages that say the same about lines that have moved; they count as unchanged.
    pub pages_relocated: u32,
}

impl Changes {
    /// Compares two builds of one repository, whose pages are in one language.
    pub fn between(before: &Side<'_>, after: &Side<'_>, language: Locale) -> Self {
        let files = files(before.manifest, after.manifest);
        let symbols = before
            .outline
            .zip(after.outline)
            .map(|(before, after)| symbols(before, after));
        let (pages, pages_relocated) = pages::changes(before, after);
        let totals = Totals {
            pages: Total::of(pages.iter().map(|page| page.change)),
            symbols: Total::of(symbols.iter().flatten().map(|symbol| symbol.change)),
            files: Total::of(files.iter().map(|file| file.change)),
            pages_relocated,
        };
        Self {
            from: Version::from(before.generation),
            to: Version::from(after.generation),
            language,
            totals,
            pages,
            symbols,
            files,
            validity_before: before.validity,
            validity_after: after.validity,
        }
    }

    /// Whether nothing that a reader could see changed.
    pub fn is_empty(&self) -> bool {
        self.totals == Totals::default() && self.validity_before == self.validity_after
    }

    /// The same, looked at from the other side.
    pub fn reversed(self) -> Self {
        let symbols = self
            .symbols
            .map(|all| all.into_iter().map(Change::reversed).collect());
        Self {
            from: self.to,
            to: self.from,
            language: self.language,
            totals: Totals {
                pages: self.totals.pages.reversed(),
                symbols: self.totals.symbols.reversed(),
                files: self.totals.files.reversed(),
                pages_relocated: self.totals.pages_relocated,
            },
            pages: self.pages.into_iter().map(PageChange::reversed).collect(),
            symbols,
            files: self.files.into_iter().map(Change::reversed).collect(),
            validity_before: self.validity_after,
            validity_after: self.validity_before,
        }
    }

    /// Keeps at most this many entries of each list; the totals stay.
    pub fn limit(&mut self, most: usize) {
        self.pages.truncate(most);
        self.files.truncate(most);
        if let Some(symbols) = &mut self.symbols {
            symbols.truncate(most);
        }
        for section in self.pages.iter_mut().flat_map(|page| &mut page.sections) {
            section.added.truncate(most);
            section.removed.truncate(most);
        }
    }
}

fn files(before: &Manifest, after: &Manifest) -> Vec<Change<FileState>> {
    let state = |file: &FileEntry| FileState {
        path: file.path.clone(),
        lines: file.lines,
    };
    let gone: Vec<&FileEntry> = before
        .files
        .iter()
        .filter(|file| after.file(file.path.as_str()).is_none())
        .collect();
    let new: Vec<&FileEntry> = after
        .files
        .iter()
        .filter(|file| before.file(file.path.as_str()).is_none())
        .collect();
    let content = |file: &&FileEntry| -> BlobId { file.blob.clone() };
    let mut changes = pairs::moved_or_apart(&gone, &new, content, |file| state(file));
    for file in &before.files {
        let other = after.file(file.path.as_str());
        if let Some(other) = other.filter(|other| other.blob != file.blob) {
            changes.push(Change {
                change: ChangeKind::Changed,
                before: Some(state(file)),
                after: Some(state(other)),
            });
        }
    }
    changes.sort_by(|a, b| a.order().cmp(&b.order()));
    changes
}

fn symbols(before: &Outline<'_>, after: &Outline<'_>) -> Vec<Change<SymbolState>> {
    let (before, after) = (flat(before), flat(after));
    let place = |symbol: &SymbolState| (symbol.at.path.clone(), symbol.name.clone(), symbol.kind);
    let (mut changes, gone, new) = pairs::in_place(before, after, place, |symbol| symbol.signature.clone());
    let same = |symbol: &&SymbolState| (symbol.name.clone(), symbol.kind, symbol.signature.clone());
    let (gone, new): (Vec<&SymbolState>, Vec<&SymbolState>) = (gone.iter().collect(), new.iter().collect());
    changes.extend(pairs::moved_or_apart(&gone, &new, same, |symbol| {
        (*symbol).clone()
    }));
    changes.sort_by(|a, b| a.order().cmp(&b.order()));
    changes
}

fn flat(outline: &Outline<'_>) -> Vec<SymbolState> {
    let of_file = |file: &crate::outline::OutlineFile<'_>| {
        let path = file.path.clone();
        let state = move |symbol: &crate::outline::OutlineSymbol<'_>| SymbolState {
            at: Citation::new(
                &path,
                Lines {
                    start: symbol.start,
                    end: symbol.end,
                },
            ),
            name: symbol.name.clone().into_owned(),
            kind: symbol.kind,
            signature: symbol.signature.clone().into_owned(),
        };
        file.symbols.iter().map(state).collect::<Vec<_>>()
    };
    outline.files.iter().flat_map(of_file).collect()
}
