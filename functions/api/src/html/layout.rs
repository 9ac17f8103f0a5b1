//! What stands around every page: head, bar, repository menu, language and theme.

use deepwiki_domain::{
    Locale,
    repository::{Repository, RepositoryStatus},
};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{Reader, Text, clean, text::own_name, time};

/// What a page brings along.
#[derive(Default)]
pub(super) struct Frame<'a> {
    /// For the window; the service's name is added.
    pub(super) title: String,
    /// The repository whose wiki is read.
    pub(super) current: Option<&'a Repository>,
    /// The repositories to choose from.
    pub(super) repositories: &'a [Repository],
    /// Other languages of this page and where they are.
    pub(super) languages: Vec<(Locale, String)>,
    /// What was searched for.
    pub(super) query: &'a str,
    /// Whether the page has a tree that a narrow screen has to open.
    pub(super) has_tree: bool,
    /// Seconds after which a browser without script loads the page again.
    pub(super) reload: Option<u32>,
}

/// The whole document.
pub(super) fn document(reader: &Reader<'_>, frame: &Frame<'_>, body: &Markup) -> Markup {
    let (links, assets) = (&reader.links, &reader.service.assets);
    html! {
        (DOCTYPE)
        html lang=(reader.locale) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (clean(&frame.title)) " · DeepWiki-OMR" }
                link rel="stylesheet" href=(links.asset(&assets.style));
                link rel="icon" type="image/svg+xml" href=(links.asset(&assets.icon));
                @if let Some(seconds) = frame.reload { noscript { meta http-equiv="refresh" content=(seconds); } }
                script src=(links.asset(&assets.script)) {}
            }
            body data-words=(reader.text.script) {
                a .skip href="#content" { (reader.text.skip) }
                (bar(reader, frame))
                (body)
            }
        }
    }
}

fn bar(reader: &Reader<'_>, frame: &Frame<'_>) -> Markup {
    let (text, links) = (reader.text, &reader.links);
    html! {
        header .bar {
            @if frame.has_tree {
                a .open-tree href="#tree" aria-label=(text.pages) { span aria-hidden="true" { "☰" } }
            }
            a .brand href=(links.home()) { (mark()) span { "DeepWiki" } }
            (repository_menu(reader, frame))
            form .find role="search" aria-label=(text.search_hint) action=(links.search()) method="get" {
                input type="search" name="q" value=(frame.query) placeholder=(text.search_hint)
                    aria-label=(text.search_hint) maxlength="1000" autocomplete="off";
                @if let Some(repository) = frame.current {
                    input type="hidden" name="repository" value=(repository.id);
                }
                input type="hidden" name="language" value=(reader.locale);
                kbd aria-hidden="true" { "/" }
            }
            a .to-ask href=(links.ask(frame.current.map(|repository| &repository.id), None)) { (bubble()) span { (text.ask) } }
            @if frame.languages.len() > 1 {
                nav .languages aria-label=(text.language) {
                    @for (locale, address) in &frame.languages {
                        @let current = *locale == reader.locale;
                        a href=(address) hreflang=(locale) lang=(locale) aria-current=[current.then_some("true")] {
                            (own_name(*locale))
                        }
                    }
                }
            }
            (theme_switch(text))
        }
    }
}

fn repository_menu(reader: &Reader<'_>, frame: &Frame<'_>) -> Markup {
    let Some(current) = frame.current else {
        return html! {};
    };
    html! {
        details .menu {
            summary { span { (clean(&current.display_name)) } }
            ul {
                @for repository in frame.repositories {
                    li {
                        a href=(reader.links.wiki(&repository.id)) aria-current=[(repository.id == current.id).then_some("true")] {
                            span .name { (clean(&repository.display_name)) }
                            (status(reader.text, repository))
                            @if let Some(generation) = &repository.published {
                                small { (time(generation.published_at)) }
                            }
                        }
                    }
                }
                li { a .all href=(reader.links.repository(&current.id)) { (reader.text.manage) } }
                li { a .all href=(reader.links.home()) { (reader.text.all_repositories) } }
            }
        }
    }
}

/// How a repository stands, in a word and a colour.
pub(super) fn status(text: &Text, repository: &Repository) -> Markup {
    let (class, word) = match repository.status {
        RepositoryStatus::Parsing => ("parsing", text.parsing),
        RepositoryStatus::Failed => ("failed", text.failed),
        RepositoryStatus::Ready if repository.published.is_none() => ("absent", text.not_built),
        RepositoryStatus::Ready => ("ready", text.ready),
    };
    html! { span .status.(class) { (word) } }
}

/// Three choices that work by style alone; the script only remembers them.
pub(super) fn theme_switch(text: &Text) -> Markup {
    html! {
        fieldset .theme {
            legend { (text.theme) }
            @for (value, word, sign) in
                [("auto", text.theme_auto, "◐"), ("light", text.theme_light, "☀"), ("dark", text.theme_dark, "☾")]
            {
                input type="radio" name="theme" id={ "theme-" (value) } value=(value) checked[value == "auto"];
                label for={ "theme-" (value) } title=(word) {
                    span aria-hidden="true" { (sign) "\u{fe0e}" }
                    span .words { (word) }
                }
            }
        }
    }
}

/// The mark: a page whose lines are cited.
fn mark() -> Markup {
    PreEscaped(
        r#"<svg class="mark" viewBox="0 0 24 24" width="22" height="22" aria-hidden="true"><path d="M5 3.5h10l4 4V20.5H5z" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linejoin="round"/><path d="M8.5 9h4M8.5 13h7M8.5 17h5" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round"/><circle cx="16" cy="17" r="1.6" class="dot"/></svg>"#
            .to_owned(),
    )
}

/// A question.
fn bubble() -> Markup {
    PreEscaped(
        r#"<svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true"><path d="M4.5 5h15v11h-8.5L6.5 20v-4h-2z" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linejoin="round"/></svg>"#
            .to_owned(),
    )
}
