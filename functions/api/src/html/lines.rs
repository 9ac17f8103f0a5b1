//! Source text with line numbers and the cited lines marked.

use std::ops::RangeInclusive;

use maud::{Markup, html};

use super::clean;
use crate::library::Excerpt;

/// How lines are shown.
#[derive(Default)]
pub(super) struct Show<'a> {
    /// The lines that are cited.
    pub(super) marked: Option<RangeInclusive<u32>>,
    /// What the id of each line begins with; without it lines have none.
    pub(super) prefix: Option<&'a str>,
    /// Lower-case words to set off.
    pub(super) words: &'a [String],
}

/// The lines of an excerpt. Numbers are drawn by the style sheet, so that copying takes the text alone.
pub(super) fn listing(excerpt: &Excerpt, show: &Show<'_>) -> Markup {
    let is_marked = |number: u32| {
        show.marked
            .as_ref()
            .is_some_and(|marked| marked.contains(&number))
    };
    html! {
        pre .source tabindex="0" {
            code {
                @for (number, line) in (excerpt.start..).zip(&excerpt.lines) {
                    span .marked[is_marked(number)] id=[show.prefix.map(|prefix| format!("{prefix}{number}"))] data-line=(number) {
                        (highlighted(&clean(line), show.words)) "\n"
                    }
                }
            }
        }
    }
}

/// A line with these words set off. Only ASCII letters match regardless of case: that keeps every byte in its place.
pub(super) fn highlighted(line: &str, words: &[String]) -> Markup {
    let lower = line.to_ascii_lowercase();
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(rest) = lower.get(at..) {
        let found = words
            .iter()
            .filter_map(|word| Some((rest.find(word.as_str())?, word.len())));
        let Some((start, length)) = found.min_by_key(|(start, length)| (*start, usize::MAX - length)) else {
            break;
        };
        pieces.push((at..at + start, at + start..at + start + length));
        at += start + length;
    }
    html! {
        @for (before, word) in pieces {
            (line.get(before).unwrap_or_default()) mark { (line.get(word).unwrap_or_default()) }
        }
        (line.get(at..).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_set_off_where_they_stand() {
        let words = ["cache".to_owned(), "日本".to_owned(), "<b>".to_owned()];
        let line = highlighted("let Cache = caches; // 日本語 <b>", &words).into_string();
        let expected =
            "let <mark>Cache</mark> = <mark>cache</mark>s; // <mark>日本</mark>語 <mark>&lt;b&gt;</mark>";
        assert_eq!(line, expected);
        assert_eq!(highlighted("İ & x", &[]).into_string(), "İ &amp; x");
    }
}
