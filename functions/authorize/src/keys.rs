//! The pool's public keys, fetched when a token names one that is not known, and not more often than it makes sense.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use deepwiki_domain::StageError;
use deepwiki_ports::Result;
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::{
    Context,
    token::{Claims, PublicKey, Refusal, key_id, verify},
};

/// The most keys that are kept: a pool has two.
const MOST_KEYS: usize = 16;

/// How long keys are taken for current, in seconds.
const FRESH: i64 = 60 * 60;

/// How long nothing is fetched after a fetch, whatever tokens name, in seconds: whoever sends tokens of invented keys
/// must not make us ask the pool each time.
const PAUSE: i64 = 30;

/// Keys of the pool by their ids.
#[derive(Debug, Default)]
pub struct KeyCache(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    keys: Vec<(String, PublicKey)>,
    fetched_at: Option<i64>,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Key>,
}

#[derive(Deserialize)]
struct Key {
    kid: String,
    kty: String,
    #[serde(default)]
    n: String,
    #[serde(default)]
    e: String,
}

/// The claims of a token, where it is one of ours; or why not. Fails only where the pool's keys cannot be had.
pub(crate) async fn check(
    token: &str,
    wanted_use: &str,
    context: Context<'_>,
) -> Result<std::result::Result<Claims, Refusal>> {
    let id = match key_id(token) {
        Ok(id) => id,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let now = context.clock.now();
    let Some(key) = context.keys.find(&id, context).await? else {
        return Ok(Err(Refusal::Signature));
    };
    Ok(verify(token, &key, wanted_use, context.settings, now))
}

impl KeyCache {
    async fn find(&self, id: &str, context: Context<'_>) -> Result<Option<PublicKey>> {
        let now = context.clock.now();
        let mut known = self.0.lock().await;
        let age = known.fetched_at.map(|at| now.saturating_sub(at));
        let found = known.get(id);
        let is_fresh = age.is_some_and(|age| age < FRESH);
        if is_fresh && found.is_some() {
            return Ok(found);
        }
        if age.is_some_and(|age| age < PAUSE) {
            return Ok(None);
        }
        match fetch(context).await {
            Ok(keys) => {
                known.keys = keys;
                known.fetched_at = Some(now);
            }
            // Keys that were good an hour ago are better than nobody being let in.
            Err(error) if found.is_some() => {
                tracing::warn!(detail = %error.detail, "the user pool's keys were not fetched again");
                return Ok(found);
            }
            Err(error) => return Err(error),
        }
        Ok(known.get(id))
    }
}

impl Known {
    fn get(&self, id: &str) -> Option<PublicKey> {
        self.keys
            .iter()
            .find(|(known, _)| known == id)
            .map(|(_, key)| key.clone())
    }
}

async fn fetch(context: Context<'_>) -> Result<Vec<(String, PublicKey)>> {
    let body = context.web.get(&context.settings.keys_url).await?;
    let set: KeySet = serde_json::from_slice(&body).map_err(|error| {
        StageError::transient("the user pool's keys could not be read").with_detail(error)
    })?;
    let keys = set
        .keys
        .into_iter()
        .filter(|key| key.kty == "RSA")
        .filter_map(|key| {
            let part = |text: &str| {
                URL_SAFE_NO_PAD
                    .decode(text)
                    .ok()
                    .filter(|bytes| !bytes.is_empty())
            };
            let public = PublicKey {
                modulus: part(&key.n)?,
                exponent: part(&key.e)?,
            };
            Some((key.kid, public))
        });
    Ok(keys.take(MOST_KEYS).collect())
}
