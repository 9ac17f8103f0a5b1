//! The commands that a build system offers without being told, each with the manifest that implies it.

use std::collections::BTreeMap;

use deepwiki_domain::{
    facts::{FileFacts, Lines, PackageFacts},
    manifest::Role,
    page::Citation,
    plan::{BuildCard, BuildGround, BuildStep},
};

use super::Material;

/// Manifests of one build system that are told of at most.
const MANIFESTS: usize = 3;

/// The manifests nearest to the root, by build system, and where the tests' runner is set up.
pub(crate) fn commands(material: &Material<'_>) -> Vec<BuildCard> {
    let paths = material.manifest.files.iter().map(|file| file.path.as_str());
    let paths: std::collections::BTreeSet<&str> = paths.collect();
    let has = |path: &str| paths.contains(path);
    of(material.model.files().map(|(_, file)| file), &has)
}

fn of<'a>(files: impl Iterator<Item = &'a FileFacts>, has: &dyn Fn(&str) -> bool) -> Vec<BuildCard> {
    let mut nearest: BTreeMap<&str, (usize, Vec<BuildCard>)> = BTreeMap::new();
    for file in files.filter(|file| matches!(file.role, Role::Config | Role::Source)) {
        let depth = file.path.as_str().matches('/').count();
        let package = file.manifest.as_ref();
        let built = package.and_then(|package| Some((package.system.as_str(), built(file, package, has)?)));
        let tested = tested(file).map(|card| ("python tests", card));
        for (system, card) in built.into_iter().chain(tested) {
            let (least, cards) = nearest.entry(system).or_insert((depth, Vec::new()));
            if depth < *least {
                *least = depth;
                cards.clear();
            }
            if depth == *least && cards.len() < MANIFESTS {
                cards.push(card);
            }
        }
    }
    nearest.into_values().flat_map(|(_, cards)| cards).collect()
}

fn built(file: &FileFacts, package: &PackageFacts, has: &dyn Fn(&str) -> bool) -> Option<BuildCard> {
    let steps = steps(file, package, has)?;
    let names = package.name.iter().chain(&package.members);
    let named = names.map(|name| (BuildGround::Declares, name.value.as_str(), name.line));
    let needed = package.dependencies.iter();
    let needed = needed.map(|it| (BuildGround::Requires, it.name.as_str(), it.line));
    let (ground, name, line) = named
        .chain(needed)
        .find(|(_, name, line)| !name.is_empty() && (1..=file.lines).contains(line))?;
    // Maven's group stands in a line of its own.
    let bare = match package.system.as_str() {
        "maven" => name.rsplit(':').next().unwrap_or(name),
        _ => name,
    };
    Some(BuildCard {
        path: file.path.clone(),
        ground,
        name: bare.to_owned(),
        steps: steps
            .into_iter()
            .map(|(step, command)| (step, command.to_owned()))
            .collect(),
        at: Citation::new(&file.path, Lines::one(line)),
    })
}

/// What the documentation of each build system calls the usual way.
fn steps(
    file: &FileFacts,
    package: &PackageFacts,
    has: &dyn Fn(&str) -> bool,
) -> Option<Vec<(BuildStep, &'static str)>> {
    use BuildStep::{Build, Fetch, Install, Test};
    let beside = |name: &str| match file.path.folder() {
        "" => has(name),
        folder => has(&format!("{folder}/{name}")),
    };
    let steps = match package.system.as_str() {
        "cargo" => vec![(Build, "cargo build"), (Test, "cargo test")],
        "go" => vec![(Build, "go build ./..."), (Test, "go test ./...")],
        "maven" if beside("mvnw") => vec![(Build, "./mvnw package"), (Test, "./mvnw test")],
        "maven" => vec![(Build, "mvn package"), (Test, "mvn test")],
        "gradle" if beside("gradlew") => vec![(Build, "./gradlew build"), (Test, "./gradlew test")],
        "gradle" => vec![(Build, "gradle build"), (Test, "gradle test")],
        "nuget" => vec![(Build, "dotnet build"), (Test, "dotnet test")],
        "cmake" if package.name.is_some() => {
            vec![(Build, "cmake -S . -B build && cmake --build build")]
        }
        "npm" if !package.dependencies.is_empty() => vec![(Fetch, installer(&beside))],
        "composer" if !package.dependencies.is_empty() => vec![(Fetch, "composer install")],
        "gem" if file.path.file_name() == "Gemfile" => vec![(Fetch, "bundle install")],
        "python" if file.path.file_name() == "requirements.txt" => {
            vec![(Fetch, "pip install -r requirements.txt")]
        }
        "python" if package.name.is_some() => vec![(Install, "pip install .")],
        _ => return None,
    };
    Some(steps)
}

