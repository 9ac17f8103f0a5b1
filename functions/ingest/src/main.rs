//! The ingest stage on Lambda.

use std::time::Duration;

use deepwiki_aws::{Config, S3Artefacts, StageHarness, client, git::git_options, logs, stage};
use deepwiki_domain::{
    job::Stage,
    message::{StageInput, StageRequest},
};
use deepwiki_git::GitSourceReader;
use deepwiki_ingest::{IngestLimits, IngestPorts, ingest};

/// What fetching a repository may take: most of what the function may run.
const FETCH: Duration = Duration::from_secs(480);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    logs::start();
    let config = Config::from_environment()?;
    let sdk = client::load().await;
    let artefacts = S3Artefacts::new(&sdk, &config.artefacts_bucket);
    let source = GitSourceReader::new(git_options(&sdk, &config, FETCH)?);
    let ports = IngestPorts {
        source: &source,
        artefacts: &artefacts,
        limits: IngestLimits::default(),
    };
    let harness = StageHarness::new(&sdk, &config, &[Stage::Ingest]);
    let read = async |request: StageRequest| match &request.input {
        StageInput::Ingest(input) => {
            stage::output(&ingest(&request.repository, &request.build, input, &ports).await?)
        }
        _ => Err(stage::not_mine(&request)),
    };
    harness.serve(read).await.map_err(anyhow::Error::from_boxed)
}
