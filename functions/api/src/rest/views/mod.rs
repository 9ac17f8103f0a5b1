//! What the API answers with.

mod corrections;
mod map;
mod versions;

use std::collections::{BTreeMap, BTreeSet};

use deepwiki_domain::{
    BuildId, CommitId, Language, Locale, RepoPath, RepositoryId, Slug,
    answer::{Answer, AnswerCitation, Passage, Step},
    facts::SymbolKind,
    job::{BuildMode, Job, JobFailure, JobStatus, Trigger},
    manifest::Role,
    model::Spent,
    page::{Page, Validity},
    purge::{Purged, Tally},
    repository::{Generation, Repository, RepositoryStatus},
    search::{Found, Highlight, Hit, Reason, Refused},
    wiki::PageEntry,
};
use serde::Serialize;
use utoipa::ToSchema;

pub(crate) use corrections::{CorrectionList, CorrectionView};
pub(crate) use map::MapView;
pub(crate) use versions::{ChangesView, LinesView, VersionList, VersionView};

/// Whether the service is up.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    #[schema(value_type = String, example = "ok")]
    pub(crate) status: &'static str,
    /// The version of the service.
    #[schema(value_type = String)]
    pub(crate) version: &'static str,
}

/// Some repositories, in the order of their ids.
#[derive(Serialize, ToSchema)]
pub(crate) struct RepositoryList {
    pub(crate) repositories: Vec<RepositoryView>,
    /// Pass this as `cursor` to go on; null at the end.
    #[schema(value_type = Option<String>)]
    pub(crate) next: Option<RepositoryId>,
}

/// A registered repository.
#[derive(Serialize, ToSchema)]
pub(crate) struct RepositoryView {
    #[schema(value_type = String, example = "tokio-1a2b3c4d")]
    id: RepositoryId,
    /// `github`, `codecommit`, `git` or `path`.
    #[schema(value_type = String)]
    provider: &'static str,
    url: String,
    display_name: String,
    /// Branch, tag or commit that is built; null for the default branch.
    revision: Option<String>,
    /// `READY`, `PARSING` or `FAILED`.
    #[schema(value_type = String)]
    status: RepositoryStatus,
    /// The languages that its wiki is written in.
    #[schema(value_type = Vec<String>)]
    languages: Vec<Locale>,
    /// The wiki that readers see; null before the first build has finished.
    published: Option<Published>,
    /// The groups whose members may see it; none for everybody who may use the service.
    groups: BTreeSet<String>,
    /// RFC 3339, UTC.
    registered_at: String,
}

/// The build whose wiki readers see.
#[derive(Serialize, ToSchema)]
pub(crate) struct Published {
    #[schema(value_type = String)]
    build: BuildId,
    #[schema(value_type = String)]
    commit: CommitId,
    /// RFC 3339, UTC; null for a plain folder.
    commit_time: Option<String>,
    /// What caused the build: `api`, `push`, `webhook` or `schedule`.
    #[schema(value_type = String)]
    trigger: Trigger,
    /// RFC 3339, UTC.
    published_at: String,
}

impl From<Repository> for RepositoryView {
    fn from(repository: Repository) -> Self {
        Self {
            provider: repository.source.provider(),
            url: repository.source.url(),
            id: repository.id,
            display_name: repository.display_name,
            revision: repository.revision,
            status: repository.status,
            languages: repository.locales,
            groups: repository.groups,
            published: repository.published.map(Published::from),
            registered_at: time(repository.registered_at),
        }
    }
}

impl From<Generation> for Published {
    fn from(generation: Generation) -> Self {
        Self {
            build: generation.build,
            commit: generation.commit,
            commit_time: generation.commit_time.map(time),
            trigger: generation.trigger,
            published_at: time(generation.published_at),
        }
    }
}

/// A build that was asked for.
#[derive(Serialize, ToSchema)]
pub(crate) struct BuildView {
    #[schema(value_type = String)]
    pub(crate) repository: RepositoryId,
    /// The build, which is also the job's id.
    #[schema(value_type = String)]
    pub(crate) build: BuildId,
    /// Where its progress can be read; as a stream at `/events` below it.
    pub(crate) job: String,
}

