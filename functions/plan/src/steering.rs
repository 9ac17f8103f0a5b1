//! `.devin/wiki.json`: the repository's own wishes for its wiki, in the format of DeepWiki, as is: `repo_notes` guide
//! the writer, and `pages`, where there are any, are exactly the pages that are written.

use deepwiki_domain::{RepoPath, facts::Lines, page::Citation};
use serde::Deserialize;

/// Where the wishes stand.
pub(crate) const PATH: &str = ".devin/wiki.json";

/// The inventor's own limits: pages of a wiki, and characters of a note.
const MOST_PAGES: usize = 80;
const LONGEST_NOTE: usize = 10_000;

/// What the file wishes for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Steering {
    /// Guidance for every page.
    pub(crate) notes: Vec<String>,
    /// The pages to write; the planner's own where empty.
    pub(crate) pages: Vec<WantedPage>,
}

/// A page that the repository asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WantedPage {
    pub(crate) title: String,
    pub(crate) purpose: String,
    /// The title of the page above it.
    pub(crate) parent: Option<String>,
    /// Guidance for this page.
    pub(crate) notes: Vec<String>,
    /// The lines that ask for it.
    pub(crate) at: Citation,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    repo_notes: Vec<Note>,
    #[serde(default)]
    pages: Vec<Page>,
}

#[derive(Deserialize)]
struct Page {
    title: String,
    #[serde(default)]
    purpose: String,
    #[serde(default)]
    parent: Option<String>,
    #[serde(default)]
    page_notes: Vec<Note>,
}

#[derive(Deserialize)]
struct Note {
    content: String,
}

/// Reads the wishes. A file that is not of the format wishes for nothing.
pub(crate) fn read(path: &RepoPath, text: &str) -> Steering {
    let Ok(file) = serde_json::from_str::<File>(text) else {
        return Steering::default();
    };
    let titles = key_lines(text, "title");
    let purposes = key_lines(text, "purpose");
    let mut pages: Vec<WantedPage> = Vec::new();
    for (at, page) in file.pages.into_iter().enumerate().take(MOST_PAGES) {
        let title = single_line(&page.title);
        if title.is_empty() || pages.iter().any(|other| other.title == title) {
            continue;
        }
        let start = titles.get(at).copied().unwrap_or(1);
        // The purpose may stand before or after the title, and may be missing.
        let end = purposes
            .iter()
            .copied()
            .filter(|line| line.abs_diff(start) <= 2)
            .max()
            .unwrap_or(start);
        let lines = Lines {
            start: start.min(end),
            end: start.max(end),
        };
        pages.push(WantedPage {
            title,
            purpose: single_line(&page.purpose),
            parent: page.parent.map(|parent| single_line(&parent)),
            notes: contents(page.page_notes),
            at: Citation::new(path, lines),
        });
    }
    Steering {
        notes: contents(file.repo_notes),
        pages,
    }
}

fn contents(notes: Vec<Note>) -> Vec<String> {
    notes
        .into_iter()
        .map(|note| note.content.chars().take(LONGEST_NOTE).collect())
        .collect()
}

fn single_line(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(400)
        .collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The lines where this key stands, in order.
fn key_lines(text: &str, key: &str) -> Vec<u32> {
    let quoted = format!("\"{key}\"");
    let mut lines = Vec::new();
    for (number, line) in (1u32..).zip(text.lines()) {
        for (at, _) in line.match_indices(&quoted) {
            // Not inside a string, where the quotation mark is escaped, and followed by its value.
            let escaped = line.get(..at).is_some_and(|before| before.ends_with('\\'));
            let is_key = line
                .get(at + quoted.len()..)
                .is_some_and(|after| after.trim_start().starts_with(':'));
            if is_key && !escaped {
                lines.push(number);
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_come_with_the_lines_that_ask_for_them() {
        let text = "{\n  \"repo_notes\": [{\"content\": \"Say \\\"title\\\": x\"}],\n  \"pages\": [\n    {\n      \"title\": \"Parsing\",\n      \"purpose\": \"How text is parsed\",\n      \"page_notes\": [{\"content\": \"be brief\"}]\n    },\n    {\"title\": \"Lexer\", \"purpose\": \"\", \"parent\": \"Parsing\"},\n    {\"title\": \"Parsing\"}\n  ]\n}\n";
        let steering = read(&RepoPath::new(PATH).unwrap(), text);
        assert_eq!(steering.notes, ["Say \"title\": x"]);
        let pages: Vec<_> = steering
            .pages
            .iter()
            .map(|page| {
                (
                    page.title.as_str(),
                    page.parent.as_deref(),
                    page.at.start,
                    page.at.end,
                )
            })
            .collect();
        assert_eq!(pages, [("Parsing", None, 5, 6), ("Lexer", Some("Parsing"), 9, 9)]);
    }

    #[test]
    fn what_is_not_of_the_format_wishes_for_nothing() {
        for text in ["", "[]", "{\"pages\": 3}", "{\"pages\": [{}]}", "not json"] {
            assert_eq!(
                read(&RepoPath::new(PATH).unwrap(), text),
                Steering::default(),
                "{text}"
            );
        }
    }
}
