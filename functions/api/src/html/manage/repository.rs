//! A repository: where it comes from, how it stands, its builds, and what can be done with it.

use axum::{
    Form,
    extract::{Path, Query, rejection::FormRejection},
    http::HeaderMap,
    response::Response,
};
use deepwiki_domain::{
    Locale, RepositoryId,
    job::{BuildMode, Job},
    repository::Repository,
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    job::{crumbs, tag},
    words::Words,
};
use crate::{
    Problem,
    html::{
        Reader, asked, clean, forms, layout, problem_page, respond,
        text::own_name,
        time, versions,
        wiki::{menu, repository_id},
    },
    library::{BuildWish, Refreshed},
    router::Permitted,
};

/// How many builds are listed.
const BUILDS: usize = 20;

/// What the page is told in its address where there was nothing to build.
const UP_TO_DATE: &str = "up-to-date";

#[derive(Debug, Default, Deserialize)]
pub(super) struct BuildParams {
    pub(super) language: Option<String>,
    /// A word from the form that led here.
    note: Option<String>,
}

pub(super) async fn repository(
    Permitted(service): Permitted,
    Path(id): Path<String>,
    headers: HeaderMap,
    Query(params): Query<BuildParams>,
) -> Response {
    let reader = Reader::new(&service, &headers, asked(params.language.as_deref()));
    let page = render(&reader, &id, params.note.as_deref()).await;
    respond(&service, &headers, page)
}

/// What the form sends: which of its buttons was pressed.
#[derive(Debug, Deserialize)]
pub(super) struct HowToBuild {
    /// `refresh`, `build` or `full`.
    how: String,
}

/// Builds, or looks whether there is something to build.
pub(super) async fn build(
    Permitted(service): Permitted,
    Path(id): Path<String>,
    headers: HeaderMap,
    Query(params): Query<BuildParams>,
    form: Result<Form<HowToBuild>, FormRejection>,
) -> Response {
    let reader = Reader::new(&service, &headers, asked(params.language.as_deref()));
    match start(&reader, &id, form).await {
        Ok(address) => forms::go_to(&address),
        Err(problem) => problem_page(&service, &headers, &problem),
    }
}

/// The address that shows what came of it.
async fn start(
    reader: &Reader<'_>,
    id: &str,
    form: Result<Form<HowToBuild>, FormRejection>,
) -> Result<String, Problem> {
    let id = repository_id(id)?;
    let library = &reader.service.library;
    let build = match forms::read(form)?.how.as_str() {
        "refresh" => match library.refresh(&id, None).await? {
            Refreshed::UpToDate(_) => return Ok(reader.links.repository_noting(&id, UP_TO_DATE)),
            Refreshed::Requested(build) => build,
        },
        how => {
            let mode = if how == "full" {
                BuildMode::Full
            } else {
                BuildMode::Incremental
            };
            let wish = BuildWish {
                mode,
                ..BuildWish::default()
            };
            library.request_build(&id, &wish).await?
        }
    };
    Ok(reader.links.job(&build))
}

async fn render(reader: &Reader<'_>, id: &str, note: Option<&str>) -> Result<Markup, Problem> {
    let (service, words) = (reader.service, Words::of(reader.locale));
    let id = &repository_id(id)?;
    let repository = service.library.repository(id).await?;
    let jobs = service.library.jobs(id, BUILDS).await?;
    let body = html! {
        main #content .plain.wide-plain {
            (crumbs(reader, &repository))
            header .hero {
                h1 { (clean(&repository.display_name)) }
                @if repository.published.is_some() { a .button.primary href=(reader.links.wiki(id)) { (words.read) } }
            }
            @if note == Some(UP_TO_DATE) { p .said-so role="status" { (words.up_to_date) } }
            (facts(reader, words, &repository))
            (actions(reader, words, &repository))
            (builds(reader, words, &jobs))
            (danger(reader, words, id))
        }
    };
    let repositories = menu(service).await?;
    let languages = Locale::ALL.map(|locale| (locale, reader.links.in_language(locale).repository(id)));
    let frame = layout::Frame {
        title: repository.display_name.clone(),
        current: Some(&repository),
        repositories: &repositories,
        languages: languages.to_vec(),
        ..layout::Frame::default()
    };
    Ok(layout::document(reader, &frame, &body))
}

fn facts(reader: &Reader<'_>, words: &Words, repository: &Repository) -> Markup {
    let revision = repository.revision.as_deref();
    html! {
        dl .data {
            dt { (words.state) } dd { (layout::status(reader.text, repository)) }
            dt { (words.origin) } dd { (clean(&repository.source.url())) }
            dt { (words.revision) } dd { @match revision { Some(revision) => code { (clean(revision)) }, None => (words.default_branch) } }
            dt { (words.languages) } dd { @for (at, locale) in repository.locales.iter().enumerate() { @if at > 0 { ", " } (own_name(*locale)) } }
            dt { (words.built_commit) }
            dd {
                @match &repository.published {
                    Some(generation) => {
                        code { (generation.commit.short()) } " · " (time(generation.published_at)) " · " (words.trigger(generation.trigger))
                        " · " a href=(reader.links.versions(&repository.id)) { (versions::Words::of(reader.locale).versions) }
                    }
                    None => (words.nothing_built),
                }
            }
        }
    }
}

fn actions(reader: &Reader<'_>, words: &Words, repository: &Repository) -> Markup {
    let build = reader.links.build(&repository.id);
    html! {
        div .actions {
            form method="post" action=(build) {
                @if repository.published.is_some() {
                    button .primary name="how" value="refresh" title=(words.refresh_hint) { (words.refresh) }
                    button name="how" value="build" { (words.build) }
                    button name="how" value="full" { (words.full) }
                } @else {
                    button .primary name="how" value="build" { (words.build) }
                }
            }
            a .button href=(reader.links.corrections(Some(&repository.id))) { (words.corrections) }
        }
    }
}

fn builds(reader: &Reader<'_>, words: &Words, jobs: &[Job]) -> Markup {
    html! {
        h2 { (words.builds) }
        @if jobs.is_empty() {
            p .empty { (words.no_builds) }
        } @else {
            div .wide tabindex="0" role="region" aria-label=(words.builds) {
                table .builds {
                    thead { tr { @for word in [words.started, words.state, reader.text.commit, words.cause, words.took] { th scope="col" { (word) } } } }
                    tbody { @for job in jobs { (build_row(reader, words, job)) } }
                }
            }
        }
    }
}

fn build_row(reader: &Reader<'_>, words: &Words, job: &Job) -> Markup {
    html! {
        tr {
            td { a href=(reader.links.job(&job.build)) { (time(job.started_at)) } }
            td { (tag(words, job.status)) }
            td { @if let Some(commit) = &job.commit { code { (commit.short()) } } }
            td { (words.trigger(job.trigger)) ", " (words.build_mode(job.mode)) }
            td { @if let Some(ended) = job.ended_at { (words.duration(ended - job.started_at)) } }
        }
        @if let Some(failure) = &job.failure { tr { td .reason colspan="5" { (clean(&failure.message)) } } }
    }
}

fn danger(reader: &Reader<'_>, words: &Words, id: &RepositoryId) -> Markup {
    html! {
        section .apart {
            h2 { (words.danger) }
            div .actions {
                a .button.danger href=(reader.links.remove(id)) { (words.remove) "…" }
                a .button.danger href=(reader.links.purge(id)) { (words.purge) "…" }
            }
        }
    }
}
