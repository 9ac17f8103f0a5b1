//! [`PageCatalog`]: each build's pages, by language.

use deepwiki_domain::{ArtefactKey, Locale, Slug, wiki::PageEntry};

use super::{new_build, new_repository};
use crate::PageCatalog;

/// More than a batch of any backend holds.
const PAGES: u32 = 130;

/// What a [`PageCatalog`] must do.
pub async fn page_catalog(catalog: &dyn PageCatalog) {
    let (repository, first, second) = (new_repository(), new_build(), new_build());
    assert_eq!(catalog.list(&repository, &first, Locale::En).await.unwrap(), []);

    let english = pages("en");
    let mut shuffled = english.clone();
    shuffled.reverse();
    for _ in 0..2 {
        catalog
            .put(&repository, &first, Locale::En, &shuffled)
            .await
            .unwrap();
    }
    let japanese = pages("ja");
    catalog
        .put(&repository, &first, Locale::Ja, &japanese)
        .await
        .unwrap();
    let next: Vec<PageEntry> = pages("next").into_iter().take(3).collect();
    catalog
        .put(&repository, &second, Locale::En, &next)
        .await
        .unwrap();

    assert!(
        catalog.list(&repository, &first, Locale::En).await.unwrap() == english,
        "in reading order, each once"
    );
    assert!(catalog.list(&repository, &first, Locale::Ja).await.unwrap() == japanese);
    assert_eq!(
        catalog.list(&repository, &second, Locale::En).await.unwrap(),
        next
    );
    assert_eq!(catalog.list(&repository, &second, Locale::Ja).await.unwrap(), []);
    assert_eq!(
        catalog.list(&new_repository(), &first, Locale::En).await.unwrap(),
        []
    );

    let wanted = japanese.last().unwrap();
    let found = catalog
        .get(&repository, &first, Locale::Ja, &wanted.slug)
        .await
        .unwrap();
    assert_eq!(found.as_ref(), Some(wanted));
    let unknown = Slug::from_text("no such page");
    assert_eq!(
        catalog
            .get(&repository, &first, Locale::Ja, &unknown)
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        catalog
            .get(&repository, &second, Locale::En, &wanted.slug)
            .await
            .unwrap(),
        None
    );

    for _ in 0..2 {
        catalog.remove(&repository, &first).await.unwrap();
        assert_eq!(catalog.list(&repository, &first, Locale::En).await.unwrap(), []);
        assert_eq!(catalog.list(&repository, &first, Locale::Ja).await.unwrap(), []);
        assert_eq!(
            catalog
                .get(&repository, &first, Locale::Ja, &wanted.slug)
                .await
                .unwrap(),
            None
        );
    }
    assert_eq!(
        catalog.list(&repository, &second, Locale::En).await.unwrap(),
        next,
        "another build's stay"
    );
}

fn pages(mark: &str) -> Vec<PageEntry> {
    let slug = |order: u32| Slug::from_text(&format!("module {}", order * 7919 % PAGES));
    (0..PAGES)
        .map(|order| PageEntry {
            slug: slug(order),
            title: format!("Page {order} ({mark}) 日本語"),
            parent: (order > 0).then(|| slug(order / 4)),
            order,
            summary: String::new(),
            page: ArtefactKey::of(format!("{mark} {order}").as_bytes()),
        })
        .collect()
}
