//! A page of a wiki: tree, breadcrumbs, text, contents, and the cited lines beside it.

use axum::{
    extract::{Path, Query},
    http::HeaderMap,
    response::{IntoResponse, Redirect, Response},
};
use deepwiki_domain::{
    BuildId, RepoPath, RepositoryId, Slug,
    page::{Citation, Page},
    repository::Repository,
    wiki::PageEntry,
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    Reader, Text,
    article::{Address, article, contents},
    asked, clean, layout, lines, map, preferred, respond, time, versions,
};
use crate::{
    Problem,
    diagram::svg,
    library::{Edition, RepositoryMap, Wish},
    links::Links,
    router::{Permitted, Service},
};

/// How many repositories the menu offers.
const MENU: usize = 30;

/// How many lines stand around cited ones beside the text, and how many there are at most.
const CONTEXT: u32 = 3;
const MOST_LINES: u32 = 120;

/// Up to this many pages the tree is shown whole.
const OPEN_TREE: usize = 80;
const DEEPEST: usize = 8;

const EXPORTS: [(&str, &str); 4] = [
    ("markdown", "Markdown"),
    ("html", "HTML"),
    ("json", "JSON"),
    ("llms-txt", "llms.txt"),
];

#[derive(Debug, Default, Deserialize)]
pub(super) struct PageParams {
    language: Option<String>,
    /// The build or commit whose wiki to show; the published one where none is given.
    build: Option<String>,
    /// Lines to show beside the text: `path:start-end`.
    at: Option<String>,
}

pub(super) async fn to_first_page(
    Permitted(service): Permitted,
    Path(id): Path<String>,
    headers: HeaderMap,
    Query(params): Query<PageParams>,
) -> Response {
    match repository_id(&id) {
        Ok(id) => {
            let mut links = Links::new(&service.base_path, asked(params.language.as_deref()));
            let build = params.build.as_deref().and_then(|build| BuildId::new(build).ok());
            if let Some(build) = build {
                links = links.at_version(&id, &build);
            }
            Redirect::permanent(&links.wiki(&id)).into_response()
        }
        Err(problem) => super::problem_page(&service, &headers, &problem),
    }
}

pub(super) async fn first_page(
    Permitted(service): Permitted,
    Path(id): Path<String>,
    headers: HeaderMap,
    Query(params): Query<PageParams>,
) -> Response {
    let page = render(&service, &headers, &id, None, &params).await;
    respond(&service, &headers, page)
}

pub(super) async fn page(
    Permitted(service): Permitted,
    Path((id, slug)): Path<(String, String)>,
    headers: HeaderMap,
    Query(params): Query<PageParams>,
) -> Response {
    let page = render(&service, &headers, &id, Some(&slug), &params).await;
    respond(&service, &headers, page)
}

/// An id from an address; what is none names nothing.
pub(super) fn repository_id(id: &str) -> Result<RepositoryId, Problem> {
    RepositoryId::new(id).map_err(|error| Problem::not_found(error.to_string()))
}

/// The wiki that a reader opens, with links that keep its language where there are several, and its version where one
/// was asked for.
pub(super) async fn open<'a>(
    service: &'a Service,
    headers: &HeaderMap,
    id: &RepositoryId,
    language: Option<&str>,
    build: Option<&str>,
) -> Result<(Edition, Reader<'a>), Problem> {
    let wish = Wish {
        language: asked(language),
        offers: &preferred(headers),
        build,
    };
    let edition = service.library.edition(id, wish).await?;
    let mut reader = Reader::new(service, headers, Some(edition.locale));
    if edition.generation.wikis.len() < 2 {
        reader.links = Links::new(&service.base_path, None);
    }
    if build.is_some() {
        reader.links = reader.links.at_version(id, &edition.generation.build);
    }
    Ok((edition, reader))
}

