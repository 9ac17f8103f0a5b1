//! Any endpoint that speaks OpenAI's chat completions: a server of one's own (Ollama, llama.cpp, vLLM) or a provider.
//! Every reply is read as a stream, so that a server that stops in the middle is noticed.

mod events;
mod http;
mod wire;

use std::sync::Arc;

use async_trait::async_trait;
use deepwiki_domain::{
    StageError,
    model::{ModelCard, Prompt, Reply},
};
use deepwiki_ports::{LanguageModel, Result, language_model::OnText};
use tokio::sync::mpsc;
use url::Url;

use crate::{
    http::Client,
    wire::{Assembly, Request},
};

/// Pieces of text on their way from the connection's thread.
const PIECES: usize = 64;

/// A model behind an OpenAI-compatible endpoint.
pub struct OpenAiModel {
    card: ModelCard,
    client: Arc<Client>,
}

impl OpenAiModel {
    /// The model of this card at this base address (`http://localhost:11434/v1`). A key is sent over https or to this
    /// machine only.
    pub fn new(card: ModelCard, base_url: &str, key: Option<String>) -> Result<Self> {
        let base = Url::parse(base_url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"));
        let base = base.filter(|url| url.has_host() && url.username().is_empty() && url.password().is_none());
        let Some(base) = base else {
            return Err(StageError::invalid(
                "the base URL of the model must be http(s)://host[:port][/path], without credentials in it",
            ));
        };
        if key.is_some() && base.scheme() == "http" && !is_this_machine(&base) {
            return Err(StageError::invalid(
                "the model's key would travel in the clear: use an https base URL or unset OPENAI_API_KEY",
            ));
        }
        let client = Arc::new(Client::new(&base, key));
        Ok(Self { card, client })
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[async_trait]
impl LanguageModel for OpenAiModel {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    async fn converse(&self, prompt: &Prompt) -> Result<Reply> {
        self.stream(prompt, &mut |_| {}).await
    }

    async fn stream(&self, prompt: &Prompt, on_text: &mut OnText<'_>) -> Result<Reply> {
        let body = serde_json::to_vec(&Request::new(&self.card, prompt)).map_err(|error| {
            StageError::permanent("a prompt could not be written as JSON").with_detail(error)
        })?;
        let (pieces, mut arriving) = mpsc::channel::<String>(PIECES);
        let client = Arc::clone(&self.client);
        let reading = tokio::task::spawn_blocking(move || {
            let mut assembly = Assembly::default();
            client.post(&body, |event| {
                let piece = assembly.take(event)?;
                // Nobody listens any more: the rest need not be read.
                let heard = piece.is_empty() || pieces.blocking_send(piece).is_ok();
                Ok(heard && !assembly.is_done())
            })?;
            assembly.finish()
        });
        while let Some(piece) = arriving.recv().await {
            on_text(&piece);
        }
        let mut reply = reading.await.map_err(|error| {
            StageError::transient("the call to the model stopped unexpectedly, try again").with_detail(error)
        })??;
        if reply.tokens.all_input() == 0 {
            reply.tokens.input = prompt.estimated_tokens();
            reply.tokens.output = deepwiki_domain::forecast::tokens(&reply.text);
        }
        Ok(reply)
    }
}

#[cfg(test)]
mod tests;
