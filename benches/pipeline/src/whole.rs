//! How many functions that fit a chunk lie in one: of the product's chunks, and of text-splitter's.

use std::ops::Range;

use deepwiki_code::CHUNK_BUDGET;
use deepwiki_domain::facts::{FileFacts, SymbolKind};
use text_splitter::CodeSplitter;

use crate::{SPLIT_CAPACITY, corpus::Corpus};

#[derive(Default)]
struct Count {
    fitting: usize,
    whole: usize,
    chunks: usize,
    cutting: usize,
}

impl Count {
    fn add(
        &mut self,
        functions: &[Range<usize>],
        chunks: &[Range<usize>],
        fits: impl Fn(&Range<usize>) -> bool,
    ) {
        let within = |chunk: &Range<usize>, function: &Range<usize>| {
            chunk.start <= function.start && function.end <= chunk.end
        };
        for function in functions.iter().filter(|function| fits(function)) {
            self.fitting += 1;
            self.whole += usize::from(chunks.iter().any(|chunk| within(chunk, function)));
        }
        self.chunks += chunks.len();
        let overlaps = |chunk: &Range<usize>, function: &Range<usize>| {
            function.start < chunk.end && chunk.start < function.end
        };
        let cuts = |chunk: &&Range<usize>| {
            let mut touched = functions.iter().filter(|function| overlaps(chunk, function));
            touched.any(|function| !within(chunk, function))
        };
        self.cutting += chunks.iter().filter(cuts).count();
    }

    fn to_json(&self) -> serde_json::Value {
        serde_json::json!({
            "fitting": self.fitting, "whole": self.whole, "chunks": self.chunks, "cutting": self.cutting,
        })
    }
}

/// Prints the counts of both. Each has to keep whole what fits by its own measure of size.
pub(crate) fn report(corpus: &Corpus) -> anyhow::Result<()> {
    let (mut ours, mut theirs) = (Count::default(), Count::default());
    for (language, files) in &corpus.by_language {
        let splitter = CodeSplitter::new(language.grammar().clone(), SPLIT_CAPACITY)?;
        for file in files {
            let text = file.text.as_str();
            let starts = line_starts(text);
            let facts = deepwiki_code::read_file(file);
            let functions = functions(&facts, text, &starts);
            let own: Vec<Range<usize>> = facts
                .chunks
                .iter()
                .map(|chunk| bytes(chunk.lines.start, chunk.lines.end, &starts))
                .collect();
            let ink = |function: &Range<usize>| {
                text[function.clone()]
                    .chars()
                    .filter(|c| !c.is_whitespace())
                    .count()
            };
            ours.add(&functions, &own, |function| ink(function) <= CHUNK_BUDGET);
            let split = splitter.chunk_indices(&file.text);
            let split: Vec<Range<usize>> = split.map(|(at, chunk)| at..at + chunk.len()).collect();
            let length = |function: &Range<usize>| text[function.clone()].chars().count();
            theirs.add(&functions, &split, |function| length(function) <= SPLIT_CAPACITY);
        }
    }
    println!(
        "{}",
        serde_json::json!({"product": ours.to_json(), "text-splitter": theirs.to_json()})
    );
    Ok(())
}

/// The functions and methods of a file, white space around them left out.
fn functions(facts: &FileFacts, text: &str, starts: &[usize]) -> Vec<Range<usize>> {
    let is_function = |kind| matches!(kind, SymbolKind::Function | SymbolKind::Method);
    let functions = facts
        .definitions
        .iter()
        .filter(|definition| is_function(definition.kind));
    functions
        .map(|definition| {
            let lines = bytes(definition.lines.start, definition.lines.end, starts);
            let (code, start) = (&text[lines.clone()], lines.start);
            let indent = code.len() - code.trim_start().len();
            start + indent..start + indent + code.trim().len()
        })
        .collect()
}

/// Where lines begin, and after them the end of the text.
fn line_starts(text: &str) -> Vec<usize> {
    let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
    std::iter::once(0).chain(breaks).chain([text.len()]).collect()
}

/// The bytes of lines that are counted from 1, the last included.
fn bytes(first: u32, last: u32, starts: &[usize]) -> Range<usize> {
    starts[first as usize - 1]..starts[last as usize]
}