/// The repositories that the bar's menu offers.
pub(super) async fn menu(service: &Service) -> Result<Vec<Repository>, Problem> {
    Ok(service.library.repositories(None, MENU).await?.repositories)
}

/// A diagram with the window to itself.
pub(super) async fn diagram(
    Permitted(service): Permitted,
    Path((id, slug, at)): Path<(String, String, u32)>,
    headers: HeaderMap,
    Query(params): Query<PageParams>,
) -> Response {
    let page = render_diagram(&service, &headers, (&id, &slug, at), &params).await;
    respond(&service, &headers, page)
}

async fn render_diagram(
    service: &Service,
    headers: &HeaderMap,
    (id, slug, at): (&str, &str, u32),
    params: &PageParams,
) -> Result<Markup, Problem> {
    let id = repository_id(id)?;
    let (language, build) = (params.language.as_deref(), params.build.as_deref());
    let (edition, reader) = open(service, headers, &id, language, build).await?;
    let slug = Slug::new(slug).map_err(|error| Problem::not_found(error.to_string()))?;
    let page = service.library.page(&edition, &slug).await?;
    let absent = || Problem::not_found(format!("The page `{slug}` has no such diagram."));
    let diagram = page.diagrams.get(at as usize).ok_or_else(absent)?;
    let (source, caption) = (clean(&diagram.mermaid), clean(&diagram.caption));
    let body = html! {
        main #content .alone {
            header {
                h1 { (caption) }
                p .facts { span { a href=(reader.links.page(&id, &slug)) { (clean(&page.title)) } } }
            }
            figure .diagram {
                @match svg(&source, &caption) {
                    Some(picture) => div .canvas tabindex="0" role="region" aria-label=(caption) { (picture) },
                    None => pre tabindex="0" aria-label=(reader.text.diagram_source) { code { (source) } },
                }
            }
        }
    };
    let languages = edition
        .locales()
        .map(|locale| (locale, reader.links.in_language(locale).diagram(&id, &slug, at)));
    let repositories = menu(service).await?;
    let frame = layout::Frame {
        title: format!("{caption} · {}", edition.repository.display_name),
        current: Some(&edition.repository),
        repositories: &repositories,
        languages: languages.collect(),
        ..layout::Frame::default()
    };
    Ok(layout::document(&reader, &frame, &body))
}

async fn render(
    service: &Service,
    headers: &HeaderMap,
    id: &str,
    slug: Option<&str>,
    params: &PageParams,
) -> Result<Markup, Problem> {
    let id = repository_id(id)?;
    let (language, build) = (params.language.as_deref(), params.build.as_deref());
    let (edition, reader) = open(service, headers, &id, language, build).await?;
    let pages = service.library.pages(&edition).await?;
    let first = || {
        pages
            .first()
            .ok_or_else(|| Problem::not_found(format!("The wiki of `{id}` has no pages.")))
    };
    let slug = match slug {
        Some(slug) => Slug::new(slug).map_err(|error| Problem::not_found(error.to_string()))?,
        None => first()?.slug.clone(),
    };
    let page = service.library.page(&edition, &slug).await?;
    let excerpt = match params.at.as_deref().and_then(citation) {
        Some(at) => Some(beside(&reader, &edition, &page, &at).await?),
        None => None,
    };
    // What depends on what is known of the wikis that are published now.
    let map = match edition.is_published() {
        true => Some(service.library.map().await?),
        false => None,
    };
    let address = PageAddress {
        links: &reader.links,
        edition: &edition,
        slug: &slug,
        map: map.as_ref(),
    };
    let is_first = pages.first().is_some_and(|first| first.slug == slug);
    let body = html! {
        div .wiki.has-excerpt[excerpt.is_some()] {
            (tree(&reader, &edition, &pages, &slug))
            main #content {
                (banner(&reader, &edition))
                (breadcrumbs(&reader, &edition, &pages, &page))
                article {
                    (opening(&reader, &edition, &page))
                    details .contents-inline {
                        summary { (reader.text.on_this_page) }
                        (contents(&page, &address))
                    }
                    (article(&page, reader.text, &address))
                    @if let Some(map) = map.as_ref().filter(|_| is_first) { (map::neighbours(&reader.links, reader.locale, map, &id)) }
                    (ending(&reader, &edition, &pages, &page))
                }
                (neighbours(&reader, &edition, &pages, &slug))
            }
            aside .side {
                @if let Some(excerpt) = &excerpt { (excerpt) }
                nav .contents aria-label=(reader.text.on_this_page) {
                    h2 { (reader.text.on_this_page) }
                    (contents(&page, &address))
                }
            }
        }
    };
    let languages = edition
        .locales()
        .map(|locale| (locale, reader.links.in_language(locale).page(&id, &slug)));
    let repositories = menu(service).await?;
    let frame = layout::Frame {
        title: format!("{} · {}", page.title, edition.repository.display_name),
        current: Some(&edition.repository),
        repositories: &repositories,
        languages: languages.collect(),
        has_tree: true,
        ..layout::Frame::default()
    };
    Ok(layout::document(&reader, &frame, &body))
}

