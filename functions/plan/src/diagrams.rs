//! Mermaid diagrams drawn from the graph. Labels hold names and paths alone, reduced to characters that mean
//! nothing to Mermaid, so that every diagram parses whatever a repository calls its things.

use std::collections::{BTreeMap, BTreeSet};

use deepwiki_domain::{
    facts::{ReferenceKind, SymbolKind},
    graph::{Node, SymbolId},
    page::DiagramKind,
    plan::{Picture, Usage},
};

use crate::{
    cards::is_plain_name,
    model::{Model, is_type},
    modules::{Module, Modules},
};

/// The most boxes and arrows that are readable at the width of a page.
const BOXES: usize = 14;
const ARROWS: usize = 22;
/// Above this many arrows, those that others imply are left out.
const PLAIN: usize = 12;
const MESSAGES: usize = 12;
/// How many steps of one definition are drawn at most: fewer where a file that calls only itself leaves no room for what
/// lies deeper.
const STEPS: [usize; 3] = [7, 4, 3];
const FIELDS: usize = 6;

/// The most boxes of a map that introduces the repository, and of one that shows what surrounds a module.
pub(crate) const FEW_BOXES: usize = 9;
pub(crate) const ALL_BOXES: usize = BOXES;

/// Who uses whom among modules, in at most `most` boxes. `usages` are between the modules to be drawn; `focus` is
/// drawn boldly.
pub(crate) fn module_map(
    modules: &Modules,
    usages: &[&Usage],
    focus: Option<usize>,
    most: usize,
) -> Option<Picture> {
    let (mut boxes, mut drawn) = chosen(usages, most);
    if drawn.is_empty() {
        return None;
    }
    for (at, id) in boxes.values_mut().enumerate() {
        *id = format!("m{at}");
    }
    drawn.sort_by_key(|edge| key(edge));
    let id = |path: &str| boxes.get(path).cloned().unwrap_or_default();
    let mut text = String::from("flowchart LR\n");
    for (index, (group, members)) in groups(&boxes).into_iter().enumerate() {
        let inner = if group.is_empty() { "  " } else { "    " };
        let name = |path: &str| {
            modules
                .at_path(path)
                .map_or_else(|| path.to_owned(), |module| module.name())
        };
        if !group.is_empty() {
            let title = members.first().map(|path| name(path)).unwrap_or_default();
            let title = title
                .rsplit_once('/')
                .map_or(group.as_str(), |(folder, _)| folder);
            text.push_str(&format!("  subgraph g{index}[\"{}\"]\n", label(title)));
        }
        for path in &members {
            let name = name(path);
            let short = name
                .rsplit('/')
                .next()
                .filter(|_| !group.is_empty())
                .unwrap_or(&name);
            text.push_str(&format!("{inner}{}[\"{}\"]\n", id(path), label(short)));
        }
        if !group.is_empty() {
            text.push_str("  end\n");
        }
    }
    for edge in &drawn {
        text.push_str(&format!("  {} --> {}\n", id(&edge.from.path), id(&edge.to.path)));
    }
    if let Some(module) = focus
        .and_then(|at| modules.get(at))
        .filter(|module| boxes.contains_key(&module.path))
    {
        text.push_str(&format!("  style {} stroke-width:3px\n", id(&module.path)));
    }
    Some(Picture {
        kind: DiagramKind::ModuleMap,
        subject: focus
            .and_then(|at| modules.get(at))
            .map(Module::name)
            .unwrap_or_default(),
        mermaid: text,
    })
}

/// The uses that fit on a picture, the strongest first, and the boxes between which they run.
fn chosen<'u>(usages: &[&'u Usage], most: usize) -> (BTreeMap<String, String>, Vec<&'u Usage>) {
    let mut edges: Vec<&Usage> = usages.to_vec();
    edges.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| key(a).cmp(&key(b))));
    let mut boxes: BTreeMap<String, String> = BTreeMap::new();
    let mut between = Vec::new();
    for edge in edges {
        let ends = [&edge.from.path, &edge.to.path];
        let new = ends.iter().filter(|path| !boxes.contains_key(**path)).count();
        if boxes.len() + new <= most {
            boxes.extend(ends.map(|path| (path.clone(), String::new())));
            between.push(edge);
        }
    }
    let mut drawn = if between.len() > PLAIN {
        without_implied(&between)
    } else {
        between
    };
    drawn.truncate(ARROWS);
    let ends: BTreeSet<&String> = drawn
        .iter()
        .flat_map(|edge| [&edge.from.path, &edge.to.path])
        .collect();
    boxes.retain(|path, _| ends.contains(path));
    (boxes, drawn)
}

