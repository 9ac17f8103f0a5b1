//! A page a module: what it is for, its types and functions, who uses it and whom it uses.

use std::collections::BTreeMap;

use deepwiki_domain::{
    Slug,
    facts::{FileFacts, SymbolKind, Visibility},
    graph::{FileId, Node},
    manifest::Role,
    page::Citation,
    plan::{BriefSection, MainType, Part, Quotation, SymbolCard, SymbolRef, TestCard, Usage},
};

use super::{Draft, Material};
use crate::{
    cards::{Cards, is_plain_name, summary},
    diagrams,
    model::is_type,
    modules::LEADING,
    prose,
};

/// Every module's page, a module before those below it.
pub(crate) fn all(material: &Material<'_>, above: &Slug) -> Vec<Draft> {
    (0..material.modules.list.len())
        .filter_map(|module| page(material, module, above))
        .collect()
}

fn page(material: &Material<'_>, at: usize, above: &Slug) -> Option<Draft> {
    let module = material.modules.get(at)?;
    let cards = material.cards();
    let own = &module.files;
    let mut draft = Draft::new(module.slug.as_str(), module.title.clone());
    draft.parent = match module.parent.and_then(|parent| material.modules.get(parent)) {
        Some(parent) => Some(parent.slug.clone()),
        None => Some(above.clone()),
    };
    let described = if own.is_empty() {
        material.modules.all_files(at)
    } else {
        own.clone()
    };
    draft.sections.push(purpose(material, at, &described));
    if let Some(picture) = neighbourhood(material, at) {
        draft.sections.push(BriefSection::Picture(picture));
    }
    draft.add(parts(material, at), BriefSection::Parts);
    let lines: u32 = own
        .iter()
        .filter_map(|file| material.model.file(*file))
        .map(|file| file.lines)
        .sum();
    let room = usize::try_from(lines / 200).unwrap_or(usize::MAX);
    let types = cards.notable(own, |d| is_type(d.kind));
    draft.add(
        cards_of(&cards, &types, at, room.clamp(3, 10)),
        BriefSection::Types,
    );
    if let Some(picture) = diagrams::class_diagram(material.model, &types, &module.name()) {
        draft.sections.push(BriefSection::Picture(picture));
    }
    let functions = cards.notable(own, |d| {
        matches!(
            d.kind,
            SymbolKind::Function | SymbolKind::Method | SymbolKind::Macro
        )
    });
    draft.add(
        cards_of(&cards, &functions, at, room.clamp(4, 12)),
        BriefSection::Functions,
    );
    let values = cards.notable(own, |d| {
        matches!(d.kind, SymbolKind::Constant | SymbolKind::Variable) && d.visibility != Visibility::Private
    });
    let documented: Vec<SymbolCard> = cards_of(&cards, &values, at, 24)
        .into_iter()
        .filter(|card| card.summary.is_some() || card.users > 0)
        .take(8)
        .collect();
    draft.add(documented, BriefSection::Values);
    draft.add(usages(material.usages, |(_, to)| to == at), BriefSection::UsedBy);
    draft.add(
        usages(material.usages, |(from, _)| from == at),
        BriefSection::Uses,
    );
    let files: Vec<_> = by_rank(material, own)
        .into_iter()
        .filter_map(|file| cards.file(file, Some(at)))
        .take(20)
        .collect();
    if files.len() > 1 {
        draft.sections.push(BriefSection::Files(files));
    }
    draft.add(tests_of(material, own), BriefSection::Tests);
    draft.rests_on(material, described);
    draft.related = related(material, at);
    draft.filled()
}

fn cards_of(
    cards: &Cards<'_>,
    symbols: &[deepwiki_domain::graph::SymbolId],
    here: usize,
    most: usize,
) -> Vec<SymbolCard> {
    symbols
        .iter()
        .filter_map(|symbol| cards.symbol(*symbol, Some(here)))
        .take(most)
        .collect()
}

fn by_rank(material: &Material<'_>, files: &[FileId]) -> Vec<FileId> {
    let mut files = files.to_vec();
    files.sort_by(|a, b| {
        material
            .model
            .ranks
            .file(*b)
            .total_cmp(&material.model.ranks.file(*a))
            .then(a.cmp(b))
    });
    files
}

/// What a module says of itself: its README, its leading file's comment, or what it defines.
pub(crate) fn purpose(material: &Material<'_>, at: usize, files: &[FileId]) -> BriefSection {
    let quotes = material
        .modules
        .get(at)
        .map(|module| own_words(material, &module.path, files))
        .unwrap_or_default();
    let package = material
        .modules
        .get(at)
        .filter(|module| module.is_package)
        .and_then(|module| super::overview::package_card(material, &module.path));
    let cards = material.cards();
    let main = main_type(&cards, files).filter(|_| quotes.is_empty());
    BriefSection::Purpose {
        package,
        quotes,
        defines: others(cards.defines(files, 5), main.as_ref()),
        main: main.map(Box::new),
    }
}

