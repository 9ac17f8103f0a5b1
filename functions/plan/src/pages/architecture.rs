//! How the repository is put together: its map, its layers, what most rests on, what it is built from.

use std::collections::{BTreeMap, BTreeSet};

use deepwiki_domain::{
    facts::{Lines, Visibility},
    graph::FileId,
    page::Citation,
    plan::{BriefSection, DependencyCard, LayerCard, SymbolCard, Title, Usage},
};

use super::{Draft, Material, entries, source_files};
use crate::diagrams;

/// Modules that are told of at each end of the uses.
const LAYER: usize = 5;

/// How it is put together.
pub(crate) fn architecture(material: &Material<'_>) -> Option<Draft> {
    if material.modules.list.len() < 2 {
        return None;
    }
    let mut draft = Draft::new("architecture", Title::Architecture);
    let usages: Vec<&Usage> = material.usages.values().collect();
    let coarse = coarse(material);
    let drawn: Vec<&Usage> = if coarse.len() >= 3 {
        coarse.values().collect()
    } else {
        usages.clone()
    };
    draft.sections.extend(
        diagrams::module_map(material.modules, &drawn, None, diagrams::ALL_BOXES).map(BriefSection::Picture),
    );
    draft.add(layers(material), BriefSection::Layers);
    draft.add(strongest(&usages), BriefSection::Ties);
    draft.add(core(material, 10), BriefSection::Core);
    draft.add(cycles(material), BriefSection::Cycles);
    draft.add(dependencies(material), BriefSection::Dependencies);
    draft.rests_on(material, source_files(material));
    draft.related = material
        .modules
        .children(None)
        .map(|(_, module)| module.page())
        .collect();
    draft.filled()
}

/// Uses between the packages, or else between the modules at the top of the tree.
pub(crate) fn coarse(material: &Material<'_>) -> BTreeMap<(usize, usize), Usage> {
    material
        .cards()
        .usages(|file| Some(material.modules.top(material.modules.home(file)?)))
}

/// The modules on which most rest, and those with programs that rest on others alone.
fn layers(material: &Material<'_>) -> Vec<LayerCard> {
    let mut users: BTreeMap<usize, Vec<&Usage>> = BTreeMap::new();
    let mut uses: BTreeMap<usize, Vec<&Usage>> = BTreeMap::new();
    for ((from, to), usage) in material
        .usages
        .iter()
        .filter(|(_, usage)| !usage.names.is_empty())
    {
        users.entry(*to).or_default().push(usage);
        uses.entry(*from).or_default().push(usage);
    }
    let count = |of: &BTreeMap<usize, Vec<&Usage>>, module: usize| of.get(&module).map_or(0, Vec::len);
    let mut bases: Vec<(f64, usize)> = users
        .keys()
        .map(|module| (count(&users, *module), count(&uses, *module), *module))
        .filter(|(users, uses, _)| *users >= 3 && users >= &(uses * 2))
        .map(|(users, uses, module)| (users as f64 / (1.0 + uses as f64).sqrt(), module))
        .collect();
    let mut tops: Vec<(f64, usize)> = uses
        .keys()
        .filter(|module| count(&users, **module) == 0)
        .map(|module| (count(&uses, *module) as f64, *module))
        .filter(|(uses, module)| *uses >= 2.0 && starts_programs(material, *module))
        .collect();
    let mut found = Vec::new();
    for (list, of, is_base) in [(&mut tops, &uses, false), (&mut bases, &users, true)] {
        list.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let cards = list.iter().take(LAYER).filter_map(|(_, module)| {
            Some(LayerCard {
                module: material.modules.get(*module)?.reference(),
                is_base,
                users: u32::try_from(count(&users, *module)).unwrap_or(u32::MAX),
                uses: u32::try_from(count(&uses, *module)).unwrap_or(u32::MAX),
                names: main_names(of.get(module)?),
            })
        });
        found.extend(cards);
    }
    found
}

/// Whether execution starts in a module; code that a table or a framework calls only looks unused.
fn starts_programs(material: &Material<'_>, module: usize) -> bool {
    let files = material.modules.get(module).map(|module| module.files.as_slice());
    let files = files.unwrap_or_default().iter();
    files
        .filter_map(|file| material.model.file(*file))
        .any(entries::has_entry)
}

