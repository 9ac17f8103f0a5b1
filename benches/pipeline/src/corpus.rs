//! The files that every peer gets: those that the product reads and for which there is a grammar here.

use std::{collections::BTreeMap, path::Path, sync::OnceLock};

use anyhow::Context;
use deepwiki_domain::{
    BlobId, Language, RepoPath,
    manifest::{Role, ShardFile},
};

/// A language that has a grammar here.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Parsed(Language);

impl Parsed {
    pub(crate) fn of(language: Language) -> Option<Self> {
        grammar(language).map(|_| Self(language))
    }

    pub(crate) fn grammar(self) -> &'static tree_sitter::Language {
        static GRAMMARS: OnceLock<BTreeMap<Language, tree_sitter::Language>> = OnceLock::new();
        let all = GRAMMARS.get_or_init(|| {
            let known = Language::ALL.iter();
            known
                .filter_map(|language| Some((*language, grammar(*language)?)))
                .collect()
        });
        &all[&self.0]
    }
}

/// The files by language, in memory.
pub(crate) struct Corpus {
    pub(crate) by_language: BTreeMap<Parsed, Vec<ShardFile>>,
}

impl Corpus {
    /// Reads the files of a list, whose lines are the paths.
    pub(crate) fn read(repository: &Path, list: &Path) -> anyhow::Result<Self> {
        let mut by_language: BTreeMap<Parsed, Vec<ShardFile>> = BTreeMap::new();
        for path in std::fs::read_to_string(list)?.lines() {
            let bytes = std::fs::read(repository.join(path)).with_context(|| path.to_owned())?;
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let name = path.rsplit('/').next().unwrap_or(path);
            let language = language_of(name, &text).with_context(|| format!("no grammar for {path}"))?;
            by_language.entry(language).or_default().push(ShardFile {
                path: RepoPath::new(path)?,
                blob: BlobId::new("0".repeat(40))?,
                language: Some(language.0),
                role: Role::Source,
                text,
            });
        }
        Ok(Self { by_language })
    }
}

/// The grammar that suits a file; a header is C++ where it says what C cannot.
fn language_of(name: &str, text: &str) -> Option<Parsed> {
    let language = Language::of(name, text.lines().next().unwrap_or_default())?;
    let is_cpp = || {
        ["namespace ", "class ", "template <", "template<"]
            .iter()
            .any(|word| text.contains(word))
    };
    if language == Language::C && name.ends_with(".h") && is_cpp() {
        return Parsed::of(Language::Cpp);
    }
    Parsed::of(language)
}

fn grammar(language: Language) -> Option<tree_sitter::Language> {
    Some(match language {
        Language::Bash => tree_sitter_bash::LANGUAGE.into(),
        Language::C => tree_sitter_c::LANGUAGE.into(),
        Language::Cpp => tree_sitter_cpp::LANGUAGE.into(),
        Language::Go => tree_sitter_go::LANGUAGE.into(),
        Language::Java => tree_sitter_java::LANGUAGE.into(),
        Language::JavaScript => tree_sitter_javascript::LANGUAGE.into(),
        Language::Php => tree_sitter_php::LANGUAGE_PHP.into(),
        Language::Python => tree_sitter_python::LANGUAGE.into(),
        Language::Ruby => tree_sitter_ruby::LANGUAGE.into(),
        Language::Rust => tree_sitter_rust::LANGUAGE.into(),
        Language::Tsx => tree_sitter_typescript::LANGUAGE_TSX.into(),
        Language::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
        _ => return None,
    })
}
