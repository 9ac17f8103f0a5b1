//! Logs of a function: one JSON document a line on standard output.

use tracing_subscriber::{EnvFilter, filter::LevelFilter};

/// Sets up the process's logs. `RUST_LOG` says what is logged; `info` where it says nothing.
pub fn start() {
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .from_env_lossy();
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_env_filter(filter)
        .init();
}
