//! The wikis that a repository has had, and what changed from one to another.

use axum::{http::HeaderMap, response::Response};
use deepwiki_domain::{
    Locale, RepositoryId,
    changes::{Change, ChangeKind, Changes, PageChange, Said, SectionChange, SymbolState, Total, Version},
    page::{Citation, Validity},
    repository::{Generation, Repository},
};
use maud::{Markup, html};

use super::{Reader, clean, layout, preferred, respond, time, wiki::menu};
use crate::{
    Problem,
    links::Links,
    rest::{ChangesParams, VersionsParams, find_changes},
    router::Service,
};

/// Answers a browser that asks for the versions of a wiki.
pub(crate) async fn versions_page(
    service: &Service,
    headers: &HeaderMap,
    id: &RepositoryId,
    params: &VersionsParams,
) -> Response {
    let page = list(service, headers, id, params).await;
    respond(service, headers, page)
}

/// Answers a browser that compares two versions.
pub(crate) async fn changes_page(
    service: &Service,
    headers: &HeaderMap,
    id: &RepositoryId,
    params: &ChangesParams,
) -> Response {
    let page = compare(service, headers, id, params).await;
    respond(service, headers, page)
}

async fn list(
    service: &Service,
    headers: &HeaderMap,
    id: &RepositoryId,
    params: &VersionsParams,
) -> Result<Markup, Problem> {
    let reader = Reader::new(service, headers, params.language);
    let words = Words::of(reader.locale);
    let (repository, versions) = service.library.versions(id).await?;
    let published = repository.published.as_ref().map(|generation| &generation.build);
    let body = html! {
        main #content .plain.wide-plain {
            (crumbs(&reader, &repository, words.versions))
            h1 { (words.versions) }
            p .lead { (words.versions_lead) }
            @if versions.is_empty() { p .empty { (words.no_versions) } }
            ol .versions {
                @for (at, version) in versions.iter().enumerate() {
                    li {
                        h2 {
                            a href=(reader.links.at_version(id, &version.build).wiki(id)) { code { (version.commit.short()) } }
                            @if published == Some(&version.build) { " " span .tag { (words.current) } }
                        }
                        p .facts {
                            span title=(reader.text.published) { (time(version.published_at)) }
                            @if let Some(seconds) = version.commit_time { span title=(reader.text.commit) { (time(seconds)) } }
                            @if let Some(before) = versions.get(at + 1) {
                                span { a href=(reader.links.changes(id, &before.build, &version.build)) { (words.since_before) } }
                            }
                            @if at > 0 && let Some(newest) = versions.first() {
                                span { a href=(reader.links.changes(id, &version.build, &newest.build)) { (words.until_newest) } }
                            }
                        }
                    }
                }
            }
        }
    };
    let languages = in_languages(&reader, |links| links.versions(id));
    framed(&reader, &repository, words.versions, languages, &body).await
}

async fn compare(
    service: &Service,
    headers: &HeaderMap,
    id: &RepositoryId,
    params: &ChangesParams,
) -> Result<Markup, Problem> {
    let changes = find_changes(service, id, params, &preferred(headers)).await?;
    let reader = Reader::new(service, headers, params.language);
    let words = Words::of(reader.locale);
    let (repository, versions) = service.library.versions(id).await?;
    let view = View {
        reader: &reader,
        words,
        id,
        before: reader.links.at_version(id, &changes.from.build),
        after: reader.links.at_version(id, &changes.to.build),
    };
    let body = html! {
        main #content .plain.wide-plain.changes {
            (crumbs(&reader, &repository, words.changes))
            h1 { (words.changes) }
            (choice(&reader, words, id, &changes, &versions))
            @if changes.is_empty() {
                p .empty { (words.nothing) }
            } @else {
                (view.summary(&changes))
                (view.pages(&changes))
                (view.symbols(&changes))
                (view.files(&changes))
            }
        }
    };
    let languages = in_languages(&reader, |links| {
        links.changes(id, &changes.from.build, &changes.to.build)
    });
    framed(&reader, &repository, words.changes, languages, &body).await
}

async fn framed(
    reader: &Reader<'_>,
    repository: &Repository,
    title: &str,
    languages: Vec<(Locale, String)>,
    body: &Markup,
) -> Result<Markup, Problem> {
    let repositories = menu(reader.service).await?;
    let frame = layout::Frame {
        title: format!("{title} · {}", repository.display_name),
        current: Some(repository),
        repositories: &repositories,
        languages,
        ..layout::Frame::default()
    };
    Ok(layout::document(reader, &frame, body))
}

/// The address of a page in each language.
fn in_languages(reader: &Reader<'_>, here: impl Fn(&Links) -> String) -> Vec<(Locale, String)> {
    let address = |locale| (locale, here(&reader.links.in_language(locale)));
    Locale::ALL.map(address).to_vec()
}

