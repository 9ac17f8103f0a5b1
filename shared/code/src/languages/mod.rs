//! The languages: which is read how.

mod common;
mod ecma;
mod python;
mod rust;

use std::sync::OnceLock;

use deepwiki_domain::{Language, RepoPath};

use crate::{
    lines::Lines,
    outline,
    reader::{Facts, Grammar, spec::Spec},
};

/// How a file is read.
pub(crate) enum Syntax {
    /// By a grammar.
    Tree(&'static Grammar),
    /// By a scan over its lines.
    Outline(fn(&str, &Lines) -> Facts),
}

/// How a file of this language is read.
pub(crate) fn syntax(language: Option<Language>, _path: &RepoPath, _text: &str) -> Syntax {
    match language {
        Some(language) => match grammar(language) {
            Some(grammar) => Syntax::Tree(grammar),
            None => Syntax::Outline(outline::of(language).unwrap_or(outline::plain)),
        },
        None => Syntax::Outline(outline::plain),
    }
}

/// The languages that have a grammar or an outline.
pub(crate) fn read_by_syntax() -> impl Iterator<Item = Language> {
    Language::ALL
        .iter()
        .copied()
        .filter(|&language| spec(language).is_some() || outline::of(language).is_some())
}

/// The grammar of a language, made ready when it is first asked for.
pub(crate) fn grammar(language: Language) -> Option<&'static Grammar> {
    static GRAMMARS: [OnceLock<Option<Grammar>>; Language::ALL.len()] =
        [const { OnceLock::new() }; Language::ALL.len()];
    GRAMMARS
        .get(language as usize)?
        .get_or_init(|| spec(language).map(Grammar::new))
        .as_ref()
}

fn spec(language: Language) -> Option<&'static Spec> {
    Some(match language {
        Language::JavaScript => &ecma::JAVASCRIPT,
        Language::Python => &python::PYTHON,
        Language::Rust => &rust::RUST,
        Language::Tsx => &ecma::TSX,
        Language::TypeScript => &ecma::TYPESCRIPT,
        _ => return None,
    })
}
