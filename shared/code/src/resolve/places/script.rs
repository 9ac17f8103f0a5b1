//! JavaScript and TypeScript: module specifiers.

use deepwiki_domain::facts::Import;

use crate::resolve::{
    manifests::{Manifest, around, join},
    tree::Repo,
};

/// What a specifier may leave out.
const EXTENSIONS: &[&str] = &[
    ".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts", ".d.mts", ".d.cts", ".vue",
    ".svelte",
];
/// What a specifier may write for a source of another extension.
const COMPILED: &[(&str, &[&str])] = &[
    (".js", &[".ts", ".tsx", ".d.ts", ".jsx"]),
    (".jsx", &[".tsx"]),
    (".mjs", &[".mts", ".d.mts"]),
    (".cjs", &[".cts", ".d.cts"]),
];
/// Folders that compilers write to, in whose place the sources are looked for.
const BUILT: &[&str] = &["dist", "lib", "build", "out", "esm", "cjs", "es"];

/// The place of the file that an import names.
pub(super) fn base_of(repo: &Repo<'_>, file: u32, import: &Import) -> Option<u32> {
    let specifier = import.path.join("/");
    let found = file_of(repo, file, &specifier)?;
    repo.file_module.get(found as usize).copied()
}

fn file_of(repo: &Repo<'_>, file: u32, specifier: &str) -> Option<u32> {
    let folder = repo.file(file)?.path.folder();
    let specifier = specifier.split(['?', '!']).next()?;
    if specifier.starts_with('.') {
        return probe(repo, &join(folder, specifier)?);
    }
    if let Some(rooted) = specifier.strip_prefix('/') {
        return probe(repo, rooted);
    }
    aliased(repo, folder, specifier)
        .or_else(|| packaged(repo, folder, specifier))
        .or_else(|| conventional(repo, folder, specifier))
}

/// A path as Node and bundlers complete it.
fn probe(repo: &Repo<'_>, path: &str) -> Option<u32> {
    let at = |path: &str| {
        repo.paths
            .get(path)
            .copied()
            .filter(|file| repo.family(*file).is_some())
    };
    let with = |path: &str| {
        EXTENSIONS
            .iter()
            .find_map(|extension| at(&format!("{path}{extension}")))
    };
    let compiled = || {
        COMPILED.iter().find_map(|(extension, sources)| {
            let stem = path.strip_suffix(extension)?;
            sources.iter().find_map(|source| at(&format!("{stem}{source}")))
        })
    };
    let index = if path.is_empty() {
        "index".to_owned()
    } else {
        format!("{path}/index")
    };
    at(path)
        .or_else(|| with(path))
        .or_else(compiled)
        .or_else(|| with(&index))
        .or_else(|| {
            let manifest = repo.manifests.at("npm", path)?;
            entry(repo, manifest)
        })
}

/// The `paths` and `baseUrl` of the TypeScript configuration that rules a folder.
fn aliased(repo: &Repo<'_>, folder: &str, specifier: &str) -> Option<u32> {
    let mut config = repo.manifests.nearest("typescript", folder)?;
    for _ in 0..8 {
        let base = config
            .facts
            .entries
            .first()
            .map_or("", |entry| entry.value.as_str());
        let base = join(config.folder, base)?;
        let targets = config.facts.dependencies.iter().filter_map(|alias| {
            let target = alias.path.as_deref()?;
            let matched = match alias.name.split_once('*') {
                Some((before, after)) => specifier.strip_prefix(before)?.strip_suffix(after)?,
                None if alias.name == specifier => "",
                None => return None,
            };
            join(&base, &target.replacen('*', matched, 1))
        });
        let found = targets.filter_map(|path| probe(repo, &path)).next();
        let found = found.or_else(|| {
            (!config.facts.entries.is_empty())
                .then(|| probe(repo, &join(&base, specifier)?))
                .flatten()
        });
        if found.is_some() {
            return found;
        }
        let extended = config.facts.members.first()?;
        let path = join(config.folder, &extended.value)?;
        let next = repo
            .manifests
            .at("typescript", crate::resolve::manifests::parent(&path))?;
        if next.folder == config.folder {
            return None;
        }
        config = next;
    }
    None
}

