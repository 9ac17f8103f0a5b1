//! The publish gate: what may stand on a page.
//!
//! A statement stays only if every lines it cites exist and bear at least one name that the sentence uses, and
//! every name in code style exists in the repository. A link stays only if its page exists. What fails
//! is mended where the mend is certain (a range that ends past the last line, one of several citations that shows
//! nothing) and dropped otherwise.

use std::collections::BTreeSet;

use crate::{
    RepoPath, Slug,
    facts::{self, Lines},
    page::{Block, Citation, Inline, Page, PageLink, Row, Section, Statement, Validity},
};

/// Words that any lines bear, and that therefore show nothing.
const STOP_WORDS: [&str; 32] = [
    "a", "an", "and", "are", "as", "at", "be", "by", "can", "for", "from", "has", "have", "if", "in", "is",
    "it", "its", "not", "of", "on", "or", "see", "so", "that", "the", "this", "to", "used", "with", "when",
    "which",
];

/// What the gate knows of the repository at the wiki's commit.
pub trait Evidence {
    /// How many lines a file has; none where there is no such file.
    fn line_count(&self, path: &RepoPath) -> Option<u32>;

    /// The text of these lines, where they exist.
    fn text(&self, path: &RepoPath, lines: Lines) -> Option<&str>;

    /// Whether the name occurs anywhere in the repository.
    fn has_name(&self, name: &str) -> bool;

    /// Whether a file or folder of this path exists.
    fn has_path(&self, path: &str) -> bool;

    /// Whether the wiki has this page.
    fn has_page(&self, slug: &Slug) -> bool;
}

/// Something that the gate does not let pass, told so that a writer can mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The sentence.
    pub statement: String,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What can be wrong with a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It cites nothing.
    Uncited,
    /// No such file.
    NoSuchFile(RepoPath),
    /// The file has no such lines.
    NoSuchLines(Citation),
    /// The lines bear none of the sentence's names.
    Unsupported(Citation),
    /// A name in code style that the repository does not have.
    UnknownName(String),
}

/// Drops from the page what does not hold, recounts its validity, and tells what was dropped.
pub fn enforce(page: &mut Page, evidence: &dyn Evidence) -> Vec<Violation> {
    let mut gate = Gate {
        evidence,
        validity: Validity::default(),
        violations: Vec::new(),
    };
    for section in &mut page.sections {
        section.blocks = std::mem::take(&mut section.blocks)
            .into_iter()
            .filter_map(|block| gate.block(block))
            .collect();
    }
    page.sections = drop_empty_sections(std::mem::take(&mut page.sections));
    page.related.retain(|slug| evidence.has_page(slug));
    gate.validity.links += u32::try_from(page.related.len()).unwrap_or(u32::MAX);
    page.sources.retain(|source| gate.existing(source).is_some());
    page.validity = gate.validity;
    gate.violations
}

/// A single statement as the gate lets it pass, with what is certain mended, or its first fault.
pub fn check(statement: Statement, evidence: &dyn Evidence) -> Result<Statement, Fault> {
    let gate = Gate {
        evidence,
        validity: Validity::default(),
        violations: Vec::new(),
    };
    let (citations, _) = gate.check(&statement)?;
    Ok(Statement {
        citations,
        ..statement
    })
}

/// A section without content goes, unless parts of it follow.
fn drop_empty_sections(sections: Vec<Section>) -> Vec<Section> {
    let mut kept: Vec<Section> = Vec::with_capacity(sections.len());
    for section in sections.into_iter().rev() {
        let has_parts = kept.last().is_some_and(|next| next.level > section.level);
        if !section.blocks.is_empty() || has_parts {
            kept.push(section);
        }
    }
    kept.reverse();
    kept
}

struct Gate<'a> {
    evidence: &'a dyn Evidence,
    validity: Validity,
    violations: Vec<Violation>,
}

