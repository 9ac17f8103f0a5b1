//! Which repository depends on which: the packages that one provides are those that another asks for in a manifest
//! or, where its manifests are silent, imports.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{RepositoryId, page::Citation};

/// The most boxes that a map draws; a picture of more says nothing.
pub const MOST_DRAWN: usize = 40;

/// What a repository gives to others and takes from them. A function of the commit alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packages {
    /// The packages that its manifests name.
    pub provides: Vec<Provided>,
    /// What its manifests ask for and it does not provide itself, one entry a package.
    pub requires: Vec<Required>,
    /// What its code imports and no manifest of it asks for, one entry a package.
    pub imports: Vec<Imported>,
}

/// A package of the repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provided {
    /// `cargo`, `npm`, …
    pub system: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// The line that names it.
    pub at: Citation,
}

/// A package that a manifest asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Required {
    /// `cargo`, `npm`, …
    pub system: String,
    /// Its name.
    pub name: String,
    /// The wanted version.
    pub requirement: Option<String>,
    /// Whether only tests and builds need it.
    pub dev: bool,
    /// The line that asks for it.
    pub at: Citation,
}

/// A package that is imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// The package system of the importing language.
    pub system: String,
    /// Its name, as the import has it.
    pub name: String,
    /// In how many files.
    pub files: u32,
    /// One of these imports.
    pub at: Citation,
}

/// One repository depends on another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dependence {
    /// The repository that depends.
    pub from: RepositoryId,
    /// The repository that it depends on.
    pub to: RepositoryId,
    /// Why, package by package; at least one.
    pub ties: Vec<Tie>,
}

/// A package that ties two repositories.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tie {
    /// `cargo`, `npm`, …
    pub system: String,
    /// The package.
    pub name: String,
    /// The wanted version; none where it is not stated.
    pub requirement: Option<String>,
    /// The version that the provider's manifest states.
    pub version: Option<String>,
    /// Whether only tests and builds need it.
    pub dev: bool,
    /// How that is known.
    pub evidence: Evidence,
    /// The line of the dependent repository that shows it.
    pub at: Citation,
    /// The line of the other repository that names the package.
    pub provided_at: Citation,
}

/// What shows that a repository needs a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Evidence {
    /// A manifest asks for it.
    Manifest,
    /// Code imports it, and no manifest says more.
    Import,
}

/// The name under which a package's registry files it: systems that share a registry are one, and so are names that it
/// takes for the same.
pub fn registered(system: &str, name: &str) -> (String, String) {
    let system = match system {
        "gradle" | "maven" => "maven",
        other => other,
    };
    let name = match system {
        "python" => name.to_lowercase().replace(['_', '.'], "-"),
        "cargo" => name.replace('-', "_"),
        "nuget" | "composer" => name.to_lowercase(),
        _ => name.to_owned(),
    };
    (system.to_owned(), name)
}

/// Who depends on whom among these repositories, by the dependent's and then the other's id. A package that several
/// provide (a fork beside its origin) ties to each of them.
pub fn dependences(repositories: &[(RepositoryId, &Packages)]) -> Vec<Dependence> {
    let mut providers: BTreeMap<(String, String), Vec<(&RepositoryId, &Provided)>> = BTreeMap::new();
    for (id, packages) in repositories {
        for provided in &packages.provides {
            let of_name = providers
                .entry(registered(&provided.system, &provided.name))
                .or_default();
            if of_name.iter().all(|(known, _)| *known != id) {
                of_name.push((id, provided));
            }
        }
    }
    let mut edges: BTreeMap<(&RepositoryId, &RepositoryId), Vec<Tie>> = BTreeMap::new();
    for (id, packages) in repositories {
        for (name, tie) in packages
            .requires
            .iter()
            .map(of_manifest)
            .chain(packages.imports.iter().map(of_import))
        {
            for (other, provided) in providers.get(&name).into_iter().flatten() {
                if *other != id {
                    let tie = Tie {
                        version: provided.version.clone(),
                        provided_at: provided.at.clone(),
                        ..tie.clone()
                    };
                    edges.entry((id, other)).or_default().push(tie);
                }
            }
        }
    }
    edges
        .into_iter()
        .map(|((from, to), ties)| Dependence {
            from: from.clone(),
            to: to.clone(),
            ties,
        })
        .collect()
}

fn of_manifest(required: &Required) -> ((String, String), Tie) {
    let tie = Tie {
        system: required.system.clone(),
        name: required.name.clone(),
        requirement: required.requirement.clone(),
        version: None,
        dev: required.dev,
        evidence: Evidence::Manifest,
        at: required.at.clone(),
        provided_at: required.at.clone(),
    };
    (registered(&required.system, &required.name), tie)
}

fn of_import(imported: &Imported) -> ((String, String), Tie) {
    let tie = Tie {
        system: imported.system.clone(),
        name: imported.name.clone(),
        requirement: None,
        version: None,
        dev: false,
        evidence: Evidence::Import,
        at: imported.at.clone(),
        provided_at: imported.at.clone(),
    };
    (registered(&imported.system, &imported.name), tie)
}

