//! The REST API. Each handler declares its part of the OpenAPI document.

mod ask;
mod export;
mod extract;
mod jobs;
mod map;
mod pages;
mod repos;
mod search;
mod versions;
mod views;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use utoipa::OpenApi;
use utoipa_axum::{
    router::{OpenApiRouter, UtoipaMethodRouterExt},
    routes,
};

use crate::router::Service;

pub(crate) use extract::wants_html;
pub(crate) use search::{SearchParams, find};
pub(crate) use versions::{ChangesParams, VersionsParams, find_changes};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "DeepWiki-OMR",
        description = "Cited, checked wikis of an organisation's repositories. Every line number belongs to the \
                       commit that the answer names. Failures are RFC 9457 problem details."
    ),
    tags(
        (name = "repositories", description = "What is registered, and how it stands"),
        (name = "wiki", description = "Pages, the source they cite, exports"),
        (name = "search", description = "Search and questions over source and pages"),
        (name = "jobs", description = "Builds and their progress"),
        (name = "service", description = "The service itself")
    )
)]
struct Document;

/// The routes of the API, with their description.
pub(crate) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(repos::healthz))
        .routes(routes!(repos::list_repositories))
        .routes(routes!(repos::get_repository))
        .routes(routes!(pages::get_wiki))
        .routes(routes!(pages::get_page))
        .routes(routes!(pages::get_source))
        .routes(routes!(export::export_wiki))
        .routes(routes!(versions::list_versions))
        .routes(routes!(versions::get_changes))
        .routes(routes!(map::get_map))
        .routes(routes!(jobs::list_jobs))
        .routes(routes!(jobs::get_job))
        .routes(routes!(search::search))
        .routes(routes!(ask::ask).layer(DefaultBodyLimit::max(ask::LONGEST_BODY)))
}
