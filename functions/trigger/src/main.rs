//! The trigger on Lambda, behind the queue `requests`.

use std::sync::Arc;

use deepwiki_aws::{
    Config, DynamoLedger, DynamoRepositories, FifoQueue, client, codecommit::CodeCommit, logs, serve_messages,
};
use deepwiki_git::{GitOptions, GitSourceReader};
use deepwiki_ports::clock::SystemClock;
use deepwiki_trigger::{TriggerPorts, TriggerSettings, accept_event};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    logs::start();
    let config = Config::from_environment()?;
    let sdk = client::load().await;
    let repositories = DynamoRepositories::new(&sdk, &config.repositories_table);
    let queue = FifoQueue::new(&sdk, &config.builds_queue_url);
    let ledger = DynamoLedger::new(&sdk, &config.ledger_table);
    let source = GitSourceReader::new(GitOptions {
        credentials: Arc::new(CodeCommit::new(&sdk, config.codecommit_endpoint.clone())),
        ..GitOptions::default()
    });
    let settings = TriggerSettings {
        locales: config.locales,
        region: client::region(&sdk)?,
    };
    let ports = TriggerPorts {
        repositories: &repositories,
        queue: &queue,
        ledger: &ledger,
        source: &source,
        clock: &SystemClock,
    };
    serve_messages(async |message| accept_event(&message.body, &settings, ports).await)
        .await
        .map_err(anyhow::Error::from_boxed)
}
