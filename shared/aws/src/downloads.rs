//! [`Downloads`] as objects of the temporary bucket, fetched by signed addresses that are good for a while.

use std::time::Duration;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_s3::{Client, presigning::PresigningConfig, primitives::ByteStream};
use deepwiki_domain::{ArtefactKey, StageError};
use deepwiki_ports::{Downloads, Result};

use crate::{client, error::stage_error};

/// How long an address is good.
const GOOD_FOR: Duration = Duration::from_secs(15 * 60);

/// Files in one bucket, whose lifecycle deletes them.
#[derive(Debug, Clone)]
pub struct S3Downloads {
    client: Client,
    bucket: String,
}

impl S3Downloads {
    /// The files in this bucket.
    pub fn new(sdk: &SdkConfig, bucket: impl Into<String>) -> Self {
        Self {
            client: client::s3(sdk),
            bucket: bucket.into(),
        }
    }
}

#[async_trait]
impl Downloads for S3Downloads {
    async fn offer(&self, name: &str, content_type: &str, bytes: Vec<u8>) -> Result<String> {
        // Named by its content: the same export is kept once.
        let key = format!("exports/{}/{name}", ArtefactKey::of(&bytes));
        let put = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(&key)
            .content_type(content_type)
            .content_disposition(format!("attachment; filename=\"{name}\""))
            .body(ByteStream::from(bytes));
        put.send()
            .await
            .map_err(|error| stage_error("keeping the export", &error))?;
        let good_for = PresigningConfig::expires_in(GOOD_FOR).map_err(|error| {
            StageError::permanent("the export could not be signed for").with_detail(error)
        })?;
        let get = self.client.get_object().bucket(&self.bucket).key(&key);
        let signed = get
            .presigned(good_for)
            .await
            .map_err(|error| stage_error("signing for the export", &error))?;
        Ok(signed.uri().to_owned())
    }
}
