//! What the command prints: results on stdout, everything else on stderr.
#![expect(clippy::print_stderr, reason = "the one place that prints beside the result")]

use std::{
    io::{IsTerminal, Write},
    process::ExitCode,
};

use deepwiki_domain::StageError;
use serde::Serialize;
use tracing_subscriber::EnvFilter;

/// Tells in one line what went wrong, and for those who asked by `DEEPWIKI_LOG`, the detail.
pub(crate) fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {error:#}");
    if let Some(stage) = error
        .downcast_ref::<StageError>()
        .filter(|stage| !stage.detail.is_empty())
        && std::env::var_os("DEEPWIKI_LOG").is_some()
    {
        eprintln!("detail: {}", stage.detail);
    }
    ExitCode::FAILURE
}

/// Sends the log to stderr where `DEEPWIKI_LOG` asks for it (`info`, `deepwiki_generate=debug`).
pub(crate) fn start_log() {
    let filter = EnvFilter::try_from_env("DEEPWIKI_LOG").unwrap_or_else(|_| EnvFilter::new("off"));
    let ansi = std::io::stderr().is_terminal();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(ansi)
        .init();
}

/// One JSON document.
pub(crate) fn json<T: Serialize>(value: &T) -> anyhow::Result<()> {
    line(serde_json::to_string_pretty(value)?);
    Ok(())
}

/// A line of the result. Whoever stops reading (`| head`) has seen enough.
pub(crate) fn line(text: impl std::fmt::Display) {
    if writeln!(std::io::stdout(), "{text}").is_err() {
        std::process::exit(0);
    }
}

/// A line beside the result.
pub(crate) fn note(text: impl std::fmt::Display) {
    eprintln!("{text}");
}

/// Text of a repository without what would steer a terminal. Tabs stay.
pub(crate) fn printable(text: &str) -> String {
    text.chars().filter(|c| *c == '\t' || !c.is_control()).collect()
}
