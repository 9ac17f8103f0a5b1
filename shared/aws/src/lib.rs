//! The ports on AWS, and the edge of a function on Lambda.
//!
//! *API boundary:* nothing of an SDK leaves this crate but [`client::load`]'s result, which the `main.rs` files
//! pass from one constructor to the next. Every adapter turns SDK errors into [`deepwiki_domain::StageError`]
//! by one table, in `error.rs`.

pub mod artefacts;
pub mod audit;
mod batch;
mod bedrock;
pub mod bus;
pub mod circuits;
pub mod client;
pub mod codecommit;
pub mod config;
pub mod corrections;
pub mod downloads;
mod error;
pub mod events;
pub mod executions;
#[cfg(feature = "git")]
pub mod git;
mod item;
pub mod jobs;
pub mod leases;
pub mod ledger;
pub mod logs;
pub mod metrics;
pub mod opensearch;
pub mod pages;
mod progress;
pub mod purge;
pub mod queue;
pub mod repositories;
pub mod secrets;
mod spending;
pub mod stage;
pub mod titan;
pub mod tokens;

pub use artefacts::S3Artefacts;
pub use audit::Act;
pub use batch::{Message, serve_messages};
pub use bedrock::BedrockModel;
pub use bus::EventBridge;
pub use circuits::DynamoCircuits;
pub use config::Config;
pub use corrections::DynamoCorrections;
pub use downloads::S3Downloads;
pub use events::BusBuildRequests;
pub use executions::SfnExecutions;
pub use jobs::DynamoJobs;
pub use leases::DynamoLeases;
pub use ledger::DynamoLedger;
pub use metrics::MeteredModel;
pub use opensearch::OpenSearchIndex;
pub use pages::DynamoPages;
pub use purge::AwsPurge;
pub use queue::FifoQueue;
pub use repositories::DynamoRepositories;
pub use secrets::{Secret, Secrets};
pub use stage::StageHarness;
pub use titan::TitanEmbedder;
pub use tokens::SfnTaskTokens;
