//! The list of repositories.

use axum::{extract::Query, http::HeaderMap, response::Response};
use deepwiki_domain::{Locale, RepositoryId, repository::Repository};
use maud::{Markup, html};
use serde::Deserialize;

use super::{Reader, asked, clean, corrections, layout, map, respond, text::own_name, time};
use crate::{
    Problem,
    links::encode,
    router::{Permitted, Service},
};

/// How many repositories stand on one page.
const PER_PAGE: usize = 60;

#[derive(Debug, Default, Deserialize)]
pub(super) struct HomeParams {
    cursor: Option<String>,
    language: Option<String>,
}

pub(super) async fn home(
    Permitted(service): Permitted,
    headers: HeaderMap,
    Query(params): Query<HomeParams>,
) -> Response {
    let page = render(&service, &headers, &params).await;
    respond(&service, &headers, page)
}

async fn render(service: &Service, headers: &HeaderMap, params: &HomeParams) -> Result<Markup, Problem> {
    let reader = Reader::new(service, headers, asked(params.language.as_deref()));
    let cursor = params
        .cursor
        .as_deref()
        .and_then(|cursor| RepositoryId::new(cursor).ok());
    let page = service.library.repositories(cursor.as_ref(), PER_PAGE).await?;
    let text = reader.text;
    let body = html! {
        main #content .home {
            header .hero {
                div {
                    h1 { (text.repositories) }
                    p .lead { (text.tagline) }
                }
                div .actions {
                    @if !page.repositories.is_empty() {
                        a .button href=(reader.links.corrections(None)) { (corrections::Words::of(reader.locale).title) }
                        a .button href=(reader.links.map()) { (map::Words::of(reader.locale).title) }
                    }
                    a .button.primary href=(reader.links.add()) { (text.add) }
                }
            }
            @if page.repositories.is_empty() {
                p .empty { (text.no_repositories) }
            }
            ul .cards {
                @for repository in &page.repositories { (card(&reader, repository)) }
            }
            @if let Some(next) = &page.next {
                @let language = format!("&language={}", reader.locale);
                p .more { a href={ (service.base_path) "/?cursor=" (encode(next.as_str(), false)) (language) } { (text.more) } }
            }
        }
    };
    let languages = Locale::ALL.map(|locale| (locale, reader.links.in_language(locale).home()));
    let frame = layout::Frame {
        title: text.repositories.to_owned(),
        languages: languages.to_vec(),
        ..layout::Frame::default()
    };
    Ok(layout::document(&reader, &frame, &body))
}

fn card(reader: &Reader<'_>, repository: &Repository) -> Markup {
    let text = reader.text;
    html! {
        li .card {
            h2 {
                @if repository.published.is_some() {
                    a href=(reader.links.wiki(&repository.id)) { (clean(&repository.display_name)) }
                } @else {
                    a href=(reader.links.repository(&repository.id)) { (clean(&repository.display_name)) }
                }
            }
            p .origin { (clean(&repository.source.url())) }
            p .facts {
                (layout::status(text, repository))
                @if let Some(generation) = &repository.published {
                    span { code { (generation.commit.short()) } }
                    span title=(text.published) { (time(generation.published_at)) }
                    @if generation.wikis.len() > 1 {
                        span .tongues {
                            @for locale in generation.wikis.keys() {
                                a href=(reader.links.in_language(*locale).wiki(&repository.id)) lang=(locale) hreflang=(locale) {
                                    (own_name(*locale))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
