//! Answers questions from published wikis and their sources. With a language model its sentences are the answer, each
//! checked against the lines that it cites; without one, or where it fails, the answer is the best cited passages, labelled
//! as extracts. Where nothing speaks of what is asked, it says so.

mod compose;
mod model;
mod passages;
mod phrases;

use deepwiki_domain::{
    StageError,
    answer::{Answer, AnswerPart, AnswerStatus, LONGEST_HISTORY, Question},
    repository::Repository,
    search::{LONGEST_QUERY, Query, QueryVector, Refused, coverage::Asked},
};
use deepwiki_ports::{
    ArtefactStore, Embedder, LanguageModel, PageCatalog, Purpose, Result, SearchIndex, index::Searchable,
};

use self::model::{Answerer, Composition};

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
    /// Composes answers; none where answers are extracts.
    pub model: Option<&'a dyn LanguageModel>,
}

/// Gets the parts of an answer as soon as each is certain: steps, and passages with their citations before them.
pub type OnPart<'a> = dyn FnMut(AnswerPart) + Send + 'a;

/// Answers from these repositories, which the caller has chosen by the asker's rights. Nothing else is searched.
pub async fn ask(question: &Question, repositories: &[Repository], ports: AskPorts<'_>) -> Result<Answer> {
    ask_in_parts(question, repositories, ports, &mut |_| {}).await
}

/// The same, with each part told as soon as it is certain. What was told stands in the answer, in the same order.
pub async fn ask_in_parts(
    question: &Question,
    repositories: &[Repository],
    ports: AskPorts<'_>,
    on_part: &mut OnPart<'_>,
) -> Result<Answer> {
    if question.is_too_long() {
        return Err(StageError::invalid(format!(
            "the question is too long: use {LONGEST_QUERY} characters at most, and {LONGEST_HISTORY} earlier questions"
        )));
    }
    let composition = match ports.model {
        Some(model) => {
            Answerer::new(question, repositories, ports, model, on_part)
                .answer()
                .await?
        }
        None => without_model(question, repositories, ports, on_part).await?,
    };
    let (composed, locale) = (composition.composed, question.locale());
    let composed_by = ports.model.filter(|_| composed.status == AnswerStatus::Composed);
    Ok(Answer {
        question: question.text.clone(),
        language: locale,
        status: composed.status,
        notice: phrases::notice(composed.status, locale).to_owned(),
        passages: composed.passages,
        citations: composed.citations,
        semantic: composition.semantic,
        refused: composition.refused,
        steps: composition.steps,
        model: composed_by.map(|model| model.card().id.clone()),
        spent: composition.spent,
    })
}

/// The best passages as they stand.
async fn without_model(
    question: &Question,
    repositories: &[Repository],
    ports: AskPorts<'_>,
    on_part: &mut OnPart<'_>,
) -> Result<Composition> {
    let text = with_context(question);
    let retrieved = retrieve(&text, question, repositories, ports).await?;
    let composed = compose::extracts(&Asked::of(&text), retrieved.found);
    compose::tell(&composed, on_part);
    Ok(Composition {
        composed,
        semantic: retrieved.semantic,
        refused: retrieved.refused,
        ..Composition::default()
    })
}

/// What a search for a text came to.
struct Retrieved {
    found: Vec<passages::Found>,
    semantic: bool,
    refused: Vec<Refused>,
}

/// Searches for a text where the question may look, and reads what is found.
async fn retrieve(
    text: &str,
    question: &Question,
    repositories: &[Repository],
    ports: AskPorts<'_>,
) -> Result<Retrieved> {
    let query = Query {
        locale: common_locale(question, repositories),
        filter: question.filter.clone(),
        vector: query_vector(text, ports.embedder).await,
        limit: HITS_READ,
        ..Query::new(text)
    };
    let found = ports.search.search(&searchable(repositories), &query).await?;
    Ok(Retrieved {
        found: passages::read(&found.hits, repositories, question.locale(), ports).await?,
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
