//! The module tree: which folders and files are worth a page, and which file belongs to which.
//!
//! A folder is a module when it holds enough code of its own; smaller ones are told with the folder above. In
//! a folder that holds too much for one page, each weighty file is a module below it.

use std::collections::BTreeMap;

use deepwiki_domain::{
    Slug,
    facts::FileFacts,
    graph::FileId,
    manifest::Role,
    plan::{ModuleRef, PageRef, Title},
};

/// Code below this many lines never makes a module of its own, above [`MOST_LINES`] always.
const FEWEST_LINES: u32 = 120;
const MOST_LINES: u32 = 1500;

/// About how many modules a repository is cut into at most: beyond, nobody reads a tree of pages.
const MODULES: u32 = 90;

/// A folder whose own files hold this many times the least size of a module is cut into files.
const CROWDED: u32 = 3;

/// Files that speak for the folder they stand in, best first.
pub(crate) const LEADING: [&str; 10] = [
    "mod.rs",
    "lib.rs",
    "__init__.py",
    "index.ts",
    "index.js",
    "index.tsx",
    "index.mjs",
    "mod.ts",
    "doc.go",
    "package-info.java",
];

/// A module: a folder or a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Module {
    /// Its folder or file.
    pub(crate) path: String,
    /// The module above it.
    pub(crate) parent: Option<usize>,
    /// What it is called.
    pub(crate) title: Title,
    /// The files that are told on its page, by path; those of modules below are not among them.
    pub(crate) files: Vec<FileId>,
    /// Its page.
    pub(crate) slug: Slug,
    /// Whether it is the top of a package in a repository with several.
    pub(crate) is_package: bool,
}

impl Module {
    pub(crate) fn page(&self) -> PageRef {
        PageRef {
            slug: self.slug.clone(),
            title: self.title.clone(),
        }
    }

    /// What a picture calls it.
    pub(crate) fn name(&self) -> String {
        match &self.title {
            Title::Module(title) | Title::Package(title) => title.clone(),
            _ => self.path.clone(),
        }
    }

    pub(crate) fn reference(&self) -> ModuleRef {
        ModuleRef {
            path: self.path.clone(),
            page: self.page(),
        }
    }
}

/// The modules in reading order (a parent before its children), and each source file's module.
#[derive(Debug, Default)]
pub(crate) struct Modules {
    pub(crate) list: Vec<Module>,
    home: BTreeMap<FileId, usize>,
}

impl Modules {
    /// `packages` are the folders that hold a package manifest with a name, with that name.
    /// `root` is what the top of the repository is called.
    pub(crate) fn new(files: &[FileFacts], packages: &BTreeMap<String, String>, root: &str) -> Self {
        let mut top = Folder::default();
        for (id, file) in (0u32..).map(FileId).zip(files) {
            if file.role == Role::Source && holds_code(file) {
                top.insert(&module_folder(file, files), id, file.lines);
            }
        }
        let total = top.lines();
        let least = (total / MODULES).clamp(FEWEST_LINES, MOST_LINES);
        let mut builder = Builder {
            files,
            packages,
            root,
            least,
            several: packages.len() > 1,
            modules: Modules::default(),
        };
        builder.visit("", top, None);
        builder.modules
    }

    /// The module that tells of a file.
    pub(crate) fn home(&self, file: FileId) -> Option<usize> {
        self.home.get(&file).copied()
    }

    pub(crate) fn get(&self, module: usize) -> Option<&Module> {
        self.list.get(module)
    }

    /// The module that stands for one on a map of the whole: the package it belongs to, else its topmost ancestor
    /// below the root of the tree.
    pub(crate) fn top(&self, module: usize) -> usize {
        let mut at = module;
        while let Some(here) = self.list.get(at).filter(|here| !here.is_package) {
            match here.parent.filter(|parent| {
                self.list
                    .get(*parent)
                    .is_some_and(|parent| !parent.path.is_empty())
            }) {
                Some(parent) => at = parent,
                None => break,
            }
        }
        at
    }

    /// The module of this path.
    pub(crate) fn at_path(&self, path: &str) -> Option<&Module> {
        self.list.iter().find(|module| module.path == path)
    }

    /// The modules right below one, or the topmost ones.
    pub(crate) fn children(&self, parent: Option<usize>) -> impl Iterator<Item = (usize, &Module)> {
        self.list
            .iter()
            .enumerate()
            .filter(move |(_, module)| module.parent == parent)
    }

    /// The files of a module and all modules below it.
    pub(crate) fn all_files(&self, module: usize) -> Vec<FileId> {
        let mut inside = vec![false; self.list.len()];
        let mut files = Vec::new();
        for (at, candidate) in self.list.iter().enumerate() {
            let within = at == module
                || candidate
                    .parent
                    .is_some_and(|parent| inside.get(parent) == Some(&true));
            if let Some(mark) = inside.get_mut(at) {
                *mark = within;
            }
            if within {
                files.extend(&candidate.files);
            }
        }
        files.sort_unstable();
        files
    }
}

