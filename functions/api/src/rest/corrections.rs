//! "This is wrong": flagging statements, and what became of it.

use axum::{
    Json,
    extract::{Path, Query},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use deepwiki_domain::{CorrectionId, Locale, RepositoryId, Slug, correction::CorrectionState};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    extract::{Body, Checked, limit},
    views::{CorrectionList, CorrectionView},
};
use crate::{Problem, library::Flag, router::Permitted};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct CorrectionsParams {
    /// A repository's id; all that you may see where none is given.
    #[param(value_type = Option<String>)]
    repository: Option<RepositoryId>,
    /// `open`, `upheld` or `rejected`; any where none is given.
    #[param(pattern = "^(open|upheld|rejected)$")]
    state: Option<String>,
    /// How many, 1 to 200; 50 where none is given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// The statements that readers have flagged, the newest first.
#[utoipa::path(
    get, path = "/corrections", tag = "corrections", params(CorrectionsParams),
    responses(
        (status = 200, body = CorrectionList),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn list_corrections(
    Permitted(service): Permitted,
    Checked(Query(params)): Checked<Query<CorrectionsParams>>,
) -> Result<Json<CorrectionList>, Problem> {
    let limit = limit(params.limit, 50, 200)?;
    let state = params.state.as_deref().map(state_of).transpose()?;
    let corrections = service
        .library
        .corrections(params.repository.as_ref(), state, limit)
        .await?;
    Ok(Json(CorrectionList {
        corrections: corrections.into_iter().map(CorrectionView::from).collect(),
    }))
}

/// A statement to flag.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FlagBody {
    #[schema(value_type = String)]
    repository: RepositoryId,
    /// The page's language, `en` or `ja`; the repository's first where none is given.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    language: Option<Locale>,
    /// The page's address.
    #[schema(value_type = String)]
    page: Slug,
    /// The statement's words, as the page shows them; spaces do not matter.
    #[schema(max_length = 4000)]
    statement: String,
    /// What is wrong, at most 2,000 characters.
    #[schema(min_length = 1, max_length = 2000)]
    reason: String,
}

/// Flags a statement of the published wiki. It is checked again, and what is decided survives rebuilds.
#[utoipa::path(
    post, path = "/corrections", tag = "corrections", request_body = FlagBody,
    responses(
        (status = 200, body = CorrectionView, description = "It was flagged for that reason before"),
        (status = 201, body = CorrectionView),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn flag_statement(
    Permitted(service): Permitted,
    Body(body): Body<FlagBody>,
) -> Result<Response, Problem> {
    let flag = Flag {
        language: body.language,
        page: &body.page,
        statement: &body.statement,
        reason: &body.reason,
    };
    let (correction, is_new) = service.library.flag(&body.repository, &flag).await?;
    let status = if is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let at = format!(
        "{}/repos/{}/corrections/{}",
        service.base_path, body.repository, correction.id
    );
    Ok((
        status,
        [(header::LOCATION, at)],
        Json(CorrectionView::from(correction)),
    )
        .into_response())
}

/// One flagged statement.
#[utoipa::path(
    get, path = "/repos/{id}/corrections/{correction}", tag = "corrections",
    params(
        ("id" = String, Path, description = "The repository's id"),
        ("correction" = String, Path, description = "The correction's id")
    ),
    responses(
        (status = 200, body = CorrectionView),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn get_correction(
    Permitted(service): Permitted,
    Checked(Path((id, correction))): Checked<Path<(RepositoryId, CorrectionId)>>,
) -> Result<Json<CorrectionView>, Problem> {
    Ok(Json(service.library.correction(&id, &correction).await?.into()))
}

/// What becomes of a correction.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DecisionBody {
    /// `upheld` (the statement is not published again), `rejected` (it holds) or `open`.
    #[schema(pattern = "^(open|upheld|rejected)$")]
    state: String,
    /// Why, for the reader.
    #[serde(default)]
    #[schema(max_length = 2000)]
    note: String,
}

/// Upholds or rejects a correction.
#[utoipa::path(
    post, path = "/repos/{id}/corrections/{correction}/decision", tag = "corrections", request_body = DecisionBody,
    params(
        ("id" = String, Path, description = "The repository's id"),
        ("correction" = String, Path, description = "The correction's id")
    ),
    responses(
        (status = 200, body = CorrectionView),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn decide_correction(
    Permitted(service): Permitted,
    Checked(Path((id, correction))): Checked<Path<(RepositoryId, CorrectionId)>>,
    Body(body): Body<DecisionBody>,
) -> Result<Json<CorrectionView>, Problem> {
    let state = state_of(&body.state)?;
    let decided = service
        .library
        .decide(&id, &correction, state, &body.note)
        .await?;
    Ok(Json(decided.into()))
}

fn state_of(name: &str) -> Result<CorrectionState, Problem> {
    CorrectionState::of_name(name)
        .ok_or_else(|| Problem::bad_request("`state` is one of `open`, `upheld` and `rejected`."))
}
