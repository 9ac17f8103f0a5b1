//! Sending documents, waiting until they are found, and deleting them.

use std::{collections::HashSet, time::Duration};

use deepwiki_domain::{
    ErrorKind, RepositoryId, StageError,
    search::{Document, words::Words},
};
use deepwiki_ports::{Result, codec};
use serde_json::{Value, json};

use super::{
    OpenSearchIndex,
    asking::hits_of,
    collection::{Body, pause, problem_of},
    holdings::{self, Batch, Holding, Holdings},
    index::Index,
    query,
};

/// The most that one bulk request holds, in bytes and documents; the service takes 10 MiB.
const BULK_BYTES: usize = 4 << 20;
const BULK_DOCUMENTS: usize = 500;

/// How often documents that the service was too busy for are sent again.
const BULK_ATTEMPTS: u32 = 6;

/// How long a generation may take until all of it is found.
const SETTLE_TIME: Duration = Duration::from_secs(240);

/// How long the first look at it waits; each following one twice as long, up to the longest.
const FIRST_LOOK: Duration = Duration::from_millis(250);
const LONGEST_LOOK: Duration = Duration::from_secs(10);

/// How many left-over documents are looked up at a time.
const SWEEP: usize = 1000;

impl OpenSearchIndex {
    /// Makes the index unless it is there.
    pub(super) async fn ensure(&self, index: &Index) -> Result<()> {
        let doing = "making the search index";
        let definition = index.definition();
        let path = format!("/{}", index.name);
        let answer = self
            .collection
            .answer(doing, "PUT", &path, Body::Json(&definition))
            .await?;
        match answer.problem(doing) {
            Some(_) if answer.kind_of_error() == "resource_already_exists_exception" => Ok(()),
            Some(problem) => Err(problem),
            None => Ok(()),
        }
    }

    /// Sends all documents, noting the ids that they are given after each batch.
    pub(super) async fn send(
        &self,
        repository: &RepositoryId,
        index: &Index,
        documents: Vec<Document>,
        holdings: &mut Holdings,
        mut holding: Holding,
    ) -> Result<Holding> {
        let mut words = Words::new();
        let mut lines: Vec<String> = Vec::new();
        let mut bytes = 0;
        let mut documents = documents.into_iter().peekable();
        while let Some(document) = documents.next() {
            let line = index
                .entry(&mut words, document, repository.as_str(), &holding.tag)
                .to_string();
            bytes += line.len();
            lines.push(line);
            if bytes < BULK_BYTES && lines.len() < BULK_DOCUMENTS && documents.peek().is_some() {
                continue;
            }
            let ids = self.bulk(&index.name, std::mem::take(&mut lines)).await?;
            bytes = 0;
            let batch = Batch {
                before: holding.batches.take(),
                ids,
            };
            let key = codec::put_packed(self.store.as_ref(), repository, &batch).await?;
            holding.batches = Some(key);
            if let Some(last) = holdings.0.last_mut() {
                *last = holding.clone();
            }
            holdings.keep(self.store.as_ref(), repository).await?;
        }
        Ok(holding)
    }

    /// Sends documents and gives their ids. Those that the service was too busy for are sent again.
    async fn bulk(&self, index: &str, mut lines: Vec<String>) -> Result<Vec<String>> {
        let doing = "sending documents to the search service";
        let path = format!("/{index}/_bulk");
        let mut ids = Vec::with_capacity(lines.len());
        for attempt in 1..=BULK_ATTEMPTS {
            let body: String = lines
                .iter()
                .flat_map(|line| ["{\"index\":{}}\n", line.as_str(), "\n"])
                .collect();
            let answer = self
                .collection
                .call(doing, "POST", &path, Body::Lines(&body))
                .await?;
            let mut again = Vec::new();
            let answers = items(&answer, "index", doing)?.chain(std::iter::repeat(&Value::Null));
            for (line, item) in lines.into_iter().zip(answers) {
                match item_problem(doing, item) {
                    None => ids.extend(item.get("_id").and_then(Value::as_str).map(str::to_owned)),
                    Some(problem) if problem.kind.is_retryable() => again.push(line),
                    Some(problem) => return Err(problem),
                }
            }
            if again.is_empty() {
                return Ok(ids);
            }
            lines = again;
            tokio::time::sleep(pause(attempt)).await;
        }
        Err(StageError::new(
            ErrorKind::Throttled(None),
            format!("{doing} failed: the search service is busy, try again later"),
        ))
    }

