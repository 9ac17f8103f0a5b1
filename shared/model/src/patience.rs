//! A model that is asked again when it was busy or gone, a bounded number of times.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use deepwiki_domain::{
    ErrorKind, StageError,
    model::{ModelCard, Prompt, Reply},
};
use deepwiki_ports::{LanguageModel, Result, language_model::OnText};

/// The first wait, which doubles with each attempt.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// The longest wait, also where the service asks for more.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Asks the model behind it again after a failure that passes, with growing waits and jitter. For where nobody else
/// retries: the local command, and answers.
pub struct Patient {
    model: Arc<dyn LanguageModel>,
    attempts: u32,
}

impl Patient {
    /// At most this many attempts of one call.
    pub fn new(model: Arc<dyn LanguageModel>, attempts: u32) -> Self {
        Self { model, attempts }
    }

    /// Waits before the next attempt, or gives the error back where there is to be none.
    async fn wait_or(&self, error: StageError, attempt: u32) -> Result<()> {
        if !error.kind.is_retryable() || attempt + 1 >= self.attempts {
            return Err(error);
        }
        let grown = FIRST_WAIT.saturating_mul(1 << attempt.min(10));
        let jittered = grown.mul_f64(0.5 + fastrand::f64() / 2.0);
        let asked = match error.kind {
            ErrorKind::Throttled(Some(seconds)) => Duration::from_secs(u64::from(seconds)),
            _ => Duration::ZERO,
        };
        tokio::time::sleep(jittered.max(asked).min(LONGEST_WAIT)).await;
        Ok(())
    }
}

#[async_trait]
impl LanguageModel for Patient {
    fn card(&self) -> &ModelCard {
        self.model.card()
    }

    async fn converse(&self, prompt: &Prompt) -> Result<Reply> {
        let mut attempt = 0;
        loop {
            match self.model.converse(prompt).await {
                Ok(reply) => return Ok(reply),
                Err(error) => self.wait_or(error, attempt).await?,
            }
            attempt += 1;
        }
    }

    /// Words that were passed on cannot be taken back: a stream is begun again only before its first.
    async fn stream(&self, prompt: &Prompt, on_text: &mut OnText<'_>) -> Result<Reply> {
        let mut attempt = 0;
        loop {
            let mut begun = false;
            let mut pass_on = |text: &str| {
                begun = true;
                on_text(text);
            };
            match self.model.stream(prompt, &mut pass_on).await {
                Ok(reply) => return Ok(reply),
                Err(error) if begun => return Err(error),
                Err(error) => self.wait_or(error, attempt).await?,
            }
            attempt += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use deepwiki_domain::model::{Stop, Tokens};

    use super::*;

    /// Fails so many times, after so many words.
    struct Busy {
        card: ModelCard,
        failures: u32,
        words_first: bool,
        kind: ErrorKind,
        calls: AtomicU32,
    }

    #[async_trait]
    impl LanguageModel for Busy {
        fn card(&self) -> &ModelCard {
            &self.card
        }
        async fn converse(&self, _: &Prompt) -> Result<Reply> {
            if self.calls.fetch_add(1, Ordering::Relaxed) < self.failures {
                return Err(StageError::new(self.kind, "busy"));
            }
            Ok(Reply {
                text: "yes".to_owned(),
                stop: Stop::Complete,
                tokens: Tokens::default(),
            })
        }
        async fn stream(&self, prompt: &Prompt, on_text: &mut OnText<'_>) -> Result<Reply> {
            if self.words_first {
                on_text("y");
            }
            let reply = self.converse(prompt).await?;
            on_text("es");
            Ok(reply)
        }
    }

    fn busy(failures: u32, kind: ErrorKind, words_first: bool) -> (Arc<Busy>, Patient) {
        let model = Arc::new(Busy {
            card: ModelCard::of("test"),
            failures,
            words_first,
            kind,
            calls: AtomicU32::new(0),
        });
        (Arc::clone(&model), Patient::new(model, 4))
    }

    fn prompt() -> Prompt {
        Prompt {
            system: String::new(),
            shared: String::new(),
            turns: Vec::new(),
            max_tokens: 1,
            json: false,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_passes_is_waited_for_and_what_does_not_is_told() {
        for (failures, kind, calls, ends_well) in [
            (3, ErrorKind::Throttled(Some(2)), 4, true),
            (3, ErrorKind::Transient, 4, true),
            (9, ErrorKind::Throttled(None), 4, false),
            (1, ErrorKind::Permanent, 1, false),
        ] {
            let (model, patient) = busy(failures, kind, false);
            assert_eq!(patient.converse(&prompt()).await.is_ok(), ends_well, "{kind:?}");
            assert_eq!(model.calls.load(Ordering::Relaxed), calls, "{kind:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_is_not_begun_again_after_its_first_words() {
        let (model, patient) = busy(1, ErrorKind::Transient, true);
        assert!(patient.stream(&prompt(), &mut |_| {}).await.is_err());
        assert_eq!(model.calls.load(Ordering::Relaxed), 1);
        let (_, patient) = busy(1, ErrorKind::Transient, false);
        let mut heard = String::new();
        patient
            .stream(&prompt(), &mut |text| heard.push_str(text))
            .await
            .unwrap();
        assert_eq!(heard, "es");
    }
}
