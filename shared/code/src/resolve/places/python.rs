//! Python: folders are packages, and some of them are where absolute imports begin.

use deepwiki_domain::facts::{Import, ImportedName};

use crate::resolve::{
    externals,
    manifests::{around, join},
    tree::{Base, Entity, Family, Repo, id},
};

/// A tree of places that mirrors the folders.
pub(super) fn lay_out(repo: &mut Repo<'_>) {
    let mut root = None;
    for file in 0..id(repo.files.len()) {
        let Some(facts) = repo
            .file(file)
            .filter(|_| repo.family(file) == Some(Family::Python))
        else {
            continue;
        };
        let root = *root.get_or_insert_with(|| repo.add_module(Default::default()));
        repo.roots.insert(Family::Python, root);
        let mut folder = root;
        for part in facts.path.folder().split('/').filter(|part| !part.is_empty()) {
            folder = repo.child(folder, part);
        }
        let name = super::stem(facts.path.as_str());
        let module = if name == "__init__" {
            folder
        } else {
            repo.child(folder, name)
        };
        // Of `a.py` and `a.pyi` the first speaks for the module, and a package comes before both.
        let taken = repo.module(module).is_some_and(|place| place.file.is_some());
        let module = if taken {
            repo.add_file_module(file, Some(folder))
        } else {
            module
        };
        if let Some(place) = repo.module_mut(module) {
            place.file = Some(file);
        }
        super::set_place(repo, file, module, module);
    }
}

/// Where a path begins, with the longest part of it that names folders and files.
pub(super) fn base_of<'a>(repo: &Repo<'a>, file: u32, import: &'a Import) -> (Base, Vec<&'a str>) {
    let dots = import.path.iter().take_while(|part| part.is_empty()).count();
    let mut parts: Vec<&str> = super::split(Family::Python, import).collect();
    let module = if dots > 0 {
        relative(repo, file, dots)
    } else {
        absolute(repo, file, &parts)
    };
    let Some(module) = module else {
        return (Base::At(Entity::External), Vec::new());
    };
    // `import a.b` gives the name `a`, not what `a.b` is; the path is still walked for its file.
    if import.name == ImportedName::Whole && import.alias.is_none() && dots == 0 {
        let first = parts
            .first()
            .and_then(|first| repo.module(module)?.children.get(*first));
        return match first {
            Some(first) => (Base::At(Entity::Module(*first)), Vec::new()),
            None => (Base::At(Entity::External), Vec::new()),
        };
    }
    (Base::At(Entity::Module(module)), std::mem::take(&mut parts))
}

/// The module that a whole dotted path names.
pub(in crate::resolve) fn module_of(repo: &Repo<'_>, file: u32, import: &Import) -> Option<u32> {
    let dots = import.path.iter().take_while(|part| part.is_empty()).count();
    let parts: Vec<&str> = super::split(Family::Python, import).collect();
    let start = if dots > 0 {
        relative(repo, file, dots)
    } else {
        absolute(repo, file, &parts)
    }?;
    parts.iter().try_fold(start, |module, part| {
        repo.module(module)?.children.get(*part).copied()
    })
}

/// The package that so many dots name.
fn relative(repo: &Repo<'_>, file: u32, dots: usize) -> Option<u32> {
    let own = *repo.file_module.get(file as usize)?;
    let is_package = repo.file(file)?.path.file_name().starts_with("__init__.");
    let mut module = own;
    for _ in 0..dots - usize::from(is_package) {
        module = repo.module(module)?.parent?;
    }
    Some(module)
}

/// The folder at which an absolute import begins: of those that hold its first part, the one that holds the
/// most of it, and of these the first in the order of `beginnings`.
fn absolute(repo: &Repo<'_>, file: u32, parts: &[&str]) -> Option<u32> {
    let first = *parts.first()?;
    let reach = |folder: u32| {
        let mut module = folder;
        let mut count = 0;
        for part in parts {
            match repo.module(module).and_then(|place| place.children.get(*part)) {
                Some(child) => module = *child,
                None => break,
            }
            count += 1;
        }
        count
    };
    let is_standard = externals::is_standard(Family::Python, first);
    let mut best = None;
    for &(folder, is_sure) in repo
        .beginnings
        .get(repo.file(file)?.path.folder())
        .into_iter()
        .flatten()
    {
        let count = reach(folder);
        let better = best.is_none_or(|(most, _)| count > most);
        if count > 0 && better && (is_sure || !is_standard) {
            best = Some((count, folder));
        }
    }
    best.map(|(_, folder)| folder)
}

/// Notes for every folder where absolute imports of its files may begin.
pub(super) fn connect(repo: &mut Repo<'_>) {
    for file in 0..id(repo.files.len()) {
        let Some(facts) = repo
            .file(file)
            .filter(|_| repo.family(file) == Some(Family::Python))
        else {
            continue;
        };
        let folder = facts.path.folder();
        if !repo.beginnings.contains_key(folder) {
            let found = beginnings(repo, folder);
            repo.beginnings.insert(folder, found);
        }
    }
}

/// Folders at which absolute imports from a folder may begin, the likeliest first; `true` for those at which
/// they do by the language's own rules.
fn beginnings(repo: &Repo<'_>, folder: &str) -> Vec<(u32, bool)> {
    let mut found: Vec<(u32, bool)> = Vec::new();
    let mut add = |folder: &str, is_sure: bool| {
        if let Some(module) = folder_module(repo, folder)
            && !found.iter().any(|(known, _)| *known == module)
        {
            found.push((module, is_sure));
        }
    };
    let is_package = |folder: &str| {
        ["__init__.py", "__init__.pyi"]
            .iter()
            .any(|name| join(folder, name).is_some_and(|path| repo.paths.contains_key(path.as_str())))
    };
    // The first folder outward that is no package holds the file's own top-level package.
    add(
        around(folder).find(|folder| !is_package(folder)).unwrap_or(""),
        true,
    );
    for folder in around(folder) {
        for source in ["", "src", "lib", "python"] {
            if let Some(folder) = join(folder, source) {
                add(&folder, false);
            }
        }
    }
    for manifest in repo.manifests.of_system("python") {
        for source in ["", "src", "lib", "python"] {
            if let Some(folder) = join(manifest.folder, source) {
                add(&folder, false);
            }
        }
    }
    found
}

fn folder_module(repo: &Repo<'_>, folder: &str) -> Option<u32> {
    let root = *repo.roots.get(&Family::Python)?;
    folder
        .split('/')
        .filter(|part| !part.is_empty())
        .try_fold(root, |module, part| {
            repo.module(module)?.children.get(part).copied()
        })
}
