//! Source text to facts: parsing, symbols, references, the graph between files.
//!
//! [`read_shard`] reads the files of a shard in parallel, [`read_file`] one of them: one tree-sitter parse and
//! one walk over the tree (`reader`, steered by the tables of `languages`), or a scan by line for data, prose
//! and unknown text (`outline`); then the text is cut for search (`chunks`).
//!
//! *Architecture invariant:* no input or output, no randomness, and nothing here panics. The same text gives the
//! same facts on every machine: a parse is bounded in steps, and only a file that is made to be slow is stopped
//! by the clock. Nothing recurses with the nesting of a text.

mod chunks;
mod languages;
mod lines;
mod names;
mod outline;
pub mod packages;
mod reader;
pub mod resolve;

use std::collections::BTreeSet;

use deepwiki_domain::{
    ArtefactKey,
    facts::{FileFacts, ShardFacts},
    manifest::{Shard, ShardFile},
};
use rayon::prelude::*;

use crate::{languages::Syntax, lines::Lines, names::NameHashes, reader::Facts};

pub use chunks::CHUNK_BUDGET;

/// Reads every file of a shard, in parallel, and gathers the names that occur in its text.
pub fn read_shard(shard: &Shard, key: ArtefactKey) -> ShardFacts {
    let read = |(mut files, mut names): (Vec<FileFacts>, NameHashes), file| {
        files.push(read_file(file));
        names.read(&file.text);
        (files, names)
    };
    let parts = shard.files.par_iter().fold(Default::default, read);
    let parts = parts.map(|(files, names)| (files, names.into_hashes()));
    let (files, mut names) = parts.reduce(Default::default, |mut all, part| {
        all.0.extend(part.0);
        all.1.extend(part.1);
        all
    });
    names.par_sort_unstable();
    names.dedup();
    ShardFacts {
        shard: key,
        files,
        names,
    }
}

/// Reads one file. Whatever its text, this gives what can be read from it.
pub fn read_file(file: &ShardFile) -> FileFacts {
    let text = file.text.as_str();
    let lines = Lines::of(text);
    let facts = read_text(file, &lines);
    let chunks = chunks::cut(&lines, &facts.definitions);
    FileFacts {
        path: file.path.clone(),
        blob: file.blob.clone(),
        language: file.language,
        role: file.role,
        lines: lines.count(),
        has_errors: facts.has_errors,
        doc: facts.doc,
        package: facts.package,
        definitions: facts.definitions,
        references: facts.references,
        imports: facts.imports,
        signals: facts.signals,
        chunks,
        manifest: packages::read(&file.path, text),
    }
}

fn read_text(file: &ShardFile, lines: &Lines) -> Facts {
    match languages::syntax(file.language, &file.path, &file.text) {
        Syntax::Tree(grammar) => {
            reader::read(grammar, file, lines).unwrap_or_else(|| outline::plain(&file.text, lines))
        }
        Syntax::Outline(scan) => scan(&file.text, lines),
    }
}

/// The languages that are read by their syntax, rather than as plain text: by id, sorted.
pub fn languages_read() -> BTreeSet<&'static str> {
    languages::read_by_syntax()
        .map(deepwiki_domain::Language::id)
        .collect()
}
