//! [`ArtefactStore`] on S3: `{repository}/{first two digits}/{key}.zst`, written once.

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_s3::{Client, error::SdkError, primitives::ByteStream};
use deepwiki_domain::{ArtefactKey, BuildId, RepositoryId, StageError, memo::MemoKey, message::ItemList};
use deepwiki_ports::{ArtefactStore, Result, codec};

use crate::{client, error::stage_error};

/// The largest object that is read, in bytes as stored: what fits into the memory of the largest function
/// beside its decompressed form.
const LARGEST_OBJECT: i64 = 512 << 20;

/// Artefacts in one bucket.
#[derive(Debug, Clone)]
pub struct S3Artefacts {
    client: Client,
    bucket: String,
}

impl S3Artefacts {
    /// The artefacts in this bucket.
    pub fn new(sdk: &SdkConfig, bucket: impl Into<String>) -> Self {
        Self {
            client: client::s3(sdk),
            bucket: bucket.into(),
        }
    }

    /// Writes an object. `once` leaves one that is there as it is. The SDK sends a checksum along, which S3
    /// checks before it keeps anything.
    async fn write(&self, key: String, bytes: Vec<u8>, once: bool) -> Result<()> {
        let put = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .set_if_none_match(once.then(|| "*".to_owned()))
            .body(ByteStream::from(bytes));
        match put.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(error)) if once && error.raw().status().as_u16() == 412 => Ok(()),
            Err(error) => Err(stage_error("writing an artefact", &error)),
        }
    }

    /// An object's bytes; none where there is none.
    async fn read(&self, key: String) -> Result<Option<Vec<u8>>> {
        let response = match self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(key)
            .send()
            .await
        {
            Ok(response) => response,
            Err(SdkError::ServiceError(error)) if error.err().is_no_such_key() => return Ok(None),
            Err(error) => return Err(stage_error("reading an artefact", &error)),
        };
        let size = response.content_length().unwrap_or(LARGEST_OBJECT + 1);
        if size > LARGEST_OBJECT {
            return Err(
                StageError::permanent("an artefact is larger than any that is made")
                    .with_detail(format!("{size} bytes")),
            );
        }
        let body = response.body.collect().await.map_err(|error| {
            StageError::transient("reading an artefact failed: the transfer broke off, try again")
                .with_detail(error)
        })?;
        Ok(Some(body.to_vec()))
    }

    async fn exists(&self, key: String) -> Result<bool> {
        match self
            .client
            .head_object()
            .bucket(&self.bucket)
            .key(key)
            .send()
            .await
        {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(error)) if error.err().is_not_found() => Ok(false),
            Err(error) => Err(stage_error("looking for an artefact", &error)),
        }
    }
}

#[async_trait]
impl ArtefactStore for S3Artefacts {
    async fn put(&self, repository: &RepositoryId, bytes: &[u8]) -> Result<ArtefactKey> {
        let bytes = bytes.to_vec();
        let (key, compressed) = off_thread(move || {
            let key = ArtefactKey::of(&bytes);
            codec::compress(&bytes).map(|compressed| (key, compressed))
        })
        .await?;
        self.write(object_key(repository, &key), compressed, true).await?;
        Ok(key)
    }

    async fn get(&self, repository: &RepositoryId, key: &ArtefactKey) -> Result<Vec<u8>> {
        let compressed = self.read(object_key(repository, key)).await?.ok_or_else(|| {
            StageError::permanent(format!(
                "artefact {key} is gone: build the repository with --full"
            ))
        })?;
        let key = key.clone();
        off_thread(move || codec::decompress(&key, &compressed)).await
    }

    async fn recall(&self, repository: &RepositoryId, memo: &MemoKey) -> Result<Option<ArtefactKey>> {
        let Some(bytes) = self.read(memo_key(repository, memo)).await? else {
            return Ok(None);
        };
        // A memo that cannot be read is as good as none: the step is done again.
        let noted = String::from_utf8(bytes)
            .ok()
            .and_then(|text| ArtefactKey::new(text).ok());
        match noted {
            Some(key) if self.exists(object_key(repository, &key)).await? => Ok(Some(key)),
            _ => Ok(None),
        }
    }

    async fn remember(&self, repository: &RepositoryId, memo: &MemoKey, key: &ArtefactKey) -> Result<()> {
        self.write(memo_key(repository, memo), key.as_str().into(), false)
            .await
    }

    async fn put_items(
        &self,
        repository: &RepositoryId,
        build: &BuildId,
        name: &str,
        items: &[String],
    ) -> Result<ItemList> {
        let key = format!("{repository}/lists/{build}/{name}.jsonl");
        let list = ItemList::new(key.clone(), items).ok_or_else(|| {
            StageError::permanent("a build's parts are no JSON, or more than can be counted")
        })?;
        let lines: String = items.iter().flat_map(|item| [item.as_str(), "\n"]).collect();
        self.write(key, lines.into_bytes(), false).await?;
        Ok(list)
    }
}

fn object_key(repository: &RepositoryId, key: &ArtefactKey) -> String {
    let folder = key.as_str().get(..2).unwrap_or_default();
    format!("{repository}/{folder}/{key}.zst")
}

fn memo_key(repository: &RepositoryId, memo: &MemoKey) -> String {
    format!("{repository}/memo/{}", memo.as_str())
}

/// Runs a computation where it does not hold up heartbeats and other requests.
async fn off_thread<T: Send + 'static>(compute: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(compute)
        .await
        .map_err(|error| StageError::transient("the work was interrupted, try again").with_detail(error))?
}
