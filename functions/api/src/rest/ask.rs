//! Questions. The answer is one JSON document, or the same in parts as an event stream.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Json,
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::{HeaderMap, header},
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
};
use deepwiki_domain::{
    Language, Locale, RepositoryId,
    answer::{self, Question},
    facts::SymbolKind,
    manifest::Role,
    search::{Filter, filter::MOST_VALUES},
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::views::AnswerView;
use crate::{Problem, router::Service};

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
}

/// Answers a question from the wikis and their sources.
#[utoipa::path(
    post, path = "/ask", tag = "search", request_body = AskRequest,
    responses(
        (
            status = 200, body = AnswerView,
            description = "One document; with `Accept: text/event-stream` its head as `answer`, then each `passage` \
                           and `citation`, then `end`"
        ),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn ask(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let answer = match read(body) {
        Ok(request) => answer(&service, request).await,
        Err(problem) => Err(problem),
    };
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    match answer {
        Ok(answer) if accept.is_some_and(|accept| accept.contains("text/event-stream")) => stream(answer),
        Ok(answer) => Json(answer).into_response(),
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

async fn answer(service: &Service, request: AskRequest) -> Result<AnswerView, Problem> {
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
    };
    let answer: answer::Answer = service.library.ask(&question, &request.repositories).await?;
    Ok(AnswerView::from(answer))
}

/// The answer's parts, one event each, so that a client shows what it has.
fn stream(answer: AnswerView) -> Response {
    let (head, passages, citations) = answer.into_parts();
    let mut events = vec![Event::default().event("answer").json_data(head)];
    events.extend(
        passages
            .iter()
            .map(|it| Event::default().event("passage").json_data(it)),
    );
    events.extend(
        citations
            .iter()
            .map(|it| Event::default().event("citation").json_data(it)),
    );
    events.push(Ok(Event::default().event("end").data("{}")));
    let events = events
        .into_iter()
        .filter_map(|event| event.ok().map(Ok::<_, Infallible>));
    Sse::new(futures::stream::iter(events.collect::<Vec<_>>())).into_response()
}
