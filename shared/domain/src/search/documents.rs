//! What of a repository can be found: chunks of source, definitions, and sections of pages.

use std::collections::BTreeSet;

use super::Document;
use crate::{
    facts::{Definition, FileFacts, Lines, SymbolKind},
    manifest::Role,
    page::Page,
};

/// A document of a file, with the definition that it is, or is part of (index into [`FileFacts::definitions`]).
#[derive(Debug, Clone, PartialEq)]
pub struct SourceDocument {
    /// The document, without page, vector and rank.
    pub document: Document,
    /// Its definition.
    pub definition: Option<u32>,
}

/// One document a section that cites something; the first citation is where it leads.
pub fn of_page(page: &Page) -> impl Iterator<Item = Document> {
    page.sections.iter().filter_map(|section| {
        let at = section.citations().next()?;
        Some(Document {
            path: at.path.clone(),
            start: at.start,
            end: at.end,
            symbol: None,
            kind: None,
            language: None,
            role: Role::Doc,
            page: Some(page.slug.clone()),
            section: Some(section.anchor.clone()),
            locale: Some(page.locale),
            text: format!("{}\n{}", page.title, section.plain_text()),
            vector: None,
            rank: 0.5,
        })
    })
}

/// One document a chunk of the file, and one a definition that shares its chunk with others.
pub fn of_file(text: &str, facts: &FileFacts) -> Vec<SourceDocument> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut documents = Vec::new();
    let mut found = BTreeSet::new();
    for chunk in &facts.chunks {
        let start = usize::try_from(chunk.lines.start)
            .unwrap_or(usize::MAX)
            .saturating_sub(1);
        let end = usize::try_from(chunk.lines.end).unwrap_or(usize::MAX);
        let Some(body) = lines.get(start..end) else {
            continue;
        };
        let whole = chunk.definition.filter(|at| is_whole(facts, *at, chunk.lines));
        found.extend(whole);
        let mut piece = document(facts, chunk.lines, chunk.definition, body.concat());
        // A piece of a definition bears its name but is not what a search for the name wants.
        piece.document.kind = piece.document.kind.filter(|_| whole.is_some());
        documents.push(piece);
    }
    // Small definitions share a chunk; each is found by its own name and documentation all the same.
    for (at, definition) in (0u32..).zip(&facts.definitions) {
        if !found.contains(&at) && is_findable(definition) {
            let doc = definition
                .doc
                .as_ref()
                .map(|doc| doc.text.as_str())
                .unwrap_or_default();
            let card = format!("{}\n{doc}", definition.signature);
            documents.push(document(facts, definition.lines, Some(at), card));
        }
    }
    documents
}

fn document(facts: &FileFacts, lines: Lines, at: Option<u32>, text: String) -> SourceDocument {
    let definition = at.and_then(|at| facts.definitions.get(at as usize));
    SourceDocument {
        document: Document {
            path: facts.path.clone(),
            start: lines.start,
            end: lines.end,
            symbol: definition.map(|definition| qualified(facts, definition)),
            kind: definition.map(|definition| definition.kind),
            language: facts.language,
            role: facts.role,
            page: None,
            section: None,
            locale: None,
            text,
            vector: None,
            rank: 0.0,
        },
        definition: at,
    }
}

/// Whether these lines hold all of a definition.
fn is_whole(facts: &FileFacts, definition: u32, lines: Lines) -> bool {
    facts
        .definitions
        .get(definition as usize)
        .is_some_and(|definition| lines.contains(definition.lines))
}

/// Whether somebody may look for a definition by its name.
fn is_findable(definition: &Definition) -> bool {
    !matches!(
        definition.kind,
        SymbolKind::Field
            | SymbolKind::Variant
            | SymbolKind::Section
            | SymbolKind::Entry
            | SymbolKind::Implementation
    )
}

/// The definition's name with those of the definitions around it: `net.Parser.parse`.
fn qualified(facts: &FileFacts, definition: &Definition) -> String {
    let mut parts = vec![definition.name.as_str()];
    let mut at = definition;
    while let Some(container) = at.container.and_then(|at| facts.definitions.get(at as usize)) {
        let name = match container.kind {
            SymbolKind::Implementation => container.owner.as_deref().unwrap_or_default(),
            _ => container.name.as_str(),
        };
        if !name.is_empty() {
            parts.push(name);
        }
        at = container;
    }
    if parts.len() == 1
        && let Some(owner) = definition.owner.as_deref()
    {
        parts.push(owner);
    }
    parts.reverse();
    parts.join(".")
}
