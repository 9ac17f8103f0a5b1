//! A whole wiki in one answer.

use axum::{
    extract::{Path, Query},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use deepwiki_domain::{Locale, RepositoryId, markdown, page::Page, wiki::Wiki};
use futures::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use utoipa::IntoParams;

use super::extract::Checked;
use crate::{
    Problem,
    library::{Edition, Wish},
    links::Links,
    router::{Permitted, Service},
    site::{export_site, llms_txt},
};

/// How many pages are fetched at the same time.
const FETCHES: usize = 8;

/// The largest export that is answered with where larger ones can be handed out by address, in bytes: behind a gateway an
/// answer has 6 MB at most, in which quotes and line breaks take two bytes each.
const LARGEST_ANSWER: usize = 4 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Format {
    Json,
    Markdown,
    Html,
    LlmsTxt,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ExportParams {
    /// `json` (the default: `wiki.json` as the build made it), `markdown`, `html` (one self-contained file) or
    /// `llms-txt`.
    #[param(value_type = Option<String>, pattern = "^(json|markdown|html|llms-txt)$")]
    format: Option<Format>,
    /// `en` or `ja`; the repository's first language where none is given.
    #[param(value_type = Option<String>, pattern = "^(en|ja)$")]
    language: Option<Locale>,
    /// The id of a kept build, or at least seven digits of its commit; the published wiki where none is given.
    build: Option<String>,
}

/// A whole wiki as one document.
#[utoipa::path(
    get, path = "/repos/{id}/export", tag = "wiki",
    params(("id" = String, Path, description = "The repository's id"), ExportParams),
    responses(
        (status = 200, content(
            (Object = "application/json"),
            (String = "text/markdown"),
            (String = "text/html"),
            (String = "text/plain")
        )),
        (status = 303, description = "It is too large for an answer: `Location` is good for a quarter of an hour"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn export_wiki(
    Permitted(service): Permitted,
    Checked(Path(id)): Checked<Path<RepositoryId>>,
    Checked(Query(params)): Checked<Query<ExportParams>>,
) -> Result<Response, Problem> {
    export(&service, id, &params).await
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct WhichParams {
    /// The repository's id.
    #[param(value_type = String)]
    repository: RepositoryId,
}

/// A whole wiki as one document: the same as `/repos/{id}/export`.
#[utoipa::path(
    get, path = "/export", tag = "wiki", params(WhichParams, ExportParams),
    responses(
        (status = 200, content(
            (Object = "application/json"),
            (String = "text/markdown"),
            (String = "text/html"),
            (String = "text/plain")
        )),
        (status = 303, description = "It is too large for an answer: `Location` is good for a quarter of an hour"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn export_one(
    Permitted(service): Permitted,
    Checked(Query(which)): Checked<Query<WhichParams>>,
    Checked(Query(params)): Checked<Query<ExportParams>>,
) -> Result<Response, Problem> {
    export(&service, which.repository, &params).await
}

async fn export(service: &Service, id: RepositoryId, params: &ExportParams) -> Result<Response, Problem> {
    let wish = Wish {
        language: params.language,
        build: params.build.as_deref(),
        ..Wish::default()
    };
    let edition = service.library.edition(&id, wish).await?;
    let format = params.format.unwrap_or(Format::Json);
    let json = service.library.wiki_json(&edition).await?;
    let (kind, extension, body) = match format {
        Format::Json => ("application/json", "json", json),
        Format::Markdown => {
            let pages = pages(service, &edition).await?;
            let text = markdown::document(&pages, &|at| edition.host_link(at));
            ("text/markdown; charset=utf-8", "md", text.into_bytes())
        }
        Format::Html => {
            let pages = pages(service, &edition).await?;
            let page = export_site(&read(&json, &id)?, &pages, &edition.repository.source);
            ("text/html; charset=utf-8", "html", page.into_bytes())
        }
        Format::LlmsTxt => {
            let mut links = Links::new(&service.base_path, Some(edition.locale));
            if params.build.is_some() {
                links = links.at_version(&id, &edition.generation.build);
            }
            let text = llms_txt(&read(&json, &id)?, &|slug| links.page(&id, slug));
            ("text/plain; charset=utf-8", "txt", text.into_bytes())
        }
    };
    let name = format!("{id}.{}.{extension}", edition.locale);
    if let Some(downloads) = service
        .library
        .downloads()
        .filter(|_| body.len() > LARGEST_ANSWER)
    {
        let at = downloads.offer(&name, kind, body).await?;
        return Ok((StatusCode::SEE_OTHER, [(header::LOCATION, at)]).into_response());
    }
    let name = format!("attachment; filename=\"{name}\"");
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, body).into_response())
}

async fn pages(service: &Service, edition: &Edition) -> Result<Vec<Page>, Problem> {
    let entries = service.library.pages(edition).await?;
    let keys: Vec<_> = entries.iter().map(|entry| entry.page.clone()).collect();
    stream::iter(keys)
        .map(async |key| Ok(service.library.page_by_key(edition, &key).await?.as_ref().clone()))
        .buffered(FETCHES)
        .try_collect()
        .await
}

fn read(json: &[u8], id: &RepositoryId) -> Result<Wiki, Problem> {
    serde_json::from_slice(json).map_err(|_| crate::library::outdated(id))
}
