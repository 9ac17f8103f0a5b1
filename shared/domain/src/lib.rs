//! The rules and types of DeepWiki-OMR, free of input and output.
//!
//! *Architecture invariant:* nothing here reads a file, a clock, the network or the environment, and
//! nothing here is asynchronous. A function of this crate can therefore fail only because of its arguments.

pub mod access;
pub mod answer;
pub mod changes;
pub mod circuit;
pub mod correction;
pub mod error;
pub mod event;
pub mod facts;
pub mod forecast;
pub mod gate;
pub mod graph;
pub mod id;
pub mod job;
pub mod language;
mod lined;
pub mod locale;
pub mod manifest;
pub mod markdown;
pub mod memo;
pub mod message;
pub mod model;
pub mod outline;
pub mod packages;
pub mod page;
pub mod path;
pub mod plan;
pub mod purge;
pub mod repository;
pub mod search;
pub mod source;
pub mod wiki;

pub use error::{ErrorKind, StageError};
pub use id::{ArtefactKey, BlobId, BuildId, CommitId, CorrectionId, RepositoryId, Slug};
pub use language::Language;
pub use lined::LinedText;
pub use locale::Locale;
pub use path::RepoPath;
