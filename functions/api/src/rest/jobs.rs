//! Builds and their progress.

use axum::{
    Json,
    extract::{Path, Query},
};
use deepwiki_domain::{BuildId, RepositoryId};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    extract::{Checked, limit},
    views::{JobList, JobView},
};
use crate::{Problem, router::Permitted};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct JobsParams {
    /// How many, 1 to 100; 20 where none is given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// The newest builds of a repository.
#[utoipa::path(
    get, path = "/repos/{id}/jobs", tag = "jobs",
    params(("id" = String, Path, description = "The repository's id"), JobsParams),
    responses(
        (status = 200, body = JobList),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn list_jobs(
    Permitted(service): Permitted,
    Checked(Path(id)): Checked<Path<RepositoryId>>,
    Checked(Query(params)): Checked<Query<JobsParams>>,
) -> Result<Json<JobList>, Problem> {
    let limit = limit(params.limit, 20, 100)?;
    let jobs = service.library.jobs(&id, limit).await?;
    Ok(Json(JobList {
        jobs: jobs.into_iter().map(JobView::from).collect(),
    }))
}

/// One build.
#[utoipa::path(
    get, path = "/jobs/{id}", tag = "jobs",
    params(("id" = String, Path, description = "The build's id")),
    responses(
        (status = 200, body = JobView),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn get_job(
    Permitted(service): Permitted,
    Checked(Path(id)): Checked<Path<BuildId>>,
) -> Result<Json<JobView>, Problem> {
    Ok(Json(service.library.job(&id).await?.into()))
}
