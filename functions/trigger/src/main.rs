//! The trigger on Lambda, behind the queue `requests`.

use deepwiki_aws::{
    Config, DynamoLedger, DynamoRepositories, FifoQueue, client, codecommit::git_options, logs,
    serve_messages,
};
use deepwiki_git::GitSourceReader;
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
    let source = GitSourceReader::new(git_options(&sdk, &config)?);
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
