//! Comparing holds in both directions, whatever the two builds hold.

use std::borrow::Cow;

use proptest::prelude::*;

use super::*;
use crate::{
    ArtefactKey, RepositoryId,
    job::Trigger,
    manifest::{MANIFEST_VERSION, Role},
    outline::{OutlineFile, OutlineSymbol},
    page::{Block, Inline, Section, Statement},
    source::RepositorySource,
};

/// A build that a comparison can look at.
#[derive(Debug, Clone)]
struct Build {
    generation: Generation,
    manifest: Manifest,
    outline: Outline<'static>,
    entries: Vec<PageEntry>,
    pages: BTreeMap<Slug, Page>,
    validity: Validity,
}

impl Build {
    fn side(&self) -> Side<'_> {
        Side {
            generation: &self.generation,
            manifest: &self.manifest,
            outline: Some(&self.outline),
            entries: &self.entries,
            pages: &self.pages,
            validity: self.validity,
        }
    }
}

fn between(before: &Build, after: &Build) -> Changes {
    Changes::between(&before.side(), &after.side(), Locale::En)
}

/// The files that a page was made from, and its sentences as (words, line).
type Content = (Vec<u8>, Vec<(u8, u32)>);

/// What a build is made of: files as (name, content), definitions as (file, name, head), pages by name.
#[derive(Debug, Clone, Default)]
struct Recipe {
    files: BTreeMap<u8, u8>,
    symbols: Vec<(u8, u8, u8)>,
    pages: BTreeMap<u8, Content>,
}

fn path(name: u8) -> RepoPath {
    RepoPath::new(format!("src/f{name}.rs")).unwrap()
}

fn make(name: &str, recipe: &Recipe) -> Build {
    let key = |part: &str| ArtefactKey::of(format!("{name} {part}").as_bytes());
    let commit: String = key("commit").as_str().chars().take(40).collect();
    let commit = CommitId::new(commit).unwrap();
    let source = RepositorySource::parse_url("https://github.com/example/r").unwrap();
    let files = recipe.files.iter().map(|(file, content)| FileEntry {
        path: path(*file),
        blob: BlobId::new(format!("{content:040}")).unwrap(),
        bytes: 1,
        lines: u32::from(*content),
        language: None,
        role: Role::Source,
        shard: 0,
        masked: 0,
    });
    let mut files: Vec<FileEntry> = files.collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let mut outline: BTreeMap<RepoPath, Vec<OutlineSymbol<'static>>> = BTreeMap::new();
    for (line, (file, symbol, head)) in (1..).zip(&recipe.symbols) {
        outline.entry(path(*file)).or_default().push(OutlineSymbol {
            name: Cow::Owned(format!("n{symbol}")),
            kind: SymbolKind::Function,
            signature: Cow::Owned(format!("fn n{symbol}({head})")),
            start: line,
            end: line,
        });
    }
    let pages: BTreeMap<Slug, Page> = (0..)
        .zip(&recipe.pages)
        .map(|(order, (name, (sources, sentences)))| page(order, *name, sources, sentences))
        .map(|page| (page.slug.clone(), page))
        .collect();
    let entries = pages.values().map(|page| PageEntry {
        slug: page.slug.clone(),
        title: page.title.clone(),
        parent: None,
        order: page.order,
        summary: page.summary.clone(),
        page: ArtefactKey::of(serde_json::to_string(page).unwrap().as_bytes()),
    });
    Build {
        entries: entries.collect(),
        generation: Generation {
            build: BuildId::new(name).unwrap(),
            commit: commit.clone(),
            commit_time: None,
            trigger: Trigger::Api,
            published_at: 0,
            manifest: key("manifest"),
            plan: key("plan"),
            wikis: BTreeMap::new(),
            search: key("search"),
            packages: None,
        },
        manifest: Manifest {
            schema: MANIFEST_VERSION,
            repository: RepositoryId::new("r").unwrap(),
            source,
            commit,
            commit_time: None,
            files,
            skipped: Vec::new(),
            shards: Vec::new(),
        },
        outline: Outline {
            files: outline
                .into_iter()
                .map(|(path, symbols)| OutlineFile { path, symbols })
                .collect(),
        },
        pages,
        validity: Validity::default(),
    }
}

fn page(order: u32, name: u8, sources: &[u8], sentences: &[(u8, u32)]) -> Page {
    let cite = |file: u8, line: u32| Citation::new(&path(file), Lines::one(line));
    let say = |(words, line): &(u8, u32)| Statement {
        text: vec![Inline::Text(format!("sentence {words}"))],
        citations: vec![cite(0, *line)],
    };
    let sections = sentences.chunks(2).enumerate().map(|(at, said)| Section {
        anchor: Slug::from_text(&format!("s{at}")),
        heading: Vec::new(),
        level: 2,
        blocks: vec![Block::Paragraph(said.iter().map(say).collect())],
    });
    Page {
        slug: Slug::from_text(&format!("p{name}")),
        title: format!("Page {name}"),
        parent: None,
        order,
        locale: Locale::En,
        summary: String::new(),
        sections: sections.collect(),
        sources: sources.iter().map(|file| cite(*file, 1)).collect(),
        diagrams: Vec::new(),
        related: Vec::new(),
        writer: "w".to_owned(),
        validity: Validity::default(),
    }
}

