//! Artefacts as typed values: JSON where a person may want to look, postcard where there is much of it.

use deepwiki_domain::{ArtefactKey, RepositoryId, StageError};
use serde::{Serialize, de::DeserializeOwned};

use crate::{ArtefactStore, Result};

/// zstd's fastest ordinary level. Its default (3) makes source text smaller by a twelfth in twice the time.
const COMPRESSION_LEVEL: i32 = 1;

/// The largest artefact that is read back, in bytes after decompression.
const LARGEST_ARTEFACT: usize = 2 << 30;

/// Compresses bytes as every store keeps them.
pub fn compress(bytes: &[u8]) -> Result<Vec<u8>> {
    zstd::bulk::compress(bytes, COMPRESSION_LEVEL)
        .map_err(|error| StageError::permanent("an artefact could not be compressed").with_detail(error))
}

/// Undoes [`compress`] and checks that the result is what the key names.
pub fn decompress(key: &ArtefactKey, compressed: &[u8]) -> Result<Vec<u8>> {
    let damaged = || {
        StageError::permanent(format!(
            "artefact {key} is damaged: build the repository with --full"
        ))
    };
    let size = zstd::bulk::Decompressor::upper_bound(compressed).ok_or_else(damaged)?;
    if size > LARGEST_ARTEFACT {
        return Err(damaged());
    }
    let bytes = zstd::bulk::decompress(compressed, size).map_err(|error| damaged().with_detail(error))?;
    if ArtefactKey::of(&bytes) == *key {
        Ok(bytes)
    } else {
        Err(damaged())
    }
}

/// Keeps a value as JSON.
pub async fn put_json<T: Serialize + Sync>(
    store: &dyn ArtefactStore,
    repository: &RepositoryId,
    value: &T,
) -> Result<ArtefactKey> {
    let bytes = serde_json::to_vec(value)
        .map_err(|error| StageError::permanent("a result could not be written as JSON").with_detail(error))?;
    store.put(repository, &bytes).await
}

/// Reads what [`put_json`] kept.
pub async fn get_json<T: DeserializeOwned>(
    store: &dyn ArtefactStore,
    repository: &RepositoryId,
    key: &ArtefactKey,
) -> Result<T> {
    let bytes = store.get(repository, key).await?;
    serde_json::from_slice(&bytes).map_err(|error| unreadable(key).with_detail(error))
}

/// Keeps a value in postcard's compact form.
pub async fn put_packed<T: Serialize + Sync>(
    store: &dyn ArtefactStore,
    repository: &RepositoryId,
    value: &T,
) -> Result<ArtefactKey> {
    let bytes = postcard::to_stdvec(value)
        .map_err(|error| StageError::permanent("a result could not be packed").with_detail(error))?;
    store.put(repository, &bytes).await
}

/// Reads what [`put_packed`] kept.
pub async fn get_packed<T: DeserializeOwned>(
    store: &dyn ArtefactStore,
    repository: &RepositoryId,
    key: &ArtefactKey,
) -> Result<T> {
    let bytes = store.get(repository, key).await?;
    postcard::from_bytes(&bytes).map_err(|error| unreadable(key).with_detail(error))
}

fn unreadable(key: &ArtefactKey) -> StageError {
    StageError::permanent(format!(
        "artefact {key} is of another version: build the repository with --full"
    ))
}
