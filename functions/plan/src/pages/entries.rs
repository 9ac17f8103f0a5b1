//! Where execution starts: the programs that a package installs, `main` functions and scripts, and what each does
//! first.

use std::collections::BTreeMap;

use deepwiki_domain::{
    Language,
    facts::{FileFacts, Lines, SignalKind, SymbolKind},
    graph::{FileId, SymbolId},
    manifest::Role,
    page::Citation,
    plan::{BriefSection, EntryCard, Title},
};

use super::{Draft, Material, page};
use crate::diagrams;

/// Programs that are drawn.
const PICTURES: usize = 3;

/// Where execution starts and what it reaches.
pub(crate) fn entry_points(material: &Material<'_>) -> Option<Draft> {
    let mut draft = Draft::new("entry-points", Title::EntryPoints);
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    let mut pictures = 0;
    let starts = starts(material);
    for start in &starts {
        let Some(card) = card(material, start) else {
            continue;
        };
        let picture = start
            .symbol
            .filter(|_| pictures < PICTURES)
            .and_then(|symbol| diagrams::sequence(material.model, symbol, card.path.as_str()));
        match picture {
            Some(picture) => {
                pictures += 1;
                draft.sections.push(BriefSection::EntryPoints(vec![card]));
                draft.sections.push(BriefSection::Picture(picture));
            }
            // What is installed stands before the pictures of examples, drawn or not.
            None if pictures == 0 => first.push(card),
            None => rest.push(card),
        }
    }
    if !first.is_empty() {
        draft.sections.insert(0, BriefSection::EntryPoints(first));
    }
    rest.truncate(10);
    draft.add(rest, BriefSection::EntryPoints);
    draft.rests_on(material, starts.iter().map(|start| start.file));
    draft.related = vec![
        page("build-and-run", Title::BuildAndRun),
        page("configuration", Title::Configuration),
    ];
    draft.filled()
}

/// Every place where execution starts: programs that are installed first, then others, then examples; of equals the
/// one that does most.
pub(crate) fn all(material: &Material<'_>) -> Vec<EntryCard> {
    starts(material)
        .iter()
        .filter_map(|start| card(material, start))
        .collect()
}

/// A place where execution starts.
struct Start {
    file: FileId,
    name: String,
    lines: Lines,
    /// The function that runs first, where it is known.
    symbol: Option<SymbolId>,
    command: Option<(String, Citation)>,
    /// How many calls it leads to, within a few steps.
    reach: usize,
}

fn starts(material: &Material<'_>) -> Vec<Start> {
    let mut found: Vec<Start> = installed(material);
    let known: Vec<FileId> = found.iter().map(|start| start.file).collect();
    let others = material
        .model
        .files()
        .filter(|(id, file)| has_entry(file) && !known.contains(id))
        .filter_map(|(id, file)| signalled(material, id, file));
    found.extend(others);
    for start in &mut found {
        start.reach = reach(material, start);
    }
    let most = found.iter().map(|start| start.reach).max().unwrap_or_default();
    // Next to a program of weight, the `main` of a self-test or of a tool of ten lines says nothing.
    found.retain(|start| start.command.is_some() || most < 20 || start.reach * 12 >= most);
    let role = |start: &Start| {
        material
            .model
            .file(start.file)
            .map(|file| file.role != Role::Source)
    };
    found.sort_by(|a, b| {
        (role(a), a.command.is_none())
            .cmp(&(role(b), b.command.is_none()))
            .then(b.reach.cmp(&a.reach))
            .then(a.file.cmp(&b.file))
    });
    found
}

/// Programs that a manifest declares, where their code is found.
fn installed(material: &Material<'_>) -> Vec<Start> {
    let mut found: BTreeMap<FileId, Start> = BTreeMap::new();
    for (_, manifest) in material.model.files() {
        let Some(package) = &manifest.manifest else {
            continue;
        };
        if !matches!(manifest.role, Role::Config | Role::Source) {
            continue;
        }
        for (name, target) in package
            .commands
            .iter()
            .filter(|(name, _)| name.line <= manifest.lines)
        {
            let Some((file, function)) = target_of(material, manifest, &package.system, target) else {
                continue;
            };
            let command = (
                name.value.clone(),
                Citation::new(&manifest.path, Lines::one(name.line)),
            );
            let Some(start) = program(material, file, function) else {
                continue;
            };
            found.entry(file).or_insert(Start {
                command: Some(command),
                ..start
            });
        }
    }
    found.into_values().collect()
}

