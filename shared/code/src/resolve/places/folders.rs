//! Languages that name folders or files: Go's packages, C's includes, and those that name a file and nothing else.

use deepwiki_domain::facts::{FileFacts, Import};

use crate::resolve::{
    manifests::join,
    tree::{Base, Entity, Family, Module, Repo},
};

/// The files of a Go package, that is of a folder, share their names; the package's own tests may be apart.
pub(super) fn lay_out_go(repo: &mut Repo<'_>, file: u32) {
    let Some(facts) = repo.file(file) else { return };
    let root = match repo.roots.get(&Family::Go) {
        Some(root) => *root,
        None => {
            let root = repo.add_module(Module::default());
            repo.roots.insert(Family::Go, root);
            root
        }
    };
    let key = go_key(facts);
    let package = repo.child(root, &key);
    if let Some(place) = repo.module_mut(package) {
        place.parent = None;
    }
    let own = repo.add_file_module(file, None);
    super::set_place(repo, file, own, package);
}

fn go_key(facts: &FileFacts) -> String {
    let is_apart = facts
        .package
        .as_deref()
        .is_some_and(|name| name.ends_with("_test"));
    let folder = facts.path.folder();
    if is_apart {
        format!("{folder}:test")
    } else {
        folder.to_owned()
    }
}

/// The package that an import path names.
pub(super) fn go_base(repo: &Repo<'_>, file: u32, import: &Import) -> Option<u32> {
    let written = import.path.join("/");
    let root = repo.module(*repo.roots.get(&Family::Go)?)?;
    if written.starts_with('.') {
        let folder = join(repo.file(file)?.path.folder(), &written)?;
        return root.children.get(folder.as_str()).copied();
    }
    repo.manifests
        .of_system("go")
        .filter_map(|manifest| {
            let rest = written.strip_prefix(manifest.name()?)?;
            let rest = if rest.is_empty() {
                rest
            } else {
                rest.strip_prefix('/')?
            };
            let package = root.children.get(join(manifest.folder, rest)?.as_str())?;
            Some((manifest.name()?.len(), *package))
        })
        .max_by_key(|(length, _)| *length)
        .map(|(_, package)| package)
}

/// A Go package is called as its files say, else as its path ends.
pub(super) fn go_package_name<'a>(repo: &Repo<'a>, import: &'a Import, base: Base) -> Option<&'a str> {
    if let Base::At(Entity::Module(package)) = base {
        let mut names = repo.module(package)?.names.values().flatten();
        let declared = names
            .next()
            .and_then(|symbol| repo.file(repo.file_of(*symbol))?.package.as_deref());
        if declared.is_some() {
            return declared;
        }
    }
    let mut parts = import.path.last()?.rsplit('/');
    let last = parts.next()?;
    // `…/name/v2` is called `name`.
    let is_version = last
        .strip_prefix('v')
        .is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()));
    if is_version {
        parts.next().or(Some(last))
    } else {
        Some(last)
    }
}

/// The place of the file that an `#include` names.
pub(super) fn included_base(repo: &Repo<'_>, file: u32, import: &Import) -> Option<u32> {
    let written = import.path.join("/");
    let found = at_or_below(repo, file, &written)?;
    repo.file_module.get(found as usize).copied()
}

/// The file at a path relative to the one that names it, else the nearest whose path ends so.
fn at_or_below(repo: &Repo<'_>, file: u32, written: &str) -> Option<u32> {
    let folder = repo.file(file)?.path.folder();
    if let Some(found) = join(folder, written).and_then(|path| repo.paths.get(path.as_str()).copied()) {
        return Some(found);
    }
    let written = written.trim_start_matches("./").trim_start_matches("../");
    let name = written.rsplit('/').next()?;
    let ends = |candidate: &u32| {
        repo.file(*candidate).is_some_and(|facts| {
            let rest = facts.path.as_str().strip_suffix(written);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
        })
    };
    let candidates = repo
        .by_file_name
        .get(name)?
        .iter()
        .copied()
        .filter(ends)
        .take(256);
    nearest(repo, folder, candidates)
}

/// The candidate that shares most folders with a folder; none if two share as many.
fn nearest(repo: &Repo<'_>, folder: &str, candidates: impl Iterator<Item = u32>) -> Option<u32> {
    let shared = |file: u32| {
        let other = repo.file(file).map_or("", |facts| facts.path.folder());
        let pairs = folder.split('/').zip(other.split('/'));
        pairs.take_while(|(a, b)| a == b).count()
    };
    let mut best: Option<(usize, u32)> = None;
    let mut is_tied = false;
    for candidate in candidates {
        let count = shared(candidate);
        match best {
            Some((most, _)) if count < most => {}
            Some((most, _)) if count == most => is_tied = true,
            _ => {
                best = Some((count, candidate));
                is_tied = false;
            }
        }
    }
    best.filter(|_| !is_tied).map(|(_, file)| file)
}

/// The place of the file that a `require`, `import` or `source` names, in the ways that such languages have.
pub(super) fn file_base(repo: &Repo<'_>, file: u32, import: &Import) -> Option<u32> {
    let written = import.path.join("/");
    let written = match written.strip_prefix("package:") {
        // Dart: `package:name/path` is `lib/path` of that package.
        Some(rest) => rest.split_once('/').map_or("", |(_, path)| path).to_owned(),
        None => written,
    };
    let extension = repo.file(file)?.path.extension().unwrap_or_default();
    let plain = written.trim_start_matches("@/");
    let dotted = plain.replace('.', "/");
    let found = [
        plain.to_owned(),
        format!("{plain}.{extension}"),
        format!("{dotted}.{extension}"),
        format!("{dotted}/init.{extension}"),
    ]
    .iter()
    .filter(|path| !path.is_empty())
    .find_map(|path| at_or_below(repo, file, path))?;
    repo.file_module.get(found as usize).copied()
}

/// The file that a Ruby `require` names.
pub(super) fn ruby_base(repo: &Repo<'_>, file: u32, import: &Import) -> Option<u32> {
    let written = import.path.join("/");
    let path = if written.ends_with(".rb") {
        written
    } else {
        format!("{written}.rb")
    };
    at_or_below(repo, file, &path)
}
