//! The authorizer on Lambda, and the routes of signing in.

use std::time::Duration;

use async_trait::async_trait;
use deepwiki_authorize::{Context, KeyCache, Settings, Web, handle};
use deepwiki_aws::logs;
use deepwiki_domain::StageError;
use deepwiki_ports::{Result, clock::SystemClock};
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use ureq::Agent;

/// The longest answer of the user pool, in bytes.
const LONGEST_ANSWER: u64 = 64 << 10;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    logs::start();
    let settings = settings()?;
    let web = Https::new();
    let keys = KeyCache::default();
    let context = Context {
        settings: &settings,
        keys: &keys,
        web: &web,
        clock: &SystemClock,
    };
    let answer = move |event: LambdaEvent<Value>| async move {
        let answer = handle(&event.payload, context).await;
        answer.map_err(lambda_runtime::Error::from)
    };
    lambda_runtime::run(service_fn(answer))
        .await
        .map_err(anyhow::Error::from_boxed)
}

fn settings() -> anyhow::Result<Settings> {
    let text = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let needed = |name: &str| text(name).ok_or_else(|| anyhow::anyhow!("{name} is not set"));
    let issuer = needed("USER_POOL_ISSUER")?;
    Ok(Settings {
        keys_url: text("USER_POOL_KEYS_URL").unwrap_or_else(|| format!("{issuer}/.well-known/jwks.json")),
        issuer,
        web_client: needed("WEB_CLIENT_ID")?,
        other_clients: text("OTHER_CLIENT_IDS")
            .unwrap_or_default()
            .split(',')
            .filter(|client| !client.is_empty())
            .map(str::to_owned)
            .collect(),
        login_domain: needed("LOGIN_DOMAIN")?,
        admin_group: needed("ADMIN_GROUP")?,
        operator_group: needed("OPERATOR_GROUP")?,
    })
}

/// The way to the user pool.
struct Https(Agent);

impl Https {
    fn new() -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(5)))
            .max_redirects(0)
            .tls_config(
                ureq::tls::TlsConfig::builder()
                    .root_certs(ureq::tls::RootCerts::PlatformVerifier)
                    .unversioned_rustls_crypto_provider(std::sync::Arc::new(
                        rustls::crypto::ring::default_provider(),
                    ))
                    .build(),
            )
            .build();
        Self(Agent::new_with_config(config))
    }

    async fn call(
        &self,
        send: impl FnOnce(&Agent) -> std::result::Result<ureq::http::Response<ureq::Body>, ureq::Error>
        + Send
        + 'static,
    ) -> Result<Vec<u8>> {
        let agent = self.0.clone();
        let unreachable = || StageError::transient("the user pool cannot be reached, try again");
        tokio::task::spawn_blocking(move || match send(&agent) {
            Ok(mut answer) => answer
                .body_mut()
                .with_config()
                .limit(LONGEST_ANSWER)
                .read_to_vec()
                .map_err(|error| unreachable().with_detail(error)),
            Err(ureq::Error::StatusCode(status)) if (400..500).contains(&status) => {
                Err(StageError::invalid("the user pool refuses the request").with_detail(status))
            }
            Err(error) => Err(unreachable().with_detail(error)),
        })
        .await
        .map_err(|error| unreachable().with_detail(error))?
    }
}

#[async_trait]
impl Web for Https {
    async fn get(&self, url: &str) -> Result<Vec<u8>> {
        let url = url.to_owned();
        self.call(move |agent| agent.get(url).call()).await
    }

    async fn post_form(&self, url: &str, form: &str) -> Result<Vec<u8>> {
        let (url, form) = (url.to_owned(), form.to_owned());
        self.call(move |agent| {
            agent
                .post(url)
                .content_type("application/x-www-form-urlencoded")
                .send(form)
        })
        .await
    }
}
