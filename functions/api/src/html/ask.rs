//! The page to ask on. With the script questions are answered as they are streamed, follow-ups know what was asked
//! before, and the browser keeps the history; without it the page comes back with the answer.

use axum::{extract::Query, http::HeaderMap, response::Response};
use deepwiki_domain::{
    Locale, RepositoryId,
    answer::{Answer, AnswerCitation, Passage, Question, StepKind},
    page::Citation,
    repository::Repository,
    search::LONGEST_QUERY,
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{Reader, asked, clean, layout, respond, wiki::menu};
use crate::{
    Problem,
    identity::is_same_origin,
    router::{Permitted, Service},
};

#[derive(Debug, Default, Deserialize)]
pub(super) struct AskParams {
    q: Option<String>,
    repository: Option<String>,
    language: Option<String>,
    /// Sent by the form: whoever follows a link has not asked yet.
    now: Option<String>,
    /// Whether to look into it at length.
    research: Option<String>,
}

pub(super) async fn ask_page(
    Permitted(service): Permitted,
    headers: HeaderMap,
    Query(params): Query<AskParams>,
) -> Response {
    let page = render(&service, &headers, &params).await;
    respond(&service, &headers, page)
}

async fn render(service: &Service, headers: &HeaderMap, params: &AskParams) -> Result<Markup, Problem> {
    let reader = Reader::new(service, headers, asked(params.language.as_deref()));
    let words = Words::of(reader.locale);
    let repositories = menu(service).await?;
    let chosen = params.repository.as_deref().unwrap_or_default();
    let chosen = repositories
        .iter()
        .find(|repository| repository.id.as_str() == chosen);
    let question = params.q.as_deref().unwrap_or_default().trim();
    // An answer may cost: no other site may cause one.
    let is_ours = is_same_origin(headers);
    let answer = match params.now.is_some() && is_ours && !question.is_empty() {
        true => Some(answer(service, (question, params.research.is_some()), chosen).await?),
        false => None,
    };
    let body = html! {
        div .wiki.talk {
            nav #tree .tree.history aria-label=(words.history) {
                a .close-tree href="#content" { (reader.text.close) }
                h2 { (words.history) }
                p .soft { (words.kept_here) }
            }
            main #content {
                header .opening {
                    h1 { (reader.text.ask) }
                    p .lead { (words.lead) }
                }
                div #thread role="log" aria-label=(words.answers) {
                    @if let Some(answer) = &answer { (draw(&reader, answer)) }
                }
                @if question.is_empty() { (examples(&reader, words, chosen)) }
                (form(&reader, words, &repositories, chosen, (if answer.is_some() { "" } else { question }, is_ours)))
            }
            aside .side aria-label=(words.cited) {}
        }
    };
    let id = chosen.map(|repository| &repository.id);
    let question = Some(question).filter(|question| !question.is_empty());
    let languages = Locale::ALL.map(|locale| (locale, reader.links.in_language(locale).ask(id, question)));
    let frame = layout::Frame {
        title: reader.text.ask.to_owned(),
        current: chosen,
        repositories: &repositories,
        languages: languages.to_vec(),
        has_tree: true,
        ..layout::Frame::default()
    };
    Ok(layout::document(&reader, &frame, &body))
}

async fn answer(
    service: &Service,
    (question, research): (&str, bool),
    chosen: Option<&Repository>,
) -> Result<Answer, Problem> {
    let ids: Vec<RepositoryId> = chosen
        .map(|repository| repository.id.clone())
        .into_iter()
        .collect();
    let question = Question {
        research,
        ..Question::new(question)
    };
    let repositories = service.library.askable(&question, &ids).await?;
    service.library.ask(&question, &repositories, &mut |_| {}).await
}

fn form(
    reader: &Reader<'_>,
    words: &Words,
    repositories: &[Repository],
    chosen: Option<&Repository>,
    (question, at_once): (&str, bool),
) -> Markup {
    let at_once = at_once && !question.is_empty();
    html! {
        form #ask .ask action=(reader.links.ask(None, None)) method="get" data-at-once[at_once] data-base=(&*reader.service.base_path) {
            textarea name="q" rows="2" maxlength=(LONGEST_QUERY) required aria-label=(words.question) placeholder=(words.question) { (question) }
            div .row {
                label {
                    span .words { (reader.text.repositories) }
                    select name="repository" {
                        option value="" { (reader.text.all_repositories) }
                        @for repository in repositories {
                            @let is_chosen = chosen.is_some_and(|chosen| chosen.id == repository.id);
                            option value=(repository.id) selected[is_chosen] { (clean(&repository.display_name)) }
                        }
                    }
                }
                label .check title=(words.research_hint) { input type="checkbox" name="research" value="1"; (words.research) }
                input type="hidden" name="language" value=(reader.locale);
                input type="hidden" name="now" value="1";
                button .primary { (reader.text.ask) }
            }
        }
    }
}

