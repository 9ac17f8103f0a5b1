//! The API's description, to read: made from the same OpenAPI document that programs get.

use axum::{
    extract::Query,
    http::HeaderMap,
    response::{Html, IntoResponse, Response},
};
use deepwiki_domain::Locale;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use super::{Reader, asked, layout};
use crate::{router, router::Permitted};

#[derive(Debug, Default, Deserialize)]
pub(super) struct DocsParams {
    language: Option<String>,
}

/// The words around the descriptions, which are English as the document is.
struct Words {
    title: &'static str,
    lead: &'static str,
    document: &'static str,
    parameters: &'static str,
    body: &'static str,
    answers: &'static str,
    required: &'static str,
    shapes: &'static str,
}

impl Words {
    fn of(locale: Locale) -> &'static Self {
        match locale {
            Locale::En => &Self {
                title: "API",
                lead: "Everything that these pages show can be asked for by programs.",
                document: "OpenAPI document",
                parameters: "Parameters",
                body: "Body",
                answers: "Answers",
                required: "required",
                shapes: "Shapes",
            },
            Locale::Ja => &Self {
                title: "API",
                lead: "このサイトで見られるものは、すべてプログラムからも利用できます。説明は英語です。",
                document: "OpenAPI ドキュメント",
                parameters: "パラメーター",
                body: "本文",
                answers: "応答",
                required: "必須",
                shapes: "データの形",
            },
        }
    }
}

/// `/docs`.
pub(super) async fn docs(
    Permitted(service): Permitted,
    headers: HeaderMap,
    Query(params): Query<DocsParams>,
) -> Response {
    let reader = Reader::new(&service, &headers, asked(params.language.as_deref()));
    let words = Words::of(reader.locale);
    let document = serde_json::to_value(router::described(&service.base_path)).unwrap_or_default();
    let body = html! {
        main #content .plain .docs {
            h1 { (words.title) }
            p .lead { (words.lead) }
            p { a href={ (service.base_path) "/openapi.json" } { (words.document) } }
            @for tag in list(at(&document, "/tags")) {
                @let name = text(at(tag, "/name"));
                section {
                    h2 id=(name) { (name) }
                    p { (text(at(tag, "/description"))) }
                    @for (path, method, operation) in operations(&document, name) {
                        (operation_details(words, path, method, operation))
                    }
                }
            }
            section {
                h2 #shapes { (words.shapes) }
                @for (name, schema) in entries(at(&document, "/components/schemas")) {
                    details id={ "shape-" (name) } {
                        summary { code { (name) } " " (text(at(schema, "/description"))) }
                        (fields(words, schema))
                    }
                }
            }
        }
    };
    let languages =
        Locale::ALL.map(|locale| (locale, format!("{}/docs?language={locale}", service.base_path)));
    let frame = layout::Frame {
        title: words.title.to_owned(),
        languages: languages.to_vec(),
        ..layout::Frame::default()
    };
    Html(layout::document(&reader, &frame, &body).into_string()).into_response()
}

fn operation_details(words: &Words, path: &str, method: &str, operation: &Value) -> Markup {
    let parameters = list(at(operation, "/parameters"));
    let media = entries(at(operation, "/requestBody/content"));
    html! {
        details {
            summary { code { (method.to_uppercase()) " " (path) } " " (text(at(operation, "/summary"))) }
            @if !text(at(operation, "/description")).is_empty() { p { (text(at(operation, "/description"))) } }
            @if !parameters.is_empty() {
                h3 { (words.parameters) }
                dl {
                    @for parameter in parameters {
                        dt {
                            code { (text(at(parameter, "/name"))) } " " small { (text(at(parameter, "/in"))) }
                            @if at(parameter, "/required") == true { " " small { (words.required) } }
                        }
                        dd { (text(at(parameter, "/description"))) }
                    }
                }
            }
            @if !media.is_empty() {
                h3 { (words.body) }
                p { @for (kind, content) in media { code { (kind) } " " (shape(at(content, "/schema"))) } }
            }
            h3 { (words.answers) }
            dl {
                @for (status, answer) in entries(at(operation, "/responses")) {
                    dt {
                        code { (status) }
                        @for (kind, content) in entries(at(answer, "/content")) { " " small { (kind) } " " (shape(at(content, "/schema"))) }
                    }
                    dd { (text(at(answer, "/description"))) }
                }
            }
        }
    }
}

fn fields(words: &Words, schema: &Value) -> Markup {
    let parts = std::iter::once(schema).chain(list(at(schema, "/allOf")));
    html! {
        dl {
            @for part in parts {
                @for (name, field) in entries(at(part, "/properties")) {
                    dt {
                        code { (name) } " " (shape(field))
                        @if list(at(part, "/required")).iter().any(|it| it == name) { " " small { (words.required) } }
                    }
                    dd { (text(at(field, "/description"))) }
                }
            }
        }
    }
}

/// A schema in a word: a link to the shape that it names, or its type.
fn shape(schema: &Value) -> Markup {
    if let Some(name) = at(schema, "/$ref")
        .as_str()
        .and_then(|name| name.rsplit('/').next())
    {
        return html! { a href={ "#shape-" (name) } { (name) } };
    }
    if at(schema, "/type") == "array" {
        return html! { "[" (shape(at(schema, "/items"))) "]" };
    }
    let kinds: Vec<&str> = match at(schema, "/type") {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        kind => kind.as_str().into_iter().collect(),
    };
    html! { small { (kinds.join(" | ")) } }
}

/// The operations of a tag, in the order of their paths.
fn operations<'a>(document: &'a Value, tag: &str) -> Vec<(&'a str, &'a str, &'a Value)> {
    let paths = entries(at(document, "/paths")).into_iter();
    let all = paths.flat_map(|(path, item)| {
        entries(item)
            .into_iter()
            .map(move |(method, operation)| (path, method, operation))
    });
    all.filter(|(_, _, operation)| list(at(operation, "/tags")).iter().any(|it| it == tag))
        .collect()
}

fn entries(value: &Value) -> Vec<(&str, &Value)> {
    let map = value.as_object();
    map.map(|map| map.iter().map(|(key, value)| (key.as_str(), value)).collect())
        .unwrap_or_default()
}

/// What stands at a JSON pointer, or null.
fn at<'v>(value: &'v Value, pointer: &str) -> &'v Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
