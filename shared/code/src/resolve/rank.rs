//! What a repository rests on: PageRank over the certain edges.

use deepwiki_domain::graph::{Certainty, Graph, Node, Ranks};

/// How much of a place's rank goes to what it uses; the rest is shared by all.
const DAMPING: f64 = 0.85;
/// After this many rounds the order no longer changes in a way that matters.
const ROUNDS: usize = 24;

/// Ranks files and definitions. The same graph gives the same bits: sums are made in the order of the edges.
pub fn rank(graph: &Graph) -> Ranks {
    let files = graph
        .file_edges()
        .iter()
        .filter(|edge| counts(edge.certainty))
        .map(|edge| (edge.from.0, edge.to.0, damped(edge.weight)))
        .collect::<Vec<_>>();
    let symbols = graph
        .edges
        .iter()
        .filter(|edge| counts(edge.certainty))
        .filter_map(|edge| match (edge.from, edge.to) {
            (Node::Symbol(from), Node::Symbol(to)) => Some((from.0, to.0, damped(edge.weight))),
            _ => None,
        })
        .collect::<Vec<_>>();
    Ranks {
        files: page_rank(graph.files.len(), &files),
        symbols: page_rank(graph.symbol_count() as usize, &symbols),
    }
}

/// That a file declares another to be a part of it makes neither worth more.
fn counts(certainty: Certainty) -> bool {
    certainty.is_certain() && certainty != Certainty::Declaration
}

/// A hundredth use says less than the first.
fn damped(weight: u32) -> f64 {
    f64::from(weight).sqrt()
}

fn page_rank(count: usize, edges: &[(u32, u32, f64)]) -> Vec<f64> {
    if count == 0 {
        return Vec::new();
    }
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
    let share = 1.0 / count as f64;
    let mut given = vec![0.0; count];
    for (from, _, weight) in edges {
        if let Some(sum) = given.get_mut(*from as usize) {
            *sum += weight;
        }
    }
    let mut ranks = vec![share; count];
    for _ in 0..ROUNDS {
        let lost: f64 = ranks
            .iter()
            .zip(&given)
            .filter(|(_, given)| **given == 0.0)
            .map(|(rank, _)| rank)
            .sum();
        let base = (1.0 - DAMPING + DAMPING * lost) * share;
        let mut next = vec![base; count];
        for (from, to, weight) in edges {
            let (Some(rank), Some(sum)) = (ranks.get(*from as usize), given.get(*from as usize)) else {
                continue;
            };
            if let Some(slot) = next.get_mut(*to as usize) {
                *slot += DAMPING * rank * weight / sum;
            }
        }
        ranks = next;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_most_ranks_highest_and_all_sums_to_one() {
        // 0, 1 and 2 use 3; 3 uses 4; nobody uses 0.
        let ranks = page_rank(5, &[(0, 3, 1.0), (1, 3, 1.0), (2, 3, 1.0), (3, 4, 1.0)]);
        assert!((ranks.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        assert!(ranks[3] > ranks[0] && ranks[4] > ranks[0]);
        assert_eq!(page_rank(0, &[]), Vec::<f64>::new());
    }
}
