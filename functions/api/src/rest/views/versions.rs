//! Versions and what changed between them, as the API answers.

use deepwiki_domain::{
    BuildId, CommitId, Locale, RepoPath, RepositoryId, Slug,
    changes::{
        Change, ChangeKind, Changes, FileState, PageChange, PageState, Said, SectionChange, SymbolState,
        Total, Version,
    },
    facts::SymbolKind,
    page::Citation,
    repository::Generation,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Published, ValidityView, time};

/// The wikis that can be read, the newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct VersionList {
    pub(crate) versions: Vec<VersionView>,
}

/// The wiki that one build made.
#[derive(Serialize, ToSchema)]
pub(crate) struct VersionView {
    #[serde(flatten)]
    version: Published,
    /// The languages that it is written in.
    #[schema(value_type = Vec<String>)]
    languages: Vec<Locale>,
    /// Whether it is the one that readers see.
    is_published: bool,
}

impl VersionView {
    pub(crate) fn of(generation: Generation, published: Option<&BuildId>) -> Self {
        Self {
            languages: generation.wikis.keys().copied().collect(),
            is_published: published == Some(&generation.build),
            version: generation.into(),
        }
    }
}

/// What changed from one build to another.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChangesView {
    #[schema(value_type = String)]
    repository: RepositoryId,
    from: ComparedView,
    to: ComparedView,
    /// The language of the pages.
    #[schema(value_type = String)]
    language: Locale,
    /// How much changed in all; the lists may be cut.
    totals: TotalsView,
    /// Pages, in reading order.
    pages: Vec<PageChangeView>,
    /// Definitions, by path; null where one of the builds did not note them.
    symbols: Option<Vec<ChangeView<SymbolView>>>,
    /// Files, by path.
    files: Vec<ChangeView<FileView>>,
    validity_before: ValidityView,
    validity_after: ValidityView,
}

impl ChangesView {
    pub(crate) fn of(repository: RepositoryId, changes: Changes) -> Self {
        let symbols = changes
            .symbols
            .map(|all| all.into_iter().map(ChangeView::of).collect());
        Self {
            repository,
            from: changes.from.into(),
            to: changes.to.into(),
            language: changes.language,
            totals: TotalsView {
                pages: changes.totals.pages.into(),
                symbols: changes.totals.symbols.into(),
                files: changes.totals.files.into(),
                pages_relocated: changes.totals.pages_relocated,
            },
            pages: changes.pages.into_iter().map(PageChangeView::from).collect(),
            symbols,
            files: changes.files.into_iter().map(ChangeView::of).collect(),
            validity_before: changes.validity_before.into(),
            validity_after: changes.validity_after.into(),
        }
    }
}

/// A build that is compared.
#[derive(Serialize, ToSchema)]
struct ComparedView {
    #[schema(value_type = String)]
    build: BuildId,
    #[schema(value_type = String)]
    commit: CommitId,
    /// RFC 3339, UTC; null for a plain folder.
    commit_time: Option<String>,
    /// RFC 3339, UTC.
    published_at: String,
}

impl From<Version> for ComparedView {
    fn from(version: Version) -> Self {
        Self {
            build: version.build,
            commit: version.commit,
            commit_time: version.commit_time.map(time),
            published_at: time(version.published_at),
        }
    }
}

/// How much changed.
#[derive(Serialize, ToSchema)]
struct TotalsView {
    pages: TotalView,
    symbols: TotalView,
    files: TotalView,
    /// Pages that say the same about lines that have moved; they count as unchanged.
    pages_relocated: u32,
}

/// Counts.
#[derive(Serialize, ToSchema)]
struct TotalView {
    added: u32,
    removed: u32,
    /// Moved or renamed.
    moved: u32,
    changed: u32,
}

impl From<Total> for TotalView {
    fn from(total: Total) -> Self {
        let Total {
            added,
            removed,
            moved,
            changed,
        } = total;
        Self {
            added,
            removed,
            moved,
            changed,
        }
    }
}

