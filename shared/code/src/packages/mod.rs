//! What package manifests say: names, versions, dependencies, commands, each with its line.
//!
//! Readers keep what is well formed and pass over the rest: a manifest that is being edited still tells most of
//! what it has to say. None of them follows anything outside its own text.

mod cargo;
mod cmake;
mod go;
mod gradle;
mod item;
mod json;
mod npm;
mod php;
mod python;
mod ruby;

mod toml;
mod xml;

use deepwiki_domain::{
    RepoPath,
    facts::{Dependency, PackageFacts, Stated},
};

/// The largest manifest that is read, in bytes.
const LARGEST: usize = 2_000_000;

/// Reads a package manifest; none if the file is no manifest that is known, or says nothing.
///
/// `tsconfig.json` counts as one, of the system `typescript`: `baseUrl` is its entry, what it extends and refers to
/// are its members, and each alias of `paths` is a dependency whose `path` is relative to `baseUrl`.
pub fn read(path: &RepoPath, text: &str) -> Option<PackageFacts> {
    if text.len() > LARGEST {
        return None;
    }
    let facts = match path.file_name() {
        "Cargo.toml" => cargo::read(text),
        "package.json" => npm::read_package(text),
        "pnpm-workspace.yaml" | "pnpm-workspace.yml" => npm::read_pnpm(text),
        "tsconfig.json" | "jsconfig.json" | "tsconfig.base.json" => npm::read_tsconfig(text),
        "pyproject.toml" => python::read_pyproject(text),
        "setup.cfg" => python::read_setup_cfg(text),
        "go.mod" => go::read(text),
        "pom.xml" => xml::read_pom(text),
        "build.gradle" | "build.gradle.kts" => gradle::read(text),
        "composer.json" => php::read(text),
        "Gemfile" => ruby::read(text),
        "CMakeLists.txt" => cmake::read(text),
        name if name.ends_with(".gemspec") => ruby::read(text),
        name if name.ends_with(".csproj") || name.ends_with(".fsproj") => xml::read_project(path, text),
        name if is_requirements(path.folder(), name) => python::read_requirements(name, text),
        _ => return None,
    };
    says_something(&facts).then_some(facts)
}

/// `requirements.txt`, `requirements-dev.txt`, `dev-requirements.txt`, `requirements/test.txt`.
fn is_requirements(folder: &str, name: &str) -> bool {
    let stem = name.strip_suffix(".txt").or_else(|| name.strip_suffix(".in"));
    stem.is_some_and(|stem| {
        stem.contains("requirements") || folder.rsplit('/').next() == Some("requirements") && !stem.is_empty()
    })
}

fn says_something(facts: &PackageFacts) -> bool {
    facts.name.is_some()
        || !facts.dependencies.is_empty()
        || !facts.members.is_empty()
        || !facts.commands.is_empty()
        || !facts.entries.is_empty()
}

fn facts_of(system: &str) -> PackageFacts {
    PackageFacts {
        system: system.to_owned(),
        ..PackageFacts::default()
    }
}

fn stated(value: impl Into<String>, line: u32) -> Stated {
    Stated {
        value: value.into(),
        line,
    }
}

/// A dependency from the registry of its system.
fn dependency(name: impl Into<String>, requirement: Option<String>, dev: bool, line: u32) -> Dependency {
    Dependency {
        name: name.into(),
        requirement: requirement.filter(|wanted| !wanted.is_empty()),
        path: None,
        dev,
        line,
    }
}

/// The lines of a text with their numbers.
fn numbered(text: &str) -> impl Iterator<Item = (u32, &str)> {
    (1_u32..).zip(text.lines())
}

#[cfg(test)]
mod tests;
