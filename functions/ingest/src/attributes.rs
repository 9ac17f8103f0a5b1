//! `.gitattributes` files, as far as they tell linguist what is generated, vendored or documentation.

use deepwiki_domain::RepoPath;
use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

/// The largest `.gitattributes` that is read, in bytes.
pub(crate) const LARGEST_FILE: u64 = 256 << 10;

/// How many `.gitattributes` files are read, and how many of their lines; both far above what people write.
pub(crate) const MOST_FILES: usize = 200;
const MOST_LINES: usize = 2000;

/// What attributes say about a file. `Some(false)` takes back what a convention would say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Overrides {
    /// `linguist-generated`
    pub(crate) generated: Option<bool>,
    /// `linguist-vendored`
    pub(crate) vendored: Option<bool>,
    /// `linguist-documentation`
    pub(crate) documentation: Option<bool>,
}

impl Overrides {
    fn apply(&mut self, later: Self) {
        self.generated = later.generated.or(self.generated);
        self.vendored = later.vendored.or(self.vendored);
        self.documentation = later.documentation.or(self.documentation);
    }
}

/// The attributes of a tree.
#[derive(Default)]
pub(crate) struct Attributes {
    /// By the folder that each file stands in, outermost first.
    files: Vec<AttributeFile>,
}

struct AttributeFile {
    /// With a `/` at its end; empty at the top.
    folder: String,
    patterns: GlobSet,
    /// What each pattern says, in the order of the lines.
    overrides: Vec<Overrides>,
}

impl Attributes {
    /// Reads these files; each path is that of a `.gitattributes`.
    pub(crate) fn new(files: impl IntoIterator<Item = (RepoPath, String)>) -> Self {
        let mut files: Vec<AttributeFile> = files
            .into_iter()
            .filter_map(|(path, text)| AttributeFile::parse(path.folder(), &text))
            .collect();
        files.sort_by_key(|file| file.folder.len());
        Self { files }
    }

    /// What is said about this file: inner files win over outer ones, later lines over earlier ones.
    pub(crate) fn of(&self, path: &RepoPath) -> Overrides {
        let mut overrides = Overrides::default();
        for file in &self.files {
            let Some(relative) = path.as_str().strip_prefix(file.folder.as_str()) else {
                continue;
            };
            for line in file.patterns.matches(relative) {
                overrides.apply(file.overrides.get(line).copied().unwrap_or_default());
            }
        }
        overrides
    }
}

impl AttributeFile {
    /// None where the file says nothing that matters here.
    fn parse(folder: &str, text: &str) -> Option<Self> {
        let mut patterns = GlobSetBuilder::new();
        let mut overrides = Vec::new();
        for (pattern, line) in text.lines().filter_map(parse_line).take(MOST_LINES) {
            patterns.add(pattern);
            overrides.push(line);
        }
        let folder = if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        };
        let patterns = patterns.build().ok().filter(|patterns| !patterns.is_empty())?;
        Some(Self {
            folder,
            patterns,
            overrides,
        })
    }
}

fn parse_line(line: &str) -> Option<(Glob, Overrides)> {
    let line = line.trim();
    if line.starts_with('#') || !line.contains("linguist-") {
        return None;
    }
    let (pattern, attributes) = line.split_once(char::is_whitespace)?;
    let mut overrides = Overrides::default();
    for attribute in attributes.split_whitespace() {
        let (name, value) = match (attribute.strip_prefix(['-', '!']), attribute.split_once('=')) {
            (Some(name), _) => (name, false),
            (None, Some((name, value))) => (name, !matches!(value, "false" | "0")),
            (None, None) => (attribute, true),
        };
        match name {
            "linguist-generated" => overrides.generated = Some(value),
            "linguist-vendored" => overrides.vendored = Some(value),
            "linguist-documentation" => overrides.documentation = Some(value),
            _ => {}
        }
    }
    Some((glob(pattern.trim_matches('"'))?, overrides))
}

/// Git's pattern as a glob over the path below the file's folder: without a `/` inside, it is about file names.
fn glob(pattern: &str) -> Option<Glob> {
    let anchored = pattern.trim_end_matches('/').contains('/');
    let plain = pattern.strip_prefix('/').unwrap_or(pattern);
    let plain = plain.replace('{', "[{]").replace('}', "[}]");
    let whole = if anchored { plain } else { format!("**/{plain}") };
    GlobBuilder::new(&whole).literal_separator(true).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(path: &str) -> RepoPath {
        RepoPath::new(path).unwrap()
    }

    #[test]
    fn patterns_match_as_in_git() {
        let attributes = Attributes::new([
            (
                path(".gitattributes"),
                "# comment\n*.gen.ts linguist-generated\n/docs/** linguist-documentation=false\n\
                 lib/** linguist-vendored\nlib/own/** -linguist-vendored\n*.png binary\n"
                    .to_owned(),
            ),
            (
                path("lib/.gitattributes"),
                "api.gen.ts -linguist-generated\n".to_owned(),
            ),
            (
                path("x/.gitattributes"),
                "{a,b}.rs linguist-generated=true\n[bad linguist-generated\n".to_owned(),
            ),
        ]);
        let of = |at: &str| {
            let overrides = attributes.of(&path(at));
            (overrides.generated, overrides.vendored, overrides.documentation)
        };
        assert_eq!(of("a/b/c.gen.ts"), (Some(true), None, None));
        assert_eq!(of("docs/a/b.md"), (None, None, Some(false)));
        assert_eq!(of("a/docs/b.md"), (None, None, None));
        assert_eq!(of("lib/a.c"), (None, Some(true), None));
        assert_eq!(of("lib/own/a.c"), (None, Some(false), None));
        assert_eq!(of("lib/api.gen.ts"), (Some(false), Some(true), None));
        assert_eq!(of("x/a.rs"), (None, None, None));
        assert_eq!(of("x/y/{a,b}.rs"), (Some(true), None, None));
    }
}
