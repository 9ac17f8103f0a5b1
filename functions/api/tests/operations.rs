//! What can be set going over HTTP, by whom, and who sees what.
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
use deepwiki_api::{Identity, Settings, SigningKeys, TokenDoor, router};
use deepwiki_domain::{
    RepositoryId,
    access::{Principal, Role},
    job::{BuildMode, JobStatus},
    page::Page,
    repository::RepositoryStatus,
    source::RepositorySource,
};
use deepwiki_ports::{Jobs, Repositories, RepositoryAccess};
use serde_json::{Value, json};
use support::{COMMIT, Memory, sample::sample};
use tower::ServiceExt;

struct Service {
    memory: Arc<Memory>,
    router: Router,
    id: RepositoryId,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }
}

impl Service {
    async fn new(settings: Settings) -> Self {
        let memory = Arc::new(Memory::default());
        let id = memory.publish(sample()).await;
        Self {
            router: router(memory.ports(), &settings),
            memory,
            id,
        }
    }

    async fn local() -> Self {
        Self::new(Settings::default()).await
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    fn request(&self, method: &str, path: &str, body: Option<Value>) -> Request<Body> {
        let path = path.replace("{id}", self.id.as_str());
        let body = body.map_or(Body::empty(), |body| Body::from(body.to_string()));
        Request::builder().method(method).uri(path).body(body).unwrap()
    }

    async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.send(self.request(method, path, body)).await
    }

    /// As somebody of whom the gateway has told.
    async fn call_as(&self, principal: &Principal, method: &str, path: &str, body: Option<Value>) -> Answer {
        let mut request = self.request(method, path, body);
        request.extensions_mut().insert(Arc::new(principal.clone()));
        self.send(request).await
    }

    /// A statement of the first page.
    fn statement(&self) -> (String, String) {
        let page: &Page = &sample().pages[0];
        let statements = deepwiki_domain::correction::statements(page);
        let (words, _) = statements.iter().find(|(_, cites)| !cites.is_empty()).unwrap();
        (page.slug.to_string(), words.clone())
    }
}

fn somebody(role: Role, groups: &[&str]) -> Principal {
    Principal {
        name: format!("{}-{}", role.name(), groups.join("-")),
        role,
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
    }
}

fn gateway() -> Settings {
    Settings {
        identity: Identity::Gateway,
        ..Settings::default()
    }
}

#[tokio::test]
async fn a_repository_is_registered_once() {
    let service = Service::local().await;
    let body = json!({"url": "https://github.com/example/new.git", "languages": ["ja", "en", "ja"], "revision": "main"});
    let created = service.call("POST", "/repos", Some(body.clone())).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.text);
    let view = created.json();
    assert_eq!(view["url"], "https://github.com/example/new");
    assert_eq!(
        (&view["languages"], &view["revision"]),
        (&json!(["ja", "en"]), &json!("main"))
    );
    let at = created.headers[header::LOCATION].to_str().unwrap();
    assert_eq!(service.call("GET", at, None).await.json(), view);
    let again = service.call("POST", "/repos", Some(body)).await;
    assert_eq!((again.status, again.json()), (StatusCode::OK, view));
}

