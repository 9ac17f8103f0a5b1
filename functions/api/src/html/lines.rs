//! Source text with line numbers and the cited lines marked.

use std::ops::RangeInclusive;

use maud::{Markup, html};

use super::clean;
use crate::library::Excerpt;

/// The lines of an excerpt, each with an id that begins with `prefix`, where there is one. Numbers are drawn by the style sheet, so
/// that copying takes the text alone.
pub(super) fn listing(
    excerpt: &Excerpt,
    marked: Option<&RangeInclusive<u32>>,
    prefix: Option<&str>,
) -> Markup {
    html! {
        pre .source tabindex="0" {
            code {
                @for (number, line) in (excerpt.start..).zip(&excerpt.lines) {
                    span .marked[marked.is_some_and(|marked| marked.contains(&number))] id=[prefix.map(|prefix| format!("{prefix}{number}"))] data-line=(number) { (clean(line)) "\n" }
                }
            }
        }
    }
}
