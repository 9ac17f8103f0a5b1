//! Pages about working on the repository: configuration, build and run, tests.

use std::collections::BTreeMap;

use deepwiki_domain::{
    Language,
    facts::{FileFacts, Lines, SignalKind, SymbolKind},
    graph::FileId,
    manifest::Role,
    page::Citation,
    plan::{BriefSection, ConfigCard, Heading, Quotation, ScriptCard, TestCard, Title},
};

use super::{Draft, Material, api, modules, overview, page, standard};
use crate::prose;

/// What headings of a README speak of building and running, and of testing.
const BUILDING: [&str; 14] = [
    "install",
    "build",
    "run",
    "usage",
    "start",
    "develop",
    "contribut",
    "test",
    "deploy",
    "setup",
    "require",
    "compil",
    "インストール",
    "使い方",
];
const TESTING: [&str; 3] = ["test", "develop", "テスト"];

/// Environment variables, options and files that set it up.
pub(crate) fn configuration(material: &Material<'_>) -> Option<Draft> {
    let mut draft = Draft::new("configuration", Title::Configuration);
    draft.add(
        api::named(material, SignalKind::EnvironmentVariable, 40),
        BriefSection::Environment,
    );
    draft.add(api::named(material, SignalKind::Flag, 40), BriefSection::Flags);
    let settings: Vec<ConfigCard> = material
        .model
        .files()
        .filter(|(_, file)| is_setting(file))
        .filter_map(|(_, file)| config_card(file, "settings"))
        .take(12)
        .collect();
    draft.add(settings, BriefSection::ConfigFiles);
    let readers = material.model.files().filter(|(_, file)| {
        let reads = |signal: &deepwiki_domain::facts::Signal| {
            matches!(signal.kind, SignalKind::EnvironmentVariable | SignalKind::Flag)
        };
        file.role == Role::Source && file.signals.iter().any(reads)
    });
    draft.rests_on(material, readers.map(|(id, _)| id));
    draft.related = vec![page("build-and-run", Title::BuildAndRun)];
    draft.filled()
}

/// Whether a file sets something up, as far as its place tells: settings stand near the top.
fn is_setting(file: &FileFacts) -> bool {
    let depth = file.path.as_str().matches('/').count();
    let shallow = if file.language == Some(Language::Json) {
        depth == 0
    } else {
        depth <= 1
    };
    let housekeeping = path_is_housekeeping(file.path.as_str()) || file.language == Some(Language::Make);
    shallow
        && !housekeeping
        && file.role == Role::Config
        && kind_of(file).is_none()
        && file.manifest.is_none()
}

/// What serves the hosting or the editor rather than the program.
fn path_is_housekeeping(path: &str) -> bool {
    const NAMES: [&str; 8] = [
        ".cargo_vcs_info.json",
        ".editorconfig",
        ".gitattributes",
        ".gitignore",
        "dependabot.yml",
        "CODEOWNERS",
        "package-lock.json",
        "composer.lock",
    ];
    let name = path.rsplit('/').next().unwrap_or(path);
    path.starts_with(".github/") || path.starts_with(".vscode/") || NAMES.contains(&name)
}

/// How to build, run, check and ship it: manifests, build files, CI, containers.
pub(crate) fn build_and_run(material: &Material<'_>) -> Option<Draft> {
    let mut draft = Draft::new("build-and-run", Title::BuildAndRun);
    draft.add(guide(material, &BUILDING), BriefSection::Guide);
    draft.add(standard::commands(material), BriefSection::Standard);
    draft.add(scripts(material), BriefSection::Scripts);
    let automation: Vec<ConfigCard> = material
        .model
        .files()
        .filter_map(|(_, file)| config_card(file, kind_of(file)?))
        .take(14)
        .collect();
    draft.add(automation, BriefSection::Automation);
    let files = material
        .model
        .files()
        .filter(|(_, file)| kind_of(file).is_some())
        .map(|(id, _)| id);
    let files: Vec<FileId> = material.packages.values().copied().chain(files).collect();
    draft.rests_on(material, files);
    draft.related = vec![page("tests", Title::Tests)];
    draft.filled()
}

