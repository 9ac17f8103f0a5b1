//! A language model.

use async_trait::async_trait;
use deepwiki_domain::model::{ModelCard, Prompt, Reply};

use crate::Result;

/// Gets the pieces of an answer as they come.
pub type OnText<'a> = dyn FnMut(&str) + Send + 'a;

/// A model that answers in words. It is given no tools, and nothing that it says is ever run or followed.
///
/// Both calls end in bounded time: an adapter gives up on a service that stays silent (`Transient`). A service that
/// asks for patience is `Throttled`, with the delay where it names one; who calls decides how often to try again.
#[async_trait]
pub trait LanguageModel: Send + Sync {
    /// Which model, what it takes and what it costs.
    fn card(&self) -> &ModelCard;

    /// Answers at once.
    async fn converse(&self, prompt: &Prompt) -> Result<Reply>;

    /// Answers as a stream: `on_text` gets each piece as it comes, the result is the whole. A stream that breaks off
    /// before its end is `Transient`.
    async fn stream(&self, prompt: &Prompt, on_text: &mut OnText<'_>) -> Result<Reply>;
}
