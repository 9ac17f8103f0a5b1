//! The service on Lambda, behind a REST API of API Gateway.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::Router;
use deepwiki_api::{Ports, Settings, router};
use deepwiki_aws::{
    BedrockModel, Config, DynamoJobs, DynamoPages, DynamoRepositories, MeteredModel, S3Artefacts, client,
    config::SearchBackend, logs, opensearch, titan,
};
use deepwiki_model::Patient;
use deepwiki_ports::{LanguageModel, LastGood, SearchIndex};
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
    let mounts = Mounts::new(Ports {
        repositories: repositories.clone(),
        versions: repositories,
        pages: Arc::new(DynamoPages::new(&sdk, &config.pages_table)),
        jobs: Arc::new(DynamoJobs::new(&sdk, &config.jobs_table)),
        search,
        embedder: titan::embedder(&sdk, &config),
        model,
        artefacts,
    });
    let serve = service_fn(|request: Request| mounts.at(&base_path(&request)).oneshot(request));
    lambda_http::run(serve).await.map_err(anyhow::Error::from_boxed)
}

/// The service, mounted wherever requests come in: links have to begin with the stage on API Gateway's own host
/// name, but not on a domain of one's own.
struct Mounts {
    ports: Ports,
    routers: Mutex<BTreeMap<String, Router>>,
}

impl Mounts {
    fn new(ports: Ports) -> Self {
        Self {
            ports,
            routers: Mutex::default(),
        }
    }

    fn at(&self, base_path: &str) -> Router {
        let mut routers = self.routers.lock().unwrap_or_else(PoisonError::into_inner);
        let mount = || {
            let settings = Settings {
                base_path: base_path.to_owned(),
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
