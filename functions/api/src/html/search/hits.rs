//! One hit: what it is, where it stands, why it was found, and the lines or sentences that show it.

use deepwiki_domain::{
    Locale,
    markdown::plain_text,
    page::{Citation, Page, Section},
    search::Hit,
};
use maud::{Markup, html};

use super::Words;
use crate::{
    html::{Reader, clean, lines},
    library::{Edition, Excerpt, Wish},
    router::Service,
};

/// How many lines of a hit are shown, and in how many they are looked for.
const LINES: usize = 6;
const SCANNED: u32 = 400;

/// How many sentences of a page's section are shown.
const SENTENCES: usize = 3;

/// What is shown of a hit. One that cannot be read is shown without.
pub(super) struct Shown {
    excerpt: Option<Excerpt>,
    section: Option<Told>,
    /// The title of the page that speaks of it.
    page: Option<String>,
}

/// A section of a page.
struct Told {
    page: String,
    heading: String,
    sentences: Vec<String>,
}

/// Reads what shows a hit: the sentences of a page's section, or the lines from shortly before the first that holds one
/// of the words.
pub(super) async fn read(service: &Service, hit: &Hit, words: &[String], locale: Locale) -> Shown {
    let wish = Wish {
        language: hit.locale,
        offers: &[locale],
        ..Wish::default()
    };
    let edition = service.library.edition(&hit.repository, wish).await.ok();
    let (section, page) = match &edition {
        Some(edition) => (
            section(service, edition, hit, words).await,
            title(service, edition, hit).await,
        ),
        None => (None, None),
    };
    let excerpt = match section {
        Some(_) => None,
        None => excerpt(service, hit, words).await,
    };
    Shown {
        excerpt,
        section,
        page,
    }
}

async fn title(service: &Service, edition: &Edition, hit: &Hit) -> Option<String> {
    let slug = hit.page.as_ref()?;
    let pages = service.library.pages(edition).await.ok()?;
    let entry = pages.iter().find(|entry| entry.slug == *slug);
    entry.map(|entry| entry.title.clone())
}

async fn section(service: &Service, edition: &Edition, hit: &Hit, words: &[String]) -> Option<Told> {
    let (slug, anchor) = (hit.page.as_ref()?, hit.section.as_ref()?);
    let page = service.library.page(edition, slug).await.ok()?;
    let of_hit = |section: &&Section| section.anchor == *anchor;
    let section = page.sections.iter().find(of_hit)?;
    Some(told(&page, section, words))
}

fn told(page: &Page, section: &Section, words: &[String]) -> Told {
    let text = section.plain_text();
    let heading = plain_text(&section.heading);
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty() && *line != heading)
        .collect();
    let first = lines.iter().position(|line| holds(line, words)).unwrap_or(0);
    Told {
        page: page.title.clone(),
        heading,
        sentences: lines
            .into_iter()
            .skip(first)
            .take(SENTENCES)
            .map(str::to_owned)
            .collect(),
    }
}

async fn excerpt(service: &Service, hit: &Hit, words: &[String]) -> Option<Excerpt> {
    let library = &service.library;
    let generation = library.generation_of(&hit.repository, &hit.commit).await.ok()??;
    let count = (hit.end.saturating_sub(hit.start) + 1).min(SCANNED);
    let path = hit.path.as_str();
    let mut excerpt = library
        .excerpt(&hit.repository, &generation, path, hit.start, count)
        .await
        .ok()?;
    let latest = excerpt.lines.len().saturating_sub(LINES);
    let first = excerpt
        .lines
        .iter()
        .position(|line| holds(line, words))
        .map_or(0, |at| at.saturating_sub(1).min(latest));
    excerpt.lines = excerpt.lines.split_off(first);
    excerpt.lines.truncate(LINES);
    excerpt.start += u32::try_from(first).unwrap_or_default();
    Some(excerpt)
}

fn holds(line: &str, words: &[String]) -> bool {
    let line = line.to_ascii_lowercase();
    words.iter().any(|word| line.contains(word))
}

pub(super) fn draw(
    reader: &Reader<'_>,
    words: &Words,
    (hit, shown): (&Hit, &Shown),
    repository: &str,
    looked_for: &[String],
) -> Markup {
    let at = Citation {
        path: hit.path.clone(),
        start: hit.start,
        end: hit.end,
    };
    let lines_at = reader.links.source(&hit.repository, &at);
    let of_page = reader.links.published();
    let of_page = hit
        .locale
        .map_or_else(|| of_page.clone(), |locale| of_page.in_language(locale));
    let page = hit.page.as_ref().map(|page| of_page.page(&hit.repository, page));
    html! {
        li .hit {
            @match (&shown.section, &page, &hit.section) {
                (Some(told), Some(page), Some(anchor)) => {
                    h2 .prose lang=[hit.locale] {
                        a href={ (page) "#" (anchor) } { (clean(&told.page)) @if !told.heading.is_empty() { " › " (clean(&told.heading)) } }
                    }
                }
                _ => h2 { a href=(lines_at) { (clean(hit.symbol.as_deref().unwrap_or_else(|| hit.path.file_name()))) } },
            }
            p .facts {
                span { (repository) }
                @if let Some(kind) = hit.kind.filter(|_| shown.section.is_none()) { span { (words.kind(kind)) } }
                span { a .place href=(lines_at) { span .path { (clean(hit.path.as_str())) } " " span .range { (reader.text.lines(hit.start, hit.end)) } } }
                @if let (None, Some(page), Some(title)) = (&shown.section, &page, &shown.page) {
                    span { (reader.text.in_page) ": " a href=(page) { (clean(title)) } }
                }
                @for reason in &hit.why { span .why title=(words.why) { (words.reason(*reason)) } }
            }
            @if let Some(told) = &shown.section {
                div .told lang=[hit.locale] { @for sentence in &told.sentences { p { (lines::highlighted(&clean(sentence), looked_for)) } } }
            } @else if let Some(excerpt) = &shown.excerpt {
                (lines::listing(excerpt, &lines::Show { words: looked_for, ..lines::Show::default() }))
            }
        }
    }
}