/// The README's sections that speak of building, running and testing.
fn guide(material: &Material<'_>, words: &[&str]) -> Vec<Heading> {
    let Some((file, passages)) = material.readmes.get("") else {
        return Vec::new();
    };
    let about = |heading: &str| words.iter().any(|word| heading.contains(word));
    let found = overview::guide(material, *file, passages, about);
    found
        .into_iter()
        .filter(|heading| heading.text.is_some() || heading.code.is_some())
        .take(8)
        .collect()
}

/// Commands that manifests and Makefiles define.
fn scripts(material: &Material<'_>) -> Vec<ScriptCard> {
    let mut found = Vec::new();
    for (_, file) in material.model.files() {
        let ours = matches!(file.role, Role::Config | Role::Source);
        if let Some(package) = file.manifest.as_ref().filter(|_| ours) {
            found.extend(
                package
                    .commands
                    .iter()
                    .filter(|(name, _)| name.line <= file.lines)
                    .map(|(name, command)| ScriptCard {
                        run: run_line(&package.system, &name.value),
                        name: name.value.clone(),
                        command: Some(command.clone()).filter(|command| !command.is_empty()),
                        at: Citation::new(&file.path, Lines::one(name.line)),
                    }),
            );
        }
        if file.language == Some(Language::Make) && matches!(file.role, Role::Config | Role::Source) {
            let depth = file.path.as_str().matches('/').count();
            let targets = file
                .definitions
                .iter()
                .filter(|d| d.kind == SymbolKind::Entry && is_target(&d.name));
            found.extend(targets.take(if depth == 0 { 16 } else { 8 }).map(|target| {
                ScriptCard {
                    run: format!("make {}", target.name),
                    name: target.name.clone(),
                    command: target
                        .doc
                        .as_ref()
                        .and_then(|doc| prose::first_sentence(&doc.text)),
                    at: Citation::new(
                        &file.path,
                        Lines {
                            end: target.lines.end.min(file.lines),
                            ..target.lines
                        },
                    ),
                }
            }));
        }
    }
    found.sort_by(|a, b| {
        let depth = |card: &ScriptCard| card.at.path.as_str().matches('/').count();
        depth(a).cmp(&depth(b)).then_with(|| a.at.cmp(&b.at))
    });
    found.truncate(24);
    found
}

fn run_line(system: &str, name: &str) -> String {
    match system {
        "npm" => format!("npm run {name}"),
        "composer" => format!("composer run {name}"),
        "cargo" => format!("cargo run --bin {name}"),
        _ => name.to_owned(),
    }
}

/// Whether a target is an errand rather than a file that is made.
fn is_target(name: &str) -> bool {
    !name.contains('.')
        && name != "FORCE"
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

/// What a file automates, where its place and name tell.
fn kind_of(file: &FileFacts) -> Option<&'static str> {
    let path = file.path.as_str();
    let name = file.path.file_name();
    let yaml = file.language == Some(Language::Yaml);
    match () {
        () if !matches!(file.role, Role::Config | Role::Source) => None,
        () if path.starts_with(".github/workflows/") && yaml => Some("github-actions"),
        () if path == ".gitlab-ci.yml" => Some("gitlab-ci"),
        () if path.starts_with(".circleci/") && yaml => Some("circleci"),
        () if name == "buildspec.yml" || name == "buildspec.yaml" => Some("codebuild"),
        () if path == ".travis.yml" => Some("travis"),
        () if name == "Jenkinsfile" => Some("jenkins"),
        () if name == "azure-pipelines.yml" => Some("azure-pipelines"),
        () if file.language == Some(Language::Dockerfile) => Some("dockerfile"),
        () if name.starts_with("docker-compose") || name == "compose.yaml" || name == "compose.yml" => {
            Some("compose")
        }
        () if name == "template.yaml" || name == "samconfig.toml" => Some("sam"),
        () if name == "tox.ini" || name == "noxfile.py" => Some("test-runner"),
        () if name == ".pre-commit-config.yaml" => Some("pre-commit"),
        () if name == "Chart.yaml" => Some("helm"),
        () => None,
    }
}

