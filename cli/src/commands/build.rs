//! `deepwiki build`.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use deepwiki_domain::{
    BuildId, CommitId, Locale, RepositoryId, StageError,
    job::{BuildMode, BuildRequest, Job, JobFailure, JobStatus, Trigger, Usage},
    message::CONTRACT_VERSION,
    page::Validity,
    repository::{KEPT_GENERATIONS, Repository, RepositoryStatus},
    source::RepositorySource,
    wiki::Wiki,
};
use deepwiki_git::{EnvCredentials, GitOptions, GitSourceReader};
use deepwiki_ports::{
    Clock, Jobs, Leases, Repositories, SourceReader, builds::LeaseOutcome, clock::SystemClock, codec,
};
use serde::Serialize;

use crate::{
    args::{Build, Format},
    commands::export,
    library::{Library, source_of},
    output,
    pipeline::{Built, Pipeline},
    progress::Progress,
    relocated::Relocated,
    writer::Paid,
};

/// How often a build that waits for another of the same repository looks again.
pub(crate) const WAIT: Duration = Duration::from_millis(300);

/// What `--json` prints of each repository.
#[derive(Serialize)]
struct Summary {
    repository: RepositoryId,
    commit: CommitId,
    pages: usize,
    validity: Validity,
    usage: Usage,
}

pub(crate) async fn run(data: Option<PathBuf>, arguments: Build) -> anyhow::Result<()> {
    anyhow::ensure!(
        arguments.identity.is_none() || arguments.sources.len() == 1,
        "--as gives one repository its URL: build the others apart"
    );
    let sources = arguments
        .sources
        .iter()
        .map(|text| source_of(text))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let library = Arc::new(Library::open(data).await?);
    let mut summaries = Vec::with_capacity(sources.len());
    for source in sources {
        summaries.push(build(&library, source, &arguments).await?);
    }
    if arguments.json {
        return match summaries.as_slice() {
            [one] => output::json(one),
            several => output::json(&several),
        };
    }
    for summary in &summaries {
        let validity = &summary.validity;
        output::line(format_args!(
            "{}: {} pages of commit {}, {} citations, all checked ({} statements dropped)",
            summary.repository,
            summary.pages,
            summary.commit.short(),
            validity.citations,
            validity.dropped,
        ));
        if summary.usage.model_calls > 0 {
            output::note(spending(&summary.usage));
        }
    }
    output::note("read them: deepwiki serve");
    Ok(())
}

/// What the model took, in a line.
fn spending(usage: &Usage) -> String {
    let (calls, input, output) = (usage.model_calls, usage.input_tokens, usage.output_tokens);
    let cost = usage.cost_usd;
    format!("the model took {calls} calls, {input} tokens read and {output} written: {cost:.4} USD")
}

async fn build(
    library: &Arc<Library>,
    source: RepositorySource,
    arguments: &Build,
) -> anyhow::Result<Summary> {
    let (identity, reader) = reader_of(source, arguments.identity.as_deref())?;
    let mode = if arguments.full {
        BuildMode::Full
    } else {
        BuildMode::Incremental
    };
    let request = request_of(&identity, arguments.revision.clone(), &arguments.language, mode);
    let built = lead(library, reader, arguments.model.writer().await?, request.clone()).await?;
    clear_away(library, &request.repository, &built).await;
    let repository = library.find(request.repository.as_str()).await?;
    let published = Library::published(&repository)?;
    let locale = request.locales.first().copied().unwrap_or_default();
    let key = published
        .wikis
        .get(&locale)
        .ok_or_else(|| StageError::permanent("the wiki was not published"))?;
    let wiki: Wiki = codec::get_json(library.artefacts.as_ref(), &repository.id, key).await?;
    if let Some(out) = &arguments.out {
        write_out(library, &repository, out, &request.locales).await?;
    }
    Ok(Summary {
        repository: repository.id,
        commit: built.commit,
        pages: wiki.pages.len(),
        validity: wiki.validity,
        usage: built.usage,
    })
}

/// Lets go of what no kept generation needs, where the build made anything; the wiki is published whatever comes of it.
pub(crate) async fn clear_away(library: &Library, repository: &RepositoryId, built: &Built) {
    let made = built.usage.shards_read + built.usage.pages_written;
    if made > 0
        && let Err(error) = library.data.collect_garbage(repository, KEPT_GENERATIONS).await
    {
        output::note(format_args!("old builds were not cleared away: {error}"));
    }
}

/// The origin that the repository is known by, and what reads it.
pub(crate) fn reader_of(
    source: RepositorySource,
    identity: Option<&str>,
) -> anyhow::Result<(RepositorySource, Arc<dyn SourceReader>)> {
    let credentials = Arc::new(EnvCredentials::from_env());
    let reader = GitSourceReader::new(GitOptions {
        local_paths: true,
        credentials,
        ..GitOptions::default()
    });
    match identity {
        None => Ok((source, Arc::new(reader))),
        Some(url) => {
            let folder = matches!(source, RepositorySource::Path(_));
            anyhow::ensure!(folder, "--as goes with a folder: a URL is its own identity");
            Ok((
                RepositorySource::parse_url(url)?,
                Arc::new(Relocated {
                    reader,
                    folder: source,
                }),
            ))
        }
    }
}

