//! The pages that `.devin/wiki.json` asks for. Each is filled with what the graph knows about its subject: the
//! planner's own sections where the title names one (tests, configuration, …), and the modules that its words fit.

use std::collections::{BTreeMap, BTreeSet};

use deepwiki_domain::{
    Slug,
    facts::SymbolKind,
    graph::FileId,
    plan::{BriefSection, Part, Quotation, SymbolCard, Title},
};

use super::{Draft, Material, api, architecture, entries, modules, overview, project};
use crate::{
    cards::is_plain_name,
    model::is_type,
    steering::{Steering, WantedPage},
};

/// Modules that a page tells of at most.
const MODULES: usize = 4;

/// How well a module must fit, against the one that fits best.
const FIT: f64 = 0.45;

/// The wanted pages, in the wanted order.
pub(crate) fn all(material: &Material<'_>, steering: &Steering) -> Vec<Draft> {
    let profiles: Vec<BTreeMap<String, f64>> = (0..material.modules.list.len())
        .map(|module| profile(material, module))
        .collect();
    steering
        .pages
        .iter()
        .map(|wanted| page(material, wanted, &profiles))
        .collect()
}

fn slug(title: &str) -> Slug {
    Slug::from_text(&format!("page-{title}"))
}

fn page(material: &Material<'_>, wanted: &WantedPage, profiles: &[BTreeMap<String, f64>]) -> Draft {
    let mut draft = Draft::new(slug(&wanted.title).as_str(), Title::Given(wanted.title.clone()));
    draft.parent = wanted.parent.as_deref().map(slug);
    draft.notes.clone_from(&wanted.notes);
    let fitting = fitting(wanted, profiles);
    let files: Vec<FileId> = fitting
        .iter()
        .flat_map(|module| material.modules.all_files(*module))
        .collect();
    let quotes = if wanted.purpose.is_empty() {
        Vec::new()
    } else {
        vec![Quotation {
            text: wanted.purpose.clone(),
            at: wanted.at.clone(),
        }]
    };
    let cards = material.cards();
    draft.sections.push(BriefSection::Purpose {
        package: None,
        quotes,
        main: None,
        defines: cards.defines(&files, 4),
    });
    let own = planners_own(material, &wanted.title);
    if let Some(own) = own {
        draft.sections.extend(own.sections);
        draft.sources = own.sources;
    } else {
        draft.add(parts(material, &fitting), BriefSection::Parts);
        let card = |symbol| cards.symbol(symbol, fitting.first().copied());
        let types: Vec<SymbolCard> = cards
            .notable(&files, |d| is_type(d.kind))
            .into_iter()
            .filter_map(card)
            .take(8)
            .collect();
        draft.add(types, BriefSection::Types);
        let functions = cards.notable(&files, |d| {
            matches!(d.kind, SymbolKind::Function | SymbolKind::Macro)
        });
        draft.add(
            functions.into_iter().filter_map(card).take(10).collect(),
            BriefSection::Functions,
        );
    }
    draft.rests_on(material, files);
    draft.covers = fitting;
    draft
}

/// The planner's own page on the subject that a title names.
fn planners_own(material: &Material<'_>, title: &str) -> Option<Draft> {
    let words = words(title);
    let names = |wanted: &[&str]| wanted.iter().any(|word| words.contains(*word));
    match () {
        () if names(&["overview", "introduction", "概要"]) => Some(overview::overview(material)),
        () if names(&["architecture", "design", "アーキテクチャ"]) => {
            architecture::architecture(material)
        }
        () if names(&["test", "testing", "テスト"]) => project::tests(material),
        () if names(&["configuration", "config", "setting", "設定"]) => project::configuration(material),
        () if names(&[
            "build",
            "deployment",
            "deploy",
            "install",
            "installation",
            "ci",
            "release",
        ]) =>
        {
            project::build_and_run(material)
        }
        () if names(&["glossary", "terminology", "用語"]) => api::glossary(material),
        () if names(&["entry", "startup", "entrypoint"]) => entries::entry_points(material),
        () => None,
    }
}

