//! Rust: crates and their modules.

use deepwiki_domain::facts::{Import, ImportedName};

use crate::resolve::{
    manifests::{join, parent},
    tree::{Base, Entity, Family, Map, Repo, id},
};

/// Joins files to the modules that declare them, by where they lie, and notes the crates.
pub(super) fn connect(repo: &mut Repo<'_>) {
    let roots = crate_roots(repo);
    // A root is never the module of another file, though it may lie where one would.
    let is_root = |file: u32| roots.binary_search(&file).is_ok();
    let mut by_folder: Map<String, Vec<u32>> = Map::default();
    for root in &roots {
        if let Some(facts) = repo.file(*root) {
            by_folder
                .entry(facts.path.folder().to_owned())
                .or_default()
                .push(*root);
        }
    }
    let mut files: Vec<u32> = (0..id(repo.files.len()))
        .filter(|file| repo.family(*file) == Some(Family::Rust) && !is_root(*file))
        .collect();
    // The outer ones first, so that a module inside a file has its own parent by the time it gets children.
    files.sort_by_key(|file| {
        let path = repo.file(*file).map_or("", |facts| facts.path.as_str());
        (
            path.matches('/').count() - usize::from(path.ends_with("/mod.rs")).min(path.matches('/').count()),
            *file,
        )
    });
    for file in files {
        attach(repo, &by_folder, file);
    }
    name_crates(repo);
    macros_by_crate(repo);
}

fn attach(repo: &mut Repo<'_>, roots: &Map<String, Vec<u32>>, file: u32) {
    let Some(facts) = repo.file(file) else { return };
    let path = facts.path.as_str();
    let (folder, name) = match path.strip_suffix("/mod.rs") {
        Some(module) => (parent(module), module.rsplit('/').next().unwrap_or(module)),
        None => (facts.path.folder(), super::stem(path)),
    };
    let module = repo.file_module.get(file as usize).copied().unwrap_or_default();
    let parents = parents_of(repo, roots, folder, name, 0);
    for parent in &parents {
        if *parent == module {
            continue;
        }
        if let Some(place) = repo.module_mut(*parent) {
            place.children.entry(name.into()).or_insert(module);
        }
    }
    if let (Some(place), Some(parent)) = (repo.module_mut(module), parents.first())
        && *parent != module
    {
        place.parent = Some(*parent);
    }
}

/// The modules whose files lie in a folder: `a/mod.rs` or `a.rs` for those in `a`, else the roots that lie there.
fn parents_of(
    repo: &Repo<'_>,
    roots: &Map<String, Vec<u32>>,
    folder: &str,
    name: &str,
    depth: usize,
) -> Vec<u32> {
    let module_at = |path: &str| {
        let file = *repo.paths.get(path)?;
        repo.file_module.get(file as usize).copied()
    };
    let named = if folder.is_empty() {
        None
    } else {
        module_at(&format!("{folder}.rs"))
    };
    if let Some(module) = module_at(&format!("{folder}/mod.rs")).or(named) {
        return vec![module];
    }
    let here = roots.get(folder).map(Vec::as_slice).unwrap_or_default();
    let declaring: Vec<u32> = here
        .iter()
        .copied()
        .filter(|root| declares(repo, *root, name))
        .collect();
    let chosen = if declaring.is_empty() {
        here.get(..1).unwrap_or_default()
    } else {
        declaring.as_slice()
    };
    if !chosen.is_empty() {
        return chosen
            .iter()
            .filter_map(|root| repo.file_module.get(*root as usize).copied())
            .collect();
    }
    // `mod a { mod b; }` puts `b` into the folder `a` of the file around.
    if folder.is_empty() || depth > 16 {
        return Vec::new();
    }
    let inner = folder.rsplit('/').next().unwrap_or(folder);
    parents_of(repo, roots, parent(folder), inner, depth + 1)
        .into_iter()
        .filter_map(|outer| repo.module(outer)?.children.get(inner).copied())
        .collect()
}

/// Whether a file says `mod name;`.
fn declares(repo: &Repo<'_>, file: u32, name: &str) -> bool {
    repo.file(file).is_some_and(|facts| {
        facts.imports.iter().any(|import| {
            import.name == ImportedName::Whole && import.path.last().is_some_and(|last| last == name)
        })
    })
}

