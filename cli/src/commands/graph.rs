//! `deepwiki graph`: which file uses which.

use std::path::PathBuf;

use deepwiki_domain::{RepoPath, graph, graph::Certainty, plan::Plan};
use deepwiki_ports::codec;
use serde::Serialize;

use crate::{args::Graph, library::Library, output};

/// What `--json` prints.
#[derive(Serialize)]
struct Edges {
    edges: Vec<Edge>,
}

#[derive(Serialize)]
struct Edge {
    from: RepoPath,
    to: RepoPath,
    weight: u32,
    certainty: Certainty,
}

pub(crate) async fn run(data: Option<PathBuf>, arguments: Graph) -> anyhow::Result<()> {
    let library = Library::open(data).await?;
    let repository = library.find(&arguments.repository).await?;
    let published = Library::published(&repository)?;
    let store = library.artefacts.as_ref();
    let plan: Plan = codec::get_json(store, &repository.id, &published.plan).await?;
    let graph: graph::Graph = codec::get_packed(store, &repository.id, &plan.graph).await?;
    let path = |file| graph.file(file).map(|file| file.path.clone());
    let edges: Vec<Edge> = graph
        .file_edges()
        .into_iter()
        .filter(|edge| arguments.guesses || edge.certainty.is_certain())
        .filter_map(|edge| {
            Some(Edge {
                from: path(edge.from)?,
                to: path(edge.to)?,
                weight: edge.weight,
                certainty: edge.certainty,
            })
        })
        .collect();
    if arguments.json {
        return output::json(&Edges { edges });
    }
    for edge in edges {
        output::line(format_args!("{} -> {} ({})", edge.from, edge.to, edge.weight));
    }
    Ok(())
}
