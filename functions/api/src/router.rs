//! Puts the API, the pages and the assets behind one router, with the headers that every answer has.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, HttpBody},
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use tower::ServiceExt;
use utoipa::openapi::{OpenApi, ServerBuilder};

use crate::{
    Problem,
    html::{self, Assets},
    library::{Library, Ports},
    rest,
};

/// Scripts and styles come from our own files alone, nothing may frame a page, and forms stay here.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, HeaderValue); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(CONTENT_SECURITY_POLICY),
    ),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=()"),
    ),
];

/// How the service is set up.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The path that it is mounted at, such as an API Gateway stage (`/prod`); empty for the root. Links
    /// begin with it, and requests are understood with it or without.
    pub base_path: String,
    /// How much memory decoded artefacts may take, in bytes.
    pub cache_bytes: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            base_path: String::new(),
            cache_bytes: 64 << 20,
        }
    }
}

/// What handlers share.
pub(crate) struct Service {
    pub(crate) library: Library,
    pub(crate) base_path: String,
    pub(crate) assets: Assets,
}

/// The whole service over these ports.
pub fn router(ports: Ports, settings: &Settings) -> Router {
    let base_path = settings.base_path.trim_matches('/');
    let base_path = if base_path.is_empty() {
        String::new()
    } else {
        format!("/{base_path}")
    };
    let service = Arc::new(Service {
        library: Library::new(ports, settings.cache_bytes),
        base_path: base_path.clone(),
        assets: Assets::new(),
    });
    let (api, document) = describe(&base_path);
    let document = document.to_json().unwrap_or_default();
    let router = api
        .merge(html::routes())
        .route(
            "/openapi.json",
            get(async move || ([(header::CONTENT_TYPE, "application/json")], document.clone())),
        )
        .route("/assets/{name}", get(asset))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn_with_state(Arc::clone(&service), finish))
        .with_state(service);
    if base_path.is_empty() {
        return router;
    }
    let mounted = router.map_request(move |request: Request| without_prefix(request, &base_path));
    Router::new().fallback_service(mounted)
}

/// The OpenAPI document of a service that is mounted at the root.
pub fn openapi() -> OpenApi {
    describe("").1
}

fn describe(base_path: &str) -> (Router<Arc<Service>>, OpenApi) {
    let (api, mut document) = rest::routes().split_for_parts();
    document.info.version = env!("CARGO_PKG_VERSION").to_owned();
    // OpenAPI has no name for a parameter that holds slashes.
    let paths = std::mem::take(&mut document.paths.paths);
    document.paths.paths = paths
        .into_iter()
        .map(|(path, item)| (path.replace("{*", "{"), item))
        .collect();
    let root = if base_path.is_empty() { "/" } else { base_path };
    document.servers = Some(vec![ServerBuilder::new().url(root).build()]);
    (api, document)
}

/// Takes the mount path off, where the gateway has left it on.
fn without_prefix(mut request: Request, prefix: &str) -> Request {
    let rest = request.uri().path_and_query().and_then(|full| {
        let rest = full.as_str().strip_prefix(prefix)?;
        match rest.as_bytes().first() {
            None => Some("/".to_owned()),
            Some(b'/') => Some(rest.to_owned()),
            Some(b'?') => Some(format!("/{rest}")),
            Some(_) => None,
        }
    });
    if let Some(Ok(uri)) = rest.map(|rest| rest.parse::<Uri>()) {
        *request.uri_mut() = uri;
    }
    request
}

async fn asset(State(service): State<Arc<Service>>, Path(name): Path<String>) -> Response {
    match service.assets.get(&name) {
        Some((kind, content)) => {
            let headers = [
                (header::CONTENT_TYPE, kind),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ];
            (headers, content).into_response()
        }
        None => Problem::not_found("There is no such asset.").into_response(),
    }
}

async fn not_found(State(service): State<Arc<Service>>, uri: Uri, headers: HeaderMap) -> Response {
    let problem = Problem::not_found(format!("There is nothing at `{}`.", uri.path()));
    answer_problem(&service, &headers, problem)
}

fn answer_problem(service: &Service, headers: &HeaderMap, problem: Problem) -> Response {
    if rest::wants_html(headers) {
        html::problem_page(service, headers, &problem)
    } else {
        problem.into_response()
    }
}

/// Whether the framework refused the request in its own words.
fn is_unexplained(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    response.status().is_client_error() && kind.is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"))
}

async fn method_not_allowed() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "This address does not know that method.",
    )
}

/// Adds the headers that every answer has, and answers 304 where the asker has the same content already.
async fn finish(State(service): State<Arc<Service>>, request: Request, next: Next) -> Response {
    let asker = request.headers().clone();
    let is_get = request.method() == Method::GET;
    let mut response = next.run(request).await;
    let is_whole = response.body().size_hint().exact().is_some();
    if is_get && response.status() == StatusCode::OK && is_whole {
        response = with_etag(response, asker.get(header::IF_NONE_MATCH)).await;
    } else if is_unexplained(&response) {
        let problem = Problem::new(
            response.status(),
            "The address or a parameter in it cannot be read.",
        );
        response = answer_problem(&service, &asker, problem);
    }
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, value);
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("private, no-cache"));
    headers.insert(header::VARY, HeaderValue::from_static("accept, accept-language"));
    response
}

async fn with_etag(response: Response, known: Option<&HeaderValue>) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(body) = axum::body::to_bytes(body, usize::MAX).await else {
        return Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "The answer could not be made.")
            .into_response();
    };
    let hash = blake3::hash(&body).to_hex();
    let tag = format!("\"{}\"", hash.get(..32).unwrap_or_default());
    let is_known = known.and_then(|known| known.to_str().ok()).is_some_and(|known| {
        known.split(',').any(|known| {
            matches!(known.trim().trim_start_matches("W/"), "*")
                || known.trim().trim_start_matches("W/") == tag
        })
    });
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        parts.headers.insert(header::ETAG, tag);
    }
    if is_known {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(header::CONTENT_LENGTH);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(body))
}
