//! The ingest stage: a repository at a revision becomes a manifest and shards of clean text.
//!
//! The result is a pure function of the commit: the same from a work tree, a bare clone or over https. Memory
//! holds a few shards at a time, whatever the size of the repository.

mod attributes;
mod content;
mod conventions;
mod secrets;
mod shard;
mod survey;
mod text;

use std::sync::Arc;

use deepwiki_domain::{
    BuildId, CommitId, RepositoryId, StageError,
    manifest::{FileEntry, MANIFEST_VERSION, Manifest, ShardRef, SkipReason, Skipped},
    message::{ChunkInput, IngestInput, IngestOutput},
};
use deepwiki_ports::{ArtefactStore, Result, Snapshot, SourceReader, codec, source::TreeEntry};
use rayon::prelude::*;
use tokio::sync::mpsc;

use crate::{
    content::{Candidate, ReadFile},
    shard::{FinishedShard, ShardBuilder},
    survey::Survey,
};

/// What ingest needs of the outside world.
#[derive(Clone, Copy)]
pub struct IngestPorts<'a> {
    /// Where the repository is read.
    pub source: &'a dyn SourceReader,
    /// Where the result goes.
    pub artefacts: &'a dyn ArtefactStore,
    /// How much is read. Part of the result: other limits give another manifest.
    pub limits: IngestLimits,
}

/// How much of a repository is read. What lies beyond is listed as left out, never dropped in silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IngestLimits {
    /// Bytes of one file.
    pub file_bytes: u64,
    /// Number of files that are read.
    pub files: usize,
    /// Bytes of all files together.
    pub total_bytes: u64,
}

impl Default for IngestLimits {
    fn default() -> Self {
        Self {
            file_bytes: 1 << 20,
            files: 200_000,
            total_bytes: 2 << 30,
        }
    }
}

/// Files that are read in parallel at a time: enough for every core, few enough to hold in memory.
const BATCH_FILES: usize = 512;
const BATCH_BYTES: u64 = 8 << 20;

/// How many finished shards may wait to be stored.
const WAITING_SHARDS: usize = 2;

/// Reads the repository and stores its [`Manifest`], its shards, and the list `shards` of one [`ChunkInput`] a
/// shard. Run twice on a commit it writes the same bytes.
pub async fn ingest(
    repository: &RepositoryId,
    build: &BuildId,
    input: &IngestInput,
    ports: &IngestPorts<'_>,
) -> Result<IngestOutput> {
    let snapshot = ports
        .source
        .open(&input.source, input.revision.as_deref())
        .await?;
    let snapshot: Arc<dyn Snapshot> = Arc::from(snapshot);
    let commit = snapshot.commit();
    let commit_time = snapshot.commit_time();
    let limits = ports.limits;
    let (sender, mut finished) = mpsc::channel(WAITING_SHARDS);
    let reading = tokio::task::spawn_blocking(move || read_all(snapshot.as_ref(), &limits, &sender));
    let mut shards = Vec::new();
    while let Some(FinishedShard { shard, bytes }) = finished.recv().await {
        let files = u32::try_from(shard.files.len()).unwrap_or(u32::MAX);
        let key = codec::put_packed(ports.artefacts, repository, &shard).await?;
        shards.push(ShardRef { key, files, bytes });
    }
    let listing = reading.await.map_err(|error| {
        StageError::permanent("reading the repository failed unexpectedly: see the log").with_detail(error)
    })??;
    tracing::info!(
        files = listing.files.len(),
        skipped = listing.skipped.len(),
        shards = shards.len(),
        "ingested"
    );
    let items = work_items(&shards)?;
    let manifest = Manifest {
        schema: MANIFEST_VERSION,
        repository: repository.clone(),
        source: input.source.clone(),
        commit,
        commit_time,
        files: listing.files,
        skipped: listing.skipped,
        shards,
    };
    store(build, ports.artefacts, &manifest, &items).await
}

