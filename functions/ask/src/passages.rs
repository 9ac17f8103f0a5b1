//! The text of what was found: the sentences of a page's section with their citations, or the lines of a file.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use deepwiki_domain::{
    ArtefactKey, Locale, RepoPath, RepositoryId, Slug,
    answer::CodeForm,
    facts::Lines,
    gate,
    manifest::{Manifest, Shard},
    page::{Block, Citation, Page, Section, Statement},
    repository::{Generation, Repository},
    search::{
        Hit,
        highlight::{Highlight, Highlighter},
    },
};
use deepwiki_ports::{Result, codec};
use futures::{StreamExt, TryStreamExt, stream};

use crate::AskPorts;

/// How many hits are read at the same time.
const AT_ONCE: usize = 4;

/// How many lines of a hit are looked at; an extract shows fewer.
const MOST_LINES: usize = 120;

/// How far above a definition its comment may begin.
const MOST_COMMENT_LINES: usize = 24;

/// How many lines or sentences of a hit are shown.
const MOST_HIGHLIGHTS: usize = 3;

/// How many decoded artefacts are kept between questions. A shard has about a megabyte.
const KEPT: usize = 64;

/// A hit with its text.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) hit: Hit,
    /// The page and its section, or the definition.
    pub(crate) title: String,
    pub(crate) text: Text,
}

/// The text of a hit.
#[derive(Debug, Clone)]
pub(crate) enum Text {
    /// Sentences, each with the lines that it rests on.
    Prose(Vec<(String, Vec<Citation>)>),
    /// Lines from `start` on.
    Source {
        form: CodeForm,
        start: u32,
        lines: Vec<String>,
    },
}

/// Decoded artefacts that were read last.
#[derive(Default)]
pub struct Sources {
    manifests: Recent<Manifest>,
    shards: Recent<Shard>,
    pages: Recent<Page>,
}

struct Recent<T>(Mutex<VecDeque<(ArtefactKey, Arc<T>)>>);

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Recent<T> {
    async fn get(&self, key: &ArtefactKey, read: impl Future<Output = Result<T>>) -> Result<Arc<T>> {
        if let Some(kept) = self.kept(key) {
            return Ok(kept);
        }
        let value = Arc::new(read.await?);
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        recent.push_front((key.clone(), Arc::clone(&value)));
        recent.truncate(KEPT);
        Ok(value)
    }

    fn kept(&self, key: &ArtefactKey) -> Option<Arc<T>> {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = recent.iter().position(|(kept, _)| kept == key)?;
        let found = recent.remove(at)?;
        let value = Arc::clone(&found.1);
        recent.push_front(found);
        Some(value)
    }
}

/// Reads the hits, in their order. One whose text is gone (its wiki was replaced meanwhile) is left out.
pub(crate) async fn read(
    hits: &[Hit],
    repositories: &[Repository],
    locale: Locale,
    ports: AskPorts<'_>,
) -> Result<Vec<Found>> {
    let reads: Vec<_> = hits
        .iter()
        .map(|hit| read_one(hit, repositories, locale, ports))
        .collect();
    let all: Vec<Option<Found>> = stream::iter(reads).buffered(AT_ONCE).try_collect().await?;
    Ok(all.into_iter().flatten().collect())
}

/// The lines and sentences of each hit that have words of the query, at most so many. A hit whose text cannot be read
/// has none.
pub async fn highlights(
    query: &str,
    hits: &[Hit],
    repositories: &[Repository],
    ports: AskPorts<'_>,
) -> Vec<Vec<Highlight>> {
    let reads: Vec<_> = hits
        .iter()
        .map(|hit| read_one(hit, repositories, Locale::En, ports))
        .collect();
    let found: Vec<Result<Option<Found>>> = stream::iter(reads).buffered(AT_ONCE).collect().await;
    let mut highlighter = Highlighter::new(query);
    let mut of = |found: Result<Option<Found>>| match found.ok().flatten().map(|found| found.text) {
        Some(Text::Prose(sentences)) => {
            let sentences = sentences.iter().map(|(text, _)| (None, text.as_str()));
            highlighter.best(sentences, MOST_HIGHLIGHTS)
        }
        Some(Text::Source { start, lines, .. }) => {
            let lines = lines.iter().map(String::as_str);
            highlighter.best((start..).map(Some).zip(lines), MOST_HIGHLIGHTS)
        }
        None => Vec::new(),
    };
    found.into_iter().map(&mut of).collect()
}

/// A hit with its text; none where its wiki was replaced meanwhile.
async fn read_one(
    hit: &Hit,
    repositories: &[Repository],
    locale: Locale,
    ports: AskPorts<'_>,
) -> Result<Option<Found>> {
    let published = repositories
        .iter()
        .find(|it| it.id == hit.repository)
        .and_then(|it| it.published.as_ref())
        .filter(|generation| generation.commit == hit.commit);
    match published {
        Some(generation) => found(hit, generation, locale, ports).await,
        None => Ok(None),
    }
}

