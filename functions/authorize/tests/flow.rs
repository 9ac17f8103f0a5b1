//! The authorizer and the sign-in against a user pool of the test's own, with a key of its own.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed assertion is how a test fails"
)]

use std::{
    collections::BTreeMap,
    process::Command,
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicI64, AtomicU32, Ordering},
    },
};

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use deepwiki_authorize::{Context, KeyCache, Settings, Web, handle};
use deepwiki_domain::{ErrorKind, StageError};
use deepwiki_ports::{Clock, Result};
use ring::{rand::SystemRandom, signature::RSA_PKCS1_SHA256, signature::RsaKeyPair};
use serde_json::{Value, json};

const ARN: &str = "arn:aws:execute-api:ap-northeast-1:123456789012:api/prod/GET/repos";
const ISSUER: &str = "https://cognito-idp.ap-northeast-1.amazonaws.com/ap-northeast-1_Example";
const NOW: i64 = 1_795_417_200;

/// A key that Node.js has made for this run: none is kept among the tests.
struct Key {
    pair: RsaKeyPair,
    jwk: Value,
}

fn key() -> &'static Key {
    static KEY: OnceLock<Key> = OnceLock::new();
    KEY.get_or_init(|| {
        let script = "const {privateKey, publicKey} = require('crypto').generateKeyPairSync('rsa', {modulusLength: 2048});\
            const der = privateKey.export({type: 'pkcs8', format: 'der'}).toString('base64url');\
            console.log(JSON.stringify({der, ...publicKey.export({format: 'jwk'})}))";
        let output = Command::new("node").args(["-e", script]).output().unwrap();
        let made: Value = serde_json::from_slice(&output.stdout).unwrap();
        let der = URL_SAFE_NO_PAD.decode(made["der"].as_str().unwrap()).unwrap();
        Key {
            pair: RsaKeyPair::from_pkcs8(&der).unwrap(),
            jwk: json!({"kid": "current", "kty": "RSA", "alg": "RS256", "use": "sig", "n": made["n"], "e": made["e"]}),
        }
    })
}

fn signed(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let pair = &key().pair;
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        message.as_bytes(),
        &mut signature,
    )
    .unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn header() -> Value {
    json!({"alg": "RS256", "kid": "current", "typ": "JWT"})
}

fn claims() -> Value {
    json!({
        "sub": "u-1", "iss": ISSUER, "exp": NOW + 300, "token_use": "access", "client_id": "web",
        "cognito:groups": ["payments", "operators", "has space"],
    })
}

fn with(mut value: Value, name: &str, other: Value) -> Value {
    value[name] = other;
    value
}

/// The pool, and the clock.
#[derive(Default)]
struct Pool {
    fetches: AtomicU32,
    is_down: Mutex<bool>,
    forms: Mutex<Vec<BTreeMap<String, String>>>,
    nonce: Mutex<String>,
    later: AtomicI64,
}

#[async_trait]
impl Web for Pool {
    async fn get(&self, url: &str) -> Result<Vec<u8>> {
        assert_eq!(url, "https://keys.example/jwks.json");
        self.fetches.fetch_add(1, Ordering::SeqCst);
        if *self.is_down.lock().unwrap() {
            return Err(StageError::transient("down"));
        }
        let ec = json!({"kid": "other", "kty": "EC"});
        Ok(json!({"keys": [ec, key().jwk]}).to_string().into_bytes())
    }

    async fn post_form(&self, url: &str, form: &str) -> Result<Vec<u8>> {
        assert_eq!(url, "https://login.example/oauth2/token");
        let form: BTreeMap<String, String> = url::form_urlencoded::parse(form.as_bytes())
            .into_owned()
            .collect();
        let is_good = form["code"] == "good";
        self.forms.lock().unwrap().push(form);
        if !is_good {
            return Err(StageError::invalid("refused"));
        }
        let id = json!({
            "sub": "u-1", "iss": ISSUER, "exp": NOW + 300, "token_use": "id", "aud": "web",
            "nonce": *self.nonce.lock().unwrap(),
        });
        let tokens = json!({
            "access_token": signed(&header(), &claims()), "id_token": signed(&header(), &id), "expires_in": 3600,
        });
        Ok(tokens.to_string().into_bytes())
    }
}

impl Clock for Pool {
    fn now(&self) -> i64 {
        NOW + self.later.load(Ordering::SeqCst)
    }
}

fn settings() -> Settings {
    Settings {
        issuer: ISSUER.to_owned(),
        keys_url: "https://keys.example/jwks.json".to_owned(),
        web_client: "web".to_owned(),
        other_clients: vec!["agents".to_owned()],
        login_domain: "https://login.example".to_owned(),
        admin_group: "admins".to_owned(),
        operator_group: "operators".to_owned(),
    }
}

struct World {
    pool: Pool,
    keys: KeyCache,
    settings: Settings,
}

impl World {
    fn new() -> Self {
        Self {
            pool: Pool::default(),
            keys: KeyCache::default(),
            settings: settings(),
        }
    }