fn recipe() -> impl Strategy<Value = Recipe> {
    let files = prop::collection::btree_map(0..6u8, 0..4u8, 0..6);
    let symbols = prop::collection::vec((0..4u8, 0..3u8, 0..3u8), 0..8);
    let sentences = prop::collection::vec((0..5u8, 1..3u32), 0..6);
    let page = (prop::collection::vec(0..6u8, 0..4), sentences);
    let pages = prop::collection::btree_map(0..6u8, page, 0..6);
    (files, symbols, pages).prop_map(|(files, symbols, pages)| Recipe {
        files,
        symbols,
        pages,
    })
}

proptest! {
    #[test]
    fn a_build_is_no_different_from_itself(recipe in recipe()) {
        let build = make("a", &recipe);
        let changes = between(&build, &build);
        prop_assert!(changes.is_empty(), "{changes:?}");
        prop_assert!(changes.pages.is_empty() && changes.files.is_empty());
    }

    #[test]
    fn looking_back_is_looking_forth_reversed(before in recipe(), after in recipe()) {
        let (before, after) = (make("a", &before), make("b", &after));
        prop_assert_eq!(between(&before, &after).reversed(), between(&after, &before));
    }

    #[test]
    fn every_file_that_came_or_went_is_told_once(before in recipe(), after in recipe()) {
        let changes = between(&make("a", &before), &make("b", &after));
        let is_new = |change: &Change<FileState>| change.before.as_ref().is_none_or(|old| {
            change.after.as_ref().is_none_or(|new| new.path != old.path)
        });
        let came = changes.files.iter().filter(|change| change.after.is_some() && is_new(change)).count();
        let went = changes.files.iter().filter(|change| change.before.is_some() && is_new(change)).count();
        prop_assert_eq!(came, after.files.keys().filter(|file| !before.files.contains_key(file)).count());
        prop_assert_eq!(went, before.files.keys().filter(|file| !after.files.contains_key(file)).count());
    }
}

#[test]
fn a_page_whose_files_moved_is_found_under_its_new_address() {
    let before = Recipe {
        files: BTreeMap::from([(0, 1), (1, 2)]),
        pages: BTreeMap::from([(1, (vec![0, 1], vec![(1, 1), (2, 1)]))]),
        ..Recipe::default()
    };
    let after = Recipe {
        files: BTreeMap::from([(2, 1), (3, 2)]),
        pages: BTreeMap::from([(4, (vec![2, 3], vec![(1, 9), (3, 1)]))]),
        ..Recipe::default()
    };
    let changes = between(&make("a", &before), &make("b", &after));
    let [page] = changes.pages.as_slice() else {
        panic!("{:?}", changes.pages);
    };
    assert_eq!(page.change, ChangeKind::Moved);
    let slug = |state: &Option<PageState>| state.as_ref().map(|state| state.slug.to_string());
    assert_eq!(
        (slug(&page.before).as_deref(), slug(&page.after).as_deref()),
        (Some("p1"), Some("p4"))
    );
    let [section] = page.sections.as_slice() else {
        panic!("{:?}", page.sections);
    };
    let words = |said: &[Said]| said.iter().map(|said| said.text.clone()).collect::<Vec<_>>();
    assert_eq!(
        (words(&section.removed), words(&section.added)),
        (vec!["sentence 2".to_owned()], vec!["sentence 3".to_owned()])
    );
    assert_eq!(
        changes.totals.files,
        Total {
            moved: 2,
            ..Total::default()
        }
    );
}

#[test]
fn a_page_that_says_the_same_of_other_lines_has_not_changed() {
    let said = |line| Recipe {
        pages: BTreeMap::from([(1, (vec![], vec![(1, line)]))]),
        ..Recipe::default()
    };
    let changes = between(&make("a", &said(1)), &make("b", &said(2)));
    assert_eq!((changes.pages.len(), changes.totals.pages_relocated), (0, 1));
}

#[test]
fn a_head_that_changed_is_one_change_and_an_overload_is_added() {
    let symbols = |heads: &[u8]| Recipe {
        symbols: heads.iter().map(|head| (0, 0, *head)).collect(),
        ..Recipe::default()
    };
    let kinds = |before: &[u8], after: &[u8]| {
        let changes = between(&make("a", &symbols(before)), &make("b", &symbols(after)));
        changes.totals.symbols
    };
    assert_eq!(
        kinds(&[1], &[2]),
        Total {
            changed: 1,
            ..Total::default()
        }
    );
    assert_eq!(
        kinds(&[1], &[2, 1]),
        Total {
            added: 1,
            ..Total::default()
        }
    );
    assert_eq!(
        kinds(&[1, 2], &[3]),
        Total {
            changed: 1,
            removed: 1,
            ..Total::default()
        }
    );
}
