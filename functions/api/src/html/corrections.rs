//! "This is wrong": the form that flags a statement, and the list of what was flagged with what became of it.

use axum::{
    Form,
    extract::{Path, Query, rejection::FormRejection},
    http::HeaderMap,
    response::{Html, IntoResponse, Response},
};
use deepwiki_domain::{
    Locale, RepositoryId, Slug,
    correction::{Correction, CorrectionState, LONGEST_REASON, find_statement, statements},
    page::Citation,
    repository::Repository,
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    Reader, asked, clean, forms, layout, problem_page, respond, time,
    wiki::{menu, open, repository_id},
};
use crate::{
    Problem,
    library::{Edition, Flag},
    router::{Permitted, Service},
};

/// How many corrections of a repository are listed.
const MOST: usize = 200;

#[derive(Debug, Default, Deserialize)]
pub(super) struct WrongParams {
    /// The statement's place on its page, as [`statements`] counts.
    statement: Option<usize>,
    language: Option<String>,
    build: Option<String>,
}

/// What the form sends.
#[derive(Debug, Deserialize)]
pub(super) struct Said {
    /// The statement's words: the page may have been built again meanwhile.
    statement: String,
    #[serde(default)]
    reason: String,
}

/// The form.
pub(super) async fn wrong(
    Permitted(service): Permitted,
    Path((id, slug)): Path<(String, String)>,
    headers: HeaderMap,
    Query(params): Query<WrongParams>,
) -> Response {
    let page = ask(&service, &headers, (&id, &slug), &params).await;
    respond(&service, &headers, page)
}

async fn ask(
    service: &Service,
    headers: &HeaderMap,
    (id, slug): (&str, &str),
    params: &WrongParams,
) -> Result<Markup, Problem> {
    let (edition, reader, slug) = of_page(service, headers, (id, slug), params).await?;
    let page = service.library.page(&edition, &slug).await?;
    let absent = || {
        Problem::not_found(format!(
            "The page `{slug}` has no such statement: go back and choose it again."
        ))
    };
    let statements = statements(&page);
    let (statement, citations) = params
        .statement
        .and_then(|at| statements.get(at))
        .ok_or_else(absent)?;
    let form = Draft {
        reader: &reader,
        edition: &edition,
        slug: &slug,
        title: &page.title,
    };
    form.draw((statement, citations), "", None).await
}

/// What was flagged is recorded; the list shows it.
pub(super) async fn flag(
    Permitted(service): Permitted,
    Path((id, slug)): Path<(String, String)>,
    headers: HeaderMap,
    Query(params): Query<WrongParams>,
    form: Result<Form<Said>, FormRejection>,
) -> Response {
    match record(&service, &headers, (&id, &slug), &params, form).await {
        Ok(response) => response,
        Err(problem) => problem_page(&service, &headers, &problem),
    }
}

async fn record(
    service: &Service,
    headers: &HeaderMap,
    (id, slug): (&str, &str),
    params: &WrongParams,
    form: Result<Form<Said>, FormRejection>,
) -> Result<Response, Problem> {
    let said = forms::read(form)?;
    let (edition, reader, slug) = of_page(service, headers, (id, slug), params).await?;
    let page = service.library.page(&edition, &slug).await?;
    let flag = Flag {
        language: Some(edition.locale),
        page: &slug,
        statement: &said.statement,
        reason: &said.reason,
    };
    match service.library.flag(&edition.repository.id, &flag).await {
        Ok((correction, _)) => Ok(forms::go_to(&format!(
            "{}#{}",
            reader.links.corrections(Some(&edition.repository.id)),
            correction.id
        ))),
        Err(problem) if problem.status().is_client_error() => {
            let citations = find_statement(&page, &said.statement).map(|(_, citations)| citations.to_vec());
            let form = Draft {
                reader: &reader,
                edition: &edition,
                slug: &slug,
                title: &page.title,
            };
            let drawn = form
                .draw(
                    (&said.statement, &citations.unwrap_or_default()),
                    &said.reason,
                    Some(&problem),
                )
                .await?;
            Ok(problem.with_headers(Html(drawn.into_string()).into_response()))
        }
        Err(problem) => Err(problem),
    }
}

