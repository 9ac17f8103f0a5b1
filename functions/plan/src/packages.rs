//! What the repository gives to others and takes from them, for the map across repositories.

use std::collections::{BTreeMap, BTreeSet};

use deepwiki_domain::{
    Language,
    facts::{Dependency, FileFacts, Lines, PackageFacts},
    graph::Graph,
    manifest::Role,
    packages::{Imported, Packages, Provided, Required, registered},
    page::Citation,
};

/// The most entries of a kind that are noted; far more than any repository's own manifests name.
const MOST: usize = 5_000;

/// Gathers packages from the manifests and the imports that lead out of the repository.
pub(crate) fn of(files: &[FileFacts], graph: &Graph) -> Packages {
    let manifests: Vec<(&FileFacts, &PackageFacts)> = files
        .iter()
        .filter(|file| matches!(file.role, Role::Config | Role::Source))
        .filter_map(|file| Some((file, file.manifest.as_ref()?)))
        .collect();
    let provides = provides(&manifests);
    let mut known: BTreeSet<(String, String)> = provides
        .iter()
        .map(|provided| registered(&provided.system, &provided.name))
        .collect();
    let requires = requires(&manifests, &mut known);
    let imports = imports(files, graph, &known);
    Packages {
        provides,
        requires,
        imports,
    }
}

fn provides(manifests: &[(&FileFacts, &PackageFacts)]) -> Vec<Provided> {
    let named = manifests.iter().filter_map(|(file, package)| {
        let name = package.name.as_ref()?;
        let at = line(file, name.line)?;
        Some(Provided {
            system: package.system.clone(),
            name: name.value.clone(),
            version: package.version.as_ref().map(|version| version.value.clone()),
            at,
        })
    });
    let mut seen = BTreeSet::new();
    named
        .filter(|provided| seen.insert(registered(&provided.system, &provided.name)))
        .take(MOST)
        .collect()
}

/// What the manifests ask for, once a package; what is needed to run before what only tests and builds need. Adds to
/// what is known.
fn requires(
    manifests: &[(&FileFacts, &PackageFacts)],
    known: &mut BTreeSet<(String, String)>,
) -> Vec<Required> {
    let asked = |wanted_dev: bool| {
        manifests.iter().flat_map(move |(file, package)| {
            let wanted =
                move |dependency: &&Dependency| dependency.dev == wanted_dev && dependency.path.is_none();
            let of_package = package.dependencies.iter().filter(wanted);
            of_package.map(move |dependency| (*file, package.system.as_str(), dependency))
        })
    };
    let mut found = Vec::new();
    for (file, system, dependency) in asked(false).chain(asked(true)) {
        let Some(at) = line(file, dependency.line) else {
            continue;
        };
        if found.len() < MOST && known.insert(registered(system, &dependency.name)) {
            found.push(Required {
                system: system.to_owned(),
                name: dependency.name.clone(),
                requirement: dependency.requirement.clone(),
                dev: dependency.dev,
                at,
            });
        }
    }
    found
}

/// Imported packages that no manifest speaks of.
fn imports(files: &[FileFacts], graph: &Graph, known: &BTreeSet<(String, String)>) -> Vec<Imported> {
    let mut found: BTreeMap<(String, String), Imported> = BTreeMap::new();
    for external in &graph.externals {
        let Some(file) = files.get(external.file.0 as usize) else {
            continue;
        };
        let Some(system) = file.language.and_then(system_of) else {
            continue;
        };
        let name = registered(system, &external.package);
        if !matches!(file.role, Role::Source) || known.contains(&name) {
            continue;
        }
        let Some(at) = line(file, external.line) else {
            continue;
        };
        let entry = found.entry(name).or_insert_with(|| Imported {
            system: system.to_owned(),
            name: external.package.clone(),
            files: 0,
            at,
        });
        entry.files += 1;
    }
    found.into_values().take(MOST).collect()
}

/// The package system whose names a language's imports bear.
fn system_of(language: Language) -> Option<&'static str> {
    Some(match language {
        Language::Rust => "cargo",
        Language::Python => "python",
        Language::JavaScript | Language::TypeScript | Language::Tsx | Language::Vue => "npm",
        Language::Go => "go",
        Language::Ruby => "gem",
        Language::Java | Language::Kotlin | Language::Scala | Language::Groovy => "maven",
        _ => return None,
    })
}

fn line(file: &FileFacts, line: u32) -> Option<Citation> {
    (1..=file.lines)
        .contains(&line)
        .then(|| Citation::new(&file.path, Lines::one(line)))
}

#[cfg(test)]
mod tests {
    use deepwiki_domain::{
        facts::Stated,
        graph::{ExternalUse, FileId},
    };

    use super::*;
    use crate::fixtures::file;

    fn dependency(name: &str, dev: bool, path: Option<&str>, line: u32) -> Dependency {
        Dependency {
            name: name.to_owned(),
            requirement: Some("1".to_owned()),
            path: path.map(str::to_owned),
            dev,
            line,
        }
    }

    fn manifest(path: &str, name: &str, dependencies: Vec<Dependency>) -> FileFacts {
        let mut manifest = file(path, 30);
        manifest.role = Role::Config;
        manifest.manifest = Some(PackageFacts {
            system: "cargo".to_owned(),
            name: Some(Stated {
                value: name.to_owned(),
                line: 2,
            }),
            dependencies,
            ..PackageFacts::default()
        });
        manifest
    }

    #[test]
    fn own_packages_are_given_and_others_are_asked_for_once() {
        let files = [
            manifest(
                "a/Cargo.toml",
                "a",
                vec![
                    dependency("b", false, Some("../b"), 5),
                    dependency("serde", true, None, 6),
                    dependency("far", false, None, 40),
                ],
            ),
            manifest(
                "b/Cargo.toml",
                "b",
                vec![
                    dependency("serde", false, None, 7),
                    dependency("a", false, None, 8),
                ],
            ),
            file("src/lib.rs", 9),
        ];
        let external = |package: &str, line| ExternalUse {
            file: FileId(2),
            package: package.to_owned(),
            line,
        };
        let graph = Graph {
            externals: vec![external("serde", 1), external("unsaid", 3)],
            ..Graph::default()
        };
        let packages = of(&files, &graph);
        let provided: Vec<&str> = packages.provides.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(provided, ["a", "b"]);
        let required: Vec<(&str, bool, String)> = packages
            .requires
            .iter()
            .map(|it| (it.name.as_str(), it.dev, it.at.to_string()))
            .collect();
        assert_eq!(required, [("serde", false, "b/Cargo.toml:7-7".to_owned())]);
        let imported: Vec<(&str, u32)> = packages
            .imports
            .iter()
            .map(|it| (it.name.as_str(), it.at.start))
            .collect();
        assert_eq!(imported, [("unsaid", 3)]);
    }
}
