//! Reap on Lambda, behind the dead letter queues.

use deepwiki_aws::{
    Config, DynamoJobs, DynamoLeases, SfnExecutions, SfnTaskTokens, client, logs, serve_messages,
};
use deepwiki_ports::{clock::SystemClock, lifecycle::Lifecycle};
use deepwiki_reap::{ReapPorts, reap};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    logs::start();
    let config = Config::from_environment()?;
    let sdk = client::load().await;
    let leases = DynamoLeases::new(&sdk, &config.repositories_table);
    let jobs = DynamoJobs::new(&sdk, &config.jobs_table);
    let executions = SfnExecutions::new(&sdk, &config.state_machine_arn);
    let tokens = SfnTaskTokens::new(&sdk);
    let ports = ReapPorts {
        tokens: &tokens,
        notes: &jobs,
        lifecycle: Lifecycle {
            leases: &leases,
            jobs: &jobs,
            executions: &executions,
            clock: &SystemClock,
        },
    };
    serve_messages(async |message| reap(&message.body, &message.queue, ports).await)
        .await
        .map_err(anyhow::Error::from_boxed)
}
