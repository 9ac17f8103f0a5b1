//! The chunk stage on Lambda.

use deepwiki_aws::{Config, S3Artefacts, StageHarness, client, logs, stage};
use deepwiki_chunk::{ChunkPorts, chunk_shard};
use deepwiki_domain::{
    job::Stage,
    message::{StageInput, StageRequest},
};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    logs::start();
    let config = Config::from_environment()?;
    let sdk = client::load().await;
    let artefacts = S3Artefacts::new(&sdk, &config.artefacts_bucket);
    let ports = ChunkPorts {
        artefacts: &artefacts,
    };
    let harness = StageHarness::new(&sdk, &config, &[Stage::Chunk]);
    let chunk = async |request: StageRequest| match &request.input {
        StageInput::Chunk(input) => {
            stage::output(&chunk_shard(&request.repository, request.mode, input, ports).await?)
        }
        _ => Err(stage::not_mine(&request)),
    };
    harness.serve(chunk).await.map_err(anyhow::Error::from_boxed)
}
