//! The trigger on Lambda, behind the queue `requests`.

use std::time::Duration;

use deepwiki_aws::{
    Config, DynamoJobs, DynamoLedger, DynamoRepositories, EventBridge, FifoQueue, client, git::git_options,
    logs, serve_messages,
};
use deepwiki_git::GitSourceReader;
use deepwiki_ports::clock::SystemClock;
use deepwiki_trigger::{TriggerPorts, TriggerSettings, accept_event};

/// What a host may take to say where a branch stands. A part of a sweep asks three hosts one after the other at worst.
const ASK: Duration = Duration::from_secs(12);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    logs::start();
    let config = Config::from_environment()?;
    let sdk = client::load().await;
    let repositories = DynamoRepositories::new(&sdk, &config.repositories_table);
    let queue = FifoQueue::new(&sdk, &config.builds_queue_url);
    let ledger = DynamoLedger::new(&sdk, &config.ledger_table);
    let jobs = DynamoJobs::new(&sdk, &config.jobs_table);
    let bus = EventBridge::new(&sdk, &config.bus_name);
    let source = GitSourceReader::new(git_options(&sdk, &config, ASK)?);
    let settings = TriggerSettings {
        locales: config.locales,
        region: client::region(&sdk)?,
        hosts: config.git_hosts,
    };
    let ports = TriggerPorts {
        repositories: &repositories,
        queue: &queue,
        jobs: &jobs,
        bus: &bus,
        ledger: &ledger,
        source: &source,
        clock: &SystemClock,
    };
    serve_messages(async |message| accept_event(&message.body, &settings, ports).await)
        .await
        .map_err(anyhow::Error::from_boxed)
}