/// The definitions without the main one.
fn others(defines: Vec<SymbolRef>, main: Option<&MainType>) -> Vec<SymbolRef> {
    let is_main = |symbol: &SymbolRef| main.is_some_and(|main| main.symbol == *symbol);
    defines
        .into_iter()
        .filter(|symbol| !is_main(symbol))
        .take(4)
        .collect()
}

/// Quotations about a folder or file, best first.
fn own_words(material: &Material<'_>, path: &str, files: &[FileId]) -> Vec<Quotation> {
    let mut quotes = Vec::new();
    if let Some((readme, passages)) = material.readmes.get(path).filter(|_| !path.is_empty())
        && let Some(facts) = material.model.file(*readme)
    {
        let paragraphs = passages
            .iter()
            .filter(|passage| passage.level == 0 && !passage.text.ends_with(':'))
            .take(2);
        quotes.extend(paragraphs.map(|p| Quotation {
            text: p.text.clone(),
            at: Citation::new(&facts.path, p.lines),
        }));
    }
    let leading = leading_file(material, path, files);
    if let Some(facts) = leading.and_then(|file| material.model.file(file))
        && let Some(doc) = &facts.doc
        && let Some(text) = prose::first_paragraph(&doc.text).filter(|text| !prose::is_label(text))
    {
        quotes.push(Quotation {
            text,
            at: Citation::new(&facts.path, doc.lines),
        });
    }
    quotes
}

/// The file that speaks for a module: `mod.rs`, `__init__.py`, `index.ts`, … or its only file.
fn leading_file(material: &Material<'_>, path: &str, files: &[FileId]) -> Option<FileId> {
    let facts = |file: &FileId| material.model.file(*file);
    let exact = files
        .iter()
        .find(|file| facts(file).is_some_and(|f| f.path.as_str() == path));
    let beside = format!("{path}.rs");
    let sibling = files
        .iter()
        .find(|file| facts(file).is_some_and(|f| f.path.as_str() == beside));
    let names = LEADING.iter().chain(&["main.rs", "main.go"]);
    let named = names.into_iter().find_map(|name| {
        files
            .iter()
            .find(|file| facts(file).is_some_and(|f| f.path.folder() == path && f.path.file_name() == *name))
    });
    exact
        .or(sibling)
        .or(named)
        .or_else(|| files.first().filter(|_| files.len() == 1))
        .copied()
}

/// The modules right below one, each with what it is about.
fn parts(material: &Material<'_>, parent: usize) -> Vec<Part> {
    material
        .modules
        .children(Some(parent))
        .filter_map(|(at, _)| part(material, at))
        .collect()
}

/// What a module is about.
pub(crate) fn part(material: &Material<'_>, at: usize) -> Option<Part> {
    let cards = material.cards();
    let module = material.modules.get(at)?;
    let files = material.modules.all_files(at);
    let own = if module.files.is_empty() {
        &files
    } else {
        &module.files
    };
    let said = own_words(material, &module.path, own)
        .into_iter()
        .next()
        .map(shorten);
    // Below the top lies everything: what the top itself is about are its own files.
    let told = if module.path.is_empty() { own } else { &files };
    let main = main_type(&cards, told).filter(|_| said.is_none());
    Some(Part {
        page: module.page(),
        path: module.path.clone(),
        purpose: said,
        defines: others(cards.defines(told, 4), main.as_ref())
            .into_iter()
            .take(3)
            .collect(),
        main,
    })
}

/// The type that these files are about, as far as its weight and its documentation tell.
fn main_type(cards: &Cards<'_>, files: &[FileId]) -> Option<MainType> {
    let symbol = cards.notable(files, |_| true).into_iter().next()?;
    let (_, definition) = cards.model.definition(symbol).filter(|(_, d)| is_type(d.kind))?;
    Some(MainType {
        symbol: cards.symbol_ref(symbol)?,
        summary: summary(definition)?,
    })
}

/// A quotation cut to its first sentence, for a row of a table.
pub(crate) fn shorten(quote: Quotation) -> Quotation {
    Quotation {
        text: prose::first_sentence(&quote.text).unwrap_or(quote.text),
        at: quote.at,
    }
}

/// The module with those right around it.
fn neighbourhood(material: &Material<'_>, at: usize) -> Option<deepwiki_domain::plan::Picture> {
    let around: Vec<&Usage> = material
        .usages
        .iter()
        .filter(|((from, to), _)| *from == at || *to == at)
        .map(|(_, usage)| usage)
        .collect();
    (around.len() >= 2)
        .then(|| diagrams::module_map(material.modules, &around, Some(at), diagrams::FEW_BOXES))
        .flatten()
}

