//! Secrets of Secrets Manager: read when first needed, kept for a while, never shown.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use deepwiki_domain::StageError;
use deepwiki_ports::Result;
use tokio::sync::Mutex;

use crate::error::stage_error;

/// How long a value is used before it is read again: a rotated secret is in use after this at the latest.
const KEPT: Duration = Duration::from_secs(300);

/// The value of a secret. Its `Debug` form hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

impl Secret {
    /// The value itself: for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(masked)")
    }
}

/// Reads secrets.
#[derive(Debug)]
pub struct Secrets {
    client: Client,
    /// Also keeps several readers from asking at once.
    known: Mutex<BTreeMap<String, (Instant, Secret)>>,
}

impl Secrets {
    /// Reads by this configuration.
    pub fn new(sdk: &SdkConfig) -> Self {
        Self {
            client: Client::new(sdk),
            known: Mutex::default(),
        }
    }

    /// The present value of the secret of this ARN or name. Where it cannot be read, one that was known goes on being
    /// used.
    pub async fn get(&self, id: &str) -> Result<Secret> {
        let mut known = self.known.lock().await;
        let old = known.get(id).cloned();
        if let Some((read_at, secret)) = &old
            && read_at.elapsed() < KEPT
        {
            return Ok(secret.clone());
        }
        match (self.read(id).await, old) {
            (Ok(secret), _) => {
                known.insert(id.to_owned(), (Instant::now(), secret.clone()));
                Ok(secret)
            }
            (Err(error), Some((_, secret))) => {
                tracing::warn!(detail = error.detail, "a secret could not be read again: {error}");
                Ok(secret)
            }
            (Err(error), None) => Err(error),
        }
    }

    async fn read(&self, id: &str) -> Result<Secret> {
        let read = self.client.get_secret_value().secret_id(id).send().await;
        let value = read.map_err(|error| stage_error("reading a secret", &error))?;
        let text = value.secret_string().ok_or_else(|| {
            StageError::permanent("a secret holds no text: put its value as a string, not as binary")
        })?;
        Ok(Secret(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        assert_eq!(format!("{:?}", Secret("hidden".into())), "Secret(masked)");
    }
}
