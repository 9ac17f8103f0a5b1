//! The requests and events of chat completions, as far as they are used.

use deepwiki_domain::{
    StageError,
    model::{ModelCard, Prompt, Reply, Speaker, Stop, Tokens},
};
use deepwiki_ports::Result;
use serde::{Deserialize, Serialize};

/// The longest reply that is put together, in bytes.
const LONGEST_REPLY: usize = 1 << 20;

/// What is asked.
#[derive(Debug, Serialize)]
pub(crate) struct Request<'a> {
    model: &'a str,
    messages: Vec<Message>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<Format>,
    stream: bool,
    stream_options: StreamOptions,
}

#[derive(Debug, Serialize)]
struct Message {
    role: &'static str,
    content: String,
}

#[derive(Debug, Serialize)]
struct Format {
    r#type: &'static str,
}

#[derive(Debug, Serialize)]
struct StreamOptions {
    include_usage: bool,
}

impl<'a> Request<'a> {
    pub(crate) fn new(card: &'a ModelCard, prompt: &Prompt) -> Self {
        let mut messages = vec![Message {
            role: "system",
            content: prompt.system.clone(),
        }];
        messages.extend(prompt.turns.iter().map(|turn| Message {
            role: match turn.speaker {
                Speaker::User => "user",
                Speaker::Model => "assistant",
            },
            content: turn.text.clone(),
        }));
        if let Some(first) = messages.get_mut(1).filter(|_| !prompt.shared.is_empty()) {
            first.content = format!("{}\n{}", prompt.shared, first.content);
        }
        let max_tokens = prompt.max_tokens.min(card.max_tokens);
        // Models that take no sampling parameters are those that think first; they have their own name for the limit.
        let thinks = card.temperature().is_none();
        Self {
            model: &card.id,
            messages,
            max_tokens: (!thinks).then_some(max_tokens),
            max_completion_tokens: thinks.then_some(max_tokens),
            temperature: card.temperature().map(rounded),
            top_p: card.top_p().map(rounded),
            response_format: prompt.json.then_some(Format {
                r#type: "json_object",
            }),
            stream: true,
            stream_options: StreamOptions { include_usage: true },
        }
    }
}

/// `0.1`, not `0.10000000149011612`.
fn rounded(value: f32) -> f64 {
    (f64::from(value) * 1e4).round() / 1e4
}

#[derive(Debug, Default, Deserialize)]
struct Event {
    #[serde(default)]
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Option<Usage>,
    #[serde(default)]
    error: Option<serde_json::Value>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    #[serde(default)]
    delta: Delta,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Delta {
    #[serde(default)]
    content: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Usage {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
    #[serde(default)]
    prompt_tokens_details: Option<PromptTokens>,
}

#[derive(Debug, Deserialize)]
struct PromptTokens {
    #[serde(default)]
    cached_tokens: Option<u64>,
}

/// Puts a reply together from its events.
#[derive(Debug, Default)]
pub(crate) struct Assembly {
    text: String,
    stop: Option<Stop>,
    tokens: Tokens,
    done: bool,
}

impl Assembly {
    /// Takes the data of an event; gives the text that it adds.
    pub(crate) fn take(&mut self, data: &str) -> Result<String> {
        if data == "[DONE]" {
            self.done = true;
            return Ok(String::new());
        }
        let event: Event = serde_json::from_str(data).map_err(|error| {
            let detail = format!("{:?} at column {}", error.classify(), error.column());
            StageError::transient("the model's server sent something that is no event, try again")
                .with_detail(detail)
        })?;
        if event.error.is_some() {
            return Err(StageError::transient(
                "the model's server broke the reply off with an error, try again",
            ));
        }
        if let Some(usage) = event.usage {
            let cached = usage
                .prompt_tokens_details
                .and_then(|details| details.cached_tokens)
                .unwrap_or_default();
            self.tokens = Tokens {
                input: usage.prompt_tokens.saturating_sub(cached),
                cache_read: cached.min(usage.prompt_tokens),
                cache_write: 0,
                output: usage.completion_tokens,
            };
        }
        let mut piece = String::new();
        for choice in event.choices.into_iter().take(1) {
            piece = choice.delta.content.unwrap_or_default();
            match choice.finish_reason.as_deref() {
                None => {}
                Some("length") => self.stop = Some(Stop::Length),
                Some("content_filter") => self.stop = Some(Stop::Refused),
                Some(_) => self.stop = Some(Stop::Complete),
            }
        }
        if self.text.len() + piece.len() > LONGEST_REPLY {
            return Err(StageError::permanent(
                "the model's reply has no end: lower its limit of tokens",
            ));
        }
        self.text.push_str(&piece);
        Ok(piece)
    }

    /// Whether the server said that this was all.
    pub(crate) fn is_done(&self) -> bool {
        self.done
    }

    /// The reply. One that was never ended by the server is no reply.
    pub(crate) fn finish(self) -> Result<Reply> {
        let stop = self.stop.or(self.done.then_some(Stop::Complete));
        let Some(stop) = stop else {
            return Err(StageError::transient(
                "the model's server broke the reply off, try again",
            ));
        };
        Ok(Reply {
            text: without_thoughts(&self.text).to_owned(),
            stop,
            tokens: self.tokens,
        })
    }
}

/// What follows the thoughts that some local models put in front.
fn without_thoughts(text: &str) -> &str {
    let begins = text.trim_start();
    match begins
        .strip_prefix("<think>")
        .and_then(|thoughts| thoughts.split_once("</think>"))
    {
        Some((_, rest)) => rest.trim_start(),
        None => text,
    }
}
