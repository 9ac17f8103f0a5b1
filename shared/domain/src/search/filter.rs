//! What a hit must be besides fitting the words of a query.

use serde::{Deserialize, Serialize};

use super::Document;
use crate::{Language, facts::SymbolKind, manifest::Role};

/// The most values that each list of a filter takes.
pub const MOST_VALUES: usize = 64;

/// Restrictions of a query. An empty list restricts nothing; of several values any will do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Filter {
    /// Files and folders, or patterns: see [`path_matches`].
    pub paths: Vec<String>,
    /// Languages of the source.
    pub languages: Vec<Language>,
    /// What the file is for.
    pub roles: Vec<Role>,
    /// What the definition is.
    pub kinds: Vec<SymbolKind>,
}

impl Filter {
    /// Whether it restricts nothing.
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty() && self.languages.is_empty() && self.roles.is_empty() && self.kinds.is_empty()
    }

    /// Whether the document is what the filter asks for.
    pub fn admits(&self, document: &Document) -> bool {
        self.admits_path(document.path.as_str())
            && self.admits_language(document.language)
            && self.admits_role(document.role)
            && self.admits_kind(document.kind)
    }

    /// Whether the path is one of those asked for.
    pub fn admits_path(&self, path: &str) -> bool {
        self.paths.is_empty() || self.paths.iter().any(|pattern| path_matches(pattern, path))
    }

    /// Whether the language is one of those asked for.
    pub fn admits_language(&self, language: Option<Language>) -> bool {
        self.languages.is_empty() || language.is_some_and(|it| self.languages.contains(&it))
    }

    /// Whether the role is one of those asked for.
    pub fn admits_role(&self, role: Role) -> bool {
        self.roles.is_empty() || self.roles.contains(&role)
    }

    /// Whether the kind of definition is one of those asked for.
    pub fn admits_kind(&self, kind: Option<SymbolKind>) -> bool {
        self.kinds.is_empty() || kind.is_some_and(|it| self.kinds.contains(&it))
    }
}

/// Whether a path is the file that the pattern names, or lies in its folder. `*` stands for any characters, `/`
/// included, and `?` for one; a pattern with either must fit the whole path. A leading `/` or `./` and a trailing
/// `/` say nothing.
pub fn path_matches(pattern: &str, path: &str) -> bool {
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern).trim_matches('/');
    if pattern.contains(['*', '?']) {
        return wildcard_matches(pattern, path);
    }
    path.strip_prefix(pattern)
        .is_some_and(|rest| pattern.is_empty() || rest.is_empty() || rest.starts_with('/'))
}

/// Greedy matching that goes back to the last `*` alone, so that no pattern takes more than
/// `pattern.len() * text.len()` steps.
fn wildcard_matches(pattern: &str, text: &str) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    let mut retry: Option<(std::str::Chars<'_>, std::str::Chars<'_>)> = None;
    loop {
        let before_text = text.clone();
        let fits = match (pattern.next(), text.next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                text = before_text.clone();
                retry = Some((pattern.clone(), before_text));
                continue;
            }
            (Some('?'), Some(_)) => true,
            (Some(wanted), Some(found)) => wanted == found,
            (None, Some(_)) | (Some(_), None) => false,
        };
        if fits {
            continue;
        }
        let Some((after_star, from)) = &mut retry else {
            return false;
        };
        if from.next().is_none() {
            return false;
        }
        (pattern, text) = (after_star.clone(), from.clone());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_pattern_is_a_file_a_folder_or_has_wildcards() {
        for (pattern, path, fits) in [
            ("src", "src/net/a.rs", true),
            ("./src/", "src/net/a.rs", true),
            ("/src/net/a.rs", "src/net/a.rs", true),
            ("src/ne", "src/net/a.rs", false),
            ("", "src/net/a.rs", true),
            ("*.rs", "src/net/a.rs", true),
            ("*.rs", "src/net/a.rsx", false),
            ("src/*/a.??", "src/net/deep/a.rs", true),
            ("*a*b*c*", "xxaxxbxx", false),
            ("**", "", true),
            ("?", "", false),
            ("設定/*", "設定/項目.toml", true),
        ] {
            assert_eq!(path_matches(pattern, path), fits, "{pattern} {path}");
        }
    }

    #[test]
    fn a_pattern_made_to_be_slow_is_not() {
        let pattern = "*a".repeat(2000) + "b";
        assert!(!path_matches(&pattern, &"a".repeat(4000)));
    }

    proptest! {
        #[test]
        fn wildcards_agree_with_their_definition(pattern in "[ab*?]{0,7}", text in "[ab]{0,7}") {
            fn slow(pattern: &[u8], text: &[u8]) -> bool {
                match (pattern.split_first(), text.split_first()) {
                    (None, None) => true,
                    (Some((b'*', rest)), _) => {
                        slow(rest, text) || text.split_first().is_some_and(|(_, text)| slow(pattern, text))
                    }
                    (Some((b'?', rest)), Some((_, text))) => slow(rest, text),
                    (Some((a, rest)), Some((b, text))) => a == b && slow(rest, text),
                    _ => false,
                }
            }
            prop_assert_eq!(wildcard_matches(&pattern, &text), slow(pattern.as_bytes(), text.as_bytes()));
        }
    }
}