impl Gate<'_> {
    fn block(&mut self, block: Block) -> Option<Block> {
        match block {
            Block::Paragraph(statements) => self.statements(statements).map(Block::Paragraph),
            Block::List { ordered, items } => {
                let items: Vec<_> = items
                    .into_iter()
                    .filter_map(|item| self.statements(item))
                    .collect();
                (!items.is_empty()).then_some(Block::List { ordered, items })
            }
            Block::Table { header, rows } => {
                let rows: Vec<_> = rows.into_iter().filter_map(|row| self.row(row)).collect();
                (!rows.is_empty()).then_some(Block::Table { header, rows })
            }
            Block::Quote(statement) => self.statement(statement).map(Block::Quote),
            Block::Code {
                language,
                text,
                citation,
            } => {
                let citation = self.existing(&citation)?;
                self.validity.citations += 1;
                self.validity.resolved += 1;
                self.validity.supported += 1;
                Some(Block::Code {
                    language,
                    text,
                    citation,
                })
            }
            Block::Diagram(index) => Some(Block::Diagram(index)),
            Block::Links(links) => {
                let links: Vec<_> = links.into_iter().filter(|link| self.link(link)).collect();
                (!links.is_empty()).then_some(Block::Links(links))
            }
        }
    }

    fn statements(&mut self, statements: Vec<Statement>) -> Option<Vec<Statement>> {
        let kept: Vec<_> = statements
            .into_iter()
            .filter_map(|statement| self.statement(statement))
            .collect();
        (!kept.is_empty()).then_some(kept)
    }

    fn row(&mut self, row: Row) -> Option<Row> {
        let flat: Vec<Inline> = row.cells.iter().flatten().cloned().collect();
        let checked = self.statement(Statement {
            text: flat,
            citations: row.citations,
        })?;
        let cells = row.cells.into_iter().map(|cell| self.mend_links(cell)).collect();
        Some(Row {
            cells,
            citations: checked.citations,
        })
    }

    fn statement(&mut self, statement: Statement) -> Option<Statement> {
        match self.check(&statement) {
            Ok((citations, mended)) => {
                let count = u32::try_from(citations.len()).unwrap_or(u32::MAX);
                self.validity.citations += count;
                self.validity.resolved += count;
                self.validity.supported += count;
                self.validity.repaired += u32::from(mended);
                let text = self.mend_links(statement.text);
                Some(Statement { text, citations })
            }
            Err(fault) => {
                self.validity.dropped += 1;
                self.violations.push(Violation {
                    statement: plain(&statement.text),
                    fault,
                });
                None
            }
        }
    }

    /// The statement's citations, mended where needed, or the first fault.
    fn check(&self, statement: &Statement) -> Result<(Vec<Citation>, bool), Fault> {
        if statement.citations.is_empty() {
            return Err(Fault::Uncited);
        }
        if let Some(name) = self.unknown_name(&statement.text) {
            return Err(Fault::UnknownName(name));
        }
        let names = self.sentence_names(&statement.text);
        let mut citations = Vec::with_capacity(statement.citations.len());
        let mut mended = false;
        let mut unsupported = None;
        for citation in &statement.citations {
            let existing =
                self.existing(citation)
                    .ok_or_else(|| match self.evidence.line_count(&citation.path) {
                        None => Fault::NoSuchFile(citation.path.clone()),
                        Some(_) => Fault::NoSuchLines(citation.clone()),
                    })?;
            let lines = self.evidence.text(&existing.path, existing.lines());
            if !lines.is_some_and(|lines| bears_a_name(lines, &names)) {
                unsupported.get_or_insert(existing);
                mended = true;
                continue;
            }
            mended |= existing != *citation;
            if !citations.contains(&existing) {
                citations.push(existing);
            }
        }
        // One of several citations that shows nothing is taken out; the others carry the sentence.
        if let Some(unsupported) = unsupported.filter(|_| citations.is_empty()) {
            return Err(Fault::Unsupported(unsupported));
        }
        Ok((citations, mended))
    }

    /// The citation with its range cut to the file, where any of it exists.
    fn existing(&self, citation: &Citation) -> Option<Citation> {
        let last = self.evidence.line_count(&citation.path)?;
        let start_exists = citation.start >= 1 && citation.start <= last && citation.start <= citation.end;
        start_exists.then(|| Citation {
            end: citation.end.min(last),
            ..citation.clone()
        })
    }

    fn unknown_name(&self, text: &[Inline]) -> Option<String> {
        self.code_names(text)
            .find(|name| !self.evidence.has_name(name))
            .map(str::to_owned)
    }

    /// The names in code style. A path that exists is not one: it is not expected to stand in its own lines.
    fn code_names<'t>(&self, text: &'t [Inline]) -> impl Iterator<Item = &'t str> {
        text.iter()
            .filter_map(|inline| match inline {
                Inline::Code(code) if !self.evidence.has_path(code.trim_end_matches('/')) => {
                    Some(code.as_str())
                }
                _ => None,
            })
            .flat_map(facts::names)
    }

    /// What the cited lines have to bear: the names in code style; where the sentence has none, its words (a
    /// quotation proves itself by the words that it takes from its lines).
    fn sentence_names(&self, text: &[Inline]) -> BTreeSet<String> {
        let code: BTreeSet<String> = self.code_names(text).map(str::to_lowercase).collect();
        if !code.is_empty() {
            return code;
        }
        let all = plain(text);
        facts::names(&all)
            .map(str::to_lowercase)
            .filter(|word| !STOP_WORDS.contains(&word.as_str()))
            .collect()
    }

    fn mend_links(&mut self, text: Vec<Inline>) -> Vec<Inline> {
        let mend = |inline| match inline {
            Inline::Page(link) if !self.link(&link) => Inline::Text(link.text),
            other => other,
        };
        text.into_iter().map(mend).collect()
    }

    /// Counts a link that holds; one that does not is taken out, so that none is ever dead.
    fn link(&mut self, link: &PageLink) -> bool {
        let holds = self.evidence.has_page(&link.slug);
        self.validity.links += u32::from(holds);
        holds
    }
}

