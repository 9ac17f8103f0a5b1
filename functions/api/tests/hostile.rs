//! Whatever a repository says, its words stay words: on pages, in search, in exports.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[allow(dead_code, reason = "shared with the demo and the other tests")]
mod support;

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    body::Body,
    http::{Request, header},
};
use deepwiki_api::{Settings, router};
use deepwiki_domain::{
    Locale,
    page::{Block, Diagram, DiagramKind, Inline, Page, PageLink, Row, Section, Statement},
    repository::RepositoryStatus,
    source::RepositorySource,
};
use scraper::{Html, Selector};
use support::{
    Memory, Sample,
    sample::{cite, page, slug},
};
use tower::ServiceExt;

/// What is hidden in a payload: it never runs, but it has to be shown.
const WITNESS: &str = "pwned";

fn payloads() -> Vec<String> {
    let mut payloads: Vec<String> = Vec::new();
    for tag in [
        "script", "style", "iframe", "object", "embed", "svg", "math", "form", "base", "meta", "link",
        "template",
    ] {
        payloads.push(format!("<{tag}>{WITNESS}</{tag}>"));
        payloads.push(format!(
            "</code></pre></td></p><{tag} src=//{WITNESS}.example href=//{WITNESS}.example>"
        ));
        payloads.push(format!("&lt;{tag}&gt;{WITNESS}"));
        payloads.push(format!("<{}\n>{WITNESS}", tag.to_uppercase()));
    }
    for event in [
        "onload",
        "onerror",
        "onclick",
        "onfocus",
        "onmouseover",
        "ontoggle",
        "onanimationstart",
        "onbegin",
    ] {
        for tag in ["img src=x", "svg", "details open", "input autofocus", "body"] {
            payloads.push(format!("<{tag} {event}={WITNESS}()>"));
        }
        payloads.push(format!("\" {event}=\"{WITNESS}()"));
        payloads.push(format!("' {event}='{WITNESS}()"));
        payloads.push(format!("x {event}={WITNESS}() "));
    }
    for scheme in [
        "javascript:",
        "JaVaScRiPt:",
        "java\tscript:",
        "\u{1}javascript:",
        "data:text/html,",
        "vbscript:",
        "blob:",
    ] {
        payloads.push(format!("[x]({scheme}{WITNESS})"));
        payloads.push(format!("![x]({scheme}{WITNESS})"));
        payloads.push(format!("<a href=\"{scheme}{WITNESS}\">x</a>"));
        payloads.push(format!("<{scheme}{WITNESS}>"));
        payloads.push(format!("[x]: {scheme}{WITNESS}\n[x]"));
    }
    for diagram in [
        "graph TD; A[\"<img src=x onerror=pwned()>\"]",
        "graph TD; click A \"javascript:pwned()\"",
        "graph TD; click A call pwned()",
        "%%{init: {\"securityLevel\": \"loose\", \"themeCSS\": \"pwned\"}}%%\ngraph TD; A",
        "graph TD; A-->B\n```\n<script>pwned</script>\n```",
        "classDiagram\n class A[\"</text><script>pwned</script>\"]",
        "sequenceDiagram\n A->>B: <svg/onload=pwned()>",
        "sequenceDiagram\n link A: pwned @ javascript:pwned()",
        "flowchart LR\n a[\"`</foreignObject><script>pwned</script>`\"] --> b",
        "flowchart LR\n style a fill:url(javascript:pwned)",
    ] {
        payloads.push(diagram.to_owned());
    }
    for mark in [
        "\u{202e}",
        "\u{202d}",
        "\u{2066}",
        "\u{2067}",
        "\u{200f}",
        "\u{feff}",
        "\u{0}",
        "\u{1b}[31m",
        "\u{2028}",
        "\u{7f}",
    ] {
        payloads.push(format!("a{mark}{WITNESS}"));
        payloads.push(format!("{mark}<script>{WITNESS}</script>"));
    }
    for quote in [
        "```",
        "~~~",
        "`",
        "\"",
        "'",
        "-->",
        "]]>",
        "<!--",
        "<![CDATA[",
        "<?",
        "${",
        "{{",
        "</style>",
        "</script>",
        "</title>",
        "</textarea>",
        "%>",
        "\\",
    ] {
        for rest in [
            "<script>pwned</script>",
            " onload=pwned() ",
            "\n# pwned\n",
            "|pwned|",
        ] {
            payloads.push(format!("{quote}{rest}"));
        }
    }
    payloads
}

/// A page that says the payload in every place where a repository's words can stand.
fn hostile_page(order: usize, payload: &str) -> Page {
    let place = cite("src/<b>onload=\"x\" &'.rs", 1, 1);
    let link = || PageLink {
        slug: slug("page-0"),
        text: payload.into(),
        note: Some(payload.into()),
    };
    let inline = || {
        vec![
            Inline::Text(payload.into()),
            Inline::Code(payload.into()),
            Inline::Strong(payload.into()),
            Inline::Page(link()),
        ]
    };
    let statement = || Statement {
        text: inline(),
        citations: vec![place.clone()],
    };
    let blocks = vec![
        Block::Paragraph(vec![statement()]),
        Block::List {
            ordered: false,
            items: vec![vec![statement()]],
        },
        Block::Table {
            header: vec![payload.into()],
            rows: vec![Row {
                cells: vec![inline()],
                citations: vec![place.clone()],
            }],
        },
        Block::Code {
            language: payload.into(),
            text: payload.into(),
            citation: place.clone(),
        },
        Block::Quote(statement()),
        Block::Diagram(0),
        Block::Links(vec![link()]),
    ];
    Page {
        sections: vec![Section {
            anchor: slug("part"),
            heading: inline(),
            level: 2,
            blocks,
        }],
        diagrams: vec![Diagram {
            kind: DiagramKind::ModuleMap,
            caption: payload.into(),
            mermaid: payload.into(),
        }],
        related: vec![slug("page-0")],
        sources: vec![place],
        ..page(
            Locale::En,
            order as u32,
            &format!("page-{order}"),
            payload,
            payload,
        )
    }
}