/// Whether a file has code to tell of, rather than data or prose.
fn holds_code(file: &FileFacts) -> bool {
    use deepwiki_domain::Language as L;
    let data = matches!(
        file.language,
        None | Some(
            L::Json
                | L::Yaml
                | L::Toml
                | L::Xml
                | L::Ini
                | L::Markdown
                | L::Rst
                | L::Text
                | L::Html
                | L::Css
                | L::Make
                | L::Cmake
                | L::Dockerfile
        )
    );
    !data && !file.definitions.is_empty()
}

/// The folder that a file counts to: `src/net.rs` belongs to `src/net` where that folder has code, as Rust
/// modules are written.
fn module_folder(file: &FileFacts, files: &[FileFacts]) -> String {
    let path = file.path.as_str();
    if let Some(stem) = path.strip_suffix(".rs") {
        let inside = format!("{stem}/");
        let after = files.partition_point(|other| other.path.as_str() < inside.as_str());
        if files
            .get(after)
            .is_some_and(|other| other.path.as_str().starts_with(&inside))
        {
            return stem.to_owned();
        }
    }
    file.path.folder().to_owned()
}

#[derive(Debug, Default)]
struct Folder {
    folders: BTreeMap<String, Folder>,
    files: Vec<(FileId, u32)>,
}

impl Folder {
    fn insert(&mut self, folder: &str, file: FileId, lines: u32) {
        let parts = folder.split('/').filter(|part| !part.is_empty());
        let at = parts.fold(self, |at, part| at.folders.entry(part.to_owned()).or_default());
        at.files.push((file, lines));
    }

    /// Takes in what `src` holds: to a reader, a package and its `src` are one.
    fn lift_source(&mut self) {
        if let Some(source) = self.folders.remove("src") {
            self.files.extend(source.files);
            for (name, folder) in source.folders {
                self.folders.insert(format!("src/{name}"), folder);
            }
        }
    }

    fn own_lines(&self) -> u32 {
        self.files.iter().map(|(_, lines)| lines).sum()
    }

    fn lines(&self) -> u32 {
        let mut total = 0u32;
        let mut open = vec![self];
        while let Some(folder) = open.pop() {
            total = total.saturating_add(folder.own_lines());
            open.extend(folder.folders.values());
        }
        total
    }

    /// Every file in the folder and below.
    fn into_files(self) -> Vec<(FileId, u32)> {
        let mut files = Vec::new();
        let mut open = vec![self];
        while let Some(folder) = open.pop() {
            files.extend(folder.files);
            open.extend(folder.folders.into_values());
        }
        files.sort_unstable();
        files
    }
}

struct Builder<'a> {
    files: &'a [FileFacts],
    packages: &'a BTreeMap<String, String>,
    root: &'a str,
    least: u32,
    several: bool,
    modules: Modules,
}

