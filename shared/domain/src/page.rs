//! A wiki page as structure. Prose is kept as statements with their citations, and inline marks as types
//! rather than markup, so that nothing a repository says can become a link, a tag or a script.

use serde::{Deserialize, Serialize};

use crate::{Locale, RepoPath, Slug, facts::Lines, gate};

/// A page in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Its address.
    pub slug: Slug,
    /// Its title.
    pub title: String,
    /// The page above it; none for the first of the tree.
    pub parent: Option<Slug>,
    /// Its place in the whole, counted from 0.
    pub order: u32,
    /// Its language.
    pub locale: Locale,
    /// One or two sentences without markup.
    pub summary: String,
    /// Its text.
    pub sections: Vec<Section>,
    /// The files that it was made from, most telling first.
    pub sources: Vec<Citation>,
    /// Its diagrams; [`Block::Diagram`] counts into this list.
    pub diagrams: Vec<Diagram>,
    /// Other pages worth reading next.
    pub related: Vec<Slug>,
    /// Who wrote it: the writer's name and version.
    pub writer: String,
    /// What the publish gate found.
    pub validity: Validity,
}

impl Page {
    /// What stands below the title: the summary, unless the text begins with the same words.
    pub fn lead(&self) -> Option<&str> {
        let first = self.sections.first().and_then(|section| section.blocks.first());
        let statement = match first {
            Some(Block::Quote(statement)) => Some(statement),
            Some(Block::Paragraph(statements)) => statements.first(),
            _ => None,
        };
        let repeats = statement.is_some_and(|statement| gate::plain(&statement.text) == self.summary);
        Some(self.summary.as_str()).filter(|summary| !summary.is_empty() && !repeats)
    }
}

/// A part of a page under a heading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// Its address within the page.
    pub anchor: Slug,
    /// Its heading; empty for the opening part of a page.
    pub heading: Vec<Inline>,
    /// 2 for a section, 3 for a part of one.
    pub level: u8,
    /// Its content.
    pub blocks: Vec<Block>,
}

impl Section {
    /// Its words without marks, a line a sentence, for search.
    pub fn plain_text(&self) -> String {
        let mut lines = vec![gate::plain(&self.heading)];
        for block in &self.blocks {
            match block {
                Block::Paragraph(statements) => lines.extend(statements.iter().map(|s| gate::plain(&s.text))),
                Block::List { items, .. } => {
                    lines.extend(items.iter().flatten().map(|s| gate::plain(&s.text)))
                }
                Block::Quote(statement) => lines.push(gate::plain(&statement.text)),
                Block::Table { rows, .. } => {
                    lines.extend(rows.iter().map(|row| {
                        row.cells
                            .iter()
                            .map(|cell| gate::plain(cell))
                            .collect::<Vec<_>>()
                            .join(" ")
                    }));
                }
                Block::Code { .. } | Block::Diagram(_) | Block::Links(_) => {}
            }
        }
        lines.join("\n")
    }

    /// Every citation in it, in order.
    pub fn citations(&self) -> impl Iterator<Item = &Citation> {
        self.blocks.iter().flat_map(Block::citations)
    }
}

impl Block {
    /// Every citation in it, in order.
    pub fn citations(&self) -> Box<dyn Iterator<Item = &Citation> + '_> {
        match self {
            Self::Paragraph(statements) => Box::new(statements.iter().flat_map(|s| &s.citations)),
            Self::List { items, .. } => Box::new(items.iter().flatten().flat_map(|s| &s.citations)),
            Self::Table { rows, .. } => Box::new(rows.iter().flat_map(|row| &row.citations)),
            Self::Quote(statement) => Box::new(statement.citations.iter()),
            Self::Code { citation, .. } => Box::new(std::iter::once(citation)),
            Self::Diagram(_) | Self::Links(_) => Box::new(std::iter::empty()),
        }
    }
}