    /// Waits until all documents of a generation can be found.
    pub(super) async fn settle(&self, index: &str, tag: &str, documents: u64) -> Result<()> {
        let doing = "waiting for the search service";
        let path = format!("/{index}/_search");
        let (mut waited, mut look) = (Duration::ZERO, FIRST_LOOK);
        let count = query::count(tag);
        while waited < SETTLE_TIME {
            tokio::time::sleep(look).await;
            waited += look;
            look = (look * 2).min(LONGEST_LOOK);
            let answer = self
                .collection
                .call(doing, "POST", &path, Body::Json(&count))
                .await?;
            let found = answer.pointer("/hits/total/value").and_then(Value::as_u64);
            if found.is_some_and(|found| found >= documents) {
                return Ok(());
            }
        }
        Err(StageError::transient(
            "the search service does not show yet what was sent to it, try again",
        ))
    }

    /// Deletes all documents of a generation whose ids were noted.
    pub(super) async fn delete(&self, repository: &RepositoryId, holding: &Holding) -> Result<()> {
        let mut next = holding.batches.clone();
        while let Some(key) = next {
            let batch = holdings::batch(self.store.as_ref(), repository, &key).await?;
            for ids in batch.ids.chunks(BULK_DOCUMENTS) {
                self.delete_ids(&holding.index, ids).await?;
            }
            next = batch.before;
        }
        Ok(())
    }

    async fn delete_ids(&self, index: &str, ids: &[String]) -> Result<()> {
        let doing = "deleting from the search service";
        if ids.is_empty() {
            return Ok(());
        }
        let body: String = ids
            .iter()
            .map(|id| format!("{}\n", json!({"delete": {"_id": id}})))
            .collect();
        let path = format!("/{index}/_bulk");
        let answer = self
            .collection
            .answer(doing, "POST", &path, Body::Lines(&body))
            .await?;
        if answer.kind_of_error() == "index_not_found_exception" {
            return Ok(());
        }
        if let Some(problem) = answer.problem(doing) {
            return Err(problem);
        }
        let is_gone = |item: &&Value| item.get("status").and_then(Value::as_u64) == Some(404);
        let problem = items(&answer.body, "delete", doing)?
            .filter(|item| !is_gone(item))
            .find_map(|item| item_problem(doing, item));
        problem.map_or(Ok(()), Err)
    }

    /// Deletes what of a repository can be found and has none of these tags: what was sent by builds that broke off before
    /// they could note it. `thoroughly` waits until nothing is found anymore; what was deleted is still found for a while.
    pub(super) async fn sweep(
        &self,
        repository: &RepositoryId,
        index: &str,
        tags: &[&str],
        thoroughly: bool,
    ) -> Result<()> {
        let doing = "looking for what is left over in the search service";
        let others = query::others(repository.as_str(), tags, SWEEP);
        let path = format!("/{index}/_search");
        let (mut waited, mut look) = (Duration::ZERO, FIRST_LOOK);
        let mut deleted: HashSet<String> = HashSet::new();
        while waited < SETTLE_TIME {
            let answer = self
                .collection
                .answer(doing, "POST", &path, Body::Json(&others))
                .await?;
            if answer.kind_of_error() == "index_not_found_exception" {
                return Ok(());
            }
            if let Some(problem) = answer.problem(doing) {
                return Err(problem);
            }
            let found = hits_of(&answer.body).filter_map(|hit| hit.get("_id")?.as_str());
            let found: Vec<String> = found.map(str::to_owned).collect();
            if found.is_empty() {
                return Ok(());
            }
            let new: Vec<String> = found.into_iter().filter(|id| !deleted.contains(id)).collect();
            if new.is_empty() && !thoroughly {
                return Ok(());
            }
            for ids in new.chunks(BULK_DOCUMENTS) {
                self.delete_ids(index, ids).await?;
            }
            if new.is_empty() {
                tokio::time::sleep(look).await;
                waited += look;
                look = (look * 2).min(LONGEST_LOOK);
            }
            deleted.extend(new);
        }
        Err(StageError::transient(
            "the search service still shows what was deleted from it, try again",
        ))
    }
}

/// What a bulk request answered for each of its actions.
fn items<'a>(answer: &'a Value, action: &'a str, doing: &str) -> Result<impl Iterator<Item = &'a Value>> {
    let items = answer.get("items").and_then(Value::as_array).ok_or_else(|| {
        StageError::transient(format!(
            "{doing} failed: the search service gave no answer, try again"
        ))
    })?;
    Ok(items
        .iter()
        .map(move |item| item.get(action).unwrap_or(&Value::Null)))
}

fn item_problem(doing: &str, item: &Value) -> Option<StageError> {
    let status = item.get("status").and_then(Value::as_u64).unwrap_or(500);
    problem_of(doing, u16::try_from(status).unwrap_or(500), item, None)
}
