//! The chunk stage: a shard of source text becomes facts.

use deepwiki_domain::{
    RepositoryId, StageError,
    job::BuildMode,
    manifest::Shard,
    memo,
    message::{ChunkInput, ChunkOutput},
};
use deepwiki_ports::{ArtefactStore, Result, codec};
use tokio::task::spawn_blocking;

/// What the stage needs of the outside.
#[derive(Clone, Copy)]
pub struct ChunkPorts<'a> {
    /// Shards in, facts out.
    pub artefacts: &'a dyn ArtefactStore,
}

/// Reads the facts of a shard, unless an earlier build has read the same shard and the mode lets us use it.
pub async fn chunk_shard(
    repository: &RepositoryId,
    mode: BuildMode,
    input: &ChunkInput,
    ports: ChunkPorts<'_>,
) -> Result<ChunkOutput> {
    let store = ports.artefacts;
    let memo = memo::chunk(&input.shard);
    if mode == BuildMode::Incremental
        && let Some(facts) = store.recall(repository, &memo).await?
    {
        return Ok(ChunkOutput { facts });
    }
    let shard: Shard = codec::get_packed(store, repository, &input.shard).await?;
    let key = input.shard.clone();
    let facts = spawn_blocking(move || deepwiki_code::read_shard(&shard, key))
        .await
        .map_err(|error| StageError::permanent("a shard could not be read").with_detail(error))?;
    let facts = codec::put_packed(store, repository, &facts).await?;
    store.remember(repository, &memo, &facts).await?;
    Ok(ChunkOutput { facts })
}
