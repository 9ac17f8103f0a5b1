//! Models of Amazon Bedrock by its Converse operations, one request for every family; what a family takes stands on
//! its [`ModelCard`]. Replies are plain text: no tools are offered, and whatever else a model sends is left out.

mod error;
mod reply;
mod request;

use std::time::Duration;

use async_trait::async_trait;
use aws_config::{SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_bedrockruntime::{
    Client,
    config::{Builder, StalledStreamProtectionConfig},
};
use deepwiki_domain::{
    StageError,
    model::{ModelCard, Prompt, Reply},
};
use deepwiki_ports::{LanguageModel, Result, language_model::OnText};

use self::{
    error::{call_error, stream_error},
    reply::{Assembly, whole},
    request::Parts,
};

/// How long a model may read before it answers, how long it may pause while it does, and how long a call may take.
const FIRST_WORD: Duration = Duration::from_secs(120);
const SILENCE: Duration = Duration::from_secs(60);
const CALL: Duration = Duration::from_secs(300);

/// A model or an inference profile, by the id on its card.
#[derive(Debug, Clone)]
pub struct BedrockModel {
    client: Client,
    card: ModelCard,
}

impl BedrockModel {
    /// The model of this card. A call is one attempt: who calls decides how often to try again.
    pub fn new(sdk: &SdkConfig, card: ModelCard) -> Self {
        Self::with(Builder::from(sdk), card)
    }

    fn with(config: Builder, card: ModelCard) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(3))
            .read_timeout(CALL)
            .operation_timeout(CALL)
            .build();
        // A model pauses between words for longer than the SDK's own watch over streams lets it.
        let config = config
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts)
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build();
        Self {
            client: Client::from_conf(config),
            card,
        }
    }

    async fn read_stream(&self, prompt: &Prompt, on_text: &mut OnText<'_>) -> Result<Reply> {
        let Parts {
            system,
            messages,
            inference,
        } = Parts::of(&self.card, prompt)?;
        let call = self
            .client
            .converse_stream()
            .model_id(&self.card.id)
            .set_system(Some(system))
            .set_messages(Some(messages))
            .inference_config(inference);
        let opened = tokio::time::timeout(FIRST_WORD, call.send()).await;
        let mut stream = opened
            .map_err(|_| silent())?
            .map_err(|error| call_error(&error))?
            .stream;
        let mut assembly = Assembly::default();
        loop {
            let next = tokio::time::timeout(SILENCE, stream.recv()).await;
            let event = next
                .map_err(|_| silent())?
                .map_err(|error| stream_error(&error))?;
            match event {
                Some(event) => assembly.take(event, on_text)?,
                None => return assembly.finish(prompt),
            }
        }
    }
}

#[async_trait]
impl LanguageModel for BedrockModel {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    async fn converse(&self, prompt: &Prompt) -> Result<Reply> {
        let Parts {
            system,
            messages,
            inference,
        } = Parts::of(&self.card, prompt)?;
        let call = self
            .client
            .converse()
            .model_id(&self.card.id)
            .set_system(Some(system))
            .set_messages(Some(messages))
            .inference_config(inference);
        let answer = tokio::time::timeout(CALL, call.send()).await;
        whole(
            answer
                .map_err(|_| silent())?
                .map_err(|error| call_error(&error))?,
            prompt,
        )
    }

    async fn stream(&self, prompt: &Prompt, on_text: &mut OnText<'_>) -> Result<Reply> {
        let whole = tokio::time::timeout(CALL, self.read_stream(prompt, on_text)).await;
        whole.map_err(|_| silent())?
    }
}

fn silent() -> StageError {
    StageError::transient("the model fell silent in the middle of a call, try again")
}

#[cfg(test)]
mod tests;
