//! The deployed whole in one process: the very libraries of trigger, dispatch, reap and the stages, the harness of a
//! stage, and the state machine as `statemachine/wiki-build.asl.json` defines it, over queues, a bus, task tokens and a
//! clock that are simulated. What happens, in which order, and what fails comes from a seed.
//!
//! What is simulated behaves as the services promise, not better: queues deliver twice and out of order, what a worker
//! that died had in hand comes back, an answer may be lost although the write was done, time passes only when nothing
//! else can happen.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failed assertion is how a test fails"
)]

mod clock;
mod faults;
mod machine;
mod outside;
mod queues;
mod reference;
mod source;
mod tokens;
mod world;

pub use world::{Counts, Scenario, World};
