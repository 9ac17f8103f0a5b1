//! Asking all indexes in one request, and putting together what they answer.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError},
};

use deepwiki_domain::{
    StageError,
    search::{
        Hit, Query, QueryVector, Refused,
        ranking::{self, Candidate},
    },
};
use deepwiki_ports::{Result, codec, index::Searchable};
use futures::{StreamExt, stream};
use serde_json::{Value, json};

use super::{
    OpenSearchIndex,
    collection::{Body, problem_of},
    holdings::Record,
    index::Stored,
    query,
};

/// How many records of generations are read at once.
const READS_AT_ONCE: usize = 16;

/// How many records of generations are remembered.
const REMEMBERED: usize = 4096;

impl OpenSearchIndex {
    async fn record(&self, searchable: &Searchable) -> Result<Arc<Record>> {
        let Searchable {
            repository,
            generation,
            ..
        } = searchable;
        let name = (repository.clone(), generation.clone());
        let remembered = || self.records.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(record) = remembered().get(&name) {
            return Ok(Arc::clone(record));
        }
        let read = codec::get_json::<Record>(self.store.as_ref(), repository, generation).await;
        let record = Arc::new(read.map_err(|error| {
            match error.kind.is_retryable() {
            true => error,
            false => StageError::permanent(format!(
                "the search index of `{repository}` is damaged or of another version: build it with --full"
            ))
            .with_detail(format!("{error} {}", error.detail)),
        }
        })?);
        let mut records = remembered();
        if records.len() >= REMEMBERED {
            records.clear();
        }
        records.insert(name, Arc::clone(&record));
        Ok(record)
    }

    /// The generations that can be searched, by their index; and those that cannot.
    pub(super) async fn survey(&self, generations: &[Searchable]) -> Result<(Vec<Usable>, Vec<Refused>)> {
        let (mut usable, mut refused, mut last) = (Vec::new(), Vec::new(), None);
        let reads: Vec<_> = generations.iter().map(|it| self.record(it)).collect();
        let records: Vec<Result<Arc<Record>>> = stream::iter(reads).buffered(READS_AT_ONCE).collect().await;
        for (searchable, record) in generations.iter().zip(records) {
            match record {
                Ok(record) => usable.push(Usable {
                    record,
                    searchable: searchable.clone(),
                }),
                Err(error) if error.kind.is_retryable() => return Err(error),
                Err(error) => {
                    refused.push(Refused {
                        repository: searchable.repository.clone(),
                        reason: error.message.clone(),
                    });
                    last = Some(error);
                }
            }
        }
        match last {
            Some(error) if usable.is_empty() => Err(error),
            _ => Ok((usable, refused)),
        }
    }

    /// Asks all indexes in one request: each for words, and where its vectors compare with the question's, for meaning.
    pub(super) async fn ask(&self, usable: &[Usable], terms: &[String], query: &Query) -> Result<Asked> {
        let limit = ranking::matches_of(query);
        let mut indexes: BTreeMap<&str, Vec<&Usable>> = BTreeMap::new();
        for one in usable.iter().filter(|it| it.record.documents > 0) {
            indexes.entry(&one.record.index).or_default().push(one);
        }
        let mut lines = String::new();
        let mut questions = Vec::new();
        let mut add = |index: &str, body: Value, by_meaning: bool| {
            lines.push_str(&format!("{}\n{body}\n", json!({"index": index})));
            questions.push(Question {
                index: index.to_owned(),
                by_meaning,
            });
        };
        for (index, generations) in &indexes {
            let tags = tags_of(generations, |_| true);
            add(index, query::by_words(terms, &tags, query, limit)?, false);
            if let Some(vector) = &query.vector {
                let tags = tags_of(generations, |record| record.compares(vector));
                if !tags.is_empty() {
                    add(index, query::by_meaning(vector, &tags, query, limit)?, true);
                }
            }
        }
        if questions.is_empty() {
            return Ok(Asked::default());
        }
        let answer = self
            .collection
            .call("searching", "POST", "/_msearch", Body::Lines(&lines))
            .await?;
        gather(&answer, &questions, usable)
    }
}