/// The modules that a page's words fit, the best first.
fn fitting(wanted: &WantedPage, profiles: &[BTreeMap<String, f64>]) -> Vec<usize> {
    let mut query: BTreeMap<String, f64> = BTreeMap::new();
    for (text, weight) in [(&wanted.title, 3.0), (&wanted.purpose, 1.0)] {
        for word in words(text) {
            *query.entry(word).or_default() += weight;
        }
    }
    let rarity = |word: &str| {
        let bearers = profiles
            .iter()
            .filter(|profile| profile.contains_key(word))
            .count();
        (1.0 + profiles.len() as f64 / (bearers.max(1) as f64)).ln()
    };
    let mut scored: Vec<(f64, usize)> = profiles
        .iter()
        .enumerate()
        .map(|(module, profile)| {
            let score = query
                .iter()
                .map(|(word, weight)| profile.get(word).map_or(0.0, |here| weight * here * rarity(word)));
            (score.sum(), module)
        })
        .filter(|(score, _)| *score > 0.0)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let best = scored.first().map_or(0.0, |(score, _)| *score);
    scored
        .into_iter()
        .filter(|(score, _)| *score >= best * FIT)
        .take(MODULES)
        .map(|(_, module)| module)
        .collect()
}

/// The words of a module: its path counts most, then its title, then the names that it defines.
fn profile(material: &Material<'_>, module: usize) -> BTreeMap<String, f64> {
    let mut profile: BTreeMap<String, f64> = BTreeMap::new();
    let Some(entry) = material.modules.get(module) else {
        return profile;
    };
    let mut add = |text: &str, weight: f64| {
        for word in words(text) {
            let held = profile.entry(word).or_default();
            *held = held.max(weight);
        }
    };
    add(&entry.path, 3.0);
    for file in &entry.files {
        let Some(facts) = material.model.file(*file) else {
            continue;
        };
        add(facts.path.as_str(), 2.0);
        if let Some(doc) = &facts.doc {
            add(&doc.text, 1.0);
        }
        let names = facts
            .definitions
            .iter()
            .filter(|definition| is_plain_name(&definition.name));
        names.for_each(|definition| add(&definition.name, 1.0));
    }
    profile
}

/// Lower-case words of a text, identifiers split, plural `s` taken off.
fn words(text: &str) -> BTreeSet<String> {
    const COMMON: [&str; 14] = [
        "the", "and", "for", "how", "what", "with", "this", "that", "its", "are", "from", "page", "src",
        "lib",
    ];
    let mut split = String::with_capacity(text.len() + 8);
    let mut lower = false;
    for c in text.chars() {
        if c.is_uppercase() && lower {
            split.push(' ');
        }
        lower = c.is_lowercase();
        split.extend(if c.is_alphanumeric() {
            c.to_lowercase().collect::<Vec<_>>()
        } else {
            vec![' ']
        });
    }
    let singular = |word: &str| match word.strip_suffix('s') {
        Some(stem) if word.len() > 4 && !word.ends_with("ss") => stem.to_owned(),
        _ => word.to_owned(),
    };
    split
        .split(' ')
        .filter(|word| word.len() > 1 && !COMMON.contains(word))
        .map(singular)
        .collect()
}

fn parts(material: &Material<'_>, fitting: &[usize]) -> Vec<Part> {
    // The modules have no pages of their own here, so that what they are comes without a link.
    fitting
        .iter()
        .filter_map(|at| modules::part(material, *at))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_that_a_reader_would_look_for() {
        let expected = ["http", "server", "request", "handling"].map(str::to_owned);
        assert_eq!(
            words("HttpServer: how the requests_handling"),
            BTreeSet::from(expected)
        );
    }
}