async fn store(
    build: &BuildId,
    artefacts: &dyn ArtefactStore,
    manifest: &Manifest,
    items: &[String],
) -> Result<IngestOutput> {
    let repository = &manifest.repository;
    let commit: CommitId = manifest.commit.clone();
    let key = codec::put_json(artefacts, repository, manifest).await?;
    let shards = artefacts.put_items(repository, build, "shards", items).await?;
    Ok(IngestOutput {
        commit,
        manifest: key,
        shards,
    })
}

fn work_items(shards: &[ShardRef]) -> Result<Vec<String>> {
    let item = |shard: &ShardRef| {
        let input = ChunkInput {
            shard: shard.key.clone(),
        };
        serde_json::to_string(&input)
            .map_err(|error| StageError::permanent("a work item could not be written").with_detail(error))
    };
    shards.iter().map(item).collect()
}

/// The manifest's lists.
struct Listing {
    files: Vec<FileEntry>,
    skipped: Vec<Skipped>,
}

/// Reads every candidate in the order of the paths, and sends each shard once it is complete.
fn read_all(
    snapshot: &dyn Snapshot,
    limits: &IngestLimits,
    shards: &mpsc::Sender<FinishedShard>,
) -> Result<Listing> {
    let Survey { candidates, skipped } = survey::survey(snapshot, limits)?;
    let mut listing = Listing {
        files: Vec::with_capacity(candidates.len()),
        skipped,
    };
    let mut builder = ShardBuilder::default();
    let mut candidates = candidates.into_iter().peekable();
    while candidates.peek().is_some() {
        let batch = next_batch(&mut candidates);
        let read: Vec<_> = batch
            .into_par_iter()
            .map(|(entry, candidate)| read_one(snapshot, &entry, candidate, limits))
            .collect::<Result<_>>()?;
        for outcome in read {
            match outcome {
                Ok(ReadFile { mut entry, file }) => {
                    let (number, complete) = builder.add(file);
                    entry.shard = number;
                    listing.files.push(entry);
                    for shard in complete {
                        send(shards, shard)?;
                    }
                }
                Err(skipped) => listing.skipped.push(skipped),
            }
        }
    }
    if let Some(last) = builder.finish() {
        send(shards, last)?;
    }
    listing.skipped.sort_unstable();
    Ok(listing)
}

fn next_batch(
    candidates: &mut std::iter::Peekable<impl Iterator<Item = (TreeEntry, Candidate)>>,
) -> Vec<(TreeEntry, Candidate)> {
    let mut batch = Vec::new();
    let mut bytes = 0;
    while batch.len() < BATCH_FILES && bytes < BATCH_BYTES {
        let Some(next) = candidates.next() else { break };
        bytes += next.0.size.unwrap_or_default();
        batch.push(next);
    }
    batch
}

/// Reads a file. What cannot be read for good is listed; what may go better next time fails the stage.
fn read_one(
    snapshot: &dyn Snapshot,
    entry: &TreeEntry,
    candidate: Candidate,
    limits: &IngestLimits,
) -> Result<std::result::Result<ReadFile, Skipped>> {
    let path = candidate.path.clone();
    let leave_out = |reason: SkipReason| Ok(Err(survey::skip(path.as_str(), reason)));
    match snapshot.read(entry, limits.file_bytes) {
        Ok(bytes) => match content::examine(candidate, bytes) {
            Ok(read) => Ok(Ok(read)),
            Err(reason) => leave_out(reason),
        },
        Err(error) if error.kind.is_retryable() => Err(error),
        Err(_) => leave_out(SkipReason::Unreadable),
    }
}

/// Waits while the store is behind. It is gone where storing failed, and that failure is what gets told.
fn send(shards: &mpsc::Sender<FinishedShard>, shard: FinishedShard) -> Result<()> {
    shards
        .blocking_send(shard)
        .map_err(|_| StageError::transient("reading stopped because a shard could not be stored"))
}