struct PageAddress<'a> {
    links: &'a Links,
    edition: &'a Edition,
    slug: &'a Slug,
    map: Option<&'a RepositoryMap>,
}

impl Address for PageAddress<'_> {
    fn page(&self, slug: &Slug) -> String {
        self.links.page(&self.edition.repository.id, slug)
    }

    fn anchor(&self, anchor: &str) -> String {
        anchor.to_owned()
    }

    fn lines(&self, at: &Citation) -> Option<String> {
        Some(
            self.links
                .page_with_lines(&self.edition.repository.id, self.slug, at),
        )
    }

    fn source(&self, at: &Citation) -> Option<String> {
        Some(self.links.source(&self.edition.repository.id, at))
    }

    fn wrong(&self, statement: usize) -> Option<String> {
        let links = &self.links;
        // A statement of an older wiki is not to be corrected any more.
        let is_published = self.edition.is_published();
        is_published.then(|| links.wrong(&self.edition.repository.id, self.slug, Some(statement)))
    }

    fn diagram(&self, at: u32) -> Option<String> {
        Some(self.links.diagram(&self.edition.repository.id, self.slug, at))
    }

    fn elsewhere(&self, name: &str, citations: &[Citation]) -> Option<String> {
        let shows = |at: &Citation| {
            let mut cited = citations.iter();
            cited.any(|by| by.path == at.path && by.lines().contains(at.lines()))
        };
        let edges = self.map?.edges.iter();
        let provider = edges
            .filter(|edge| edge.from == self.edition.repository.id)
            .find(|edge| edge.ties.iter().any(|tie| tie.name == name && shows(&tie.at)))?;
        Some(self.links.wiki(&provider.to))
    }
}

/// Reads `path:start-end`.
fn citation(text: &str) -> Option<Citation> {
    let (path, range) = text.rsplit_once(':')?;
    let (start, end) = range.split_once('-')?;
    let (start, end) = (start.parse().ok()?, end.parse().ok()?);
    let path = RepoPath::new(path).ok()?;
    (1 <= start && start <= end).then_some(Citation { path, start, end })
}

/// The pages as nested lists.
fn tree(reader: &Reader<'_>, edition: &Edition, pages: &[PageEntry], current: &Slug) -> Markup {
    let known = |slug: &Slug| pages.iter().any(|page| page.slug == *slug);
    let top = pages
        .iter()
        .filter(|page| page.parent.as_ref().is_none_or(|parent| !known(parent)));
    let above = ancestors(pages, Some(current));
    let branches = Branches {
        reader,
        edition,
        pages,
        current,
        above: &above,
    };
    html! {
        nav #tree .tree aria-label=(reader.text.pages) {
            a .close-tree href="#content" { (reader.text.close) }
            ul { @for page in top { (branches.draw(page, 0)) } }
            p .export {
                (reader.text.export) ": "
                @for (format, name) in EXPORTS {
                    a href=(reader.links.in_language(edition.locale).export(&edition.repository.id, format)) download { (name) } " "
                }
            }
        }
    }
}

