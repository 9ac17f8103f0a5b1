//! [`BuildQueue`] on an SQS FIFO queue: one group a repository, so that the requests of one stay in order and
//! those of others do not wait for them.

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use deepwiki_domain::{StageError, job::BuildRequest};
use deepwiki_ports::{BuildQueue, Result};

use crate::error::stage_error;

/// The queue `builds`.
#[derive(Debug, Clone)]
pub struct FifoQueue {
    client: Client,
    url: String,
}

impl FifoQueue {
    /// The queue at this URL.
    pub fn new(sdk: &SdkConfig, url: impl Into<String>) -> Self {
        Self {
            client: Client::new(sdk),
            url: url.into(),
        }
    }
}

#[async_trait]
impl BuildQueue for FifoQueue {
    async fn send(&self, request: &BuildRequest) -> Result<()> {
        let body = serde_json::to_string(request).map_err(|error| {
            StageError::permanent("a build request could not be written as JSON").with_detail(error)
        })?;
        let send = self
            .client
            .send_message()
            .queue_url(&self.url)
            .message_group_id(request.repository.as_str())
            .message_deduplication_id(request.build.as_str())
            .message_body(body);
        send.send()
            .await
            .map(|_| ())
            .map_err(|error| stage_error("queueing the build", &error))
    }
}