fn crumbs(reader: &Reader<'_>, repository: &Repository, here: &str) -> Markup {
    html! {
        nav .crumbs aria-label=(reader.text.breadcrumbs) {
            ol {
                li { a href=(reader.links.home()) { (reader.text.home) } }
                li { a href=(reader.links.wiki(&repository.id)) { (clean(&repository.display_name)) } }
                li { (here) }
            }
        }
    }
}

/// The two versions, to be chosen anew.
fn choice(
    reader: &Reader<'_>,
    words: &Words,
    id: &RepositoryId,
    changes: &Changes,
    versions: &[Generation],
) -> Markup {
    let options = |chosen: &Version| {
        html! {
            @for version in versions {
                option value=(version.build) selected[version.build == chosen.build] {
                    (version.commit.short()) " · " (time_text(version.published_at))
                }
            }
        }
    };
    html! {
        form .compare action={ (reader.service.base_path) "/repos/" (id) "/changes" } method="get" {
            label { (words.from) select name="from" { (options(&changes.from)) } }
            label { (words.to) select name="to" { (options(&changes.to)) } }
            input type="hidden" name="language" value=(reader.locale);
            button { (words.compare) }
        }
    }
}

fn time_text(seconds: i64) -> String {
    let full = jiff::Timestamp::from_second(seconds)
        .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
        .to_string();
    full.get(..16).unwrap_or(&full).replace('T', " ")
}

/// How a comparison is shown: what was links into the earlier version, what is into the later.
struct View<'a> {
    reader: &'a Reader<'a>,
    words: &'a Words,
    id: &'a RepositoryId,
    before: Links,
    after: Links,
}

impl View<'_> {
    fn summary(&self, changes: &Changes) -> Markup {
        let totals = &changes.totals;
        let rows = [
            (self.reader.text.pages, totals.pages),
            (self.words.definitions, totals.symbols),
            (self.words.files, totals.files),
        ];
        let words = self.words;
        html! {
            div .wide tabindex="0" {
                table {
                    thead { tr { th {} @for word in [words.added, words.removed, words.moved, words.changed] { th scope="col" { (word) } } } }
                    tbody {
                        @for (name, Total { added, removed, moved, changed }) in rows {
                            tr { th scope="row" { (name) } @for count in [added, removed, moved, changed] { td { (count) } } }
                        }
                    }
                }
            }
            @if totals.pages_relocated > 0 { p .soft { ((words.relocated)(totals.pages_relocated)) } }
            p .soft { (self.checked(&changes.validity_before)) " → " (self.checked(&changes.validity_after)) }
        }
    }

    fn checked(&self, validity: &Validity) -> String {
        self.reader.text.checked(validity.resolved, validity.citations)
    }

    fn pages(&self, changes: &Changes) -> Markup {
        html! {
            @if !changes.pages.is_empty() {
                h2 { (self.reader.text.pages) }
                @for page in &changes.pages { (self.page(page)) }
                (self.rest(changes.totals.pages, changes.pages.len()))
            }
        }
    }

    fn page(&self, page: &PageChange) -> Markup {
        let was = page.before.as_ref().map(|state| (state, &self.before));
        let is = page.after.as_ref().map(|state| (state, &self.after));
        let Some((state, links)) = is.or(was) else {
            return html! {};
        };
        let moved_from = page.before.as_ref().filter(|_| page.change == ChangeKind::Moved);
        html! {
            details .change open[page.sections.len() <= 3] {
                summary {
                    (self.tag(page.change)) " "
                    a href=(links.page(self.id, &state.slug)) { (clean(&state.title)) }
                    @if let Some(before) = moved_from { " ← " (clean(&before.title)) }
                }
                @if page.sections.is_empty() { p .soft { (clean(&state.summary)) } }
                @for section in &page.sections { (self.section(section)) }
            }
        }
    }

    fn section(&self, section: &SectionChange) -> Markup {
        html! {
            section {
                @if !section.heading.is_empty() { h3 { (clean(&section.heading)) } }
                @if !section.removed.is_empty() {
                    ul .gone { @for said in &section.removed { (self.said(said, &self.before)) } }
                }
                @if !section.added.is_empty() {
                    ul .come { @for said in &section.added { (self.said(said, &self.after)) } }
                }
                @if section.redrawn { p .soft { (self.words.redrawn) } }
            }
        }
    }

    fn said(&self, said: &Said, links: &Links) -> Markup {
        html! {
            li {
                (clean(&said.text))
                @for at in said.at.iter().take(3) { " " (self.place(at, links)) }
            }
        }
    }

    fn place(&self, at: &Citation, links: &Links) -> Markup {
        html! {
            a .place href=(links.source(self.id, at)) {
                span .path { (clean(at.path.as_str())) } span .range { (self.reader.text.lines(at.start, at.end)) }
            }
        }
    }

    fn symbols(&self, changes: &Changes) -> Markup {
        let Some(symbols) = &changes.symbols else {
            return html! { h2 { (self.words.definitions) } p .soft { (self.words.unnoted) } };
        };
        html! {
            @if !symbols.is_empty() {
                h2 { (self.words.definitions) }
                ul .changed { @for symbol in symbols { li { (self.symbol(symbol)) } } }
                (self.rest(changes.totals.symbols, symbols.len()))
            }
        }
    }

    fn symbol(&self, symbol: &Change<SymbolState>) -> Markup {
        let sides = [
            (&symbol.before, &self.before, "gone"),
            (&symbol.after, &self.after, "come"),
        ];
        html! {
            (self.tag(symbol.change))
            @for (state, links, class) in sides {
                @if let Some(state) = state {
                    span .head.(class) { code { (clean(&state.signature)) } " " (self.place(&state.at, links)) }
                }
            }
        }
    }

    fn files(&self, changes: &Changes) -> Markup {
        html! {
            @if !changes.files.is_empty() {
                h2 { (self.words.files) }
                ul .changed {
                    @for file in &changes.files {
                        @let was = file.before.as_ref().map(|state| (state, &self.before));
                        @let is = file.after.as_ref().map(|state| (state, &self.after));
                        li {
                            (self.tag(file.change)) " "
                            @if let Some((state, links)) = is.or(was) {
                                a .path href=(links.source(self.id, &Citation { path: state.path.clone(), start: 1, end: 1 })) { (clean(state.path.as_str())) }
                            }
                            @if let (ChangeKind::Moved, Some((before, _))) = (file.change, was) {
                                " ← " span .path { (clean(before.path.as_str())) }
                            }
                        }
                    }
                }
                (self.rest(changes.totals.files, changes.files.len()))
            }
        }
    }

    /// How many changes are not shown.
    fn rest(&self, total: Total, shown: usize) -> Markup {
        let shown = u32::try_from(shown).unwrap_or(u32::MAX);
        let left = total.sum().saturating_sub(shown);
        html! { @if left > 0 { p .soft { ((self.words.and_more)(left)) } } }
    }

    fn tag(&self, change: ChangeKind) -> Markup {
        let (class, word) = match change {
            ChangeKind::Added => ("added", self.words.added),
            ChangeKind::Removed => ("removed", self.words.removed),
            ChangeKind::Moved => ("moved", self.words.moved),
            ChangeKind::Changed => ("changed", self.words.changed),
        };
        html! { span .tag.(class) { (word) } }
    }
}