/// A crowded picture is read better without the arrows that others imply: who uses `a`, which uses `b`, may use `b`
/// too. The weakest go first, and each only as long as those that stay imply it.
fn without_implied<'u>(edges: &[&'u Usage]) -> Vec<&'u Usage> {
    let mut next: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for edge in edges {
        next.entry(&edge.from.path).or_default().insert(&edge.to.path);
    }
    let reaches = |next: &BTreeMap<&str, BTreeSet<&str>>, from: &str, to: &str| {
        let mut open = vec![from];
        let mut seen = BTreeSet::new();
        while let Some(at) = open.pop() {
            for step in next.get(at).into_iter().flatten().copied() {
                if step == to {
                    return true;
                }
                if seen.insert(step) {
                    open.push(step);
                }
            }
        }
        false
    };
    let mut kept = Vec::with_capacity(edges.len());
    for edge in edges.iter().rev() {
        let (from, to) = (edge.from.path.as_str(), edge.to.path.as_str());
        if let Some(ends) = next.get_mut(from) {
            ends.remove(to);
        }
        if !reaches(&next, from, to) {
            next.entry(from).or_default().insert(to);
            kept.push(*edge);
        }
    }
    kept.reverse();
    kept
}

fn key(usage: &Usage) -> (&str, &str) {
    (&usage.from.path, &usage.to.path)
}

/// Boxes by the folder that holds them, where at least two share it and it does not hold all.
fn groups(boxes: &BTreeMap<String, String>) -> BTreeMap<String, Vec<String>> {
    let mut by_folder: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in boxes.keys() {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        by_folder.entry(folder.to_owned()).or_default().push(path.clone());
    }
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (folder, members) in by_folder {
        let alone = members.len() < 2 || members.len() == boxes.len() || boxes.contains_key(&folder);
        groups
            .entry(if alone { String::new() } else { folder })
            .or_default()
            .extend(members);
    }
    groups
}

/// The types and how they hang together: who extends whom, and who holds whom in a field.
pub(crate) fn class_diagram(model: &Model<'_>, types: &[SymbolId], subject: &str) -> Option<Picture> {
    let chosen: Vec<SymbolId> = types
        .iter()
        .copied()
        .filter(|symbol| {
            model
                .definition(*symbol)
                .is_some_and(|(_, d)| is_type(d.kind) && is_plain_name(&d.name))
        })
        .take(BOXES)
        .collect();
    let at = |symbol: SymbolId| chosen.iter().position(|other| *other == symbol);
    let mut arrows: BTreeSet<(usize, usize, &str)> = BTreeSet::new();
    for (from, symbol) in chosen.iter().enumerate() {
        for (to, arrow) in relations(model, *symbol) {
            if let Some(to) = at(to).filter(|to| *to != from) {
                arrows.insert((from, to, arrow));
            }
        }
    }
    if arrows.is_empty() || chosen.len() < 3 {
        return None;
    }
    let tied: BTreeSet<usize> = arrows.iter().flat_map(|(from, to, _)| [*from, *to]).collect();
    let mut text = String::from("classDiagram\n");
    for (index, symbol) in chosen
        .iter()
        .enumerate()
        .filter(|(index, _)| tied.contains(index))
    {
        let Some((_, definition)) = model.definition(*symbol) else {
            continue;
        };
        text.push_str(&format!("  class t{index}[\"{}\"] {{\n", label(&definition.name)));
        if let Some(stereotype) = stereotype(definition.kind) {
            text.push_str(&format!("    <<{stereotype}>>\n"));
        }
        let members = model
            .members_of(*symbol)
            .iter()
            .filter_map(|member| model.definition(*member));
        let fields = members.filter(|(_, d)| {
            matches!(d.kind, SymbolKind::Field | SymbolKind::Variant)
                && is_plain_name(&d.name)
                && d.name.is_ascii()
                && !d.name.starts_with('_')
        });
        for (_, field) in fields.take(FIELDS) {
            text.push_str(&format!("    {}\n", field.name.replace('$', "_")));
        }
        text.push_str("  }\n");
    }
    let inherits: BTreeSet<(usize, usize)> = arrows
        .iter()
        .filter(|(_, _, arrow)| *arrow == "--|>")
        .map(|(from, to, _)| (*from, *to))
        .collect();
    for (from, to, arrow) in arrows.iter().take(ARROWS) {
        if *arrow == "--|>" || !inherits.contains(&(*from, *to)) {
            text.push_str(&format!("  t{from} {arrow} t{to}\n"));
        }
    }
    Some(Picture {
        kind: DiagramKind::ClassDiagram,
        subject: subject.to_owned(),
        mermaid: text,
    })
}