    async fn handle(&self, event: Value) -> Result<Value> {
        let context = Context {
            settings: &self.settings,
            keys: &self.keys,
            web: &self.pool,
            clock: &self.pool,
        };
        handle(&event, context).await
    }

    async fn authorize(&self, headers: Value) -> Value {
        let event = json!({"type": "REQUEST", "methodArn": ARN, "headers": headers});
        self.handle(event).await.unwrap()
    }

    async fn bearer(&self, token: &str) -> Value {
        self.authorize(json!({"Authorization": format!("Bearer {token}")}))
            .await
    }
}

fn effect(answer: &Value) -> &str {
    let statement = &answer["policyDocument"]["Statement"][0];
    assert_eq!(statement["Resource"], ARN);
    statement["Effect"].as_str().unwrap()
}

#[tokio::test]
async fn a_good_token_says_who_it_is() {
    let world = World::new();
    let token = signed(&header(), &claims());
    let by_cookie = json!({"cookie": format!("a=b; __Host-deepwiki-session={token}")});
    for answer in [world.bearer(&token).await, world.authorize(by_cookie).await] {
        assert_eq!(effect(&answer), "Allow");
        assert_eq!(
            answer["context"],
            json!({"principal": "u-1", "role": "operator", "groups": "payments,operators"})
        );
    }
    assert_eq!(world.pool.fetches.load(Ordering::SeqCst), 1, "the keys are kept");
    let admin = with(
        with(claims(), "cognito:groups", json!(["admins"])),
        "client_id",
        json!("agents"),
    );
    assert_eq!(
        world.bearer(&signed(&header(), &admin)).await["context"]["role"],
        "admin"
    );
    let nobody = with(claims(), "cognito:groups", Value::Null);
    let nobody = {
        let mut claims = nobody;
        claims.as_object_mut().unwrap().remove("cognito:groups");
        claims
    };
    assert_eq!(
        world.bearer(&signed(&header(), &nobody)).await["context"]["role"],
        "reader"
    );
}

