//! A model's sentence as inline text. Only words, names in code style and links to pages of the wiki come through;
//! everything else that could be markup is refused, and names that lack code style get it, so that the gate sees them.

use deepwiki_domain::{
    markdown::is_disruptive,
    page::{Inline, PageLink},
};

use crate::Objection;

/// Finds the page that a model links by its slug.
pub type LinkTarget<'a> = &'a dyn Fn(&str) -> Option<PageLink>;

/// What an address begins with.
const ADDRESSES: [&str; 6] = ["://", "www.", "mailto:", "javascript:", "data:text", "ftp."];

/// Names that are written like identifiers but are products and formats.
const PROPER_NAMES: [&str; 36] = [
    "GitHub",
    "GitLab",
    "JavaScript",
    "TypeScript",
    "CoffeeScript",
    "PostgreSQL",
    "MySQL",
    "SQLite",
    "MongoDB",
    "GraphQL",
    "OpenAPI",
    "OpenSSL",
    "OAuth",
    "LaTeX",
    "macOS",
    "iOS",
    "iPhone",
    "FreeBSD",
    "OpenBSD",
    "NetBSD",
    "PowerShell",
    "LaunchPad",
    "YouTube",
    "WebSocket",
    "WebSockets",
    "WebAssembly",
    "DevOps",
    "DynamoDB",
    "CloudFormation",
    "RabbitMQ",
    "NumPy",
    "PyPI",
    "GitOps",
    "VSCode",
    "WhatsApp",
    "LinkedIn",
];

/// Reads a sentence: backticks are code, `[[slug]]` is a link where the page exists.
pub fn inlines(sentence: &str, link: LinkTarget<'_>) -> Result<Vec<Inline>, Objection> {
    let sentence = cleaned(sentence);
    if sentence.is_empty() {
        return Err(Objection::Empty);
    }
    if is_marked_up(&sentence) {
        return Err(Objection::Markup);
    }
    let mut out: Vec<Inline> = Vec::new();
    for (at, piece) in sentence.split('`').enumerate() {
        if at % 2 == 0 {
            with_links(piece, link, &mut out);
        } else if !piece.trim().is_empty() {
            out.push(Inline::Code(piece.trim().to_owned()));
        }
    }
    Ok(out)
}

/// On one line, without emphasis and without characters that nobody sees.
fn cleaned(sentence: &str) -> String {
    let plain: String = sentence
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !is_disruptive(*c) && !('\u{e0000}'..='\u{e0fff}').contains(c))
        .filter(|c| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{206f}' | '\u{ad}'))
        .collect();
    let plain = plain.replace("**", "");
    let words: Vec<&str> = plain.split(' ').filter(|word| !word.is_empty()).collect();
    words
        .join(" ")
        .trim_start_matches(['#', '>', '-', '*', ' '])
        .to_owned()
}

/// Whether a sentence has links, images, tags or addresses, in code style or not.
fn is_marked_up(sentence: &str) -> bool {
    let lower = sentence.to_ascii_lowercase();
    if ADDRESSES.iter().any(|address| lower.contains(address)) || lower.contains("](") || lower.contains("![")
    {
        return true;
    }
    let outside = sentence.split('`').step_by(2);
    outside.into_iter().any(|piece| {
        let mut next = piece.chars().skip(1);
        piece.chars().any(|c| {
            let after = next.next();
            c == '<' && after.is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'))
        })
    })
}

/// Plain words with their links to pages.
fn with_links(piece: &str, link: LinkTarget<'_>, out: &mut Vec<Inline>) {
    let mut rest = piece;
    while let Some((before, after)) = rest.split_once("[[") {
        with_names(before, out);
        let Some((slug, tail)) = after.split_once("]]") else {
            rest = after;
            break;
        };
        match link(slug.trim()) {
            Some(link) => out.push(Inline::Page(link)),
            None => with_names(slug, out),
        }
        rest = tail;
    }
    with_names(rest, out);
}

