//! The form that adds a repository and builds its wiki.

use std::sync::Arc;

use axum::{
    Form,
    extract::{Query, State, rejection::FormRejection},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use deepwiki_domain::{BuildId, Locale};
use maud::{Markup, html};
use serde::Deserialize;

use super::words::Words;
use crate::{
    Problem, Settings,
    html::{Reader, asked, clean, forms, layout, problem_page, respond, text::own_name},
    library::{BuildWish, Registration},
    router::{Permitted, Service, Shared},
};

#[derive(Debug, Default, Deserialize)]
pub(super) struct AddParams {
    language: Option<String>,
}

/// What the form sends.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Wanted {
    url: String,
    #[serde(default)]
    revision: String,
    en: Option<String>,
    ja: Option<String>,
}

impl Wanted {
    fn locales(&self) -> Vec<Locale> {
        let wanted = [(Locale::En, &self.en), (Locale::Ja, &self.ja)];
        let wanted = wanted.into_iter().filter(|(_, wish)| wish.is_some());
        wanted.map(|(locale, _)| locale).collect()
    }
}

pub(super) async fn form(
    Permitted(service): Permitted,
    headers: HeaderMap,
    Query(params): Query<AddParams>,
) -> Response {
    let reader = Reader::new(&service, &headers, asked(params.language.as_deref()));
    let wanted = match reader.locale {
        Locale::En => Wanted {
            en: Some(String::new()),
            ..Wanted::default()
        },
        Locale::Ja => Wanted {
            ja: Some(String::new()),
            ..Wanted::default()
        },
    };
    respond(&service, &headers, Ok(draw(&reader, &wanted, None)))
}

pub(super) async fn submit(
    State(shared): State<Arc<Shared>>,
    Permitted(service): Permitted,
    headers: HeaderMap,
    Query(params): Query<AddParams>,
    form: Result<Form<Wanted>, FormRejection>,
) -> Response {
    let reader = Reader::new(&service, &headers, asked(params.language.as_deref()));
    let wanted = match forms::read(form) {
        Ok(wanted) => wanted,
        Err(problem) => return problem_page(&service, &headers, &problem),
    };
    match add(&service, &wanted, &shared.settings).await {
        Ok(job) => forms::go_to(&reader.links.job(&job)),
        // What was typed stays in the form, with what is wrong with it.
        Err(problem) => {
            let page = draw(&reader, &wanted, Some(&problem)).into_string();
            problem.with_headers(axum::response::Html(page).into_response())
        }
    }
}

/// Registers what is wanted and asks for its build.
async fn add(service: &Service, wanted: &Wanted, settings: &Settings) -> Result<BuildId, Problem> {
    let revision = wanted.revision.trim();
    let languages = wanted.locales();
    let registration = Registration {
        url: wanted.url.trim(),
        revision: (!revision.is_empty()).then_some(revision),
        languages: &languages,
        groups: &[],
        local_paths: settings.local_paths,
        hosts: settings.hosts.clone(),
    };
    let (repository, _) = service.library.register(&registration).await?;
    // One that was registered before is built as it is asked for now.
    let wish = BuildWish {
        revision: registration.revision,
        languages: &languages,
        ..BuildWish::default()
    };
    service.library.request_build(&repository.id, &wish).await
}

fn draw(reader: &Reader<'_>, wanted: &Wanted, problem: Option<&Problem>) -> Markup {
    let words = Words::of(reader.locale);
    let chosen = wanted.locales();
    let body = html! {
        main #content .plain.wide-plain {
            nav .crumbs aria-label=(reader.text.breadcrumbs) { ol { li { a href=(reader.links.home()) { (reader.text.home) } } } }
            h1 { (reader.text.add) }
            p .lead { (words.add_lead) }
            @if let Some(problem) = problem { p #failure .failure role="alert" { (clean(problem.detail())) } }
            form .form method="post" action=(reader.links.add()) {
                label {
                    (words.url)
                    input type="text" name="url" value=(wanted.url) required maxlength="2000" autocomplete="off" autocapitalize="off"
                        spellcheck="false" inputmode="url" autofocus aria-describedby="url-hint" aria-invalid=[problem.map(|_| "true")];
                    span #url-hint .hint { (words.url_hint) }
                }
                label {
                    (words.revision)
                    input type="text" name="revision" value=(wanted.revision) maxlength="250" autocomplete="off" autocapitalize="off"
                        spellcheck="false" aria-describedby="revision-hint";
                    span #revision-hint .hint { (words.revision_hint) }
                }
                fieldset {
                    legend { (words.languages) }
                    @for locale in Locale::ALL {
                        label .check { input type="checkbox" name=(locale) value="on" checked[chosen.contains(&locale)]; (own_name(locale)) }
                    }
                }
                div .row { button .primary { (words.add_and_build) } }
            }
        }
    };
    let languages = Locale::ALL.map(|locale| (locale, reader.links.in_language(locale).add()));
    let frame = layout::Frame {
        title: reader.text.add.to_owned(),
        languages: languages.to_vec(),
        ..layout::Frame::default()
    };
    layout::document(reader, &frame, &body)
}
