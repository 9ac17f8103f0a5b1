//! The generate stage on Lambda.

use deepwiki_aws::{Config, S3Artefacts, StageHarness, client, logs, stage};
use deepwiki_domain::{
    job::Stage,
    message::{StageInput, StageRequest},
};
use deepwiki_generate::{GeneratePorts, SourceLibrary, Writer, generate_page};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    logs::start();
    let config = Config::from_environment()?;
    let sdk = client::load().await;
    let artefacts = S3Artefacts::new(&sdk, &config.artefacts_bucket);
    let library = SourceLibrary::default();
    let ports = GeneratePorts {
        artefacts: &artefacts,
        library: &library,
    };
    let harness = StageHarness::new(&sdk, &config, &[Stage::Generate]);
    let generate = async |request: StageRequest| match &request.input {
        StageInput::Generate(input) => {
            let (repository, mode) = (&request.repository, request.mode);
            stage::output(&generate_page(repository, mode, input, &Writer::Structural, ports).await?)
        }
        _ => Err(stage::not_mine(&request)),
    };
    harness.serve(generate).await.map_err(anyhow::Error::from_boxed)
}
