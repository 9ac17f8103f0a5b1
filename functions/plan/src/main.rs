//! The plan stage on Lambda.

use deepwiki_aws::{Config, S3Artefacts, StageHarness, client, logs, stage};
use deepwiki_domain::{
    job::Stage,
    message::{StageInput, StageRequest},
};
use deepwiki_plan::{PlanPorts, plan_wiki};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    logs::start();
    let config = Config::from_environment()?;
    let sdk = client::load().await;
    let artefacts = S3Artefacts::new(&sdk, &config.artefacts_bucket);
    let ports = PlanPorts {
        artefacts: &artefacts,
    };
    let harness = StageHarness::new(&sdk, &config, &[Stage::Plan]);
    let plan = async |request: StageRequest| match &request.input {
        StageInput::Plan(input) => {
            stage::output(&plan_wiki(&request.repository, &request.build, request.mode, input, ports).await?)
        }
        _ => Err(stage::not_mine(&request)),
    };
    harness.serve(plan).await.map_err(anyhow::Error::from_boxed)
}
