//! The service as a client sees it, over ports in memory.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[allow(dead_code, reason = "shared with the demo and the other tests")]
mod support;

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, StatusCode, header},
};
use deepwiki_api::{Settings, openapi, router};
use deepwiki_domain::{
    Locale, RepositoryId, page::Page, repository::RepositoryStatus, source::RepositorySource, wiki::Wiki,
};
use deepwiki_ports::Repositories;
use scraper::{Html, Selector};
use serde_json::Value;
use support::{COMMIT, Memory, NOW, sample::sample};
use tower::ServiceExt;

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    fn html(&self) -> Html {
        Html::parse_document(&self.text())
    }

    fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

struct Service {
    memory: Arc<Memory>,
    router: Router,
    id: RepositoryId,
}

impl Service {
    async fn new() -> Self {
        Self::mounted_at("").await
    }

    async fn mounted_at(base_path: &str) -> Self {
        let memory = Arc::new(Memory::default());
        let id = memory.publish(sample()).await;
        let settings = Settings {
            base_path: base_path.into(),
            ..Settings::default()
        };
        Self {
            router: router(memory.ports(), &settings),
            memory,
            id,
        }
    }

    async fn ask(&self, method: &str, path: &str, headers: &[(header::HeaderName, &str)]) -> Answer {
        let path = path.replace("{id}", self.id.as_str());
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let response = self
            .router
            .clone()
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[]).await
    }

    async fn browse(&self, path: &str) -> Answer {
        self.ask("GET", path, &[(header::ACCEPT, "text/html,*/*;q=0.8")])
            .await
    }
}

fn all(document: &Html, selector: &str) -> Vec<String> {
    let selector = Selector::parse(selector).unwrap();
    document
        .select(&selector)
        .map(|element| element.text().collect())
        .collect()
}

fn attributes(document: &Html, selector: &str, name: &str) -> Vec<String> {
    let selector = Selector::parse(selector).unwrap();
    let values = document
        .select(&selector)
        .filter_map(|element| element.attr(name));
    values.map(str::to_owned).collect()
}

