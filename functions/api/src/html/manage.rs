//! Repositories as those see them who look after them: added, built, watched, removed.

mod add;
mod job;
mod remove;
mod repository;
mod words;

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};

use crate::router::Shared;

/// The pages and forms.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/manage/add", get(add::form).post(add::submit))
        .route("/manage/builds/{build}", get(job::job))
        .route("/manage/builds/{build}/resume", post(job::resume))
        .route("/manage/{id}", get(repository::repository))
        .route("/manage/{id}/build", post(repository::build))
        .route(
            "/manage/{id}/remove",
            get(remove::ask_to_remove).post(remove::remove),
        )
        .route(
            "/manage/{id}/purge",
            get(remove::ask_to_purge).post(remove::purge),
        )
}
