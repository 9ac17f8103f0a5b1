//! Languages whose packages and namespaces have names of their own, which files declare: Java and its kin, C#,
//! PHP, Ruby, Elixir, Haskell.

use deepwiki_domain::facts::Import;

use super::folders;
use crate::resolve::tree::{Base, Entity, Family, Module, Repo, id};

/// The families that are laid out here.
const FAMILIES: [Family; 5] = [
    Family::Jvm,
    Family::DotNet,
    Family::Php,
    Family::Ruby,
    Family::Named,
];

/// A tree of places for each family: one for every part of a declared name.
pub(super) fn lay_out(repo: &mut Repo<'_>) {
    for family in FAMILIES {
        if repo.families.contains(&Some(family)) {
            let root = repo.add_module(Module::default());
            repo.roots.insert(family, root);
        }
    }
    for file in 0..id(repo.files.len()) {
        let Some(family) = repo.family(file) else { continue };
        let Some(root) = repo
            .roots
            .get(&family)
            .copied()
            .filter(|_| FAMILIES.contains(&family))
        else {
            continue;
        };
        let Some(facts) = repo.file(file) else { continue };
        let declared = facts.package.as_deref().unwrap_or_default();
        let mut home = root;
        for part in declared
            .split(['.', '\\', ':', '/'])
            .filter(|part| !part.is_empty())
        {
            home = repo.child(home, part);
        }
        let own = repo.add_file_module(file, None);
        super::set_place(repo, file, own, home);
    }
}

/// A path begins at the root, or it names a file.
pub(super) fn base_of<'a>(
    repo: &Repo<'a>,
    file: u32,
    family: Family,
    import: &'a Import,
) -> (Base, Vec<&'a str>) {
    let outside = (Base::At(Entity::External), Vec::new());
    if family == Family::Ruby {
        let found = folders::ruby_base(repo, file, import);
        return match found.and_then(|file| repo.file_module.get(file as usize)) {
            Some(module) => (Base::At(Entity::Module(*module)), Vec::new()),
            None => outside,
        };
    }
    let Some(root) = repo.roots.get(&family).copied() else {
        return outside;
    };
    let parts: Vec<&str> = super::split(family, import).collect();
    let known = parts.first().is_none_or(|first| {
        repo.module(root)
            .is_some_and(|place| place.children.contains_key(*first))
    });
    if known || parts.len() == 1 {
        (Base::At(Entity::Module(root)), parts)
    } else {
        outside
    }
}
