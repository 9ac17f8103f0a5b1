//! `deepwiki`: the wiki of any repository, with embedded parts only. The stages are those of the deployed
//! system, run in one process.

mod args;
mod background;
mod builds;
mod commands;
mod library;
mod output;
mod pipeline;
mod progress;
mod relocated;
mod writer;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Arguments, Command, Model};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return output::failed(&error.into()),
    };
    output::start_log();
    match runtime.block_on(run(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => output::failed(&error),
    }
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let data = arguments.data;
    match arguments.command {
        Command::Build(build) => commands::build::run(data, build).await,
        Command::Estimate(estimate) => commands::estimate::run(data, estimate).await,
        Command::Serve(serve) => commands::serve::run(data, serve).await,
        Command::Mcp => commands::mcp::run(data).await,
        Command::Search(search) => commands::search::run(data, search).await,
        Command::Ask(ask) => commands::ask::run(data, ask).await,
        Command::Model(Model::Install(install)) => commands::model::install(data, install).await,
        Command::Export(export) => commands::export::run(data, export).await,
        Command::List(list) => commands::list::run(data, list).await,
        Command::Graph(graph) => commands::graph::run(data, graph).await,
        Command::Versions(versions) => commands::versions::list(data, versions).await,
        Command::Changes(changes) => commands::versions::changes(data, changes).await,
        Command::Map(map) => commands::versions::map(data, map).await,
        Command::Remove(one) => commands::remove::remove(data, one).await,
        Command::Purge(one) => commands::remove::purge(data, one).await,
    }
}