/// What looking for changes came to.
#[derive(Serialize, ToSchema)]
pub(crate) struct RefreshView {
    #[schema(value_type = String)]
    pub(crate) repository: RepositoryId,
    /// Whether the published wiki is of the newest commit, so that nothing is built.
    pub(crate) up_to_date: bool,
    /// That commit.
    #[schema(value_type = Option<String>)]
    pub(crate) commit: Option<CommitId>,
    /// The build that follows where there is something new.
    #[schema(value_type = Option<String>)]
    pub(crate) build: Option<BuildId>,
}

/// What was deleted for good.
#[derive(Serialize, ToSchema)]
pub(crate) struct PurgedView {
    #[schema(value_type = String)]
    repository: RepositoryId,
    /// Manifests, source shards, facts, plans, pages, search generations, vectors, exports.
    artefacts: TallyView,
    /// Notes of which inputs gave which artefact.
    memos: TallyView,
    /// Lists of work items.
    lists: TallyView,
    /// Lists of pages.
    pages: TallyView,
    /// Flagged statements.
    corrections: TallyView,
    /// What could not be deleted now, each with the time until which it remains.
    remains: Vec<String>,
}

/// How much of something there was.
#[derive(Serialize, ToSchema)]
pub(crate) struct TallyView {
    count: u64,
    /// As it was stored; 0 where the store does not tell.
    bytes: u64,
}

impl PurgedView {
    pub(crate) fn new(repository: RepositoryId, purged: Purged) -> Self {
        let tally = |tally: Tally| TallyView {
            count: tally.count,
            bytes: tally.bytes,
        };
        Self {
            repository,
            artefacts: tally(purged.artefacts),
            memos: tally(purged.memos),
            lists: tally(purged.lists),
            pages: tally(purged.pages),
            corrections: tally(purged.corrections),
            remains: purged.remains,
        }
    }
}

/// A wiki's pages as a tree, and how far it can be trusted.
#[derive(Serialize, ToSchema)]
pub(crate) struct WikiView {
    #[schema(value_type = String)]
    pub(crate) repository: RepositoryId,
    /// The build that made it.
    #[schema(value_type = String)]
    pub(crate) build: BuildId,
    #[schema(value_type = String)]
    pub(crate) commit: CommitId,
    /// RFC 3339, UTC; null for a plain folder.
    pub(crate) commit_time: Option<String>,
    /// The language of these pages: `en` or `ja`.
    #[schema(value_type = String)]
    pub(crate) language: Locale,
    /// All languages that the wiki is written in.
    #[schema(value_type = Vec<String>)]
    pub(crate) languages: Vec<Locale>,
    /// Who wrote it.
    pub(crate) writer: String,
    pub(crate) validity: ValidityView,
    /// The pages in reading order; a parent stands before its children.
    pub(crate) pages: Vec<PageEntryView>,
}

/// What the publish gate found.
#[derive(Serialize, ToSchema)]
pub(crate) struct ValidityView {
    /// Citations that stand in the wiki.
    citations: u32,
    /// Of these, how many name an existing file and existing lines.
    resolved: u32,
    /// Of these, how many cite lines that bear a name which the sentence uses.
    supported: u32,
    /// Statements that were left out because they could not be shown to be true.
    dropped: u32,
    /// Statements that were mended.
    repaired: u32,
    /// Links between pages.
    links: u32,
    /// Of these, how many lead nowhere.
    dead_links: u32,
}

impl From<Validity> for ValidityView {
    fn from(validity: Validity) -> Self {
        let Validity {
            citations,
            resolved,
            supported,
            dropped,
            repaired,
            links,
            dead_links,
        } = validity;
        Self {
            citations,
            resolved,
            supported,
            dropped,
            repaired,
            links,
            dead_links,
        }
    }
}

/// A page in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct PageEntryView {
    #[schema(value_type = String)]
    slug: Slug,
    title: String,
    /// The page above it.
    #[schema(value_type = Option<String>)]
    parent: Option<Slug>,
    /// Its place in the whole, counted from 0.
    order: u32,
    /// One or two sentences.
    summary: String,
}

impl From<&PageEntry> for PageEntryView {
    fn from(entry: &PageEntry) -> Self {
        Self {
            slug: entry.slug.clone(),
            title: entry.title.clone(),
            parent: entry.parent.clone(),
            order: entry.order,
            summary: entry.summary.clone(),
        }
    }
}