/// A page and those above it, the nearest first. Long chains are cut, so that a page that is its own ancestor
/// cannot hang the service.
fn ancestors<'a>(pages: &'a [PageEntry], slug: Option<&Slug>) -> Vec<&'a PageEntry> {
    let find = |slug: &Slug| pages.iter().find(|entry| entry.slug == *slug);
    let above = |entry: &&'a PageEntry| entry.parent.as_ref().and_then(find);
    std::iter::successors(slug.and_then(find), above)
        .take(DEEPEST)
        .collect()
}

struct Branches<'a> {
    reader: &'a Reader<'a>,
    edition: &'a Edition,
    pages: &'a [PageEntry],
    current: &'a Slug,
    above: &'a [&'a PageEntry],
}

impl Branches<'_> {
    /// A page and what is below it; in a large wiki only where the reader is.
    fn draw(&self, page: &PageEntry, depth: usize) -> Markup {
        let is_open = self.pages.len() <= OPEN_TREE || self.above.iter().any(|entry| entry.slug == page.slug);
        let is_child = |child: &&PageEntry| child.parent.as_ref() == Some(&page.slug);
        let children: Vec<&PageEntry> = self.pages.iter().filter(is_child).collect();
        let address = self.reader.links.page(&self.edition.repository.id, &page.slug);
        html! {
            li .closed[!is_open && !children.is_empty()] {
                a href=(address) aria-current=[(page.slug == *self.current).then_some("page")] { (breakable(short_title(page))) }
                @if is_open && depth < DEEPEST && !children.is_empty() {
                    ul { @for child in children { (self.draw(child, depth + 1)) } }
                }
            }
        }
    }
}

/// A title that may be broken after each `/`.
fn breakable(title: &str) -> Markup {
    let title = clean(title);
    html! { @for (at, part) in title.split_inclusive('/').enumerate() { @if at > 0 { wbr; } (part) } }
}

fn breadcrumbs(reader: &Reader<'_>, edition: &Edition, pages: &[PageEntry], page: &Page) -> Markup {
    let above = ancestors(pages, page.parent.as_ref());
    html! {
        nav .crumbs aria-label=(reader.text.breadcrumbs) {
            ol {
                li { a href=(reader.links.home()) { (reader.text.home) } }
                li { a href=(reader.links.wiki(&edition.repository.id)) { (clean(&edition.repository.display_name)) } }
                @for entry in above.iter().rev() {
                    li { a href=(reader.links.page(&edition.repository.id, &entry.slug)) { (clean(&entry.title)) } }
                }
            }
        }
    }
}

/// Says so where the wiki that is read is not the published one.
pub(super) fn banner(reader: &Reader<'_>, edition: &Edition) -> Markup {
    let (words, id) = (versions::Words::of(reader.locale), &edition.repository.id);
    let newest = edition.repository.published.as_ref();
    html! {
        @if let Some(newest) = newest.filter(|_| !edition.is_published()) {
            @let links = reader.links.published();
            p .notice.old-version role="status" {
                ((words.old)(edition.generation.commit.short(), newest.commit.short())) " "
                a href=(links.wiki(id)) { (words.read_newest) } " · "
                a href=(links.changes(id, &edition.generation.build, &newest.build)) { (words.changes) } " · "
                a href=(links.versions(id)) { (words.versions) }
            }
        }
    }
}

