//! The wikis that a repository has had, and what changed between two of them. A browser gets a page, a program JSON.

use axum::{
    Json,
    extract::{Path, Query},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use deepwiki_domain::{Locale, RepositoryId, changes::Changes};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    extract::{Checked, limit, wants_html},
    views::{ChangesView, VersionList, VersionView},
};
use crate::{
    Problem, html,
    library::Wish,
    router::{Permitted, Service},
};

/// How many entries of each list are answered without a wish, and at most.
const ENTRIES: usize = 200;
const MOST_ENTRIES: usize = 2_000;

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct VersionsParams {
    /// The language of the page: `en` or `ja`.
    #[param(value_type = Option<String>, pattern = "^(en|ja)$")]
    pub(crate) language: Option<Locale>,
}

/// The wikis of a repository that can still be read, the newest first.
#[utoipa::path(
    get, path = "/repos/{id}/versions", tag = "wiki",
    params(("id" = String, Path, description = "The repository's id"), VersionsParams),
    responses(
        (status = 200, body = VersionList, description = "A page for browsers (`Accept: text/html`), else JSON"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn list_versions(
    Permitted(service): Permitted,
    headers: HeaderMap,
    Checked(Path(id)): Checked<Path<RepositoryId>>,
    Checked(Query(params)): Checked<Query<VersionsParams>>,
) -> Response {
    if wants_html(&headers) {
        return html::versions_page(&service, &headers, &id, &params).await;
    }
    match service.library.versions(&id).await {
        Ok((repository, versions)) => {
            let published = repository.published.map(|generation| generation.build);
            let view = |version| VersionView::of(version, published.as_ref());
            let versions = versions.into_iter().map(view).collect();
            Json(VersionList { versions }).into_response()
        }
        Err(problem) => problem.into_response(),
    }
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ChangesParams {
    /// The earlier side: the id of a kept build, or at least seven digits of its commit; the version before `to` where
    /// none is given.
    pub(crate) from: Option<String>,
    /// The later side; the published wiki where none is given.
    pub(crate) to: Option<String>,
    /// `en` or `ja`; a language that both have where none is given.
    #[param(value_type = Option<String>, pattern = "^(en|ja)$")]
    pub(crate) language: Option<Locale>,
    /// How many entries of each list, 1 to 2,000; 200 where none is given. The totals count all.
    #[param(minimum = 1, maximum = 2000)]
    pub(crate) limit: Option<u32>,
}

/// What changed between two builds: pages down to the statement, definitions, files, what the publish gate found.
#[utoipa::path(
    get, path = "/repos/{id}/changes", tag = "wiki",
    params(("id" = String, Path, description = "The repository's id"), ChangesParams),
    responses(
        (status = 200, body = ChangesView, description = "A page for browsers (`Accept: text/html`), else JSON"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn get_changes(
    Permitted(service): Permitted,
    headers: HeaderMap,
    Checked(Path(id)): Checked<Path<RepositoryId>>,
    Checked(Query(params)): Checked<Query<ChangesParams>>,
) -> Response {
    if wants_html(&headers) {
        return html::changes_page(&service, &headers, &id, &params).await;
    }
    match find_changes(&service, &id, &params, &[]).await {
        Ok(changes) => Json(ChangesView::of(id, changes)).into_response(),
        Err(problem) => problem.into_response(),
    }
}

/// Compares as the parameters wish.
pub(crate) async fn find_changes(
    service: &Service,
    id: &RepositoryId,
    params: &ChangesParams,
    offers: &[Locale],
) -> Result<Changes, Problem> {
    let most = limit(params.limit, ENTRIES, MOST_ENTRIES)?;
    let wish = Wish {
        language: params.language,
        offers,
        build: None,
    };
    let (from, to) = (params.from.as_deref(), params.to.as_deref());
    let mut changes = service.library.changes(id, from, to, wish).await?;
    changes.limit(most);
    Ok(changes)
}
