//! "This is wrong": a statement that a reader has flagged, and what became of it.

use serde::{Deserialize, Serialize};

use crate::{
    CommitId, Locale, RepositoryId, Slug, gate,
    id::CorrectionId,
    page::{Block, Citation, Page},
};

/// The longest reason, in characters.
pub const LONGEST_REASON: usize = 2_000;

/// The longest statement that is recorded, in characters; longer ones are cut.
pub const LONGEST_STATEMENT: usize = 4_000;

/// A flagged statement. It is found again in later builds by its page and its words, so that what was decided
/// survives them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// Follows from what is flagged and why ([`CorrectionId::of`]): the same flagged twice is one correction.
    pub id: CorrectionId,
    /// The repository.
    pub repository: RepositoryId,
    /// The page's language.
    pub language: Locale,
    /// The page.
    pub page: Slug,
    /// The statement's words without marks, as [`statements`] gives them.
    pub statement: String,
    /// What the statement rested on.
    pub citations: Vec<Citation>,
    /// The commit that it spoke of.
    pub commit: CommitId,
    /// What is wrong, in the reader's words. Data, never instructions.
    pub reason: String,
    /// The name of the principal who flagged it.
    pub reported_by: String,
    /// Seconds since 1970.
    pub reported_at: i64,
    /// How it stands.
    pub state: CorrectionState,
    /// Why it was decided so, once it was.
    pub decision: Option<Decision>,
}

/// How a correction stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum CorrectionState {
    /// Not checked yet; readers are told that the statement is in doubt.
    Open,
    /// The reader is right: the statement is not published again.
    Upheld,
    /// The statement holds.
    Rejected,
}

impl CorrectionState {
    /// A stable name, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Upheld => "upheld",
            Self::Rejected => "rejected",
        }
    }

    /// The state of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Open, Self::Upheld, Self::Rejected]
            .into_iter()
            .find(|state| state.name() == name)
    }
}

/// Why a correction was upheld or rejected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Who decided: a principal's name, or the check that did.
    pub by: String,
    /// Seconds since 1970.
    pub at: i64,
    /// One or two sentences for the reader.
    pub note: String,
}

impl CorrectionId {
    /// The id of flagging this statement for this reason.
    pub fn of(
        repository: &RepositoryId,
        language: Locale,
        page: &Slug,
        statement: &str,
        reason: &str,
    ) -> Self {
        let parts = [
            repository.as_str(),
            language.tag(),
            page.as_str(),
            statement,
            reason,
        ];
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        Self::from_digest(hasher.finalize().to_hex().as_str())
    }
}

/// Every statement of a page: its words without marks and with single spaces, and what it rests on. A row of a table is
/// one statement.
pub fn statements(page: &Page) -> Vec<(String, &[Citation])> {
    let mut found: Vec<(String, &[Citation])> = Vec::new();
    for block in page.sections.iter().flat_map(|section| &section.blocks) {
        match block {
            Block::Paragraph(statements) => {
                found.extend(
                    statements
                        .iter()
                        .map(|it| (words(&gate::plain(&it.text)), it.citations.as_slice())),
                );
            }
            Block::List { items, .. } => {
                let statements = items.iter().flatten();
                found.extend(statements.map(|it| (words(&gate::plain(&it.text)), it.citations.as_slice())));
            }
            Block::Quote(it) => found.push((words(&gate::plain(&it.text)), it.citations.as_slice())),
            Block::Table { rows, .. } => found.extend(rows.iter().map(|row| {
                let cells: Vec<String> = row.cells.iter().map(|cell| gate::plain(cell)).collect();
                (words(&cells.join(" ")), row.citations.as_slice())
            })),
            Block::Code { .. } | Block::Diagram(_) | Block::Links(_) => {}
        }
    }
    found
}

/// The statement of a page that has these words, however they are spaced.
pub fn find_statement<'a>(page: &'a Page, wanted: &str) -> Option<(String, &'a [Citation])> {
    let wanted = words(wanted);
    statements(page)
        .into_iter()
        .find(|(statement, _)| *statement == wanted)
}

/// The words with single spaces between them, and no longer than [`LONGEST_STATEMENT`].
fn words(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(LONGEST_STATEMENT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        RepoPath,
        page::{Inline, Row, Section, Statement, Validity},
    };

    fn at(start: u32) -> Vec<Citation> {
        vec![Citation {
            path: RepoPath::new("src/a.rs").unwrap(),
            start,
            end: start,
        }]
    }

    fn page() -> Page {
        let statement = |text: &str, line| Statement {
            text: vec![Inline::Text(text.to_owned()), Inline::Code("open()".to_owned())],
            citations: at(line),
        };
        let blocks = vec![
            Block::Paragraph(vec![statement("It calls ", 1), statement("Then\n it  calls ", 2)]),
            Block::List {
                ordered: false,
                items: vec![vec![statement("A step: ", 3)]],
            },
            Block::Table {
                header: vec!["Name".into(), "What".into()],
                rows: vec![Row {
                    cells: vec![
                        vec![Inline::Code("retry".into())],
                        vec![Inline::Text("how often".into())],
                    ],
                    citations: at(4),
                }],
            },
        ];
        Page {
            slug: Slug::from_text("overview"),
            title: "Overview".into(),
            parent: None,
            order: 0,
            locale: Locale::En,
            summary: String::new(),
            sections: vec![Section {
                anchor: Slug::from_text("a"),
                heading: Vec::new(),
                level: 2,
                blocks,
            }],
            sources: Vec::new(),
            diagrams: Vec::new(),
            related: Vec::new(),
            writer: "structural 1".into(),
            validity: Validity::default(),
        }
    }

    #[test]
    fn each_statement_is_found_by_its_words() {
        let page = page();
        for (words, line) in [
            ("It calls open()", 1),
            (" Then it calls\topen() ", 2),
            ("A step: open()", 3),
            ("retry how often", 4),
        ] {
            let (_, citations) = find_statement(&page, words).unwrap();
            assert_eq!(citations, at(line), "{words}");
        }
        assert_eq!(find_statement(&page, "It calls close()"), None);
    }

    #[test]
    fn an_id_tells_apart_what_is_flagged_and_why() {
        let repository = RepositoryId::new("demo-1").unwrap();
        let page = Slug::from_text("overview");
        let id = |statement, reason| CorrectionId::of(&repository, Locale::En, &page, statement, reason);
        assert_eq!(id("a", "b"), id("a", "b"));
        assert_ne!(id("a", "b"), id("ab", ""));
        assert_eq!(
            CorrectionId::new(id("a", "b").as_str()).as_ref(),
            Ok(&id("a", "b"))
        );
    }
}
