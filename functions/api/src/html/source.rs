//! A file of the repository, as the wiki was made from it, with the cited lines marked.

use axum::{
    extract::{Path, Query},
    http::HeaderMap,
    response::Response,
};
use deepwiki_domain::page::Citation;
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    clean, layout, lines, respond,
    wiki::{banner, menu, open, repository_id},
};
use crate::{
    Problem,
    router::{Permitted, Service},
};

/// How many lines stand on one page.
const MOST_LINES: u32 = 1_500;

#[derive(Debug, Default, Deserialize)]
pub(super) struct FileParams {
    start: Option<String>,
    end: Option<String>,
    language: Option<String>,
    build: Option<String>,
}

pub(super) async fn file(
    Permitted(service): Permitted,
    Path((id, path)): Path<(String, String)>,
    headers: HeaderMap,
    Query(params): Query<FileParams>,
) -> Response {
    let page = render(&service, &headers, &id, &path, &params).await;
    respond(&service, &headers, page)
}

async fn render(
    service: &Service,
    headers: &HeaderMap,
    id: &str,
    path: &str,
    params: &FileParams,
) -> Result<Markup, Problem> {
    let id = repository_id(id)?;
    let (edition, reader) = open(
        service,
        headers,
        &id,
        params.language.as_deref(),
        params.build.as_deref(),
    )
    .await?;
    let number = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<u32>().ok());
    let start = number(&params.start).unwrap_or(0);
    let end = number(&params.end).unwrap_or(start).max(start);
    // Pages begin at fixed lines, so that going on and coming back meet the same ones.
    let first = start.saturating_sub(1) / MOST_LINES * MOST_LINES + 1;
    let count = MOST_LINES.max((end - first.min(end)).saturating_add(1).min(2 * MOST_LINES));
    let excerpt = service
        .library
        .excerpt(&id, &edition.generation, path, first, count)
        .await?;
    let last = first
        + u32::try_from(excerpt.lines.len())
            .unwrap_or(count)
            .saturating_sub(1);
    let at = |start: u32, end: u32| Citation {
        path: excerpt.path.clone(),
        start,
        end,
    };
    let show = lines::Show {
        marked: (start > 0).then_some(start..=end),
        prefix: Some("L"),
        ..lines::Show::default()
    };
    let (text, links) = (reader.text, &reader.links);
    let host = edition.host_link(&if start == 0 {
        at(1, excerpt.total.max(1))
    } else {
        at(start, end)
    });
    let body = html! {
        main #content .file {
            nav .crumbs aria-label=(text.breadcrumbs) {
                ol {
                    li { a href=(links.home()) { (text.home) } }
                    li { a href=(links.wiki(&id)) { (clean(&edition.repository.display_name)) } }
                    li { (text.source) }
                }
            }
            (banner(&reader, &edition))
            header .opening {
                h1 .path { (clean(excerpt.path.as_str())) }
                p .facts {
                    span title=(text.commit) { code { (edition.generation.commit.short()) } }
                    @if let Some(language) = excerpt.language { span { (language.name()) } }
                    span { (text.lines(1, excerpt.total)) }
                    @if let Some(host) = &host { span { a href=(host) rel="noreferrer" { (text.on_host) } } }
                }
            }
            @if excerpt.masked > 0 { p .notice { (text.masked) } }
            @if first > 1 {
                p .more { a href=(links.source(&id, &at(first - 1, first - 1))) { (text.earlier_lines) } }
            }
            (lines::listing(&excerpt, &show))
            @if last < excerpt.total {
                p .more { a href=(links.source(&id, &at(last + 1, last + 1))) { (text.later_lines) } }
            }
        }
    };
    let languages = edition.locales().map(|locale| {
        (
            locale,
            links
                .in_language(locale)
                .source(&id, &at(start.max(1), end.max(1))),
        )
    });
    let repositories = menu(service).await?;
    let frame = layout::Frame {
        title: format!("{} · {}", excerpt.path, edition.repository.display_name),
        current: Some(&edition.repository),
        repositories: &repositories,
        languages: languages.collect(),
        ..layout::Frame::default()
    };
    Ok(layout::document(&reader, &frame, &body))
}
