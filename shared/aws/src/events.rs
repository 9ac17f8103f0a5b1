//! [`BuildRequests`] as events on the service's own bus: trigger makes requests of them, as of every other event.

use async_trait::async_trait;
use deepwiki_domain::{StageError, job::BuildRequest, message::BUILD_REQUESTED};
use deepwiki_ports::{BuildAnswer, BuildRequests, BuildWhen, EventBus, Result};
use serde::Serialize;

use crate::EventBridge;

/// The bus, as far as builds are asked for over it.
#[derive(Debug, Clone)]
pub struct BusBuildRequests(EventBridge);

impl BusBuildRequests {
    /// Over this bus.
    pub fn new(bus: EventBridge) -> Self {
        Self(bus)
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
    /// Whether the repository has changed is found out behind the bus, where it can be read: the answer is always
    /// [`BuildAnswer::Requested`]. An event that is put twice names the same build, and builds are started once.
    async fn request(&self, request: &BuildRequest, when: BuildWhen) -> Result<BuildAnswer> {
        let wish = Wish {
            request,
            if_changed: when == BuildWhen::Changed,
        };
        let detail = serde_json::to_value(&wish).map_err(|error| {
            StageError::permanent("a build request could not be written as JSON").with_detail(error)
        })?;
        self.0.put(BUILD_REQUESTED, &detail).await?;
        Ok(BuildAnswer::Requested)
    }
}
