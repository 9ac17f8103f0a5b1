//! A wiki's tree, its pages, and the source that they cite.

use axum::{
    Json,
    extract::{Path, Query},
};
use deepwiki_domain::{Locale, RepositoryId, Slug, markdown, page::Citation};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    extract::Checked,
    views::{PageEntryView, PageView, SourceView, WikiView},
};
use crate::{Problem, library::Wish, router::Permitted};

/// The most lines of a file in one answer.
const MOST_LINES: u32 = 2_000;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct EditionParams {
    /// `en` or `ja`; the repository's first language where none is given.
    #[param(value_type = Option<String>, pattern = "^(en|ja)$")]
    language: Option<Locale>,
    /// The id of a kept build, or at least seven digits of its commit; the published wiki where none is given.
    build: Option<String>,
}

impl EditionParams {
    fn wish(&self) -> Wish<'_> {
        Wish {
            language: self.language,
            build: self.build.as_deref(),
            ..Wish::default()
        }
    }
}

/// The pages of a wiki and what the publish gate found.
#[utoipa::path(
    get, path = "/repos/{id}/wiki", tag = "wiki",
    params(("id" = String, Path, description = "The repository's id"), EditionParams),
    responses(
        (status = 200, body = WikiView),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn get_wiki(
    Permitted(service): Permitted,
    Checked(Path(id)): Checked<Path<RepositoryId>>,
    Checked(Query(params)): Checked<Query<EditionParams>>,
) -> Result<Json<WikiView>, Problem> {
    let edition = service.library.edition(&id, params.wish()).await?;
    let pages = service.library.pages(&edition).await?;
    let head = service.library.wiki_head(&edition).await?;
    Ok(Json(WikiView {
        languages: edition.locales().collect(),
        repository: id,
        build: edition.generation.build,
        commit: edition.generation.commit,
        commit_time: head.commit_time.clone(),
        language: edition.locale,
        writer: head.writer.clone(),
        validity: head.validity.into(),
        pages: pages.iter().map(PageEntryView::from).collect(),
    }))
}

/// One page, as structure and as Markdown.
#[utoipa::path(
    get, path = "/repos/{id}/pages/{slug}", tag = "wiki",
    params(
        ("id" = String, Path, description = "The repository's id"),
        ("slug" = String, Path, description = "The page's address"),
        EditionParams
    ),
    responses(
        (status = 200, body = PageView),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn get_page(
    Permitted(service): Permitted,
    Checked(Path((id, slug))): Checked<Path<(RepositoryId, Slug)>>,
    Checked(Query(params)): Checked<Query<EditionParams>>,
) -> Result<Json<PageView>, Problem> {
    let edition = service.library.edition(&id, params.wish()).await?;
    let page = service.library.page(&edition, &slug).await?;
    let entries = service.library.pages(&edition).await?;
    let titles = entries
        .iter()
        .map(|entry| (entry.slug.clone(), entry.title.clone()));
    Ok(Json(PageView {
        markdown: markdown::page(&page, &titles.collect(), &|at| edition.host_link(at)),
        page: page.as_ref().clone(),
        repository: id,
        language: edition.locale,
        commit: edition.generation.commit,
    }))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct LinesParams {
    /// The first line, from 1.
    #[param(minimum = 1)]
    start: Option<u32>,
    /// The last line, inclusive. At most 2,000 lines are answered at once.
    #[param(minimum = 1)]
    end: Option<u32>,
    /// The id of a kept build, or at least seven digits of its commit; the published wiki where none is given.
    build: Option<String>,
}

/// Lines of a file, as the wiki was made from them.
#[utoipa::path(
    get, path = "/repos/{id}/source/{*path}", tag = "wiki",
    params(
        ("id" = String, Path, description = "The repository's id"),
        ("path" = String, Path, description = "The file's path; may hold slashes"),
        LinesParams
    ),
    responses(
        (status = 200, body = SourceView),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn get_source(
    Permitted(service): Permitted,
    Checked(Path((id, path))): Checked<Path<(RepositoryId, String)>>,
    Checked(Query(params)): Checked<Query<LinesParams>>,
) -> Result<Json<SourceView>, Problem> {
    let start = params.start.unwrap_or(1);
    let end = params.end.unwrap_or(u32::MAX);
    if start == 0 || end < start {
        return Err(Problem::bad_request(
            "`start` counts from 1, and `end` is not before it.",
        ));
    }
    let wish = Wish {
        build: params.build.as_deref(),
        ..Wish::default()
    };
    let edition = service.library.edition(&id, wish).await?;
    let most = (end - start).saturating_add(1).min(MOST_LINES);
    let excerpt = service
        .library
        .excerpt(&id, &edition.generation, &path, start, most)
        .await?;
    let count = u32::try_from(excerpt.lines.len()).unwrap_or(MOST_LINES);
    if count == 0 && start > 1 {
        return Err(Problem::not_found(format!(
            "`{path}` has {} lines.",
            excerpt.total
        )));
    }
    let end = (start + count).saturating_sub(1);
    let at = Citation {
        path: excerpt.path,
        start,
        end,
    };
    Ok(Json(SourceView {
        url: edition.host_link(&at),
        path: at.path,
        language: excerpt.language.map(|language| language.id()),
        total: excerpt.total,
        start,
        end,
        text: excerpt.lines.iter().flat_map(|line| [line, "\n"]).collect(),
        repository: id,
        commit: edition.generation.commit,
    }))
}
