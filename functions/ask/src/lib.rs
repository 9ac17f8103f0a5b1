//! Answers questions from published wikis and their sources. Without a language model the answer is the best cited
//! passages, labelled as extracts; where nothing speaks of what is asked, it says so.

mod compose;
mod passages;
mod phrases;

use deepwiki_domain::{
    StageError,
    answer::{Answer, LONGEST_HISTORY, Question},
    repository::Repository,
    search::{LONGEST_QUERY, Query, QueryVector, coverage::Asked},
};
use deepwiki_ports::{ArtefactStore, Embedder, PageCatalog, Purpose, Result, SearchIndex, index::Searchable};

pub use passages::{Sources, highlights};

/// How many hits are read for an answer.
const HITS_READ: usize = 24;

/// A question of fewer telling words than this goes on from the one before it.
const FEWEST_WORDS: usize = 2;

/// What answering needs of the outside.
#[derive(Clone, Copy)]
pub struct AskPorts<'a> {
    /// Finds what may answer.
    pub search: &'a dyn SearchIndex,
    /// Turns the question into a vector; none where search is lexical.
    pub embedder: Option<&'a dyn Embedder>,
    /// Published manifests, sources and pages.
    pub artefacts: &'a dyn ArtefactStore,
    /// The list of pages.
    pub pages: &'a dyn PageCatalog,
    /// What this process has read before.
    pub sources: &'a Sources,
}

/// Answers from these repositories, which the caller has chosen by the asker's rights. Nothing else is searched.
pub async fn ask(question: &Question, repositories: &[Repository], ports: AskPorts<'_>) -> Result<Answer> {
    if question.is_too_long() {
        return Err(StageError::invalid(format!(
            "the question is too long: use {LONGEST_QUERY} characters at most, and {LONGEST_HISTORY} earlier questions"
        )));
    }
    let text = with_context(question);
    let query = Query {
        locale: common_locale(question, repositories),
        filter: question.filter.clone(),
        vector: query_vector(&text, ports.embedder).await,
        limit: HITS_READ,
        ..Query::new(&text)
    };
    let found = ports.search.search(&searchable(repositories), &query).await?;
    let passages = passages::read(&found.hits, repositories, question.locale(), ports).await?;
    let composed = compose::extracts(&Asked::of(&text), passages);
    Ok(Answer {
        question: question.text.clone(),
        language: question.locale(),
        status: composed.status,
        notice: phrases::notice(composed.status, question.locale()).to_owned(),
        passages: composed.passages,
        citations: composed.citations,
        semantic: found.semantic,
        refused: found.refused,
    })
}

/// What of these repositories can be searched.
fn searchable(repositories: &[Repository]) -> Vec<Searchable> {
    let of = |repository: &Repository| {
        let generation = repository.published.as_ref()?;
        Some(Searchable {
            repository: repository.id.clone(),
            commit: generation.commit.clone(),
            generation: generation.search.clone(),
        })
    };
    repositories.iter().filter_map(of).collect()
}

/// The question, with the one before it where it says little by itself (`and in Python?`).
fn with_context(question: &Question) -> String {
    let before = question.history.last();
    match before.filter(|_| Asked::of(&question.text).len() < FEWEST_WORDS) {
        Some(before) => {
            let text = format!("{} {before}", question.text);
            text.chars().take(LONGEST_QUERY).collect()
        }
        None => question.text.clone(),
    }
}

/// The language of pages to read: that of the answer where every repository has it, else any.
fn common_locale(question: &Question, repositories: &[Repository]) -> Option<deepwiki_domain::Locale> {
    let locale = question.locale();
    let mut published = repositories.iter().filter_map(|it| it.published.as_ref());
    published
        .all(|generation| generation.wikis.contains_key(&locale))
        .then_some(locale)
}

/// A query's text as a vector, where there is a model. Where the model fails, search goes on by words.
pub async fn query_vector(text: &str, embedder: Option<&dyn Embedder>) -> Option<QueryVector> {
    let embedder = embedder?;
    match embedder.embed(&[text.to_owned()], Purpose::Query).await {
        Ok(vectors) => vectors.into_iter().next().map(|values| QueryVector {
            model: embedder.model().to_owned(),
            values,
        }),
        Err(error) => {
            tracing::warn!(kind = error.kind.name(), detail = %error.detail, "the question was not embedded");
            None
        }
    }
}
