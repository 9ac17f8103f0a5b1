//! Pages about the repository as a whole: overview, architecture, entry points, public API, data model, glossary.

use std::collections::{BTreeMap, BTreeSet};

use deepwiki_domain::{
    facts::{FileFacts, Lines, SignalKind, SymbolKind, Visibility},
    graph::{FileId, SymbolId},
    manifest::Role,
    page::Citation,
    plan::{
        BriefSection, DependencyCard, EntryCard, Heading, NamedPlace, PackageCard, PageRef, Quotation,
        SymbolCard, Title, Usage,
    },
};

use super::{Draft, Material, modules};
use crate::{cards::Cards, diagrams, model::is_type, prose};

/// What the repository is, for whom, and where to read on.
pub(crate) fn overview(material: &Material<'_>) -> Draft {
    let cards = material.cards();
    let mut draft = Draft::new(
        "overview",
        Title::Overview(material.manifest.repository.name().to_owned()),
    );
    let readme = material.readmes.get("");
    let everything: Vec<FileId> = source_files(material).collect();
    draft.sections.push(BriefSection::Purpose {
        package: main_package(material),
        quotes: readme
            .map(|(file, passages)| opening(material, *file, passages))
            .unwrap_or_default(),
        defines: cards.defines(&everything, 4),
    });
    let parts = top_parts(material);
    draft.add(parts, BriefSection::Parts);
    draft.add(
        entries(material, &cards).into_iter().take(4).collect(),
        BriefSection::EntryPoints,
    );
    if let Some((file, passages)) = readme {
        draft.add(guide(material, *file, passages), BriefSection::Guide);
    }
    let core = core(material, &cards, 5);
    draft.add(core, BriefSection::Core);
    draft.rests_on(
        material,
        readme
            .map(|(file, _)| *file)
            .into_iter()
            .chain(material.packages.values().copied())
            .chain(everything),
    );
    draft.related = vec![
        page("architecture", Title::Architecture),
        page("entry-points", Title::EntryPoints),
        page("build-and-run", Title::BuildAndRun),
    ];
    draft
}

