//! The generate stage on Lambda.

mod paid;

use deepwiki_aws::{Config, S3Artefacts, StageHarness, client, logs, stage};
use deepwiki_domain::{
    job::Stage,
    message::{StageInput, StageRequest},
};
use deepwiki_generate::{GeneratePorts, SourceLibrary, generate_page};

use crate::paid::PaidWriter;

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
    let paid = PaidWriter::new(&sdk, &config);
    let harness = StageHarness::new(&sdk, &config, &[Stage::Generate]);
    let generate = async |request: StageRequest| match &request.input {
        StageInput::Generate(input) => {
            let (repository, mode) = (&request.repository, request.mode);
            let write = async |writer| generate_page(repository, mode, input, &writer, ports).await;
            stage::output(&paid.write(&request.build, write).await?)
        }
        _ => Err(stage::not_mine(&request)),
    };
    harness.serve(generate).await.map_err(anyhow::Error::from_boxed)
}
