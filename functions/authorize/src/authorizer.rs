//! The answer to the gateway's authorizer: who it is, for the service behind, and whether the request may go on.

use deepwiki_domain::access::{Role, is_group_name};
use deepwiki_ports::Result;
use serde_json::{Value, json};

use crate::{Context, Settings, cookies, header, keys::check, login::COOKIE, token::Claims};

/// The most groups that are told; the rest would not fit into the gateway's context.
const MOST_GROUPS: usize = 100;

/// Lets the request go on with whom its token names, or with nobody where it has none. A token that is shown and not good
/// is refused: its holder has to learn that.
pub(crate) async fn decide(event: &Value, context: Context<'_>) -> Result<Value> {
    let arn = event.get("methodArn").and_then(Value::as_str).unwrap_or_default();
    let bearer = bearer(event);
    let session = cookies(event, COOKIE).find(|value| !value.is_empty());
    let Some(token) = bearer.or(session) else {
        return Ok(allow("nobody", arn, json!({})));
    };
    match check(token, "access", context).await? {
        Ok(claims) => {
            let told = told(&claims, context.settings);
            Ok(allow(&claims.sub, arn, told))
        }
        Err(refusal) => {
            tracing::info!(?refusal, "a token was refused");
            // A session that has run out is no session: the browser signs in again.
            Ok(match bearer {
                Some(_) => policy("nobody", "Deny", arn, json!({})),
                None => allow("nobody", arn, json!({})),
            })
        }
    }
}

fn bearer(event: &Value) -> Option<&str> {
    let (scheme, token) = header(event, "authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// What the service behind is told. The gateway's context holds texts alone.
fn told(claims: &Claims, settings: &Settings) -> Value {
    let is_in = |group: &String| claims.groups.contains(group);
    let role = if is_in(&settings.admin_group) {
        Role::Admin
    } else if is_in(&settings.operator_group) {
        Role::Operator
    } else {
        Role::Reader
    };
    let groups = claims
        .groups
        .iter()
        .filter(|group| is_group_name(group))
        .take(MOST_GROUPS);
    let groups: Vec<&str> = groups.map(String::as_str).collect();
    json!({"principal": claims.sub, "role": role.name(), "groups": groups.join(",")})
}

fn allow(principal: &str, arn: &str, context: Value) -> Value {
    policy(principal, "Allow", arn, context)
}

fn policy(principal: &str, effect: &str, arn: &str, context: Value) -> Value {
    json!({
        "principalId": principal,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": effect, "Resource": arn}],
        },
        "context": context,
    })
}