/// A generation that can be searched.
pub(super) struct Usable {
    searchable: Searchable,
    record: Arc<Record>,
}

/// The tags of those generations whose record is admitted.
fn tags_of<'a>(generations: &[&'a Usable], admits: impl Fn(&Record) -> bool) -> Vec<&'a str> {
    let admitted = generations.iter().filter(|it| admits(&it.record));
    admitted.map(|it| it.record.tag.as_str()).collect()
}

/// What one part of the request asks.
struct Question {
    index: String,
    by_meaning: bool,
}

#[derive(Default)]
pub(super) struct Asked {
    pub(super) candidates: Vec<Candidate>,
    /// Whether vectors were compared.
    pub(super) semantic: bool,
}

impl Record {
    /// Whether the question's vector can be compared with those of the generation.
    fn compares(&self, vector: &QueryVector) -> bool {
        let length = vector.values.iter().map(|value| value * value).sum::<f32>();
        self.model.as_deref() == Some(vector.model.as_str())
            && self.dimensions == vector.values.len()
            && length.is_finite()
            && length > 0.0
    }
}

/// Puts together what the parts of a request answered. Where meaning cannot be asked for, words alone answer.
fn gather(answer: &Value, questions: &[Question], usable: &[Usable]) -> Result<Asked> {
    let malformed =
        || StageError::transient("searching failed: the search service gave no answer, try again");
    let responses = answer
        .get("responses")
        .and_then(Value::as_array)
        .ok_or_else(malformed)?;
    if responses.len() != questions.len() {
        return Err(malformed());
    }
    let mut semantic = false;
    let mut found: BTreeMap<(String, String), Candidate> = BTreeMap::new();
    for (question, response) in questions.iter().zip(responses) {
        let status = response.get("status").and_then(Value::as_u64).unwrap_or(200);
        let status = u16::try_from(status).unwrap_or(500);
        if let Some(problem) = problem_of("searching", status, response, None) {
            if !question.by_meaning {
                return Err(problem);
            }
            tracing::warn!(detail = problem.detail, "vectors were not compared");
            continue;
        }
        semantic |= question.by_meaning;
        for hit in hits_of(response) {
            let Some((id, score, candidate)) = candidate(hit, usable) else {
                continue;
            };
            let entry = found.entry((question.index.clone(), id)).or_insert(candidate);
            if question.by_meaning {
                entry.semantic = Some(similarity(score));
            } else {
                entry.lexical = Some(score);
            }
        }
    }
    Ok(Asked {
        candidates: found.into_values().collect(),
        semantic,
    })
}

/// The inner product behind a score of faiss, which the service lifts above 0: `1 + d`, and `1 / (1 - d)` below 0.
fn similarity(score: f32) -> f32 {
    if score >= 1.0 {
        score - 1.0
    } else {
        1.0 - score.max(f32::MIN_POSITIVE).recip()
    }
}

/// A hit as a candidate; none where it is of no generation that was asked for.
fn candidate(hit: &Value, usable: &[Usable]) -> Option<(String, f32, Candidate)> {
    let id = hit.get("_id")?.as_str()?.to_owned();
    let score = hit.get("_score")?.as_f64()? as f32;
    let stored: Stored = serde_json::from_value(hit.get("_source")?.clone()).ok()?;
    let of = usable.iter().find(|it| it.record.tag == stored.generation)?;
    let hit = Hit {
        repository: of.searchable.repository.clone(),
        commit: of.searchable.commit.clone(),
        path: stored.path,
        start: stored.start,
        end: stored.end,
        symbol: stored.symbol,
        kind: stored.kind,
        language: stored.language,
        role: stored.role,
        page: stored.page,
        section: stored.section,
        locale: stored.locale,
        why: Vec::new(),
        score: 0.0,
    };
    let candidate = Candidate {
        hit,
        rank: stored.rank,
        lexical: None,
        semantic: None,
    };
    Some((id, score, candidate))
}

pub(super) fn hits_of(response: &Value) -> impl Iterator<Item = &Value> {
    let hits = response.pointer("/hits/hits").and_then(Value::as_array);
    hits.into_iter().flatten()
}
