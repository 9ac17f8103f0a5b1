//! Repositories and the service's own state.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use deepwiki_domain::{Locale, RepositoryId};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    extract::{Body, Checked, limit},
    views::{Health, PurgedView, RepositoryList, RepositoryView},
};
use crate::{
    Problem,
    library::Registration,
    router::{Permitted, Shared},
};

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
    Permitted(service): Permitted,
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
    Permitted(service): Permitted,
    Checked(Path(id)): Checked<Path<RepositoryId>>,
) -> Result<Json<RepositoryView>, Problem> {
    Ok(Json(service.library.repository(&id).await?.into()))
}

/// A repository to register.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RegisterBody {
    /// `https://github.com/<owner>/<name>`, `codecommit://<name>`, `codecommit::<region>://<name>`, or any other https
    /// Git URL; a path of the machine where the service runs on the asker's own.
    #[schema(max_length = 2048, example = "https://github.com/tokio-rs/tokio")]
    url: String,
    /// Branch, tag or commit to build; the default branch where none is given.
    #[serde(default)]
    #[schema(max_length = 250)]
    revision: Option<String>,
    /// The languages of the wiki, `en` and `ja`; `en` where none is given.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    languages: Vec<Locale>,
    /// The groups whose members may see it, which have to be your own; everybody where none is given.
    #[serde(default)]
    #[schema(max_items = 50)]
    groups: Vec<String>,
}

/// Registers a repository. One that is registered keeps its record.
#[utoipa::path(
    post, path = "/repos", tag = "repositories", request_body = RegisterBody,
    responses(
        (status = 200, body = RepositoryView, description = "It is registered already"),
        (status = 201, body = RepositoryView),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "The URL is refused: another scheme, credentials in it, a private or link-local address"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn register_repository(
    State(shared): State<Arc<Shared>>,
    Permitted(service): Permitted,
    Body(body): Body<RegisterBody>,
) -> Result<Response, Problem> {
    let registration = Registration {
        url: &body.url,
        revision: body.revision.as_deref(),
        languages: &body.languages,
        groups: &body.groups,
        local_paths: shared.settings.local_paths,
        hosts: shared.settings.hosts.clone(),
    };
    let (repository, is_new) = service.library.register(&registration).await?;
    let status = if is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let at = format!("{}/repos/{}", service.base_path, repository.id);
    Ok((
        status,
        [(header::LOCATION, at)],
        Json(RepositoryView::from(repository)),
    )
        .into_response())
}

/// Hides a repository. Its history is kept, and registering it again brings it back.
#[utoipa::path(
    delete, path = "/repos/{id}", tag = "repositories",
    params(("id" = String, Path, description = "The repository's id")),
    responses(
        (status = 204, description = "It is hidden"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn remove_repository(
    Permitted(service): Permitted,
    Checked(Path(id)): Checked<Path<RepositoryId>>,
) -> Result<StatusCode, Problem> {
    service.library.remove(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The confirmation of a purge.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PurgeBody {
    /// The repository's id once more: a purge cannot be undone.
    #[serde(default)]
    confirm: String,
}

/// Deletes everything that was derived from a repository, for good, and hides it.
#[utoipa::path(
    post, path = "/repos/{id}/purge", tag = "repositories", request_body = PurgeBody,
    params(("id" = String, Path, description = "The repository's id")),
    responses(
        (status = 200, body = PurgedView, description = "What was deleted"),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "It is not confirmed, or a build of the repository runs"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn purge_repository(
    Permitted(service): Permitted,
    Checked(Path(id)): Checked<Path<RepositoryId>>,
    Body(body): Body<PurgeBody>,
) -> Result<Json<PurgedView>, Problem> {
    if body.confirm != id.as_str() {
        return Err(Problem::bad_request(format!(
            "A purge cannot be undone: confirm it by `{{\"confirm\": \"{id}\"}}`."
        )));
    }
    let purged = service.library.purge(&id).await?;
    Ok(Json(PurgedView::new(id, purged)))
}

/// Who may see a repository.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GroupsBody {
    /// The groups whose members may see it; everybody who may use the service where there are none.
    #[schema(max_items = 50)]
    groups: Vec<String>,
}

/// Says which groups may see a repository.
#[utoipa::path(
    put, path = "/repos/{id}/groups", tag = "repositories", request_body = GroupsBody,
    params(("id" = String, Path, description = "The repository's id")),
    responses(
        (status = 200, body = RepositoryView),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn set_groups(
    Permitted(service): Permitted,
    Checked(Path(id)): Checked<Path<RepositoryId>>,
    Body(body): Body<GroupsBody>,
) -> Result<Json<RepositoryView>, Problem> {
    Ok(Json(service.library.set_groups(&id, &body.groups).await?.into()))
}
