//! The search page: what to look for and where, and what was found with the reason.

mod hits;
mod words;

use axum::{http::HeaderMap, response::Response};
use deepwiki_domain::{
    Language, Locale, RepositoryId,
    facts::SymbolKind,
    manifest::Role,
    repository::Repository,
    search::{Found, Refused},
};
use futures::{StreamExt, stream};
use maud::{Markup, html};

use self::{hits::Shown, words::Words};
use super::{Reader, clean, layout, problem_page, respond, wiki::menu};
use crate::{
    Problem,
    links::encode,
    rest::{SearchParams, find},
    router::Service,
};

/// How many hits are read at the same time.
const FETCHES: usize = 4;

/// Answers a browser that searches.
pub(crate) async fn search_page(service: &Service, headers: &HeaderMap, params: SearchParams) -> Response {
    let page = render(service, headers, &params).await;
    match page {
        Err(problem) => problem_page(service, headers, &problem),
        page => respond(service, headers, page),
    }
}

async fn render(service: &Service, headers: &HeaderMap, params: &SearchParams) -> Result<Markup, Problem> {
    let reader = Reader::new(service, headers, params.language);
    let query = params.q.as_deref().unwrap_or_default().trim();
    let view = View {
        reader: &reader,
        words: Words::of(reader.locale),
        params,
        query,
        repositories: &menu(service).await?,
    };
    // The language of the interface does not narrow what is looked for.
    let unnarrowed = SearchParams {
        language: None,
        ..params.clone()
    };
    let found = match query.is_empty() {
        true => Found::default(),
        false => find(service, &unnarrowed).await?,
    };
    let words: Vec<String> = query.split_whitespace().map(str::to_ascii_lowercase).collect();
    let reads: Vec<_> = found
        .hits
        .iter()
        .map(|hit| hits::read(service, hit, &words, reader.locale))
        .collect();
    let shown: Vec<Shown> = stream::iter(reads).buffered(FETCHES).collect().await;
    let body = html! {
        main #content .search {
            h1 { (reader.text.search) }
            (view.form())
            (view.results(&found, &shown, &words))
        }
    };
    let frame = layout::Frame {
        title: if query.is_empty() {
            reader.text.search.to_owned()
        } else {
            format!("{query} · {}", reader.text.search)
        },
        languages: view.languages(),
        query,
        ..layout::Frame::default()
    };
    Ok(layout::document(&reader, &frame, &body))
}

struct View<'a> {
    reader: &'a Reader<'a>,
    words: &'static Words,
    params: &'a SearchParams,
    query: &'a str,
    repositories: &'a [Repository],
}

impl View<'_> {
    fn form(&self) -> Markup {
        let (text, words, params) = (self.reader.text, self.words, self.params);
        let repositories = self
            .repositories
            .iter()
            .map(|repository| (repository.id.as_str(), clean(&repository.display_name)));
        let languages = Language::ALL
            .iter()
            .map(|language| (language.id(), language.name().to_owned()));
        let roles = Role::ALL.map(|role| (role.name(), words.role(role).to_owned()));
        let kinds = SymbolKind::ALL.map(|kind| (kind.name(), words.kind(kind).to_owned()));
        html! {
            form role="search" aria-label=(text.search) action=(self.reader.links.search()) method="get" {
                div .ask-for {
                    input type="search" name="q" value=(self.query) aria-label=(text.search_hint) placeholder=(text.search_hint)
                        maxlength="1000" autocomplete="off" autocapitalize="off" spellcheck="false" autofocus;
                    button { (text.search) }
                }
                div .filters {
                    (choice("repository", text.repositories, text.all_repositories, params.repository.as_deref(), repositories))
                    (choice("code", words.code, words.any_code, params.code.as_deref(), languages))
                    (choice("role", words.role, words.any_role, params.role.as_deref(), roles))
                    (choice("kind", words.kind, words.any_kind, params.kind.as_deref(), kinds))
                    label {
                        span { (words.path) }
                        input type="text" name="path" value=(params.path.as_deref().unwrap_or_default()) placeholder=(words.path_hint)
                            maxlength="400" autocomplete="off" autocapitalize="off" spellcheck="false";
                    }
                }
                input type="hidden" name="language" value=(self.reader.locale);
            }
        }
    }

    fn results(&self, found: &Found, shown: &[Shown], words: &[String]) -> Markup {
        let text = self.reader.text;
        html! {
            div .results {
                (self.refused(&found.refused))
                @if self.query.is_empty() {
                    p .empty { (text.search_tip) }
                    p .empty { (self.words.keys) }
                } @else if found.hits.is_empty() {
                    p .empty role="status" { (text.no_hits) }
                    (self.to_ask())
                } @else {
                    p .count role="status" {
                        (text.hits(found.hits.len()))
                        " · "
                        @if found.semantic { (self.words.by_meaning) } @else { (self.words.by_words) }
                    }
                    ol .hits {
                        @for (hit, shown) in found.hits.iter().zip(shown) {
                            (hits::draw(self.reader, self.words, (hit, shown), &self.name(&hit.repository), words))
                        }
                    }
                    (self.to_ask())
                }
            }
        }
    }

    fn to_ask(&self) -> Markup {
        let chosen = self.params.repository.as_deref();
        let id = chosen.and_then(|id| RepositoryId::new(id).ok());
        html! {
            p .more { a href=(self.reader.links.ask(id.as_ref(), Some(self.query))) { (self.words.ask_instead) } }
        }
    }

    fn refused(&self, refused: &[Refused]) -> Markup {
        html! {
            @for it in refused { p .notice { (self.name(&it.repository)) ": " (clean(&it.reason)) } }
        }
    }

    fn name(&self, id: &RepositoryId) -> String {
        let found = self.repositories.iter().find(|repository| repository.id == *id);
        found.map_or_else(|| id.to_string(), |repository| clean(&repository.display_name))
    }

    /// This search in each language of the interface.
    fn languages(&self) -> Vec<(Locale, String)> {
        let params = self.params;
        let given = [
            ("q", Some(self.query)),
            ("repository", params.repository.as_deref()),
            ("code", params.code.as_deref()),
            ("role", params.role.as_deref()),
            ("kind", params.kind.as_deref()),
            ("path", params.path.as_deref()),
        ];
        let given = given.iter().filter_map(|(name, value)| {
            let value = value.filter(|value| !value.is_empty())?;
            Some(format!("{name}={}&", encode(value, false)))
        });
        let (base, given) = (self.reader.links.search(), given.collect::<String>());
        let address = |locale| (locale, format!("{base}?{given}language={locale}"));
        Locale::ALL.map(address).to_vec()
    }
}

/// A list to choose one of, or any. What an address asks for and the list lacks is kept.
fn choice<'a>(
    name: &str,
    label: &str,
    any: &str,
    chosen: Option<&'a str>,
    options: impl IntoIterator<Item = (&'a str, String)>,
) -> Markup {
    let chosen = chosen.unwrap_or_default();
    let mut options: Vec<(&str, String)> = options.into_iter().collect();
    if !chosen.is_empty() && options.iter().all(|(value, _)| *value != chosen) {
        options.push((chosen, clean(chosen)));
    }
    html! {
        label {
            span { (label) }
            select name=(name) {
                option value="" { (any) }
                @for (value, shown) in &options { option value=(value) selected[*value == chosen] { (shown) } }
            }
        }
    }
}