fn usages(all: &BTreeMap<(usize, usize), Usage>, wanted: impl Fn((usize, usize)) -> bool) -> Vec<Usage> {
    let mut found: Vec<Usage> = all
        .iter()
        .filter(|(pair, usage)| wanted(**pair) && !usage.names.is_empty())
        .map(|(_, usage)| usage.clone())
        .collect();
    found.sort_by(|a, b| {
        b.count
            .cmp(&a.count)
            .then_with(|| a.from.path.cmp(&b.from.path))
            .then_with(|| a.to.path.cmp(&b.to.path))
    });
    found.truncate(8);
    found
}

/// Test files that use these files for certain, those that use them most first.
pub(crate) fn tests_of(material: &Material<'_>, files: &[FileId]) -> Vec<TestCard> {
    let cards = material.cards();
    let model = material.model;
    let mut weight: BTreeMap<FileId, u32> = BTreeMap::new();
    for edge in files.iter().flat_map(|file| model.uses_of_file(*file)) {
        if let Some(from) = model
            .graph
            .file_of(edge.from)
            .filter(|from| model.file(*from).is_some_and(is_test_file))
        {
            *weight.entry(from).or_default() += edge.weight;
        }
    }
    for file in files {
        let has_tests = model.symbols_of(*file).any(|(_, definition)| definition.is_test);
        if has_tests {
            *weight.entry(*file).or_default() += 1;
        }
    }
    let mut found: Vec<(FileId, u32)> = weight.into_iter().collect();
    found.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    found
        .into_iter()
        .filter_map(|(file, _)| test_card(material, &cards, file, Some(files)))
        .take(6)
        .collect()
}

fn is_test_file(facts: &FileFacts) -> bool {
    facts.role == Role::Test
}

/// A test file's card: all that it covers, or what it covers of some files. None where it has no tests or covers
/// nothing of these.
pub(crate) fn test_card(
    material: &Material<'_>,
    cards: &Cards<'_>,
    file: FileId,
    of: Option<&[FileId]>,
) -> Option<TestCard> {
    let model = material.model;
    let facts = model.file(file)?;
    let tests: Vec<_> = model
        .symbols_of(file)
        .filter(|(_, d)| {
            d.is_test && is_plain_name(&d.name) && !is_type(d.kind) && d.kind != SymbolKind::Module
        })
        .collect();
    let own = of.is_some_and(|of| of.contains(&file));
    let wanted = |to: FileId| of.is_none_or(|of| of.contains(&to));
    let mut covers: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    let mut homes: BTreeMap<usize, u32> = BTreeMap::new();
    for edge in model.uses_in_file(file) {
        let Node::Symbol(to) = edge.to else { continue };
        let Some((to_file, definition)) = model.definition(to) else {
            continue;
        };
        let told = is_plain_name(&definition.name) && !definition.name.starts_with("__");
        let here = model.graph.definition(to).is_some_and(|(to, _)| wanted(to));
        if to_file.role == Role::Source && to_file.path != facts.path && told && here {
            let entry = covers.entry(definition.name.clone()).or_insert((0, edge.line));
            entry.0 += edge.weight;
            let home = model
                .graph
                .definition(to)
                .and_then(|(file, _)| material.modules.home(file));
            if let Some(home) = home {
                *homes.entry(home).or_default() += edge.weight;
            }
        }
    }
    let mut covers: Vec<(String, (u32, u32))> = covers.into_iter().collect();
    covers.sort_by(|a, b| b.1.0.cmp(&a.1.0).then(a.0.cmp(&b.0)));
    if tests.is_empty() && covers.is_empty() || of.is_some() && !own && covers.is_empty() {
        return None;
    }
    let named = if of.is_some() && !own { 0 } else { 4 };
    let home = homes
        .into_iter()
        .max_by_key(|(at, weight)| (*weight, usize::MAX - at))
        .map(|(at, _)| at);
    Some(TestCard {
        path: facts.path.clone(),
        count: u32::try_from(tests.len()).unwrap_or(u32::MAX),
        tests: tests
            .iter()
            .filter_map(|(symbol, _)| cards.symbol_ref(*symbol))
            .take(named)
            .collect(),
        covers: covers
            .into_iter()
            .filter_map(|(name, (_, line))| Some((name, cards.line_of(file, line)?)))
            .take(4)
            .collect(),
        page: home
            .filter(|_| of.is_none())
            .and_then(|home| material.modules.get(home))
            .map(|module| module.page()),
    })
}

/// The modules that a module is closest to.
fn related(material: &Material<'_>, at: usize) -> Vec<deepwiki_domain::plan::PageRef> {
    let mut close: Vec<(u32, usize)> = material
        .usages
        .iter()
        .filter_map(|((from, to), usage)| match (*from == at, *to == at) {
            (true, _) => Some((usage.count, *to)),
            (_, true) => Some((usage.count, *from)),
            _ => None,
        })
        .collect();
    close.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    close
        .into_iter()
        .filter_map(|(_, module)| material.modules.get(module))
        .map(|module| module.page())
        .take(6)
        .collect()
}
