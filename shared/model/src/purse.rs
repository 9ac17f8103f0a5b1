//! What a build's or an answer's calls cost, and the cap that they stay under.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use deepwiki_domain::{
    StageError,
    model::{ModelCard, Prompt, Reply, Spent, Tokens},
};
use deepwiki_ports::{LanguageModel, Result, language_model::OnText};

/// Money for model calls. Calls at the same time each set aside the most that they can cost, so that the cap holds
/// whatever order they end in.
#[derive(Debug, Default)]
pub struct Purse {
    cap_usd: Option<f64>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    spent: Spent,
    set_aside: f64,
}

impl Purse {
    /// A purse with at most this much money in it; without a cap it only counts.
    pub fn new(cap_usd: Option<f64>) -> Self {
        Self {
            cap_usd,
            state: Mutex::default(),
        }
    }

    /// What was spent so far.
    pub fn spent(&self) -> Spent {
        self.lock().spent
    }

    fn set_aside(&self, most: f64) -> Result<()> {
        let mut state = self.lock();
        if let Some(cap) = self.cap_usd
            && state.spent.usd + state.set_aside + most > cap
        {
            return Err(StageError::invalid(format!(
                "the budget of {cap:.2} USD does not cover the next call to the model ({:.2} USD spent): what is \
                 written is kept, build again with a higher budget to go on",
                state.spent.usd
            )));
        }
        state.set_aside += most;
        Ok(())
    }

    fn settle(&self, set_aside: f64, reply: Option<(&Tokens, f64)>) {
        let mut state = self.lock();
        state.set_aside -= set_aside;
        if let Some((tokens, usd)) = reply {
            state.spent.calls += 1;
            state.spent.tokens += *tokens;
            state.spent.usd += usd;
        }
    }

    /// A panic while the lock is held leaves nothing half-done here.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A model that pays each call from a purse.
pub struct Metered {
    model: Arc<dyn LanguageModel>,
    purse: Arc<Purse>,
}

impl Metered {
    /// Refuses a cap where nobody knows what the model costs (`Invalid`).
    pub fn new(model: Arc<dyn LanguageModel>, purse: Arc<Purse>) -> Result<Self> {
        if purse.cap_usd.is_some() && model.card().prices.is_none() {
            return Err(StageError::invalid(format!(
                "no price is known for `{}`, so that no budget can hold: give its price or leave the budget out",
                model.card().id
            )));
        }
        Ok(Self { model, purse })
    }

    /// The most that a call can cost: all of it read at the highest price, and the longest reply.
    fn most(&self, prompt: &Prompt) -> f64 {
        let card = self.model.card();
        card.cost(&Tokens {
            cache_write: card.own_count(prompt.estimated_tokens()),
            output: u64::from(prompt.max_tokens),
            ..Tokens::default()
        })
    }

    fn pay(&self, set_aside: f64, reply: Result<Reply>) -> Result<Reply> {
        let paid = reply
            .as_ref()
            .ok()
            .map(|reply| (&reply.tokens, self.model.card().cost(&reply.tokens)));
        self.purse.settle(set_aside, paid);
        reply
    }
}

#[async_trait]
impl LanguageModel for Metered {
    fn card(&self) -> &ModelCard {
        self.model.card()
    }

    async fn converse(&self, prompt: &Prompt) -> Result<Reply> {
        let most = self.most(prompt);
        self.purse.set_aside(most)?;
        let reply = self.model.converse(prompt).await;
        self.pay(most, reply)
    }

    async fn stream(&self, prompt: &Prompt, on_text: &mut OnText<'_>) -> Result<Reply> {
        let most = self.most(prompt);
        self.purse.set_aside(most)?;
        let reply = self.model.stream(prompt, on_text).await;
        self.pay(most, reply)
    }
}

#[cfg(test)]
mod tests {
    use deepwiki_domain::{forecast::Prices, model::Stop};

    use super::*;

    /// Answers with a hundred tokens of output.
    struct Talker(ModelCard);

    #[async_trait]
    impl LanguageModel for Talker {
        fn card(&self) -> &ModelCard {
            &self.0
        }
        async fn converse(&self, prompt: &Prompt) -> Result<Reply> {
            let tokens = Tokens {
                input: prompt.estimated_tokens(),
                output: 100,
                ..Tokens::default()
            };
            let stop = Stop::Complete;
            Ok(Reply {
                text: "words".to_owned(),
                stop,
                tokens,
            })
        }
        async fn stream(&self, prompt: &Prompt, _: &mut OnText<'_>) -> Result<Reply> {
            self.converse(prompt).await
        }
    }

    fn card(prices: Option<Prices>) -> ModelCard {
        ModelCard {
            prices,
            ..ModelCard::of("test")
        }
    }

    fn prompt() -> Prompt {
        Prompt {
            system: "read ".repeat(200),
            shared: String::new(),
            turns: Vec::new(),
            max_tokens: 1000,
            json: false,
        }
    }

    #[tokio::test]
    async fn the_cap_is_never_passed_and_what_is_left_can_be_spent() {
        let price = Prices {
            input: 1000.0,
            cached_input: None,
            output: 1000.0,
            token_ratio: 1.0,
        };
        let purse = Arc::new(Purse::new(Some(2.0)));
        let model = Metered::new(Arc::new(Talker(card(Some(price)))), Arc::clone(&purse)).unwrap();
        // A call can cost at most 1.25 USD and costs about 0.3: after the third, a fourth might pass the cap.
        let mut calls = 0;
        let refused = loop {
            match model.converse(&prompt()).await {
                Ok(_) => calls += 1,
                Err(error) => break error,
            }
        };
        assert_eq!((calls, refused.kind), (3, deepwiki_domain::ErrorKind::Invalid));
        let spent = purse.spent();
        assert_eq!((spent.calls, spent.tokens.output), (3, 300));
        let paid = 3.0 * (prompt().estimated_tokens() + 100) as f64 / 1000.0;
        assert!((spent.usd - paid).abs() < 1e-9, "{}", spent.usd);
    }

    #[tokio::test]
    async fn a_cap_needs_a_price() {
        let purse = Arc::new(Purse::new(Some(1.0)));
        assert!(Metered::new(Arc::new(Talker(card(None))), purse).is_err());
        let purse = Arc::new(Purse::new(None));
        let model = Metered::new(Arc::new(Talker(card(None))), Arc::clone(&purse)).unwrap();
        model.converse(&prompt()).await.unwrap();
        assert_eq!((purse.spent().calls, purse.spent().usd), (1, 0.0));
    }
}
