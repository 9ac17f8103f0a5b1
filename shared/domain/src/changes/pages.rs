//! What changed on the pages: which came, went or took another address, and what the others say now.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{ChangeKind, Side, pairs::unlike};
use crate::{
    BlobId, Slug, gate,
    page::{Block, Citation, Diagram, Page, Section, Statement},
    wiki::PageEntry,
};

/// A page as it was and as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageChange {
    /// How it changed; one that moved has another address.
    pub change: ChangeKind,
    /// As it was; none where it was added.
    pub before: Option<PageState>,
    /// As it is; none where it was removed.
    pub after: Option<PageState>,
    /// The sections that say something else, in reading order; none of a page that was added or removed.
    pub sections: Vec<SectionChange>,
}

/// What a list shows of a page.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PageState {
    /// Its place in the whole, counted from 0.
    pub order: u32,
    /// Its address.
    pub slug: Slug,
    /// Its title.
    pub title: String,
    /// One or two sentences.
    pub summary: String,
}

impl PageState {
    fn of(entry: &PageEntry) -> Self {
        Self {
            order: entry.order,
            slug: entry.slug.clone(),
            title: entry.title.clone(),
            summary: entry.summary.clone(),
        }
    }
}

/// A section that says something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SectionChange {
    /// Its address within the page.
    pub anchor: Slug,
    /// Its heading, without marks; empty for the opening part.
    pub heading: String,
    /// What it says now and did not say before.
    pub added: Vec<Said>,
    /// What it does not say any more.
    pub removed: Vec<Said>,
    /// Whether one of its diagrams was drawn anew.
    pub redrawn: bool,
}

/// Something that a page says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Said {
    /// The words, without marks.
    pub text: String,
    /// The lines that it rests on, in its own version.
    pub at: Vec<Citation>,
}

impl PageChange {
    pub(super) fn reversed(self) -> Self {
        let turn = |section: SectionChange| SectionChange {
            added: section.removed,
            removed: section.added,
            ..section
        };
        Self {
            change: self.change.reversed(),
            before: self.after,
            after: self.before,
            sections: self.sections.into_iter().map(turn).collect(),
        }
    }
}

/// The pages that are not the same on both sides, which a comparison has to read: of the first list, of the second.
pub fn unequal<'a>(
    before: &'a [PageEntry],
    after: &'a [PageEntry],
) -> (Vec<&'a PageEntry>, Vec<&'a PageEntry>) {
    fn without<'a>(these: &'a [PageEntry], those: &[PageEntry]) -> Vec<&'a PageEntry> {
        let keys: BTreeMap<_, _> = those.iter().map(|entry| (&entry.slug, &entry.page)).collect();
        let differs = |entry: &&PageEntry| keys.get(&entry.slug) != Some(&&entry.page);
        these.iter().filter(differs).collect()
    }
    (without(before, after), without(after, before))
}

/// The changed pages, and how many others only cite other lines.
pub(super) fn changes(before: &Side<'_>, after: &Side<'_>) -> (Vec<PageChange>, u32) {
    let (old, new) = unequal(before.entries, after.entries);
    let renamed = renamed(before, &old, after, &new);
    let target = |entry: &PageEntry| {
        let slug = renamed.get(&entry.slug).copied().unwrap_or(&entry.slug);
        new.iter().find(|other| other.slug == *slug).copied()
    };
    let (mut changes, mut relocated) = (Vec::new(), 0);
    let mut met: BTreeSet<&Slug> = BTreeSet::new();
    for entry in &old {
        let Some(other) = target(entry) else {
            changes.push(PageChange {
                change: ChangeKind::Removed,
                before: Some(PageState::of(entry)),
                after: None,
                sections: Vec::new(),
            });
            continue;
        };
        met.insert(&other.slug);
        let texts = before.pages.get(&entry.slug).zip(after.pages.get(&other.slug));
        let sections = texts
            .map(|(before, after)| sections(before, after))
            .unwrap_or_default();
        let (was, is) = (PageState::of(entry), PageState::of(other));
        let listed_alike = (&was.slug, &was.title, &was.summary) == (&is.slug, &is.title, &is.summary);
        if listed_alike && sections.is_empty() {
            relocated += 1;
            continue;
        }
        changes.push(PageChange {
            change: if was.slug == is.slug {
                ChangeKind::Changed
            } else {
                ChangeKind::Moved
            },
            before: Some(was),
            after: Some(is),
            sections,
        });
    }
    changes.extend(
        new.iter()
            .filter(|entry| !met.contains(&entry.slug))
            .map(|entry| PageChange {
                change: ChangeKind::Added,
                before: None,
                after: Some(PageState::of(entry)),
                sections: Vec::new(),
            }),
    );
    changes.sort_by(|a, b| order(a).cmp(&order(b)));
    (changes, relocated)
}

fn order(change: &PageChange) -> (Option<&PageState>, Option<&PageState>) {
    let ends = || change.before.iter().chain(&change.after);
    (ends().min(), ends().max())
}

