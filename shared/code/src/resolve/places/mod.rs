//! What differs between languages: which place a file is, and which place the path of an import names.

mod folders;
mod named;
pub(super) mod python;
pub(super) mod rust;
pub(super) mod script;

use deepwiki_domain::facts::{Import, ImportedName};

use super::tree::{Base, Entity, Family, Module, Repo, id};

/// Makes the places of all files.
pub(super) fn lay_out(repo: &mut Repo<'_>) {
    repo.file_module = vec![0; repo.files.len()];
    repo.home = vec![0; repo.files.len()];
    // Files of languages that are not resolved share a place in which nothing is ever looked up.
    let nowhere = repo.add_module(Module::default());
    repo.file_module.fill(nowhere);
    repo.home.fill(nowhere);
    python::lay_out(repo);
    named::lay_out(repo);
    for file in 0..id(repo.files.len()) {
        match repo.family(file) {
            Some(Family::Rust | Family::Script | Family::Include | Family::Files) => {
                let module = repo.add_file_module(file, None);
                set_place(repo, file, module, module);
            }
            Some(Family::Go) => folders::lay_out_go(repo, file),
            _ => {}
        }
    }
}

/// Joins the places of files, where that needs their definitions.
pub(super) fn connect(repo: &mut Repo<'_>) {
    rust::connect(repo);
    python::connect(repo);
}

/// Where the path of an import begins, and what of it is still to be walked.
pub(super) fn base_of<'a>(repo: &Repo<'a>, file: u32, import: &'a Import) -> (Base, Vec<&'a str>) {
    let nowhere = (Base::At(Entity::External), Vec::new());
    let found = match repo.family(file) {
        Some(Family::Rust) => return rust::base_of(repo, file, import),
        Some(Family::Python) => return python::base_of(repo, file, import),
        Some(Family::Script) => script::base_of(repo, file, import),
        Some(Family::Go) => folders::go_base(repo, file, import),
        Some(Family::Include) => folders::included_base(repo, file, import),
        Some(Family::Files) => folders::file_base(repo, file, import),
        Some(family) => return named::base_of(repo, file, family, import),
        None => None,
    };
    match found {
        Some(module) => (Base::At(Entity::Module(module)), Vec::new()),
        None => nowhere,
    }
}

/// The name that an import gives to what it brings in; none if it gives none.
pub(super) fn bound_name<'a>(repo: &Repo<'a>, file: u32, import: &'a Import, base: Base) -> Option<&'a str> {
    if let Some(alias) = &import.alias {
        return Some(alias);
    }
    if let ImportedName::Name(name) = &import.name {
        return Some(name);
    }
    let family = repo.family(file)?;
    let last = import.path.last().map(String::as_str);
    match family {
        // `import a.b` binds `a`.
        Family::Python => import.path.first().map(String::as_str),
        Family::Script | Family::Include | Family::Ruby => None,
        Family::Go => folders::go_package_name(repo, import, base),
        Family::Files => last.map(stem),
        Family::Rust => last,
        Family::Jvm | Family::DotNet | Family::Php | Family::Named => {
            last.map(|last| last.rsplit(['.', '\\']).next().unwrap_or(last))
        }
    }
}

fn set_place(repo: &mut Repo<'_>, file: u32, module: u32, home: u32) {
    if let Some(slot) = repo.file_module.get_mut(file as usize) {
        *slot = module;
    }
    if let Some(slot) = repo.home.get_mut(file as usize) {
        *slot = home;
    }
}

/// A file's name without folder and extension.
fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.split_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    }
}

/// The parts of an import's path, split further where the language writes names with separators.
fn split(family: Family, import: &Import) -> impl Iterator<Item = &str> {
    import
        .path
        .iter()
        .flat_map(move |part| part.split(family.separators()))
        .filter(|part| !part.is_empty())
}
