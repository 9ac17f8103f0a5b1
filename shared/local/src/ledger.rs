//! Which events this process has dealt with. What they lead to is named after them, and known to its record, so that
//! nothing is done twice by the process that follows.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use deepwiki_ports::{Ledger, Result, builds::Claim};

/// How many events are remembered.
const REMEMBERED: usize = 10_000;

/// How long a claim holds whose owner neither finished nor gave it up, in seconds.
const CLAIM: i64 = 5 * 60;

/// Events of this process.
#[derive(Debug, Default)]
pub struct LocalLedger(Mutex<HashMap<String, Entry>>);

#[derive(Debug, Clone, Copy)]
struct Entry {
    is_done: bool,
    at: i64,
}

impl LocalLedger {
    fn with<T>(&self, work: impl FnOnce(&mut HashMap<String, Entry>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Ledger for LocalLedger {
    async fn claim(&self, id: &str, now: i64) -> Result<Claim> {
        Ok(self.with(|entries| match entries.get(id) {
            Some(entry) if entry.is_done => Claim::Done,
            Some(entry) if now < entry.at.saturating_add(CLAIM) => Claim::Another,
            _ => {
                if entries.len() >= REMEMBERED {
                    let oldest = entries.iter().min_by_key(|(_, entry)| entry.at);
                    let oldest = oldest.map(|(id, _)| id.clone());
                    if let Some(oldest) = oldest {
                        entries.remove(&oldest);
                    }
                }
                entries.insert(
                    id.to_owned(),
                    Entry {
                        is_done: false,
                        at: now,
                    },
                );
                Claim::Yours
            }
        }))
    }

    async fn done(&self, id: &str, now: i64) -> Result<()> {
        self.with(|entries| {
            entries.insert(
                id.to_owned(),
                Entry {
                    is_done: true,
                    at: now,
                },
            )
        });
        Ok(())
    }

    async fn give_up(&self, id: &str) -> Result<()> {
        self.with(|entries| {
            if entries.get(id).is_some_and(|entry| !entry.is_done) {
                entries.remove(id);
            }
        });
        Ok(())
    }
}
