//! One file a subcommand.

pub(crate) mod ask;
pub(crate) mod build;
pub(crate) mod estimate;
pub(crate) mod export;
pub(crate) mod graph;
pub(crate) mod list;
pub(crate) mod mcp;
pub(crate) mod model;
pub(crate) mod remove;
pub(crate) mod search;
pub(crate) mod serve;
pub(crate) mod versions;