impl Builder<'_> {
    /// Adds the modules of a folder. The depth of calls is bounded by the parts of a path, at most 512.
    fn visit(&mut self, path: &str, mut folder: Folder, parent: Option<usize>) {
        let package = self.several && self.packages.contains_key(path) && !path.is_empty();
        if package || path.is_empty() {
            folder.lift_source();
        }
        let below: Vec<(String, Folder)> = std::mem::take(&mut folder.folders)
            .into_iter()
            .map(|(name, below)| {
                (
                    if path.is_empty() {
                        name
                    } else {
                        format!("{path}/{name}")
                    },
                    below,
                )
            })
            .collect();
        let (large, small): (Vec<_>, Vec<_>) = below
            .into_iter()
            .partition(|(path, below)| below.lines() >= self.least || self.holds_package(path));
        for (_, small) in small {
            folder.files.extend(small.into_files());
        }
        folder.files.sort_unstable();
        let own = folder.own_lines();
        // A folder that only leads to one other is no module; nor is one with next to nothing of its own.
        let passes_through = !package && large.len() == 1 && own < FEWEST_LINES;
        let worth = own >= FEWEST_LINES.min(self.least) || (large.len() > 1 && !path.is_empty());
        let only = path.is_empty() && large.is_empty() && own > 0;
        let is_module = package || only || (worth && !passes_through);
        let here = if is_module {
            Some(self.add(path, parent, package))
        } else {
            parent
        };
        self.place_files(folder.files, own, here);
        for (path, below) in large {
            self.visit(&path, below, here);
        }
    }

    fn holds_package(&self, path: &str) -> bool {
        self.several
            && (self.packages.contains_key(path)
                || self.packages.keys().any(|package| {
                    package
                        .strip_prefix(path)
                        .is_some_and(|rest| rest.starts_with('/'))
                }))
    }

    fn place_files(&mut self, files: Vec<(FileId, u32)>, own: u32, here: Option<usize>) {
        let crowded = files.len() > 1 && own >= self.least.saturating_mul(CROWDED);
        for (file, lines) in files {
            let speaks = here.is_some()
                && self
                    .files
                    .get(file.0 as usize)
                    .is_some_and(|facts| self.leads(facts, here));
            let module = if speaks {
                here
            } else if crowded && lines >= self.least || here.is_none() && lines >= FEWEST_LINES {
                self.files
                    .get(file.0 as usize)
                    .map(|facts| self.add(facts.path.as_str(), here, false))
            } else {
                here
            };
            if let Some(module) = module {
                self.modules.home.insert(file, module);
                if let Some(module) = self.modules.list.get_mut(module) {
                    module.files.push(file);
                }
            }
        }
    }

    /// Whether a file stands for the module that its folder is: it has no page apart from it.
    fn leads(&self, file: &FileFacts, here: Option<usize>) -> bool {
        let module = here.and_then(|at| self.modules.list.get(at));
        let folder = file.path.folder();
        let at_top = module.is_some_and(|module| {
            folder == module.path
                || folder.strip_prefix(&module.path) == Some("/src")
                || module.path.is_empty() && folder == "src"
        });
        at_top && LEADING.contains(&file.path.file_name())
    }

    fn add(&mut self, path: &str, parent: Option<usize>, is_package: bool) -> usize {
        let title = if is_package {
            Title::Package(
                self.packages
                    .get(path)
                    .cloned()
                    .unwrap_or_else(|| path.to_owned()),
            )
        } else {
            Title::Module(self.display(path))
        };
        let kind = if is_package { "package" } else { "module" };
        let slug = Slug::from_text(&format!("{kind}-{}", if path.is_empty() { "root" } else { path }));
        let slug = if self.modules.list.iter().any(|module| module.slug == slug) {
            Slug::from_text(&format!("{slug}-{}", hex_of(path)))
        } else {
            slug
        };
        self.modules.list.push(Module {
            path: path.to_owned(),
            parent,
            title,
            files: Vec::new(),
            slug,
            is_package,
        });
        self.modules.list.len() - 1
    }

    /// A module's path without the `src` that says nothing, in a monorepo after its package's folder.
    fn display(&self, path: &str) -> String {
        let inside = |package: &str| path.strip_prefix(package).and_then(|rest| rest.strip_prefix('/'));
        let package = self
            .packages
            .keys()
            .filter(|package| self.several && !package.is_empty() && inside(package).is_some())
            .max_by_key(|package| package.len());
        let within = package.and_then(|package| inside(package)).unwrap_or(path);
        let short = [
            "src/main/java/",
            "src/main/kotlin/",
            "src/main/scala/",
            "src/",
            "lib/",
        ]
        .iter()
        .find_map(|prefix| within.strip_prefix(prefix))
        .unwrap_or(within);
        match package.and_then(|package| package.rsplit('/').next()) {
            Some(package) => format!("{package}/{short}"),
            None if short.is_empty() => self.root.to_owned(),
            None => short.to_owned(),
        }
    }
}

/// Tells apart paths that give the same slug (`a-b` and `a/b`).
fn hex_of(path: &str) -> String {
    format!("{:08x}", deepwiki_domain::facts::name_hash(path) >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::file;

    fn paths(modules: &Modules) -> Vec<&str> {
        modules.list.iter().map(|module| module.path.as_str()).collect()
    }

    #[test]
    fn small_folders_are_told_with_the_one_above() {
        let files = [
            file("src/a/x.rs", 400),
            file("src/b/y.rs", 30),
            file("src/lib.rs", 200),
        ];
        let modules = Modules::new(&files, &BTreeMap::new(), "demo");
        assert_eq!(paths(&modules), ["", "src/a"]);
        assert_eq!(modules.home(FileId(1)), Some(0));
        assert_eq!(modules.all_files(0), [FileId(0), FileId(1), FileId(2)]);
    }

    #[test]
    fn a_crowded_folder_is_cut_into_its_weighty_files() {
        let files = [file("src/a.rs", 500), file("src/b.rs", 500), file("src/c.rs", 20)];
        let modules = Modules::new(&files, &BTreeMap::new(), "demo");
        assert_eq!(paths(&modules), ["", "src/a.rs", "src/b.rs"]);
        assert_eq!(modules.home(FileId(2)), Some(0));
    }

    #[test]
    fn every_source_file_has_a_home_and_slugs_are_distinct() {
        let files = [
            file("a-b/x.rs", 300),
            file("a/b/x.rs", 300),
            file("m.rs", 10),
            file("n.rs", 900),
        ];
        let modules = Modules::new(&files, &BTreeMap::new(), "demo");
        let slugs: std::collections::BTreeSet<_> = modules.list.iter().map(|module| &module.slug).collect();
        assert_eq!(slugs.len(), modules.list.len());
        assert!(modules.home(FileId(0)).is_some() && modules.home(FileId(3)).is_some());
    }

    #[test]
    fn packages_of_a_monorepo_are_a_level_of_their_own() {
        let files = [file("crates/a/src/lib.rs", 300), file("crates/b/src/lib.rs", 40)];
        let packages = BTreeMap::from([
            ("crates/a".to_owned(), "a".to_owned()),
            ("crates/b".to_owned(), "b".to_owned()),
        ]);
        let modules = Modules::new(&files, &packages, "demo");
        assert!(modules.list.iter().filter(|module| module.is_package).count() == 2);
        assert_eq!(
            modules
                .list
                .iter()
                .find(|m| m.path == "crates/b")
                .map(|m| m.files.clone()),
            Some(vec![FileId(1)])
        );
    }
}