/// Plain words; what is written like an identifier becomes code.
fn with_names(words: &str, out: &mut Vec<Inline>) {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | ':');
    let mut plain = String::new();
    let mut rest = words;
    while let Some(c) = rest.chars().next() {
        let end = if is_part(c) {
            rest.find(|c| !is_part(c)).unwrap_or(rest.len())
        } else {
            c.len_utf8()
        };
        let (word, tail) = rest.split_at(end);
        let name = word.trim_matches(':');
        if is_identifier(name) {
            let (before, after) = word.split_once(name).unwrap_or_default();
            plain.push_str(before);
            push_text(&mut plain, out);
            out.push(Inline::Code(name.to_owned()));
            plain.push_str(after);
        } else {
            plain.push_str(word);
        }
        rest = tail;
    }
    push_text(&mut plain, out);
}

fn push_text(plain: &mut String, out: &mut Vec<Inline>) {
    if plain.is_empty() {
        return;
    }
    match out.last_mut() {
        Some(Inline::Text(text)) => text.push_str(plain),
        _ => out.push(Inline::Text(plain.clone())),
    }
    plain.clear();
}

/// Whether a word can only be an identifier: `snake_case`, `a::b`, `camelCase`, `PascalCase`.
fn is_identifier(word: &str) -> bool {
    if PROPER_NAMES.contains(&word) || !word.contains(|c: char| c.is_ascii_alphabetic()) {
        return false;
    }
    let humps = word
        .as_bytes()
        .windows(2)
        .filter(|pair| matches!(pair, [a, b] if a.is_ascii_lowercase() && b.is_ascii_uppercase()))
        .count();
    word.contains('_') || word.contains("::") || word.contains('$') || humps > 0
}

#[cfg(test)]
mod tests {
    use deepwiki_domain::Slug;
    use proptest::prelude::*;

    use super::*;

    fn read(sentence: &str) -> Result<Vec<Inline>, Objection> {
        inlines(sentence, &|slug| {
            (slug == "net").then(|| PageLink {
                slug: Slug::from_text("net"),
                text: "Network".to_owned(),
                note: None,
            })
        })
    }

    fn text(words: &str) -> Inline {
        Inline::Text(words.to_owned())
    }

    fn code(name: &str) -> Inline {
        Inline::Code(name.to_owned())
    }

    #[test]
    fn code_links_and_bare_names_are_told_apart() {
        assert_eq!(
            read("**Parser** reads `Token`s; parse_all calls net::open, see [[net]] or [[gone]] on GitHub.")
                .unwrap(),
            [
                text("Parser reads "),
                code("Token"),
                text("s; "),
                code("parse_all"),
                text(" calls "),
                code("net::open"),
                text(", see "),
                Inline::Page(PageLink {
                    slug: Slug::from_text("net"),
                    text: "Network".to_owned(),
                    note: None
                }),
                text(" or gone on GitHub."),
            ]
        );
        assert_eq!(
            read("設定はloadConfigが読む").unwrap(),
            [text("設定は"), code("loadConfig"), text("が読む")]
        );
    }

    #[test]
    fn nothing_that_could_be_markup_comes_through() {
        for bad in [
            "See https://evil.example for more.",
            "See `https://evil.example`.",
            "[click](x) it",
            "An ![image] of it",
            "A <script>alert(1)</script>",
            "A </div> and more",
            "JAVASCRIPT:alert(1)",
            "www.evil.example",
        ] {
            assert_eq!(read(bad), Err(Objection::Markup), "{bad}");
        }
        assert_eq!(read(" \u{200b} "), Err(Objection::Empty));
        assert!(read("a < b and `Vec<String>` hold").is_ok());
    }

    proptest! {
        #[test]
        fn no_word_is_lost(sentence in "[a-zA-Z_:`\\[\\] 日本語。,]{1,80}") {
            if let Ok(read) = read(&sentence) {
                let letters = |text: &str| text.chars().filter(|c| c.is_alphabetic()).collect::<String>();
                let out = deepwiki_domain::gate::plain(&read);
                prop_assert_eq!(letters(&out).replace("Network", "net"), letters(&sentence).replace("Network", "net"));
            }
        }
    }
}