/// Certain ties of a type to others, through itself and its fields and variants.
fn relations<'m>(
    model: &'m Model<'_>,
    symbol: SymbolId,
) -> impl Iterator<Item = (SymbolId, &'static str)> + use<'m> {
    let fields = model.members_of(symbol).iter().copied().filter(|member| {
        model
            .definition(*member)
            .is_some_and(|(_, d)| matches!(d.kind, SymbolKind::Field | SymbolKind::Variant))
    });
    std::iter::once(symbol).chain(fields).flat_map(move |from| {
        model
            .graph
            .edges_from(Node::Symbol(from))
            .iter()
            .filter_map(move |edge| {
                let Node::Symbol(to) = edge.to else { return None };
                match edge.kind {
                    _ if !edge.certainty.is_certain() => None,
                    ReferenceKind::Inherit => Some((to, "--|>")),
                    ReferenceKind::Type => Some((to, "-->")),
                    _ => None,
                }
            })
    })
}

fn stereotype(kind: SymbolKind) -> Option<&'static str> {
    match kind {
        SymbolKind::Trait => Some("trait"),
        SymbolKind::Interface => Some("interface"),
        SymbolKind::Enum => Some("enumeration"),
        _ => None,
    }
}

/// What an entry point calls, and what that calls in turn, file by file in the order of the text.
pub(crate) fn sequence(model: &Model<'_>, entry: SymbolId, subject: &str) -> Option<Picture> {
    let (messages, actors) = STEPS.into_iter().find_map(|steps| {
        let mut messages = Vec::new();
        let mut visited = BTreeSet::from([entry]);
        follow(model, entry, (0, MESSAGES, steps), &mut visited, &mut messages);
        let mut actors: Vec<String> = Vec::new();
        for path in messages.iter().flat_map(|(from, to, _)| [from, to]) {
            if !actors.contains(path) {
                actors.push(path.clone());
            }
        }
        (messages.len() >= 3 && actors.len() >= 2).then_some((messages, actors))
    })?;
    let actors: Vec<&str> = actors.iter().map(String::as_str).collect();
    let names = shortest_names(&actors);
    let mut text = String::from("sequenceDiagram\n");
    for (index, name) in names.iter().enumerate() {
        text.push_str(&format!("  participant p{index} as {}\n", label(name)));
    }
    let at = |path: &str| actors.iter().position(|actor| *actor == path).unwrap_or_default();
    for (from, to, name) in &messages {
        text.push_str(&format!("  p{}->>p{}: {}()\n", at(from), at(to), label(name)));
    }
    Some(Picture {
        kind: DiagramKind::Sequence,
        subject: subject.to_owned(),
        mermaid: text,
    })
}

