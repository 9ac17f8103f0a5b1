//! How long reading takes beside a bare tree-sitter parse of the same files, in CPU time of one thread, and how
//! many functions that fit a chunk stay whole: `cargo bench -p deepwiki-code -- DIRECTORY…`

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a tool for developers"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::LazyLock,
    time::{Duration, Instant},
};

use deepwiki_code::CHUNK_BUDGET;
use deepwiki_domain::{
    ArtefactKey, Language,
    facts::{FileFacts, SymbolKind},
    manifest::{Shard, ShardFile},
};
use tree_sitter::Parser;

const RUNS: usize = 5;

fn main() {
    let roots: Vec<PathBuf> = std::env::args()
        .skip(1)
        .filter(|arg| arg != "--bench")
        .map(PathBuf::from)
        .collect();
    let mut by_language: BTreeMap<Language, Vec<ShardFile>> = BTreeMap::new();
    for root in roots {
        collect(&root, &mut by_language);
    }
    // One pool for all: the time of a thread that has ended is not counted any more.
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .expect("a thread");
    println!("language      files     MB   parse MB/s   read MB/s   ratio   whole   cut");
    for (language, files) in by_language {
        if files.iter().map(|file| file.text.len()).sum::<usize>() > 200_000 {
            compare(language, Shard { files }, &pool);
        }
    }
}

fn collect(path: &Path, found: &mut BTreeMap<Language, Vec<ShardFile>>) {
    if path.is_dir() {
        let mut entries: Vec<PathBuf> = std::fs::read_dir(path)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .collect();
        entries.sort();
        entries.iter().for_each(|entry| collect(entry, found));
        return;
    }
    let text = std::fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).replace("\r\n", "\n"));
    let Ok(text) = text else { return };
    let name = path.to_string_lossy();
    let name = name.trim_start_matches('/');
    if text.len() > 1_000_000 || name.len() > 1_000 || !path.is_file() {
        return;
    }
    let file = support::file(name, &text);
    if let Some(language) = file.language.filter(|language| grammar(*language).is_some()) {
        found.entry(language).or_default().push(file);
    }
}

fn compare(language: Language, shard: Shard, pool: &rayon::ThreadPool) {
    let bytes: usize = shard.files.iter().map(|file| file.text.len()).sum();
    let mut parser = Parser::new();
    parser
        .set_language(&grammar(language).expect("a grammar"))
        .expect("a language of this version");
    let parse = best(|| {
        for file in &shard.files {
            std::hint::black_box(parser.parse(&file.text, None));
        }
    });
    let key = ArtefactKey::new("0".repeat(64)).expect("a key");
    let mut facts = Vec::new();
    let read = pool.install(|| {
        best(|| facts = std::hint::black_box(deepwiki_code::read_shard(&shard, key.clone())).files)
    });
    let (fitting, whole) = functions(&facts, &shard.files);
    let cutting = facts
        .iter()
        .map(cuts)
        .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let speed = |time: Duration| bytes as f64 / 1e6 / time.as_secs_f64();
    println!(
        "{:12} {:6} {:6.1} {:12.1} {:11.1} {:7.2} {:6.2}% {:4.1}%",
        language.id(),
        shard.files.len(),
        bytes as f64 / 1e6,
        speed(parse),
        speed(read),
        read.as_secs_f64() / parse.as_secs_f64(),
        100.0 * whole as f64 / (fitting as f64).max(1.0),
        100.0 * cutting.0 as f64 / (cutting.1 as f64).max(1.0),
    );
}

fn best(mut run: impl FnMut()) -> Duration {
    let time = |_| {
        let start = cpu_time();
        run();
        cpu_time().saturating_sub(start)
    };
    (0..RUNS).map(time).min().expect("some runs")
}

/// What the process has used of the processors. (Linux; elsewhere the time that has passed.)
fn cpu_time() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let tasks = std::fs::read_dir("/proc/self/task")
        .into_iter()
        .flatten()
        .flatten();
    let nanoseconds: u64 = tasks
        .filter_map(|task| {
            let stat = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
            stat.split_whitespace().next()?.parse::<u64>().ok()
        })
        .sum();
    if nanoseconds == 0 {
        START.elapsed()
    } else {
        Duration::from_nanos(nanoseconds)
    }
}

/// How many functions fit a chunk, and how many of those lie in one.
fn functions(facts: &[FileFacts], files: &[ShardFile]) -> (usize, usize) {
    let (mut fitting, mut whole) = (0, 0);
    for (facts, file) in facts.iter().zip(files) {
        let lines: Vec<&str> = file.text.lines().collect();
        for definition in &facts.definitions {
            let text = &lines[definition.lines.start as usize - 1..definition.lines.end as usize];
            let ink: usize = text
                .iter()
                .map(|line| line.chars().filter(|c| !c.is_whitespace()).count())
                .sum();
            if !matches!(definition.kind, SymbolKind::Function | SymbolKind::Method) || ink > CHUNK_BUDGET {
                continue;
            }
            fitting += 1;
            whole += usize::from(
                facts
                    .chunks
                    .iter()
                    .any(|chunk| chunk.lines.contains(definition.lines)),
            );
        }
    }
    (fitting, whole)
}

/// How many chunks cut a function, of how many.
fn cuts(facts: &FileFacts) -> (usize, usize) {
    let functions: Vec<_> = facts
        .definitions
        .iter()
        .filter(|definition| matches!(definition.kind, SymbolKind::Function | SymbolKind::Method))
        .map(|definition| definition.lines)
        .collect();
    let cut = |chunk: &&deepwiki_domain::facts::Chunk| {
        functions.iter().any(|function| {
            let overlap = function.start <= chunk.lines.end && chunk.lines.start <= function.end;
            overlap && !chunk.lines.contains(*function)
        })
    };
    (facts.chunks.iter().filter(cut).count(), facts.chunks.len())
}

fn grammar(language: Language) -> Option<tree_sitter::Language> {
    Some(match language {
        Language::C => tree_sitter_c::LANGUAGE.into(),
        Language::CSharp => tree_sitter_c_sharp::LANGUAGE.into(),
        Language::Cpp => tree_sitter_cpp::LANGUAGE.into(),
        Language::Go => tree_sitter_go::LANGUAGE.into(),
        Language::Java => tree_sitter_java::LANGUAGE.into(),
        Language::JavaScript => tree_sitter_javascript::LANGUAGE.into(),
        Language::Python => tree_sitter_python::LANGUAGE.into(),
        Language::Ruby => tree_sitter_ruby::LANGUAGE.into(),
        Language::Rust => tree_sitter_rust::LANGUAGE.into(),
        Language::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
        _ => return None,
    })
}