/// A paragraph-level element.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// Sentences.
    Paragraph(Vec<Statement>),
    /// A list; each item is some sentences.
    List {
        /// Whether the order matters.
        ordered: bool,
        /// The items.
        items: Vec<Vec<Statement>>,
    },
    /// A table. Each row is a statement of its own, its citations after the last cell.
    Table {
        /// Column headings.
        header: Vec<String>,
        /// Rows, each with as many cells as there are headings.
        rows: Vec<Row>,
    },
    /// Source text or commands, verbatim.
    Code {
        /// The language of the fence.
        language: String,
        /// The text.
        text: String,
        /// Where it stands.
        citation: Citation,
    },
    /// Words of the repository, marked as such.
    Quote(Statement),
    /// The diagram at this place of [`Page::diagrams`].
    Diagram(u32),
    /// Pages to go on to; navigation, not statements.
    Links(Vec<PageLink>),
}

/// One row of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The cells.
    pub cells: Vec<Vec<Inline>>,
    /// What they rest on.
    pub citations: Vec<Citation>,
}

/// A sentence, usually one fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// The sentence.
    pub text: Vec<Inline>,
    /// The lines that it rests on, the best first; empty only for sentences that state no fact.
    pub citations: Vec<Citation>,
}

impl Statement {
    /// Whether it ends as Japanese sentences do, by a mark of full width: nothing stands between it and the next.
    pub fn ends_wide(&self) -> bool {
        let ends = ['。', '！', '？', '」', '』', '）'];
        gate::plain(&self.text).trim_end().ends_with(ends)
    }
}

/// A piece of a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Inline {
    /// Plain words.
    Text(String),
    /// A name, path or command in code style.
    Code(String),
    /// Emphasised words.
    Strong(String),
    /// A link to another page of the wiki.
    Page(PageLink),
}

/// A link within the wiki.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageLink {
    /// The page.
    pub slug: Slug,
    /// The words of the link.
    pub text: String,
    /// What the page is about, where the link stands in a list.
    pub note: Option<String>,
}

/// Lines of a file at the wiki's commit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Citation {
    /// The file.
    pub path: RepoPath,
    /// First line, 1-based.
    pub start: u32,
    /// Last line, inclusive.
    pub end: u32,
}

impl Citation {
    /// These lines of this file.
    pub fn new(path: &RepoPath, lines: Lines) -> Self {
        Self {
            path: path.clone(),
            start: lines.start,
            end: lines.end,
        }
    }

    /// The range of lines.
    pub fn lines(&self) -> Lines {
        Lines {
            start: self.start,
            end: self.end,
        }
    }
}

impl std::fmt::Display for Citation {
    /// `path:start-end`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}-{}", self.path, self.start, self.end)
    }
}

/// A picture drawn from the graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagram {
    /// What it shows.
    pub kind: DiagramKind,
    /// Its caption.
    pub caption: String,
    /// Mermaid source.
    pub mermaid: String,
}

/// Kinds of diagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DiagramKind {
    /// Modules and who uses whom.
    ModuleMap,
    /// Types and how they hang together.
    ClassDiagram,
    /// What an entry point calls, in order.
    Sequence,
    /// Repositories and which depends on which.
    RepositoryMap,
}

/// What the publish gate found: on a page, or summed over a wiki.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validity {
    /// Citations that stand in the result.
    pub citations: u32,
    /// Of these, how many name an existing file and existing lines.
    pub resolved: u32,
    /// Of these, how many cite lines that bear a name which the sentence uses.
    pub supported: u32,
    /// Statements that were left out because they could not be shown to be true.
    pub dropped: u32,
    /// Statements that were mended.
    pub repaired: u32,
    /// Links between pages.
    pub links: u32,
    /// Of these, how many lead nowhere.
    pub dead_links: u32,
}

impl std::ops::AddAssign for Validity {
    fn add_assign(&mut self, other: Self) {
        self.citations += other.citations;
        self.resolved += other.resolved;
        self.supported += other.supported;
        self.dropped += other.dropped;
        self.repaired += other.repaired;
        self.links += other.links;
        self.dead_links += other.dead_links;
    }
}
