//! Leaving a failing service alone, by a state that all who call it share.

use std::{
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use deepwiki_domain::{
    ArtefactKey, CommitId, ErrorKind, RepositoryId, StageError,
    circuit::{Admission, Circuit, CircuitRules, Outcome},
    search::{Document, Found, Query},
};

use crate::{Clock, Embedder, Purpose, Result, SearchIndex, index::Searchable};

/// How long a closed circuit is believed to be closed without asking again, in seconds.
const BELIEVED: i64 = 2;

/// How often noting an outcome is tried when others note theirs at the same time.
const ATTEMPTS: u32 = 5;

/// A circuit as it is kept, with the number of times that it was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kept {
    /// The circuit.
    pub circuit: Circuit,
    /// 0 where it was never written.
    pub version: i64,
}

/// The circuits of all services, seen by every process alike.
#[async_trait]
pub trait Circuits: Send + Sync {
    /// A service's circuit; a new one is closed.
    async fn load(&self, service: &str) -> Result<Kept>;

    /// Writes a circuit if nobody has written it since `version`. Says whether it did.
    async fn store(&self, service: &str, circuit: Circuit, version: i64, now: i64) -> Result<bool>;
}

/// Calls a service through its circuit.
///
/// What keeps the circuits may fail too; then calls go through as if there were no circuit.
pub struct CircuitBreaker {
    circuits: Arc<dyn Circuits>,
    clock: Arc<dyn Clock>,
    service: String,
    rules: CircuitRules,
    /// The circuit as it was seen last, and when.
    seen: Mutex<Option<(Kept, i64)>>,
}

impl CircuitBreaker {
    /// For the service of this name, which stands in messages: `search`, `bedrock`, `github.com`.
    pub fn new(
        circuits: Arc<dyn Circuits>,
        clock: Arc<dyn Clock>,
        service: impl Into<String>,
        rules: CircuitRules,
    ) -> Self {
        Self {
            circuits,
            clock,
            service: service.into(),
            rules,
            seen: Mutex::new(None),
        }
    }

    /// Makes the call unless the circuit is open: then the answer is `Throttled` at once, with the seconds to wait.
    pub async fn call<T>(&self, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        let tried = self.admit().await?;
        let result = call.await;
        self.note(Outcome::of(&result), tried).await;
        result
    }

    /// Lets the caller through, and says whether it is the one that tries.
    async fn admit(&self) -> Result<bool> {
        let now = self.clock.now();
        let Some(kept) = self.look(now).await else {
            return Ok(false);
        };
        match kept.circuit.admit(now, &self.rules) {
            Admission::Call => Ok(false),
            Admission::Try(trying) => match self.write(trying, kept.version, now).await {
                Ok(true) => Ok(true),
                Ok(false) => Err(self.refusal(1)),
                Err(_) => Ok(false),
            },
            Admission::Refuse(seconds) => Err(self.refusal(seconds)),
        }
    }

    /// The circuit, as it was seen just now or as it is; none where that cannot be told.
    async fn look(&self, now: i64) -> Option<Kept> {
        if let Some((kept, at)) = *self.seen()
            && now.saturating_sub(at) < BELIEVED
            && matches!(kept.circuit, Circuit::Closed { .. })
        {
            return Some(kept);
        }
        self.load(now).await
    }

    async fn note(&self, outcome: Outcome, tried: bool) {
        let now = self.clock.now();
        // Nothing is written as long as all is well, which is nearly always.
        if outcome == Outcome::Answered
            && !tried
            && self
                .seen()
                .is_some_and(|(kept, _)| kept.circuit == Circuit::default())
        {
            return;
        }
        for _ in 0..ATTEMPTS {
            let Some(kept) = self.load(now).await else {
                return;
            };
            let after = kept.circuit.after(outcome, tried, now, &self.rules);
            if after == kept.circuit || self.write(after, kept.version, now).await != Ok(false) {
                return;
            }
        }
    }

    async fn load(&self, now: i64) -> Option<Kept> {
        let kept = self.circuits.load(&self.service).await.ok()?;
        *self.seen() = Some((kept, now));
        Some(kept)
    }

    async fn write(&self, circuit: Circuit, version: i64, now: i64) -> Result<bool> {
        let written = self.circuits.store(&self.service, circuit, version, now).await?;
        *self.seen() = written.then(|| {
            let version = version.saturating_add(1);
            (Kept { circuit, version }, now)
        });
        Ok(written)
    }

    fn seen(&self) -> MutexGuard<'_, Option<(Kept, i64)>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refusal(&self, seconds: u32) -> StageError {
        let message = format!(
            "`{}` failed several times in a row and is left alone for now: try again in {seconds} s",
            self.service
        );
        StageError::new(ErrorKind::Throttled(Some(seconds)), message)
    }
}

/// A port whose service is called through a circuit.
pub struct Guarded<T> {
    inner: T,
    breaker: CircuitBreaker,
}

impl<T> Guarded<T> {
    /// This adapter behind this breaker.
    pub fn new(inner: T, breaker: CircuitBreaker) -> Self {
        Self { inner, breaker }
    }
}

#[async_trait]
impl<T: Embedder> Embedder for Guarded<T> {
    fn model(&self) -> &str {
        self.inner.model()
    }

    async fn embed(&self, texts: &[String], purpose: Purpose) -> Result<Vec<Vec<f32>>> {
        self.breaker.call(self.inner.embed(texts, purpose)).await
    }
}

#[async_trait]
impl<T: SearchIndex> SearchIndex for Guarded<T> {
    async fn build(
        &self,
        repository: &RepositoryId,
        commit: &CommitId,
        documents: Vec<Document>,
        model: Option<&str>,
    ) -> Result<ArtefactKey> {
        let build = self.inner.build(repository, commit, documents, model);
        self.breaker.call(build).await
    }

    async fn search(&self, generations: &[Searchable], query: &Query) -> Result<Found> {
        self.breaker.call(self.inner.search(generations, query)).await
    }

    async fn retain(&self, repository: &RepositoryId, keep: &[ArtefactKey]) -> Result<()> {
        self.breaker.call(self.inner.retain(repository, keep)).await
    }
}
