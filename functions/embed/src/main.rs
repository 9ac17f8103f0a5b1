//! The embed stage on Lambda.

use deepwiki_aws::{Config, S3Artefacts, StageHarness, client, logs, stage, titan};
use deepwiki_domain::{
    job::Stage,
    message::{StageInput, StageRequest},
};
use deepwiki_embed::{EmbedPorts, embed_part};
use deepwiki_generate::Writer;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    logs::start();
    let config = Config::from_environment()?;
    let sdk = client::load().await;
    let artefacts = S3Artefacts::new(&sdk, &config.artefacts_bucket);
    let writer = Writer::id_with(config.writer.as_ref());
    let embedder = titan::embedder(&sdk, &config);
    let ports = EmbedPorts {
        artefacts: &artefacts,
        embedder: embedder.as_deref(),
        writer: &writer,
    };
    let harness = StageHarness::new(&sdk, &config, &[Stage::Embed]);
    let embed = async |request: StageRequest| match &request.input {
        StageInput::Embed(input) => {
            stage::output(&embed_part(&request.repository, request.mode, input, ports).await?)
        }
        _ => Err(stage::not_mine(&request)),
    };
    harness.serve(embed).await.map_err(anyhow::Error::from_boxed)
}
