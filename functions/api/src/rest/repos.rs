//! Repositories and the service's own state.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State},
};
use deepwiki_domain::RepositoryId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    extract::{Checked, limit},
    views::{Health, RepositoryList, RepositoryView},
};
use crate::{Problem, router::Service};

/// Whether the service is up.
#[utoipa::path(get, path = "/healthz", tag = "service", responses((status = 200, body = Health)))]
pub(super) async fn healthz() -> Json<Health> {
    Json(Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
    })
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParams {
    /// Where to go on: `next` of the answer before.
    #[param(value_type = Option<String>)]
    cursor: Option<RepositoryId>,
    /// How many, 1 to 100; 50 where none is given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// The registered repositories that you may see.
#[utoipa::path(
    get, path = "/repos", tag = "repositories", params(ListParams),
    responses(
        (status = 200, body = RepositoryList),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn list_repositories(
    State(service): State<Arc<Service>>,
    Checked(Query(params)): Checked<Query<ListParams>>,
) -> Result<Json<RepositoryList>, Problem> {
    let limit = limit(params.limit, 50, 100)?;
    let page = service
        .library
        .repositories(params.cursor.as_ref(), limit)
        .await?;
    Ok(Json(RepositoryList {
        repositories: page.repositories.into_iter().map(RepositoryView::from).collect(),
        next: page.next,
    }))
}

/// One repository.
#[utoipa::path(
    get, path = "/repos/{id}", tag = "repositories",
    params(("id" = String, Path, description = "The repository's id")),
    responses(
        (status = 200, body = RepositoryView),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn get_repository(
    State(service): State<Arc<Service>>,
    Checked(Path(id)): Checked<Path<RepositoryId>>,
) -> Result<Json<RepositoryView>, Problem> {
    Ok(Json(service.library.repository(&id).await?.into()))
}
