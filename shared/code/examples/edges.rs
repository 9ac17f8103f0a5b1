//! Prints the edges between the files of a folder as JSON, for `benches/edges`:
//! `cargo run --release -p deepwiki-code --example edges -- FOLDER [--guesses] [--symbols]`

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a tool for developers")]

use std::{io, path::Path, time::Instant};

use deepwiki_code::{read_file, resolve::resolve};
use deepwiki_domain::{
    BlobId, Language, RepoPath,
    facts::FileFacts,
    graph::{Graph, Node},
    manifest::{Role, ShardFile},
};
use rayon::prelude::*;

/// Folders that hold no code of the repository.
const LEFT_OUT: &[&str] = &[".git", "node_modules", "target", ".venv"];

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let Some(folder) = arguments.iter().find(|argument| !argument.starts_with("--")) else {
        return Err(io::Error::other("name the folder to read"));
    };
    let mut files = Vec::new();
    collect(Path::new(folder), "", &mut files)?;
    let start = Instant::now();
    let facts: Vec<FileFacts> = files.par_iter().map(read_file).collect();
    let read = start.elapsed();
    let start = Instant::now();
    let graph = resolve(&facts.iter().collect::<Vec<_>>());
    eprintln!(
        "{} files, {} definitions, {} edges; read {read:.2?}, resolved {:.2?}",
        graph.files.len(),
        graph.symbol_count(),
        graph.edges.len(),
        start.elapsed()
    );
    if has("--symbols") {
        print_symbols(&graph, &facts);
    } else {
        print_files(&graph, has("--guesses"));
    }
    Ok(())
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<ShardFile>) -> io::Result<()> {
    let mut entries = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
            continue;
        };
        let path = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}/{name}")
        };
        let kind = entry.file_type()?;
        if kind.is_dir() && !LEFT_OUT.contains(&name.as_str()) {
            collect(&entry.path(), &path, files)?;
        } else if kind.is_file() && entry.metadata()?.len() < 1_000_000 {
            files.extend(shard_file(&entry.path(), path)?);
        }
    }
    Ok(())
}

fn shard_file(on_disk: &Path, path: String) -> io::Result<Option<ShardFile>> {
    let bytes = std::fs::read(on_disk)?;
    let (Ok(path), Ok(blob)) = (RepoPath::new(path), BlobId::new("0".repeat(40))) else {
        return Ok(None);
    };
    if bytes.contains(&0) {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
    let language = Language::of(path.file_name(), text.lines().next().unwrap_or_default());
    Ok(Some(ShardFile {
        path,
        blob,
        language,
        role: Role::Source,
        text,
    }))
}

fn print_files(graph: &Graph, with_guesses: bool) {
    let path = |file| graph.file(file).map_or("", |file| file.path.as_str());
    for edge in graph.file_edges() {
        if with_guesses || edge.certainty.is_certain() {
            let line = serde_json::json!({
                "from": path(edge.from), "to": path(edge.to), "weight": edge.weight, "certainty": edge.certainty,
            });
            println!("{line}");
        }
    }
}

fn print_symbols(graph: &Graph, facts: &[FileFacts]) {
    let name = |node: Node| {
        let file = graph.file_of(node).and_then(|file| graph.file(file));
        let path = file.map_or("", |file| file.path.as_str());
        let Node::Symbol(symbol) = node else {
            return path.to_owned();
        };
        let definition = graph.definition(symbol).and_then(|(file, index)| {
            let path = &graph.file(file)?.path;
            let facts = facts.iter().find(|facts| facts.path == *path)?;
            facts.definitions.get(index as usize)
        });
        format!(
            "{path}#{}",
            definition.map_or("", |definition| definition.name.as_str())
        )
    };
    for edge in &graph.edges {
        println!(
            "{}\t{}\t{:?}\t{:?}\t{}",
            name(edge.from),
            name(edge.to),
            edge.kind,
            edge.certainty,
            edge.line
        );
    }
    for external in &graph.externals {
        let path = graph.file(external.file).map_or("", |file| file.path.as_str());
        println!("external\t{path}\t{}\t{}", external.package, external.line);
    }
}
