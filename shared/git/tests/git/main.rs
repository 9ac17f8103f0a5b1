//! The source reader on real repositories: of this machine and of a Git host.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may fail this way"
)]

mod host;
mod local;
mod support;