/// The package manager whose lock file is kept.
fn installer(beside: &dyn Fn(&str) -> bool) -> &'static str {
    let locks = [
        ("pnpm-lock.yaml", "pnpm install"),
        ("yarn.lock", "yarn install"),
        ("bun.lock", "bun install"),
        ("bun.lockb", "bun install"),
    ];
    locks
        .iter()
        .find(|(lock, _)| beside(lock))
        .map_or("npm install", |(_, command)| *command)
}

/// Where pytest has settings.
fn tested(file: &FileFacts) -> Option<BuildCard> {
    const PLACES: [(&str, &str); 4] = [
        ("pytest.ini", "pytest"),
        ("pyproject.toml", "tool.pytest"),
        ("setup.cfg", "tool:pytest"),
        ("tox.ini", "pytest"),
    ];
    let (_, section) = PLACES.iter().find(|(name, _)| *name == file.path.file_name())?;
    let settings = file
        .definitions
        .iter()
        .find(|it| it.name.starts_with(section) && (1..=file.lines).contains(&it.name_line))?;
    Some(BuildCard {
        path: file.path.clone(),
        ground: BuildGround::Configures,
        name: "pytest".to_owned(),
        steps: vec![(BuildStep::Test, "pytest".to_owned())],
        at: Citation::new(&file.path, Lines::one(settings.name_line)),
    })
}

#[cfg(test)]
mod tests {
    use deepwiki_domain::{
        RepoPath,
        facts::{Dependency, Stated},
    };

    use super::*;
    use crate::fixtures::{definition, file};

    fn manifest(path: &str, system: &str, name: Option<&str>) -> FileFacts {
        let package = PackageFacts {
            system: system.to_owned(),
            name: name.map(|name| Stated {
                value: name.to_owned(),
                line: 2,
            }),
            dependencies: vec![Dependency {
                name: "group:part".to_owned(),
                requirement: None,
                path: None,
                dev: false,
                line: 5,
            }],
            ..PackageFacts::default()
        };
        FileFacts {
            role: Role::Config,
            manifest: Some(package),
            ..file(path, 9)
        }
    }

    fn told(files: &[FileFacts], others: &[&str]) -> Vec<String> {
        let has = |path: &str| others.contains(&path);
        let cards = of(files.iter(), &has);
        let line = |card: &BuildCard| {
            let steps: Vec<&str> = card.steps.iter().map(|(_, command)| command.as_str()).collect();
            format!(
                "{:?} {} {}: {}",
                card.ground,
                card.name,
                card.at,
                steps.join("; ")
            )
        };
        cards.iter().map(line).collect()
    }

    #[test]
    fn the_manifest_nearest_to_the_root_tells_how_to_build() {
        let files = [
            manifest("crates/a/Cargo.toml", "cargo", Some("a")),
            manifest("Cargo.toml", "cargo", Some("whole")),
            manifest("web/pom.xml", "maven", Some("org.example:web")),
            manifest("tsconfig.json", "typescript", None),
        ];
        assert_eq!(
            told(&files, &[]),
            [
                "Declares whole Cargo.toml:2-2: cargo build; cargo test",
                "Declares web web/pom.xml:2-2: mvn package; mvn test",
            ]
        );
    }

    #[test]
    fn wrappers_and_lock_files_tell_which_program_it_is() {
        let files = [
            manifest("build.gradle", "gradle", None),
            manifest("web/package.json", "npm", Some("web")),
        ];
        assert_eq!(
            told(&files, &["gradlew", "web/yarn.lock"]),
            [
                "Requires group:part build.gradle:5-5: ./gradlew build; ./gradlew test",
                "Declares web web/package.json:2-2: yarn install",
            ]
        );
    }

    #[test]
    fn pytest_counts_where_it_is_set_up_and_tests_of_others_do_not() {
        let mut settings = manifest("pyproject.toml", "python", Some("net"));
        settings.definitions = vec![definition("tool.pytest.ini_options", 7, 8)];
        let fixture = FileFacts {
            role: Role::Test,
            path: RepoPath::new("Cargo.toml").unwrap(),
            ..manifest("Cargo.toml", "cargo", Some("sample"))
        };
        assert_eq!(
            told(&[settings, fixture], &[]),
            [
                "Declares net pyproject.toml:2-2: pip install .",
                "Configures pytest pyproject.toml:7-7: pytest",
            ]
        );
    }
}