/// What these pages say, in each language.
pub(super) struct Words {
    pub(super) versions: &'static str,
    versions_lead: &'static str,
    no_versions: &'static str,
    current: &'static str,
    since_before: &'static str,
    until_newest: &'static str,
    pub(super) changes: &'static str,
    from: &'static str,
    to: &'static str,
    compare: &'static str,
    nothing: &'static str,
    added: &'static str,
    removed: &'static str,
    moved: &'static str,
    changed: &'static str,
    definitions: &'static str,
    files: &'static str,
    redrawn: &'static str,
    unnoted: &'static str,
    relocated: fn(u32) -> String,
    and_more: fn(u32) -> String,
    pub(super) old: fn(&str, &str) -> String,
    pub(super) read_newest: &'static str,
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
    versions: "Versions",
    versions_lead: "Earlier wikis of this repository stay readable, each at its own commit.",
    no_versions: "There is no wiki yet.",
    current: "current",
    since_before: "Changes since the version before",
    until_newest: "Changes up to the newest",
    changes: "What changed",
    from: "From",
    to: "To",
    compare: "Compare",
    nothing: "Nothing changed between these two versions.",
    added: "Added",
    removed: "Removed",
    moved: "Moved",
    changed: "Changed",
    definitions: "Definitions",
    files: "Files",
    redrawn: "A diagram was drawn anew.",
    unnoted: "One of these versions does not record its definitions, so they cannot be compared.",
    relocated: |count| match count {
        1 => "1 more page says the same; only the lines it cites have moved.".to_owned(),
        count => format!("{count} more pages say the same; only the lines they cite have moved."),
    },
    and_more: |count| format!("… and {count} more"),
    old: |read, newest| {
        format!("You are reading the wiki of commit {read}. The newest is of commit {newest}.")
    },
    read_newest: "Read the newest",
};

const JA: Words = Words {
    versions: "バージョン",
    versions_lead: "このリポジトリの以前の Wiki を、それぞれのコミット時点の内容で読めます。",
    no_versions: "Wiki はまだありません。",
    current: "公開中",
    since_before: "前のバージョンからの変更",
    until_newest: "最新までの変更",
    changes: "変更点",
    from: "比較元",
    to: "比較先",
    compare: "比較する",
    nothing: "この 2 つのバージョンの間に変更はありません。",
    added: "追加",
    removed: "削除",
    moved: "移動",
    changed: "変更",
    definitions: "定義",
    files: "ファイル",
    redrawn: "図が更新されました。",
    unnoted: "一方のバージョンに定義の記録がないため、定義は比較できません。",
    relocated: |count| format!("このほか {count} ページは、引用先の行がずれただけで内容は同じです。"),
    and_more: |count| format!("ほか {count} 件"),
    old: |read, newest| {
        format!("コミット {read} 時点の Wiki を表示しています。最新はコミット {newest} です。")
    },
    read_newest: "最新版を読む",
};
