//! What others can use: routes, commands and exported items; the data model; the words of the repository.

use std::collections::{BTreeMap, BTreeSet};

use deepwiki_domain::{
    facts::{Definition, FileFacts, ImportedName, Lines, Signal, SignalKind, SymbolKind, Visibility},
    graph::{FileId, Node, SymbolId},
    manifest::Role,
    page::Citation,
    plan::{BriefSection, NamedPlace, SymbolCard, Title},
};

use super::{Draft, Material, source_files};
use crate::{
    cards::summary,
    diagrams,
    model::{is_in_test, is_type},
};

/// What others can call: routes, commands, and the items that a library shows.
pub(crate) fn public_api(material: &Material<'_>) -> Option<Draft> {
    let cards = material.cards();
    let mut draft = Draft::new("public-api", Title::PublicApi);
    draft.add(named(material, SignalKind::Route, 40), BriefSection::Routes);
    draft.add(named(material, SignalKind::Command, 30), BriefSection::Commands);
    let public = exported(material);
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
            .take(20)
            .map(brief_card)
            .collect()
    };
    draft.add(of(&types), BriefSection::PublicTypes);
    draft.add(of(&functions), BriefSection::PublicFunctions);
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

/// What a library passes on at its top (`__init__.py`, `lib.rs`, `index.js`), the weightiest first; where it passes on
/// nothing, its documented public definitions.
fn exported(material: &Material<'_>) -> Vec<SymbolId> {
    let cards = material.cards();
    let files: Vec<FileId> = source_files(material)
        .filter(|file| material.model.file(*file).is_some_and(is_open))
        .collect();
    let passed: BTreeSet<SymbolId> = files.iter().flat_map(|file| passed_on(material, *file)).collect();
    if passed.len() >= 4 {
        return material.model.by_weight(passed);
    }
    cards.notable(&files, |d| {
        d.visibility == Visibility::Public && summary(d).is_some()
    })
}

/// The definitions that a file near the top imports in order to pass them on.
fn passed_on(material: &Material<'_>, file: FileId) -> Vec<SymbolId> {
    let Some(facts) = material.model.file(file) else {
        return Vec::new();
    };
    let path = facts.path.as_str();
    let near_top = path.matches('/').count() <= 2 + path.matches("src/").count()
        && crate::modules::LEADING.contains(&facts.path.file_name());
    if !near_top {
        return Vec::new();
    }
    let mut lines = BTreeMap::new();
    for import in facts.imports.iter().filter(|import| import.reexport) {
        if let ImportedName::Name(name) = &import.name {
            lines.insert((import.line, name.as_str()), ());
        }
    }
    material
        .model
        .graph
        .edges_from(Node::File(file))
        .iter()
        .filter(|edge| edge.certainty.is_certain())
        .filter_map(|edge| match edge.to {
            Node::Symbol(symbol) => {
                let (_, definition) = material.model.definition(symbol)?;
                let named = lines.contains_key(&(edge.line, definition.name.as_str()));
                (named && !definition.name.starts_with('_')).then_some(symbol)
            }
            Node::File(_) => None,
        })
        .collect()
}

/// Whether others can reach what a file defines, as far as its place tells.
fn is_open(file: &FileFacts) -> bool {
    let path = file.path.as_str();
    let closed = path.split('/').any(|part| {
        matches!(part, "internal" | "examples" | "benches" | "scripts" | "utils") || is_hidden(part)
    });
    !closed
}

/// `_private.py` and `_private/`, but not `__init__.py`.
fn is_hidden(part: &str) -> bool {
    part.starts_with('_') && !part.starts_with("__")
}

/// A card for a list: name and summary, nothing of its inside.
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
        for signal in file
            .signals
            .iter()
            .filter(|signal| signal.kind == kind && is_told(signal))
        {
            let lines = Lines {
                start: signal.lines.start,
                end: signal.lines.end.min(file.lines),
            };
            let within = holder(file, signal);
            if within.is_some_and(|definition| is_in_test(file, definition)) {
                continue;
            }
            let detail = (kind == SignalKind::Route)
                .then(|| signal.detail.clone())
                .flatten();
            let entry = found
                .entry((signal.name.clone(), detail))
                .or_insert_with(|| NamedPlace {
                    name: signal.name.clone(),
                    // What a function does says nothing of the one option among its parameters.
                    detail: (signal.detail.clone())
                        .or_else(|| within.filter(|_| kind != SignalKind::Flag).and_then(summary)),
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

/// WSGI and Rack keep requests in a mapping called `environ` whose keys are no environment variables.
fn is_told(signal: &Signal) -> bool {
    signal.kind != SignalKind::EnvironmentVariable
        || signal.name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The definition that a signal speaks of: the one around it, else the one whose decorator it is.
fn holder<'f>(file: &'f FileFacts, signal: &Signal) -> Option<&'f Definition> {
    let around = signal.scope.and_then(|at| file.definitions.get(at as usize));
    let decorated = || {
        let lines = Lines::one(signal.lines.start);
        let callable =
            |definition: &&Definition| matches!(definition.kind, SymbolKind::Function | SymbolKind::Method);
        let mut holding = file.definitions.iter().filter(callable);
        holding.find(|definition| definition.lines.contains(lines))
    };
    around.or_else(decorated)
}

/// The main types that hold data, and how they hang together.
pub(crate) fn data_model(material: &Material<'_>) -> Option<Draft> {
    let cards = material.cards();
    let model = material.model;
    let files: Vec<FileId> = source_files(material).collect();
    let types: Vec<SymbolId> = cards
        .notable(&files, |definition| is_type(definition.kind))
        .into_iter()
        .filter(|symbol| {
            let data = model
                .members_of(*symbol)
                .iter()
                .filter(|member| model.definition(**member).is_some_and(|(_, d)| is_data(d.kind)))
                .count();
            data >= 2
        })
        .take(12)
        .collect();
    if types.len() < 3 {
        return None;
    }
    let mut draft = Draft::new("data-model", Title::DataModel);
    draft
        .sections
        .extend(diagrams::class_diagram(model, &types, "").map(BriefSection::Picture));
    let shown = types.iter().filter_map(|symbol| {
        let mut card = cards.symbol(*symbol, None)?;
        card.members = cards.data_members(*symbol);
        card.used_at = Vec::new();
        card.uses = Vec::new();
        Some(card)
    });
    draft.add(shown.collect(), BriefSection::Types);
    draft.rests_on(
        material,
        types
            .iter()
            .filter_map(|symbol| model.graph.definition(*symbol).map(|(file, _)| file)),
    );
    draft.filled()
}

fn is_data(kind: SymbolKind) -> bool {
    matches!(kind, SymbolKind::Field | SymbolKind::Variant)
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
