//! The languages: which is read how.

mod c;
mod common;
mod csharp;
mod ecma;
mod functional;
mod go;
mod jvm;
mod php;
mod proto;
mod python;
mod ruby;
mod rust;
mod scripts;
mod typed;

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
pub(crate) fn syntax(language: Option<Language>, path: &RepoPath, text: &str) -> Syntax {
    match language {
        Some(Language::C) if path.as_str().ends_with(".h") && c::is_cpp(text) => {
            syntax(Some(Language::Cpp), path, text)
        }
        Some(Language::Ocaml) if path.as_str().ends_with(".mli") => Syntax::Tree(ocaml_interface()),
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

/// Interfaces of OCaml have a grammar of their own.
fn ocaml_interface() -> &'static Grammar {
    static GRAMMAR: OnceLock<Grammar> = OnceLock::new();
    GRAMMAR.get_or_init(|| Grammar::new(&functional::OCAML_INTERFACE))
}

fn spec(language: Language) -> Option<&'static Spec> {
    Some(match language {
        Language::Bash => &scripts::BASH,
        Language::C => &c::C,
        Language::CSharp => &csharp::CSHARP,
        Language::Cpp => &c::CPP,
        Language::Dart => &typed::DART,
        Language::Elixir => &scripts::ELIXIR,
        Language::Go => &go::GO,
        Language::Haskell => &functional::HASKELL,
        Language::Java => &jvm::JAVA,
        Language::JavaScript => &ecma::JAVASCRIPT,
        Language::Julia => &scripts::JULIA,
        Language::Kotlin => &jvm::KOTLIN,
        Language::Lua => &scripts::LUA,
        Language::Ocaml => &functional::OCAML,
        Language::Php => &php::PHP,
        Language::Proto => &proto::PROTO,
        Language::Python => &python::PYTHON,
        Language::Ruby => &ruby::RUBY,
        Language::Rust => &rust::RUST,
        Language::Scala => &typed::SCALA,
        Language::Swift => &typed::SWIFT,
        Language::Tsx => &ecma::TSX,
        Language::TypeScript => &ecma::TYPESCRIPT,
        Language::Zig => &typed::ZIG,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_name_kinds_that_the_grammars_have() {
        for &language in Language::ALL {
            if let Some(grammar) = grammar(language) {
                assert_eq!(grammar.unknown_kinds(), Vec::<&str>::new(), "{language}");
            }
        }
    }
}
