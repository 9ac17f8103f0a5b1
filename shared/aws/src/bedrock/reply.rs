//! A reply put together from what Converse answers, whole or event by event.

use aws_sdk_bedrockruntime::{
    operation::converse::ConverseOutput as Answer,
    types::{
        ContentBlock, ContentBlockDelta, ConverseOutput, ConverseStreamOutput as Event, StopReason,
        TokenUsage,
    },
};
use deepwiki_domain::{
    StageError, forecast,
    model::{Prompt, Reply, Stop, Tokens},
};
use deepwiki_ports::{Result, language_model::OnText};

/// The longest reply that is put together, in bytes.
const LONGEST_REPLY: usize = 1 << 20;

/// The reply of a call without stream.
pub(super) fn whole(answer: Answer, prompt: &Prompt) -> Result<Reply> {
    let stop = stop(&answer.stop_reason);
    let tokens = answer.usage.as_ref().map(tokens);
    let Some(ConverseOutput::Message(message)) = answer.output else {
        return Err(StageError::transient(
            "the model answered with nothing, try again",
        ));
    };
    let texts = message.content.into_iter().filter_map(|block| match block {
        ContentBlock::Text(text) => Some(text),
        _ => None,
    });
    let text: String = texts.collect();
    let tokens = tokens.unwrap_or_else(|| estimated(prompt, &text));
    Ok(Reply { text, stop, tokens })
}

/// Puts a reply together from its events.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    text: String,
    stop: Option<Stop>,
    tokens: Option<Tokens>,
}

impl Assembly {
    /// Takes an event; text goes on to the listener.
    pub(super) fn take(&mut self, event: Event, on_text: &mut OnText<'_>) -> Result<()> {
        match event {
            Event::ContentBlockDelta(event) => {
                let Some(ContentBlockDelta::Text(piece)) = event.delta else {
                    return Ok(());
                };
                if self.text.len() + piece.len() > LONGEST_REPLY {
                    return Err(StageError::permanent(
                        "the model's reply has no end: lower its limit of tokens",
                    ));
                }
                self.text.push_str(&piece);
                on_text(&piece);
            }
            Event::MessageStop(event) => self.stop = Some(stop(&event.stop_reason)),
            Event::Metadata(event) => self.tokens = event.usage.as_ref().map(tokens),
            _ => {}
        }
        Ok(())
    }

    /// The reply. One that the service never ended is no reply.
    pub(super) fn finish(self, prompt: &Prompt) -> Result<Reply> {
        let Some(stop) = self.stop else {
            return Err(StageError::transient("the model broke its reply off, try again"));
        };
        let tokens = self.tokens.unwrap_or_else(|| estimated(prompt, &self.text));
        Ok(Reply {
            text: self.text,
            stop,
            tokens,
        })
    }
}

fn stop(reason: &StopReason) -> Stop {
    match reason {
        StopReason::MaxTokens | StopReason::ModelContextWindowExceeded => Stop::Length,
        StopReason::ContentFiltered | StopReason::GuardrailIntervened => Stop::Refused,
        // Newer than the SDK.
        other if other.as_str() == "refusal" => Stop::Refused,
        _ => Stop::Complete,
    }
}

fn tokens(usage: &TokenUsage) -> Tokens {
    let count = |tokens: i32| u64::try_from(tokens).unwrap_or_default();
    Tokens {
        input: count(usage.input_tokens),
        cache_read: count(usage.cache_read_input_tokens.unwrap_or_default()),
        cache_write: count(usage.cache_write_input_tokens.unwrap_or_default()),
        output: count(usage.output_tokens),
    }
}

/// What a call took that the service did not account for.
fn estimated(prompt: &Prompt, text: &str) -> Tokens {
    Tokens {
        input: prompt.estimated_tokens(),
        output: forecast::tokens(text),
        ..Tokens::default()
    }
}
