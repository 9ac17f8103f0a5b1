//! Puts the API, the pages and the assets behind one router, with the headers that every answer has.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, HttpBody},
    extract::{FromRequestParts, Path, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header, request::Parts},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use deepwiki_domain::{access::Principal, source::GitHosts};
use deepwiki_webhook::SigningKeys;
use tower::ServiceExt;
use utoipa::openapi::{
    ContentBuilder, OpenApi, Ref, ResponseBuilder, ServerBuilder,
    path::Operation,
    security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
};

use crate::{
    Problem, compress,
    html::{self, Assets},
    identity::{self, Identity, RateLimit},
    library::{Library, Ports},
    mcp, rest,
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
    /// How those who ask show who they are.
    pub identity: Identity,
    /// Whether repositories may be registered by a path of this machine.
    pub local_paths: bool,
    /// The Git hosts that repositories may be registered from.
    pub hosts: GitHosts,
    /// How long an event stream lasts before its client has to take it up again, in seconds.
    pub stream_seconds: u32,
    /// How often a stream looks for news, in milliseconds.
    pub poll_milliseconds: u32,
    /// The keys that GitHub's webhook signs with; none where it is served elsewhere, or not at all.
    pub webhook_keys: Option<Arc<SigningKeys>>,
    /// Whether answers are compressed here; not where what stands before the service does so.
    pub compress: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            base_path: String::new(),
            cache_bytes: 64 << 20,
            identity: Identity::Loopback,
            local_paths: false,
            hosts: GitHosts::any(),
            stream_seconds: 60,
            poll_milliseconds: 1000,
            webhook_keys: None,
            compress: true,
        }
    }
}

/// The service as one asker may use it: its library shows nothing else.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) library: Library,
    pub(crate) base_path: Arc<str>,
    pub(crate) assets: Arc<Assets>,
}

/// What handlers share. They get at it through [`Permitted`] alone.
pub(crate) struct Shared {
    /// As somebody may use it who is nobody in particular.
    service: Service,
    pub(crate) settings: Settings,
    pub(crate) requests: RateLimit,
    pub(crate) sign_ins: RateLimit,
}

impl Shared {
    /// The service to those who have not said who they are.
    pub(crate) fn service(&self) -> &Service {
        &self.service
    }

    /// What stands before the service's own paths.
    pub(crate) fn base_path(&self) -> &str {
        &self.service.base_path
    }
}

/// The service as far as the asker is permitted, for handlers.
pub(crate) struct Permitted(pub(crate) Service);

impl FromRequestParts<Arc<Shared>> for Permitted {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Problem> {
        let principal = parts.extensions.get::<Arc<Principal>>();
        let principal = principal.ok_or_else(Problem::unauthorized)?;
        Ok(Self(Service {
            library: shared.service.library.for_principal(Arc::clone(principal)),
            ..shared.service.clone()
        }))
    }
}

/// The whole service over these ports.
pub fn router(ports: Ports, settings: &Settings) -> Router {
    let base_path = settings.base_path.trim_matches('/');
    let base_path = if base_path.is_empty() {
        String::new()
    } else {
        format!("/{base_path}")
    };
    let shared = Arc::new(Shared {
        service: Service {
            library: Library::new(ports, settings.cache_bytes),
            base_path: base_path.as_str().into(),
            assets: Arc::new(Assets::new()),
        },
        settings: settings.clone(),
        requests: RateLimit::new(identity::REQUESTS),
        sign_ins: RateLimit::new(identity::SIGN_INS),
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
        .route("/mcp", any(mcp::over_http))
        .route("/login", get(identity::sign_in_page).post(identity::sign_in))
        .route("/logout", post(identity::sign_out))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn_with_state(
            Arc::clone(&shared),
            identity::admit,
        ))
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), finish))
        .with_state(shared);
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

fn describe(base_path: &str) -> (Router<Arc<Shared>>, OpenApi) {
    let (api, mut document) = rest::routes().split_for_parts();
    document.info.version = env!("CARGO_PKG_VERSION").to_owned();
    // OpenAPI has no name for a parameter that holds slashes.
    let paths = std::mem::take(&mut document.paths.paths);
    document.paths.paths = paths
        .into_iter()
        .map(|(path, mut item)| {
            let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete];
            operations.into_iter().flatten().for_each(with_common_answers);
            (path.replace("{*", "{"), item)
        })
        .collect();
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("token", bearer);
    // Either nothing (on the asker's own machine) or a token.
    document.security = Some(vec![
        SecurityRequirement::default(),
        SecurityRequirement::new::<_, [&str; 0], &str>("token", []),
    ]);
    let root = if base_path.is_empty() { "/" } else { base_path };
    document.servers = Some(vec![ServerBuilder::new().url(root).build()]);
    (api, document)
}

/// The OpenAPI document of the service that is mounted here.
pub(crate) fn described(base_path: &str) -> OpenApi {
    describe(base_path).1
}

/// Adds the answers that any operation may have: of those who may not, and of a service that cannot.
fn with_common_answers(operation: &mut Operation) {
    let answers = [
        ("401", "Show who you are"),
        (
            "403",
            "You may not, or the request comes from a page of another site",
        ),
        ("421", "The service answers at another name"),
        ("429", "That was too often; `Retry-After` says when to try again"),
        ("500", "The service failed"),
        (
            "503",
            "The service cannot answer now; `Retry-After` says when to try again",
        ),
    ];
    for (status, description) in answers {
        let problem = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name("Problem")))
            .build();
        let answer = ResponseBuilder::new()
            .description(description)
            .content("application/problem+json", problem)
            .build();
        let answers = &mut operation.responses.responses;
        answers.entry(status.to_owned()).or_insert_with(|| answer.into());
    }
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

async fn asset(State(shared): State<Arc<Shared>>, Path(name): Path<String>) -> Response {
    match shared.service.assets.get(&name) {
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

async fn not_found(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap) -> Response {
    let problem = Problem::not_found(format!("There is nothing at `{}`.", uri.path()));
    answer_problem(&shared, &headers, problem)
}

/// A failure as the asker can read it: a page for browsers.
pub(crate) fn answer_problem(shared: &Shared, headers: &HeaderMap, problem: Problem) -> Response {
    if rest::wants_html(headers) {
        html::problem_page(&shared.service, headers, &problem)
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
async fn finish(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
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
        response = answer_problem(&shared, &asker, problem);
    }
    if shared.settings.compress && is_whole {
        response = compress::compressed(response, asker.get(header::ACCEPT_ENCODING)).await;
    }
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, value);
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("private, no-cache"));
    headers.insert(
        header::VARY,
        HeaderValue::from_static("accept, accept-encoding, accept-language"),
    );
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
