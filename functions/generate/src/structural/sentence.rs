//! Small means to put a sentence together.

use deepwiki_domain::{
    page::{Citation, Inline, PageLink, Statement},
    plan::PageRef,
};

use super::phrases::Phrases;

/// Plain words.
pub(super) fn text(words: impl Into<String>) -> Inline {
    Inline::Text(words.into())
}

/// A name in code style.
pub(super) fn code(name: impl Into<String>) -> Inline {
    Inline::Code(name.into())
}

/// A link to a page of the wiki.
pub(super) fn link(phrases: Phrases, page: &PageRef) -> Inline {
    Inline::Page(PageLink {
        slug: page.slug.clone(),
        text: phrases.title(&page.title),
        note: None,
    })
}

/// A sentence with its citations.
pub(super) fn says(text: Vec<Inline>, citations: impl IntoIterator<Item = Citation>) -> Statement {
    Statement {
        text,
        citations: citations.into_iter().collect(),
    }
}

/// Words of the repository as inline text: what stands between backticks is code.
pub(super) fn quoted(words: &str) -> Vec<Inline> {
    let pieces = words
        .split('`')
        .enumerate()
        .filter(|(_, piece)| !piece.trim().is_empty());
    pieces
        .map(|(at, piece)| {
            if at % 2 == 1 {
                code(piece.trim())
            } else {
                text(piece)
            }
        })
        .collect()
}

/// Names in code style with what joins them in the language: `A`, `B` and `C`.
pub(super) fn names<'a>(phrases: Phrases, names: impl IntoIterator<Item = &'a str>) -> Vec<Inline> {
    let names: Vec<&str> = names.into_iter().collect();
    let mut joined = Vec::with_capacity(names.len() * 2);
    for (at, name) in names.iter().enumerate() {
        if at > 0 {
            joined.push(text(phrases.joint(at + 1 == names.len())));
        }
        joined.push(code(*name));
    }
    joined
}

/// The head of a definition at most this long, cut between its arguments; none where it cannot be cut well.
pub(super) fn shortened(signature: &str, longest: usize) -> Option<String> {
    let tidy = signature
        .replace("( ", "(")
        .replace(", )", ")")
        .replace(" )", ")");
    if tidy.chars().count() <= longest {
        return Some(tidy).filter(|tidy| !tidy.is_empty());
    }
    let start: String = tidy.chars().take(longest).collect();
    let kept = start.rsplit_once(", ").or_else(|| start.rsplit_once(' '))?.0;
    (kept.len() * 3 >= longest).then(|| format!("{kept}, …"))
}

/// Several pieces as one sentence.
pub(super) fn sentence(pieces: impl IntoIterator<Item = Vec<Inline>>) -> Vec<Inline> {
    pieces.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_cut_between_its_arguments() {
        assert_eq!(shortened("def f( a, b, )", 40).as_deref(), Some("def f(a, b)"));
        assert_eq!(
            shortened("def f(first: int, second: str, third: bytes)", 34).as_deref(),
            Some("def f(first: int, second: str, …")
        );
        assert_eq!(shortened(&"x".repeat(60), 40), None);
    }
}
