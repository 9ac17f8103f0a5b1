//! What the tools answer, as Markdown of bounded size. Pure.

use std::collections::BTreeMap;

use deepwiki_domain::{
    CommitId, RepositoryId, Slug, answer::Answer, markdown, search::Found, wiki::PageEntry,
};
use deepwiki_ports::repositories::RepositoryPage;

use crate::library::Edition;

/// The longest answer, in bytes: what an agent can take in at once.
const LONGEST_ANSWER: usize = 60_000;

/// Markdown that grows no longer than [`LONGEST_ANSWER`].
pub(super) struct Bounded(String);

impl Bounded {
    pub(super) fn new(heading: String) -> Self {
        Self(heading)
    }

    /// Adds the text if there is room for all of it, or where it is the first, what there is room for.
    pub(super) fn push_whole(&mut self, text: &str) -> bool {
        let is_first = !self.0.contains("\n# ");
        if self.0.len() + text.len() <= LONGEST_ANSWER {
            self.0.push('\n');
            self.0.push_str(text);
            return true;
        }
        if is_first {
            self.push_cut(text);
        }
        is_first
    }

    /// Adds as many lines as there is room for, and says so where some are left out.
    pub(super) fn push_cut(&mut self, text: &str) {
        self.0.push('\n');
        for line in text.lines() {
            if self.0.len() + line.len() > LONGEST_ANSWER {
                self.0
                    .push_str("\n(The rest is left out: it is too long for one answer.)\n");
                return;
            }
            self.0.push_str(line);
            self.0.push('\n');
        }
    }

