//! From facts to graph: which definition uses which.
//!
//! One resolver serves all languages: definitions and imports are put into places (files, packages, namespaces,
//! modules inside files), and a name is looked up in the place of its use, through imports and what others pass
//! on. Only `places` differs by language: which place a file is, and which one a path names.
//!
//! *Architecture invariant:* the graph is a function of the files alone, whatever their order and the number of
//! threads; every walk is bounded, so that it ends on any input.

mod aggregate;
mod build;
mod externals;
mod guess;
mod lookup;
mod manifests;
mod members;
mod places;
mod play;
mod qualified;
mod rank;
mod signature;
mod tree;
mod uses;

use deepwiki_domain::{
    facts::FileFacts,
    graph::{Graph, GraphFile},
};
use rayon::prelude::*;

pub use rank::rank;

use self::{
    guess::Bearers,
    tree::{Repo, id},
};

/// The graph of a repository, from the facts of all its files, in any order.
pub fn resolve(files: &[&FileFacts]) -> Graph {
    let mut repo = Repo::new(files.to_vec());
    repo.fill();
    let bearers = Bearers::of(&repo);
    let uses: Vec<_> = (0..id(repo.files.len()))
        .into_par_iter()
        .map(|file| aggregate::fold(uses::of_file(&repo, &bearers, file)))
        .collect();
    let graph_files = repo.files.iter().zip(&repo.first).map(|(file, first)| GraphFile {
        path: file.path.clone(),
        first_symbol: *first,
        symbols: id(file.definitions.len()),
    });
    let (edges, externals) = aggregate::join(uses);
    Graph {
        files: graph_files.collect(),
        edges,
        externals,
    }
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
