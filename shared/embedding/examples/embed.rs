//! Prints vectors of lines, to hold them against another implementation:
//! `cargo run --release -p deepwiki-embedding --example embed -- MODEL query|passage < LINES`

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a tool for developers"
)]

use std::{io::BufRead, path::Path, time::Instant};

use deepwiki_embedding::LocalEmbedder;
use deepwiki_ports::{Embedder, Purpose};

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let embedder = LocalEmbedder::new(Path::new(&arguments.next().unwrap()));
    let purpose = match arguments.next().as_deref() {
        Some("query") => Purpose::Query,
        _ => Purpose::Passage,
    };
    let lines: Vec<String> = std::io::stdin().lock().lines().map(Result::unwrap).collect();
    embedder.embed(&["warm up".to_owned()], purpose).await.unwrap();
    let started = Instant::now();
    let vectors = embedder.embed(&lines, purpose).await.unwrap();
    eprintln!(
        "{} texts in {:.0} ms",
        lines.len(),
        started.elapsed().as_secs_f64() * 1e3
    );
    for vector in vectors {
        let numbers: Vec<String> = vector.iter().map(f32::to_string).collect();
        println!("{}", numbers.join(" "));
    }
}
