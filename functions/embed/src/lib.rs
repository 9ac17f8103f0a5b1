//! The embed stage: chunks of a shard, or sections of a page, become vectors. Kept by content and model, so that a
//! change embeds what changed and no more.

use deepwiki_domain::{
    ArtefactKey, Locale, RepositoryId, StageError,
    facts::ShardFacts,
    job::BuildMode,
    manifest::{Manifest, Shard},
    memo,
    message::{EmbedInput, EmbedOutput},
    page::Page,
    plan::Plan,
    search::{
        Document, documents,
        vector::{self, PartVectors},
    },
};
use deepwiki_ports::{ArtefactStore, Embedder, Purpose, Result, codec};

/// How many texts go to the embedder at once and are kept together: few enough that a change to one costs little.
const GROUP: usize = 32;

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

/// Embeds a part. Without an embedder there is nothing to do and the answer is zero vectors. Where it stops half-way,
/// the next attempt goes on from there.
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
    let documents = match input {
        EmbedInput::Shard { shard } => of_shard(store, repository, shard, &part).await?,
        EmbedInput::Page { .. } => {
            let page: Page = codec::get_json(store, repository, &part).await?;
            documents::of_page(&page).collect()
        }
    };
    let mut vectors = PartVectors::new();
    for group in documents.chunks(GROUP) {
        let texts: Vec<String> = group.iter().map(vector::text_of).collect();
        vectors.extend(group_vectors(store, repository, mode, embedder, &texts).await?);
    }
    let key = codec::put_packed(store, repository, &vectors).await?;
    store.remember(repository, &memo, &key).await?;
    Ok(EmbedOutput {
        vectors: u32::try_from(vectors.len()).unwrap_or(u32::MAX),
    })
}

/// All parts of a build: pages first, since they are short and rank high.
pub fn parts(manifest: &Manifest, plan: &Plan, locales: &[Locale]) -> Vec<EmbedInput> {
    let of_pages = locales.iter().flat_map(|locale| {
        plan.pages.iter().map(|page| EmbedInput::Page {
            brief: page.brief.clone(),
            locale: *locale,
        })
    });
    let of_shards = manifest.shards.iter().map(|shard| EmbedInput::Shard {
        shard: shard.key.clone(),
    });
    of_pages.chain(of_shards).collect()
}

/// Whether the vectors of a part exist, or there is no embedder to make them.
pub async fn is_embedded(
    repository: &RepositoryId,
    input: &EmbedInput,
    ports: EmbedPorts<'_>,
) -> Result<bool> {
    let Some(embedder) = ports.embedder else {
        return Ok(true);
    };
    let part = part_key(ports.artefacts, repository, input, ports.writer).await?;
    let memo = memo::vectors(&part, embedder.model());
    Ok(ports.artefacts.recall(repository, &memo).await?.is_some())
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

async fn of_shard(
    store: &dyn ArtefactStore,
    repository: &RepositoryId,
    shard: &ArtefactKey,
    facts: &ArtefactKey,
) -> Result<Vec<Document>> {
    let shard: Shard = codec::get_packed(store, repository, shard).await?;
    let facts: ShardFacts = codec::get_packed(store, repository, facts).await?;
    let files = shard.files.iter().zip(&facts.files);
    let documents = files.flat_map(|(file, facts)| documents::of_file(&file.text, facts));
    Ok(documents.map(|it| it.document).collect())
}

/// The vectors of some texts: those that were made before, or new ones.
async fn group_vectors(
    store: &dyn ArtefactStore,
    repository: &RepositoryId,
    mode: BuildMode,
    embedder: &dyn Embedder,
    texts: &[String],
) -> Result<PartVectors> {
    let memo = memo::texts(texts, embedder.model());
    if mode == BuildMode::Incremental
        && let Some(key) = store.recall(repository, &memo).await?
    {
        return codec::get_packed(store, repository, &key).await;
    }
    let made = embedder.embed(texts, Purpose::Passage).await?;
    let vectors: Option<PartVectors> = made.iter().map(|values| vector::quantize(values)).collect();
    let vectors = vectors
        .filter(|vectors| vectors.len() == texts.len())
        .ok_or_else(|| StageError::transient("the embedding model gave an empty vector"))?;
    let key = codec::put_packed(store, repository, &vectors).await?;
    store.remember(repository, &memo, &key).await?;
    Ok(vectors)
}
