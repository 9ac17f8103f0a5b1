//! A stand-in of a vector search collection of OpenSearch Serverless. It holds callers to the collection's rules: signed
//! requests for `aoss` with the body's digest, ids of its own alone, a strict mapping, nothing found before a refresh, no
//! operation that the service does not have. It scores words by BM25 and vectors by their inner product.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use deepwiki_domain::search::filter::path_matches;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::stand_in::{self, ACCESS_KEY, REGION, SECRET_KEY};

/// How long what was written is not found.
const REFRESH: Duration = Duration::from_millis(300);

/// The largest request that the service takes.
const LARGEST_REQUEST: usize = 10 << 20;

#[derive(Default)]
pub(crate) struct Collection {
    indexes: Mutex<BTreeMap<String, Index>>,
    /// Every request but its signature: method, path, and body.
    pub(crate) requests: Mutex<Vec<(String, String, String)>>,
    /// How many of the next documents are refused for want of room.
    pub(crate) busy: AtomicU32,
    /// How many of the next bulk requests are taken up, and then break off before the answer.
    pub(crate) breaks_off: AtomicU32,
    /// Whether questions by vectors fail.
    pub(crate) vectors_fail: AtomicBool,
    /// Whether every request fails.
    pub(crate) is_down: AtomicBool,
}

struct Index {
    definition: Value,
    documents: HashMap<String, Entry>,
    written: usize,
}

struct Entry {
    source: Value,
    /// The terms of each analysed field.
    terms: HashMap<&'static str, Terms>,
    shows: Instant,
    hides: Option<Instant>,
}

/// How often each term stands in a field, and how many there are.
struct Terms {
    counts: HashMap<String, usize>,
    length: usize,
}

impl Terms {
    fn of(field: &str, text: &str) -> Self {
        let all = analyze(field, text);
        let length = all.len();
        let mut counts = HashMap::new();
        for term in all {
            *counts.entry(term).or_default() += 1;
        }
        Self { counts, length }
    }

    fn count(&self, term: &str) -> f64 {
        self.counts.get(term).map_or(0.0, |count| *count as f64)
    }
}

struct Refusal(u16, &'static str, String);

type Answer = Result<Value, Refusal>;

fn refuse<T>(status: u16, kind: &'static str, reason: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal(status, kind, reason.into()))
}

impl Refusal {
    fn body(&self) -> Value {
        json!({"error": {"type": self.1, "reason": self.2}, "status": self.0})
    }
}

/// Serves a new collection; gives it and its endpoint.
pub(crate) async fn start() -> (Arc<Collection>, String) {
    let collection = Arc::new(Collection::default());
    let router = Router::new()
        .fallback(handle)
        .layer(DefaultBodyLimit::disable())
        .with_state(Arc::clone(&collection));
    (collection, stand_in::serve(router).await)
}

async fn handle(
    State(collection): State<Arc<Collection>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answer = check_signature(&method, &uri, &headers, &body)
        .and_then(|()| collection.answer(method.as_str(), uri.path(), &headers, &body));
    match answer {
        Ok(value) => Json(value).into_response(),
        Err(refusal) => {
            let status = StatusCode::from_u16(refusal.0).unwrap();
            (status, Json(refusal.body())).into_response()
        }
    }
}

fn denied(why: &str) -> Refusal {
    Refusal(403, "security_exception", why.to_owned())
}

fn header_of<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, Refusal> {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.ok_or_else(|| denied(&format!("{name} is missing")))
}

fn part_of<'a>(authorization: &'a str, name: &str) -> Result<&'a str, Refusal> {
    let mut parts = authorization.split(", ");
    let found = parts.find_map(|part| part.strip_prefix(name));
    found.ok_or_else(|| denied("a part is missing"))
}

