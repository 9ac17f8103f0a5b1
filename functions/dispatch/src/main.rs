//! Dispatch on Lambda, behind the queues `builds` and `endings`.

use deepwiki_aws::{Config, DynamoJobs, DynamoLeases, SfnExecutions, client, logs, serve_messages};
use deepwiki_dispatch::dispatch;
use deepwiki_ports::{clock::SystemClock, lifecycle::Lifecycle};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    logs::start();
    let config = Config::from_environment()?;
    let sdk = client::load().await;
    let leases = DynamoLeases::new(&sdk, &config.repositories_table);
    let jobs = DynamoJobs::new(&sdk, &config.jobs_table);
    let executions = SfnExecutions::new(&sdk, &config.state_machine_arn);
    let lifecycle = Lifecycle {
        leases: &leases,
        jobs: &jobs,
        executions: &executions,
        clock: &SystemClock,
    };
    serve_messages(async |message| dispatch(&message.body, lifecycle).await)
        .await
        .map_err(anyhow::Error::from_boxed)
}
