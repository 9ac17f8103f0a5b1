//! What a model is shown for a question: sentences of wikis as facts, source as excerpts, within a budget, nothing twice.

use std::collections::{BTreeMap, BTreeSet};

use deepwiki_domain::{
    CommitId, LinedText, RepoPath, RepositoryId, Slug,
    facts::Lines,
    forecast,
    page::{Citation, Statement},
    repository::{Generation, Repository},
};
use deepwiki_model::{Ground, Grounds, addresses_a_model, fence, scan};
use deepwiki_ports::Result;

use super::evidence::{Evidence, numbered};
use crate::{
    AskPorts,
    passages::{self, Found, Text},
};

/// The most tokens of sources, the most lines of one excerpt, and the most files that are opened.
const BUDGET: u64 = 6_000;
const LONGEST_EXCERPT: usize = 60;
const MOST_FILES: usize = 32;

/// The sources of an answer.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    /// For the prompt.
    pub(super) text: String,
    /// For what cites it.
    pub(super) grounds: Grounds,
    pub(super) evidence: Evidence,
    /// What may be cited, by number: the order in which the repositories were given.
    pub(super) repositories: Vec<Option<(RepositoryId, CommitId)>>,
    /// The page and section that speak of a file, by its numbered path.
    pub(super) pages: BTreeMap<RepoPath, (Option<Slug>, Option<Slug>)>,
    left: u64,
    facts: usize,
    excerpts: BTreeMap<RepoPath, Vec<Lines>>,
}

impl Shown {
    /// As much of what was found, best first, as fits.
    pub(super) async fn of(
        found: Vec<Found>,
        repositories: &[Repository],
        ports: AskPorts<'_>,
    ) -> Result<Self> {
        let published = |repository: &Repository| {
            let generation = repository.published.as_ref()?;
            Some((repository.id.clone(), generation.commit.clone()))
        };
        let mut shown = Self {
            left: BUDGET,
            repositories: repositories.iter().map(published).collect(),
            ..Self::default()
        };
        let mut opened = BTreeSet::new();
        for found in found {
            let id = &found.hit.repository;
            let Some(number) = repositories.iter().position(|it| it.id == *id) else {
                continue;
            };
            let Some(generation) = repositories.get(number).and_then(|it| it.published.as_ref()) else {
                continue;
            };
            if opened.insert(number) {
                let manifest = passages::manifest(id, generation, ports).await?;
                shown.evidence.manifests.push(manifest);
            }
            match &found.text {
                Text::Prose(sentences) => shown.prose(number, &found, sentences, generation, ports).await?,
                Text::Source { start, lines, .. } => {
                    shown
                        .source(number, &found, (*start, lines), generation, ports)
                        .await?;
                }
            }
        }
        Ok(shown)
    }

    /// Statements that were accepted before, as facts.
    pub(super) fn of_statements(statements: &[Statement], evidence_of: Self) -> Self {
        let mut shown = Self {
            text: String::new(),
            grounds: Grounds::default(),
            left: BUDGET,
            facts: 0,
            ..evidence_of
        };
        let mut lines = String::new();
        for statement in statements {
            let text = deepwiki_domain::gate::plain(&statement.text);
            shown.fact(&text, statement.citations.clone(), &mut lines);
        }
        shown.text = fence("findings", &lines);
        shown
    }

    /// Takes over what is shown of other sources; the files that were read before stay known.
    pub(super) fn absorb(&mut self, other: Self) {
        let mut known = std::mem::replace(self, other);
        self.evidence.manifests.append(&mut known.evidence.manifests);
        self.evidence.texts.append(&mut known.evidence.texts);
        self.pages.append(&mut known.pages);
    }

