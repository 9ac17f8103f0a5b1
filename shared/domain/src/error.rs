//! What can go wrong in a stage, told in the terms that decide what happens next.

use serde::{Deserialize, Serialize};

/// Decides who acts on a failure. The state machine's `Retry` and `Catch` match on [`ErrorKind::name`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ErrorKind {
    /// A service asked us to slow down; the delay in seconds, where it named one.
    Throttled(Option<u32>),
    /// May well succeed when tried again: a timeout, a lost connection, a 5xx.
    Transient,
    /// The request itself is wrong; its sender must change it.
    Invalid,
    /// Will fail the same way every time.
    Permanent,
}

impl ErrorKind {
    /// The error name that Step Functions sees.
    pub fn name(self) -> &'static str {
        match self {
            Self::Throttled(_) => "Throttled",
            Self::Transient => "Transient",
            Self::Invalid => "Invalid",
            Self::Permanent => "Permanent",
        }
    }

    /// Whether trying the same thing again can help.
    pub fn is_retryable(self) -> bool {
        matches!(self, Self::Throttled(_) | Self::Transient)
    }
}

/// A failure of a stage or port. `message` may be shown to a client; `detail` is for the operator's log
/// alone. Neither ever holds a secret or the text of a repository.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{message}")]
pub struct StageError {
    /// Decides whether it is tried again.
    pub kind: ErrorKind,
    /// One sentence for the person who asked: what is wrong and what to do.
    pub message: String,
    /// What an operator needs in addition; empty where the message says it all.
    pub detail: String,
}

impl StageError {
    /// A failure with nothing more to tell than its message.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            detail: String::new(),
        }
    }

    /// See [`ErrorKind::Invalid`].
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    /// See [`ErrorKind::Permanent`].
    pub fn permanent(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Permanent, message)
    }

    /// See [`ErrorKind::Transient`].
    pub fn transient(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Transient, message)
    }

    /// Adds what the operator needs, for instance the error below this one.
    #[must_use]
    pub fn with_detail(mut self, detail: impl std::fmt::Display) -> Self {
        self.detail = detail.to_string();
        self
    }
}
