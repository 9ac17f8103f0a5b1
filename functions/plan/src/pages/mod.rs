//! The pages of a wiki: which there are, in which order, and what each has to say.

mod api;
mod architecture;
mod entries;
mod modules;
mod overview;
mod project;
mod standard;
mod steered;

use std::collections::BTreeMap;

use deepwiki_domain::{
    Slug,
    graph::FileId,
    manifest::{Manifest, Role},
    page::Citation,
    plan::{BriefSection, PLAN_VERSION, PageBrief, PageRef, Title, Usage},
};

use crate::{cards::Cards, model::Model, modules::Modules, prose::Passage, steering::Steering};

/// Sources that a page lists at most.
const SOURCES: usize = 16;

/// What the pages are made from.
pub(crate) struct Material<'a> {
    pub(crate) manifest: &'a Manifest,
    pub(crate) model: &'a Model<'a>,
    pub(crate) modules: &'a Modules,
    /// Folders with a package manifest that states a name, and that file.
    pub(crate) packages: &'a BTreeMap<String, FileId>,
    /// Headings and paragraphs of each README, by its folder, with its file.
    pub(crate) readmes: &'a BTreeMap<String, (FileId, Vec<Passage>)>,
    /// Uses between modules, each file counted to its own.
    pub(crate) usages: &'a BTreeMap<(usize, usize), Usage>,
}

impl<'a> Material<'a> {
    fn cards(&self) -> Cards<'a> {
        Cards {
            model: self.model,
            modules: self.modules,
        }
    }
}

/// Every page, in reading order, with the modules that it stands for where they have none of their own. A page
/// without content is not among them, but for the first and those that the repository asks for.
pub(crate) fn all(material: &Material<'_>, steering: &Steering) -> Vec<(PageBrief, Vec<usize>)> {
    let drafts = if steering.pages.is_empty() {
        planned(material)
    } else {
        steered::all(material, steering)
    };
    let refs: Vec<PageRef> = drafts.iter().map(|draft| draft.page.clone()).collect();
    let finish = |(mut draft, order): (Draft, u32)| {
        let covers = std::mem::take(&mut draft.covers);
        draft.notes.splice(0..0, steering.notes.iter().cloned());
        (draft.finish(order, &refs), covers)
    };
    drafts.into_iter().zip(0u32..).map(finish).collect()
}

/// The pages that follow from the code.
fn planned(material: &Material<'_>) -> Vec<Draft> {
    let mut drafts = vec![overview::overview(material)];
    drafts.extend(architecture::architecture(material));
    let above_modules = Slug::from_text(if drafts.len() > 1 {
        "architecture"
    } else {
        "overview"
    });
    drafts.extend(modules::all(material, &above_modules));
    drafts.extend(entries::entry_points(material));
    drafts.extend(api::public_api(material));
    drafts.extend(api::data_model(material));
    drafts.extend(project::configuration(material));
    drafts.extend(project::build_and_run(material));
    drafts.extend(project::tests(material));
    drafts.extend(api::glossary(material));
    drafts
}

/// A page that may come to be.
fn page(slug: &str, title: Title) -> PageRef {
    PageRef {
        slug: Slug::from_text(slug),
        title,
    }
}

fn source_files<'a>(material: &'a Material<'_>) -> impl Iterator<Item = FileId> + use<'a> {
    material
        .model
        .files()
        .filter(|(_, file)| file.role == Role::Source)
        .map(|(id, _)| id)
}

/// A page before it knows its place.
pub(crate) struct Draft {
    pub(crate) page: PageRef,
    pub(crate) parent: Option<Slug>,
    pub(crate) sections: Vec<BriefSection>,
    pub(crate) sources: Vec<Citation>,
    /// Pages to go on to; those that do not come to be are left out.
    pub(crate) related: Vec<PageRef>,
    /// Guidance for the writer.
    pub(crate) notes: Vec<String>,
    /// The modules that the page stands for, where they have none of their own.
    pub(crate) covers: Vec<usize>,
}

impl Draft {
    fn new(slug: &str, title: Title) -> Self {
        Self {
            page: PageRef {
                slug: Slug::from_text(slug),
                title,
            },
            parent: None,
            sections: Vec::new(),
            sources: Vec::new(),
            related: Vec::new(),
            notes: Vec::new(),
            covers: Vec::new(),
        }
    }

    /// The draft, unless it has nothing to say.
    fn filled(self) -> Option<Self> {
        let says_something = self
            .sections
            .iter()
            .any(|section| !matches!(section, BriefSection::Picture(_)));
        says_something.then_some(self)
    }

    /// Adds a section if it has content.
    fn add<T>(&mut self, items: Vec<T>, section: fn(Vec<T>) -> BriefSection) {
        if !items.is_empty() {
            self.sections.push(section(items));
        }
    }

    /// Lists these files, whole, as sources.
    fn rests_on(&mut self, material: &Material<'_>, files: impl IntoIterator<Item = FileId>) {
        let mut files: Vec<FileId> = files.into_iter().collect();
        files.sort_by(|a, b| {
            material
                .model
                .ranks
                .file(*b)
                .total_cmp(&material.model.ranks.file(*a))
                .then(a.cmp(b))
        });
        for file in files {
            let Some(facts) = material.model.file(file).filter(|facts| facts.lines > 0) else {
                continue;
            };
            let whole = Citation {
                path: facts.path.clone(),
                start: 1,
                end: facts.lines,
            };
            if self.sources.len() < SOURCES && !self.sources.contains(&whole) {
                self.sources.push(whole);
            }
        }
    }

    fn finish(mut self, order: u32, pages: &[PageRef]) -> PageBrief {
        let before = usize::try_from(order)
            .ok()
            .and_then(|order| pages.get(..order))
            .unwrap_or_default();
        self.related
            .retain(|page| pages.contains(page) && page.slug != self.page.slug);
        let mut seen = std::collections::BTreeSet::new();
        self.related.retain(|page| seen.insert(page.slug.clone()));
        self.related.truncate(8);
        PageBrief {
            schema: PLAN_VERSION,
            slug: self.page.slug,
            title: self.page.title,
            // Only a page that stands before this one: no circle can come to be.
            parent: self
                .parent
                .filter(|parent| before.iter().any(|page| page.slug == *parent)),
            order,
            sections: self.sections,
            sources: self.sources,
            related: self.related,
            notes: self.notes,
        }
    }
}
