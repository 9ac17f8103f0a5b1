//! Measures the embedded index on the source text below a folder, cut every 40 lines, in CPU time of all threads:
//! `cargo run --release -p deepwiki-search --example bench -- FOLDER [CHUNKS [REPOSITORIES]]`

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a tool for developers"
)]

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use deepwiki_domain::{
    CommitId, Language, RepoPath, RepositoryId,
    facts::SymbolKind,
    manifest::Role,
    search::{Document, Query, ranking::bare_name},
};
use deepwiki_local::LocalData;
use deepwiki_ports::{ArtefactStore, SearchIndex, index::Searchable};
use deepwiki_search::EmbeddedSearch;
use rustix::time::{ClockId, clock_gettime};

const QUERIES: usize = 2000;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().unwrap());
    let most = arguments.next().map_or(60_000, |it| it.parse().unwrap());
    let repositories = arguments.next().map_or(1, |it| it.parse().unwrap());
    let documents = documents(&folder, most);
    let source: usize = documents.iter().map(|it| it.text.len()).sum();
    println!("{} chunks, {:.1} MB of source", documents.len(), mega(source));
    let queries = queries(&documents);

    let data = tempfile::tempdir().unwrap();
    let store = LocalData::open(data.path()).await.unwrap().artefacts();
    let index = EmbeddedSearch::new(Arc::clone(&store) as _, 1 << 30);
    let started = cpu_seconds();
    let mut generations = Vec::new();
    for (i, documents) in documents
        .chunks(documents.len().div_ceil(repositories))
        .enumerate()
    {
        let repository = RepositoryId::new(format!("bench-{i}")).unwrap();
        let commit = CommitId::new("0".repeat(40)).unwrap();
        let generation = index
            .build(&repository, &commit, documents.to_vec(), None)
            .await
            .unwrap();
        generations.push(Searchable {
            repository,
            commit,
            generation,
        });
    }
    let took = cpu_seconds() - started;
    println!("build: {took:.2} s, {:.1} MB/s", mega(source) / took);
    let mut size = 0;
    for Searchable {
        repository,
        generation,
        ..
    } in &generations
    {
        size += store.get(repository, generation).await.unwrap().len();
    }
    println!(
        "index: {:.1} MB in memory, {:.3} of the source",
        mega(size),
        size as f64 / source as f64
    );

    let cold = EmbeddedSearch::new(store, 1 << 30);
    let started = cpu_seconds();
    cold.search(&generations, &queries[0]).await.unwrap();
    println!(
        "from bytes to the first answer: {:.1} ms",
        (cpu_seconds() - started) * 1e3
    );
    for (what, queries) in [("names", &queries[..QUERIES]), ("words", &queries[QUERIES..])] {
        let mut times = Vec::new();
        let mut found = 0;
        for query in queries {
            let started = cpu_seconds();
            found += usize::from(!cold.search(&generations, query).await.unwrap().hits.is_empty());
            times.push((cpu_seconds() - started) * 1e3);
        }
        times.sort_by(f64::total_cmp);
        let at = |part: f64| times[(times.len() as f64 * part) as usize];
        println!(
            "{what}: p50 {:.2} ms, p95 {:.2} ms, p99 {:.2} ms; {found} of {} found something",
            at(0.5),
            at(0.95),
            at(0.99),
            times.len()
        );
    }
}

/// What the process has computed so far: unlike the clock it does not depend on what else the machine does.
fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn mega(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

fn documents(folder: &Path, most: usize) -> Vec<Document> {
    let mut documents = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        let mut entries: Vec<_> = std::fs::read_dir(&at)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                folders.push(path);
            } else if documents.len() < most {
                documents.extend(chunks(folder, &path));
            }
        }
    }
    documents.truncate(most);
    documents
}

fn chunks(folder: &Path, path: &Path) -> Vec<Document> {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let relative = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
    let (Some(language), Ok(path)) = (Language::of(&name, ""), RepoPath::new(relative)) else {
        return Vec::new();
    };
    let Ok(text) = std::fs::read_to_string(folder.join(path.as_str())) else {
        return Vec::new();
    };
    if text.len() > 1 << 20 {
        return Vec::new();
    }
    let lines: Vec<&str> = text.lines().collect();
    let documents = lines.chunks(40).enumerate().map(|(i, lines)| {
        let symbol = lines.iter().find_map(|line| defined_name(line));
        Document {
            path: path.clone(),
            start: i as u32 * 40 + 1,
            end: i as u32 * 40 + lines.len() as u32,
            kind: symbol.as_ref().map(|_| SymbolKind::Function),
            symbol,
            language: Some(language),
            role: if language == Language::Markdown {
                Role::Doc
            } else {
                Role::Source
            },
            page: None,
            section: None,
            locale: None,
            text: lines.join("\n"),
            vector: None,
            rank: 0.0,
        }
    });
    documents.collect()
}

fn defined_name(line: &str) -> Option<String> {
    let mut words = line
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty());
    words.find(|word| matches!(*word, "fn" | "def" | "class" | "struct" | "function"))?;
    words.next().map(str::to_owned)
}

/// Half are names of definitions, half are three words that follow each other somewhere.
fn queries(documents: &[Document]) -> Vec<Query> {
    let mut state = 1u64;
    let mut random = move |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut names = Vec::new();
    while names.len() < QUERIES {
        names.extend(
            documents[random(documents.len())]
                .symbol
                .as_deref()
                .map(|it| bare_name(it).to_owned()),
        );
    }
    let mut words = Vec::new();
    while words.len() < QUERIES {
        let all: Vec<&str> = documents[random(documents.len())]
            .text
            .split_whitespace()
            .collect();
        if all.len() > 10 {
            let at = random(all.len() - 3);
            words.push(all[at..at + 3].join(" ").chars().take(200).collect());
        }
    }
    let query = |text: String| Query {
        limit: 10,
        ..Query::new(text)
    };
    names.into_iter().chain(words).map(query).collect()
}
