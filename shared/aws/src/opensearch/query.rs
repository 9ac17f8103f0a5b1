//! Questions as the service takes them. What a user typed goes in as values alone, never as a query language.

use deepwiki_domain::{
    StageError,
    search::{Query, QueryVector},
};
use deepwiki_ports::Result;
use serde::Serialize;
use serde_json::{Value, json};

/// How much a Japanese morpheme counts against one of our own terms, and a word as the service reads it.
const MORPHEME: f64 = 0.3;
const WORD: f64 = 0.05;

/// The longest pattern of a path, in characters, and the most wildcards in it: the service makes an automaton of it.
const LONGEST_PATTERN: usize = 256;
const MOST_WILDCARDS: usize = 16;

/// What has any of the terms, among the generations of these tags, best first.
pub(super) fn by_words(terms: &[String], tags: &[&str], query: &Query, limit: usize) -> Result<Value> {
    let mut any: Vec<Value> = terms
        .iter()
        .map(|term| json!({"term": {"terms": {"value": term}}}))
        .collect();
    if query.text.chars().any(|c| c >= '\u{3040}') {
        any.push(json!({"match": {"text.ja": {"query": query.text, "boost": MORPHEME}}}));
    }
    Ok(json!({
        "size": limit,
        "track_total_hits": false,
        "query": {"bool": {
            "filter": filters(tags, query)?,
            "must": [{"bool": {"should": any, "minimum_should_match": 1}}],
            "should": [{"match": {"text": {"query": query.text, "boost": WORD}}}],
        }},
    }))
}

/// What means something like the vector, among the generations of these tags, best first.
pub(super) fn by_meaning(vector: &QueryVector, tags: &[&str], query: &Query, limit: usize) -> Result<Value> {
    let length = vector
        .values
        .iter()
        .map(|value| value * value)
        .sum::<f32>()
        .sqrt();
    let values: Vec<f32> = vector.values.iter().map(|value| value / length).collect();
    Ok(json!({
        "size": limit,
        "track_total_hits": false,
        "query": {"knn": {"vector": {
            "vector": values,
            "k": limit,
            "filter": {"bool": {"filter": filters(tags, query)?}},
        }}},
    }))
}

/// How many documents a generation has that can be found.
pub(super) fn count(tag: &str) -> Value {
    json!({
        "size": 0,
        "track_total_hits": true,
        "query": {"bool": {"filter": [{"terms": {"generation": [tag]}}]}},
    })
}

/// Documents of a repository that are of none of these generations; their ids alone.
pub(super) fn others(repository: &str, tags: &[&str], limit: usize) -> Value {
    json!({
        "size": limit,
        "_source": false,
        "track_total_hits": false,
        "query": {"bool": {
            "filter": [{"term": {"repository": {"value": repository}}}],
            "must_not": [{"terms": {"generation": tags}}],
        }},
    })
}

fn filters(tags: &[&str], query: &Query) -> Result<Vec<Value>> {
    let filter = &query.filter;
    let mut filters = vec![json!({"terms": {"generation": tags}})];
    if let Some(locale) = query.locale {
        let of_source = json!({"bool": {"must_not": [{"exists": {"field": "locale"}}]}});
        filters.push(any_of(vec![
            json!({"term": {"locale": {"value": locale}}}),
            of_source,
        ]));
    }
    let lists = [
        ("language", values(&filter.languages)),
        ("role", values(&filter.roles)),
        ("kind", values(&filter.kinds)),
    ];
    for (field, values) in lists {
        if !values.is_empty() {
            filters.push(json!({"terms": {field: values}}));
        }
    }
    if !filter.paths.is_empty() {
        let paths: Vec<Value> = filter
            .paths
            .iter()
            .map(|pattern| path(pattern))
            .collect::<Result<_>>()?;
        filters.push(any_of(paths));
    }
    Ok(filters)
}

fn values<T: Serialize>(list: &[T]) -> Vec<Value> {
    list.iter().map(|value| json!(value)).collect()
}

fn any_of(queries: Vec<Value>) -> Value {
    json!({"bool": {"should": queries, "minimum_should_match": 1}})
}

/// A path filter as [`deepwiki_domain::search::filter::path_matches`] understands it.
fn path(pattern: &str) -> Result<Value> {
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern).trim_matches('/');
    if pattern.is_empty() {
        return Ok(json!({"match_all": {}}));
    }
    if !pattern.contains(['*', '?']) {
        return Ok(any_of(vec![
            json!({"term": {"path": {"value": pattern}}}),
            json!({"prefix": {"path": {"value": format!("{pattern}/")}}}),
        ]));
    }
    let wildcards = pattern.chars().filter(|c| matches!(c, '*' | '?')).count();
    if pattern.chars().count() > LONGEST_PATTERN || wildcards > MOST_WILDCARDS {
        return Err(StageError::invalid(format!(
            "a path pattern is too long: use {LONGEST_PATTERN} characters and {MOST_WILDCARDS} wildcards at most"
        )));
    }
    Ok(json!({"wildcard": {"path": {"value": pattern.replace('\\', "\\\\")}}}))
}
