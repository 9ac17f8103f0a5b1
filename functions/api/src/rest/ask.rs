//! Questions. The answer is one JSON document, or the same in parts as an event stream.

use std::convert::Infallible;

use axum::{
    Json,
    body::Bytes,
    extract::rejection::BytesRejection,
    http::{HeaderMap, header},
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
};
use deepwiki_domain::{
    Language, Locale, RepositoryId,
    answer::{AnswerPart, Question},
    facts::SymbolKind,
    manifest::Role,
    repository::Repository,
    search::{Filter, filter::MOST_VALUES},
};
use futures::{FutureExt, StreamExt, channel::mpsc};
use serde::Deserialize;
use utoipa::ToSchema;

use super::views::{AnswerView, CitationView, PassageView, StepView};
use crate::{
    Problem,
    router::{Permitted, Service},
};

/// The longest request, in bytes: the longest question with the longest history.
pub(super) const LONGEST_BODY: usize = 256 << 10;

/// A question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AskRequest {
    /// What to ask, at most 1,000 characters.
    #[schema(max_length = 1000)]
    question: String,
    /// Earlier questions of the same conversation, oldest first, at most 20.
    #[serde(default)]
    #[schema(max_items = 20)]
    history: Vec<String>,
    /// The language to answer in: `en` or `ja`; that of the question where none is given.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    language: Option<Locale>,
    /// Ids of repositories; all that you may see where none is given.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    repositories: Vec<RepositoryId>,
    /// Files, folders or patterns (`src/net`, `*.rs`).
    #[serde(default)]
    paths: Vec<String>,
    /// Languages of the source (`rust`, `c-sharp`).
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    code: Vec<Language>,
    /// What files are for: `source`, `test`, `doc`, `config`, `example`, `generated`, `vendored`.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    roles: Vec<Role>,
    /// What definitions are (`function`, `class`).
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    kinds: Vec<SymbolKind>,
    /// Whether to look into it at length: plan sub-questions, answer each, report. Takes a minute or more, and needs a
    /// model; where none is set up it is answered like any other question.
    #[serde(default)]
    research: bool,
}

/// Answers a question from the wikis and their sources.
#[utoipa::path(
    post, path = "/ask", tag = "search", request_body = AskRequest,
    responses(
        (
            status = 200, body = AnswerView,
            description = "One document. With `Accept: text/event-stream` its parts, each as soon as it is certain: a \
                           `step` (`kind`, `text`) as it begins, a `citation` before the `passage` that rests on it, \
                           then `answer` with what the answer says of itself, or `error` with a problem, and `end`"
        ),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn ask(
    Permitted(service): Permitted,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let asked = match read(body).and_then(asked) {
        Ok(asked) => asked,
        Err(problem) => return problem.into_response(),
    };
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    if accept.is_some_and(|accept| accept.contains("text/event-stream")) {
        return match service.library.askable(&asked.0, &asked.1).await {
            Ok(repositories) => stream(service, asked.0, repositories),
            Err(problem) => problem.into_response(),
        };
    }
    let answer = async {
        let repositories = service.library.askable(&asked.0, &asked.1).await?;
        service.library.ask(&asked.0, &repositories, &mut |_| {}).await
    };
    match answer.await {
        Ok(answer) => Json(AnswerView::from(answer)).into_response(),
        Err(problem) => problem.into_response(),
    }
}

fn read(body: Result<Bytes, BytesRejection>) -> Result<AskRequest, Problem> {
    let body = body.map_err(|refusal| Problem::new(refusal.status(), "The question is too long."))?;
    serde_json::from_slice(&body).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        Problem::bad_request(format!(
            "The body is not a question as /openapi.json describes it: see {place}."
        ))
    })
}

/// The question, and the repositories that are asked.
fn asked(request: AskRequest) -> Result<(Question, Vec<RepositoryId>), Problem> {
    let filter = Filter {
        paths: request.paths,
        languages: request.code,
        roles: request.roles,
        kinds: request.kinds,
    };
    let lists = [
        filter.paths.len(),
        filter.languages.len(),
        filter.roles.len(),
        filter.kinds.len(),
    ];
    if lists.iter().any(|values| *values > MOST_VALUES) {
        return Err(Problem::bad_request(format!(
            "A list takes {MOST_VALUES} values at most."
        )));
    }
    let question = Question {
        text: request.question,
        history: request.history,
        locale: request.language,
        filter,
        research: request.research,
    };
    Ok((question, request.repositories))
}

/// The answer's parts, one event each, as they come to be. A client that goes away stops the work.
fn stream(service: Service, question: Question, repositories: Vec<Repository>) -> Response {
    let (parts, coming) = mpsc::unbounded();
    let answering = async move {
        let told = parts.clone();
        let mut on_part = move |part: AnswerPart| {
            // Nobody listens any more: the stream that drives this is dropped as well.
            let _ = told.unbounded_send(event_of(part));
        };
        let answer = service.library.ask(&question, &repositories, &mut on_part).await;
        let last = match answer {
            Ok(answer) => Event::default()
                .event("answer")
                .json_data(AnswerView::from(answer).into_head()),
            Err(problem) => Event::default().event("error").json_data(&problem),
        };
        let _ = parts.unbounded_send(last);
        let _ = parts.unbounded_send(Ok(Event::default().event("end").data("{}")));
    };
    let working = answering.into_stream().filter_map(|()| async { None });
    let events = futures::stream::select(coming, working);
    Sse::new(events.filter_map(|event| async { event.ok().map(Ok::<_, Infallible>) })).into_response()
}

fn event_of(part: AnswerPart) -> Result<Event, axum::Error> {
    match part {
        AnswerPart::Step(step) => Event::default().event("step").json_data(StepView::from(step)),
        AnswerPart::Citation(citation) => Event::default()
            .event("citation")
            .json_data(CitationView::from(citation)),
        AnswerPart::Passage(passage) => Event::default()
            .event("passage")
            .json_data(PassageView::from(passage)),
    }
}
