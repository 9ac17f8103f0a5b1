//! The addresses that GitHub gives to headings.

use std::collections::{BTreeMap, HashMap};

use super::{list_headings, plain_text};
use crate::{Slug, page::Page};

/// Where each page of a document of these pages begins.
pub(super) fn of_pages(pages: &[Page]) -> BTreeMap<Slug, String> {
    let mut taken = HashMap::new();
    let mut anchors = BTreeMap::new();
    for page in pages {
        let title = if page.title.trim().is_empty() {
            page.slug.as_str()
        } else {
            &page.title
        };
        anchors.insert(page.slug.clone(), take(&mut taken, title));
        for section in &page.sections {
            let heading = plain_text(&section.heading);
            if !heading.is_empty() {
                take(&mut taken, &heading);
            }
        }
        let (sources, related) = list_headings(page.locale);
        if !page.sources.is_empty() {
            take(&mut taken, sources);
        }
        if !page.related.is_empty() {
            take(&mut taken, related);
        }
    }
    anchors
}

/// Letters, digits, `-` and `_` in lower case, `-` for each space; a heading that comes again is numbered.
fn take(taken: &mut HashMap<String, u32>, heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    let anchor: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
    let count = taken.entry(anchor.clone()).or_default();
    *count += 1;
    if *count == 1 {
        anchor
    } else {
        format!("{anchor}-{}", *count - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_have_the_addresses_that_a_parser_gives_them() {
        let mut parser = comrak::Anchorizer::new();
        let mut taken = HashMap::new();
        for heading in [
            "Parts of `net`",
            "Parts",
            "Parts",
            "C++ / core",
            "設定 と 値",
            "snake_case-x",
            "Parts",
            "a.b  c",
        ] {
            let heading = heading.replace('`', "");
            assert_eq!(
                take(&mut taken, &heading),
                parser.anchorize(&heading),
                "{heading}"
            );
        }
    }
}
