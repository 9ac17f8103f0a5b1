//! Logs of a function: one JSON document a line on standard output, with the ids of everything that is under way, and
//! without secrets. Where something fails, what went before it is told as well.

mod journal;
mod mask;

use std::io;

use tracing::Level;
use tracing_subscriber::{EnvFilter, filter::LevelFilter, layer::SubscriberExt, util::SubscriberInitExt};

pub use journal::Journal;
pub use mask::mask;

/// Sets up the process's logs. `AWS_LAMBDA_LOG_LEVEL` says from which level on lines are written, `info` where it says
/// nothing; what is finer is kept for the case of an error. `RUST_LOG` says what is looked at at all: everything of
/// this system and from `info` on that of others, where it says nothing.
pub fn start() {
    let level = std::env::var("AWS_LAMBDA_LOG_LEVEL").ok();
    let written = level.and_then(|level| level.parse().ok()).unwrap_or(Level::INFO);
    let seen = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .parse_lossy(std::env::var("RUST_LOG").unwrap_or_else(|_| "info,deepwiki=debug".to_owned()));
    tracing_subscriber::registry()
        .with(seen)
        .with(Journal::new(written, io::stdout))
        .init();
}