/// A page.
#[derive(Serialize, ToSchema)]
pub(crate) struct PageView {
    #[schema(value_type = String)]
    pub(crate) repository: RepositoryId,
    #[schema(value_type = String)]
    pub(crate) commit: CommitId,
    #[schema(value_type = String)]
    pub(crate) language: Locale,
    /// The page as structure: sections of blocks of statements, each statement with its citations.
    #[schema(value_type = Object)]
    pub(crate) page: Page,
    /// The page as GitHub-flavoured Markdown.
    pub(crate) markdown: String,
}

/// Some lines of a file at the wiki's commit.
#[derive(Serialize, ToSchema)]
pub(crate) struct SourceView {
    #[schema(value_type = String)]
    pub(crate) repository: RepositoryId,
    #[schema(value_type = String)]
    pub(crate) commit: CommitId,
    #[schema(value_type = String)]
    pub(crate) path: RepoPath,
    /// The language's id, where it is known.
    #[schema(value_type = Option<String>)]
    pub(crate) language: Option<&'static str>,
    /// How many lines the file has.
    pub(crate) total: u32,
    /// The first of the lines that follow, from 1.
    pub(crate) start: u32,
    /// The last of them, inclusive; less than asked for where the file ends or the answer would be too long.
    pub(crate) end: u32,
    /// The lines, each with its line break. Secrets are masked.
    pub(crate) text: String,
    /// The same lines on the repository's host, where it has such pages.
    pub(crate) url: Option<String>,
}

/// What a search found, best first.
#[derive(Serialize, ToSchema)]
pub(crate) struct SearchView {
    hits: Vec<HitView>,
    /// Whether meaning was compared too; otherwise hits share words with the query.
    semantic: bool,
    /// Repositories that could not be searched.
    refused: Vec<RefusedView>,
}

/// A repository that could not be searched.
#[derive(Serialize, ToSchema)]
pub(crate) struct RefusedView {
    #[schema(value_type = String)]
    repository: RepositoryId,
    /// What is wrong and what to do.
    reason: String,
}

impl SearchView {
    /// What was found, and what of each hit has words of the query.
    pub(crate) fn new(found: Found, highlights: Vec<Vec<Highlight>>) -> Self {
        let highlights = highlights.into_iter().chain(std::iter::repeat(Vec::new()));
        let hits = found.hits.into_iter().zip(highlights);
        Self {
            hits: hits
                .map(|(hit, highlights)| HitView::new(hit, highlights))
                .collect(),
            semantic: found.semantic,
            refused: found.refused.into_iter().map(RefusedView::from).collect(),
        }
    }
}

impl From<Refused> for RefusedView {
    fn from(refused: Refused) -> Self {
        Self {
            repository: refused.repository,
            reason: refused.reason,
        }
    }
}

/// One thing found.
#[derive(Serialize, ToSchema)]
pub(crate) struct HitView {
    #[schema(value_type = String)]
    repository: RepositoryId,
    /// The commit that the lines belong to.
    #[schema(value_type = String)]
    commit: CommitId,
    #[schema(value_type = String)]
    path: RepoPath,
    start: u32,
    end: u32,
    /// The qualified name of the definition, where it is one.
    symbol: Option<String>,
    /// What that definition is, where the lines are all of it.
    #[schema(value_type = Option<String>)]
    kind: Option<&'static str>,
    /// The id of the file's language.
    #[schema(value_type = Option<String>)]
    code: Option<&'static str>,
    /// What the file is for.
    #[schema(value_type = String)]
    role: &'static str,
    /// The page that speaks of it.
    #[schema(value_type = Option<String>)]
    page: Option<Slug>,
    /// The address within that page, where the hit is a page's section.
    #[schema(value_type = Option<String>)]
    section: Option<Slug>,
    /// Why it was found, the strongest reason first: `name`, `path`, `words`, `meaning`.
    #[schema(value_type = Vec<String>)]
    why: Vec<&'static str>,
    /// What of it has words of the query, at most three lines or sentences; none where only its meaning is near.
    highlights: Vec<HighlightView>,
    /// The larger, the better; comparable within one answer only.
    score: f32,
}

