//! [`TaskTokens`] on Step Functions.

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_sfn::{
    Client,
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};
use deepwiki_domain::StageError;
use deepwiki_ports::{Result, TaskTokens, builds::Waiting};

use crate::error::stage_error;

/// What Step Functions takes as the cause of a failure, in characters.
const LONGEST_CAUSE: usize = 30_000;

/// The tokens of any state machine that the function's role may answer to.
#[derive(Debug, Clone)]
pub struct SfnTaskTokens {
    client: Client,
}

impl SfnTaskTokens {
    /// Answers by this configuration.
    pub fn new(sdk: &SdkConfig) -> Self {
        Self {
            client: Client::new(sdk),
        }
    }
}

#[async_trait]
impl TaskTokens for SfnTaskTokens {
    async fn heartbeat(&self, token: &str) -> Result<Waiting> {
        let sent = self.client.send_task_heartbeat().task_token(token).send().await;
        waiting("sending a heartbeat", sent)
    }

    async fn succeed(&self, token: &str, output: &str) -> Result<Waiting> {
        let sent = self
            .client
            .send_task_success()
            .task_token(token)
            .output(output)
            .send()
            .await;
        waiting("answering the state machine", sent)
    }

    async fn fail(&self, token: &str, error: &StageError) -> Result<Waiting> {
        let cause: String = error.message.chars().take(LONGEST_CAUSE).collect();
        let sent = self
            .client
            .send_task_failure()
            .task_token(token)
            .error(error.kind.name())
            .cause(cause)
            .send()
            .await;
        waiting("answering the state machine", sent)
    }
}

/// Tells a token that nobody waits for from a call that failed.
fn waiting<T, E: ProvideErrorMetadata>(
    doing: &str,
    sent: std::result::Result<T, SdkError<E, HttpResponse>>,
) -> Result<Waiting> {
    match sent {
        Ok(_) => Ok(Waiting::Yes),
        Err(error) => match error.as_service_error().and_then(|error| error.code()) {
            Some("TaskTimedOut" | "TaskDoesNotExist" | "InvalidToken") => Ok(Waiting::Gone),
            _ => Err(stage_error(doing, &error)),
        },
    }
}
