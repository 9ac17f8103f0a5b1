//! The embed stage: chunks of a shard, or sections of a page, become vectors. Kept by content and model, so that
//! nothing is embedded twice.

use deepwiki_domain::{
    ArtefactKey, RepositoryId, StageError,
    facts::{FileFacts, ShardFacts},
    job::BuildMode,
    manifest::Shard,
    memo,
    message::{EmbedInput, EmbedOutput},
    page::Page,
};
use deepwiki_ports::{ArtefactStore, Embedder, Purpose, Result, codec};
use serde::{Deserialize, Serialize};

/// How many texts go to the embedder at once.
const BATCH: usize = 32;

/// The longest text that is embedded, in bytes: every model used takes at least this.
const LONGEST_TEXT: usize = 20_000;

/// What the stage needs of the outside.
#[derive(Clone, Copy)]
pub struct EmbedPorts<'a> {
    /// Chunks and pages in, vectors out.
    pub artefacts: &'a dyn ArtefactStore,
    /// The model; none where search is lexical only.
    pub embedder: Option<&'a dyn Embedder>,
    /// The writer whose pages are embedded, as [`memo::page`] knows it.
    pub writer: &'a str,
}

/// The vectors of a part, in the order of its texts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Vectors {
    /// The model that made them.
    pub model: String,
    /// One a text.
    pub vectors: Vec<Vec<f32>>,
}

/// Embeds a part. Without an embedder there is nothing to do and the answer is zero vectors.
pub async fn embed_part(
    repository: &RepositoryId,
    mode: BuildMode,
    input: &EmbedInput,
    ports: EmbedPorts<'_>,
) -> Result<EmbedOutput> {
    let Some(embedder) = ports.embedder else {
        return Ok(EmbedOutput { vectors: 0 });
    };
    let store = ports.artefacts;
    let part = part_key(store, repository, input, ports.writer).await?;
    let memo = memo::vectors(&part, embedder.model());
    if mode == BuildMode::Incremental
        && let Some(key) = store.recall(repository, &memo).await?
    {
        let kept: Vectors = codec::get_packed(store, repository, &key).await?;
        return Ok(EmbedOutput {
            vectors: count(&kept),
        });
    }
    let texts = match input {
        EmbedInput::Shard { shard } => shard_texts(store, repository, shard, &part).await?,
        EmbedInput::Page { .. } => page_texts(&codec::get_json(store, repository, &part).await?),
    };
    let vectors = Vectors {
        model: embedder.model().to_owned(),
        vectors: embed_all(embedder, &texts).await?,
    };
    let key = codec::put_packed(store, repository, &vectors).await?;
    store.remember(repository, &memo, &key).await?;
    Ok(EmbedOutput {
        vectors: count(&vectors),
    })
}

fn count(vectors: &Vectors) -> u32 {
    u32::try_from(vectors.vectors.len()).unwrap_or(u32::MAX)
}

/// The facts of the shard, or the page.
async fn part_key(
    store: &dyn ArtefactStore,
    repository: &RepositoryId,
    input: &EmbedInput,
    writer: &str,
) -> Result<ArtefactKey> {
    let memo = match input {
        EmbedInput::Shard { shard } => memo::chunk(shard),
        EmbedInput::Page { brief, locale } => memo::page(brief, *locale, writer),
    };
    let missing =
        || StageError::transient("the part to embed has not been made yet: build the repository again");
    store.recall(repository, &memo).await?.ok_or_else(missing)
}

async fn embed_all(embedder: &dyn Embedder, texts: &[String]) -> Result<Vec<Vec<f32>>> {
    let mut vectors = Vec::with_capacity(texts.len());
    for batch in texts.chunks(BATCH) {
        let made = embedder.embed(batch, Purpose::Passage).await?;
        let sound = made.len() == batch.len() && made.iter().all(|v| v.iter().any(|x| *x != 0.0));
        if !sound {
            return Err(StageError::transient("the embedding model gave an empty vector"));
        }
        vectors.extend(made);
    }
    Ok(vectors)
}

async fn shard_texts(
    store: &dyn ArtefactStore,
    repository: &RepositoryId,
    shard: &ArtefactKey,
    facts: &ArtefactKey,
) -> Result<Vec<String>> {
    let shard: Shard = codec::get_packed(store, repository, shard).await?;
    let facts: ShardFacts = codec::get_packed(store, repository, facts).await?;
    let files = shard.files.iter().zip(&facts.files);
    Ok(files
        .flat_map(|(file, facts)| chunk_texts(&file.text, facts))
        .collect())
}

/// A file's chunks, each with its path and definition before it.
fn chunk_texts(text: &str, facts: &FileFacts) -> Vec<String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let of = |chunk: &deepwiki_domain::facts::Chunk| {
        let start = usize::try_from(chunk.lines.start).ok()?.checked_sub(1)?;
        let body = lines.get(start..usize::try_from(chunk.lines.end).ok()?)?.concat();
        let definition = chunk.definition.and_then(|at| facts.definitions.get(at as usize));
        let name = definition.map_or("", |definition| definition.name.as_str());
        Some(cut(format!("{} {name}\n{body}", facts.path)))
    };
    facts.chunks.iter().filter_map(of).collect()
}

/// A page's sections, each with the page's title before it.
fn page_texts(page: &Page) -> Vec<String> {
    page.sections
        .iter()
        .map(|section| cut(format!("{}\n{}", page.title, section.plain_text())))
        .collect()
}

fn cut(mut text: String) -> String {
    let mut end = text.len().min(LONGEST_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}
