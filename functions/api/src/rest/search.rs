//! Full text search. A browser gets the search page, a program JSON.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use deepwiki_domain::{
    Locale, RepositoryId,
    search::{self, MOST_HITS},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    extract::{Checked, limit, wants_html},
    views::{HitView, SearchView},
};
use crate::{Problem, html, router::Service};

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SearchParams {
    /// What to search for; every character is text. At most 1,000 characters.
    pub(crate) q: Option<String>,
    /// Ids of repositories, with commas between them; all that you may see where none is given.
    pub(crate) repository: Option<String>,
    /// Finds pages of this language only: `en` or `ja`.
    #[param(value_type = Option<String>, pattern = "^(en|ja)$")]
    pub(crate) language: Option<Locale>,
    /// How many hits, 1 to 100; 20 where none is given.
    #[param(minimum = 1, maximum = 100)]
    pub(crate) limit: Option<u32>,
}

/// Searches source and pages of all repositories, or of some.
#[utoipa::path(
    get, path = "/search", tag = "search", params(SearchParams),
    responses(
        (status = 200, body = SearchView, description = "A page for browsers (`Accept: text/html`), else JSON"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn search(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    Checked(Query(params)): Checked<Query<SearchParams>>,
) -> Response {
    if wants_html(&headers) {
        return html::search_page(&service, &headers, params).await;
    }
    match find(&service, &params).await {
        Ok(hits) => Json(SearchView {
            hits: hits.into_iter().map(HitView::from).collect(),
        })
        .into_response(),
        Err(problem) => problem.into_response(),
    }
}

/// Asks the index.
pub(crate) async fn find(service: &Service, params: &SearchParams) -> Result<Vec<search::Hit>, Problem> {
    let names = params
        .repository
        .as_deref()
        .unwrap_or_default()
        .split(',')
        .map(str::trim);
    let ids = names.filter(|name| !name.is_empty()).map(RepositoryId::new);
    let repositories = ids
        .collect::<Result<_, _>>()
        .map_err(|error| Problem::bad_request(error.to_string()))?;
    let query = search::Query {
        text: params.q.clone().unwrap_or_default(),
        repositories,
        locale: params.language,
        limit: limit(params.limit, 20, MOST_HITS)?,
    };
    service.library.search(&query).await
}
