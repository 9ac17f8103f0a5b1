//! [`BuildRequests`] as events on the service's own bus: trigger makes requests of them, as of every other event.

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_eventbridge::{Client, types::PutEventsRequestEntry};
use deepwiki_domain::{
    StageError,
    job::BuildRequest,
    message::{BUILD_REQUESTED, EVENT_SOURCE},
};
use deepwiki_ports::{BuildAnswer, BuildRequests, BuildWhen, Result};
use serde::Serialize;

use crate::error::stage_error;

/// The bus.
#[derive(Debug, Clone)]
pub struct BusBuildRequests {
    client: Client,
    bus: String,
}

impl BusBuildRequests {
    /// The bus of this name or ARN.
    pub fn new(sdk: &SdkConfig, bus: impl Into<String>) -> Self {
        Self {
            client: Client::new(sdk),
            bus: bus.into(),
        }
    }
}

/// The event's detail.
#[derive(Serialize)]
struct Wish<'a> {
    #[serde(flatten)]
    request: &'a BuildRequest,
    if_changed: bool,
}

#[async_trait]
impl BuildRequests for BusBuildRequests {
    /// Whether the repository has changed is found out by trigger, which can read it: the answer is always
    /// [`BuildAnswer::Requested`]. An event that is put twice names the same build, and builds are started once.
    async fn request(&self, request: &BuildRequest, when: BuildWhen) -> Result<BuildAnswer> {
        let wish = Wish {
            request,
            if_changed: when == BuildWhen::Changed,
        };
        let detail = serde_json::to_string(&wish).map_err(|error| {
            StageError::permanent("a build request could not be written as JSON").with_detail(error)
        })?;
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(&self.bus)
            .source(EVENT_SOURCE)
            .detail_type(BUILD_REQUESTED)
            .detail(detail)
            .build();
        let answer = self
            .client
            .put_events()
            .entries(entry)
            .send()
            .await
            .map_err(|error| stage_error("asking for the build", &error))?;
        // The call succeeds even where the event was not taken.
        match answer.entries().iter().find_map(|entry| entry.error_code()) {
            Some(code) => Err(
                StageError::transient("the build could not be asked for, try again later").with_detail(code),
            ),
            None => Ok(BuildAnswer::Requested),
        }
    }
}
