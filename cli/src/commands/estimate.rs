//! `deepwiki estimate`: what a build will take, before it spends anything.

use std::{path::PathBuf, sync::Arc};

use deepwiki_domain::{
    forecast::{self, Spend, WriterHabits},
    job::{BuildMode, BuildRequest, Usage},
    memo,
};
use deepwiki_generate::{GeneratePorts, SourceLibrary};
use deepwiki_ports::{ArtefactStore, codec};
use serde::Serialize;

use super::build::{reader_of, request_of};
use crate::{
    args::Estimate,
    library::{Library, source_of},
    output,
    pipeline::Pipeline,
    progress::Progress,
    writer::Paid,
};

/// What `--json` prints.
#[derive(Serialize)]
struct Forecast {
    repository: deepwiki_domain::RepositoryId,
    commit: deepwiki_domain::CommitId,
    files: usize,
    skipped: usize,
    bytes: u64,
    /// Pages that are not there yet and so will be written, each language counted.
    pages: u32,
    writer: String,
    /// What the model is likely to take: as its last build of this repository did, or as models usually do.
    expected: Spend,
    /// What the model takes where no page has to be mended and every reply is as long as it may be.
    one_call_a_page: Spend,
    /// What it takes where every page has to be mended as often as is allowed.
    at_most: Spend,
}

pub(crate) async fn run(data: Option<PathBuf>, arguments: Estimate) -> anyhow::Result<()> {
    let (source, reader) = reader_of(source_of(&arguments.source)?, None)?;
    let Paid { writer, purse } = arguments.model.writer().await?;
    let card = arguments.model.card_if_any()?;
    let request = request_of(
        &source,
        arguments.revision.clone(),
        &arguments.language,
        BuildMode::Incremental,
    );
    let mut library = Library::open(data).await?;
    // What is read for a repository that nobody has built is not kept.
    let elsewhere = tempfile::tempdir()?;
    if library.find(request.repository.as_str()).await.is_err() {
        library = Library::open(Some(elsewhere.path().to_owned())).await?;
    }
    let pipeline = Pipeline {
        library: Arc::new(library),
        source: reader,
        writer,
        purse,
        progress: Progress::new(request.source.name()),
        request,
        has_job: false,
    };
    let (key, manifest, plan) = pipeline.run_to_plan().await?;
    let request = &pipeline.request;
    let ports = GeneratePorts {
        artefacts: pipeline.library.artefacts.as_ref(),
        library: &SourceLibrary::default(),
    };
    let work = deepwiki_generate::workload(
        &request.repository,
        &key,
        &plan,
        &request.locales,
        &pipeline.writer,
        ports,
    )
    .await?;
    let spend = |habits: WriterHabits| match &card {
        Some(card) => forecast::writing(&work, &habits, card.prices.as_ref()),
        None => Spend {
            cost_usd: Some(0.0),
            ..Spend::default()
        },
    };
    let longest = |calls_per_page: u32| WriterHabits {
        calls_per_page: f64::from(calls_per_page),
        output_per_call: card.as_ref().map_or(0.0, |card| f64::from(card.max_tokens)),
    };
    let habits = habits_so_far(&pipeline.library, request).await?;
    let forecast = Forecast {
        repository: request.repository.clone(),
        commit: manifest.commit.clone(),
        files: manifest.files.len(),
        skipped: manifest.skipped.len(),
        bytes: manifest.files.iter().map(|file| file.bytes).sum(),
        pages: work.pages,
        writer: pipeline.writer.id().to_owned(),
        expected: spend(habits.unwrap_or_else(|| work.usual_habits())),
        one_call_a_page: spend(longest(1)),
        at_most: spend(longest(pipeline.writer.most_calls().max(1))),
    };
    if arguments.json {
        return output::json(&forecast);
    }
    output::line(format_args!(
        "{}: {} files ({:.1} MB) at commit {}, {} pages to write",
        forecast.repository,
        forecast.files,
        forecast.bytes as f64 / 1e6,
        forecast.commit.short(),
        forecast.pages,
    ));
    match card {
        None => output::line("the structural writer calls no model: 0 USD"),
        Some(_) => {
            output::line(told("likely", &forecast.expected));
            output::line(told("one call a page", &forecast.one_call_a_page));
            output::line(told("at most", &forecast.at_most));
        }
    }
    Ok(())
}

/// How the model wrote the published wiki, where one wrote it.
async fn habits_so_far(library: &Library, request: &BuildRequest) -> anyhow::Result<Option<WriterHabits>> {
    let Ok(repository) = library.find(request.repository.as_str()).await else {
        return Ok(None);
    };
    let Some(published) = &repository.published else {
        return Ok(None);
    };
    let store = library.artefacts.as_ref();
    let Some(key) = store
        .recall(&repository.id, &memo::usage(&published.build))
        .await?
    else {
        return Ok(None);
    };
    let usage: Usage = codec::get_json(store, &repository.id, &key).await?;
    let written = usage.model_calls > 0 && usage.pages_written > 0;
    Ok(written.then(|| WriterHabits {
        calls_per_page: f64::from(usage.model_calls) / f64::from(usage.pages_written),
        output_per_call: usage.output_tokens as f64 / f64::from(usage.model_calls),
    }))
}

fn told(when: &str, spend: &Spend) -> String {
    let Spend {
        calls,
        input_tokens,
        output_tokens,
        ..
    } = spend;
    let cost = match spend.cost_usd {
        Some(cost) => format!("{cost:.2} USD"),
        None => "no price is known: name it with --price".to_owned(),
    };
    format!("{when}: {calls} calls, {input_tokens} tokens read, {output_tokens} written or fewer: {cost}")
}
