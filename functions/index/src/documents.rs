//! What can be found: chunks of source, definitions, and sections of pages.

use std::collections::BTreeSet;

use deepwiki_domain::{
    RepositoryId, StageError,
    facts::{Definition, FileFacts, Lines, ShardFacts, SymbolKind},
    graph::{Graph, Ranks},
    manifest::{Manifest, Role, Shard},
    memo,
    page::Page,
    plan::Plan,
    search::Document,
};
use deepwiki_ports::{ArtefactStore, Result, codec};

/// One document a section that cites something; the first citation is where it leads.
pub(crate) fn of_pages(pages: &[Page]) -> Vec<Document> {
    let sections = pages
        .iter()
        .flat_map(|page| page.sections.iter().map(move |section| (page, section)));
    sections
        .filter_map(|(page, section)| {
            let at = section.citations().next()?;
            Some(Document {
                path: at.path.clone(),
                start: at.start,
                end: at.end,
                symbol: None,
                kind: None,
                language: None,
                role: Role::Doc,
                page: Some(page.slug.clone()),
                locale: Some(page.locale),
                text: format!("{}\n{}", page.title, section.plain_text()),
                rank: 0.5,
            })
        })
        .collect()
}

/// One document a chunk of every file that is worth finding.
pub(crate) async fn of_sources(
    repository: &RepositoryId,
    manifest: &Manifest,
    plan: &Plan,
    store: &dyn ArtefactStore,
    documents: &mut Vec<Document>,
) -> Result<()> {
    let graph: Graph = codec::get_packed(store, repository, &plan.graph).await?;
    let ranks: Ranks = codec::get_packed(store, repository, &plan.ranks).await?;
    let weights = Weights::new(&graph, &ranks);
    for reference in &manifest.shards {
        let missing =
            || StageError::transient("a part of the repository has not been read yet: build it again");
        let key = store
            .recall(repository, &memo::chunk(&reference.key))
            .await?
            .ok_or_else(missing)?;
        let shard: Shard = codec::get_packed(store, repository, &reference.key).await?;
        let facts: ShardFacts = codec::get_packed(store, repository, &key).await?;
        for (file, facts) in shard.files.iter().zip(&facts.files) {
            of_file(&file.text, facts, plan, &weights, documents);
        }
    }
    Ok(())
}

fn of_file(text: &str, facts: &FileFacts, plan: &Plan, weights: &Weights<'_>, documents: &mut Vec<Document>) {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let document = |lines: Lines, at: Option<u32>, text: String| {
        let definition = at.and_then(|at| facts.definitions.get(at as usize));
        Document {
            path: facts.path.clone(),
            start: lines.start,
            end: lines.end,
            symbol: definition.map(|definition| qualified(facts, definition)),
            kind: definition.map(|definition| definition.kind),
            language: facts.language,
            role: facts.role,
            page: plan.home(facts.path.as_str()).cloned(),
            locale: None,
            text,
            rank: weights.of(facts, at),
        }
    };
    let mut found = BTreeSet::new();
    for chunk in &facts.chunks {
        let start = usize::try_from(chunk.lines.start)
            .unwrap_or(usize::MAX)
            .saturating_sub(1);
        let end = usize::try_from(chunk.lines.end).unwrap_or(usize::MAX);
        let Some(body) = lines.get(start..end) else {
            continue;
        };
        let whole = chunk.definition.filter(|at| is_whole(facts, *at, chunk.lines));
        found.extend(whole);
        let mut piece = document(chunk.lines, chunk.definition, body.concat());
        // A piece of a definition bears its name but is not what a search for the name wants.
        piece.kind = piece.kind.filter(|_| whole.is_some());
        documents.push(piece);
    }
    // Small definitions share a chunk; each is found by its own name and documentation all the same.
    for (at, definition) in (0u32..).zip(&facts.definitions) {
        if !found.contains(&at) && is_findable(definition) {
            let doc = definition
                .doc
                .as_ref()
                .map(|doc| doc.text.as_str())
                .unwrap_or_default();
            documents.push(document(
                definition.lines,
                Some(at),
                format!("{}\n{doc}", definition.signature),
            ));
        }
    }
}

/// Whether these lines hold all of a definition.
fn is_whole(facts: &FileFacts, definition: u32, lines: Lines) -> bool {
    facts
        .definitions
        .get(definition as usize)
        .is_some_and(|definition| lines.contains(definition.lines))
}

/// Whether somebody may look for a definition by its name.
fn is_findable(definition: &Definition) -> bool {
    !matches!(
        definition.kind,
        SymbolKind::Field
            | SymbolKind::Variant
            | SymbolKind::Section
            | SymbolKind::Entry
            | SymbolKind::Implementation
    )
}

/// The definition's name with those of the definitions around it: `net.Parser.parse`.
fn qualified(facts: &FileFacts, definition: &Definition) -> String {
    let mut parts = vec![definition.name.as_str()];
    let mut at = definition;
    while let Some(container) = at.container.and_then(|at| facts.definitions.get(at as usize)) {
        let name = match container.kind {
            SymbolKind::Implementation => container.owner.as_deref().unwrap_or_default(),
            _ => container.name.as_str(),
        };
        if !name.is_empty() {
            parts.push(name);
        }
        at = container;
    }
    if parts.len() == 1
        && let Some(owner) = definition.owner.as_deref()
    {
        parts.push(owner);
    }
    parts.reverse();
    parts.join(".")
}

/// Ranks on a scale from 0 to 1, where the most used definition has 1.
struct Weights<'a> {
    graph: &'a Graph,
    ranks: &'a Ranks,
    most: f64,
}

impl<'a> Weights<'a> {
    fn new(graph: &'a Graph, ranks: &'a Ranks) -> Self {
        let most = ranks.symbols.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        Self { graph, ranks, most }
    }

    fn of(&self, facts: &FileFacts, definition: Option<u32>) -> f32 {
        let file = self.graph.file_id(facts.path.as_str());
        let symbol = file.and_then(|file| self.graph.symbol_id(file, definition?));
        // Ranks fall off steeply; the square root keeps those in the middle apart.
        symbol.map_or(0.0, |symbol| {
            (self.ranks.symbol(symbol) / self.most).sqrt() as f32
        })
    }
}
