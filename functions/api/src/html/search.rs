//! The search page.

use axum::{http::HeaderMap, response::Response};
use deepwiki_domain::{Locale, RepositoryId, page::Citation, search::Hit};
use futures::{StreamExt, stream};
use maud::{Markup, html};

use super::{Reader, clean, layout, lines, problem_page, respond, wiki::menu};
use crate::{
    Problem,
    library::Excerpt,
    links::{Links, encode},
    rest::{SearchParams, find},
    router::Service,
};

/// How many lines of a hit are shown, in how many they are looked for, and how many hits are read at the same time.
const LINES: usize = 6;
const SCANNED: u32 = 400;
const FETCHES: usize = 4;

/// Answers a browser that searches.
pub(crate) async fn search_page(service: &Service, headers: &HeaderMap, params: SearchParams) -> Response {
    let page = render(service, headers, &params).await;
    match page {
        Err(problem) => problem_page(service, headers, &problem),
        page => respond(service, headers, page),
    }
}

async fn render(service: &Service, headers: &HeaderMap, params: &SearchParams) -> Result<Markup, Problem> {
    let reader = Reader::new(service, headers, params.language);
    let query = params.q.as_deref().unwrap_or_default().trim();
    let hits = find(service, params).await?.hits;
    let words: Vec<String> = query.split_whitespace().map(str::to_ascii_lowercase).collect();
    let reads: Vec<_> = hits.iter().map(|hit| excerpt(service, hit, &words)).collect();
    let excerpts: Vec<Option<Excerpt>> = stream::iter(reads).buffered(FETCHES).collect().await;
    let repositories = menu(service).await?;
    let chosen = params.repository.as_deref().unwrap_or_default();
    let name = |id: &RepositoryId| {
        let found = repositories.iter().find(|repository| repository.id == *id);
        found.map_or_else(|| id.to_string(), |repository| clean(&repository.display_name))
    };
    let text = reader.text;
    let body = html! {
        main #content .search {
            h1 { (text.search) }
            form role="search" action=(reader.links.search()) method="get" {
                input type="search" name="q" value=(query) aria-label=(text.search_hint) maxlength="1000" autofocus;
                select name="repository" aria-label=(text.repositories) {
                    option value="" { (text.all_repositories) }
                    @for repository in &repositories {
                        option value=(repository.id) selected[repository.id.as_str() == chosen] { (clean(&repository.display_name)) }
                    }
                }
                input type="hidden" name="language" value=(reader.locale);
                button { (text.search) }
            }
            @if query.is_empty() {
                p .empty { (text.search_tip) }
            } @else if hits.is_empty() {
                p .empty { (text.no_hits) }
            } @else {
                p .count role="status" { (text.hits(hits.len())) }
                ol .hits {
                    @for (hit, excerpt) in hits.iter().zip(&excerpts) {
                        (result(&reader, hit, excerpt.as_ref(), &name(&hit.repository), &words))
                    }
                }
            }
        }
    };
    let base = reader.links.search();
    let languages = Locale::ALL.map(|locale| {
        let address = format!(
            "{base}?q={}&repository={}&language={locale}",
            encode(query, false),
            encode(chosen, false)
        );
        (locale, address)
    });
    let frame = layout::Frame {
        title: if query.is_empty() {
            text.search.to_owned()
        } else {
            format!("{query} · {}", text.search)
        },
        languages: languages.to_vec(),
        query,
        ..layout::Frame::default()
    };
    Ok(layout::document(&reader, &frame, &body))
}

/// The lines of a hit from shortly before the first that holds one of the words. A hit whose lines cannot be read
/// is shown without them.
async fn excerpt(service: &Service, hit: &Hit, words: &[String]) -> Option<Excerpt> {
    let generation = service
        .library
        .generation_of(&hit.repository, &hit.commit)
        .await
        .ok()??;
    let count = (hit.end.saturating_sub(hit.start) + 1).min(SCANNED);
    let path = hit.path.as_str();
    let library = &service.library;
    let mut excerpt = library
        .excerpt(&hit.repository, &generation, path, hit.start, count)
        .await
        .ok()?;
    let holds = |line: &String| {
        let line = line.to_ascii_lowercase();
        words.iter().any(|word| line.contains(word))
    };
    let latest = excerpt.lines.len().saturating_sub(LINES);
    let first = excerpt
        .lines
        .iter()
        .position(holds)
        .map_or(0, |at| at.saturating_sub(1).min(latest));
    excerpt.lines = excerpt.lines.split_off(first);
    excerpt.lines.truncate(LINES);
    excerpt.start += u32::try_from(first).unwrap_or_default();
    Some(excerpt)
}

fn result(
    reader: &Reader<'_>,
    hit: &Hit,
    excerpt: Option<&Excerpt>,
    repository: &str,
    words: &[String],
) -> Markup {
    let at = Citation {
        path: hit.path.clone(),
        start: hit.start,
        end: hit.end,
    };
    let links: &Links = &reader.links;
    let title = hit.symbol.as_deref().unwrap_or_else(|| hit.path.file_name());
    html! {
        li .hit {
            h2 { a href=(links.source(&hit.repository, &at)) { (clean(title)) } }
            p .facts {
                span { (repository) }
                span .path { (clean(hit.path.as_str())) }
                span .range { (reader.text.lines(hit.start, hit.end)) }
                @if let Some(page) = &hit.page {
                    span { (reader.text.in_page) ": " a href=(links.page(&hit.repository, page)) { (page) } }
                }
            }
            @if let Some(excerpt) = excerpt { (lines::listing(excerpt, &lines::Show { words, ..lines::Show::default() })) }
        }
    }
}
