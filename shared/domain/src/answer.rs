//! What a question is answered with: passages with the lines that each rests on.

use serde::{Deserialize, Serialize};

use crate::{
    CommitId, Language, Locale, RepoPath, RepositoryId, Slug,
    model::Spent,
    search::{Filter, LONGEST_QUERY, Refused},
};

/// The most earlier questions that a question comes with.
pub const LONGEST_HISTORY: usize = 20;

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// What is asked, at most [`LONGEST_QUERY`] characters.
    pub text: String,
    /// What was asked before in the same conversation, oldest first.
    #[serde(default)]
    pub history: Vec<String>,
    /// The language of the answer; that of the question where none is named.
    #[serde(default)]
    pub locale: Option<Locale>,
    /// Where to look.
    #[serde(default)]
    pub filter: Filter,
    /// Whether to look into it at length: sub-questions are planned, each is answered, and a report is made of it.
    /// Needs a model; without one it is answered like any other question.
    #[serde(default)]
    pub research: bool,
}

impl Question {
    /// A first question that is restricted to nothing.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            history: Vec::new(),
            locale: None,
            filter: Filter::default(),
            research: false,
        }
    }

    /// The language to answer in.
    pub fn locale(&self) -> Locale {
        let is_japanese = |c: char| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}');
        let of_text = if self.text.contains(is_japanese) {
            Locale::Ja
        } else {
            Locale::En
        };
        self.locale.unwrap_or(of_text)
    }

    /// Whether it is too long to be asked.
    pub fn is_too_long(&self) -> bool {
        let is_long = |text: &String| text.chars().count() > LONGEST_QUERY;
        is_long(&self.text) || self.history.len() > LONGEST_HISTORY || self.history.iter().any(is_long)
    }
}

/// An answer. Every passage either stands in the sources as it is, or is a sentence of a model that was checked against
/// the lines that it cites.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// What was asked.
    pub question: String,
    /// The language of what is said around the passages.
    pub language: Locale,
    /// What kind of answer it is.
    pub status: AnswerStatus,
    /// One sentence to show with it: that these are extracts, or that nothing was found.
    pub notice: String,
    /// The answer, in reading order; empty where nothing was found.
    pub passages: Vec<Passage>,
    /// What the passages rest on, in order of their numbers.
    pub citations: Vec<AnswerCitation>,
    /// Whether meaning was compared too; otherwise passages share words with the question.
    pub semantic: bool,
    /// Repositories that could not be searched.
    pub refused: Vec<Refused>,
    /// What was done for it, in order; empty where it took a search alone.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// The model that composed it, where one did.
    #[serde(default)]
    pub model: Option<String>,
    /// What models took for it.
    #[serde(default)]
    pub spent: Spent,
}

/// A part of an answer, told as soon as it is certain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnswerPart {
    /// What is done now.
    Step(Step),
    /// Lines that a passage after it rests on.
    Citation(AnswerCitation),
    /// A passage; its citations were told before.
    Passage(Passage),
}

/// Something that is done for an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What it is.
    pub kind: StepKind,
    /// The query, the sub-question, or how many of something; plain text of at most [`LONGEST_QUERY`] characters.
    pub text: String,
}

/// Kinds of step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// A search for the text begins.
    Search,
    /// The text is a sub-question that will be looked into.
    Plan,
    /// The sub-question of the text is looked into.
    Read,
    /// The answer, or the report, is written.
    Write,
}

impl StepKind {
    /// A stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Search => "search",
            Self::Plan => "plan",
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// Kinds of answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnswerStatus {
    /// Sentences of a model, each checked against the lines that it cites.
    Composed,
    /// Passages as they stand in wiki and sources.
    Extracts,
    /// The sources do not answer it.
    NotFound,
}

impl AnswerStatus {
    /// A stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Composed => "composed",
            Self::Extracts => "extracts",
            Self::NotFound => "not-found",
        }
    }
}

/// A part of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    /// Where it is from: a page and its section, or a definition. For a composed answer the sub-question that it belongs
    /// to, or nothing.
    pub title: String,
    /// Plain text without markup, or source lines verbatim.
    pub text: String,
    /// The language of the text where it is source; none where it is prose.
    pub code: Option<CodeForm>,
    /// Numbers of the citations that it rests on, the best first; at least one.
    pub citations: Vec<u32>,
}

/// Text that is source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeForm {
    /// Its language, where known.
    pub language: Option<Language>,
}

/// Lines that a passage rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerCitation {
    /// Counted from 1.
    pub number: u32,
    /// The repository.
    pub repository: RepositoryId,
    /// The commit that the lines belong to.
    pub commit: CommitId,
    /// The file.
    pub path: RepoPath,
    /// First line, 1-based.
    pub start: u32,
    /// Last line, inclusive.
    pub end: u32,
    /// The page that speaks of it.
    pub page: Option<Slug>,
    /// The address within that page, where the passage is a page's section.
    pub section: Option<Slug>,
}