/// The first name of each use, the strongest uses first; each name once.
fn main_names(usages: &[&Usage]) -> Vec<(String, Citation)> {
    let mut usages = usages.to_vec();
    usages.sort_by(|a, b| {
        b.count
            .cmp(&a.count)
            .then_with(|| (&a.from.path, &a.to.path).cmp(&(&b.from.path, &b.to.path)))
    });
    let mut seen = BTreeSet::new();
    usages
        .iter()
        .filter_map(|usage| usage.names.iter().find(|(name, _)| seen.insert(name.clone())))
        .take(4)
        .cloned()
        .collect()
}

/// The strongest ties between modules.
fn strongest(usages: &[&Usage]) -> Vec<Usage> {
    let mut found: Vec<Usage> = usages
        .iter()
        .filter(|usage| !usage.names.is_empty())
        .map(|usage| (*usage).clone())
        .collect();
    found.sort_by(|a, b| {
        b.count
            .cmp(&a.count)
            .then_with(|| (&a.from.path, &a.to.path).cmp(&(&b.from.path, &b.to.path)))
    });
    found.truncate(12);
    found
}

/// What most of the code rests on.
pub(crate) fn core(material: &Material<'_>, most: usize) -> Vec<SymbolCard> {
    let cards = material.cards();
    let files: Vec<FileId> = source_files(material).collect();
    let mut found: Vec<SymbolCard> = cards
        .notable(&files, |definition| definition.visibility != Visibility::Private)
        .into_iter()
        .take(most * 4)
        .filter_map(|symbol| cards.symbol(symbol, None))
        .filter(|card| card.users >= 2)
        .collect();
    found.sort_by(|a, b| b.users.cmp(&a.users).then_with(|| a.at.cmp(&b.at)));
    found.truncate(most);
    found
}

/// Modules that use each other both ways, the strongest pairs first.
fn cycles(material: &Material<'_>) -> Vec<Vec<Usage>> {
    let mut found: Vec<Vec<Usage>> = material
        .usages
        .iter()
        .filter(|((from, to), _)| from < to)
        .filter_map(|((from, to), forth)| {
            let back = material.usages.get(&(*to, *from))?;
            (!forth.names.is_empty() && !back.names.is_empty()).then(|| vec![forth.clone(), back.clone()])
        })
        .collect();
    found.sort_by_key(|pair| std::cmp::Reverse(pair.iter().map(|usage| usage.count).min()));
    found.truncate(5);
    found
}

/// A line of a file.
type Place = (FileId, u32);

/// What the packages are built from, the most used first. Of what only developers need, what no file imports is left
/// to the manifest.
fn dependencies(material: &Material<'_>) -> Vec<DependencyCard> {
    // The files that import a package, and the first place where one does.
    let mut users: BTreeMap<&str, (BTreeSet<FileId>, Option<Place>)> = BTreeMap::new();
    for external in &material.model.graph.externals {
        let entry = users.entry(external.package.as_str()).or_default();
        entry.0.insert(external.file);
        entry.1.get_or_insert((external.file, external.line));
    }
    let cards = material.cards();
    let mut seen = BTreeSet::new();
    let mut found: Vec<DependencyCard> = Vec::new();
    for facts in material
        .packages
        .values()
        .filter_map(|file| material.model.file(*file))
    {
        for dependency in facts.manifest.iter().flat_map(|package| &package.dependencies) {
            let own = dependency.path.is_some() || !(1..=facts.lines).contains(&dependency.line);
            let used = users.get(dependency.name.as_str());
            if own || dependency.dev && used.is_none() || !seen.insert(dependency.name.as_str()) {
                continue;
            }
            found.push(DependencyCard {
                name: dependency.name.clone(),
                requirement: dependency.requirement.clone(),
                dev: dependency.dev,
                at: Citation::new(&facts.path, Lines::one(dependency.line)),
                users: used.map_or(0, |(files, _)| u32::try_from(files.len()).unwrap_or(u32::MAX)),
                used_at: used
                    .and_then(|(_, first)| *first)
                    .and_then(|(file, line)| cards.line_of(file, line)),
            });
        }
    }
    found.sort_by(|a, b| {
        (a.dev, std::cmp::Reverse(a.users), &a.name).cmp(&(b.dev, std::cmp::Reverse(b.users), &b.name))
    });
    found.truncate(20);
    found
}
