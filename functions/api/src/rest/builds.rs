//! Asking for builds.

use axum::{
    Json,
    extract::Path,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use deepwiki_domain::{BuildId, Locale, RepositoryId, job::BuildMode};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    extract::{Body, Checked, idempotency_key},
    views::{BuildView, RefreshView},
};
use crate::{
    Problem,
    library::{BuildWish, Refreshed},
    router::{Permitted, Service},
};

/// How a build shall be; everything may be left out.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct BuildBody {
    /// `INCREMENTAL` (makes only what has changed, the default) or `FULL` (makes everything anew).
    #[schema(value_type = Option<String>, pattern = "^(FULL|INCREMENTAL)$")]
    mode: BuildMode,
    /// Branch, tag or commit; the registered one where none is given.
    #[schema(max_length = 250)]
    revision: Option<String>,
    /// The languages of the wiki, `en` and `ja`; the registered ones where none is given.
    #[schema(value_type = Vec<String>)]
    languages: Vec<Locale>,
}

/// Asks for a build. The answer comes at once; the build runs by itself, after the one that runs where there is one.
#[utoipa::path(
    post, path = "/repos/{id}/builds", tag = "jobs", request_body = BuildBody,
    params(
        ("id" = String, Path, description = "The repository's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request, so that it may be sent again")
    ),
    responses(
        (status = 202, body = BuildView),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json",
            description = "The idempotency key was sent with another request"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn request_build(
    Permitted(service): Permitted,
    Checked(Path(id)): Checked<Path<RepositoryId>>,
    headers: HeaderMap,
    Body(body): Body<BuildBody>,
) -> Result<Response, Problem> {
    let wish = BuildWish {
        mode: body.mode,
        revision: body.revision.as_deref(),
        languages: &body.languages,
        key: idempotency_key(&headers)?,
    };
    let build = service.library.request_build(&id, &wish).await?;
    Ok(accepted(&service, id, build))
}

/// Builds the repository if it has changed since the published wiki was made.
#[utoipa::path(
    post, path = "/repos/{id}/refresh", tag = "jobs",
    params(
        ("id" = String, Path, description = "The repository's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request, so that it may be sent again")
    ),
    responses(
        (status = 200, body = RefreshView, description = "Nothing has changed"),
        (status = 202, body = RefreshView, description = "A build follows, at once or after looking for changes"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 500, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn refresh(
    Permitted(service): Permitted,
    Checked(Path(id)): Checked<Path<RepositoryId>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let refreshed = service.library.refresh(&id, idempotency_key(&headers)?).await?;
    let (status, commit, build) = match refreshed {
        Refreshed::UpToDate(commit) => (StatusCode::OK, Some(commit), None),
        Refreshed::Requested(build) => (StatusCode::ACCEPTED, None, Some(build)),
    };
    let view = RefreshView {
        repository: id,
        up_to_date: build.is_none(),
        commit,
        build,
    };
    Ok((status, Json(view)).into_response())
}

/// Goes on with a build that failed or was stopped, at its commit: what it had finished is not made again.
#[utoipa::path(
    post, path = "/jobs/{id}/resume", tag = "jobs",
    params(
        ("id" = String, Path, description = "The build's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request, so that it may be sent again")
    ),
    responses(
        (status = 202, body = BuildView, description = "The build that goes on"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "It has not failed, or a later build has succeeded"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn resume(
    Permitted(service): Permitted,
    Checked(Path(id)): Checked<Path<BuildId>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let build = service.library.resume(&id, idempotency_key(&headers)?).await?;
    let repository = service.library.job(&id).await?.repository;
    Ok(accepted(&service, repository, build))
}

fn accepted(service: &Service, repository: RepositoryId, build: BuildId) -> Response {
    let job = format!("{}/jobs/{build}", service.base_path);
    let view = BuildView {
        repository,
        build,
        job: job.clone(),
    };
    (StatusCode::ACCEPTED, [(header::LOCATION, job)], Json(view)).into_response()
}