#[tokio::test]
async fn repositories_are_listed_page_by_page() {
    let service = Service::new().await;
    for name in ["a", "b", "c"] {
        let source = RepositorySource::parse_url(&format!("https://github.com/example/{name}")).unwrap();
        service.memory.register(source, RepositoryStatus::Ready).await;
    }
    let (mut seen, mut path) = (Vec::new(), "/repos?limit=2".to_owned());
    loop {
        let list = service.get(&path).await.json();
        let page = list["repositories"].as_array().unwrap();
        assert!(page.len() <= 2);
        seen.extend(
            page.iter()
                .map(|repository| repository["display_name"].as_str().unwrap().to_owned()),
        );
        match list["next"].as_str() {
            Some(next) => path = format!("/repos?limit=2&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, ["a", "b", "c", "deepwiki-api"]);
}

#[tokio::test]
async fn a_removed_repository_is_not_there() {
    let service = Service::new().await;
    let job = service.get("/repos/{id}/jobs").await.json()["jobs"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(service.get(&format!("/jobs/{job}")).await.status, StatusCode::OK);
    Repositories::remove(service.memory.as_ref(), &service.id, NOW)
        .await
        .unwrap();
    for path in [
        "/repos/{id}",
        "/repos/{id}/wiki",
        "/wiki/{id}/",
        "/repos/{id}/jobs",
        &format!("/jobs/{job}"),
    ] {
        assert_eq!(service.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(
        service.get("/search?q=Cache").await.json()["hits"],
        Value::Array(Vec::new())
    );
}

#[tokio::test]
async fn a_wiki_is_read_in_the_language_asked_for() {
    let service = Service::new().await;
    let wiki = service.get("/repos/{id}/wiki?language=ja").await.json();
    assert_eq!(wiki["commit"], COMMIT);
    assert_eq!(wiki["languages"], serde_json::json!(["en", "ja"]));
    assert_eq!(wiki["pages"][1]["title"], "リクエストの流れ");
    assert_eq!(wiki["pages"][1]["parent"], "overview");
    assert_eq!(wiki["validity"]["citations"], 36);

    let page = service.get("/repos/{id}/pages/overview").await.json();
    let parsed: Page = serde_json::from_value(page["page"].clone()).unwrap();
    assert_eq!((parsed.locale, parsed.slug.as_str()), (Locale::En, "overview"));
    let markdown = page["markdown"].as_str().unwrap();
    assert!(markdown.starts_with("# The face of DeepWiki\n"));
    let link = format!("https://github.com/example/deepwiki-api/blob/{COMMIT}/src/cache.rs#L10-L30");
    assert!(markdown.contains(&format!("[src/cache.rs:10-30]({link})")));
}

#[tokio::test]
async fn source_is_read_line_by_line() {
    let service = Service::new().await;
    let source = include_str!("../src/cache.rs");
    let whole = service.get("/repos/{id}/source/src/cache.rs").await.json();
    assert_eq!(whole["text"], source);
    let some = service
        .get("/repos/{id}/source/src/cache.rs?start=2&end=3")
        .await
        .json();
    let lines: Vec<&str> = source.lines().collect();
    assert_eq!(some["text"], format!("{}\n{}\n", lines[1], lines[2]));
    assert_eq!((some["start"].as_u64(), some["end"].as_u64()), (Some(2), Some(3)));
    for (path, status) in [
        ("src/absent.rs", StatusCode::NOT_FOUND),
        ("../../etc/passwd", StatusCode::NOT_FOUND),
        ("src/cache.rs?start=100000", StatusCode::NOT_FOUND),
        ("src/cache.rs?start=0", StatusCode::BAD_REQUEST),
        ("src/cache.rs?start=9&end=3", StatusCode::BAD_REQUEST),
        ("src/cache.rs?start=x", StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(
            service.get(&format!("/repos/{{id}}/source/{path}")).await.status,
            status,
            "{path}"
        );
    }
}

#[tokio::test]
async fn search_finds_lines_and_refuses_what_it_cannot_do() {
    let service = Service::new().await;
    let hits = service.get("/search?q=PoisonError&limit=1").await.json();
    assert_eq!(hits["hits"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&hits["hits"][0]["path"], &hits["hits"][0]["commit"]),
        (&"src/cache.rs".into(), &COMMIT.into())
    );
    let long = format!("/search?q={}", "x".repeat(1001));
    for path in [
        &long,
        "/search?limit=0&q=x",
        "/search?limit=101&q=x",
        "/search?repository=..&q=x",
    ] {
        let answer = service.get(path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        assert_eq!(answer.header(header::CONTENT_TYPE), "application/problem+json");
    }
    assert_eq!(
        service.get("/search?q=x&repository=absent").await.status,
        StatusCode::NOT_FOUND
    );
    let page = service.browse("/search?q=PoisonError").await.html();
    assert!(!all(&page, ".hit").is_empty());
    assert_eq!(attributes(&page, "main input[name=q]", "value"), ["PoisonError"]);
}

#[tokio::test]
async fn failures_are_problem_details_for_programs_and_pages_for_people() {
    let service = Service::new().await;
    for (method, path, status) in [
        ("GET", "/nowhere", 404),
        ("GET", "/repos/absent", 404),
        ("GET", "/repos/..%2f", 400),
        ("GET", "/repos?limit=1000", 400),
        ("GET", "/repos/{id}/wiki?language=fr", 400),
        ("GET", "/repos/{id}/pages/absent", 404),
        ("DELETE", "/repos", 405),
        ("GET", "/jobs/absent", 404),
        ("GET", "/repos/{id}/export?format=pdf", 400),
    ] {
        let answer = service.ask(method, path, &[]).await;
        assert_eq!(
            answer.header(header::CONTENT_TYPE),
            "application/problem+json",
            "{path}"
        );
        let problem = answer.json();
        assert_eq!(
            (answer.status.as_u16(), &problem["status"]),
            (status, &status.into()),
            "{path}"
        );
        assert!(!problem["detail"].as_str().unwrap().is_empty());
    }
    for path in [
        "/nowhere",
        "/wiki/absent/",
        "/wiki/{id}/absent",
        "/wiki/{id}/source/absent",
        "/wiki/%ff/",
    ] {
        let answer = service.browse(path).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
        assert_eq!(
            answer.header(header::CONTENT_TYPE),
            "text/html; charset=utf-8",
            "{path}"
        );
        assert_eq!(all(&answer.html(), "h1").len(), 1, "{path}");
    }
}

#[tokio::test]
async fn every_answer_has_the_security_headers() {
    let service = Service::new().await;
    for path in [
        "/",
        "/repos",
        "/wiki/{id}/",
        "/nowhere",
        "/openapi.json",
        "/healthz",
    ] {
        let answer = service.get(path).await;
        let policy = answer.header(header::CONTENT_SECURITY_POLICY);
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"),
            "{path}"
        );
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff", "{path}");
        assert!(!answer.header(header::CACHE_CONTROL).is_empty(), "{path}");
    }
}

#[tokio::test]
async fn what_the_asker_has_already_is_not_sent_again() {
    let service = Service::new().await;
    for path in [
        "/repos/{id}/pages/overview",
        "/wiki/{id}/overview",
        "/repos/{id}/export",
    ] {
        let first = service.get(path).await;
        let tag = first.header(header::ETAG).to_owned();
        assert!(tag.len() > 10, "{path}");
        let again = service
            .ask(
                "GET",
                path,
                &[(header::IF_NONE_MATCH, &format!("\"other\", W/{tag}"))],
            )
            .await;
        assert_eq!(
            (again.status, again.body.len()),
            (StatusCode::NOT_MODIFIED, 0),
            "{path}"
        );
        let changed = service
            .ask("GET", path, &[(header::IF_NONE_MATCH, "\"other\"")])
            .await;
        assert_eq!(
            (changed.status, changed.body),
            (StatusCode::OK, first.body),
            "{path}"
        );
    }
}

#[tokio::test]
async fn every_link_leads_somewhere_wherever_the_service_is_mounted() {
    for base in ["", "/prod"] {
        let service = Service::mounted_at(base).await;
        let mut waiting = vec![format!("{base}/")];
        let mut seen: BTreeSet<String> = waiting.iter().cloned().collect();
        while let Some(address) = waiting.pop() {
            let answer = service.browse(&address).await;
            assert_eq!(answer.status, StatusCode::OK, "{address}");
            if !answer.header(header::CONTENT_TYPE).starts_with("text/html") || address.contains("/export") {
                continue;
            }
            let page = answer.html();
            let mut addresses = attributes(&page, "a, link", "href");
            addresses.extend(attributes(&page, "script", "src"));
            for address in addresses {
                let (path, fragment) = address.split_once('#').unwrap_or((&address, ""));
                if path.is_empty() {
                    let target = format!("[id=\"{fragment}\"]");
                    assert_eq!(attributes(&page, &target, "id").len(), 1, "#{fragment}");
                } else if !path.starts_with("https://github.com/") {
                    assert!(path.starts_with(&format!("{base}/")), "{address} leaves {base}");
                    if seen.insert(path.to_owned()) {
                        waiting.push(path.to_owned());
                    }
                }
            }
        }
        assert!(seen.len() > 40, "only {} addresses were found", seen.len());
        let stripped = service.browse(&format!("/wiki/{}/overview", service.id)).await;
        assert_eq!(
            stripped.status,
            StatusCode::OK,
            "a gateway that takes {base} off itself"
        );
    }
}

#[tokio::test]
async fn cited_lines_stand_beside_the_text_without_a_script() {
    let service = Service::new().await;
    let page = service.browse("/wiki/{id}/overview").await.html();
    let cites = attributes(&page, "a.cite", "href");
    assert!(
        cites
            .iter()
            .any(|address| address.contains("at=src%2Fcache.rs%3A10-30")),
        "{cites:?}"
    );
    let page = service.browse(&cites[2].replace("#excerpt", "")).await.html();
    let marked: String = all(&page, "#excerpt .marked").concat();
    let source: Vec<&str> = include_str!("../src/cache.rs").lines().collect();
    assert_eq!(marked.lines().collect::<Vec<_>>(), &source[9..30]);
}

#[tokio::test]
async fn the_language_follows_the_browser_until_one_is_chosen() {
    let service = Service::new().await;
    let japanese = [(header::ACCEPT_LANGUAGE, "ja,en;q=0.8")];
    let page = service.ask("GET", "/wiki/{id}/overview", &japanese).await.html();
    assert_eq!(attributes(&page, "html", "lang"), ["ja"]);
    let page = service
        .ask("GET", "/wiki/{id}/overview?language=en", &japanese)
        .await
        .html();
    assert_eq!(attributes(&page, "html", "lang"), ["en"]);
    assert!(
        attributes(&page, ".tree li a", "href")
            .iter()
            .all(|address| address.ends_with("language=en"))
    );
}

#[tokio::test]
async fn spaces_stand_between_english_sentences_and_not_between_japanese_ones() {
    let service = Service::new().await;
    for (language, said) in [
        ("en", "</span> <span class=\"said\">"),
        ("ja", "</span><span class=\"said\">"),
    ] {
        let address = format!("/wiki/{{id}}/overview?language={language}");
        let page = service.browse(&address).await.text();
        assert_eq!(page.matches(said).count(), 3, "{language}");
    }
}

#[tokio::test]
async fn exports_hold_the_whole_wiki() {
    let service = Service::new().await;
    let wiki: Wiki =
        serde_json::from_slice(&service.get("/repos/{id}/export?language=ja").await.body).unwrap();
    assert_eq!((wiki.language, wiki.pages.len()), (Locale::Ja, 3));

    let site = service
        .get("/repos/{id}/export?format=html&language=en")
        .await
        .html();
    assert_eq!(all(&site, "article h1").len(), 3);
    let related = all(&site, ".related a");
    assert_eq!(
        related,
        ["The way of a request", "The cache", "The face of DeepWiki"]
    );
    assert!(attributes(&site, "script, link, img", "src").is_empty());
    for address in attributes(&site, "a", "href") {
        if let Some(anchor) = address.strip_prefix('#') {
            assert_eq!(
                attributes(&site, &format!("[id=\"{anchor}\"]"), "id").len(),
                1,
                "#{anchor}"
            );
        } else {
            assert!(
                address.starts_with("https://github.com/example/deepwiki-api/blob/"),
                "{address}"
            );
        }
    }

    let markdown = service
        .get("/repos/{id}/export?format=markdown&language=en")
        .await
        .text();
    assert_eq!(markdown.lines().filter(|line| line.starts_with("# ")).count(), 3);
    let index = service
        .get("/repos/{id}/export?format=llms-txt&language=en")
        .await
        .text();
    assert!(
        index.starts_with("# The face of DeepWiki\n\n> One router"),
        "{index}"
    );
    assert!(
        index.contains(&format!(
            "- [The cache](/wiki/{}/cache?language=en): Decoded",
            service.id
        )),
        "{index}"
    );
}

#[tokio::test]
async fn the_openapi_document_describes_every_route_and_every_route_answers_as_described() {
    let service = Service::new().await;
    service.memory.publish_again(sample(), "later", |_| {}).await;
    let document = serde_json::to_value(openapi()).unwrap();
    assert_eq!(service.get("/openapi.json").await.json(), document);
    let job = service.get("/repos/{id}/jobs").await.json()["jobs"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let expected: BTreeSet<&str> = [
        "/healthz",
        "/repos",
        "/repos/{id}",
        "/repos/{id}/wiki",
        "/repos/{id}/pages/{slug}",
        "/repos/{id}/source/{path}",
        "/repos/{id}/export",
        "/repos/{id}/versions",
        "/repos/{id}/changes",
        "/repos/{id}/jobs",
        "/jobs/{id}",
        "/search",
        "/ask",
        "/map",
        "/corrections",
        "/export",
        "/jobs/{id}/events",
        "/jobs/{id}/resume",
        "/repos/{id}/builds",
        "/repos/{id}/corrections/{correction}",
        "/repos/{id}/corrections/{correction}/decision",
        "/repos/{id}/groups",
        "/repos/{id}/purge",
        "/repos/{id}/refresh",
        "/webhooks/github",
    ]
    .into();
    // What these answer depends on what was done before; `operations.rs` asks them in its own order.
    let of_operations = [
        "/corrections",
        "/export",
        "/jobs/{id}/events",
        "/repos/{id}/corrections/{correction}",
    ];
    let paths = document["paths"].as_object().unwrap();
    assert_eq!(
        paths.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        expected
    );
    let readable = paths
        .iter()
        .filter(|(path, methods)| methods["get"].is_object() && !of_operations.contains(&path.as_str()));
    for (path, methods) in readable {
        let address = match path.as_str() {
            "/jobs/{id}" => path.replace("{id}", &job),
            _ => path
                .replace("{slug}", "overview")
                .replace("{path}", "src/cache.rs"),
        };
        let answer = service.get(&address).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        let kind = answer.header(header::CONTENT_TYPE);
        let declared = methods["get"]["responses"]["200"]["content"].as_object().unwrap();
        assert!(declared.contains_key(kind), "{path} answers {kind}");
    }
}
