//! A prompt as Converse takes it.

use aws_sdk_bedrockruntime::{
    error::BuildError,
    types::{
        CachePointBlock, CachePointType, ContentBlock, ConversationRole, InferenceConfiguration, Message,
        SystemContentBlock,
    },
};
use deepwiki_domain::{
    StageError, forecast,
    model::{ModelCard, Prompt, Speaker},
};
use deepwiki_ports::Result;

/// What both operations are called with beside the model's id.
pub(super) struct Parts {
    pub(super) system: Vec<SystemContentBlock>,
    pub(super) messages: Vec<Message>,
    pub(super) inference: InferenceConfiguration,
}

impl Parts {
    /// The shared part stands at the head of the first turn, and with the rules before it is marked to be kept where
    /// the model keeps as much as that.
    pub(super) fn of(card: &ModelCard, prompt: &Prompt) -> Result<Self> {
        Self::build(card, prompt)
            .map_err(|error| StageError::permanent("a prompt could not be made").with_detail(error))
    }

    fn build(card: &ModelCard, prompt: &Prompt) -> std::result::Result<Self, BuildError> {
        let mut system = Vec::new();
        if !prompt.system.is_empty() {
            system.push(SystemContentBlock::Text(prompt.system.clone()));
        }
        let keeps = is_kept(card, prompt);
        if keeps && prompt.shared.is_empty() {
            system.push(SystemContentBlock::CachePoint(cache_point()?));
        }
        let mut messages = Vec::with_capacity(prompt.turns.len());
        for (number, turn) in prompt.turns.iter().enumerate() {
            let role = match turn.speaker {
                Speaker::User => ConversationRole::User,
                Speaker::Model => ConversationRole::Assistant,
            };
            let mut message = Message::builder().role(role);
            if number == 0 && !prompt.shared.is_empty() {
                message = message.content(ContentBlock::Text(prompt.shared.clone()));
                if keeps {
                    message = message.content(ContentBlock::CachePoint(cache_point()?));
                }
            }
            messages.push(message.content(ContentBlock::Text(turn.text.clone())).build()?);
        }
        let most = prompt.max_tokens.min(card.max_tokens);
        let inference = InferenceConfiguration::builder()
            .max_tokens(i32::try_from(most).unwrap_or(i32::MAX))
            .set_temperature(card.temperature())
            .set_top_p(card.top_p())
            .build();
        Ok(Self {
            system,
            messages,
            inference,
        })
    }
}

/// Whether the model keeps a prefix as long as what prompts share.
fn is_kept(card: &ModelCard, prompt: &Prompt) -> bool {
    let prefix = forecast::tokens(&prompt.system) + forecast::tokens(&prompt.shared);
    card.cache_from
        .is_some_and(|fewest| card.own_count(prefix) >= fewest)
}

fn cache_point() -> std::result::Result<CachePointBlock, BuildError> {
    CachePointBlock::builder().r#type(CachePointType::Default).build()
}
