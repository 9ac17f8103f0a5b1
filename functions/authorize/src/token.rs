//! JSON Web Tokens of the user pool: RS256 alone, signature first, then what they claim.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde::Deserialize;

use crate::Settings;

/// The longest token that is looked at, in bytes.
const LONGEST_TOKEN: usize = 8 << 10;

/// How far clocks may be apart, in seconds.
const LEEWAY: i64 = 60;

/// A public key of the pool: modulus and exponent, big-endian.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublicKey {
    pub(crate) modulus: Vec<u8>,
    pub(crate) exponent: Vec<u8>,
}

/// What a token says of its holder, as far as it is read here.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Claims {
    /// The user, by an id that stays.
    pub sub: String,
    /// Who issued it.
    pub iss: String,
    /// Until when it is good, in seconds since 1970.
    pub exp: i64,
    /// What it is for: `access` or `id`.
    pub token_use: String,
    /// The client of an access token.
    #[serde(default)]
    pub client_id: Option<String>,
    /// The client of an id token.
    #[serde(default)]
    pub aud: Option<String>,
    /// What the id token answers to.
    #[serde(default)]
    pub nonce: Option<String>,
    /// The user's groups.
    #[serde(default, rename = "cognito:groups")]
    pub groups: Vec<String>,
}

/// Why a token is not taken. Told to the log, never to the asker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It is no token of three parts.
    Malformed,
    /// Its header asks for another algorithm than RS256.
    Algorithm,
    /// No key of the pool has made its signature.
    Signature,
    /// It was issued by somebody else.
    Issuer,
    /// It was issued for another client.
    Client,
    /// It is for something else.
    Use,
    /// It is good no more.
    Expired,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
}

/// The id of the key that signed a token, by its header. Nothing of it can be trusted yet.
pub(crate) fn key_id(token: &str) -> Result<String, Refusal> {
    if token.len() > LONGEST_TOKEN {
        return Err(Refusal::Malformed);
    }
    let (header, _) = token.split_once('.').ok_or(Refusal::Malformed)?;
    let header: Header = decode(header)?;
    if header.alg != "RS256" {
        return Err(Refusal::Algorithm);
    }
    Ok(header.kid)
}

/// The claims of a token that this key has signed, for this use, by our pool for one of our clients, and still good.
pub(crate) fn verify(
    token: &str,
    key: &PublicKey,
    wanted_use: &str,
    settings: &Settings,
    now: i64,
) -> Result<Claims, Refusal> {
    key_id(token)?;
    let (message, signature) = token.rsplit_once('.').ok_or(Refusal::Malformed)?;
    let (_, payload) = message.split_once('.').ok_or(Refusal::Malformed)?;
    let signature = URL_SAFE_NO_PAD
        .decode(signature)
        .map_err(|_| Refusal::Malformed)?;
    let components = RsaPublicKeyComponents {
        n: &key.modulus,
        e: &key.exponent,
    };
    components
        .verify(&RSA_PKCS1_2048_8192_SHA256, message.as_bytes(), &signature)
        .map_err(|_| Refusal::Signature)?;
    let claims: Claims = decode(payload)?;
    if claims.iss != settings.issuer {
        return Err(Refusal::Issuer);
    }
    if claims.token_use != wanted_use {
        return Err(Refusal::Use);
    }
    let client = claims
        .client_id
        .as_deref()
        .or(claims.aud.as_deref())
        .unwrap_or_default();
    let is_ours = client == settings.web_client || settings.other_clients.iter().any(|other| other == client);
    if client.is_empty() || !is_ours {
        return Err(Refusal::Client);
    }
    if now >= claims.exp.saturating_add(LEEWAY) {
        return Err(Refusal::Expired);
    }
    Ok(claims)
}

fn decode<T: for<'a> Deserialize<'a>>(part: &str) -> Result<T, Refusal> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| Refusal::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| Refusal::Malformed)
}
