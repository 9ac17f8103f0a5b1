//! The wiki as people read it: server-rendered pages that need no JavaScript.

mod article;
mod ask;
mod assets;
mod corrections;
mod docs;
mod forms;
mod home;
mod layout;
mod lines;
mod manage;
mod map;
mod search;
mod sign_in;
mod source;
mod text;
mod versions;
mod wiki;

use std::sync::Arc;

use axum::{
    Router,
    http::{HeaderMap, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use deepwiki_domain::{Locale, markdown::is_disruptive};
use maud::{Markup, html};

use crate::{
    Problem,
    links::Links,
    router::{Service, Shared},
};

pub(crate) use article::{Address, article};
pub(crate) use assets::{Assets, STYLE};
pub(crate) use map::map_page;
pub(crate) use search::search_page;
pub(crate) use sign_in::sign_in_page;
pub(crate) use text::Text;
pub(crate) use versions::{changes_page, versions_page};

/// The routes of the pages. `/search` is among the API's: it answers both.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/", get(home::home))
        .route("/docs", get(docs::docs))
        .route("/wiki/{id}", get(wiki::to_first_page))
        .route("/wiki/{id}/", get(wiki::first_page))
        .route("/wiki/{id}/{slug}", get(wiki::page))
        .route("/wiki/{id}/{slug}/diagrams/{at}", get(wiki::diagram))
        .route(
            "/wiki/{id}/{slug}/wrong",
            get(corrections::wrong).post(corrections::flag),
        )
        .route("/manage/corrections", get(corrections::corrections))
        .route("/ask", get(ask::ask_page))
        .route("/wiki/{id}/source/{*path}", get(source::file))
        .merge(manage::routes())
}

/// A failure as a page.
pub(crate) fn problem_page(service: &Service, headers: &HeaderMap, problem: &Problem) -> Response {
    let reader = Reader::new(service, headers, None);
    let body = html! {
        main #content .plain {
            p .eyebrow { (problem.status().as_u16()) " " (problem.title()) }
            h1 { (reader.text.sorry) }
            p { (clean(problem.detail())) }
            p { a href=(reader.links.home()) { (reader.text.all_repositories) } }
        }
    };
    let frame = layout::Frame {
        title: problem.title().to_owned(),
        ..layout::Frame::default()
    };
    problem.with_headers(Html(layout::document(&reader, &frame, &body).into_string()).into_response())
}

/// Answers with a page, or with the page of what went wrong.
fn respond(service: &Service, headers: &HeaderMap, page: Result<Markup, Problem>) -> Response {
    match page {
        Ok(page) => Html(page.into_string()).into_response(),
        Err(problem) => problem_page(service, headers, &problem),
    }
}

/// Who reads: the language of the interface, and links that keep it.
pub(crate) struct Reader<'a> {
    pub(crate) service: &'a Service,
    pub(crate) locale: Locale,
    pub(crate) text: &'static Text,
    pub(crate) links: Links,
}

impl<'a> Reader<'a> {
    /// In the language asked for, or the browser's. Only a language asked for is kept in links.
    pub(crate) fn new(service: &'a Service, headers: &HeaderMap, asked: Option<Locale>) -> Self {
        let locale = asked
            .or_else(|| preferred(headers).first().copied())
            .unwrap_or_default();
        Self {
            service,
            locale,
            text: Text::of(locale),
            links: Links::new(&service.base_path, asked),
        }
    }
}

/// The languages that the browser asks for and we have, best first.
fn preferred(headers: &HeaderMap) -> Vec<Locale> {
    let accepted = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let tags = accepted.split(',').filter_map(|part| part.trim().get(..2));
    tags.filter_map(|tag| tag.to_ascii_lowercase().parse().ok())
        .collect()
}

/// A language parameter: one that is not ours is as good as none.
fn asked(language: Option<&str>) -> Option<Locale> {
    language.and_then(|tag| tag.parse().ok())
}

/// Words that somebody else wrote, without what would reorder or break the text around them.
pub(crate) fn clean(text: &str) -> String {
    text.chars()
        .map(|c| {
            if is_disruptive(c) && c != '\n' && c != '\t' {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

/// `2026-11-23 07:05` UTC, marked up for machines.
fn time(seconds: i64) -> Markup {
    let full = jiff::Timestamp::from_second(seconds)
        .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
        .to_string();
    let shown = full.get(..16).unwrap_or(&full).replace('T', " ");
    html! { time datetime=(full) title="UTC" { (shown) } }
}