/// The file, and for Python the function, that a command of a manifest starts.
fn target_of<'t>(
    material: &Material<'_>,
    manifest: &FileFacts,
    system: &str,
    target: &'t str,
) -> Option<(FileId, &'t str)> {
    let folder = manifest.path.folder();
    let inside = |path: &str| {
        let path = path.trim_start_matches("./");
        let whole = if folder.is_empty() {
            path.to_owned()
        } else {
            format!("{folder}/{path}")
        };
        material.model.graph.file_id(&whole)
    };
    if system != "python" {
        return (!target.contains(' '))
            .then(|| inside(target))
            .flatten()
            .map(|file| (file, "main"));
    }
    let (module, function) = target.split_once(':')?;
    let path = module.trim().replace('.', "/");
    let function = function.split(['[', ' ']).next()?;
    ["", "src/", "lib/"]
        .iter()
        .flat_map(|root| [format!("{root}{path}.py"), format!("{root}{path}/__init__.py")])
        .find_map(|path| inside(&path))
        .map(|file| (file, function))
}

/// The start of a program in a file: its function of this name, else where the file itself starts.
fn program(material: &Material<'_>, file: FileId, function: &str) -> Option<Start> {
    let facts = material.model.file(file)?;
    let symbol = function_named(material, file, function);
    let Some((_, definition)) = symbol.and_then(|symbol| material.model.definition(symbol)) else {
        return signalled(material, file, facts);
    };
    Some(Start {
        file,
        name: definition.name.clone(),
        lines: definition.lines,
        symbol,
        command: None,
        reach: 0,
    })
}

fn function_named(material: &Material<'_>, file: FileId, name: &str) -> Option<SymbolId> {
    let mut symbols = material.model.symbols_of(file);
    let found = symbols.find(|(_, definition)| {
        definition.name == name && matches!(definition.kind, SymbolKind::Function | SymbolKind::Method)
    });
    found.map(|(symbol, _)| symbol)
}

/// The start that a file's own text signals.
fn signalled(material: &Material<'_>, id: FileId, file: &FileFacts) -> Option<Start> {
    let signal = file
        .signals
        .iter()
        .find(|signal| signal.kind == SignalKind::EntryPoint)?;
    let symbol = function_named(material, id, &signal.name).or_else(|| {
        // `if __name__ == "__main__": main()` leads to what it calls.
        let calls = material.model.steps_at(id, signal.lines, 1);
        calls
            .first()
            .map(|(callee, _)| *callee)
            .filter(|callee| material.model.graph.definition(*callee).map(|(file, _)| file) == Some(id))
    });
    Some(Start {
        file: id,
        name: signal.name.clone(),
        lines: signal.lines,
        symbol,
        command: None,
        reach: 0,
    })
}

/// How many definitions a start leads to within three steps.
fn reach(material: &Material<'_>, start: &Start) -> usize {
    let first: Vec<SymbolId> = match start.symbol {
        Some(symbol) => vec![symbol],
        None => {
            let calls = material.model.steps_at(start.file, start.lines, usize::MAX);
            calls.into_iter().map(|(callee, _)| callee).collect()
        }
    };
    let mut seen: std::collections::BTreeSet<SymbolId> = first.iter().copied().collect();
    let mut open = first;
    for _ in 0..3 {
        let next = open.iter().flat_map(|symbol| material.model.calls_from(*symbol));
        let next: Vec<SymbolId> = next.map(|(callee, _)| callee).collect();
        open = next
            .into_iter()
            .filter(|callee| seen.insert(*callee))
            .take(400)
            .collect();
    }
    seen.len()
}

/// Whether execution starts in a file; scripts that build or set up the package itself are no part of what it does.
pub(super) fn has_entry(file: &FileFacts) -> bool {
    let path = file.path.as_str();
    let builds = matches!(
        path,
        "build.rs" | "setup.py" | "conftest.py" | "noxfile.py" | "tasks.py"
    ) || file.path.file_name() == "build.rs";
    let documents = ["docs/", "doc/", "site/", "src/site/", ".github/"]
        .iter()
        .any(|folder| path.starts_with(folder));
    matches!(file.role, Role::Source | Role::Example)
        && !builds
        && !documents
        && file.language != Some(Language::Dockerfile)
        && file
            .signals
            .iter()
            .any(|signal| signal.kind == SignalKind::EntryPoint)
}

fn card(material: &Material<'_>, start: &Start) -> Option<EntryCard> {
    let cards = material.cards();
    let model = material.model;
    let steps = match start.symbol {
        Some(symbol) => model.steps_of(symbol, 6),
        None => model.steps_at(start.file, start.lines, 6),
    };
    let from = start
        .symbol
        .and_then(|symbol| model.graph.definition(symbol))
        .map_or(start.file, |(file, _)| file);
    let calls = steps
        .into_iter()
        .filter_map(|(callee, line)| Some((cards.symbol_ref(callee)?, cards.line_of(from, line)?)))
        .collect();
    let facts = model.file(start.file)?;
    let lines = Lines {
        start: start.lines.start,
        // The head is what says that execution starts here; a body of hundreds of lines proves nothing more.
        end: start.lines.end.min(facts.lines).min(start.lines.start + 7),
    };
    Some(EntryCard {
        name: start.name.clone(),
        command: start.command.clone(),
        path: facts.path.clone(),
        summary: cards.file_purpose(facts),
        at: Citation::new(&facts.path, lines),
        calls,
        page: cards.page_of(start.file),
    })
}