/// A definition's main steps, at most `width`, and, as far as `room` messages reach, those of each step: to a depth of
/// three.
fn follow(
    model: &Model<'_>,
    caller: SymbolId,
    (depth, room, width): (u32, usize, usize),
    visited: &mut BTreeSet<SymbolId>,
    messages: &mut Vec<(String, String, String)>,
) {
    let Some((from, _)) = model.definition(caller) else {
        return;
    };
    let steps = model.steps_of(caller, room.min(width));
    let left = room
        .saturating_sub(steps.len())
        .checked_div(steps.len())
        .unwrap_or_default();
    for (callee, _) in steps {
        let Some((to, definition)) = model.definition(callee) else {
            continue;
        };
        messages.push((
            from.path.to_string(),
            to.path.to_string(),
            definition.name.clone(),
        ));
        if depth < 2 && left > 0 && visited.insert(callee) {
            follow(model, callee, (depth + 1, left, width), visited, messages);
        }
    }
}

/// File names, with as many folders before them as tell them apart.
fn shortest_names(paths: &[&str]) -> Vec<String> {
    let tail = |path: &str, parts: usize| -> String {
        let all: Vec<&str> = path.split('/').collect();
        all.get(all.len().saturating_sub(parts)..)
            .unwrap_or_default()
            .join("/")
    };
    paths
        .iter()
        .map(|path| {
            (1..=path.split('/').count())
                .map(|parts| tail(path, parts))
                .find(|name| {
                    paths
                        .iter()
                        .filter(|other| tail(other, name.split('/').count()) == *name)
                        .count()
                        == 1
                })
                .unwrap_or_else(|| (*path).to_owned())
        })
        .collect()
}

/// A label without any character that has a meaning in Mermaid, at most 48 characters.
fn label(text: &str) -> String {
    let clean: String = text
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | ' ') {
                c
            } else {
                ' '
            }
        })
        .take(48)
        .collect();
    let clean = clean.trim();
    // A bare `end` closes blocks wherever it stands.
    if clean.is_empty() {
        "-".to_owned()
    } else if clean.eq_ignore_ascii_case("end") {
        format!("{clean}.")
    } else {
        clean.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use deepwiki_domain::{
        Slug,
        plan::{ModuleRef, PageRef, Title},
    };

    use super::*;

    fn usage(from: &str, to: &str) -> Usage {
        let module = |path: &str| ModuleRef {
            path: path.to_owned(),
            page: PageRef {
                slug: Slug::from_text(path),
                title: Title::Module(path.to_owned()),
            },
        };
        Usage {
            from: module(from),
            to: module(to),
            names: Vec::new(),
            count: 1,
        }
    }

    #[test]
    fn the_top_of_a_repository_is_drawn_by_its_name() {
        let modules = Modules::new(&[crate::fixtures::file("main.rs", 200)], &BTreeMap::new(), "demo");
        let drawn = module_map(&modules, &[&usage("src/net", "")], None, BOXES).unwrap();
        assert!(drawn.mermaid.contains("[\"demo\"]"), "{}", drawn.mermaid);
    }

    #[test]
    fn implied_arrows_go_and_circles_stay() {
        let usages = [
            ("a", "b"),
            ("b", "c"),
            ("a", "c"),
            ("c", "d"),
            ("d", "c"),
            ("a", "d"),
        ]
        .map(|(a, b)| usage(a, b));
        let kept = without_implied(&usages.iter().collect::<Vec<_>>());
        let kept: Vec<_> = kept.into_iter().map(key).collect();
        assert_eq!(kept, [("a", "b"), ("b", "c"), ("c", "d"), ("d", "c")]);
    }

    #[test]
    fn of_two_arrows_that_imply_each_other_one_stays() {
        let usages = [("b", "c"), ("c", "b"), ("a", "b"), ("a", "c")].map(|(a, b)| usage(a, b));
        let kept = without_implied(&usages.iter().collect::<Vec<_>>());
        let kept: Vec<_> = kept.into_iter().map(key).collect();
        assert_eq!(kept, [("b", "c"), ("c", "b"), ("a", "b")]);
    }

    #[test]
    fn labels_hold_nothing_that_mermaid_reads() {
        assert_eq!(label("a[\"b\"] --> c;%%"), "a  b   --  c");
        assert_eq!(label("end"), "end.");
        assert_eq!(label("\"\""), "-");
    }

    #[test]
    fn files_of_one_name_are_told_apart() {
        assert_eq!(
            shortest_names(&["a/x.rs", "b/x.rs", "b/y.rs"]),
            ["a/x.rs", "b/x.rs", "y.rs"]
        );
    }
}