/// The files in which a crate begins, in path order, `lib.rs` and `main.rs` before others of their folder.
fn crate_roots(repo: &Repo<'_>) -> Vec<u32> {
    let mut roots = Vec::new();
    for file in 0..id(repo.files.len()) {
        let Some(facts) = repo
            .file(file)
            .filter(|_| repo.family(file) == Some(Family::Rust))
        else {
            continue;
        };
        let path = facts.path.as_str();
        let folder = facts.path.folder();
        let kind = folder.rsplit('/').next().unwrap_or(folder);
        let of_kind = |kind: &str| matches!(kind, "bin" | "tests" | "examples" | "benches" | "fuzz_targets");
        let is_root = match facts.path.file_name() {
            "lib.rs" => true,
            "main.rs" => true,
            "build.rs" => repo.manifests.at("cargo", folder).is_some(),
            "mod.rs" => false,
            _ => of_kind(kind) && in_package(repo, kind, folder),
        };
        if is_root || is_stated(repo, path) {
            roots.push(file);
        }
    }
    roots
}

/// Whether a folder of this kind lies directly in a package.
fn in_package(repo: &Repo<'_>, kind: &str, folder: &str) -> bool {
    let package = match kind {
        "bin" => folder.strip_suffix("src/bin"),
        _ => folder.strip_suffix(kind),
    };
    let Some(package) = package else { return false };
    repo.manifests
        .at("cargo", package.trim_end_matches('/'))
        .is_some()
        || kind != "tests" && kind != "bin"
}

/// Whether a manifest names this file as a target.
fn is_stated(repo: &Repo<'_>, path: &str) -> bool {
    let Some(manifest) = repo.manifests.nearest("cargo", parent(path)) else {
        return false;
    };
    let targets = manifest.facts.commands.iter().map(|(_, target)| target.as_str());
    let entries = manifest.facts.entries.iter().map(|entry| entry.value.as_str());
    targets
        .chain(entries)
        .any(|target| join(manifest.folder, target).as_deref() == Some(path))
}

fn name_crates(repo: &mut Repo<'_>) {
    let mut crates = Vec::new();
    for manifest in repo.manifests.of_system("cargo") {
        let Some(name) = manifest.name() else { continue };
        let stated = manifest.facts.entries.iter().map(|entry| entry.value.as_str());
        let library = stated
            .chain(["src/lib.rs", "lib.rs", "src/main.rs"])
            .filter_map(|entry| join(manifest.folder, entry))
            .find_map(|path| repo.paths.get(path.as_str()).copied());
        if let Some(file) = library
            && let Some(module) = repo.file_module.get(file as usize)
        {
            crates.push((name.replace('-', "_"), *module));
        }
    }
    for (name, module) in crates {
        repo.crates.entry(name).or_insert(module);
    }
}

/// Files have found their crates by now; so have the macros in them.
fn macros_by_crate(repo: &mut Repo<'_>) {
    let mut macros: Vec<((u32, &str), Vec<u32>)> = repo.macros.drain().collect();
    macros.sort_unstable();
    for ((module, name), symbols) in macros {
        let root = repo.root(module);
        repo.macros.entry((root, name)).or_default().extend(symbols);
    }
}

/// Where a path begins: at the crate, here, further out, or with a name that is known here.
pub(super) fn base_of<'a>(repo: &Repo<'a>, file: u32, import: &'a Import) -> (Base, Vec<&'a str>) {
    let own = repo.file_module.get(file as usize).copied().unwrap_or_default();
    let module = import
        .scope
        .and_then(|scope| repo.inside.get(repo.symbol(file, scope)? as usize).copied())
        .unwrap_or(own);
    let mut parts: Vec<&str> = super::split(Family::Rust, import).collect();
    let (base, taken) = start(repo, module, &parts);
    parts.drain(..taken);
    (base, parts)
}

/// Where a path begins, and how many of its parts say so.
pub(in crate::resolve) fn start(repo: &Repo<'_>, module: u32, parts: &[&str]) -> (Base, usize) {
    let mut at = module;
    let mut taken = 0;
    for part in parts {
        match *part {
            "crate" | "$crate" if taken == 0 => at = repo.root(module),
            "self" => {}
            "super" => match repo.module(at).and_then(|place| place.parent) {
                Some(parent) => at = parent,
                None => return (Base::At(Entity::External), parts.len()),
            },
            _ => break,
        }
        taken += 1;
    }
    if taken == 0 {
        (Base::Lexical, 0)
    } else {
        (Base::At(Entity::Module(at)), taken)
    }
}
