//! [`Circuits`] in memory: one process sees them.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use deepwiki_domain::circuit::Circuit;
use deepwiki_ports::{Circuits, Result, circuit::Kept};

/// The circuits of one process.
#[derive(Debug, Default)]
pub struct MemoryCircuits(Mutex<HashMap<String, Kept>>);

#[async_trait]
impl Circuits for MemoryCircuits {
    async fn load(&self, service: &str) -> Result<Kept> {
        let circuits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(circuits.get(service).copied().unwrap_or_default())
    }

    async fn store(&self, service: &str, circuit: Circuit, version: i64, _now: i64) -> Result<bool> {
        let mut circuits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = circuits.entry(service.to_owned()).or_default();
        if kept.version != version {
            return Ok(false);
        }
        *kept = Kept {
            circuit,
            version: version.saturating_add(1),
        };
        Ok(true)
    }
}
