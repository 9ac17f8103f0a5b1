//! What `run.py` times beside the command itself, a subcommand a process:
//!
//! - `files REPOSITORY`: the files that the product reads and for which there is a grammar here, a line each;
//! - `parse REPOSITORY LIST`: a bare tree-sitter parse of those, one parser a language, on one thread;
//! - `split REPOSITORY LIST`: text-splitter's `CodeSplitter` on them; `chunk REPOSITORY LIST`: the product's reader;
//! - `whole REPOSITORY LIST`: how many functions that fit a chunk both leave in one piece, as JSON;
//! - `index REPOSITORY DATA`: the product from the repository to its lexical index, without pages.

mod corpus;
mod lexical;
mod whole;

use std::{hint::black_box, path::Path};

use anyhow::{Context, bail};
use text_splitter::CodeSplitter;
use tree_sitter::Parser;

use crate::corpus::Corpus;

/// In characters: as much code as fills the product's chunks, whose budget leaves white space out.
const SPLIT_CAPACITY: usize = 2_000;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match *arguments.as_slice() {
        ["files", repository] => lexical::list_files(Path::new(repository)),
        ["index", repository, data] => lexical::index(Path::new(repository), Path::new(data)),
        [command, repository, list] => {
            let corpus = Corpus::read(Path::new(repository), Path::new(list))?;
            match command {
                "parse" => parse(&corpus),
                "split" => split(&corpus),
                "chunk" => chunk(&corpus),
                "whole" => whole::report(&corpus),
                _ => bail!("there is no subcommand `{command}`"),
            }
        }
        _ => bail!("see the top of main.rs for the subcommands"),
    }
}

fn parse(corpus: &Corpus) -> anyhow::Result<()> {
    for (language, files) in &corpus.by_language {
        let mut parser = Parser::new();
        parser.set_language(language.grammar())?;
        for file in files {
            black_box(parser.parse(&file.text, None).context("a parse was stopped")?);
        }
    }
    Ok(())
}

fn split(corpus: &Corpus) -> anyhow::Result<()> {
    let mut chunks = 0;
    for (language, files) in &corpus.by_language {
        let splitter = CodeSplitter::new(language.grammar().clone(), SPLIT_CAPACITY)?;
        chunks += files
            .iter()
            .map(|file| splitter.chunks(&file.text).map(black_box).count())
            .sum::<usize>();
    }
    println!("{chunks}");
    Ok(())
}

fn chunk(corpus: &Corpus) -> anyhow::Result<()> {
    let mut chunks = 0;
    for file in corpus.by_language.values().flatten() {
        chunks += black_box(deepwiki_code::read_file(file)).chunks.len();
    }
    println!("{chunks}");
    Ok(())
}