/// A line of source or a sentence of a page that has words of the query.
#[derive(Serialize, ToSchema)]
pub(crate) struct HighlightView {
    /// The line in its file, from 1; null of a sentence.
    line: Option<u32>,
    /// Its text, at most 200 characters.
    text: String,
    /// Where the words are in the text: first character and the one after the last, counted in Unicode scalar values.
    #[schema(value_type = Vec<Vec<u32>>)]
    marks: Vec<(u32, u32)>,
}

impl HitView {
    fn new(hit: Hit, highlights: Vec<Highlight>) -> Self {
        let highlights = highlights
            .into_iter()
            .map(|Highlight { line, text, marks }| HighlightView { line, text, marks });
        Self {
            highlights: highlights.collect(),
            repository: hit.repository,
            commit: hit.commit,
            path: hit.path,
            start: hit.start,
            end: hit.end,
            symbol: hit.symbol,
            kind: hit.kind.map(SymbolKind::name),
            code: hit.language.map(Language::id),
            role: Role::name(hit.role),
            page: hit.page,
            section: hit.section,
            why: hit.why.into_iter().map(Reason::name).collect(),
            score: hit.score,
        }
    }
}

/// An answer. Every passage stands in wiki or sources as it is shown.
#[derive(Serialize, ToSchema)]
pub(crate) struct AnswerView {
    #[serde(flatten)]
    head: AnswerHead,
    /// The answer, in reading order; empty where nothing was found.
    passages: Vec<PassageView>,
    /// What the passages rest on, in order of their numbers.
    citations: Vec<CitationView>,
    /// What was done for it, in order; empty where it took a search alone.
    steps: Vec<StepView>,
}

/// Something that is done for an answer.
#[derive(Serialize, ToSchema)]
pub(crate) struct StepView {
    /// `search`, `plan`, `read` or `write`.
    #[schema(value_type = String)]
    kind: &'static str,
    /// The query or the sub-question; plain text, may be empty.
    text: String,
}

impl From<Step> for StepView {
    fn from(step: Step) -> Self {
        Self {
            kind: step.kind.name(),
            text: step.text,
        }
    }
}

/// What models took for something.
#[derive(Serialize, ToSchema)]
pub(crate) struct SpentView {
    calls: u32,
    input_tokens: u64,
    output_tokens: u64,
    /// US dollars; 0 where the model has no price.
    cost_usd: f64,
}

impl From<Spent> for SpentView {
    fn from(spent: Spent) -> Self {
        Self {
            calls: spent.calls,
            input_tokens: spent.tokens.all_input(),
            output_tokens: spent.tokens.output,
            cost_usd: spent.usd,
        }
    }
}

/// What an answer says of itself.
#[derive(Serialize, ToSchema)]
pub(crate) struct AnswerHead {
    question: String,
    /// The language of `notice`: `en` or `ja`.
    #[schema(value_type = String)]
    language: Locale,
    /// `composed` by a model, every sentence checked; `extracts`; or `not-found` where the sources do not answer.
    #[schema(value_type = String)]
    status: &'static str,
    /// One sentence to show with the answer.
    notice: String,
    /// Whether meaning was compared too; otherwise passages share words with the question.
    semantic: bool,
    /// Repositories that could not be searched.
    refused: Vec<RefusedView>,
    /// The model that composed it, where one did.
    model: Option<String>,
    /// What models took for it.
    spent: SpentView,
}

/// A part of an answer.
#[derive(Serialize, ToSchema)]
pub(crate) struct PassageView {
    /// A page and its section, or a definition; of a composed answer the sub-question, or nothing.
    title: String,
    /// Plain text, or source lines verbatim.
    text: String,
    /// `prose` or `source`.
    #[schema(value_type = String)]
    form: &'static str,
    /// The id of the source's language, where it is known.
    #[schema(value_type = Option<String>)]
    code: Option<&'static str>,
    /// Numbers of the citations that it rests on; at least one.
    citations: Vec<u32>,
}

/// Lines that a passage rests on.
#[derive(Serialize, ToSchema)]
pub(crate) struct CitationView {
    /// Counted from 1.
    number: u32,
    #[schema(value_type = String)]
    repository: RepositoryId,
    #[schema(value_type = String)]
    commit: CommitId,
    #[schema(value_type = String)]
    path: RepoPath,
    start: u32,
    end: u32,
    /// The page that speaks of it.
    #[schema(value_type = Option<String>)]
    page: Option<Slug>,
    /// The address within that page.
    #[schema(value_type = Option<String>)]
    section: Option<Slug>,
}

