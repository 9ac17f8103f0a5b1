//! Answers in a model's words. What was found goes to the model under names, its sentences come back with the names
//! they rest on, and each is checked before anybody sees it. A sentence that fails is asked for once more, then falls
//! away; an answer of which nothing holds is none.

mod draft;
mod evidence;
mod lines;
mod prompt;
mod research;
mod shown;
mod tally;

use std::collections::BTreeSet;

use deepwiki_domain::{
    Locale, StageError,
    answer::{AnswerPart, AnswerStatus, Question, Step, StepKind},
    model::{Prompt, Spent, Stop},
    repository::Repository,
    search::{LONGEST_QUERY, Refused, coverage::Asked},
};
use deepwiki_model::{Claim, Objection, accept, read_object};
use deepwiki_ports::{LanguageModel, Result};
use serde_json::Value;

use self::{draft::Draft, lines::Reply, shown::Shown, tally::Tally};
use crate::{
    AskPorts, OnPart,
    compose::{self, Composed},
    passages::Found,
    retrieve,
};

/// Queries that a question is looked for by beside its own words.
const MOST_QUERIES: usize = 3;

/// What a question must find by its own words to need no others: a passage that speaks of this share of it.
const CLEAR: f32 = 0.8;

/// An answer has citations of so many places at least, where there are as many.
const FEWEST_CITATIONS: usize = 3;

/// What came of a question, and what was done for it.
#[derive(Debug, Default)]
pub(crate) struct Composition {
    pub(crate) composed: Composed,
    pub(crate) steps: Vec<Step>,
    pub(crate) spent: Spent,
    pub(crate) semantic: bool,
    pub(crate) refused: Vec<Refused>,
}

/// Answers one question. Its parts are told as they become certain.
pub(crate) struct Answerer<'a> {
    question: &'a Question,
    repositories: &'a [Repository],
    ports: AskPorts<'a>,
    model: Tally<'a>,
    on_part: &'a mut OnPart<'a>,
    steps: Vec<Step>,
    semantic: bool,
    refused: Vec<Refused>,
}

impl<'a> Answerer<'a> {
    pub(crate) fn new(
        question: &'a Question,
        repositories: &'a [Repository],
        ports: AskPorts<'a>,
        model: &'a dyn LanguageModel,
        on_part: &'a mut OnPart<'a>,
    ) -> Self {
        Self {
            question,
            repositories,
            ports,
            model: Tally::new(model),
            on_part,
            steps: Vec::new(),
            semantic: false,
            refused: Vec::new(),
        }
    }

    /// The answer. An error only where searching or reading fails; what a model fails at ends in extracts.
    pub(crate) async fn answer(mut self) -> Result<Composition> {
        let composed = if self.question.research {
            self.research().await?
        } else {
            self.short().await?
        };
        Ok(Composition {
            composed,
            steps: self.steps,
            spent: self.model.spent(),
            semantic: self.semantic,
            refused: self.refused,
        })
    }

    async fn short(&mut self) -> Result<Composed> {
        let found = self.look_for(&self.question.text.clone(), true).await?;
        if found.extracts.status == AnswerStatus::NotFound {
            return Ok(found.extracts);
        }
        self.step(StepKind::Write, String::new());
        let mut draft = Draft::default();
        let question = self.question;
        let asked = prompt::answer(question, &question.text, &found.shown, self.locale(), &self.model);
        match self.write(&asked, &found.shown, "", &mut draft).await {
            Ok(Written::Denied) if draft.is_empty() => return Ok(Composed::not_found()),
            Ok(_) => {}
            Err(error) => failed(&error),
        }
        if draft.is_empty() {
            compose::tell(&found.extracts, self.on_part);
            return Ok(found.extracts);
        }
        self.see_also(&mut draft, &found.extracts);
        Ok(draft.finish())
    }

    fn locale(&self) -> Locale {
        self.question.locale()
    }

    fn step(&mut self, kind: StepKind, text: impl Into<String>) {
        let text: String = text
            .into()
            .chars()
            .filter(|c| !c.is_control())
            .take(LONGEST_QUERY)
            .collect();
        let step = Step { kind, text };
        self.steps.push(step.clone());
        (self.on_part)(AnswerPart::Step(step));
    }

    /// What there is on a question: found by its own words and, where these find little or go on from an earlier
    /// question, by words that the model finds for it.
    async fn look_for(&mut self, text: &str, with_history: bool) -> Result<Sources> {
        let history: &[String] = if with_history { &self.question.history } else { &[] };
        self.step(StepKind::Search, text);
        let (mut queries, mut lists) = (vec![text.to_owned()], Vec::new());
        lists.push(self.find(text).await?);
        let clear = history.is_empty() && lists.first().is_some_and(|found| is_clear(text, found));
        if !clear {
            for query in self.rewritten(text, history).await {
                self.step(StepKind::Search, &query);
                lists.push(self.find(&query).await?);
                queries.push(query);
            }
        }
        let mut extracts = Composed::not_found();
        for (query, found) in queries.iter().zip(&lists) {
            let composed = compose::extracts(&Asked::of(query), found.clone());
            if extracts.status == AnswerStatus::NotFound {
                extracts = composed;
            }
        }
        let ranked = queries.iter().zip(lists);
        let ranked = ranked
            .map(|(query, found)| compose::ranked(&Asked::of(query), found))
            .collect();
        let shown = Shown::of(compose::merged(ranked), self.repositories, self.ports).await?;
        Ok(Sources { extracts, shown })
    }