    /// Names pages that there was no room for.
    pub(super) fn name_rest(&mut self, slugs: &[&Slug]) {
        if slugs.is_empty() {
            return;
        }
        let slugs: Vec<&str> = slugs.iter().map(|slug| slug.as_str()).collect();
        let note = format!(
            "\n---\nNot shown: {} more pages. Read them one by one by `page`: {}.\n",
            slugs.len(),
            slugs.join(", ")
        );
        self.0.extend(note.chars().take(LONGEST_ANSWER));
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

/// Which wiki, of which commit.
pub(super) fn heading(edition: &Edition) -> String {
    format!(
        "Repository `{}` at commit `{}` ({}), language `{}`.\n",
        edition.repository.id,
        edition.generation.commit,
        markdown::escaped_line(&edition.repository.source.url()),
        edition.locale
    )
}

pub(super) fn repositories(page: &RepositoryPage) -> String {
    let mut out = Bounded::new(format!("{} repositories:\n", page.repositories.len()));
    let mut lines = String::new();
    for repository in &page.repositories {
        let state = match &repository.published {
            Some(generation) => format!("commit `{}`", generation.commit),
            None => "no wiki yet".to_owned(),
        };
        lines.push_str(&format!(
            "- `{}`: {} ({}), {state}\n",
            repository.id,
            markdown::escaped_line(&repository.display_name),
            markdown::escaped_line(&repository.source.url()),
        ));
    }
    if let Some(next) = &page.next {
        lines.push_str(&format!("\nThere are more: go on with `after` = `{next}`.\n"));
    }
    out.push_cut(&lines);
    out.finish()
}

/// The tree of pages, indented by depth.
pub(super) fn structure(edition: &Edition, pages: &[PageEntry]) -> String {
    let mut depths: BTreeMap<&Slug, usize> = BTreeMap::new();
    let mut lines = String::new();
    for page in pages {
        let depth = page
            .parent
            .as_ref()
            .and_then(|parent| depths.get(parent))
            .map_or(0, |depth| depth + 1);
        depths.insert(&page.slug, depth);
        let summary = markdown::escaped_line(&page.summary);
        lines.push_str(&format!(
            "{}- `{}`: {}{}{summary}\n",
            "  ".repeat(depth.min(8)),
            page.slug,
            markdown::escaped_line(&page.title),
            if summary.is_empty() { "" } else { ". " },
        ));
    }
    let mut out = Bounded::new(heading(edition));
    out.push_cut(&lines);
    out.finish()
}

pub(super) fn hits(found: &Found) -> String {
    let mut lines = String::new();
    for hit in &found.hits {
        let symbol = hit
            .symbol
            .as_deref()
            .map(|name| format!(" `{}`", markdown::escaped_line(name)));
        let page = hit.page.as_ref().map(|slug| format!(", page `{slug}`"));
        lines.push_str(&format!(
            "- `{}` `{}:{}-{}`{}{}\n",
            hit.repository,
            hit.path,
            hit.start,
            hit.end,
            symbol.unwrap_or_default(),
            page.unwrap_or_default(),
        ));
    }
    for refused in &found.refused {
        lines.push_str(&format!(
            "\nNot searched: {}\n",
            markdown::escaped_line(&refused.reason)
        ));
    }
    let commits = found.hits.iter().map(|hit| (&hit.repository, &hit.commit));
    let mut out = Bounded::new(format!("{} hits.{}\n", found.hits.len(), told(commits)));
    out.push_cut(&lines);
    out.finish()
}

pub(super) fn answer(answer: &Answer) -> String {
    let commits = answer.citations.iter().map(|it| (&it.repository, &it.commit));
    let mut out = Bounded::new(format!(
        "{}{}\n",
        markdown::escaped_line(&answer.notice),
        told(commits)
    ));
    let mut lines = String::new();
    for passage in &answer.passages {
        let numbers: Vec<String> = passage
            .citations
            .iter()
            .map(|number| format!("[{number}]"))
            .collect();
        lines.push_str(&format!(
            "\n### {} {}\n\n",
            markdown::escaped_line(&passage.title),
            numbers.join(" ")
        ));
        match &passage.code {
            Some(code) => lines.push_str(&fenced(&passage.text, code.language.map_or("", |it| it.id()))),
            None => lines.push_str(&format!("{}\n", passage.text)),
        }
    }
    if !answer.citations.is_empty() {
        lines.push_str("\n### Citations\n\n");
    }
    for citation in &answer.citations {
        let page = citation.page.as_ref().map(|slug| format!(", page `{slug}`"));
        lines.push_str(&format!(
            "- [{}] `{}` `{}:{}-{}`{}\n",
            citation.number,
            citation.repository,
            citation.path,
            citation.start,
            citation.end,
            page.unwrap_or_default(),
        ));
    }
    out.push_cut(&lines);
    out.finish()
}

/// Source text in a fence that nothing in it can close.
fn fenced(text: &str, language: &str) -> String {
    let longest = text
        .lines()
        .map(|line| line.trim_start().chars().take_while(|c| *c == '`').count())
        .max()
        .unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{text}\n{fence}\n")
}

/// The commits that lines belong to, each repository once.
fn told<'a>(commits: impl Iterator<Item = (&'a RepositoryId, &'a CommitId)>) -> String {
    let commits: BTreeMap<&RepositoryId, &CommitId> = commits.collect();
    commits
        .iter()
        .map(|(repository, commit)| format!(" Lines of `{repository}` are those of commit `{commit}`."))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_grows_beyond_its_bound() {
        let page = format!("# A page\n\n{}", "some words of it\n".repeat(10_000));
        let mut out = Bounded::new("heading\n".to_owned());
        assert!(out.push_whole(&page), "of the first page, as much as fits");
        assert!(!out.push_whole(&page));
        let slug = Slug::from_text("next");
        out.name_rest(&[&slug]);
        let text = out.finish();
        assert!(text.len() < LONGEST_ANSWER + 1000, "{}", text.len());
        assert!(text.contains("left out") && text.ends_with("`page`: next.\n"));
    }

    #[test]
    fn a_fence_holds_whatever_stands_in_it() {
        let fenced = fenced("a\n````\n### not a heading\n", "rust");
        assert!(fenced.starts_with("`````rust\n") && fenced.ends_with("\n`````\n"));
    }
}
