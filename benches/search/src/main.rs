//! Measures how well search finds what a question is about; see ../README.md.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a tool for developers"
)]

mod corpus;
mod peer;

use std::{collections::HashMap, path::Path, sync::Arc};

use corpus::{Case, Corpus};
use deepwiki_domain::{
    ArtefactKey, CommitId, RepositoryId,
    search::{Document, Query, QueryVector, vector},
};
use deepwiki_embedding::{LocalEmbedder, MODEL};
use deepwiki_local::LocalData;
use deepwiki_ports::{Embedder, Purpose, SearchIndex, index::Searchable};
use deepwiki_search::EmbeddedSearch;
use peer::PlainBm25;

/// Of each question the place of the first right hit, from 1; none where it is not among ten.
type Places = Vec<Option<usize>>;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let (model, kept) = (arguments.next().unwrap(), arguments.next().unwrap());
    let embedder = LocalEmbedder::new(Path::new(&model));
    let japanese = include_str!("../questions.tsv");
    let mut in_english: HashMap<&str, Places> = HashMap::new();
    let mut in_japanese: HashMap<&str, Places> = HashMap::new();
    for argument in arguments {
        let (name, folder) = argument.split_once('=').unwrap();
        let corpus = Corpus::read(Path::new(folder));
        let bench = Bench::new(corpus.documents, &embedder, Path::new(&kept)).await;
        println!(
            "{name}: {} documents, {} questions",
            bench.documents.len(),
            corpus.cases.len()
        );
        let english = bench.measure(&corpus.cases, &embedder).await;
        report(name, &english);
        let cases = japanese_cases(japanese, name, &corpus.definitions);
        let japanese = bench.measure(&cases, &embedder).await;
        for (system, places) in english {
            in_english.entry(system).or_default().extend(places);
        }
        for (system, places) in japanese {
            in_japanese.entry(system).or_default().extend(places);
        }
    }
    report("all, comments", &in_english.into_iter().collect::<Vec<_>>());
    report("all, Japanese", &in_japanese.into_iter().collect::<Vec<_>>());
}

/// The hand-written questions of a corpus with the lines that answer them today.
fn japanese_cases(table: &str, corpus: &str, definitions: &[(String, String, u32)]) -> Vec<Case> {
    let rows = table.lines().map(|row| row.split('\t').collect::<Vec<_>>());
    let mut cases = Vec::new();
    for row in rows.filter(|row| row[0] == corpus) {
        let is_it = |it: &&(String, String, u32)| row[1] == it.0 && row[2] == it.1;
        match definitions.iter().find(is_it) {
            Some((path, _, line)) => cases.push(Case {
                question: row[3].to_owned(),
                path: path.clone(),
                line: *line,
            }),
            None => println!("no definition for {row:?}"),
        }
    }
    cases
}

struct Bench {
    documents: Vec<Document>,
    plain: PlainBm25,
    index: EmbeddedSearch,
    generation: Searchable,
    _folder: tempfile::TempDir,
}

impl Bench {
    async fn new(mut documents: Vec<Document>, embedder: &LocalEmbedder, kept: &Path) -> Self {
        add_vectors(&mut documents, embedder, kept).await;
        let folder = tempfile::tempdir().unwrap();
        let store = LocalData::open(folder.path()).await.unwrap().artefacts();
        let index = EmbeddedSearch::new(Arc::clone(&store) as _, 1 << 30);
        let repository = RepositoryId::new("bench").unwrap();
        let commit = CommitId::new("0".repeat(40)).unwrap();
        let generation = index
            .build(&repository, &commit, documents.clone(), Some(MODEL))
            .await
            .unwrap();
        Self {
            plain: PlainBm25::new(&documents),
            documents,
            index,
            generation: Searchable {
                repository,
                commit,
                generation,
            },
            _folder: folder,
        }
    }

    async fn measure(&self, cases: &[Case], embedder: &LocalEmbedder) -> Vec<(&'static str, Places)> {
        let mut places: [Places; 4] = Default::default();
        for case in cases {
            let question = [case.question.clone()];
            let values = embedder.embed(&question, Purpose::Query).await.unwrap().remove(0);
            let of_documents = |found: Vec<usize>| {
                let is_right = |at: &usize| {
                    let it = &self.documents[*at];
                    it.path.as_str() == case.path && it.start <= case.line && case.line <= it.end
                };
                found.iter().position(is_right).map(|place| place + 1)
            };
            places[0].push(of_documents(self.plain.search(&case.question)));
            places[1].push(of_documents(self.nearest(&values)));
            places[2].push(self.search(case, None).await);
            places[3].push(self.search(case, Some(values)).await);
        }
        ["plain BM25", "e5 alone", "lexical", "hybrid"]
            .into_iter()
            .zip(places)
            .collect()
    }

    async fn search(&self, case: &Case, values: Option<Vec<f32>>) -> Option<usize> {
        let query = Query {
            vector: values.map(|values| QueryVector {
                model: MODEL.to_owned(),
                values,
            }),
            limit: 10,
            ..Query::new(&case.question)
        };
        let found = self
            .index
            .search(std::slice::from_ref(&self.generation), &query)
            .await
            .unwrap();
        let place = found
            .hits
            .iter()
            .position(|it| it.path.as_str() == case.path && it.start <= case.line && case.line <= it.end);
        place.map(|place| place + 1)
    }

    fn nearest(&self, values: &[f32]) -> Vec<usize> {
        let score = |document: &Document| -> f32 {
            let vector = document.vector.as_deref().unwrap_or_default();
            let length = vector.iter().map(|it| f32::from(*it).powi(2)).sum::<f32>().sqrt();
            vector
                .iter()
                .zip(values)
                .map(|(a, b)| f32::from(*a) * b)
                .sum::<f32>()
                / length
        };
        let mut all: Vec<(usize, f32)> = self.documents.iter().map(score).enumerate().collect();
        all.sort_by(|a, b| b.1.total_cmp(&a.1));
        all.into_iter().take(10).map(|(at, _)| at).collect()
    }
}

/// Embeds what no run before has embedded.
async fn add_vectors(documents: &mut [Document], embedder: &LocalEmbedder, kept: &Path) {
    for group in documents.chunks_mut(64) {
        let texts: Vec<String> = group.iter().map(vector::text_of).collect();
        let name = ArtefactKey::of(format!("{MODEL}{texts:?}").as_bytes());
        let file = kept.join(name.as_str());
        let vectors: Vec<Vec<i8>> = match std::fs::read(&file) {
            Ok(bytes) => postcard::from_bytes(&bytes).unwrap(),
            Err(_) => {
                let made = embedder.embed(&texts, Purpose::Passage).await.unwrap();
                let vectors: Vec<Vec<i8>> = made.iter().map(|it| vector::quantize(it).unwrap()).collect();
                std::fs::write(&file, postcard::to_stdvec(&vectors).unwrap()).unwrap();
                vectors
            }
        };
        for (document, vector) in group.iter_mut().zip(vectors) {
            document.vector = Some(vector);
        }
    }
}

fn report(name: &str, systems: &[(&str, Places)]) {
    for (system, places) in systems {
        let count = places.len().max(1) as f64;
        let reciprocal: f64 = places.iter().flatten().map(|place| 1.0 / *place as f64).sum();
        let found = places.iter().flatten().count() as f64;
        println!(
            "{name}\t{system}\tMRR@10 {:.3}\trecall@10 {:.3}\tof {}",
            reciprocal / count,
            found / count,
            places.len()
        );
    }
}