/// A package of the repository, or a file of one.
fn packaged(repo: &Repo<'_>, folder: &str, specifier: &str) -> Option<u32> {
    let (name, rest) = package_name(specifier);
    let manifest = around(folder)
        .filter_map(|folder| repo.manifests.at("npm", folder))
        .chain(repo.manifests.of_system("npm"))
        .find(|manifest| manifest.name() == Some(name))?;
    if rest.is_empty() {
        return entry(repo, manifest);
    }
    let direct = [rest.to_owned(), format!("src/{rest}"), format!("lib/{rest}")];
    direct
        .iter()
        .filter_map(|path| join(manifest.folder, path))
        .find_map(|path| probe(repo, &path))
        .or_else(|| {
            let stated = manifest.facts.entries.iter().map(|entry| entry.value.as_str());
            stated
                .filter(|target| {
                    target
                        .split('/')
                        .any(|part| super::stem(part) == rest || part == rest)
                })
                .find_map(|target| source_of(repo, manifest, target))
        })
}

/// The file in which a package begins.
fn entry(repo: &Repo<'_>, manifest: &Manifest<'_>) -> Option<u32> {
    let stated = manifest.facts.entries.iter().map(|entry| entry.value.as_str());
    stated
        .chain(["src/index", "index", "lib/index", "src/main", "src", "mod"])
        .find_map(|target| source_of(repo, manifest, target))
}

/// The source behind a file that a manifest names, which often is the compiler's output.
fn source_of(repo: &Repo<'_>, manifest: &Manifest<'_>, target: &str) -> Option<u32> {
    let path = join(manifest.folder, target)?;
    let direct = || {
        let file = repo.paths.get(path.as_str()).copied()?;
        repo.family(file).is_some().then_some(file)
    };
    let inner = path.strip_prefix(manifest.folder)?.trim_start_matches('/');
    let sources = || {
        let (first, rest) = inner.split_once('/')?;
        if !BUILT.contains(&first) {
            return None;
        }
        let rest = BUILT
            .iter()
            .find_map(|built| rest.strip_prefix(built)?.strip_prefix('/'))
            .unwrap_or(rest);
        let stem = rest.split(".d.").next()?;
        let stem = [".js", ".mjs", ".cjs", ".ts"]
            .iter()
            .find_map(|extension| stem.strip_suffix(extension))
            .unwrap_or(stem);
        ["src", "lib", "source", ""]
            .iter()
            .filter_map(|source| join(manifest.folder, &format!("{source}/{stem}")))
            .find_map(|path| probe(repo, &path))
    };
    direct().or_else(sources).or_else(|| {
        (path != manifest.folder && !path.is_empty())
            .then(|| probe(repo, &path))
            .flatten()
    })
}

/// Aliases that bundlers and frameworks set up without saying so in a file that is read.
fn conventional(repo: &Repo<'_>, folder: &str, specifier: &str) -> Option<u32> {
    let rest = specifier
        .strip_prefix("@/")
        .or_else(|| specifier.strip_prefix("~/"))?;
    around(folder)
        .filter(|folder| repo.manifests.at("npm", folder).is_some() || folder.is_empty())
        .flat_map(|folder| [join(folder, &format!("src/{rest}")), join(folder, rest)])
        .flatten()
        .find_map(|path| probe(repo, &path))
}

/// The package of a specifier, and what follows it: `@scope/name` and `sub/path`.
pub(in crate::resolve) fn package_name(specifier: &str) -> (&str, &str) {
    let slashes = if specifier.starts_with('@') { 1 } else { 0 };
    match specifier.match_indices('/').nth(slashes) {
        Some((at, _)) => (
            specifier.get(..at).unwrap_or(specifier),
            specifier.get(at + 1..).unwrap_or_default(),
        ),
        None => (specifier, ""),
    }
}
