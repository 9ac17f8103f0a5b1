//! Reading older wikis, comparing two, and the map of repositories, over ports in memory.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[allow(dead_code, reason = "shared with the demo and the other tests")]
mod support;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
};
use deepwiki_api::{Settings, router};
use deepwiki_domain::{
    RepositoryId,
    packages::{Packages, Provided, Required},
    page::Block,
    repository::RepositoryStatus,
    source::RepositorySource,
};
use deepwiki_ports::{Repositories, codec};
use scraper::{Html, Selector};
use serde_json::Value;
use support::{
    Memory, Sample,
    sample::{cite, sample, say},
};
use tower::ServiceExt;

async fn ask(router: &Router, path: &str, accept: &str) -> (StatusCode, String) {
    let request = Request::get(path).header(header::ACCEPT, accept);
    let request = request.body(Body::empty()).unwrap();
    let answer = router.clone().oneshot(request).await.unwrap();
    let status = answer.status();
    let body = axum::body::to_bytes(answer.into_body(), usize::MAX)
        .await
        .unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn json(router: &Router, path: &str) -> Value {
    let (status, body) = ask(router, path, "application/json").await;
    assert_eq!(status, StatusCode::OK, "{path}: {body}");
    serde_json::from_str(&body).unwrap()
}

async fn page(router: &Router, path: &str) -> String {
    let (status, body) = ask(router, path, "text/html").await;
    assert_eq!(status, StatusCode::OK, "{path}: {body}");
    body
}

/// The sample, and after it one whose overview says something new in its first paragraph.
async fn two_versions() -> (Router, RepositoryId) {
    let memory = Arc::new(Memory::default());
    let id = memory.publish(sample()).await;
    let mut later = sample();
    for page in &mut later.pages {
        if page.slug.as_str() == "overview"
            && let Some(Block::Paragraph(statements)) = page.sections[0].blocks.first_mut()
        {
            statements[0] = say("`router` was `rewritten`.", &[cite("src/router.rs", 74, 100)]);
        }
    }
    memory.publish_again(later, "later", |_| {}).await;
    (router(memory.ports(), &Settings::default()), id)
}

#[tokio::test]
async fn an_older_wiki_is_read_as_it_was_and_its_links_stay_in_it() {
    let (router, id) = two_versions().await;
    let versions = json(&router, &format!("/repos/{id}/versions")).await;
    let versions = versions["versions"].as_array().unwrap().clone();
    assert_eq!(versions.len(), 2);
    assert_eq!(versions[0]["is_published"], true, "the newest first");
    let (old, commit) = (
        versions[1]["build"].as_str().unwrap(),
        versions[1]["commit"].as_str().unwrap(),
    );

    for wanted in [old, commit, &commit[..7]] {
        let wiki = json(&router, &format!("/repos/{id}/wiki?build={wanted}")).await;
        assert_eq!(wiki["build"], old, "{wanted}");
        let read = json(&router, &format!("/repos/{id}/pages/overview?build={wanted}")).await;
        assert!(
            !read["markdown"].as_str().unwrap().contains("rewritten"),
            "{wanted}"
        );
    }
    let newest = json(&router, &format!("/repos/{id}/pages/overview")).await;
    assert!(newest["markdown"].as_str().unwrap().contains("rewritten"));

    let html = page(
        &router,
        &format!("/wiki/{id}/overview?build={commit}&language=en"),
    )
    .await;
    assert!(html.contains("You are reading the wiki of commit"));
    let document = Html::parse_document(&html);
    let links = Selector::parse(".tree a[href], article a[href], .neighbours a[href]").unwrap();
    let within: Vec<&str> = document
        .select(&links)
        .filter_map(|link| link.value().attr("href"))
        .filter(|address| address.starts_with("/wiki/") || address.contains("/export"))
        .collect();
    assert!(within.len() > 10, "{within:?}");
    for address in within {
        assert!(
            address.contains(&format!("build={old}")),
            "{address} leaves the version"
        );
    }
    assert!(
        !page(&router, &format!("/wiki/{id}/overview"))
            .await
            .contains("build=")
    );
}

#[tokio::test]
async fn a_version_that_is_not_kept_is_told() {
    let (router, id) = two_versions().await;
    for path in [
        "wiki?build=nothing",
        "wiki?build=3f7868",
        "changes?from=ffffffff",
        "source/src/cache.rs?build=x",
    ] {
        let (status, body) = ask(&router, &format!("/repos/{id}/{path}"), "application/json").await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert!(body.contains("/versions"), "{path}: {body}");
    }
}

#[tokio::test]
async fn what_changed_is_told_down_to_the_statement() {
    let (router, id) = two_versions().await;
    let changes = json(&router, &format!("/repos/{id}/changes?language=en")).await;
    assert_eq!(changes["totals"]["pages"]["changed"], 1, "{changes}");
    let said = &changes["pages"][0]["sections"][0];
    assert_eq!(said["added"][0]["text"], "router was rewritten.");
    assert_eq!(said["removed"].as_array().unwrap().len(), 1);
    assert_eq!(changes["symbols"], Value::Null, "these builds noted none");
    let (from, to) = (&changes["from"]["build"], &changes["to"]["build"]);

    let path = format!(
        "/repos/{id}/changes?from={}&to={}",
        to.as_str().unwrap(),
        from.as_str().unwrap()
    );
    let back = json(&router, &format!("{path}&language=en")).await;
    assert_eq!(back["pages"][0]["sections"][0]["removed"], said["added"]);

    let same = to.as_str().unwrap();
    let nothing = page(
        &router,
        &format!("/repos/{id}/changes?from={same}&to={same}&language=en"),
    )
    .await;
    assert!(nothing.contains("Nothing changed between these two versions."));
    for (language, word) in [("en", "What changed"), ("ja", "変更点")] {
        let html = page(&router, &format!("/repos/{id}/changes?language={language}")).await;
        assert!(html.contains(word), "{language}");
    }
    assert!(
        page(&router, &format!("/repos/{id}/changes?language=en"))
            .await
            .contains("router was rewritten.")
    );
}

/// A repository of this name with these packages.
async fn with_packages(memory: &Memory, name: &str, packages: &Packages) -> RepositoryId {
    let of_name = || Sample {
        source: RepositorySource::parse_url(&format!("https://github.com/example/{name}")).unwrap(),
        status: RepositoryStatus::Ready,
        ..sample()
    };
    let id = of_name().source.repository_id();
    memory.register(of_name().source, RepositoryStatus::Ready).await;
    let key = codec::put_json(memory, &id, packages).await.unwrap();
    memory
        .publish_again(of_name(), "build", |generation| {
            generation.packages = Some(key.clone())
        })
        .await
}

#[tokio::test]
async fn the_map_cites_manifests_and_wikis_link_across() {
    let memory = Arc::new(Memory::default());
    let library = Packages {
        provides: vec![Provided {
            system: "cargo".to_owned(),
            name: "Library".to_owned(),
            version: Some("1.2.0".to_owned()),
            at: cite("src/cache.rs", 2, 2),
        }],
        ..Packages::default()
    };
    let program = Packages {
        requires: vec![Required {
            system: "cargo".to_owned(),
            name: "Library".to_owned(),
            requirement: Some("1".to_owned()),
            dev: false,
            at: cite("src/library.rs", 28, 28),
        }],
        ..Packages::default()
    };
    let provider = with_packages(&memory, "library", &library).await;
    let user = with_packages(&memory, "program", &program).await;
    let router = router(memory.ports(), &Settings::default());

    let map = json(&router, "/map").await;
    assert_eq!(map["edges"].as_array().unwrap().len(), 1, "{map}");
    let tie = &map["edges"][0]["ties"][0];
    assert_eq!(
        (&map["edges"][0]["from"], &map["edges"][0]["to"]),
        (&user.as_str().into(), &provider.as_str().into())
    );
    assert_eq!(
        (&tie["at"]["start"], &tie["provided_at"]["start"], &tie["version"]),
        (&28.into(), &2.into(), &"1.2.0".into())
    );
    assert!(map["mermaid"].as_str().unwrap().contains("-->"));
    for language in ["en", "ja"] {
        let html = page(&router, &format!("/map?language={language}")).await;
        assert!(
            html.contains("<svg") && html.contains(&format!("/wiki/{provider}/source/src/cache.rs")),
            "{language}"
        );
    }

    // The sample's overview says `Library` citing lines 28 to 48 of that file.
    let html = page(&router, &format!("/wiki/{user}/overview?language=en")).await;
    assert!(html.contains(&format!(
        "<a href=\"/wiki/{provider}/?language=en\"><code>Library</code></a>"
    )));
    assert!(html.contains("Depends on"));
    assert!(
        page(&router, &format!("/wiki/{provider}/overview?language=en"))
            .await
            .contains("Used by")
    );

    Repositories::remove(memory.as_ref(), &provider, 1).await.unwrap();
    assert_eq!(
        json(&router, "/map").await["edges"],
        Value::Array(Vec::new()),
        "what is hidden ties nobody"
    );
}
