//! The package manifests of a repository, found by folder.

use deepwiki_domain::facts::{FileFacts, PackageFacts};

use super::tree::Map;

/// A manifest and the folder that it speaks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manifest<'a> {
    pub(super) folder: &'a str,
    pub(super) facts: &'a PackageFacts,
}

impl<'a> Manifest<'a> {
    pub(super) fn name(&self) -> Option<&'a str> {
        self.facts.name.as_ref().map(|name| name.value.as_str())
    }
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Manifests<'a> {
    /// In path order.
    pub(super) all: Vec<Manifest<'a>>,
    by_folder: Map<(&'a str, &'a str), usize>,
}

impl<'a> Manifests<'a> {
    pub(super) fn of(files: &[&'a FileFacts]) -> Self {
        let mut manifests = Self::default();
        for file in files {
            let Some(facts) = &file.manifest else { continue };
            let folder = file.path.folder();
            manifests
                .by_folder
                .entry((facts.system.as_str(), folder))
                .or_insert(manifests.all.len());
            manifests.all.push(Manifest { folder, facts });
        }
        manifests
    }

    /// The manifests of a package system, in path order.
    pub(super) fn of_system(&self, system: &str) -> impl Iterator<Item = &Manifest<'a>> {
        self.all
            .iter()
            .filter(move |manifest| manifest.facts.system == system)
    }

    /// The manifest of a system in a folder, or in the nearest folder around it.
    pub(super) fn nearest(&self, system: &str, folder: &str) -> Option<&Manifest<'a>> {
        around(folder).find_map(|folder| self.at(system, folder))
    }

    /// The manifest of a system in exactly this folder.
    pub(super) fn at(&self, system: &str, folder: &str) -> Option<&Manifest<'a>> {
        self.all.get(*self.by_folder.get(&(system, folder))?)
    }
}

/// A folder and all those around it, the innermost first; the last is empty, the top of the tree.
pub(super) fn around(folder: &str) -> impl Iterator<Item = &str> {
    let mut next = Some(folder);
    std::iter::from_fn(move || {
        let folder = next?;
        next = (!folder.is_empty()).then(|| parent(folder));
        Some(folder)
    })
}

/// The folder around a folder or file.
pub(super) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A path as written relative to a folder, without `.` and `..`; none if it leaves the tree.
pub(super) fn join(folder: &str, written: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in written.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_join_without_leaving_the_tree() {
        assert_eq!(join("a/b", "../c/./d.ts").as_deref(), Some("a/c/d.ts"));
        assert_eq!(join("", "./x").as_deref(), Some("x"));
        assert_eq!(join("a", "../../x"), None);
        assert_eq!(around("a/b").collect::<Vec<_>>(), ["a/b", "a", ""]);
        assert_eq!(around("").collect::<Vec<_>>(), [""]);
    }
}