/// The map as Mermaid: the repositories that depend or are depended on, most ties first where there are more than
/// [`MOST_DRAWN`]. None where nothing depends on anything.
pub fn map_diagram(edges: &[Dependence], name: &dyn Fn(&RepositoryId) -> String) -> Option<String> {
    let mut weights: BTreeMap<&RepositoryId, usize> = BTreeMap::new();
    for edge in edges {
        for id in [&edge.from, &edge.to] {
            *weights.entry(id).or_default() += edge.ties.len();
        }
    }
    let mut heaviest: Vec<(&RepositoryId, usize)> = weights.into_iter().collect();
    heaviest.sort_by_key(|(id, weight)| (std::cmp::Reverse(*weight), *id));
    let drawn: BTreeSet<&RepositoryId> = heaviest.into_iter().take(MOST_DRAWN).map(|(id, _)| id).collect();
    let places: BTreeMap<&RepositoryId, usize> = drawn.iter().copied().zip(0..).collect();
    if places.is_empty() {
        return None;
    }
    let mut mermaid = String::from("flowchart LR\n");
    for (id, at) in &places {
        mermaid.push_str(&format!("  r{at}[\"{}\"]\n", label(&name(id))));
    }
    for edge in edges {
        if let (Some(from), Some(to)) = (places.get(&edge.from), places.get(&edge.to)) {
            mermaid.push_str(&format!("  r{from} --> r{to}\n"));
        }
    }
    Some(mermaid)
}

/// Words that Mermaid reads as nothing but words.
fn label(text: &str) -> String {
    let clean: String = text
        .chars()
        .map(|c| match c {
            c if c.is_alphanumeric() || matches!(c, '/' | '.' | '_' | '-') => c,
            _ => ' ',
        })
        .take(48)
        .collect();
    match clean.trim() {
        "" => "-".to_owned(),
        end if end.eq_ignore_ascii_case("end") => format!("{end}."),
        clean => clean.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RepoPath;

    fn at(path: &str, line: u32) -> Citation {
        Citation {
            path: RepoPath::new(path).unwrap(),
            start: line,
            end: line,
        }
    }

    fn provides(system: &str, name: &str) -> Packages {
        Packages {
            provides: vec![Provided {
                system: system.to_owned(),
                name: name.to_owned(),
                version: Some("1.0".to_owned()),
                at: at("manifest", 2),
            }],
            ..Packages::default()
        }
    }

    fn requires(system: &str, name: &str) -> Packages {
        Packages {
            requires: vec![Required {
                system: system.to_owned(),
                name: name.to_owned(),
                requirement: Some("^1".to_owned()),
                dev: false,
                at: at("manifest", 7),
            }],
            ..Packages::default()
        }
    }

    fn edges(repositories: &[(&str, &Packages)]) -> Vec<Dependence> {
        let named: Vec<(RepositoryId, &Packages)> = repositories
            .iter()
            .map(|(id, packages)| (RepositoryId::new(*id).unwrap(), *packages))
            .collect();
        dependences(&named)
    }

    #[test]
    fn names_meet_as_their_registry_has_them() {
        for (from, asked, to, given, meet) in [
            ("python", "My_Lib", "python", "my-lib", true),
            ("cargo", "my_lib", "cargo", "my-lib", true),
            ("gradle", "org.a:b", "maven", "org.a:b", true),
            ("npm", "@a/b", "npm", "@a/b", true),
            ("npm", "lib", "cargo", "lib", false),
            ("npm", "Lib", "npm", "lib", false),
        ] {
            let (wants, has) = (requires(from, asked), provides(to, given));
            let found = edges(&[("a", &wants), ("b", &has)]);
            assert_eq!(!found.is_empty(), meet, "{asked} of {from}, {given} of {to}");
        }
    }

    #[test]
    fn an_edge_cites_both_ends_and_leads_to_every_provider() {
        let (wants, has) = (requires("npm", "lib"), provides("npm", "lib"));
        let found = edges(&[("a", &wants), ("b", &has), ("fork", &has)]);
        let ends: Vec<(&str, &str)> = found
            .iter()
            .map(|edge| (edge.from.as_str(), edge.to.as_str()))
            .collect();
        assert_eq!(ends, [("a", "b"), ("a", "fork")]);
        let tie = found.first().and_then(|edge| edge.ties.first()).unwrap();
        assert_eq!((tie.at.start, tie.provided_at.start), (7, 2));
        assert_eq!(tie.version.as_deref(), Some("1.0"));
    }

    #[test]
    fn a_map_draws_the_repositories_that_are_tied() {
        let (wants, has, alone) = (
            requires("npm", "lib"),
            provides("npm", "lib"),
            Packages::default(),
        );
        let found = edges(&[("a", &wants), ("b", &has), ("c", &alone)]);
        let drawn = map_diagram(&found, &|id| format!("{id}\"] --> x"));
        assert_eq!(
            drawn.as_deref(),
            Some("flowchart LR\n  r0[\"a   --  x\"]\n  r1[\"b   --  x\"]\n  r0 --> r1\n")
        );
        assert_eq!(map_diagram(&[], &|id| id.to_string()), None);
    }
}
