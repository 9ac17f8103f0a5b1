//! Removing and purging a repository, each after a page that says what will happen.

use axum::{
    Form,
    extract::{Path, Query, rejection::FormRejection},
    http::HeaderMap,
    response::{Html, IntoResponse, Response},
};
use deepwiki_domain::{
    purge::{Purged, Tally},
    repository::Repository,
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{job::crumbs, repository::BuildParams, words::Words};
use crate::{
    Problem,
    html::{Reader, asked, clean, forms, layout, problem_page, respond, wiki::repository_id},
    router::{Permitted, Service},
};

/// What the form sends: the name of the repository, typed by hand.
#[derive(Debug, Deserialize)]
pub(super) struct Confirmation {
    #[serde(default)]
    name: String,
}

#[derive(Clone, Copy, PartialEq)]
enum What {
    Remove,
    Purge,
}

pub(super) async fn ask_to_remove(
    Permitted(service): Permitted,
    Path(id): Path<String>,
    headers: HeaderMap,
    Query(params): Query<BuildParams>,
) -> Response {
    ask(&service, &headers, (&id, &params), What::Remove).await
}

pub(super) async fn ask_to_purge(
    Permitted(service): Permitted,
    Path(id): Path<String>,
    headers: HeaderMap,
    Query(params): Query<BuildParams>,
) -> Response {
    ask(&service, &headers, (&id, &params), What::Purge).await
}

pub(super) async fn remove(
    Permitted(service): Permitted,
    Path(id): Path<String>,
    headers: HeaderMap,
    Query(params): Query<BuildParams>,
    form: Result<Form<Confirmation>, FormRejection>,
) -> Response {
    act(&service, &headers, (&id, &params), (What::Remove, form)).await
}

pub(super) async fn purge(
    Permitted(service): Permitted,
    Path(id): Path<String>,
    headers: HeaderMap,
    Query(params): Query<BuildParams>,
    form: Result<Form<Confirmation>, FormRejection>,
) -> Response {
    act(&service, &headers, (&id, &params), (What::Purge, form)).await
}

async fn ask(
    service: &Service,
    headers: &HeaderMap,
    (id, params): (&str, &BuildParams),
    what: What,
) -> Response {
    let reader = Reader::new(service, headers, asked(params.language.as_deref()));
    let page = match find(service, id).await {
        Ok(repository) => Ok(draw(&reader, &repository, what, false)),
        Err(problem) => Err(problem),
    };
    respond(service, headers, page)
}

async fn find(service: &Service, id: &str) -> Result<Repository, Problem> {
    service.library.repository(&repository_id(id)?).await
}

async fn act(
    service: &Service,
    headers: &HeaderMap,
    (id, params): (&str, &BuildParams),
    (what, form): (What, Result<Form<Confirmation>, FormRejection>),
) -> Response {
    let reader = Reader::new(service, headers, asked(params.language.as_deref()));
    match carry_out(&reader, id, what, form).await {
        Ok(response) => response,
        Err(problem) => problem_page(service, headers, &problem),
    }
}

async fn carry_out(
    reader: &Reader<'_>,
    id: &str,
    what: What,
    form: Result<Form<Confirmation>, FormRejection>,
) -> Result<Response, Problem> {
    let library = &reader.service.library;
    let repository = find(reader.service, id).await?;
    let typed = forms::read(form)?.name;
    if typed.trim() != clean(&repository.display_name) {
        let page = draw(reader, &repository, what, true).into_string();
        let status = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
        return Ok((status, Html(page)).into_response());
    }
    if what == What::Remove {
        library.remove(&repository.id).await?;
        return Ok(forms::go_to(&reader.links.home()));
    }
    let purged = library.purge(&repository.id).await?;
    Ok(Html(account(reader, &repository, &purged).into_string()).into_response())
}

fn draw(reader: &Reader<'_>, repository: &Repository, what: What, has_failed: bool) -> Markup {
    let (words, links) = (Words::of(reader.locale), &reader.links);
    let (title, explained, action) = match what {
        What::Remove => (words.remove, words.remove_what, links.remove(&repository.id)),
        What::Purge => (words.purge, words.purge_what, links.purge(&repository.id)),
    };
    let body = html! {
        main #content .plain.wide-plain {
            (crumbs(reader, repository))
            h1 { (title) " · " (clean(&repository.display_name)) }
            p .lead { (explained) }
            @if has_failed { p .failure role="alert" { (words.not_confirmed) } }
            form .form method="post" action=(action) {
                label {
                    span { (words.confirm) ": " code { (clean(&repository.display_name)) } }
                    input type="text" name="name" required autocomplete="off" autocapitalize="off" spellcheck="false" autofocus;
                }
                div .row {
                    button .danger { (title) }
                    a .button href=(links.repository(&repository.id)) { (words.keep) }
                }
            }
        }
    };
    framed(reader, title, &body)
}

/// What a purge deleted.
fn account(reader: &Reader<'_>, repository: &Repository, purged: &Purged) -> Markup {
    let words = Words::of(reader.locale);
    let tallies = [
        (words.artefacts, purged.artefacts),
        (words.memos, purged.memos),
        (words.lists, purged.lists),
        (words.pages, purged.pages),
        (words.corrections, purged.corrections),
    ];
    let body = html! {
        main #content .plain.wide-plain {
            h1 { (words.purged) " · " (clean(&repository.display_name)) }
            dl .data.purged { @for (name, tally) in tallies { dt { (name) } dd { (amount(tally)) } } }
            @for remains in &purged.remains { p .notice { (clean(remains)) } }
            p .more { a href=(reader.links.home()) { (reader.text.all_repositories) } }
        }
    };
    framed(reader, words.purged, &body)
}

fn amount(tally: Tally) -> String {
    match tally.bytes {
        0 => tally.count.to_string(),
        bytes => format!("{} ({:.1} MB)", tally.count, bytes as f64 / 1e6),
    }
}

fn framed(reader: &Reader<'_>, title: &str, body: &Markup) -> Markup {
    let frame = layout::Frame {
        title: title.to_owned(),
        ..layout::Frame::default()
    };
    layout::document(reader, &frame, body)
}
