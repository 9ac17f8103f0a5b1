//! Sums alike uses, so that the graph of a large repository stays small.

use deepwiki_domain::graph::{Edge, ExternalUse, FileId};
use rayon::prelude::*;

use super::uses::Uses;

/// Sums the uses in one file.
pub(super) fn fold(mut uses: Uses) -> Uses {
    uses.edges
        .sort_unstable_by_key(|edge| (edge.from, edge.to, edge.kind, edge.certainty, edge.line));
    uses.edges.dedup_by(|next, kept| {
        let alike = (next.from, next.to, next.kind, next.certainty)
            == (kept.from, kept.to, kept.kind, kept.certainty);
        if alike {
            kept.weight = kept.weight.saturating_add(next.weight);
        }
        alike
    });
    uses.externals.sort_unstable();
    uses.externals.dedup_by(|next, kept| next.0 == kept.0);
    uses
}

/// Joins the uses of all files, which come by their ids.
pub(super) fn join(uses: Vec<Uses>) -> (Vec<Edge>, Vec<ExternalUse>) {
    let mut edges = Vec::with_capacity(uses.iter().map(|uses| uses.edges.len()).sum());
    let mut externals = Vec::new();
    for (file, uses) in (0_u32..).zip(uses) {
        edges.extend(uses.edges);
        externals.extend(uses.externals.into_iter().map(|(package, line)| ExternalUse {
            file: FileId(file),
            package,
            line,
        }));
    }
    edges.par_sort_unstable_by_key(|edge: &Edge| (edge.from, edge.to, edge.kind, edge.certainty));
    (edges, externals)
}