fn opening(reader: &Reader<'_>, edition: &Edition, page: &Page) -> Markup {
    let (text, generation) = (reader.text, &edition.generation);
    html! {
        header .opening {
            h1 { (clean(&page.title)) }
            @if let Some(lead) = page.lead() { p .lead { (clean(lead)) } }
            p .facts {
                span title=(text.commit) { code { (generation.commit.short()) } }
                @if let Some(seconds) = generation.commit_time { span { (time(seconds)) } }
                span { a href=(reader.links.versions(&edition.repository.id)) { (versions::Words::of(reader.locale).versions) } }
                @if page.validity.citations > 0 {
                    span .verified { (text.checked(page.validity.resolved, page.validity.citations)) }
                }
            }
        }
    }
}

fn ending(reader: &Reader<'_>, edition: &Edition, pages: &[PageEntry], page: &Page) -> Markup {
    let (text, links, id) = (reader.text, &reader.links, &edition.repository.id);
    let related = || {
        page.related
            .iter()
            .filter_map(|slug| pages.iter().find(|entry| entry.slug == *slug))
    };
    html! {
        @if !page.sources.is_empty() {
            details .made-from {
                summary { (text.sources) " (" (page.sources.len()) ")" }
                ul {
                    @for at in &page.sources {
                        li {
                            a href=(links.source(id, at)) {
                                span .path { (clean(at.path.as_str())) }
                                span .range { (text.lines(at.start, at.end)) }
                            }
                        }
                    }
                }
            }
        }
        @if related().next().is_some() {
            nav .related aria-label=(text.related) {
                h2 { (text.related) }
                ul {
                    @for entry in related() {
                        li { a href=(links.page(id, &entry.slug)) { strong { (clean(&entry.title)) } span { (clean(&entry.summary)) } } }
                    }
                }
            }
        }
    }
}

fn neighbours(reader: &Reader<'_>, edition: &Edition, pages: &[PageEntry], slug: &Slug) -> Markup {
    let (links, id) = (&reader.links, &edition.repository.id);
    let at = pages
        .iter()
        .position(|entry| entry.slug == *slug)
        .unwrap_or_default();
    let before = at.checked_sub(1).and_then(|at| pages.get(at));
    let after = pages.get(at + 1);
    html! {
        nav .neighbours {
            @if let Some(entry) = before {
                a rel="prev" href=(links.page(id, &entry.slug)) { small { (reader.text.previous) } (clean(&entry.title)) }
            }
            @if let Some(entry) = after {
                a rel="next" href=(links.page(id, &entry.slug)) { small { (reader.text.next) } (clean(&entry.title)) }
            }
        }
    }
}

/// The cited lines with some around them.
async fn beside(
    reader: &Reader<'_>,
    edition: &Edition,
    page: &Page,
    at: &Citation,
) -> Result<Markup, Problem> {
    let (id, text): (_, &Text) = (&edition.repository.id, reader.text);
    let start = at.start.saturating_sub(CONTEXT).max(1);
    let count = (at.end - start).saturating_add(CONTEXT + 1).min(MOST_LINES);
    let library = &reader.service.library;
    let excerpt = library
        .excerpt(id, &edition.generation, at.path.as_str(), start, count)
        .await?;
    let show = lines::Show {
        marked: Some(at.start..=at.end),
        prefix: Some("E"),
        ..lines::Show::default()
    };
    Ok(html! {
        section #excerpt .excerpt {
            header {
                a .path href=(reader.links.source(id, at)) title=(text.open_file) { (clean(at.path.as_str())) }
                span .range { (text.lines(at.start, at.end)) }
                @if let Some(host) = edition.host_link(at) { a .host href=(host) rel="noreferrer" { (text.on_host) } }
                a .close href=(reader.links.page(id, &page.slug)) aria-label=(text.close) { "×" }
            }
            (lines::listing(&excerpt, &show))
        }
    })
}

/// A page's title in the tree: below another page, the last part of a path says enough.
fn short_title(page: &PageEntry) -> &str {
    let last = page
        .title
        .rsplit('/')
        .next()
        .filter(|last| page.parent.is_some() && !last.is_empty());
    last.unwrap_or(&page.title)
}
