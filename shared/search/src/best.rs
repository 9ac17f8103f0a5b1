//! The best of many matches, without sorting all.

use std::{cmp::Ordering, collections::BinaryHeap};

/// A document that matches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Match {
    pub(crate) score: f32,
    pub(crate) document: u32,
}

/// The best matches so far. Of equal ones those of smaller numbers stay.
pub(crate) struct Best {
    limit: usize,
    /// The worst on top.
    heap: BinaryHeap<WorstFirst>,
}

struct WorstFirst(Match);

impl Best {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            heap: BinaryHeap::with_capacity(limit.saturating_add(1)),
        }
    }

    pub(crate) fn offer(&mut self, found: Match) {
        self.heap.push(WorstFirst(found));
        if self.heap.len() > self.limit {
            self.heap.pop();
        }
    }

    /// What a score must exceed to matter.
    pub(crate) fn threshold(&self) -> f32 {
        let worst = self.heap.peek().filter(|_| self.heap.len() >= self.limit);
        worst.map_or(f32::MIN, |worst| worst.0.score)
    }

    pub(crate) fn into_sorted(self) -> Vec<Match> {
        self.heap.into_sorted_vec().into_iter().map(|it| it.0).collect()
    }
}

impl Ord for WorstFirst {
    fn cmp(&self, other: &Self) -> Ordering {
        other
            .0
            .score
            .total_cmp(&self.0.score)
            .then(self.0.document.cmp(&other.0.document))
    }
}

impl PartialOrd for WorstFirst {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for WorstFirst {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for WorstFirst {}