#[tokio::test]
async fn who_shows_nothing_goes_on_as_nobody() {
    let world = World::new();
    for headers in [
        Value::Null,
        json!({}),
        json!({"Cookie": "other=1; __Host-deepwiki-session="}),
    ] {
        let answer = world.authorize(headers).await;
        assert_eq!((effect(&answer), &answer["context"]), ("Allow", &json!({})));
    }
    assert_eq!(world.pool.fetches.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn what_is_not_ours_is_refused() {
    let world = World::new();
    let good = signed(&header(), &claims());
    let (message, signature) = good.rsplit_once('.').unwrap();
    let forged = signed(&header(), &with(claims(), "cognito:groups", json!(["admins"])));
    let (forged_message, _) = forged.rsplit_once('.').unwrap();
    let unsigned = URL_SAFE_NO_PAD.encode(json!({"alg": "none", "kid": "current"}).to_string());
    let payload = URL_SAFE_NO_PAD.encode(claims().to_string());
    let refused = [
        "x".to_owned(),
        "a.b.c".to_owned(),
        message.to_owned(),
        format!("{message}."),
        format!("{forged_message}.{signature}"),
        format!("{unsigned}.{payload}."),
        signed(&json!({"alg": "HS256", "kid": "current"}), &claims()),
        signed(&json!({"alg": "RS256", "kid": "unknown"}), &claims()),
        signed(
            &header(),
            &with(
                claims(),
                "iss",
                json!("https://cognito-idp.ap-northeast-1.amazonaws.com/other"),
            ),
        ),
        signed(&header(), &with(claims(), "client_id", json!("another"))),
        signed(&header(), &with(claims(), "client_id", Value::Null)),
        signed(&header(), &with(claims(), "token_use", json!("id"))),
        signed(&header(), &with(claims(), "exp", json!(NOW - 61))),
        "a".repeat(10_000),
    ];
    for token in refused {
        let answer = world.bearer(&token).await;
        assert_eq!(
            (effect(&answer), &answer["context"]),
            ("Deny", &json!({})),
            "{token}"
        );
        let cookie = json!({"cookie": format!("__Host-deepwiki-session={token}")});
        let answer = world.authorize(cookie).await;
        assert_eq!(
            (effect(&answer), &answer["context"]),
            ("Allow", &json!({})),
            "a session that ran out is none"
        );
    }
    assert_eq!(
        world.pool.fetches.load(Ordering::SeqCst),
        1,
        "invented keys do not lead to the pool"
    );
}

#[tokio::test]
async fn keys_are_fetched_again_in_time_and_outlive_a_pool_that_is_down() {
    let world = World::new();
    *world.pool.is_down.lock().unwrap() = true;
    let token = signed(&header(), &with(claims(), "exp", json!(NOW + 90_000)));
    let event = json!({"methodArn": ARN, "headers": {"authorization": format!("Bearer {token}")}});
    assert_eq!(world.handle(event).await.unwrap_err().kind, ErrorKind::Transient);
    *world.pool.is_down.lock().unwrap() = false;
    assert_eq!(effect(&world.bearer(&token).await), "Allow");
    world.pool.later.store(7200, Ordering::SeqCst);
    *world.pool.is_down.lock().unwrap() = true;
    assert_eq!(
        effect(&world.bearer(&token).await),
        "Allow",
        "the known keys still serve"
    );
    assert_eq!(world.pool.fetches.load(Ordering::SeqCst), 3);
}

/// A request to a route of signing in.
fn request(path: &str, query: Value, cookie: &str) -> Value {
    json!({
        "httpMethod": "GET", "path": path, "queryStringParameters": query, "headers": {"Cookie": cookie},
        "requestContext": {"domainName": "abc.execute-api.ap-northeast-1.amazonaws.com", "stage": "prod"},
    })
}

fn redirect(answer: &Value) -> (url::Url, Vec<String>) {
    assert_eq!(answer["statusCode"], 302, "{answer}");
    let headers = &answer["multiValueHeaders"];
    let cookies = headers["set-cookie"].as_array().unwrap();
    let cookies = cookies.iter().map(|cookie| cookie.as_str().unwrap().to_owned());
    (
        headers["location"][0].as_str().unwrap().parse().unwrap(),
        cookies.collect(),
    )
}

const HERE: &str = "https://abc.execute-api.ap-northeast-1.amazonaws.com/prod";

#[tokio::test]
async fn a_sign_in_ends_in_a_session() {
    let world = World::new();
    let (to, cookies) = redirect(&world.handle(request("/login", Value::Null, "")).await.unwrap());
    let asked: BTreeMap<String, String> = to.query_pairs().into_owned().collect();
    assert_eq!(
        (to.host_str(), to.path()),
        (Some("login.example"), "/oauth2/authorize")
    );
    assert_eq!(asked["redirect_uri"], format!("{HERE}/callback"));
    assert_eq!(asked["code_challenge_method"], "S256");
    let [pending] = cookies.try_into().unwrap();
    assert!(
        pending.contains("; Secure; HttpOnly; SameSite=Lax; Max-Age=600"),
        "{pending}"
    );
    let pending = pending.split(';').next().unwrap().to_owned();
    *world.pool.nonce.lock().unwrap() = asked["nonce"].clone();

    let back = json!({"code": "good", "state": asked["state"]});
    let (to, cookies) = redirect(
        &world
            .handle(request("/callback", back.clone(), &pending))
            .await
            .unwrap(),
    );
    assert_eq!(to.as_str(), format!("{HERE}/"));
    let [session, over] = cookies.try_into().unwrap();
    assert!(session.starts_with("__Host-deepwiki-session=") && session.contains("Path=/; Secure; HttpOnly"));
    assert!(over.starts_with("__Host-deepwiki-login=;") && over.contains("Max-Age=0"));
    let form = world.pool.forms.lock().unwrap()[0].clone();
    let hashed = ring::digest::digest(&ring::digest::SHA256, form["code_verifier"].as_bytes());
    assert_eq!(URL_SAFE_NO_PAD.encode(hashed), asked["code_challenge"]);
    let cookie = session.split(';').next().unwrap();
    assert_eq!(
        world.authorize(json!({"cookie": cookie})).await["context"]["principal"],
        "u-1"
    );

    let (to, cookies) = redirect(
        &world
            .handle(request("/logout", Value::Null, cookie))
            .await
            .unwrap(),
    );
    assert_eq!((to.path(), cookies.len()), ("/logout", 1));
    assert!(cookies[0].contains("Max-Age=0"));

    for (query, cookie) in [
        (back.clone(), ""),
        (with(back.clone(), "state", json!("another")), pending.as_str()),
        (
            json!({"state": asked["state"], "error": "access_denied"}),
            &pending,
        ),
        (with(back.clone(), "code", json!("bad")), &pending),
        (json!({"code": "good", "state": ""}), "__Host-deepwiki-login=.n.v"),
    ] {
        let answer = world
            .handle(request("/callback", query.clone(), cookie))
            .await
            .unwrap();
        assert_eq!(answer["statusCode"], 400, "{query} {cookie}");
        assert!(!answer.to_string().contains("set-cookie"));
    }
    *world.pool.nonce.lock().unwrap() = "another".to_owned();
    let answer = world.handle(request("/callback", back, &pending)).await.unwrap();
    assert_eq!(
        answer["statusCode"], 400,
        "a token that answers to another sign-in"
    );
}

#[tokio::test]
async fn agents_are_told_where_to_get_tokens() {
    let world = World::new();
    let answer = world
        .handle(request(
            "/.well-known/oauth-protected-resource/mcp",
            Value::Null,
            "",
        ))
        .await
        .unwrap();
    let metadata: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert_eq!(metadata["resource"], format!("{HERE}/mcp"));
    assert_eq!(metadata["authorization_servers"], json!([ISSUER]));
    let absent = world
        .handle(request("/elsewhere", Value::Null, ""))
        .await
        .unwrap();
    assert_eq!(absent["statusCode"], 404);
}
