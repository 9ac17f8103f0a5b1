//! `deepwiki mcp`: the tools of the Model Context Protocol for the agent that has started this process.

use std::path::PathBuf;

use deepwiki_api::{Settings, serve_mcp};

use crate::library::Library;

pub(crate) async fn run(data: Option<PathBuf>) -> anyhow::Result<()> {
    let library = Library::open(data).await?;
    let ports = library.ports(None, library.no_builds());
    serve_mcp(
        ports,
        &Settings::default(),
        tokio::io::stdin(),
        tokio::io::stdout(),
    )
    .await?;
    Ok(())
}
