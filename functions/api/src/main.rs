//! The service on Lambda, behind a REST API of API Gateway.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::Router;
use deepwiki_api::{Identity, Ports, Settings, router};
use deepwiki_aws::{
    AwsPurge, BedrockModel, BusBuildRequests, Config, DynamoCorrections, DynamoJobs, DynamoLedger,
    DynamoPages, DynamoRepositories, EventBridge, MeteredModel, S3Artefacts, S3Downloads, client,
    config::SearchBackend, logs, opensearch, titan,
};
use deepwiki_domain::{
    access::{Principal, Role},
    source::GitHosts,
};
use deepwiki_model::Patient;
use deepwiki_ports::{LanguageModel, LastGood, SearchIndex, clock::SystemClock};
use deepwiki_search::EmbeddedSearch;
use lambda_http::{Request, RequestExt, request::RequestContext, service_fn};
use tower::ServiceExt;

/// Memory for search generations that stay open between requests, in bytes.
const SEARCH_CACHE: usize = 512 << 20;

/// Attempts of one call to the model: somebody waits for the answer, and extracts stand in.
const ATTEMPTS: u32 = 2;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    logs::start();
    let config = Config::from_environment()?;
    let sdk = client::load().await;
    let artefacts = Arc::new(S3Artefacts::new(&sdk, &config.wiki_bucket));
    let repositories = Arc::new(DynamoRepositories::new(&sdk, &config.repositories_table));
    let search: Arc<dyn SearchIndex> = match &config.search {
        SearchBackend::Embedded => {
            let embedded = Arc::new(EmbeddedSearch::new(artefacts.clone(), SEARCH_CACHE));
            Arc::new(LastGood::new(embedded, repositories.clone()))
        }
        // A collection keeps no generation but the newest.
        SearchBackend::OpenSearch { endpoint } => {
            Arc::new(opensearch::guarded(&sdk, &config, endpoint, artefacts.clone())?)
        }
    };
    let model = config.answerer.clone().map(|card| {
        let model = Arc::new(MeteredModel::new(BedrockModel::new(&sdk, card)));
        Arc::new(Patient::new(model, ATTEMPTS)) as Arc<dyn LanguageModel>
    });
    let downloads = config
        .temp_bucket
        .as_ref()
        .map(|bucket| Arc::new(S3Downloads::new(&sdk, bucket)));
    let ports = Ports {
        versions: repositories.clone(),
        pages: Arc::new(DynamoPages::new(&sdk, &config.pages_table)),
        jobs: Arc::new(DynamoJobs::new(&sdk, &config.jobs_table)),
        search,
        embedder: titan::embedder(&sdk, &config),
        model,
        corrections: Arc::new(DynamoCorrections::new(&sdk, &config.pages_table)),
        builds: Arc::new(BusBuildRequests::new(EventBridge::new(&sdk, &config.bus_name))),
        access: repositories.clone(),
        purge: Arc::new(AwsPurge::new(&sdk, &config)),
        ledger: Arc::new(DynamoLedger::new(&sdk, &config.ledger_table)),
        downloads: downloads.map(|it| it as _),
        clock: Arc::new(SystemClock),
        artefacts,
        repositories,
    };
    let mounts = Mounts::new(ports, config.git_hosts);
    let serve = service_fn(|mut request: Request| {
        if let Some(principal) = principal(&request) {
            request.extensions_mut().insert(Arc::new(principal));
        }
        mounts.at(&base_path(&request)).oneshot(request)
    });
    // Behind resources that stream (`/ask`, `/jobs/{id}/events`, `/mcp`), the same program answers part by part.
    let served = if std::env::var("STREAM_RESPONSES").is_ok_and(|value| value == "true") {
        lambda_http::run_with_streaming_response(serve).await
    } else {
        lambda_http::run(serve).await
    };
    served.map_err(anyhow::Error::from_boxed)
}

/// The service, mounted wherever requests come in: links have to begin with the stage on API Gateway's own host
/// name, but not on a domain of one's own.
struct Mounts {
    ports: Ports,
    hosts: GitHosts,
    routers: Mutex<BTreeMap<String, Router>>,
}

impl Mounts {
    fn new(ports: Ports, hosts: GitHosts) -> Self {
        Self {
            ports,
            hosts,
            routers: Mutex::default(),
        }
    }

    fn at(&self, base_path: &str) -> Router {
        let mut routers = self.routers.lock().unwrap_or_else(PoisonError::into_inner);
        let mount = || {
            let settings = Settings {
                base_path: base_path.to_owned(),
                identity: Identity::Gateway,
                hosts: self.hosts.clone(),
                // Streams end well before the gateway's own limit of 15 minutes, and cost while they last.
                stream_seconds: 25,
                poll_milliseconds: 2000,
                // The gateway does it.
                compress: false,
                ..Settings::default()
            };
            router(self.ports.clone(), &settings)
        };
        routers.entry(base_path.to_owned()).or_insert_with(mount).clone()
    }
}

/// What stands before the service's own paths. Told by the gateway, never by the client.
fn base_path(request: &Request) -> String {
    match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV1(context)) => {
            let domain = context.domain_name.as_deref().unwrap_or_default();
            let own_host = domain.contains(".execute-api.");
            let stage = context.stage.as_deref().filter(|_| own_host);
            stage.map(|stage| format!("/{stage}")).unwrap_or_default()
        }
        _ => String::new(),
    }
}

/// Who asks, as the gateway has found out: by our authorizer, or by a signature of IAM. Whoever may invoke the API by
/// IAM is a principal of the account that its policies trust.
fn principal(request: &Request) -> Option<Principal> {
    let Some(RequestContext::ApiGatewayV1(context)) = request.request_context_ref() else {
        return None;
    };
    let told = |name: &str| {
        context
            .authorizer
            .other
            .get(name)
            .and_then(|value| value.as_str())
    };
    if let Some(name) = told("principal") {
        return Some(Principal {
            name: name.to_owned(),
            role: told("role").and_then(Role::of_name).unwrap_or_default(),
            groups: told("groups")
                .unwrap_or_default()
                .split(',')
                .filter(|group| !group.is_empty())
                .map(str::to_owned)
                .collect(),
        });
    }
    let caller = context.identity.user_arn.as_deref();
    if let Some(caller) = caller.filter(|arn| !arn.is_empty()) {
        return Some(Principal {
            name: caller.to_owned(),
            role: Role::Admin,
            groups: Default::default(),
        });
    }
    // Where the deployment is open to all, whoever comes may read.
    let role = std::env::var("ANONYMOUS_ROLE").ok()?;
    Some(Principal {
        name: "anybody".to_owned(),
        role: Role::of_name(&role)?,
        groups: Default::default(),
    })
}
