//! The map of repositories: which depends on which, with the lines that show it.

use axum::{http::HeaderMap, response::Response};
use deepwiki_domain::{
    Locale, RepositoryId,
    packages::{Dependence, Evidence, Tie},
    page::Citation,
};
use maud::{Markup, html};

use super::{Reader, clean, layout, respond};
use crate::{Problem, diagram::svg, library::RepositoryMap, links::Links, router::Service};

/// How many packages of a dependence are shown; the API answers all.
const MOST_TIES: usize = 12;

/// Answers a browser that asks for the map.
pub(crate) async fn map_page(service: &Service, headers: &HeaderMap, language: Option<Locale>) -> Response {
    let page = render(service, headers, language).await;
    respond(service, headers, page)
}

async fn render(service: &Service, headers: &HeaderMap, language: Option<Locale>) -> Result<Markup, Problem> {
    let reader = Reader::new(service, headers, language);
    let words = Words::of(reader.locale);
    let map = service.library.map().await?;
    let view = View {
        links: &reader.links,
        map: &map,
        words,
    };
    let body = html! {
        main #content .plain.wide-plain.map {
            nav .crumbs aria-label=(reader.text.breadcrumbs) {
                ol { li { a href=(reader.links.home()) { (reader.text.home) } } li { (words.title) } }
            }
            h1 { (words.title) }
            p .lead { (words.lead) }
            @if map.edges.is_empty() { p .empty { (words.none) } }
            @if let Some(mermaid) = map.diagram() {
                figure .diagram {
                    @match svg(&mermaid, words.title) {
                        Some(picture) => { div .canvas tabindex="0" role="region" aria-label=(words.title) { (picture) } }
                        None => { pre tabindex="0" { code { (mermaid) } } }
                    }
                }
            }
            @for edge in map.edges.iter() { (view.edge(edge)) }
        }
    };
    let languages = Locale::ALL.map(|locale| (locale, reader.links.in_language(locale).map()));
    let frame = layout::Frame {
        title: words.title.to_owned(),
        languages: languages.to_vec(),
        ..layout::Frame::default()
    };
    Ok(layout::document(&reader, &frame, &body))
}

struct View<'a> {
    links: &'a Links,
    map: &'a RepositoryMap,
    words: &'a Words,
}

impl View<'_> {
    fn edge(&self, edge: &Dependence) -> Markup {
        let words = self.words;
        let left = edge.ties.len().saturating_sub(MOST_TIES);
        html! {
            section .edge-of-map {
                h2 { (self.name(&edge.from)) " → " (self.name(&edge.to)) }
                div .wide tabindex="0" {
                    table {
                        thead { tr { @for word in [words.package, words.wanted, words.provided, words.shown_by] { th scope="col" { (word) } } } }
                        tbody { @for tie in edge.ties.iter().take(MOST_TIES) { (self.tie(edge, tie)) } }
                    }
                }
                @if left > 0 { p .soft { ((words.and_more)(left)) } }
            }
        }
    }

    fn tie(&self, edge: &Dependence, tie: &Tie) -> Markup {
        let remark = match (tie.evidence, tie.dev) {
            (Evidence::Import, _) => Some(self.words.imported),
            (Evidence::Manifest, true) => Some(self.words.dev),
            (Evidence::Manifest, false) => None,
        };
        html! {
            tr {
                td { code { (clean(&tie.name)) } " " span .soft { (clean(&tie.system)) @if let Some(remark) = remark { " · " (remark) } } }
                td { @if let Some(wanted) = &tie.requirement { code { (clean(wanted)) } } }
                td { @if let Some(version) = &tie.version { code { (clean(version)) } } }
                td { (self.name(&edge.from)) " " (self.place(&edge.from, &tie.at)) br; (self.name(&edge.to)) " " (self.place(&edge.to, &tie.provided_at)) }
            }
        }
    }

    fn place(&self, id: &RepositoryId, at: &Citation) -> Markup {
        html! { a .place href=(self.links.source(id, at)) { span .path { (clean(at.path.as_str())) } ":" (at.start) } }
    }

    fn name(&self, id: &RepositoryId) -> Markup {
        let name = self
            .map
            .repository(id)
            .map(|repository| clean(&repository.display_name));
        html! { a href=(self.links.wiki(id)) { (name.unwrap_or_else(|| id.to_string())) } }
    }
}

/// On the first page of a wiki: the repositories that it depends on and those that depend on it.
pub(super) fn neighbours(links: &Links, locale: Locale, map: &RepositoryMap, id: &RepositoryId) -> Markup {
    let words = Words::of(locale);
    let view = View { links, map, words };
    let uses = || {
        map.edges
            .iter()
            .filter(|edge| edge.from == *id)
            .map(|edge| &edge.to)
    };
    let used_by = || {
        map.edges
            .iter()
            .filter(|edge| edge.to == *id)
            .map(|edge| &edge.from)
    };
    html! {
        @if uses().next().is_some() || used_by().next().is_some() {
            nav .across aria-label=(words.title) {
                h2 { a href=(links.map()) { (words.title) } }
                @if uses().next().is_some() {
                    p { (words.depends_on) ": " @for (at, other) in uses().enumerate() { @if at > 0 { (words.comma) } (view.name(other)) } }
                }
                @if used_by().next().is_some() {
                    p { (words.used_by) ": " @for (at, other) in used_by().enumerate() { @if at > 0 { (words.comma) } (view.name(other)) } }
                }
            }
        }
    }
}

/// What the map says, in each language.
pub(super) struct Words {
    pub(super) title: &'static str,
    lead: &'static str,
    none: &'static str,
    package: &'static str,
    wanted: &'static str,
    provided: &'static str,
    shown_by: &'static str,
    imported: &'static str,
    dev: &'static str,
    depends_on: &'static str,
    used_by: &'static str,
    comma: &'static str,
    and_more: fn(usize) -> String,
}

impl Words {
    pub(super) fn of(locale: Locale) -> &'static Self {
        match locale {
            Locale::En => &EN,
            Locale::Ja => &JA,
        }
    }
}

const EN: Words = Words {
    title: "Repository map",
    lead: "Which repository depends on which, as their manifests and imports say.",
    none: "No repository here depends on another.",
    package: "Package",
    wanted: "Wanted",
    provided: "Provided",
    shown_by: "Shown by",
    imported: "imported, no manifest asks for it",
    dev: "for tests and builds",
    depends_on: "Depends on",
    used_by: "Used by",
    comma: ", ",
    and_more: |count| format!("… and {count} more packages"),
};

const JA: Words = Words {
    title: "リポジトリの関係",
    lead: "マニフェストと import から読み取った、リポジトリ同士の依存関係です。",
    none: "ここにあるリポジトリの間に依存関係はありません。",
    package: "パッケージ",
    wanted: "要求",
    provided: "提供",
    shown_by: "根拠",
    imported: "import のみ、マニフェストに記載なし",
    dev: "テスト・ビルド用",
    depends_on: "依存先",
    used_by: "利用元",
    comma: "、",
    and_more: |count| format!("ほか {count} パッケージ"),
};
