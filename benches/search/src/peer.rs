//! What the index is held against: BM25 with split identifiers, stems, name and path counted twice.

use std::collections::HashMap;

use deepwiki_domain::search::Document;
use frostem::{Algorithm, Stemmer};

const K1: f32 = 1.2;
const B: f32 = 0.75;

/// An index of whole documents in memory.
pub(crate) struct PlainBm25 {
    postings: HashMap<String, Vec<(usize, f32)>>,
    lengths: Vec<f32>,
    mean: f32,
}

impl PlainBm25 {
    pub(crate) fn new(documents: &[Document]) -> Self {
        let mut postings: HashMap<String, Vec<(usize, f32)>> = HashMap::new();
        let mut lengths = Vec::new();
        for (at, document) in documents.iter().enumerate() {
            let name = document.symbol.as_deref().unwrap_or_default();
            let path = document.path.as_str();
            let text = format!("{name} {name} {path} {path} {}", document.text);
            let mut counts: HashMap<String, f32> = HashMap::new();
            let terms = terms(&text);
            lengths.push(terms.len() as f32);
            for term in terms {
                *counts.entry(term).or_default() += 1.0;
            }
            for (term, count) in counts {
                postings.entry(term).or_default().push((at, count));
            }
        }
        let mean = lengths.iter().sum::<f32>() / lengths.len().max(1) as f32;
        Self {
            postings,
            lengths,
            mean,
        }
    }

    /// The ten best documents.
    pub(crate) fn search(&self, question: &str) -> Vec<usize> {
        let mut scores: HashMap<usize, f32> = HashMap::new();
        let mut asked = terms(question);
        asked.sort();
        asked.dedup();
        for term in asked {
            let Some(postings) = self.postings.get(&term) else {
                continue;
            };
            let (all, having) = (self.lengths.len() as f32, postings.len() as f32);
            let weight = (1.0 + (all - having + 0.5) / (having + 0.5)).ln();
            for (at, count) in postings {
                let length = K1 * (1.0 - B + B * self.lengths[*at] / self.mean);
                *scores.entry(*at).or_default() += weight * count * (K1 + 1.0) / (count + length);
            }
        }
        let mut best: Vec<(usize, f32)> = scores.into_iter().collect();
        best.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        best.into_iter().take(10).map(|(at, _)| at).collect()
    }
}

fn terms(text: &str) -> Vec<String> {
    let stemmer = Stemmer::new(Algorithm::English);
    let mut terms = Vec::new();
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        let mut part = String::new();
        let mut before_is_lower = false;
        for c in word.chars() {
            if c.is_uppercase() && before_is_lower && !part.is_empty() {
                terms.push(stemmer.stem(&part).into_owned());
                part.clear();
            }
            before_is_lower = c.is_lowercase() || c.is_numeric();
            part.extend(c.to_lowercase());
        }
        if !part.is_empty() {
            terms.push(stemmer.stem(&part).into_owned());
        }
    }
    terms
}
