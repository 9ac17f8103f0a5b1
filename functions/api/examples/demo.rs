//! Serves a wiki of this crate from memory, to look at: `cargo run -p deepwiki-api --example demo`.

#[path = "../tests/support/mod.rs"]
#[allow(dead_code, reason = "shared with the tests")]
mod support;

use std::sync::Arc;

use deepwiki_api::{Settings, router};
use deepwiki_domain::{repository::RepositoryStatus, source::RepositorySource};
use support::{Memory, sample::sample};

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let memory = Arc::new(Memory::default());
    memory.publish(sample()).await;
    for (url, status) in [
        ("https://github.com/example/payments", RepositoryStatus::Parsing),
        (
            "https://gitlab.com/example/tools/reports",
            RepositoryStatus::Failed,
        ),
    ] {
        if let Ok(source) = RepositorySource::parse_url(url) {
            memory.register(source, status).await;
        }
    }
    let port = std::env::args().nth(1).unwrap_or_else(|| "8090".to_owned());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    axum::serve(listener, router(memory.ports(), &Settings::default())).await
}
