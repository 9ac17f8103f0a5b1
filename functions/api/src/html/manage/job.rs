//! A build: how far each stage is, what went wrong, what can be done. Goes on by itself while it runs.

use axum::{
    extract::{Path, Query},
    http::HeaderMap,
    response::Response,
};
use deepwiki_domain::{
    BuildId, Locale,
    job::{Job, JobStatus, Stage, StageProgress, Usage},
    repository::Repository,
};
use maud::{Markup, html};

use super::{repository::BuildParams, words::Words};
use crate::{
    Problem,
    html::{Reader, asked, clean, forms, layout, problem_page, respond, time, wiki::menu},
    router::Permitted,
};

/// Seconds after which a browser without script looks again.
const RELOAD: u32 = 3;

pub(super) async fn job(
    Permitted(service): Permitted,
    Path(id): Path<String>,
    headers: HeaderMap,
    Query(params): Query<BuildParams>,
) -> Response {
    let reader = Reader::new(&service, &headers, asked(params.language.as_deref()));
    let page = render(&reader, &id).await;
    respond(&service, &headers, page)
}

/// Goes on with a build that failed.
pub(super) async fn resume(
    Permitted(service): Permitted,
    Path(id): Path<String>,
    headers: HeaderMap,
    Query(params): Query<BuildParams>,
) -> Response {
    let reader = Reader::new(&service, &headers, asked(params.language.as_deref()));
    let resumed = match BuildId::new(id) {
        Ok(id) => service.library.resume(&id, None).await,
        Err(error) => Err(Problem::not_found(error.to_string())),
    };
    match resumed {
        Ok(build) => forms::go_to(&reader.links.job(&build)),
        Err(problem) => problem_page(&service, &headers, &problem),
    }
}

async fn render(reader: &Reader<'_>, id: &str) -> Result<Markup, Problem> {
    let (service, words) = (reader.service, Words::of(reader.locale));
    let id = &BuildId::new(id).map_err(|error| Problem::not_found(error.to_string()))?;
    let job = service.library.job(id).await?;
    let repository = service.library.repository(&job.repository).await?;
    let usage = service.library.usage(&job).await?;
    let runs = !job.status.has_ended();
    let events = runs.then(|| reader.links.job_events(id));
    let body = html! {
        main #content .plain.wide-plain {
            (crumbs(reader, &repository))
            h1 { (words.a_build) " · " (clean(&repository.display_name)) }
            div .live data-events=[events] {
                (facts(reader, words, &job))
                (stages(words, &job))
                (failure(words, &job))
                @if let Some(usage) = &usage { (took(words, usage)) }
                (actions(reader, words, &repository, &job))
            }
        }
    };
    let repositories = menu(service).await?;
    let languages = Locale::ALL.map(|locale| (locale, reader.links.in_language(locale).job(id)));
    let frame = layout::Frame {
        title: format!("{} · {}", words.a_build, repository.display_name),
        current: Some(&repository),
        repositories: &repositories,
        languages: languages.to_vec(),
        reload: runs.then_some(RELOAD),
        ..layout::Frame::default()
    };
    Ok(layout::document(reader, &frame, &body))
}

pub(super) fn crumbs(reader: &Reader<'_>, repository: &Repository) -> Markup {
    let (text, links) = (reader.text, &reader.links);
    html! {
        nav .crumbs aria-label=(text.breadcrumbs) {
            ol {
                li { a href=(links.home()) { (text.home) } }
                li { a href=(links.repository(&repository.id)) { (clean(&repository.display_name)) } }
            }
        }
    }
}

/// How a job stands, as a word and a colour.
pub(super) fn tag(words: &Words, status: JobStatus) -> Markup {
    let class = match status {
        JobStatus::Queued => "queued",
        JobStatus::Running => "running",
        JobStatus::Succeeded => "succeeded",
        JobStatus::Failed => "failed",
        JobStatus::Aborted => "aborted",
    };
    html! { span .tag.(class) { (words.status(status)) } }
}