/// The sentence without marks.
pub fn plain(text: &[Inline]) -> String {
    text.iter()
        .map(|inline| match inline {
            Inline::Text(text) | Inline::Code(text) | Inline::Strong(text) => text.as_str(),
            Inline::Page(link) => link.text.as_str(),
        })
        .collect()
}

fn bears_a_name(lines: &str, names: &BTreeSet<String>) -> bool {
    facts::names(lines).any(|name| names.contains(&name.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::Locale;

    struct Files(BTreeMap<&'static str, &'static str>);

    impl Evidence for Files {
        fn line_count(&self, path: &RepoPath) -> Option<u32> {
            self.0.get(path.as_str()).map(|text| text.lines().count() as u32)
        }
        fn text(&self, path: &RepoPath, lines: Lines) -> Option<&str> {
            let text = self.0.get(path.as_str())?;
            let start: usize = text
                .split_inclusive('\n')
                .take(lines.start as usize - 1)
                .map(str::len)
                .sum();
            let end: usize = text
                .split_inclusive('\n')
                .take(lines.end as usize)
                .map(str::len)
                .sum();
            text.get(start..end)
        }
        fn has_name(&self, name: &str) -> bool {
            self.0
                .values()
                .any(|text| facts::names(text).any(|known| known == name))
        }
        fn has_path(&self, path: &str) -> bool {
            self.0.keys().any(|known| *known == path)
        }
        fn has_page(&self, slug: &Slug) -> bool {
            slug.as_str() == "overview"
        }
    }

    fn files() -> Files {
        Files(BTreeMap::from([(
            "src/lib.rs",
            "pub fn parse() {}\npub struct Parser;\n",
        )]))
    }

    fn cite(path: &str, start: u32, end: u32) -> Citation {
        Citation {
            path: RepoPath::new(path).unwrap(),
            start,
            end,
        }
    }

    fn says(text: Vec<Inline>, citations: Vec<Citation>) -> Statement {
        Statement { text, citations }
    }

    fn code(text: &str) -> Inline {
        Inline::Code(text.to_owned())
    }

    fn page(statements: Vec<Statement>) -> Page {
        Page {
            slug: Slug::from_text("p"),
            title: "p".into(),
            parent: None,
            order: 0,
            locale: Locale::En,
            summary: String::new(),
            sections: vec![Section {
                anchor: Slug::from_text("s"),
                heading: vec![],
                level: 2,
                blocks: statements
                    .into_iter()
                    .map(|s| Block::Paragraph(vec![s]))
                    .collect(),
            }],
            sources: vec![cite("src/lib.rs", 1, 2), cite("gone.rs", 1, 1)],
            diagrams: vec![],
            related: vec![Slug::from_text("overview"), Slug::from_text("gone")],
            writer: "test".into(),
            validity: Validity::default(),
        }
    }

    #[test]
    fn each_fault_is_caught_and_what_holds_stays() {
        let faulty = [
            (says(vec![code("parse")], vec![]), Fault::Uncited),
            (
                says(vec![code("parse")], vec![cite("gone.rs", 1, 1)]),
                Fault::NoSuchFile(RepoPath::new("gone.rs").unwrap()),
            ),
            (
                says(vec![code("parse")], vec![cite("src/lib.rs", 3, 3)]),
                Fault::NoSuchLines(cite("src/lib.rs", 3, 3)),
            ),
            (
                says(vec![code("parse")], vec![cite("src/lib.rs", 0, 1)]),
                Fault::NoSuchLines(cite("src/lib.rs", 0, 1)),
            ),
            (
                says(vec![code("parse")], vec![cite("src/lib.rs", 2, 1)]),
                Fault::NoSuchLines(cite("src/lib.rs", 2, 1)),
            ),
            (
                says(vec![code("parse")], vec![cite("src/lib.rs", 2, 2)]),
                Fault::Unsupported(cite("src/lib.rs", 2, 2)),
            ),
            (
                says(vec![code("parse_all")], vec![cite("src/lib.rs", 1, 1)]),
                Fault::UnknownName("parse_all".into()),
            ),
            (
                says(
                    vec![code("parse"), Inline::Text(" and ".into()), code("invented()")],
                    vec![cite("src/lib.rs", 1, 1)],
                ),
                Fault::UnknownName("invented".into()),
            ),
        ];
        for (statement, fault) in faulty {
            let mut page = page(vec![statement]);
            let violations = enforce(&mut page, &files());
            assert_eq!(violations.iter().map(|v| &v.fault).collect::<Vec<_>>(), [&fault]);
            assert!(page.sections.is_empty());
            assert_eq!((page.validity.dropped, page.validity.citations), (1, 0));
        }
        let mut sound = page(vec![says(
            vec![code("Parser"), Inline::Text(" is here".into())],
            vec![cite("src/lib.rs", 1, 9)],
        )]);
        assert_eq!(enforce(&mut sound, &files()), []);
        let validity = sound.validity;
        assert_eq!(
            (
                validity.citations,
                validity.resolved,
                validity.supported,
                validity.repaired
            ),
            (1, 1, 1, 1)
        );
        assert_eq!((validity.links, validity.dead_links), (1, 0));
        assert_eq!(sound.sources.len(), 1);
        let Some(Block::Paragraph(statements)) = sound.sections[0].blocks.first() else {
            panic!("a paragraph")
        };
        assert_eq!(statements[0].citations, [cite("src/lib.rs", 1, 2)]);
    }

    #[test]
    fn a_quotation_without_names_must_share_words_with_its_lines() {
        let quote = |text: &str| says(vec![Inline::Text(text.into())], vec![cite("src/lib.rs", 1, 2)]);
        assert_eq!(enforce(&mut page(vec![quote("the struct of it")]), &files()), []);
        assert_eq!(
            enforce(&mut page(vec![quote("something else entirely")]), &files()).len(),
            1
        );
    }
}