fn examples(reader: &Reader<'_>, words: &Words, chosen: Option<&Repository>) -> Markup {
    let id = chosen.map(|repository| &repository.id);
    html! {
        ul .examples aria-label=(words.examples) {
            @for example in words.questions { li { a href=(reader.links.ask(id, Some(example))) { (example) } } }
        }
    }
}

/// An answer as it comes without the script; the script makes the same of its parts.
fn draw(reader: &Reader<'_>, answer: &Answer) -> Markup {
    let words = Words::of(reader.locale);
    html! {
        article .answer {
            h2 .question { (clean(&answer.question)) }
            @if !answer.steps.is_empty() {
                details .steps {
                    summary { (words.steps) }
                    ol { @for step in &answer.steps { li { (words.step(step.kind)) @if !step.text.is_empty() { ": " (clean(&step.text)) } } } }
                }
            }
            p .notice-quiet { (clean(&answer.notice)) }
            @for passage in &answer.passages { (part(reader, answer, passage)) }
            @for it in &answer.refused { p .notice { (it.repository) ": " (clean(&it.reason)) } }
            @if !answer.citations.is_empty() {
                h3 { (words.cited) }
                ol .cited { @for citation in &answer.citations { li { (cited(reader, citation, true)) } } }
            }
        }
    }
}

fn part(reader: &Reader<'_>, answer: &Answer, passage: &Passage) -> Markup {
    let cites = passage.citations.iter().filter_map(|number| {
        answer
            .citations
            .iter()
            .find(|citation| citation.number == *number)
    });
    html! {
        section .passage {
            @let marks = html! { sup .cites { @for citation in cites { (cited(reader, citation, false)) } } };
            @if !passage.title.is_empty() { h3 { (clean(&passage.title)) (marks) } }
            @if passage.code.is_some() {
                pre tabindex="0" { code { (clean(&passage.text)) } }
            } @else {
                @for (at, line) in passage.text.lines().enumerate() {
                    p { (clean(line)) @if at == 0 && passage.title.is_empty() { (marks) } }
                }
            }
        }
    }
}

/// A link to cited lines, at the commit that they were read at: by its number, or by its place.
fn cited(reader: &Reader<'_>, citation: &AnswerCitation, in_full: bool) -> Markup {
    let at = Citation {
        path: citation.path.clone(),
        start: citation.start,
        end: citation.end,
    };
    let place = format!(
        "{}, {}",
        clean(at.path.as_str()),
        reader.text.lines(at.start, at.end)
    );
    let address = reader.links.lines_of(&citation.repository, &citation.commit, &at);
    html! {
        @if in_full {
            a .cite.in-full href=(address) { span .path { (clean(at.path.as_str())) } " " span .range { (reader.text.lines(at.start, at.end)) } }
            " " span .soft { (citation.repository) " @ " (citation.commit.short()) }
        } @else {
            a .cite href=(address) title=(place) aria-label=(format!("[{}] {place}", citation.number)) { (citation.number) }
        }
    }
}

/// What this page says, in each language.
struct Words {
    lead: &'static str,
    question: &'static str,
    answers: &'static str,
    history: &'static str,
    kept_here: &'static str,
    cited: &'static str,
    examples: &'static str,
    research: &'static str,
    research_hint: &'static str,
    steps: &'static str,
    step: [&'static str; 4],
    questions: [&'static str; 4],
}

impl Words {
    fn of(locale: Locale) -> &'static Self {
        match locale {
            Locale::En => &EN,
            Locale::Ja => &JA,
        }
    }

    fn step(&self, kind: StepKind) -> &'static str {
        let [search, plan, read, write] = self.step;
        match kind {
            StepKind::Search => search,
            StepKind::Plan => plan,
            StepKind::Read => read,
            StepKind::Write => write,
        }
    }
}

const EN: Words = Words {
    lead: "Answers come from the wikis and their source, and show the lines that they rest on.",
    question: "Your question",
    answers: "Questions and answers",
    history: "Earlier questions",
    kept_here: "Kept in this browser alone.",
    cited: "Cited lines",
    examples: "Questions to begin with",
    research: "At length",
    research_hint: "Plans sub-questions, looks into each, and reports; needs a model",
    steps: "How it was found",
    step: ["Searched", "Sub-question", "Looked into", "Wrote"],
    questions: [
        "Where does the program start?",
        "How are errors handled?",
        "How is it configured?",
        "How is it tested?",
    ],
};

const JA: Words = Words {
    lead: "Wiki とソースから答え、根拠となる行を示します。",
    question: "質問を入力",
    answers: "質問と回答",
    history: "これまでの質問",
    kept_here: "このブラウザにだけ保存されます。",
    cited: "根拠の行",
    examples: "質問の例",
    research: "詳しく調べる",
    research_hint: "小さな質問に分けて調べ、報告します。モデルが必要です",
    steps: "調べた手順",
    step: ["検索", "小さな質問", "調査", "執筆"],
    questions: [
        "プログラムはどこから始まりますか？",
        "エラーはどのように処理されますか？",
        "設定はどのように行いますか？",
        "テストはどのように行いますか？",
    ],
};
