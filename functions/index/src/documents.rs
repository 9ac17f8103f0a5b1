//! What can be found: chunks of source, definitions, and sections of pages.

use deepwiki_domain::{
    ArtefactKey, RepositoryId, StageError,
    facts::{FileFacts, ShardFacts},
    graph::{Graph, Ranks},
    manifest::{Manifest, Shard},
    memo,
    plan::Plan,
    search::{Document, documents, vector::PartVectors},
};
use deepwiki_ports::{Result, codec};

use crate::IndexPorts;

/// One document a chunk of every file that is worth finding.
pub(crate) async fn of_sources(
    repository: &RepositoryId,
    manifest: &Manifest,
    plan: &Plan,
    ports: IndexPorts<'_>,
    all: &mut Vec<Document>,
) -> Result<()> {
    let store = ports.artefacts;
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
        let files = shard.files.iter().zip(&facts.files);
        let found = files.flat_map(|(file, facts)| {
            let page = plan.home(facts.path.as_str());
            let found = documents::of_file(&file.text, facts).into_iter();
            let weights = &weights;
            found.map(move |it| Document {
                page: page.cloned(),
                rank: weights.of(facts, it.definition),
                ..it.document
            })
        });
        let mut found: Vec<Document> = found.collect();
        add_vectors(repository, &key, &mut found, ports).await?;
        all.extend(found);
    }
    Ok(())
}

/// Gives the documents of a part (a shard's facts, a page) the vectors that the embed stage made of it. Where it has
/// not come to it, the part is found by its words.
pub(crate) async fn add_vectors(
    repository: &RepositoryId,
    part: &ArtefactKey,
    documents: &mut [Document],
    ports: IndexPorts<'_>,
) -> Result<()> {
    let Some(model) = ports.model else {
        return Ok(());
    };
    let memo = memo::vectors(part, model);
    let Some(key) = ports.artefacts.recall(repository, &memo).await? else {
        return Ok(());
    };
    let vectors: PartVectors = codec::get_packed(ports.artefacts, repository, &key).await?;
    if vectors.len() == documents.len() {
        for (document, vector) in documents.iter_mut().zip(vectors) {
            document.vector = Some(vector);
        }
    }
    Ok(())
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