/// A configuration file with its main entries; none where it has no lines.
fn config_card(file: &FileFacts, kind: &str) -> Option<ConfigCard> {
    if file.lines == 0 {
        return None;
    }
    let within = |lines: Lines| Lines {
        end: lines.end.min(file.lines).max(lines.start),
        ..lines
    };
    let jobs = file
        .definitions
        .iter()
        .position(|d| d.name == "jobs" && d.kind == SymbolKind::Entry);
    let inside = |definition: &deepwiki_domain::facts::Definition| {
        definition.container.map(|container| container as usize) == jobs.filter(|_| kind == "github-actions")
    };
    let mut entries: Vec<&deepwiki_domain::facts::Definition> = file
        .definitions
        .iter()
        .filter(|d| d.kind == SymbolKind::Entry && inside(d))
        .collect();
    if entries.is_empty() {
        entries = file
            .definitions
            .iter()
            .filter(|d| d.container.is_none())
            .collect();
    }
    let named = entries
        .into_iter()
        .filter(|d| !d.name.is_empty() && d.name.len() <= 60 && d.lines.start <= file.lines);
    let entries: Vec<(String, Citation)> = named
        .map(|d| {
            (
                d.name.clone(),
                Citation::new(
                    &file.path,
                    Lines::one(d.name_line.clamp(d.lines.start, file.lines)),
                ),
            )
        })
        .take(6)
        .collect();
    let purpose = file.doc.as_ref().and_then(|doc| {
        Some(Quotation {
            text: prose::first_sentence(&doc.text)?,
            at: Citation::new(&file.path, within(doc.lines)),
        })
    });
    (!entries.is_empty() || purpose.is_some()).then(|| ConfigCard {
        path: file.path.clone(),
        kind: kind.to_owned(),
        entries,
        purpose,
    })
}

/// What is tested, and where.
pub(crate) fn tests(material: &Material<'_>) -> Option<Draft> {
    let cards = material.cards();
    let mut draft = Draft::new("tests", Title::Tests);
    let files: BTreeMap<FileId, &FileFacts> = material
        .model
        .files()
        .filter(|(_, file)| file.role == Role::Test || file.definitions.iter().any(|d| d.is_test))
        .collect();
    let mut found: Vec<TestCard> = files
        .keys()
        .filter_map(|file| modules::test_card(material, &cards, *file, None))
        .filter(|card| card.count > 0)
        .collect();
    found.sort_by(|a, b| {
        // What tests the code comes before what tests examples or nothing that could be told.
        (a.covers.is_empty(), std::cmp::Reverse(a.count), &a.path).cmp(&(
            b.covers.is_empty(),
            std::cmp::Reverse(b.count),
            &b.path,
        ))
    });
    found.truncate(12);
    draft.add(found, BriefSection::Tests);
    let of_tests = |card: &ScriptCard| {
        ["test", "check", "lint", "cover"]
            .iter()
            .any(|word| card.name.contains(word))
    };
    if !draft.sections.is_empty() {
        draft.add(guide(material, &TESTING), BriefSection::Guide);
        let scripts: Vec<ScriptCard> = scripts(material).into_iter().filter(of_tests).take(8).collect();
        draft.add(scripts, BriefSection::Scripts);
        draft.sections.rotate_left(1);
    }
    draft.rests_on(material, files.keys().copied());
    draft.related = vec![page("build-and-run", Title::BuildAndRun)];
    draft.filled()
}