/// Pages that went whose subject is found under an address that came: each is what the other has most in common with,
/// and at least half of their sources are the same texts.
fn renamed<'a>(
    before: &Side<'_>,
    old: &[&'a PageEntry],
    after: &Side<'_>,
    new: &[&'a PageEntry],
) -> BTreeMap<&'a Slug, &'a Slug> {
    let is_in = |entries: &[PageEntry], slug: &Slug| entries.iter().any(|entry| entry.slug == *slug);
    let gone: Vec<(&Slug, BTreeSet<&BlobId>)> = old
        .iter()
        .filter(|entry| !is_in(after.entries, &entry.slug))
        .map(|entry| (&entry.slug, texts(before, &entry.slug)))
        .collect();
    let come: Vec<(&Slug, BTreeSet<&BlobId>)> = new
        .iter()
        .filter(|entry| !is_in(before.entries, &entry.slug))
        .map(|entry| (&entry.slug, texts(after, &entry.slug)))
        .collect();
    let forth = best(&gone, &come);
    let back = best(&come, &gone);
    forth
        .into_iter()
        .filter(|(old, new)| back.get(new) == Some(old))
        .collect()
}

/// The contents of the files that a page was made from.
fn texts<'a>(side: &Side<'a>, slug: &Slug) -> BTreeSet<&'a BlobId> {
    let sources = side
        .pages
        .get(slug)
        .map(|page| page.sources.as_slice())
        .unwrap_or_default();
    sources
        .iter()
        .filter_map(|at| Some(&side.manifest.file(at.path.as_str())?.blob))
        .collect()
}

/// For each of these the one of those that has most in common with it; none where two are equally good.
fn best<'a>(
    these: &[(&'a Slug, BTreeSet<&BlobId>)],
    those: &[(&'a Slug, BTreeSet<&BlobId>)],
) -> BTreeMap<&'a Slug, &'a Slug> {
    let mut holders: BTreeMap<&BlobId, Vec<usize>> = BTreeMap::new();
    for (at, (_, texts)) in those.iter().enumerate() {
        for text in texts {
            holders.entry(text).or_default().push(at);
        }
    }
    let mut found = BTreeMap::new();
    for (slug, texts) in these {
        let mut shared: BTreeMap<usize, usize> = BTreeMap::new();
        for at in texts
            .iter()
            .flat_map(|text| holders.get(text).into_iter().flatten())
        {
            *shared.entry(*at).or_default() += 1;
        }
        let candidates = shared.into_iter().filter_map(|(at, shared)| {
            let (other, others) = those.get(at)?;
            let either = texts.len() + others.len() - shared;
            (shared * 2 >= either).then_some((shared, either, *other))
        });
        let candidates: Vec<(usize, usize, &Slug)> = candidates.collect();
        let better = |a: &(usize, usize, &Slug), b: &(usize, usize, &Slug)| (a.0 * b.1).cmp(&(b.0 * a.1));
        let Some(first) = candidates.iter().max_by(|a, b| better(a, b)) else {
            continue;
        };
        if candidates
            .iter()
            .filter(|other| better(other, first).is_eq())
            .count()
            == 1
        {
            found.insert(*slug, first.2);
        }
    }
    found
}

/// The sections of two pages that say something else.
fn sections(before: &Page, after: &Page) -> Vec<SectionChange> {
    let mut all: BTreeMap<&Slug, (Option<&Section>, Option<&Section>)> = BTreeMap::new();
    for section in &before.sections {
        all.entry(&section.anchor).or_default().0.get_or_insert(section);
    }
    for section in &after.sections {
        all.entry(&section.anchor).or_default().1.get_or_insert(section);
    }
    let place =
        |page: &Page, anchor: &Slug| page.sections.iter().position(|section| section.anchor == *anchor);
    let mut found = Vec::new();
    for (anchor, (old, new)) in all {
        let (removed, added) = unlike(said(old), said(new), |said| said.text.clone());
        let redrawn = drawn(before, old) != drawn(after, new);
        let heading = |section: Option<&Section>| section.map(|section| gate::plain(&section.heading));
        let (was, is) = (heading(old), heading(new));
        if removed.is_empty() && added.is_empty() && !redrawn && was.is_some() == is.is_some() {
            continue;
        }
        let places = [place(before, anchor), place(after, anchor)];
        let (earliest, latest) = (
            places.iter().flatten().min().copied(),
            places.iter().max().copied(),
        );
        found.push((
            (earliest, latest),
            SectionChange {
                anchor: anchor.clone(),
                // A heading that was reworded is shown by the greater, so that both directions show the same.
                heading: was.max(is).unwrap_or_default(),
                added,
                removed,
                redrawn,
            },
        ));
    }
    found.sort_by(|(a, left), (b, right)| (a, &left.anchor).cmp(&(b, &right.anchor)));
    found.into_iter().map(|(_, section)| section).collect()
}

fn drawn<'a>(page: &'a Page, section: Option<&Section>) -> Vec<&'a str> {
    let blocks = section
        .map(|section| section.blocks.as_slice())
        .unwrap_or_default();
    let picture = |block: &Block| match block {
        Block::Diagram(at) => page.diagrams.get(*at as usize),
        _ => None,
    };
    let mermaid = |diagram: &'a Diagram| diagram.mermaid.as_str();
    blocks.iter().filter_map(picture).map(mermaid).collect()
}

/// Everything that a section says, in its order.
fn said(section: Option<&Section>) -> Vec<Said> {
    let sentence = |statement: &Statement| Said {
        text: gate::plain(&statement.text),
        at: statement.citations.clone(),
    };
    let blocks = section
        .map(|section| section.blocks.as_slice())
        .unwrap_or_default();
    let mut all = Vec::new();
    for block in blocks {
        match block {
            Block::Paragraph(statements) => all.extend(statements.iter().map(sentence)),
            Block::List { items, .. } => all.extend(items.iter().flatten().map(sentence)),
            Block::Quote(statement) => all.push(sentence(statement)),
            Block::Table { rows, .. } => all.extend(rows.iter().map(|row| {
                let cells: Vec<String> = row.cells.iter().map(|cell| gate::plain(cell)).collect();
                Said {
                    text: cells.join(" · "),
                    at: row.citations.clone(),
                }
            })),
            Block::Code { text, citation, .. } => all.push(Said {
                text: text.clone(),
                at: vec![citation.clone()],
            }),
            Block::Diagram(_) | Block::Links(_) => {}
        }
    }
    all
}