/// Everything in a document that could act, named so that a failure says what it was.
fn active(document: &Html, is_export: bool) -> Vec<String> {
    const ELEMENTS: &[&str] = &[
        "html",
        "head",
        "body",
        "meta",
        "title",
        "link",
        "script",
        "style",
        "header",
        "nav",
        "main",
        "aside",
        "article",
        "section",
        "div",
        "span",
        "p",
        "a",
        "ul",
        "ol",
        "li",
        "h1",
        "h2",
        "h3",
        "details",
        "summary",
        "form",
        "input",
        "select",
        "option",
        "button",
        "textarea",
        "noscript",
        "progress",
        "dl",
        "dt",
        "dd",
        "fieldset",
        "legend",
        "label",
        "kbd",
        "svg",
        "g",
        "path",
        "circle",
        "rect",
        "line",
        "polygon",
        "polyline",
        "text",
        "tspan",
        "defs",
        "marker",
        "figure",
        "figcaption",
        "pre",
        "code",
        "sup",
        "small",
        "strong",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "blockquote",
        "time",
        "mark",
        "wbr",
    ];
    let mut found = Vec::new();
    for element in document.select(&Selector::parse("*").unwrap()) {
        let name = element.value().name();
        if !ELEMENTS.contains(&name) {
            found.push(format!("<{name}>"));
        }
        if name == "script"
            && (is_export
                || !element
                    .attr("src")
                    .is_some_and(|src| src.starts_with("/assets/app.")))
        {
            found.push("a script that is not ours".to_owned());
        }
        if name == "style" && !is_export {
            found.push("an inline style sheet".to_owned());
        }
        for (attribute, value) in element.value().attrs() {
            let is_address = matches!(attribute, "href" | "src" | "action" | "formaction" | "xlink:href");
            let is_ours = ["/", "#", "https://github.com/example/hostile/blob/"];
            let acts = attribute.starts_with("on") || matches!(attribute, "style" | "srcdoc");
            let leaves = value.starts_with("//") || !is_ours.iter().any(|start| value.starts_with(start));
            if acts || (is_address && leaves) {
                found.push(format!("{attribute}={value}"));
            }
        }
    }
    let text: String = document.root_element().text().collect();
    let disruptive = |c: &char| deepwiki_domain::markdown::is_disruptive(*c) && !matches!(c, '\n' | '\t');
    found.extend(text.chars().filter(disruptive).map(|c| format!("{c:?} as it is")));
    found
}

#[tokio::test]
async fn no_payload_becomes_active() {
    let payloads = payloads();
    let distinct: BTreeSet<&String> = payloads.iter().collect();
    assert!(distinct.len() >= 200, "only {} payloads", distinct.len());
    let memory = Arc::new(Memory::default());
    let id = memory
        .publish(Sample {
            source: RepositorySource::parse_url("https://github.com/example/hostile").unwrap(),
            status: RepositoryStatus::Ready,
            files: vec![("src/<b>onload=\"x\" &'.rs".to_owned(), payloads.join("\n"))],
            pages: payloads
                .iter()
                .enumerate()
                .map(|(at, payload)| hostile_page(at, payload))
                .collect(),
        })
        .await;
    let router = router(memory.ports(), &Settings::default());
    let browse = async |path: String| {
        let request = Request::builder().uri(path).header(header::ACCEPT, "text/html");
        let response = router
            .clone()
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        assert!(response.status().is_success(), "{}", response.status());
        let body = axum::body::to_bytes(response.into_body(), usize::MAX)
            .await
            .unwrap();
        String::from_utf8(body.to_vec()).unwrap()
    };
    let source = "src/%3Cb%3Eonload=%22x%22%20&'.rs";
    let mut documents = vec![
        format!("/wiki/{id}/"),
        format!("/wiki/{id}/page-0?at=src%2F%3Cb%3Eonload%3D%22x%22%20%26%27.rs:1-2"),
        format!("/wiki/{id}/source/{source}?start=1&end=2"),
        "/search?q=pwned&limit=100".to_owned(),
        "/search?q=%22%3E%3Cscript%3Epwned%3C/script%3E".to_owned(),
    ];
    documents.extend((0..payloads.len()).map(|at| format!("/wiki/{id}/page-{at}")));
    for path in documents {
        let body = browse(path.clone()).await;
        assert!(body.contains(WITNESS), "{path} shows the payload");
        assert_eq!(
            active(&Html::parse_document(&body), false),
            Vec::<String>::new(),
            "{path}"
        );
    }
    let site = browse(format!("/repos/{id}/export?format=html")).await;
    assert_eq!(
        active(&Html::parse_document(&site), true),
        Vec::<String>::new(),
        "the exported site"
    );
}
