//! The REST API. Each handler declares its part of the OpenAPI document.

mod ask;
mod builds;
mod corrections;
mod events;
mod export;
mod extract;
mod jobs;
mod map;
mod pages;
mod repos;
mod search;
mod versions;
mod views;
mod webhook;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use utoipa::OpenApi;
use utoipa_axum::{
    router::{OpenApiRouter, UtoipaMethodRouterExt},
    routes,
};

use crate::router::Shared;

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
        (name = "corrections", description = "Statements that readers have flagged as wrong"),
        (name = "service", description = "The service itself")
    )
)]
struct Document;

/// The routes of the API, with their description.
pub(crate) fn routes() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(repos::healthz))
        .routes(routes!(repos::list_repositories, repos::register_repository))
        .routes(routes!(repos::get_repository, repos::remove_repository))
        .routes(routes!(repos::purge_repository))
        .routes(routes!(repos::set_groups))
        .routes(routes!(builds::request_build))
        .routes(routes!(builds::refresh))
        .routes(routes!(pages::get_wiki))
        .routes(routes!(pages::get_page))
        .routes(routes!(pages::get_source))
        .routes(routes!(export::export_wiki))
        .routes(routes!(export::export_one))
        .routes(routes!(versions::list_versions))
        .routes(routes!(versions::get_changes))
        .routes(routes!(map::get_map))
        .routes(routes!(jobs::list_jobs))
        .routes(routes!(jobs::get_job))
        .routes(routes!(events::job_events))
        .routes(routes!(builds::resume))
        .routes(routes!(
            corrections::list_corrections,
            corrections::flag_statement
        ))
        .routes(routes!(corrections::get_correction))
        .routes(routes!(corrections::decide_correction))
        .routes(routes!(webhook::github).layer(DefaultBodyLimit::max(deepwiki_webhook::LARGEST_BODY)))
        .routes(routes!(search::search))
        .routes(routes!(ask::ask).layer(DefaultBodyLimit::max(ask::LONGEST_BODY)))
}