fn facts(reader: &Reader<'_>, words: &Words, job: &Job) -> Markup {
    html! {
        dl .data {
            dt { (words.state) } dd role="status" { (tag(words, job.status)) }
            @if let Some(commit) = &job.commit { dt { (reader.text.commit) } dd { code { (commit.short()) } } }
            dt { (words.cause) } dd { (words.trigger(job.trigger)) ", " (words.build_mode(job.mode)) }
            dt { (words.started) } dd { (time(job.started_at)) }
            @if let Some(ended) = job.ended_at {
                dt { (words.ended) } dd { (time(ended)) " (" (words.duration(ended - job.started_at)) ")" }
            }
        }
    }
}

fn stages(words: &Words, job: &Job) -> Markup {
    let failed = job.failure.as_ref().and_then(|failure| failure.stage);
    let last = job.progress.keys().next_back().copied();
    html! {
        ol .stages aria-label=(words.progress) {
            @for stage in Stage::ALL {
                @let progress = job.progress.get(&stage).copied();
                @let class = class_of(job, stage, progress, failed, last);
                // A stage that no build of this service has been through is left out once the build is over.
                @if progress.is_some() || !job.status.has_ended() {
                    (row(words, stage, progress.unwrap_or_default(), class))
                }
            }
        }
    }
}

fn class_of(
    job: &Job,
    stage: Stage,
    progress: Option<StageProgress>,
    failed: Option<Stage>,
    last: Option<Stage>,
) -> &'static str {
    if failed == Some(stage) {
        return "failed";
    }
    match progress {
        Some(_) if job.status == JobStatus::Succeeded => "done",
        Some(progress) if progress.total > 0 && progress.done >= progress.total => "done",
        Some(_) if Some(stage) == last => "now",
        _ => "waits",
    }
}

fn row(words: &Words, stage: Stage, progress: StageProgress, class: &str) -> Markup {
    let StageProgress { done, total } = progress;
    html! {
        li .(class) data-stage=(stage.name()) {
            span .name { (words.stage(stage)) }
            progress aria-label=(words.stage(stage)) max=(total.max(1)) value=(if total == 0 && class == "done" { 1 } else { done }) {}
            span .counts { @if total > 0 { (done) " / " (total) } @else if done > 0 { (done) } }
        }
    }
}

fn failure(words: &Words, job: &Job) -> Markup {
    html! {
        @if let Some(failure) = &job.failure {
            p .failure role="alert" {
                strong { (words.why_failed) } ": " (clean(&failure.message))
                @if let Some(stage) = failure.stage { " (" (words.stage(stage)) ")" }
            }
        }
    }
}

/// What the build did, and what it cost.
fn took(words: &Words, usage: &Usage) -> Markup {
    let pages = usage.pages_written + usage.pages_reused;
    html! {
        section .apart {
            h2 { (words.cost) }
            dl .data {
                dt { (words.files) } dd { (usage.files) @if usage.files_skipped > 0 { " (" (usage.files_skipped) " " (words.skipped) ")" } }
                dt { (words.pages_written) } dd { (usage.pages_written) " / " (pages) }
                @if usage.model_calls > 0 {
                    dt { (words.model_calls) } dd { (usage.model_calls) }
                    dt { (words.tokens) } dd { (usage.input_tokens) " + " (usage.output_tokens) }
                }
                dt { (words.money) } dd { (format!("{:.4} USD", usage.cost_usd)) }
            }
        }
    }
}

fn actions(reader: &Reader<'_>, words: &Words, repository: &Repository, job: &Job) -> Markup {
    let links = &reader.links;
    let can_resume = matches!(job.status, JobStatus::Failed | JobStatus::Aborted);
    html! {
        div .actions {
            @if job.status == JobStatus::Succeeded {
                a .button.primary href=(links.wiki(&repository.id)) { (words.read) }
            }
            @if can_resume {
                form method="post" action=(links.resume(&job.build)) { button .primary { (words.resume) } }
            }
            a .button href=(links.repository(&repository.id)) { (reader.text.manage) }
        }
    }
}
