//! [`Embedder`] on Amazon Bedrock: Titan Text Embeddings V2, one call a text.

use std::sync::Arc;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_bedrockruntime::{
    Client, error::ProvideErrorMetadata, operation::invoke_model::InvokeModelError, primitives::Blob,
};
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use deepwiki_domain::{StageError, circuit::CircuitRules};
use deepwiki_ports::{CircuitBreaker, Embedder, Purpose, Result, circuit::Guarded, clock::SystemClock};
use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};

use crate::{Config, DynamoCircuits, config::TitanSettings, error::stage_error};

/// The most that the model takes of a text, in characters and in tokens.
const MOST_CHARACTERS: usize = 50_000;
const MOST_TOKENS: usize = 8_192;

/// How many texts are under way at once.
const AT_ONCE: usize = 8;

/// How often a text that the model finds too long all the same is halved.
const MOST_HALVINGS: u32 = 3;

/// Vectors from Bedrock.
#[derive(Debug, Clone)]
pub struct TitanEmbedder {
    client: Client,
    settings: TitanSettings,
    name: String,
}

/// The embedder that the deployment chose, left alone while Bedrock fails.
pub fn embedder(sdk: &SdkConfig, config: &Config) -> Option<Arc<dyn Embedder>> {
    let settings = config.embedder.clone()?;
    let breaker = CircuitBreaker::new(
        Arc::new(DynamoCircuits::new(sdk, &config.ledger_table)),
        Arc::new(SystemClock),
        format!("bedrock {}", settings.model),
        CircuitRules::default(),
    );
    Some(Arc::new(Guarded::new(TitanEmbedder::new(sdk, settings), breaker)))
}

/// What the model is asked. The field names are the model's.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    input_text: &'a str,
    dimensions: usize,
    normalize: bool,
    embedding_types: [&'static str; 1],
}

/// What of its answer is read.
#[derive(Deserialize)]
struct Response {
    #[serde(default)]
    embedding: Vec<f32>,
}

impl TitanEmbedder {
    /// The model that these settings name.
    pub fn new(sdk: &SdkConfig, settings: TitanSettings) -> Self {
        Self {
            client: Client::new(sdk),
            name: format!("{}@{}", settings.model, settings.dimensions),
            settings,
        }
    }

    async fn vector_of(&self, text: &str) -> Result<Vec<f32>> {
        let mut text = text.get(..end_of_input(text)).unwrap_or_default();
        if text.trim().is_empty() {
            return Err(StageError::invalid("an empty text has no vector"));
        }
        for _ in 0..MOST_HALVINGS {
            match self.invoke(text).await? {
                Answer::Vector(vector) => return self.checked(vector),
                Answer::TooLong => {
                    text = text
                        .get(..text.floor_char_boundary(text.len() / 2))
                        .unwrap_or_default();
                }
            }
        }
        Err(StageError::permanent(
            "a text is too long for the embedding model",
        ))
    }

    async fn invoke(&self, text: &str) -> Result<Answer> {
        let request = Request {
            input_text: text,
            dimensions: self.settings.dimensions,
            normalize: true,
            embedding_types: ["float"],
        };
        let body = serde_json::to_vec(&request)
            .map_err(|error| StageError::permanent("a text could not be sent").with_detail(error))?;
        let call = self
            .client
            .invoke_model()
            .model_id(&self.settings.model)
            .content_type("application/json")
            .accept("application/json")
            .body(Blob::new(body));
        let answer = match call.send().await {
            Ok(answer) => answer,
            Err(error) if is_too_long(&error) => return Ok(Answer::TooLong),
            Err(error) => return Err(stage_error("embedding a text", &error)),
        };
        let response: Response = serde_json::from_slice(answer.body.as_ref()).map_err(|error| {
            StageError::transient("the embedding model gave an answer that cannot be read, try again")
                .with_detail(error)
        })?;
        Ok(Answer::Vector(response.embedding))
    }

    /// The vector at length 1.
    fn checked(&self, mut vector: Vec<f32>) -> Result<Vec<f32>> {
        let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
        if !(length.is_finite() && length > 0.0) {
            return Err(StageError::transient("the embedding model gave an empty vector"));
        }
        if vector.len() != self.settings.dimensions {
            return Err(StageError::permanent(format!(
                "the embedding model gave {} numbers where {} were asked for",
                vector.len(),
                self.settings.dimensions
            )));
        }
        vector.iter_mut().for_each(|value| *value /= length);
        Ok(vector)
    }
}

enum Answer {
    Vector(Vec<f32>),
    TooLong,
}

/// Whether the model counts more tokens than it takes.
fn is_too_long(error: &SdkError<InvokeModelError, HttpResponse>) -> bool {
    let Some(error) = error.as_service_error() else {
        return false;
    };
    let message = error.message().unwrap_or_default().to_ascii_lowercase();
    error.is_validation_exception() && message.contains("too many input tokens")
}

/// Where a text is cut: in bytes, at most what the model takes by a count of tokens that errs upwards. Real text has
/// about one token in four letters, and one in a Japanese character.
fn end_of_input(text: &str) -> usize {
    let mut halves = 0;
    for (count, (at, c)) in text.char_indices().enumerate() {
        halves += match c {
            'a'..='z' | 'A'..='Z' | ' ' => 1,
            _ if c.is_ascii() => 2,
            _ => 4,
        };
        if count >= MOST_CHARACTERS || halves > 2 * MOST_TOKENS {
            return at;
        }
    }
    text.len()
}

#[async_trait]
impl Embedder for TitanEmbedder {
    fn model(&self) -> &str {
        &self.name
    }

    /// The model reads questions and passages alike.
    async fn embed(&self, texts: &[String], _purpose: Purpose) -> Result<Vec<Vec<f32>>> {
        let calls: Vec<_> = texts.iter().map(|text| self.vector_of(text)).collect();
        stream::iter(calls).buffered(AT_ONCE).try_collect().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_what_the_model_takes() {
        for short in ["", "fn main() {}", &"日本語".repeat(1000)] {
            assert_eq!(end_of_input(short), short.len());
        }
        assert_eq!(end_of_input(&"a".repeat(60_000)), 2 * MOST_TOKENS);
        assert_eq!(end_of_input(&"{".repeat(60_000)), MOST_TOKENS);
        let japanese = "語".repeat(60_000);
        let end = end_of_input(&japanese);
        assert!(japanese.is_char_boundary(end) && end == 3 * MOST_TOKENS / 2);
    }
}
