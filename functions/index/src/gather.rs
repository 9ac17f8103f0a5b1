//! A build's pages of one language as one wiki.

use std::collections::BTreeSet;

use deepwiki_domain::{
    Locale, RepositoryId, Slug, StageError,
    manifest::Manifest,
    markdown, memo,
    page::{Citation, Page, Validity},
    plan::Plan,
    search::{Document, documents::of_page},
    wiki::{PageEntry, WIKI_VERSION, Wiki},
};
use deepwiki_ports::{Result, codec};

use crate::{IndexPorts, documents};

/// The wiki, what of its pages can be found, and how the catalog lists them.
pub(crate) struct Gathered {
    pub(crate) wiki: Wiki,
    pub(crate) documents: Vec<Document>,
    pub(crate) entries: Vec<PageEntry>,
}

pub(crate) async fn wiki(
    repository: &RepositoryId,
    manifest: &Manifest,
    plan: &Plan,
    locale: Locale,
    ports: IndexPorts<'_>,
) -> Result<Gathered> {
    let mut pages: Vec<Page> = Vec::with_capacity(plan.pages.len());
    let mut entries = Vec::with_capacity(plan.pages.len());
    let mut searched = Vec::new();
    for planned in &plan.pages {
        let memo = memo::page(&planned.brief, locale, ports.writer);
        let missing = || StageError::transient("a page has not been written yet: build the repository again");
        let key = ports
            .artefacts
            .recall(repository, &memo)
            .await?
            .ok_or_else(missing)?;
        let page: Page = codec::get_json(ports.artefacts, repository, &key).await?;
        let mut found: Vec<Document> = of_page(&page).collect();
        documents::add_vectors(repository, &key, &mut found, ports).await?;
        searched.extend(found);
        let published = codec::put_json(ports.published, repository, &page).await?;
        entries.push(PageEntry {
            slug: page.slug.clone(),
            title: page.title.clone(),
            parent: page.parent.clone(),
            order: page.order,
            summary: page.summary.clone(),
            page: published,
        });
        pages.push(page);
    }
    let validity = validity(&pages);
    if validity.dead_links > 0 || validity.resolved < validity.citations {
        return Err(StageError::permanent(
            "the wiki did not pass its own check: report this as a defect",
        ));
    }
    let link = |citation: &Citation| {
        manifest
            .source
            .link(&manifest.commit, &citation.path, citation.start, citation.end)
    };
    let titles = markdown::titles(&pages);
    let wiki = Wiki {
        schema: WIKI_VERSION,
        repository: repository.clone(),
        commit: manifest.commit.clone(),
        commit_time: manifest.commit_time.and_then(rfc3339),
        language: locale,
        writer: ports.writer.to_owned(),
        pages: pages
            .iter()
            .map(|page| markdown::wiki_page(page, &titles, &link))
            .collect(),
        skipped: manifest.skipped.clone(),
        validity,
    };
    Ok(Gathered {
        wiki,
        documents: searched,
        entries,
    })
}

/// The pages' figures summed, with the links between pages checked against the pages that came to be.
fn validity(pages: &[Page]) -> Validity {
    let slugs: BTreeSet<&Slug> = pages.iter().map(|page| &page.slug).collect();
    let mut sum = Validity::default();
    for page in pages {
        sum += page.validity;
        let links = page.related.iter().chain(&page.parent);
        sum.dead_links +=
            u32::try_from(links.filter(|slug| !slugs.contains(slug)).count()).unwrap_or(u32::MAX);
    }
    sum
}

fn rfc3339(seconds: i64) -> Option<String> {
    jiff::Timestamp::from_second(seconds)
        .ok()
        .map(|time| time.to_string())
}
