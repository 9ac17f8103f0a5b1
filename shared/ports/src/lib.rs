//! What the stages need of the outside world, in the domain's own terms.
//!
//! *API boundary:* `shared/local` and `shared/aws` implement these traits, `functions/` use them as
//! `&dyn Port`. No trait has more than five methods, and no type of an SDK appears here. Every write is safe to
//! do twice.

pub mod artefacts;
pub mod builds;
pub mod circuit;
pub mod clock;
pub mod codec;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod corrections;
pub mod embedder;
pub mod index;
pub mod language_model;
pub mod last_good;
pub mod lifecycle;
pub mod operations;
pub mod repositories;
pub mod source;

pub use artefacts::ArtefactStore;
pub use builds::{
    BuildQueue, EventBus, Executions, FailureNotes, Jobs, Leases, Ledger, Spending, TaskTokens,
};
pub use circuit::{CircuitBreaker, Circuits};
pub use clock::Clock;
pub use corrections::Corrections;
pub use embedder::{Embedder, Purpose};
pub use index::SearchIndex;
pub use language_model::LanguageModel;
pub use last_good::LastGood;
pub use operations::{BuildAnswer, BuildRequests, BuildWhen, Downloads, Purge, RepositoryAccess};
pub use repositories::{PageCatalog, Repositories, Versions};
pub use source::{Snapshot, SourceReader};

/// What every port answers with.
pub type Result<T> = std::result::Result<T, deepwiki_domain::StageError>;
