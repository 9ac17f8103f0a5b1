//! A model, and what its calls for one answer took.

use deepwiki_domain::model::{ModelCard, Prompt, Reply, Spent};
use deepwiki_ports::{LanguageModel, Result, language_model::OnText};

pub(super) struct Tally<'a> {
    model: &'a dyn LanguageModel,
    spent: Spent,
}

impl<'a> Tally<'a> {
    pub(super) fn new(model: &'a dyn LanguageModel) -> Self {
        Self {
            model,
            spent: Spent::default(),
        }
    }

    pub(super) fn card(&self) -> &ModelCard {
        self.model.card()
    }

    pub(super) fn spent(&self) -> Spent {
        self.spent
    }

    pub(super) async fn converse(&mut self, prompt: &Prompt) -> Result<Reply> {
        let reply = self.model.converse(prompt).await?;
        self.count(&reply);
        Ok(reply)
    }

    pub(super) async fn stream(&mut self, prompt: &Prompt, on_text: &mut OnText<'_>) -> Result<Reply> {
        let reply = self.model.stream(prompt, on_text).await?;
        self.count(&reply);
        Ok(reply)
    }

    fn count(&mut self, reply: &Reply) {
        self.spent += Spent {
            calls: 1,
            tokens: reply.tokens,
            usd: self.model.card().cost(&reply.tokens),
        };
    }
}