    async fn prose(
        &mut self,
        number: usize,
        found: &Found,
        sentences: &[(String, Vec<Citation>)],
        generation: &Generation,
        ports: AskPorts<'_>,
    ) -> Result<()> {
        let mut lines = String::new();
        for (text, citations) in sentences {
            let mut at = Vec::new();
            for citation in citations {
                at.extend(self.open(number, found, citation, generation, ports).await?);
            }
            if !at.is_empty() {
                self.fact(text, at, &mut lines);
            }
        }
        if !lines.is_empty() {
            let head = format!("From the wiki of {}:\n", found.hit.repository);
            self.text.push_str(&head);
            self.text.push_str(&fence("wiki", &lines));
        }
        Ok(())
    }

    /// A fact, if it fits. Words that address a model are left out with the fact that bears them.
    fn fact(&mut self, text: &str, at: Vec<Citation>, lines: &mut String) {
        let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let shown = scan(&folded);
        let cost = forecast::tokens(&folded) + 3;
        if !shown.withheld.is_empty() || cost > self.left {
            return;
        }
        self.left -= cost;
        self.facts += 1;
        let name = format!("F{}", self.facts);
        lines.push_str(&format!("{name} {}\n", shown.text));
        let ground = Ground {
            text: shown.text,
            at,
            excerpt: None,
        };
        self.grounds.add(name, ground);
    }

    /// An excerpt, if it fits and its lines are not shown already.
    async fn source(
        &mut self,
        number: usize,
        found: &Found,
        (start, lines): (u32, &[String]),
        generation: &Generation,
        ports: AskPorts<'_>,
    ) -> Result<()> {
        let lines = lines.get(..lines.len().min(LONGEST_EXCERPT)).unwrap_or_default();
        let count = u32::try_from(lines.len()).unwrap_or(u32::MAX);
        let place = Citation {
            path: found.hit.path.clone(),
            start,
            end: start.saturating_add(count).saturating_sub(1),
        };
        let shown = scan(&lines.join("\n"));
        let cost = forecast::tokens(&shown.text) + u64::from(count) * 2 + 30;
        let Some(at) = self.open(number, found, &place, generation, ports).await? else {
            return Ok(());
        };
        let known = self.excerpts.entry(at.path.clone()).or_default();
        let overlaps = known.iter().any(|it| it.start <= at.end && at.start <= it.end);
        if cost > self.left || overlaps || count == 0 {
            return Ok(());
        }
        known.push(at.lines());
        self.left -= cost;
        let name = format!("E{}", self.excerpts.values().map(Vec::len).sum::<usize>());
        let numbered: Vec<String> = (1..)
            .zip(shown.text.lines())
            .map(|(line, text): (u32, _)| format!("{line}| {text}"))
            .collect();
        let head = format!(
            "{name} lines of `{}` in {}\n",
            found.hit.path, found.hit.repository
        );
        self.text.push_str(&head);
        self.text.push_str(&fence("source", &numbered.join("\n")));
        let ground = Ground {
            text: shown.text,
            at: vec![at],
            excerpt: Some(shown.withheld),
        };
        self.grounds.add(name, ground);
        Ok(())
    }

    /// The place with its repository's number, its file opened; none where the file is gone or one too many.
    async fn open(
        &mut self,
        number: usize,
        found: &Found,
        place: &Citation,
        generation: &Generation,
        ports: AskPorts<'_>,
    ) -> Result<Option<Citation>> {
        let Some(path) = numbered(number, &place.path).filter(|path| !addresses_a_model(path.as_str()))
        else {
            return Ok(None);
        };
        if !self.evidence.texts.contains_key(&path) {
            if self.evidence.texts.len() >= MOST_FILES {
                return Ok(None);
            }
            let shard = passages::shard_of(&found.hit.repository, generation, &place.path, ports).await?;
            let Some(text) = shard.and_then(|shard| LinedText::new(shard, &place.path)) else {
                return Ok(None);
            };
            self.evidence.texts.insert(path.clone(), text);
        }
        let pages = (found.hit.page.clone(), found.hit.section.clone());
        self.pages.entry(path.clone()).or_insert(pages);
        Ok(Some(Citation {
            path,
            start: place.start,
            end: place.end,
        }))
    }
}
