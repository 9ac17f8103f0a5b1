//! Which repository depends on which. A browser gets a page, a program JSON.

use axum::{
    Json,
    extract::Query,
    http::HeaderMap,
    response::{IntoResponse, Response},
};

use super::{
    VersionsParams as MapParams,
    extract::{Checked, wants_html},
    views::MapView,
};
use crate::{Problem, html, router::Permitted};

/// Which of the repositories that you may see depends on which, by their manifests and imports.
#[utoipa::path(
    get, path = "/map", tag = "repositories", params(MapParams),
    responses(
        (status = 200, body = MapView, description = "A page for browsers (`Accept: text/html`), else JSON"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn get_map(
    Permitted(service): Permitted,
    headers: HeaderMap,
    Checked(Query(params)): Checked<Query<MapParams>>,
) -> Response {
    if wants_html(&headers) {
        return html::map_page(&service, &headers, params.language).await;
    }
    match service.library.map().await {
        Ok(map) => Json(MapView::from(&map)).into_response(),
        Err(problem) => problem.into_response(),
    }
}