#[tokio::test]
async fn an_unsafe_origin_is_refused_with_the_reason() {
    let service = Service::local().await;
    for (url, reason) in [
        ("http://github.com/a/b", "https://"),
        ("https://user:secret@github.com/a/b", "credentials"),
        ("https://169.254.169.254/latest", "private or local"),
        ("https://10.0.0.1/a", "private or local"),
        ("/etc", "no URL"),
        ("", "no URL"),
    ] {
        let refused = service.call("POST", "/repos", Some(json!({"url": url}))).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{url}");
        let detail = refused.json()["detail"].as_str().unwrap().to_owned();
        assert!(
            detail.contains(reason) && !detail.contains("secret"),
            "{url}: {detail}"
        );
    }
    let odd = json!({"url": "https://github.com/a/b", "revision": "--upload-pack=x"});
    assert_eq!(
        service.call("POST", "/repos", Some(odd)).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn a_build_is_asked_for_once_by_one_key() {
    let service = Service::local().await;
    let ask = async |key: &str, mode: &str| {
        let mut request = service.request("POST", "/repos/{id}/builds", Some(json!({"mode": mode})));
        request
            .headers_mut()
            .insert("idempotency-key", key.parse().unwrap());
        service.send(request).await
    };
    let first = ask("k-1", "FULL").await;
    assert_eq!(first.status, StatusCode::ACCEPTED, "{}", first.text);
    let build = first.json()["build"].clone();
    assert_eq!(ask("k-1", "FULL").await.json()["build"], build);
    assert_eq!(
        ask("k-1", "INCREMENTAL").await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_ne!(ask("k-2", "FULL").await.json()["build"], build);
    let requests = service.memory.requests.lock().unwrap().clone();
    assert_eq!(requests.len(), 2);
    assert_eq!(
        (requests[0].mode, requests[0].build.as_str()),
        (BuildMode::Full, build.as_str().unwrap())
    );

    let at = first.headers[header::LOCATION].to_str().unwrap();
    let job = service.call("GET", at, None).await;
    assert_eq!(
        (job.status, &job.json()["status"]),
        (StatusCode::OK, &json!("QUEUED"))
    );
    let without = service.call("POST", "/repos/{id}/builds", None).await;
    let another = service.call("POST", "/repos/{id}/builds", None).await;
    assert_ne!(
        without.json()["build"],
        another.json()["build"],
        "no key, no sameness"
    );
}

#[tokio::test]
async fn refreshing_builds_what_has_changed() {
    let service = Service::local().await;
    let idle = service.call("POST", "/repos/{id}/refresh", None).await;
    assert_eq!(idle.status, StatusCode::OK);
    assert_eq!(
        (&idle.json()["up_to_date"], &idle.json()["commit"]),
        (&json!(true), &json!(COMMIT))
    );
    service.memory.publish_again(sample(), "other", |_| {}).await;
    let busy = service.call("POST", "/repos/{id}/refresh", None).await;
    assert_eq!(
        (busy.status, &busy.json()["up_to_date"]),
        (StatusCode::ACCEPTED, &json!(false))
    );
    assert_eq!(service.memory.requests.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn only_what_failed_last_is_resumed() {
    let service = Service::local().await;
    let jobs = service.call("GET", "/repos/{id}/jobs", None).await.json();
    let succeeded = jobs["jobs"][0]["id"].as_str().unwrap().to_owned();
    let job = Jobs::get(&*service.memory, &succeeded.parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    let refused = service
        .call("POST", &format!("/jobs/{succeeded}/resume"), None)
        .await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    for (name, started_at, status) in [
        ("old", job.started_at - 60, StatusCode::CONFLICT),
        ("new", job.started_at + 60, StatusCode::ACCEPTED),
    ] {
        let failed = deepwiki_domain::job::Job {
            build: name.parse().unwrap(),
            status: JobStatus::Failed,
            started_at,
            ..job.clone()
        };
        service.memory.create(&failed).await.unwrap();
        let answer = service.call("POST", &format!("/jobs/{name}/resume"), None).await;
        assert_eq!(answer.status, status, "{name}: {}", answer.text);
    }
    let [request] = service
        .memory
        .requests
        .lock()
        .unwrap()
        .clone()
        .try_into()
        .unwrap();
    assert_eq!(
        request.revision.as_deref(),
        Some(COMMIT),
        "it goes on at the same commit"
    );
}

#[tokio::test]
async fn a_job_is_told_as_events_until_it_ends() {
    let service = Service::local().await;
    let jobs = service.call("GET", "/repos/{id}/jobs", None).await.json();
    let id = jobs["jobs"][0]["id"].as_str().unwrap();
    let stream = service.call("GET", &format!("/jobs/{id}/events"), None).await;
    assert_eq!(stream.headers[header::CONTENT_TYPE], "text/event-stream");
    assert_eq!(stream.text.matches("event: ").count(), 1);
    assert!(stream.text.contains("event: end\n") && stream.text.contains("\"SUCCEEDED\""));

    let settings = Settings {
        stream_seconds: 1,
        poll_milliseconds: 10,
        ..Settings::default()
    };
    let service = Service::new(settings).await;
    let queued = service.call("POST", "/repos/{id}/builds", None).await.json();
    let path = format!("/jobs/{}/events", queued["build"].as_str().unwrap());
    let stream = service.call("GET", &path, None).await;
    assert_eq!(stream.text.matches("event: job\n").count(), 1, "{}", stream.text);
    let known = stream
        .text
        .lines()
        .find_map(|line| line.strip_prefix("id: "))
        .unwrap();
    let mut request = service.request("GET", &path, None);
    request
        .headers_mut()
        .insert("last-event-id", known.parse().unwrap());
    let resumed = service.send(request).await;
    assert!(
        !resumed.text.contains("event:"),
        "nothing is new: {}",
        resumed.text
    );
}

#[tokio::test]
async fn a_purge_is_confirmed_and_says_what_it_deleted() {
    let service = Service::local().await;
    let path = "/repos/{id}/purge";
    for body in [None, Some(json!({"confirm": "other"}))] {
        let refused = service.call("POST", path, body).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    }
    let purged = service
        .call("POST", path, Some(json!({"confirm": service.id})))
        .await;
    assert_eq!(purged.status, StatusCode::OK, "{}", purged.text);
    assert_eq!(purged.json()["pages"]["count"], 2, "one list a language");
    assert_eq!(
        service.call("GET", "/repos/{id}", None).await.status,
        StatusCode::NOT_FOUND
    );
    let url = sample().source.url();
    let back = service.call("POST", "/repos", Some(json!({"url": url}))).await;
    assert_eq!(back.status, StatusCode::CREATED, "registering brings it back");
    assert_eq!(
        service.call("DELETE", "/repos/{id}", None).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        service.call("DELETE", "/repos/{id}", None).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_statement_is_flagged_and_decided() {
    let service = Service::local().await;
    let (page, statement) = service.statement();
    let flag =
        json!({"repository": service.id, "page": page, "statement": statement, "reason": "It does not."});
    let flagged = service.call("POST", "/corrections", Some(flag.clone())).await;
    assert_eq!(flagged.status, StatusCode::CREATED, "{}", flagged.text);
    let correction = flagged.json();
    assert_eq!(
        (&correction["state"], &correction["commit"]),
        (&json!("open"), &json!(COMMIT))
    );
    assert!(!correction["citations"].as_array().unwrap().is_empty());
    let again = service.call("POST", "/corrections", Some(flag)).await;
    assert_eq!((again.status, again.json()), (StatusCode::OK, correction.clone()));

    let at = flagged.headers[header::LOCATION].to_str().unwrap().to_owned();
    let decision = json!({"state": "upheld", "note": "Line 3 says otherwise."});
    let decided = service
        .call("POST", &format!("{at}/decision"), Some(decision))
        .await;
    assert_eq!(
        (decided.status, &decided.json()["state"]),
        (StatusCode::OK, &json!("upheld"))
    );
    assert_eq!(service.call("GET", &at, None).await.json(), decided.json());
    for (query, count) in [
        ("", 1),
        ("?state=upheld", 1),
        ("?state=open", 0),
        ("?repository={id}&limit=1", 1),
    ] {
        let listed = service
            .call("GET", &format!("/corrections{query}"), None)
            .await
            .json();
        assert_eq!(listed["corrections"].as_array().unwrap().len(), count, "{query}");
    }
    let absent =
        json!({"repository": service.id, "page": page, "statement": "Nobody says so.", "reason": "x"});
    let silent = json!({"repository": service.id, "page": page, "statement": statement, "reason": "  "});
    for refused in [absent, silent] {
        let answer = service.call("POST", "/corrections", Some(refused)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn what_somebody_may_not_see_is_not_there() {
    let service = Service::new(gateway()).await;
    let admin = somebody(Role::Admin, &[]);
    let (page, statement) = service.statement();
    let flag = json!({"repository": service.id, "page": page, "statement": statement, "reason": "Wrong."});
    service.call_as(&admin, "POST", "/corrections", Some(flag)).await;
    let job = service
        .call_as(&admin, "GET", "/repos/{id}/jobs", None)
        .await
        .json()["jobs"][0]["id"]
        .clone();
    let job = job.as_str().unwrap();
    let restricted = service
        .call_as(
            &admin,
            "PUT",
            "/repos/{id}/groups",
            Some(json!({"groups": ["payments"]})),
        )
        .await;
    assert_eq!(restricted.json()["groups"], json!(["payments"]));
    for number in 0..3 {
        let source =
            RepositorySource::parse_url(&format!("https://github.com/example/open-{number}")).unwrap();
        service.memory.register(source, RepositoryStatus::Ready).await;
    }

    let (insider, outsider) = (
        somebody(Role::Reader, &["payments"]),
        somebody(Role::Operator, &["sales"]),
    );
    for path in [
        "/repos/{id}",
        "/repos/{id}/wiki",
        "/repos/{id}/pages/overview",
        "/repos/{id}/source/src/cache.rs",
        "/repos/{id}/versions",
        "/repos/{id}/export",
        "/repos/{id}/jobs",
        "/search?q=cache&repository={id}",
        "/corrections?repository={id}",
        "/wiki/{id}/overview",
        &format!("/jobs/{job}"),
        &format!("/jobs/{job}/events"),
    ] {
        assert_eq!(
            service.call_as(&insider, "GET", path, None).await.status,
            StatusCode::OK,
            "{path}"
        );
        let hidden = service.call_as(&outsider, "GET", path, None).await;
        assert_eq!(hidden.status, StatusCode::NOT_FOUND, "{path}");
        assert!(!hidden.text.contains("payments"), "{path}");
    }
    for (path, body) in [
        ("/repos/{id}/builds", None),
        ("/repos/{id}/refresh", None),
        (
            "/ask",
            Some(json!({"question": "What does the cache do?", "repositories": [service.id]})),
        ),
    ] {
        let hidden = service.call_as(&outsider, "POST", path, body).await;
        assert_eq!(hidden.status, StatusCode::NOT_FOUND, "{path}");
    }
    let search = "/search?q=cache";
    let found =
        async |who: &Principal| service.call_as(who, "GET", search, None).await.json()["hits"].clone();
    assert!(!found(&insider).await.as_array().unwrap().is_empty());
    assert_eq!(found(&outsider).await, json!([]));
    let corrections = service
        .call_as(&outsider, "GET", "/corrections", None)
        .await
        .json();
    assert_eq!(corrections["corrections"], json!([]));
    let url = json!({"url": sample().source.url()});
    let register = service.call_as(&outsider, "POST", "/repos", Some(url)).await;
    assert_eq!(register.status, StatusCode::FORBIDDEN);

    // Pages of a list are full, and go on, whatever is left out of them.
    let mut seen = BTreeSet::new();
    let mut path = "/repos?limit=2".to_owned();
    loop {
        let page = service.call_as(&outsider, "GET", &path, None).await.json();
        let repositories = page["repositories"].as_array().unwrap().clone();
        seen.extend(
            repositories
                .iter()
                .map(|it| it["display_name"].as_str().unwrap().to_owned()),
        );
        match page["next"].as_str() {
            Some(next) => {
                assert_eq!(repositories.len(), 2);
                path = format!("/repos?limit=2&cursor={next}");
            }
            None => break,
        }
    }
    assert_eq!(seen.len(), 3, "{seen:?}");
}

#[tokio::test]
async fn each_role_may_do_what_it_is_for() {
    let service = Service::new(gateway()).await;
    let open = service.memory.clone();
    for (path, method, body, needed) in [
        (
            "/repos",
            "POST",
            Some(json!({"url": "https://github.com/example/x"})),
            Role::Operator,
        ),
        ("/repos/{id}/builds", "POST", None, Role::Operator),
        ("/repos/{id}/refresh", "POST", None, Role::Operator),
        (
            "/repos/{id}/groups",
            "PUT",
            Some(json!({"groups": []})),
            Role::Admin,
        ),
        ("/repos/{id}", "DELETE", None, Role::Admin),
        (
            "/repos/{id}/purge",
            "POST",
            Some(json!({"confirm": service.id})),
            Role::Admin,
        ),
    ] {
        for role in [Role::Reader, Role::Operator, Role::Admin] {
            let answer = service
                .call_as(&somebody(role, &[]), method, path, body.clone())
                .await;
            let may = role >= needed;
            assert_eq!(
                answer.status == StatusCode::FORBIDDEN,
                !may,
                "{role:?} {method} {path}: {}",
                answer.text
            );
            let record = Repositories::get(&*open, &service.id).await.unwrap().unwrap();
            open.register(record.source, RepositoryStatus::Ready).await;
        }
    }
    let foreign = json!({"url": "https://github.com/example/y", "groups": ["audit"]});
    let answer = service
        .call_as(
            &somebody(Role::Operator, &["sales"]),
            "POST",
            "/repos",
            Some(foreign.clone()),
        )
        .await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let answer = service
        .call_as(
            &somebody(Role::Operator, &["audit"]),
            "POST",
            "/repos",
            Some(foreign),
        )
        .await;
    assert_eq!(
        (answer.status, &answer.json()["groups"]),
        (StatusCode::CREATED, &json!(["audit"]))
    );
    open.set_groups(&service.id, &BTreeSet::new()).await.unwrap();
}

#[tokio::test]
async fn nobody_enters_who_shows_nothing() {
    let service = Service::new(gateway()).await;
    for path in [
        "/repos",
        "/search?q=x",
        "/openapi.json",
        "/",
        "/wiki/{id}/overview",
    ] {
        let refused = service.call("GET", path, None).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{path}");
        assert!(
            refused.headers[header::WWW_AUTHENTICATE]
                .to_str()
                .unwrap()
                .starts_with("Bearer")
        );
    }
    let mut request = service.request("GET", "/", None);
    request
        .headers_mut()
        .insert(header::ACCEPT, "text/html".parse().unwrap());
    let led = service.send(request).await;
    assert_eq!(
        (led.status, &led.headers[header::LOCATION]),
        (StatusCode::SEE_OTHER, &"/login".parse().unwrap())
    );
    assert_eq!(service.call("GET", "/healthz", None).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_token_opens_and_becomes_a_cookie() {
    const TOKEN: &str = "a token of the tests";
    let settings = Settings {
        identity: Identity::Token(Arc::new(TokenDoor::new(TOKEN).unwrap())),
        ..Settings::default()
    };
    let service = Service::new(settings).await;
    assert_eq!(
        service.call("GET", "/repos", None).await.status,
        StatusCode::UNAUTHORIZED
    );
    let mut request = service.request("GET", "/repos", None);
    request
        .headers_mut()
        .insert(header::AUTHORIZATION, format!("Bearer {TOKEN}").parse().unwrap());
    assert_eq!(service.send(request).await.status, StatusCode::OK);

    let sign_in = async |token: &str| {
        let form = format!("token={}", token.replace(' ', "+"));
        let request = Request::post("/login")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form))
            .unwrap();
        service.send(request).await
    };
    let wrong = sign_in("another").await;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN);
    assert!(!wrong.headers.contains_key(header::SET_COOKIE));
    let right = sign_in(TOKEN).await;
    assert_eq!(right.status, StatusCode::SEE_OTHER);
    let cookie = right.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && !cookie.contains(TOKEN));
    let mut request = service.request("GET", "/repos", None);
    let pair = cookie.split(';').next().unwrap();
    request
        .headers_mut()
        .insert(header::COOKIE, pair.parse().unwrap());
    assert_eq!(service.send(request).await.status, StatusCode::OK);
    let page = service.call("GET", "/login", None).await;
    assert!(page.text.contains("type=\"password\""));
}

#[tokio::test]
async fn pages_of_other_sites_change_nothing_and_other_names_reach_nothing() {
    let service = Service::local().await;
    for (name, value, method, status) in [
        ("sec-fetch-site", "cross-site", "POST", StatusCode::FORBIDDEN),
        ("origin", "https://evil.example", "POST", StatusCode::FORBIDDEN),
        ("sec-fetch-site", "same-origin", "POST", StatusCode::ACCEPTED),
        (
            "sec-fetch-site",
            "cross-site",
            "GET",
            StatusCode::METHOD_NOT_ALLOWED,
        ),
        (
            "host",
            "evil.example:8080",
            "POST",
            StatusCode::MISDIRECTED_REQUEST,
        ),
        ("host", "localhost:8080", "POST", StatusCode::ACCEPTED),
    ] {
        let mut request = service.request(method, "/repos/{id}/builds", None);
        request.headers_mut().insert(name, value.parse().unwrap());
        let answer = service.send(request).await;
        assert_eq!(answer.status, status, "{method} with {name}: {value}");
    }
    assert_eq!(service.memory.requests.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_signed_push_asks_for_a_build_once() {
    let keys = SigningKeys::new(["the secret of the tests"]);
    let settings = Settings {
        webhook_keys: Some(Arc::new(keys)),
        ..Settings::default()
    };
    let service = Service::new(settings).await;
    let url = sample().source.url();
    let body = json!({
        "ref": "refs/heads/main", "after": COMMIT, "deleted": false,
        "repository": {"clone_url": format!("{url}.git"), "default_branch": "main"},
    })
    .to_string();
    let deliver = async |signature: &str| {
        let request = Request::post("/webhooks/github")
            .header("x-github-event", "push")
            .header("x-github-delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958")
            .header("x-hub-signature-256", signature)
            .body(Body::from(body.clone()))
            .unwrap();
        service.send(request).await.status
    };
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"the secret of the tests");
    let tag = ring::hmac::sign(&key, body.as_bytes());
    let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        deliver(&format!("sha256={}", "0".repeat(64))).await,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(service.memory.requests.lock().unwrap().len(), 0);
    assert_eq!(deliver(&format!("sha256={hex}")).await, StatusCode::ACCEPTED);
    assert_eq!(
        deliver(&format!("sha256={hex}")).await,
        StatusCode::NO_CONTENT,
        "delivered again"
    );
    let [request] = service
        .memory
        .requests
        .lock()
        .unwrap()
        .clone()
        .try_into()
        .unwrap();
    assert_eq!(
        (request.repository, request.mode),
        (service.id.clone(), BuildMode::Incremental)
    );
    let unset = Service::local().await;
    let request = unset.request("POST", "/webhooks/github", Some(json!({})));
    assert_eq!(unset.send(request).await.status, StatusCode::NOT_FOUND);
}