    async fn find(&mut self, text: &str) -> Result<Vec<Found>> {
        let retrieved = retrieve(text, self.question, self.repositories, self.ports).await?;
        self.semantic |= retrieved.semantic;
        for refused in retrieved.refused {
            if !self.refused.contains(&refused) {
                self.refused.push(refused);
            }
        }
        Ok(retrieved.found)
    }

    /// Other queries for a question; none where the model has none.
    async fn rewritten(&mut self, text: &str, history: &[String]) -> Vec<String> {
        let reply = match self.model.converse(&prompt::rewriting(text, history)).await {
            Ok(reply) => reply,
            Err(error) => {
                failed(&error);
                return Vec::new();
            }
        };
        let object = read_object(&reply.text).unwrap_or_default();
        let mut queries = texts(object.get("queries"), MOST_QUERIES);
        queries.retain(|query| query != text);
        queries
    }

    /// Has the model write, and keeps each sentence that holds under this heading as soon as it is there.
    async fn write(
        &mut self,
        asked: &Prompt,
        shown: &Shown,
        heading: &str,
        draft: &mut Draft,
    ) -> Result<Written> {
        let locale = self.locale();
        let desk = Desk { shown, locale };
        let (mut reply, mut failed) = (Reply::default(), Vec::new());
        let mut kept = 0;
        let refused;
        {
            let on_part = &mut *self.on_part;
            let mut take = |claim: Claim| match desk.judge(&claim) {
                Ok(statement) => {
                    kept += 1;
                    draft.add(heading, &statement, shown, on_part);
                }
                Err(objection) => failed.push((claim, objection)),
            };
            let mut on_text = |text: &str| reply.push(text, &mut take);
            let answer = self.model.stream(asked, &mut on_text).await?;
            reply.finish(&answer.text, &mut take);
            refused = answer.stop == Stop::Refused;
        }
        if (refused || reply.denied) && kept == 0 {
            return Ok(Written::Denied);
        }
        if failed.len() > kept {
            let mended = self.model.converse(&prompt::mending(asked, &failed)).await?;
            let object = read_object(&mended.text).unwrap_or_default();
            let claims = object.get("mended").and_then(Value::as_array);
            for claim in claims
                .into_iter()
                .flatten()
                .filter_map(Claim::read)
                .take(failed.len())
            {
                if let Ok(statement) = desk.judge(&claim) {
                    draft.add(heading, &statement, shown, self.on_part);
                }
            }
        }
        Ok(Written::Some)
    }

    /// Adds extracts to an answer that rests on fewer places than there are.
    fn see_also(&mut self, draft: &mut Draft, extracts: &Composed) {
        for passage in &extracts.passages {
            if draft.places() >= FEWEST_CITATIONS {
                return;
            }
            let cited = passage.citations.iter();
            let cited: Vec<_> = cited
                .filter_map(|number| extracts.citations.iter().find(|it| it.number == *number))
                .cloned()
                .collect();
            draft.add_extract(passage, &cited, self.on_part);
        }
    }
}

/// What was found for a question.
struct Sources {
    /// The answer without a model.
    extracts: Composed,
    /// What a model is shown.
    shown: Shown,
}

/// How a reply went.
enum Written {
    /// It has sentences.
    Some,
    /// The model says that the sources do not answer.
    Denied,
}

/// What claims are held against.
struct Desk<'a> {
    shown: &'a Shown,
    locale: Locale,
}

impl Desk<'_> {
    fn judge(&self, claim: &Claim) -> std::result::Result<deepwiki_domain::page::Statement, Objection> {
        let no_page = |_: &str| None;
        accept(
            claim,
            &self.shown.grounds,
            &self.shown.evidence,
            self.locale,
            &no_page,
        )
        .map(|accepted| accepted.statement)
    }
}

fn is_clear(text: &str, found: &[Found]) -> bool {
    let asked = Asked::of(text);
    asked.len() >= crate::FEWEST_WORDS && compose::best_share(&asked, found) >= CLEAR
}

/// Short texts of a reply, each once, on one line.
fn texts(value: Option<&Value>, most: usize) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let all = value.and_then(Value::as_array).into_iter().flatten();
    all.filter_map(Value::as_str)
        .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|text| !text.is_empty() && text.chars().count() <= 200 && seen.insert(text.clone()))
        .take(most)
        .collect()
}

/// That a model failed is for the operator; the answer goes on without it.
fn failed(error: &StageError) {
    tracing::warn!(kind = error.kind.name(), detail = %error.detail, "the model did not answer");
}