/// A request to build this origin, with each language once.
pub(crate) fn request_of(
    source: &RepositorySource,
    revision: Option<String>,
    languages: &[Locale],
    mode: BuildMode,
) -> BuildRequest {
    let mut locales: Vec<Locale> = Vec::new();
    for locale in languages {
        if !locales.contains(locale) {
            locales.push(*locale);
        }
    }
    BuildRequest {
        schema: CONTRACT_VERSION,
        build: new_build_id(),
        repository: source.repository_id(),
        source: source.clone(),
        revision,
        mode,
        trigger: Trigger::Api,
        locales,
    }
}

/// The time, and what tells builds of one second apart. Ids sort by time.
fn new_build_id() -> BuildId {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    let seed = format!("{}-{}", since.as_nanos(), std::process::id());
    let apart = deepwiki_domain::ArtefactKey::of(seed.as_bytes());
    let apart = apart.as_str().get(..8).unwrap_or_default();
    BuildId::new(format!("{:010}-{apart}", since.as_secs())).unwrap_or_else(|_| new_build_id())
}

/// Takes the repository's lease, builds, and gives it up again; follows another process that builds it now.
pub(crate) async fn lead(
    library: &Arc<Library>,
    source: Arc<dyn SourceReader>,
    paid: Paid,
    request: BuildRequest,
) -> anyhow::Result<Built> {
    let repositories = library.repositories.as_ref();
    repositories.register(&record_of(&request)).await?;
    let mut told = false;
    while repositories.acquire(&request, SystemClock.now()).await? == LeaseOutcome::Folded {
        if !told {
            output::note(format_args!(
                "another build of {} is running: waiting for it to end",
                request.repository
            ));
            told = true;
        }
        tokio::time::sleep(WAIT).await;
    }
    let (result, _) = build_leased(library, source, Ok(paid), &request).await;
    Ok(result?)
}

/// Builds what holds the repository's lease, and gives it up; gives also the request of this process that holds it then.
pub(crate) async fn build_leased(
    library: &Arc<Library>,
    source: Arc<dyn SourceReader>,
    paid: Result<Paid, StageError>,
    request: &BuildRequest,
) -> (Result<Built, StageError>, Option<BuildRequest>) {
    let repositories = library.repositories.as_ref();
    let result = match (repositories.create(&job_of(request)).await, paid) {
        (Err(error), _) | (_, Err(error)) => Err(error),
        (Ok(()), Ok(paid)) => {
            let pipeline = Pipeline {
                library: Arc::clone(library),
                source,
                writer: paid.writer,
                purse: paid.purse,
                request: request.clone(),
                progress: Progress::new(request.source.name()),
                has_job: true,
            };
            pipeline.run().await
        }
    };
    let (status, failure) = match &result {
        Ok(_) => (JobStatus::Succeeded, None),
        Err(error) => {
            let failure = JobFailure {
                stage: None,
                part: None,
                kind: error.kind,
                message: error.message.clone(),
            };
            (JobStatus::Failed, Some(failure))
        }
    };
    let finished = repositories
        .finish(&request.build, status, failure, SystemClock.now())
        .await;
    // The lease is given up whatever else fails.
    let next = repositories
        .release(&request.repository, &request.build, result.is_ok())
        .await;
    match (finished, next) {
        (Ok(()), Ok(next)) => (result, next),
        (Err(error), next) => (result.and(Err(error)), next.ok().flatten()),
        (Ok(()), Err(error)) => (result.and(Err(error)), None),
    }
}

fn record_of(request: &BuildRequest) -> Repository {
    Repository {
        id: request.repository.clone(),
        source: request.source.clone(),
        display_name: request.source.name().to_owned(),
        revision: request.revision.clone(),
        status: RepositoryStatus::Ready,
        locales: request.locales.clone(),
        published: None,
        groups: Default::default(),
        registered_at: SystemClock.now(),
        removed_at: None,
    }
}

pub(crate) fn job_of(request: &BuildRequest) -> Job {
    Job {
        build: request.build.clone(),
        repository: request.repository.clone(),
        trigger: request.trigger,
        mode: request.mode,
        status: JobStatus::Running,
        commit: None,
        progress: Default::default(),
        failure: None,
        started_at: SystemClock.now(),
        ended_at: None,
    }
}

/// `wiki.json` and the Markdown of each language; beside each other where there are several.
async fn write_out(
    library: &Library,
    repository: &Repository,
    out: &Path,
    locales: &[Locale],
) -> anyhow::Result<()> {
    for locale in locales {
        let folder = if locales.len() == 1 {
            out.to_owned()
        } else {
            out.join(locale.tag())
        };
        for format in [Format::Json, Format::Markdown] {
            export::write(library, repository, *locale, format, &folder).await?;
        }
    }
    Ok(())
}
