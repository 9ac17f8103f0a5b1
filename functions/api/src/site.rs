//! A wiki as one document to keep: a self-contained HTML site, `llms.txt`. Pure.

use deepwiki_domain::{
    CommitId, Slug, markdown,
    page::{Citation, Page},
    source::RepositorySource,
    wiki::Wiki,
};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::html::{Address, STYLE, Text, article, clean};

/// The whole wiki as one HTML file that needs nothing else: no script, no font, no picture.
pub fn export_site(wiki: &Wiki, pages: &[Page], source: &RepositorySource) -> String {
    let text = Text::of(wiki.language);
    let title = source.name();
    let document = html! {
        (DOCTYPE)
        html lang=(wiki.language) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · DeepWiki-OMR" }
                style { (PreEscaped(STYLE)) }
            }
            body .site {
                div .wiki {
                    nav #tree .tree aria-label=(text.pages) {
                        p .site-title { strong { (title) } code { (wiki.commit.short()) } }
                        ul { @for page in pages { li .nested[page.parent.is_some()] { a href={ "#" (page.slug) } { (clean(&page.title)) } } } }
                    }
                    main #content {
                        @for page in pages { (site_page(page, pages, text, source, &wiki.commit)) }
                    }
                }
            }
        }
    };
    document.into_string()
}

fn site_page(
    page: &Page,
    pages: &[Page],
    text: &Text,
    source: &RepositorySource,
    commit: &CommitId,
) -> Markup {
    let address = SiteAddress {
        slug: &page.slug,
        source,
        commit,
    };
    let by_slug = |slug: &Slug| pages.iter().find(|page| page.slug == *slug);
    let related: Vec<&Page> = page.related.iter().filter_map(by_slug).collect();
    html! {
        article id=(page.slug) {
            header .opening {
                h1 { (clean(&page.title)) }
                @if let Some(lead) = page.lead() { p .lead { (clean(lead)) } }
            }
            (article(page, text, &address))
            @if !related.is_empty() {
                nav .related aria-label=(text.related) {
                    h2 { (text.related) }
                    ul { @for page in &related { li { a href=(address.page(&page.slug)) { strong { (clean(&page.title)) } } } } }
                }
            }
        }
    }
}

struct SiteAddress<'a> {
    slug: &'a Slug,
    source: &'a RepositorySource,
    commit: &'a CommitId,
}

impl Address for SiteAddress<'_> {
    fn page(&self, slug: &Slug) -> String {
        format!("#{slug}")
    }

    /// Slugs hold no `:`, so that no part of a page has the address of another page.
    fn anchor(&self, anchor: &str) -> String {
        format!("{}:{anchor}", self.slug)
    }

    fn lines(&self, _: &Citation) -> Option<String> {
        None
    }

    fn source(&self, at: &Citation) -> Option<String> {
        self.source.link(self.commit, &at.path, at.start, at.end)
    }
}

/// The wiki as `llms.txt` (llmstxt.org): what it is about, and where each page is.
pub fn llms_txt(wiki: &Wiki, address: &dyn Fn(&Slug) -> String) -> String {
    let line = |text: &str| markdown::escaped_line(text);
    let name = wiki
        .pages
        .first()
        .map_or(wiki.repository.as_str(), |page| &page.title);
    let mut out = format!("# {}\n", line(name));
    if let Some(page) = wiki.pages.first().filter(|page| !page.summary.is_empty()) {
        out.push_str(&format!("\n> {}\n", line(&page.summary)));
    }
    out.push_str(&format!(
        "\nRepository `{}` at commit `{}`.\n\n## Pages\n\n",
        wiki.repository, wiki.commit
    ));
    for page in &wiki.pages {
        out.push_str(&format!("- [{}]({})", line(&page.title), address(&page.slug)));
        let summary = line(&page.summary);
        out.push_str(if summary.is_empty() { "" } else { ": " });
        out.push_str(&summary);
        out.push('\n');
    }
    out
}