async fn found(
    hit: &Hit,
    generation: &Generation,
    locale: Locale,
    ports: AskPorts<'_>,
) -> Result<Option<Found>> {
    match (&hit.page, &hit.section) {
        (Some(page), Some(section)) => {
            let locale = hit.locale.unwrap_or(locale);
            let page = read_page(hit, generation, page, locale, ports).await?;
            Ok(page.and_then(|page| {
                let section = page.sections.iter().find(|it| it.anchor == *section)?;
                Some(Found {
                    hit: hit.clone(),
                    title: title(&page, section),
                    text: Text::Prose(sentences(section)),
                })
            }))
        }
        _ => source(hit, generation, ports).await,
    }
}

async fn read_page(
    hit: &Hit,
    generation: &Generation,
    slug: &Slug,
    locale: Locale,
    ports: AskPorts<'_>,
) -> Result<Option<Arc<Page>>> {
    let entries = ports
        .pages
        .list(&hit.repository, &generation.build, locale)
        .await?;
    let Some(entry) = entries.into_iter().find(|entry| entry.slug == *slug) else {
        return Ok(None);
    };
    let read = codec::get_json(ports.artefacts, &hit.repository, &entry.page);
    Ok(Some(ports.sources.pages.get(&entry.page, read).await?))
}

fn title(page: &Page, section: &Section) -> String {
    let heading = gate::plain(&section.heading);
    if heading.is_empty() || heading == page.title {
        page.title.clone()
    } else {
        format!("{} › {heading}", page.title)
    }
}

/// The sentences of a section that rest on something.
fn sentences(section: &Section) -> Vec<(String, Vec<Citation>)> {
    let of_statement = |statement: &Statement| (gate::plain(&statement.text), statement.citations.clone());
    let mut all: Vec<(String, Vec<Citation>)> = Vec::new();
    for block in &section.blocks {
        match block {
            Block::Paragraph(statements) => all.extend(statements.iter().map(of_statement)),
            Block::List { items, .. } => all.extend(items.iter().flatten().map(of_statement)),
            Block::Quote(statement) => all.push(of_statement(statement)),
            Block::Table { rows, .. } => all.extend(rows.iter().map(|row| {
                let cells = row.cells.iter().map(|cell| gate::plain(cell));
                let cells: Vec<String> = cells.filter(|cell| !cell.is_empty()).collect();
                (cells.join(" — "), row.citations.clone())
            })),
            Block::Code { .. } | Block::Diagram(_) | Block::Links(_) => {}
        }
    }
    all.retain(|(text, citations)| !text.trim().is_empty() && !citations.is_empty());
    all
}

/// The lines of a hit, with the comment above it.
async fn source(hit: &Hit, generation: &Generation, ports: AskPorts<'_>) -> Result<Option<Found>> {
    let Some(shard) = shard_of(&hit.repository, generation, &hit.path, ports).await? else {
        return Ok(None);
    };
    let Some(file) = shard.files.iter().find(|file| file.path == hit.path) else {
        return Ok(None);
    };
    let all: Vec<&str> = file.text.lines().collect();
    let lines = Lines {
        start: hit.start,
        end: hit.end,
    };
    let start = comment_start(&all, lines.start);
    let end = (lines.end as usize).min(start + MOST_LINES).min(all.len());
    let lines: Vec<String> = all
        .get(start..end)
        .unwrap_or_default()
        .iter()
        .map(|line| (*line).to_owned())
        .collect();
    Ok((!lines.is_empty()).then(|| Found {
        hit: hit.clone(),
        title: hit.symbol.clone().unwrap_or_else(|| hit.path.to_string()),
        text: Text::Source {
            form: CodeForm {
                language: file.language,
            },
            start: start as u32 + 1,
            lines,
        },
    }))
}

/// The files of a generation.
pub(crate) async fn manifest(
    repository: &RepositoryId,
    generation: &Generation,
    ports: AskPorts<'_>,
) -> Result<Arc<Manifest>> {
    let read = codec::get_json(ports.artefacts, repository, &generation.manifest);
    ports.sources.manifests.get(&generation.manifest, read).await
}

/// The shard that holds a file, where the generation has it.
pub(crate) async fn shard_of(
    repository: &RepositoryId,
    generation: &Generation,
    path: &RepoPath,
    ports: AskPorts<'_>,
) -> Result<Option<Arc<Shard>>> {
    let manifest = manifest(repository, generation, ports).await?;
    let shard = manifest
        .file(path.as_str())
        .and_then(|file| manifest.shards.get(file.shard as usize));
    let Some(shard) = shard else {
        return Ok(None);
    };
    let read = codec::get_packed(ports.artefacts, repository, &shard.key);
    Ok(Some(ports.sources.shards.get(&shard.key, read).await?))
}

/// The index of the first line of the comment that stands directly above this line, or of the line itself.
fn comment_start(lines: &[&str], first: u32) -> usize {
    let first = (first as usize).saturating_sub(1).min(lines.len());
    let is_comment = |line: &&&str| {
        let line = line.trim_start();
        let is_directive = line.starts_with("#[") || line.starts_with("#!") || line.starts_with("#include");
        !is_directive
            && ["//", "/*", "*", "#", "--", ";;"]
                .iter()
                .any(|mark| line.starts_with(mark))
    };
    let above = lines.get(..first).unwrap_or_default().iter().rev();
    first - above.take(MOST_COMMENT_LINES).take_while(is_comment).count()
}