impl AnswerView {
    /// What it says of itself.
    pub(crate) fn into_head(self) -> AnswerHead {
        self.head
    }
}

impl From<Answer> for AnswerView {
    fn from(answer: Answer) -> Self {
        let head = AnswerHead {
            question: answer.question,
            language: answer.language,
            status: answer.status.name(),
            notice: answer.notice,
            semantic: answer.semantic,
            refused: answer.refused.into_iter().map(RefusedView::from).collect(),
            model: answer.model,
            spent: answer.spent.into(),
        };
        Self {
            head,
            passages: answer.passages.into_iter().map(PassageView::from).collect(),
            citations: answer.citations.into_iter().map(CitationView::from).collect(),
            steps: answer.steps.into_iter().map(StepView::from).collect(),
        }
    }
}

impl From<Passage> for PassageView {
    fn from(it: Passage) -> Self {
        Self {
            title: it.title,
            text: it.text,
            form: if it.code.is_some() { "source" } else { "prose" },
            code: it.code.and_then(|code| code.language).map(Language::id),
            citations: it.citations,
        }
    }
}

impl From<AnswerCitation> for CitationView {
    fn from(it: AnswerCitation) -> Self {
        Self {
            number: it.number,
            repository: it.repository,
            commit: it.commit,
            path: it.path,
            start: it.start,
            end: it.end,
            page: it.page,
            section: it.section,
        }
    }
}

/// Builds, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct JobList {
    pub(crate) jobs: Vec<JobView>,
}

/// A build and how far it is.
#[derive(Serialize, ToSchema)]
pub(crate) struct JobView {
    #[schema(value_type = String)]
    id: BuildId,
    #[schema(value_type = String)]
    repository: RepositoryId,
    /// `api`, `push`, `webhook` or `schedule`.
    #[schema(value_type = String)]
    trigger: Trigger,
    /// `FULL` or `INCREMENTAL`.
    #[schema(value_type = String)]
    mode: BuildMode,
    /// `QUEUED`, `RUNNING`, `SUCCEEDED`, `FAILED` or `ABORTED`.
    #[schema(value_type = String)]
    status: JobStatus,
    /// The commit, once it is known.
    #[schema(value_type = Option<String>)]
    commit: Option<CommitId>,
    /// How far each stage is, by its name.
    progress: BTreeMap<&'static str, ProgressView>,
    failure: Option<FailureView>,
    /// RFC 3339, UTC; while it is queued, since when.
    started_at: String,
    /// RFC 3339, UTC; null while it runs.
    ended_at: Option<String>,
}

/// Parts of a stage.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProgressView {
    /// Finished parts.
    done: u32,
    /// All parts; 0 while not known.
    total: u32,
}

/// Why a build failed.
#[derive(Serialize, ToSchema)]
pub(crate) struct FailureView {
    /// The stage that failed, where it was one.
    #[schema(value_type = Option<String>)]
    stage: Option<&'static str>,
    /// `Throttled`, `Transient`, `Invalid` or `Permanent`.
    #[schema(value_type = String)]
    kind: &'static str,
    /// One sentence: what went wrong and what to do.
    message: String,
}

impl From<Job> for JobView {
    fn from(job: Job) -> Self {
        let progress = job.progress.iter().map(|(stage, progress)| {
            (
                stage.name(),
                ProgressView {
                    done: progress.done,
                    total: progress.total,
                },
            )
        });
        Self {
            progress: progress.collect(),
            id: job.build,
            repository: job.repository,
            trigger: job.trigger,
            mode: job.mode,
            status: job.status,
            commit: job.commit,
            failure: job.failure.map(FailureView::from),
            started_at: time(job.started_at),
            ended_at: job.ended_at.map(time),
        }
    }
}

impl From<JobFailure> for FailureView {
    fn from(failure: JobFailure) -> Self {
        Self {
            stage: failure.stage.map(|stage| stage.name()),
            kind: failure.kind.name(),
            message: failure.message,
        }
    }
}

/// RFC 3339 in UTC of seconds since 1970.
pub(crate) fn time(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
        .to_string()
}