/// The wiki that the page was read in.
async fn of_page<'a>(
    service: &'a Service,
    headers: &HeaderMap,
    (id, slug): (&str, &str),
    params: &WrongParams,
) -> Result<(Edition, Reader<'a>, Slug), Problem> {
    let id = repository_id(id)?;
    let slug = Slug::new(slug).map_err(|error| Problem::not_found(error.to_string()))?;
    let (edition, reader) = open(
        service,
        headers,
        &id,
        params.language.as_deref(),
        params.build.as_deref(),
    )
    .await?;
    Ok((edition, reader, slug))
}

/// A statement to be flagged.
struct Draft<'a> {
    reader: &'a Reader<'a>,
    edition: &'a Edition,
    slug: &'a Slug,
    title: &'a str,
}

impl Draft<'_> {
    async fn draw(
        &self,
        (statement, citations): (&str, &[Citation]),
        reason: &str,
        problem: Option<&Problem>,
    ) -> Result<Markup, Problem> {
        let (reader, edition) = (self.reader, self.edition);
        let (words, links, id) = (Words::of(reader.locale), &reader.links, &edition.repository.id);
        let action = links.wrong(id, self.slug, None);
        let body = html! {
            main #content .plain.wide-plain {
                nav .crumbs aria-label=(reader.text.breadcrumbs) {
                    ol {
                        li { a href=(links.home()) { (reader.text.home) } }
                        li { a href=(links.wiki(id)) { (clean(&edition.repository.display_name)) } }
                        li { a href=(links.page(id, self.slug)) { (clean(self.title)) } }
                    }
                }
                h1 { (reader.text.wrong) }
                p .lead { (words.lead) }
                blockquote .said-so { p { (clean(statement)) } }
                @if !citations.is_empty() {
                    ul .places aria-label=(words.rests_on) { @for at in citations { li { (place(reader, id, at)) } } }
                }
                @if let Some(problem) = problem { p .failure role="alert" { (clean(problem.detail())) } }
                form .form method="post" action=(action) {
                    input type="hidden" name="statement" value=(statement);
                    label {
                        (words.reason)
                        textarea name="reason" rows="4" required maxlength=(LONGEST_REASON) autofocus aria-describedby="reason-hint" { (reason) }
                        span #reason-hint .hint { (words.reason_hint) }
                    }
                    div .row {
                        button .primary { (words.send) }
                        a .button href=(links.page(id, self.slug)) { (words.back) }
                    }
                }
            }
        };
        let repositories = menu(reader.service).await?;
        let frame = layout::Frame {
            title: format!("{} · {}", reader.text.wrong, edition.repository.display_name),
            current: Some(&edition.repository),
            repositories: &repositories,
            ..layout::Frame::default()
        };
        Ok(layout::document(reader, &frame, &body))
    }
}

fn place(reader: &Reader<'_>, id: &RepositoryId, at: &Citation) -> Markup {
    html! {
        a .place href=(reader.links.source(id, at)) {
            span .path { (clean(at.path.as_str())) } " " span .range { (reader.text.lines(at.start, at.end)) }
        }
    }
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct ListParams {
    repository: Option<String>,
    language: Option<String>,
}

/// What was flagged.
pub(super) async fn corrections(
    Permitted(service): Permitted,
    headers: HeaderMap,
    Query(params): Query<ListParams>,
) -> Response {
    let reader = Reader::new(&service, &headers, asked(params.language.as_deref()));
    let page = list(&reader, params.repository.as_deref()).await;
    respond(&service, &headers, page)
}

async fn list(reader: &Reader<'_>, id: Option<&str>) -> Result<Markup, Problem> {
    let (service, words) = (reader.service, Words::of(reader.locale));
    let id = id.filter(|id| !id.is_empty()).map(repository_id).transpose()?;
    let id = id.as_ref();
    let repositories = menu(service).await?;
    let current = match id {
        Some(id) => Some(service.library.repository(id).await?),
        None => None,
    };
    let corrections = service.library.corrections(id, None, MOST).await?;
    let name = |id: &RepositoryId| {
        let found = repositories.iter().find(|repository| repository.id == *id);
        found.map_or_else(|| id.to_string(), |repository| clean(&repository.display_name))
    };
    let body = html! {
        main #content .plain.wide-plain {
            nav .crumbs aria-label=(reader.text.breadcrumbs) {
                ol {
                    li { a href=(reader.links.home()) { (reader.text.home) } }
                    @if let Some(Repository { id, display_name, .. }) = &current { li { a href=(reader.links.repository(id)) { (clean(display_name)) } } }
                }
            }
            h1 { (words.title) }
            p .lead { (words.list_lead) }
            @if corrections.is_empty() { p .empty { (words.none) } }
            ol .corrections { @for it in &corrections { (item(reader, words, it, &name(&it.repository))) } }
        }
    };
    let languages = Locale::ALL.map(|locale| (locale, reader.links.in_language(locale).corrections(id)));
    let frame = layout::Frame {
        title: words.title.to_owned(),
        current: current.as_ref(),
        repositories: &repositories,
        languages: languages.to_vec(),
        ..layout::Frame::default()
    };
    Ok(layout::document(reader, &frame, &body))
}