fn page(slug: &str, title: Title) -> PageRef {
    PageRef {
        slug: deepwiki_domain::Slug::from_text(slug),
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

/// The top of the module tree, or what is below it where the top is a single module.
fn top_parts(material: &Material<'_>) -> Vec<deepwiki_domain::plan::Part> {
    let top = modules::parts(material, None);
    let only = material
        .modules
        .children(None)
        .map(|(at, _)| at)
        .next()
        .filter(|_| top.len() == 1);
    match only
        .map(|at| modules::parts(material, Some(at)))
        .filter(|below| !below.is_empty())
    {
        Some(below) => top.into_iter().chain(below).collect(),
        None => top,
    }
}

/// The first paragraphs of a README before its second heading.
fn opening(material: &Material<'_>, file: FileId, passages: &[prose::Passage]) -> Vec<Quotation> {
    let Some(facts) = material.model.file(file) else {
        return Vec::new();
    };
    let first_text = passages
        .iter()
        .position(|passage| passage.level == 0 && passage.text.len() > 40);
    let from = first_text
        .or_else(|| passages.iter().position(|passage| passage.level == 0))
        .unwrap_or_default();
    passages
        .iter()
        .skip(from)
        .take_while(|passage| passage.level == 0)
        .take(3)
        .map(|passage| Quotation {
            text: passage.text.clone(),
            at: Citation::new(&facts.path, passage.lines),
        })
        .collect()
}

/// The README's sections, each with its first sentence.
fn guide(material: &Material<'_>, file: FileId, passages: &[prose::Passage]) -> Vec<Heading> {
    let Some(facts) = material.model.file(file) else {
        return Vec::new();
    };
    let headings = passages
        .iter()
        .enumerate()
        .filter(|(_, passage)| passage.level == 2);
    headings
        .map(|(at, heading)| {
            let below = passages.get(at + 1).filter(|next| next.level == 0);
            let end = below.map_or(heading.lines.end, |text| text.lines.end);
            Heading {
                title: heading.text.replace('`', ""),
                text: below.and_then(|text| prose::first_sentence(&text.text)),
                at: Citation::new(
                    &facts.path,
                    Lines {
                        start: heading.lines.start,
                        end,
                    },
                ),
            }
        })
        .take(10)
        .collect()
}

/// The card of the package at the top, or of the only one.
fn main_package(material: &Material<'_>) -> Option<PackageCard> {
    let only = material
        .packages
        .keys()
        .next()
        .filter(|_| material.packages.len() == 1);
    package_card(material, "").or_else(|| package_card(material, only?))
}

/// What the manifest of a folder says of its package.
pub(crate) fn package_card(material: &Material<'_>, folder: &str) -> Option<PackageCard> {
    let facts = material.model.file(*material.packages.get(folder)?)?;
    let package = facts.manifest.as_ref()?;
    let name = package.name.as_ref()?;
    let stated = [&package.version, &package.description, &package.license];
    // One range that holds the name and what stands near it; what stands far off is left to its own page.
    let near = |line: u32| line.abs_diff(name.line) <= 30 && line <= facts.lines;
    let lines = stated
        .iter()
        .filter_map(|stated| stated.as_ref())
        .map(|stated| stated.line)
        .filter(|line| near(*line));
    let (start, end) = lines.fold((name.line, name.line), |(start, end), line| {
        (start.min(line), end.max(line))
    });
    let value = |stated: &Option<deepwiki_domain::facts::Stated>| {
        stated
            .as_ref()
            .filter(|stated| near(stated.line))
            .map(|stated| stated.value.clone())
    };
    Some(PackageCard {
        system: package.system.clone(),
        name: name.value.clone(),
        version: value(&package.version),
        description: value(&package.description),
        license: value(&package.license),
        at: Citation::new(&facts.path, Lines { start, end }),
    })
}

/// How it is put together.
pub(crate) fn architecture(material: &Material<'_>) -> Option<Draft> {
    if material.modules.list.len() < 2 {
        return None;
    }
    let cards = material.cards();
    let mut draft = Draft::new("architecture", Title::Architecture);
    let usages: Vec<&Usage> = material.usages.values().collect();
    let coarse = cards.usages(|file| Some(material.modules.top(material.modules.home(file)?)));
    let drawn: Vec<&Usage> = if coarse.len() >= 3 {
        coarse.values().collect()
    } else {
        usages.clone()
    };
    draft
        .sections
        .extend(diagrams::module_map(material.modules, &drawn, None, "").map(BriefSection::Picture));
    draft.add(strongest(&usages), BriefSection::Ties);
    draft.add(core(material, &cards, 10), BriefSection::Core);
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
    found.truncate(14);
    found
}

/// What most of the code rests on.
fn core(material: &Material<'_>, cards: &Cards<'_>, most: usize) -> Vec<SymbolCard> {
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

/// What the packages are built from, the most used first.
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
            if own || !seen.insert(dependency.name.as_str()) {
                continue;
            }
            let used = users.get(dependency.name.as_str());
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

/// Where execution starts and what it reaches.
pub(crate) fn entry_points(material: &Material<'_>) -> Option<Draft> {
    let cards = material.cards();
    let mut draft = Draft::new("entry-points", Title::EntryPoints);
    let entries = entries(material, &cards);
    let mut pictures = 0;
    for entry in &entries {
        let symbol = main_symbol(material, entry);
        let picture =
            symbol.and_then(|symbol| diagrams::sequence(material.model, symbol, entry.path.as_str()));
        if let Some(picture) = picture.filter(|_| pictures < 3) {
            pictures += 1;
            draft
                .sections
                .push(BriefSection::EntryPoints(vec![entry.clone()]));
            draft.sections.push(BriefSection::Picture(picture));
        }
    }
    let pictured: Vec<EntryCard> = draft
        .sections
        .iter()
        .filter_map(|section| match section {
            BriefSection::EntryPoints(cards) => cards.first().cloned(),
            _ => None,
        })
        .collect();
    let rest: Vec<EntryCard> = entries
        .into_iter()
        .filter(|entry| !pictured.contains(entry))
        .take(12)
        .collect();
    draft.add(rest, BriefSection::EntryPoints);
    let files = material
        .model
        .files()
        .filter(|(_, file)| has_entry(file))
        .map(|(id, _)| id);
    draft.rests_on(material, files);
    draft.related = vec![
        page("build-and-run", Title::BuildAndRun),
        page("configuration", Title::Configuration),
    ];
    draft.filled()
}

fn has_entry(file: &FileFacts) -> bool {
    matches!(file.role, Role::Source | Role::Example)
        && file
            .signals
            .iter()
            .any(|signal| signal.kind == SignalKind::EntryPoint)
}

fn main_symbol(material: &Material<'_>, entry: &EntryCard) -> Option<SymbolId> {
    let file = material.model.graph.file_id(entry.path.as_str())?;
    let found = material.model.symbols_of(file).find(|(_, definition)| {
        definition.name == entry.name && matches!(definition.kind, SymbolKind::Function | SymbolKind::Method)
    });
    found.map(|(symbol, _)| symbol)
}

/// Programs first, then examples; the best connected first.
fn entries(material: &Material<'_>, cards: &Cards<'_>) -> Vec<EntryCard> {
    let model = material.model;
    let mut found: Vec<(bool, usize, f64, EntryCard)> = Vec::new();
    for (id, file) in model.files().filter(|(_, file)| has_entry(file)) {
        let Some(signal) = file
            .signals
            .iter()
            .find(|signal| signal.kind == SignalKind::EntryPoint)
        else {
            continue;
        };
        let symbol = model
            .symbols_of(id)
            .find(|(_, d)| {
                d.name == signal.name && matches!(d.kind, SymbolKind::Function | SymbolKind::Method)
            })
            .map(|(symbol, _)| symbol);
        let calls: Vec<_> = symbol
            .map(|symbol| model.calls_from(symbol))
            .unwrap_or_default()
            .into_iter()
            .filter_map(|(callee, line)| Some((cards.symbol_ref(callee)?, cards.line_of(id, line)?)))
            .take(6)
            .collect();
        let lines = Lines {
            end: signal.lines.end.min(file.lines),
            ..signal.lines
        };
        let summary = cards.file_purpose(file);
        let depth = file.path.as_str().matches('/').count();
        let card = EntryCard {
            name: signal.name.clone(),
            path: file.path.clone(),
            summary,
            at: Citation::new(&file.path, lines),
            calls,
            page: cards.page_of(id),
        };
        found.push((
            file.role != Role::Source,
            depth,
            -model.ranks.file(id) - (card.calls.len() as f64),
            card,
        ));
    }
    found.sort_by(|a, b| {
        (a.0)
            .cmp(&b.0)
            .then(a.2.total_cmp(&b.2))
            .then(a.1.cmp(&b.1))
            .then_with(|| a.3.path.cmp(&b.3.path))
    });
    found.into_iter().map(|(_, _, _, card)| card).collect()
}

/// What others can call: routes, commands, and the items that a library shows.
pub(crate) fn public_api(material: &Material<'_>) -> Option<Draft> {
    let cards = material.cards();
    let mut draft = Draft::new("public-api", Title::PublicApi);
    draft.add(named(material, SignalKind::Route, 40), BriefSection::Routes);
    draft.add(named(material, SignalKind::Command, 30), BriefSection::Commands);
    let exported: Vec<FileId> = source_files(material).collect();
    let public: Vec<SymbolId> = cards.notable(&exported, |d| {
        d.visibility == Visibility::Public && d.doc.is_some()
    });
    let (types, functions): (Vec<_>, Vec<_>) = public.into_iter().partition(|symbol| {
        material
            .model
            .definition(*symbol)
            .is_some_and(|(_, d)| is_type(d.kind))
    });
    let of = |symbols: &[SymbolId]| -> Vec<SymbolCard> {
        symbols
            .iter()
            .filter_map(|symbol| cards.symbol(*symbol, None))
            .take(16)
            .map(brief_card)
            .collect()
    };
    draft.add(of(&types), BriefSection::Terms);
    draft.add(of(&functions), BriefSection::Values);
    draft.rests_on(
        material,
        types
            .iter()
            .chain(&functions)
            .take(24)
            .filter_map(|symbol| material.model.graph.definition(*symbol).map(|(file, _)| file)),
    );
    draft.filled()
}

/// A card for a table: name and summary, nothing of its inside.
fn brief_card(card: SymbolCard) -> SymbolCard {
    SymbolCard {
        members: Vec::new(),
        used_at: Vec::new(),
        uses: Vec::new(),
        ..card
    }
}

/// Signals of one kind by name, each with where it stands.
pub(crate) fn named(material: &Material<'_>, kind: SignalKind, most: usize) -> Vec<NamedPlace> {
    let mut found: BTreeMap<(String, Option<String>), NamedPlace> = BTreeMap::new();
    for (_, file) in material
        .model
        .files()
        .filter(|(_, file)| file.role == Role::Source)
    {
        for signal in file.signals.iter().filter(|signal| signal.kind == kind) {
            let lines = Lines {
                start: signal.lines.start,
                end: signal.lines.end.min(file.lines),
            };
            let within = signal.scope.and_then(|at| file.definitions.get(at as usize));
            let detail = (kind == SignalKind::Route)
                .then(|| signal.detail.clone())
                .flatten();
            let entry = found
                .entry((signal.name.clone(), detail))
                .or_insert_with(|| NamedPlace {
                    name: signal.name.clone(),
                    detail: signal.detail.clone(),
                    within: within.map(|definition| definition.name.clone()),
                    at: Vec::new(),
                });
            let at = Citation::new(&file.path, lines);
            if entry.at.len() < 5 && !entry.at.contains(&at) {
                entry.at.push(at);
            }
        }
    }
    let mut found: Vec<NamedPlace> = found.into_values().collect();
    found.sort_by(|a, b| {
        b.at.len()
            .cmp(&a.at.len())
            .then_with(|| a.name.cmp(&b.name))
            .then_with(|| a.detail.cmp(&b.detail))
    });
    found.truncate(most);
    found.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.detail.cmp(&b.detail)));
    found
}

/// The main types and how they hang together.
pub(crate) fn data_model(material: &Material<'_>) -> Option<Draft> {
    let cards = material.cards();
    let files: Vec<FileId> = source_files(material).collect();
    let types: Vec<SymbolId> = cards
        .notable(&files, |definition| is_type(definition.kind))
        .into_iter()
        .filter(|symbol| {
            material.model.members_of(*symbol).iter().any(|member| {
                material
                    .model
                    .definition(*member)
                    .is_some_and(|(_, d)| matches!(d.kind, SymbolKind::Field | SymbolKind::Variant))
            })
        })
        .take(12)
        .collect();
    if types.len() < 3 {
        return None;
    }
    let mut draft = Draft::new("data-model", Title::DataModel);
    draft
        .sections
        .extend(diagrams::class_diagram(material.model, &types, "").map(BriefSection::Picture));
    let shown = types
        .iter()
        .filter_map(|symbol| cards.symbol(*symbol, None))
        .map(|card| SymbolCard {
            used_at: Vec::new(),
            uses: Vec::new(),
            ..card
        });
    draft.add(shown.collect(), BriefSection::Types);
    draft.rests_on(
        material,
        types
            .iter()
            .filter_map(|symbol| material.model.graph.definition(*symbol).map(|(file, _)| file)),
    );
    draft.filled()
}

/// The repository's own words: types that are documented and used.
pub(crate) fn glossary(material: &Material<'_>) -> Option<Draft> {
    let cards = material.cards();
    let files: Vec<FileId> = source_files(material).collect();
    let mut terms: Vec<SymbolCard> = cards
        .notable(&files, |definition| {
            is_type(definition.kind) && definition.doc.is_some()
        })
        .into_iter()
        .take(60)
        .filter_map(|symbol| cards.symbol(symbol, None))
        .filter(|card| card.summary.is_some())
        .take(30)
        .map(brief_card)
        .collect();
    if terms.len() < 4 {
        return None;
    }
    terms.sort_by(|a, b| {
        a.name
            .to_lowercase()
            .cmp(&b.name.to_lowercase())
            .then_with(|| a.at.cmp(&b.at))
    });
    terms.dedup_by(|next, kept| next.name == kept.name);
    let mut draft = Draft::new("glossary", Title::Glossary);
    let files: Vec<FileId> = terms
        .iter()
        .filter_map(|term| material.model.graph.file_id(term.at.path.as_str()))
        .collect();
    draft.add(terms, BriefSection::Terms);
    draft.rests_on(material, files);
    draft.filled()
}