/// Something as it was and as it is.
#[derive(Serialize, ToSchema)]
struct ChangeView<T> {
    /// `added`, `removed`, `moved` or `changed`.
    #[schema(value_type = String)]
    change: ChangeKind,
    /// As it was; null where it was added.
    before: Option<T>,
    /// As it is; null where it was removed.
    after: Option<T>,
}

impl<T> ChangeView<T> {
    fn of<S: Into<T>>(change: Change<S>) -> Self {
        Self {
            change: change.change,
            before: change.before.map(S::into),
            after: change.after.map(S::into),
        }
    }
}

/// A file.
#[derive(Serialize, ToSchema)]
struct FileView {
    #[schema(value_type = String)]
    path: RepoPath,
    /// How many lines it has.
    lines: u32,
}

impl From<FileState> for FileView {
    fn from(file: FileState) -> Self {
        Self {
            path: file.path,
            lines: file.lines,
        }
    }
}

/// A definition.
#[derive(Serialize, ToSchema)]
struct SymbolView {
    /// The lines that define it.
    at: LinesView,
    /// Its name, with its containers.
    name: String,
    /// `function`, `class`, …
    #[schema(value_type = String)]
    kind: SymbolKind,
    /// Its head on one line.
    signature: String,
}

impl From<SymbolState> for SymbolView {
    fn from(symbol: SymbolState) -> Self {
        Self {
            at: symbol.at.into(),
            name: symbol.name,
            kind: symbol.kind,
            signature: symbol.signature,
        }
    }
}

/// A page as it was and as it is.
#[derive(Serialize, ToSchema)]
struct PageChangeView {
    /// `added`, `removed`, `moved` (it has another address) or `changed`.
    #[schema(value_type = String)]
    change: ChangeKind,
    before: Option<PageStateView>,
    after: Option<PageStateView>,
    /// The sections that say something else; none of a page that was added or removed.
    sections: Vec<SectionChangeView>,
}

impl From<PageChange> for PageChangeView {
    fn from(page: PageChange) -> Self {
        Self {
            change: page.change,
            before: page.before.map(PageStateView::from),
            after: page.after.map(PageStateView::from),
            sections: page.sections.into_iter().map(SectionChangeView::from).collect(),
        }
    }
}

/// What a list shows of a page.
#[derive(Serialize, ToSchema)]
struct PageStateView {
    #[schema(value_type = String)]
    slug: Slug,
    title: String,
    /// One or two sentences.
    summary: String,
}

impl From<PageState> for PageStateView {
    fn from(page: PageState) -> Self {
        Self {
            slug: page.slug,
            title: page.title,
            summary: page.summary,
        }
    }
}

/// A section that says something else.
#[derive(Serialize, ToSchema)]
struct SectionChangeView {
    #[schema(value_type = String)]
    anchor: Slug,
    /// Its heading; empty for the opening part.
    heading: String,
    /// What it says now and did not say before.
    added: Vec<SaidView>,
    /// What it does not say any more.
    removed: Vec<SaidView>,
    /// Whether one of its diagrams was drawn anew.
    redrawn: bool,
}

impl From<SectionChange> for SectionChangeView {
    fn from(section: SectionChange) -> Self {
        Self {
            anchor: section.anchor,
            heading: section.heading,
            added: section.added.into_iter().map(SaidView::from).collect(),
            removed: section.removed.into_iter().map(SaidView::from).collect(),
            redrawn: section.redrawn,
        }
    }
}

/// Something that a page says.
#[derive(Serialize, ToSchema)]
struct SaidView {
    text: String,
    /// The lines that it rests on, in its own version.
    at: Vec<LinesView>,
}

impl From<Said> for SaidView {
    fn from(said: Said) -> Self {
        Self {
            text: said.text,
            at: said.at.into_iter().map(LinesView::from).collect(),
        }
    }
}

/// Lines of a file.
#[derive(Serialize, ToSchema)]
pub(crate) struct LinesView {
    #[schema(value_type = String)]
    path: RepoPath,
    /// First line, from 1.
    start: u32,
    /// Last line, inclusive.
    end: u32,
}

impl From<Citation> for LinesView {
    fn from(at: Citation) -> Self {
        Self {
            path: at.path,
            start: at.start,
            end: at.end,
        }
    }
}