/// Computes SigV4 anew, and compares.
fn check_signature(method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Result<(), Refusal> {
    let header = |name: &str| header_of(headers, name);
    let authorization = header("authorization")?
        .strip_prefix("AWS4-HMAC-SHA256 ")
        .ok_or_else(|| denied("another scheme"))?;
    let part = |name: &str| part_of(authorization, name);
    let time = header("x-amz-date")?;
    let scope = format!("{}/{REGION}/aoss/aws4_request", &time[..8]);
    if part("Credential=")? != format!("{ACCESS_KEY}/{scope}") {
        return Err(denied("signed for something else"));
    }
    let digest = hex(&Sha256::digest(body));
    if header("x-amz-content-sha256")? != digest {
        return Err(denied("another body was signed"));
    }
    let signed = part("SignedHeaders=")?;
    for needed in [
        "host",
        "x-amz-content-sha256",
        "x-amz-date",
        "x-amz-security-token",
    ] {
        if !signed.split(';').any(|name| name == needed) {
            return Err(denied(&format!("{needed} is not signed")));
        }
    }
    let mut canonical = format!("{method}\n{}\n{}\n", uri.path(), uri.query().unwrap_or_default());
    for name in signed.split(';') {
        canonical.push_str(&format!("{name}:{}\n", header(name)?.trim()));
    }
    canonical.push_str(&format!("\n{signed}\n{digest}"));
    let hashed = hex(&Sha256::digest(canonical.as_bytes()));
    let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{hashed}");
    let stamp: jiff::Timestamp = jiff::fmt::strtime::parse("%Y%m%dT%H%M%SZ", time)
        .and_then(|parsed| parsed.to_datetime())
        .and_then(|time| time.to_zoned(jiff::tz::TimeZone::UTC))
        .map_err(|_| denied("the time cannot be read"))?
        .timestamp();
    let key = generate_signing_key(SECRET_KEY, SystemTime::from(stamp), REGION, "aoss");
    if calculate_signature(key, to_sign.as_bytes()) == part("Signature=")? {
        Ok(())
    } else {
        Err(denied("the signature does not match"))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Collection {
    /// How many documents there are, found yet or not.
    pub(crate) fn len(&self) -> usize {
        let indexes = self.indexes.lock().unwrap();
        let live = |index: &Index| index.documents.values().filter(|it| it.hides.is_none()).count();
        indexes.values().map(live).sum()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.indexes.lock().unwrap().keys().cloned().collect()
    }

    fn answer(&self, method: &str, path: &str, headers: &HeaderMap, body: &[u8]) -> Answer {
        let text = String::from_utf8_lossy(body).into_owned();
        let mut requests = self.requests.lock().unwrap();
        requests.push((method.to_owned(), path.to_owned(), text.clone()));
        drop(requests);
        if self.is_down.load(Ordering::SeqCst) {
            return refuse(503, "", "down");
        }
        if body.len() > LARGEST_REQUEST {
            return refuse(413, "", "too large");
        }
        let kind = headers.get("content-type").and_then(|it| it.to_str().ok());
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        match (method, parts.as_slice(), kind) {
            ("PUT", [index], Some("application/json")) => self.create(index, &parse(&text)?),
            ("POST", [index, "_bulk"], Some("application/x-ndjson")) => self.bulk(index, &text),
            ("POST", [index, "_search"], Some("application/json")) => self.search(index, &parse(&text)?),
            ("POST", ["_msearch"], Some("application/x-ndjson")) => self.search_several(&text),
            _ => refuse(404, "", "no such operation"),
        }
    }

    fn create(&self, name: &str, definition: &Value) -> Answer {
        let mut indexes = self.indexes.lock().unwrap();
        if indexes.contains_key(name) {
            return refuse(400, "resource_already_exists_exception", name);
        }
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.len() > 255 || !name.chars().all(is_name) {
            return refuse(400, "invalid_index_name_exception", name);
        }
        check_definition(definition)?;
        let index = Index {
            definition: definition.clone(),
            documents: HashMap::new(),
            written: 0,
        };
        indexes.insert(name.to_owned(), index);
        Ok(json!({"acknowledged": true, "shards_acknowledged": true, "index": name}))
    }

    fn bulk(&self, name: &str, body: &str) -> Answer {
        let mut indexes = self.indexes.lock().unwrap();
        let Some(index) = indexes.get_mut(name) else {
            return refuse(404, "index_not_found_exception", name);
        };
        if !body.ends_with('\n') {
            return refuse(400, "illegal_argument_exception", "the last line must end");
        }
        let mut lines = body.lines();
        let mut items = Vec::new();
        while let Some(action) = lines.next() {
            let action = parse(action)?;
            let (kind, of) = action.as_object().unwrap().iter().next().unwrap();
            let done = match kind.as_str() {
                "index" | "create" => {
                    let document = parse(lines.next().unwrap_or_default())?;
                    self.index(index, of, document)
                }
                "delete" => delete(index, of),
                _ => refuse(400, "illegal_argument_exception", kind.clone()),
            };
            let item = match done {
                Ok((id, status)) => json!({"_index": name, "_id": id, "status": status}),
                Err(refusal) => refusal.body(),
            };
            items.push(json!({kind: item}));
        }
        let breaks = self
            .breaks_off
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if breaks.is_ok() {
            return refuse(400, "broke_off", "the answer was lost");
        }
        let errors = items.iter().any(|item| item.to_string().contains("\"error\""));
        Ok(json!({"took": 1, "errors": errors, "items": items}))
    }

    fn index(&self, index: &mut Index, of: &Value, document: Value) -> Result<(String, u16), Refusal> {
        if of.get("_id").is_some() {
            let reason = "Document ID is not supported in create/index operation request";
            return refuse(400, "illegal_argument_exception", reason);
        }
        let is_busy = self
            .busy
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if is_busy.is_ok() {
            return refuse(429, "circuit_breaking_exception", "busy");
        }
        let properties = &index.definition["mappings"]["properties"];
        for (field, value) in document.as_object().unwrap() {
            let Some(property) = properties.get(field) else {
                return refuse(400, "strict_dynamic_mapping_exception", field.clone());
            };
            let length = value.as_array().map(Vec::len);
            if property["type"] == "knn_vector"
                && length != property["dimension"].as_u64().map(|it| it as usize)
            {
                return refuse(400, "mapper_parsing_exception", field.clone());
            }
        }
        index.written += 1;
        let id = format!("1%3A0%3A{:x}", index.written);
        let text = |field: &str| document[field].as_str().unwrap_or_default().to_owned();
        let terms = HashMap::from([
            ("terms", Terms::of("terms", &text("terms"))),
            ("text", Terms::of("text", &text("text"))),
            ("text.ja", Terms::of("text.ja", &text("text"))),
        ]);
        let entry = Entry {
            source: document,
            terms,
            shows: Instant::now() + REFRESH,
            hides: None,
        };
        index.documents.insert(id.clone(), entry);
        Ok((id, 201))
    }

    fn search_several(&self, body: &str) -> Answer {
        let lines: Vec<&str> = body.lines().collect();
        let mut responses = Vec::new();
        for pair in lines.chunks(2) {
            let [head, body] = pair else {
                return refuse(400, "illegal_argument_exception", "a line is missing");
            };
            let head = parse(head)?;
            let searched = self.search(head["index"].as_str().unwrap_or_default(), &parse(body)?);
            responses.push(match searched {
                Ok(mut found) => {
                    found["status"] = json!(200);
                    found
                }
                Err(refusal) => refusal.body(),
            });
        }
        Ok(json!({"took": 1, "responses": responses}))
    }

    fn search(&self, name: &str, body: &Value) -> Answer {
        let mut indexes = self.indexes.lock().unwrap();
        let Some(index) = indexes.get_mut(name) else {
            return refuse(404, "index_not_found_exception", name);
        };
        index
            .documents
            .retain(|_, it| it.hides.is_none_or(|hides| hides > Instant::now()));
        let searched = Searched::new(index);
        let mut scored: Vec<(f64, &str, &Entry)> = Vec::new();
        if let Some(knn) = body["query"].get("knn") {
            if self.vectors_fail.load(Ordering::SeqCst) {
                return refuse(500, "knn_exception", "vectors");
            }
            scored = searched.nearest(knn)?;
        } else {
            for (id, entry) in &searched.shown {
                if let Some(score) = searched.score(&body["query"], entry)? {
                    scored.push((score, id, entry));
                }
            }
        }
        let total = scored.len();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
        scored.truncate(body["size"].as_u64().unwrap_or(10) as usize);
        let excluded: Vec<&str> = index.definition["mappings"]["_source"]["excludes"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let hits: Vec<Value> = scored
            .iter()
            .map(|(score, id, entry)| {
                let mut hit = json!({"_index": name, "_id": id, "_score": score});
                if body["_source"] != json!(false) {
                    let mut source = entry.source.clone();
                    source
                        .as_object_mut()
                        .unwrap()
                        .retain(|field, _| !excluded.contains(&field.as_str()));
                    hit["_source"] = source;
                }
                hit
            })
            .collect();
        let mut answer = json!({"took": 1, "timed_out": false, "hits": {"hits": hits}});
        if body["track_total_hits"] == json!(true) {
            answer["hits"]["total"] = json!({"value": total, "relation": "eq"});
        }
        Ok(answer)
    }
}

fn delete(index: &mut Index, of: &Value) -> Result<(String, u16), Refusal> {
    let id = of["_id"].as_str().unwrap_or_default();
    match index.documents.get_mut(id).filter(|entry| entry.hides.is_none()) {
        Some(entry) => {
            entry.hides = Some(Instant::now() + REFRESH);
            Ok((id.to_owned(), 200))
        }
        None => refuse(404, "not_found", id),
    }
}

fn parse(text: &str) -> Answer {
    serde_json::from_str(text).or_else(|_| refuse(400, "parsing_exception", "no JSON"))
}

/// What the service takes of settings and mappings.
fn check_definition(definition: &Value) -> Result<(), Refusal> {
    let settings = &definition["settings"];
    let own: Vec<&String> = settings["index"].as_object().unwrap().keys().collect();
    if own != ["knn"] {
        return refuse(400, "illegal_argument_exception", "unknown settings");
    }
    let analyzers = settings["analysis"]["analyzer"].as_object().unwrap();
    for analyzer in analyzers.values() {
        if !["whitespace", "kuromoji_tokenizer"].contains(&analyzer["tokenizer"].as_str().unwrap()) {
            return refuse(400, "illegal_argument_exception", "unknown tokenizer");
        }
    }
    for property in definition["mappings"]["properties"].as_object().unwrap().values() {
        if property["type"] != "knn_vector" {
            continue;
        }
        let method = &property["method"];
        let is_known = method["name"] == "hnsw"
            && method["engine"] == "faiss"
            && ["innerproduct", "l2"].contains(&method["space_type"].as_str().unwrap());
        if !is_known || settings["index"]["knn"] != json!(true) {
            return refuse(400, "mapper_parsing_exception", "unknown method");
        }
    }
    Ok(())
}

fn analyze(field: &str, text: &str) -> Vec<String> {
    let words = |keep: fn(char) -> bool| -> Vec<String> {
        let parts = text.split(|c: char| !keep(c));
        parts
            .filter(|part| !part.is_empty())
            .map(str::to_lowercase)
            .collect()
    };
    match field {
        "terms" => text.split_whitespace().map(str::to_owned).collect(),
        "text" => words(char::is_alphabetic),
        // Far from morphemes, but it keeps what inflects and joins apart from what means something.
        _ => words(|c| c.is_ascii_alphanumeric() || c >= '\u{30a1}'),
    }
}

/// The documents of an index that can be found.
struct Searched<'a> {
    shown: BTreeMap<&'a str, &'a Entry>,
    /// The mean length of each field.
    lengths: HashMap<&'static str, f64>,
    /// How many documents have a term in a field, as far as it was asked.
    having: RefCell<HashMap<(String, String), f64>>,
}

impl<'a> Searched<'a> {
    fn new(index: &'a Index) -> Self {
        let now = Instant::now();
        let shown = index.documents.iter().filter(|(_, it)| it.shows <= now);
        let shown: BTreeMap<&str, &Entry> = shown.map(|(id, entry)| (id.as_str(), entry)).collect();
        let mean = |field: &'static str| {
            let sum: usize = shown.values().map(|it| it.terms[field].length).sum();
            (field, sum as f64 / shown.len().max(1) as f64)
        };
        Self {
            lengths: ["terms", "text", "text.ja"].map(mean).into(),
            shown,
            having: RefCell::default(),
        }
    }

    /// The score of a document, none where it does not match.
    fn score(&self, query: &Value, entry: &Entry) -> Result<Option<f64>, Refusal> {
        let Some((kind, of)) = query.as_object().and_then(|query| query.iter().next()) else {
            return refuse(400, "parsing_exception", "no query");
        };
        let matches = |holds: bool| Ok(holds.then_some(1.0));
        let (field, value) = of
            .as_object()
            .and_then(|of| of.iter().next())
            .map(|(field, value)| (field.as_str(), value))
            .unwrap_or(("", &Value::Null));
        match kind.as_str() {
            "match_all" => matches(true),
            "bool" => self.score_all(of, entry),
            "terms" => matches(
                value
                    .as_array()
                    .is_some_and(|any| any.contains(&entry.source[field])),
            ),
            "term" if field == "terms" => Ok(self.bm25(field, value["value"].as_str().unwrap(), entry)),
            "term" => matches(value["value"] == entry.source[field]),
            "exists" => matches(!entry.source[value.as_str().unwrap()].is_null()),
            "prefix" => matches(text_of(entry, field).starts_with(value["value"].as_str().unwrap())),
            "wildcard" => matches(path_matches(
                value["value"].as_str().unwrap(),
                text_of(entry, field),
            )),
            "match" => {
                let boost = value["boost"].as_f64().unwrap_or(1.0);
                let terms = analyze(field, value["query"].as_str().unwrap());
                let scores: Vec<f64> = terms
                    .iter()
                    .filter_map(|term| self.bm25(field, term, entry))
                    .collect();
                Ok((!scores.is_empty()).then(|| boost * scores.iter().sum::<f64>()))
            }
            other => refuse(400, "parsing_exception", format!("unknown query {other}")),
        }
    }

    fn score_all(&self, of: &Value, entry: &Entry) -> Result<Option<f64>, Refusal> {
        let list = |name: &str| {
            of.get(name)
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default()
        };
        let mut sum = 0.0;
        for query in list("filter") {
            if self.score(&query, entry)?.is_none() {
                return Ok(None);
            }
        }
        for query in list("must_not") {
            if self.score(&query, entry)?.is_some() {
                return Ok(None);
            }
        }
        for query in list("must") {
            match self.score(&query, entry)? {
                Some(score) => sum += score,
                None => return Ok(None),
            }
        }
        let mut fitting = 0;
        for query in list("should") {
            if let Some(score) = self.score(&query, entry)? {
                sum += score;
                fitting += 1;
            }
        }
        let least = of
            .get("minimum_should_match")
            .and_then(Value::as_u64)
            .unwrap_or(0);
        Ok((fitting >= least).then_some(sum))
    }

    fn bm25(&self, field: &str, term: &str, entry: &Entry) -> Option<f64> {
        let frequency = entry.terms[field].count(term);
        if frequency == 0.0 {
            return None;
        }
        let all = self.shown.len() as f64;
        let mut known = self.having.borrow_mut();
        let having = *known
            .entry((field.to_owned(), term.to_owned()))
            .or_insert_with(|| {
                let has = |it: &&&Entry| it.terms[field].count(term) > 0.0;
                self.shown.values().filter(has).count() as f64
            });
        let length = entry.terms[field].length as f64 / self.lengths[field];
        let weight = (1.0 + (all - having + 0.5) / (having + 0.5)).ln();
        Some(weight * frequency * 2.2 / (frequency + 1.2 * (0.25 + 0.75 * length)))
    }

    /// The nearest among those that the filter lets through.
    fn nearest(&self, knn: &Value) -> Result<Vec<(f64, &'a str, &'a Entry)>, Refusal> {
        let (field, of) = knn.as_object().unwrap().iter().next().unwrap();
        let values = |value: &Value| -> Vec<f64> {
            value
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_f64)
                .collect()
        };
        let asked = values(&of["vector"]);
        let mut scored = Vec::new();
        for (id, entry) in &self.shown {
            let vector = values(&entry.source[field]);
            if vector.is_empty() || self.score(&of["filter"], entry)?.is_none() {
                continue;
            }
            if vector.len() != asked.len() {
                return refuse(400, "illegal_argument_exception", "another length");
            }
            let product: f64 = vector.iter().zip(&asked).map(|(a, b)| a * b).sum();
            let lifted = if product >= 0.0 {
                1.0 + product
            } else {
                1.0 / (1.0 - product)
            };
            scored.push((lifted, *id, *entry));
        }
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        scored.truncate(of["k"].as_u64().unwrap() as usize);
        Ok(scored)
    }
}

fn text_of<'a>(entry: &'a Entry, field: &str) -> &'a str {
    entry.source[field].as_str().unwrap_or_default()
}
