//! [`Executions`] on Step Functions: an execution of the state machine, named by the build.

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_sfn::{Client, error::SdkError};
use deepwiki_domain::{
    StageError,
    job::BuildRequest,
    message::{CONTRACT_VERSION, ExecutionInput},
};
use deepwiki_ports::{Executions, Result};

use crate::error::stage_error;

/// Executions of one state machine.
#[derive(Debug, Clone)]
pub struct SfnExecutions {
    client: Client,
    state_machine_arn: String,
}

impl SfnExecutions {
    /// Executions of the state machine (or alias) of this ARN.
    pub fn new(sdk: &SdkConfig, state_machine_arn: impl Into<String>) -> Self {
        Self {
            client: Client::new(sdk),
            state_machine_arn: state_machine_arn.into(),
        }
    }
}

#[async_trait]
impl Executions for SfnExecutions {
    async fn start(&self, request: &BuildRequest) -> Result<()> {
        let input = serde_json::to_string(&execution_input(request)).map_err(|error| {
            StageError::permanent("a build's input could not be written as JSON").with_detail(error)
        })?;
        let start = self
            .client
            .start_execution()
            .state_machine_arn(&self.state_machine_arn)
            .name(request.build.as_str())
            .set_trace_header(trace())
            .input(input);
        match start.send().await {
            Ok(_) => Ok(()),
            // A running one with the same input answers as if it had just started; this one has ended.
            Err(SdkError::ServiceError(error)) if error.err().is_execution_already_exists() => Ok(()),
            Err(error) => Err(stage_error("starting the build", &error)),
        }
    }
}

/// The trace of the invocation that this is part of, as the Lambda runtime tells it.
fn trace() -> Option<String> {
    std::env::var("_X_AMZN_TRACE_ID")
        .ok()
        .filter(|trace| !trace.is_empty())
}

fn execution_input(request: &BuildRequest) -> ExecutionInput {
    ExecutionInput {
        schema: CONTRACT_VERSION,
        repository: request.repository.clone(),
        build: request.build.clone(),
        source: request.source.clone(),
        revision: request.revision.clone(),
        mode: request.mode,
        trigger: request.trigger,
        locales: request.locales.clone(),
        trace: trace(),
    }
}
