//! Where people sign in and out: the authorization code flow with PKCE, and the cookie that it ends in.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use deepwiki_domain::StageError;
use deepwiki_ports::Result;
use ring::{
    digest::{SHA256, digest},
    rand::{SecureRandom, SystemRandom},
};
use serde::Deserialize;
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use crate::{Context, cookies, header, keys::check};

/// The cookie that holds the access token: of this host alone, over TLS alone, out of reach of scripts.
pub const COOKIE: &str = "__Host-deepwiki-session";

/// The cookie that holds what a sign-in under way has to come back with.
const PENDING: &str = "__Host-deepwiki-login";

/// How long a sign-in may take, in seconds.
const PATIENCE: u32 = 600;

/// The longest that a session lasts, in seconds, whatever the pool says.
const LONGEST_SESSION: u64 = 12 * 60 * 60;

/// What the pool answers to a code.
#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    id_token: String,
    expires_in: u64,
}

/// Answers a request to `/login`, `/callback`, `/logout` or the metadata of the protected resource.
pub(crate) async fn answer(event: &Value, context: Context<'_>) -> Result<Value> {
    let path = event.get("path").and_then(Value::as_str).unwrap_or_default();
    let method = event
        .get("httpMethod")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match (method, path) {
        ("GET", "/login") => login(event, context),
        ("GET", "/callback") => callback(event, context).await,
        ("GET" | "POST", "/logout") => Ok(logout(event, context)),
        ("GET", path) if path.starts_with("/.well-known/oauth-protected-resource") => {
            Ok(metadata(event, context))
        }
        _ => Ok(problem(404, "There is nothing here.")),
    }
}

/// Sends the browser to the pool, and has it keep what it must come back with.
fn login(event: &Value, context: Context<'_>) -> Result<Value> {
    let [state, nonce, verifier] = [secret()?, secret()?, secret()?];
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
    let query = Serializer::new(String::new())
        .append_pair("response_type", "code")
        .append_pair("client_id", &context.settings.web_client)
        .append_pair("redirect_uri", &format!("{}/callback", base_url(event)))
        .append_pair("scope", "openid")
        .append_pair("state", &state)
        .append_pair("nonce", &nonce)
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256")
        .finish();
    let to = format!("{}/oauth2/authorize?{query}", context.settings.login_domain);
    let pending = cookie(PENDING, &format!("{state}.{nonce}.{verifier}"), PATIENCE.into());
    Ok(redirect(&to, vec![pending]))
}

/// Exchanges the code that the browser has brought back for the session's cookie.
async fn callback(event: &Value, context: Context<'_>) -> Result<Value> {
    let again = |why: &str| {
        tracing::info!(why, "a sign-in failed");
        problem(400, "Signing in failed or took too long: begin again at /login.")
    };
    let parameter = |name: &str| {
        let parameters = event.get("queryStringParameters")?;
        parameters.get(name)?.as_str()
    };
    let pending = cookies(event, PENDING).next().unwrap_or_default();
    let [state, nonce, verifier] = match pending.split('.').collect::<Vec<_>>().as_slice() {
        [state, nonce, verifier] => [*state, *nonce, *verifier],
        _ => return Ok(again("no sign-in is under way")),
    };
    if state.is_empty() || parameter("state") != Some(state) {
        return Ok(again("the state is another"));
    }
    let Some(code) = parameter("code") else {
        return Ok(again("the pool has given no code"));
    };
    let form = Serializer::new(String::new())
        .append_pair("grant_type", "authorization_code")
        .append_pair("client_id", &context.settings.web_client)
        .append_pair("code", code)
        .append_pair("redirect_uri", &format!("{}/callback", base_url(event)))
        .append_pair("code_verifier", verifier)
        .finish();
    let url = format!("{}/oauth2/token", context.settings.login_domain);
    let body = match context.web.post_form(&url, &form).await {
        Ok(body) => body,
        Err(error) if error.kind.is_retryable() => return Err(error),
        Err(_) => return Ok(again("the pool refuses the code")),
    };
    let tokens: Tokens = serde_json::from_slice(&body).map_err(|error| {
        StageError::transient("the user pool's answer could not be read")
            .with_detail(format!("{:?}", error.classify()))
    })?;
    match check(&tokens.id_token, "id", context).await? {
        Ok(claims) if claims.nonce.as_deref() == Some(nonce) => {}
        Ok(_) => return Ok(again("the nonce is another")),
        Err(refusal) => return Ok(again(&format!("the id token is refused: {refusal:?}"))),
    }
    if check(&tokens.access_token, "access", context).await?.is_err() {
        return Ok(again("the access token is refused"));
    }
    let age = tokens.expires_in.min(LONGEST_SESSION);
    let cookies = vec![cookie(COOKIE, &tokens.access_token, age), cookie(PENDING, "", 0)];
    Ok(redirect(&format!("{}/", base_url(event)), cookies))
}

/// Ends the session here and at the pool. Only a page of this site can have it ended.
fn logout(event: &Value, context: Context<'_>) -> Value {
    let site = header(event, "sec-fetch-site");
    if site.is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return problem(403, "The request comes from a page of another site.");
    }
    let query = Serializer::new(String::new())
        .append_pair("client_id", &context.settings.web_client)
        .append_pair("logout_uri", &format!("{}/", base_url(event)))
        .finish();
    let to = format!("{}/logout?{query}", context.settings.login_domain);
    redirect(&to, vec![cookie(COOKIE, "", 0)])
}

/// Tells MCP clients where to get tokens (RFC 9728).
fn metadata(event: &Value, context: Context<'_>) -> Value {
    let body = json!({
        "resource": format!("{}/mcp", base_url(event)),
        "authorization_servers": [context.settings.issuer],
        "bearer_methods_supported": ["header"],
        "scopes_supported": ["openid"],
    });
    json!({
        "statusCode": 200,
        "headers": {"content-type": "application/json", "cache-control": "public, max-age=3600"},
        "body": body.to_string(),
    })
}

/// The service's address as the gateway tells it, with the stage where that is part of it. The host comes from the
/// request's context, which no client can set.
fn base_url(event: &Value) -> String {
    let told = |name: &str| {
        let context = event.get("requestContext")?;
        context.get(name)?.as_str()
    };
    let domain = told("domainName").unwrap_or_default();
    match told("stage").filter(|_| domain.contains(".execute-api.")) {
        Some(stage) => format!("https://{domain}/{stage}"),
        None => format!("https://{domain}"),
    }
}

/// 256 bits that nobody can guess.
fn secret() -> Result<String> {
    let mut bytes = [0_u8; 32];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| StageError::transient("there is no randomness to be had, try again"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Lax, not Strict: the pool sends the browser back from its own site.
fn cookie(name: &str, value: &str, age: u64) -> String {
    format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={age}")
}

fn redirect(to: &str, cookies: Vec<String>) -> Value {
    json!({
        "statusCode": 302,
        "multiValueHeaders": {"location": [to], "set-cookie": cookies, "cache-control": ["no-store"]},
        "body": "",
    })
}

fn problem(status: u16, detail: &str) -> Value {
    let title = match status {
        400 => "Bad Request",
        403 => "Forbidden",
        _ => "Not Found",
    };
    let body = json!({"type": "about:blank", "title": title, "status": status, "detail": detail});
    json!({
        "statusCode": status,
        "headers": {"content-type": "application/problem+json", "cache-control": "no-store"},
        "body": body.to_string(),
    })
}
