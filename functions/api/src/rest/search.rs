//! Full text search. A browser gets the search page, a program JSON.

use axum::{
    Json,
    extract::Query,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use deepwiki_domain::{
    Language, Locale, RepositoryId,
    facts::SymbolKind,
    manifest::Role,
    search::{
        self, MOST_HITS,
        filter::{Filter, MOST_VALUES},
    },
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    extract::{Checked, limit, wants_html},
    views::SearchView,
};
use crate::{
    Problem, html,
    router::{Permitted, Service},
};

#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SearchParams {
    /// What to search for; every character is text. At most 1,000 characters.
    pub(crate) q: Option<String>,
    /// Ids of repositories, with commas between them; all that you may see where none is given.
    pub(crate) repository: Option<String>,
    /// Finds pages of this language only: `en` or `ja`.
    #[param(value_type = Option<String>, pattern = "^(en|ja)$")]
    pub(crate) language: Option<Locale>,
    /// Files, folders or patterns (`src/net`, `*.rs`), with commas between them; anywhere where none is given.
    pub(crate) path: Option<String>,
    /// Languages of the source (`rust`, `c-sharp`), with commas between them.
    pub(crate) code: Option<String>,
    /// What files are for, with commas between: `source`, `test`, `doc`, `config`, `example`, `generated`, `vendored`.
    pub(crate) role: Option<String>,
    /// What definitions are (`function`, `class`), with commas between them.
    pub(crate) kind: Option<String>,
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
    Permitted(service): Permitted,
    headers: HeaderMap,
    Checked(Query(params)): Checked<Query<SearchParams>>,
) -> Response {
    if wants_html(&headers) {
        return html::search_page(&service, &headers, params).await;
    }
    match shown(&service, &params).await {
        Ok(found) => Json(found).into_response(),
        Err(problem) => problem.into_response(),
    }
}

async fn shown(service: &Service, params: &SearchParams) -> Result<SearchView, Problem> {
    let query = query_of(params)?;
    let found = service.library.search(&query).await?;
    let highlights = service.library.highlights(&query, &found.hits).await?;
    Ok(SearchView::new(found, highlights))
}

/// Asks the index.
pub(crate) async fn find(service: &Service, params: &SearchParams) -> Result<search::Found, Problem> {
    service.library.search(&query_of(params)?).await
}

fn query_of(params: &SearchParams) -> Result<search::Query, Problem> {
    Ok(search::Query {
        repositories: values(params.repository.as_deref(), "repository", |id| {
            RepositoryId::new(id).ok()
        })?,
        locale: params.language,
        filter: Filter {
            paths: values(params.path.as_deref(), "path", |path| Some(path.to_owned()))?,
            languages: values(params.code.as_deref(), "code", Language::of_name)?,
            roles: values(params.role.as_deref(), "role", Role::of_name)?,
            kinds: values(params.kind.as_deref(), "kind", SymbolKind::of_name)?,
        },
        limit: limit(params.limit, 20, MOST_HITS)?,
        ..search::Query::new(params.q.clone().unwrap_or_default())
    })
}

/// The values of a list with commas between them.
fn values<T>(list: Option<&str>, name: &str, of: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, Problem> {
    let texts = list.unwrap_or_default().split(',').map(str::trim);
    let texts: Vec<&str> = texts.filter(|text| !text.is_empty()).collect();
    if name != "repository" && texts.len() > MOST_VALUES {
        return Err(Problem::bad_request(format!(
            "`{name}` takes {MOST_VALUES} values at most."
        )));
    }
    let unknown = |text: &str| {
        let text: String = text.chars().filter(|c| !c.is_control()).take(80).collect();
        Problem::bad_request(format!("`{name}` has no value `{text}`."))
    };
    texts
        .into_iter()
        .map(|text| of(text).ok_or_else(|| unknown(text)))
        .collect()
}