fn item(reader: &Reader<'_>, words: &Words, it: &Correction, repository: &str) -> Markup {
    let page = reader
        .links
        .in_language(it.language)
        .page(&it.repository, &it.page);
    html! {
        li id=(it.id) {
            p .facts {
                span .tag.(it.state.name()) { (words.state(it.state)) }
                span { a href=(page) { (repository) " / " (it.page) } }
                span { code { (it.commit.short()) } }
                span { (time(it.reported_at)) }
            }
            blockquote { p lang=(it.language) { (clean(&it.statement)) } }
            p { strong { (words.because) } " " (clean(&it.reason)) }
            @if let Some(decision) = &it.decision { p .soft { (clean(&decision.note)) " (" (time(decision.at)) ")" } }
            @if !it.citations.is_empty() { ul .places { @for at in &it.citations { li { (place(reader, &it.repository, at)) } } } }
        }
    }
}

/// What these pages say, in each language.
pub(super) struct Words {
    pub(super) title: &'static str,
    lead: &'static str,
    list_lead: &'static str,
    none: &'static str,
    rests_on: &'static str,
    reason: &'static str,
    reason_hint: &'static str,
    send: &'static str,
    back: &'static str,
    because: &'static str,
    open: &'static str,
    upheld: &'static str,
    rejected: &'static str,
}

impl Words {
    pub(super) fn of(locale: Locale) -> &'static Self {
        match locale {
            Locale::En => &EN,
            Locale::Ja => &JA,
        }
    }

    fn state(&self, state: CorrectionState) -> &'static str {
        match state {
            CorrectionState::Open => self.open,
            CorrectionState::Upheld => self.upheld,
            CorrectionState::Rejected => self.rejected,
        }
    }
}

const EN: Words = Words {
    title: "Corrections",
    lead: "The statement is checked again against its sources. What is decided stays, whenever the wiki is built anew.",
    list_lead: "Statements that readers have flagged, and what became of them.",
    none: "No statement has been flagged.",
    rests_on: "What the statement rests on",
    reason: "What is wrong with it?",
    reason_hint: "Say what is so instead, and where it can be seen.",
    send: "Flag it",
    back: "Back to the page",
    because: "Flagged because:",
    open: "To be checked",
    upheld: "Corrected",
    rejected: "Holds",
};

const JA: Words = Words {
    title: "訂正",
    lead: "この記述をもう一度ソースと照合します。決まったことは、Wiki を作り直しても保たれます。",
    list_lead: "読者が誤りとして報告した記述と、その結果です。",
    none: "報告された記述はありません。",
    rests_on: "この記述の根拠",
    reason: "どこが誤りですか？",
    reason_hint: "正しくはどうであるか、どこを見ればわかるかをお書きください。",
    send: "報告する",
    back: "ページに戻る",
    because: "報告の理由：",
    open: "確認待ち",
    upheld: "訂正済み",
    rejected: "誤りではない",
};
