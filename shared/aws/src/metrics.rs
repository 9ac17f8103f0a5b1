//! Metrics as lines of the log, in CloudWatch's embedded metric format: no call to a service, nothing to wait for.
//!
//! The namespace is the project; the dimensions are the environment and what is measured. Ids of builds and
//! repositories stand in the line, where a query finds them, and not among the dimensions, each value of which would be
//! billed as a metric of its own.

use std::{
    io::{self, Write},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use deepwiki_domain::{
    BuildId, RepositoryId,
    job::Stage,
    model::{ModelCard, Prompt, Reply},
};
use deepwiki_ports::{LanguageModel, Result, language_model::OnText};
use serde_json::{Map, Value, json};

/// A unit that CloudWatch knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Milliseconds,
    Count,
    /// For what CloudWatch has no unit, as money.
    None,
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Self::Milliseconds => "Milliseconds",
            Self::Count => "Count",
            Self::None => "None",
        }
    }
}

/// Where this process runs, by the name that the template gave it: `<project>-<environment>-<function>-function`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    project: String,
    environment: String,
    function: String,
}

impl Place {
    fn of(function_name: &str) -> Option<Self> {
        let name = function_name.strip_suffix("-function")?;
        let (name, function) = name.rsplit_once('-')?;
        let (project, environment) = name.rsplit_once('-')?;
        Some(Self {
            project: project.to_owned(),
            environment: environment.to_owned(),
            function: function.to_owned(),
        })
    }
}

/// Measurements that belong together: one line.
#[derive(Debug)]
struct Measured {
    dimension: (&'static str, String),
    metrics: Vec<(&'static str, Unit, f64)>,
    ids: Map<String, Value>,
}

impl Measured {
    fn of(dimension: &'static str, value: impl Into<String>) -> Self {
        Self {
            dimension: (dimension, value.into()),
            metrics: Vec::new(),
            ids: Map::new(),
        }
    }

    fn metric(mut self, name: &'static str, unit: Unit, value: f64) -> Self {
        self.metrics.push((name, unit, value));
        self
    }

    fn id(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.ids.insert(name.to_owned(), value.into());
        self
    }

    /// The line, at a time in milliseconds since 1970.
    fn line(self, place: &Place, at: u64) -> Value {
        let (dimension, value) = self.dimension;
        let metrics: Vec<Value> = self
            .metrics
            .iter()
            .map(|(name, unit, _)| json!({"Name": name, "Unit": unit.name()}))
            .collect();
        let mut line = json!({
            "_aws": {
                "Timestamp": at,
                "CloudWatchMetrics": [{
                    "Namespace": place.project,
                    "Dimensions": [["Environment", dimension]],
                    "Metrics": metrics,
                }],
            },
            "Environment": place.environment,
            dimension: value,
        });
        if let Some(line) = line.as_object_mut() {
            line.extend(self.ids);
            line.extend(
                self.metrics
                    .into_iter()
                    .map(|(name, _, value)| (name.to_owned(), json!(value))),
            );
        }
        line
    }

    /// Writes the line; nothing where this is no function of a deployment.
    fn emit(self) {
        let Some(place) = std::env::var("AWS_LAMBDA_FUNCTION_NAME")
            .ok()
            .and_then(|name| Place::of(&name))
        else {
            return;
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let line = self.line(&place, u64::try_from(now.as_millis()).unwrap_or_default());
        // A metric that cannot be written stops nothing.
        let _ = io::stdout().lock().write_all(format!("{line}\n").as_bytes());
    }
}

/// A part of a stage has ended: `error` is the kind of the error it ended with, if it did.
pub fn stage_ended(
    stage: Stage,
    elapsed: Duration,
    error: Option<&str>,
    build: &BuildId,
    repository: &RepositoryId,
) {
    Measured::of("Stage", stage.to_string())
        .metric("StageTime", Unit::Milliseconds, millis(elapsed))
        .metric("StageErrors", Unit::Count, f64::from(u8::from(error.is_some())))
        .id("build", build.as_str())
        .id("repository", repository.as_str())
        .id("kind", error)
        .emit();
}

/// A build was published, so long after it began.
pub fn job_ended(elapsed: Duration, build: &BuildId, repository: &RepositoryId) {
    Measured::of("Stage", "job")
        .metric("JobTime", Unit::Milliseconds, millis(elapsed))
        .id("build", build.as_str())
        .id("repository", repository.as_str())
        .emit();
}

/// The API answered a request. `route` is what a path stands for, never the path itself: it is a dimension.
pub fn api_answered(route: &str, status: u16, elapsed: Duration) {
    Measured::of("Route", route)
        .metric("ApiLatency", Unit::Milliseconds, millis(elapsed))
        .metric("ApiErrors", Unit::Count, f64::from(u8::from(status >= 500)))
        .id("status", status)
        .emit();
}

fn millis(elapsed: Duration) -> f64 {
    elapsed.as_secs_f64() * 1000.0
}

/// A model whose tokens and cost are measured, call by call.
#[derive(Debug)]
pub struct MeteredModel<M> {
    model: M,
}

impl<M: LanguageModel> MeteredModel<M> {
    /// Measures a model, under the name of the function that asks it.
    pub fn new(model: M) -> Self {
        Self { model }
    }

    fn spent(&self, reply: &Reply) {
        let place = std::env::var("AWS_LAMBDA_FUNCTION_NAME")
            .ok()
            .and_then(|name| Place::of(&name));
        let Some(place) = place else { return };
        spent(&place.function, self.model.card(), reply).emit();
    }
}

/// What a reply took, in tokens and in US dollars.
fn spent(function: &str, card: &ModelCard, reply: &Reply) -> Measured {
    Measured::of("Stage", function)
        .metric("InputTokens", Unit::Count, reply.tokens.all_input() as f64)
        .metric("OutputTokens", Unit::Count, reply.tokens.output as f64)
        .metric("Cost", Unit::None, card.cost(&reply.tokens))
        .id("model", card.id.as_str())
}

#[async_trait]
impl<M: LanguageModel> LanguageModel for MeteredModel<M> {
    fn card(&self) -> &ModelCard {
        self.model.card()
    }

    async fn converse(&self, prompt: &Prompt) -> Result<Reply> {
        let reply = self.model.converse(prompt).await?;
        self.spent(&reply);
        Ok(reply)
    }

    async fn stream(&self, prompt: &Prompt, on_text: &mut OnText<'_>) -> Result<Reply> {
        let reply = self.model.stream(prompt, on_text).await?;
        self.spent(&reply);
        Ok(reply)
    }
}

#[cfg(test)]
mod tests {
    use deepwiki_domain::model::{Stop, Tokens};

    use super::*;

    fn place() -> Place {
        Place::of("deepwiki-omr-prod-generate-function").unwrap()
    }

    #[test]
    fn the_place_is_read_from_the_name_of_the_function() {
        let Place {
            project,
            environment,
            function,
        } = place();
        assert_eq!(
            (&*project, &*environment, &*function),
            ("deepwiki-omr", "prod", "generate")
        );
        assert_eq!(Place::of("something-else"), None);
        assert_eq!(Place::of("-function"), None);
    }

    /// What CloudWatch asks of a line: every metric and every dimension that is declared is there, on the first level.
    fn assert_is_embedded_metrics(line: &Value) {
        assert!(line["_aws"]["Timestamp"].is_u64());
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(directive["Namespace"], "deepwiki-omr");
        for metric in directive["Metrics"].as_array().unwrap() {
            assert!(line[metric["Name"].as_str().unwrap()].is_number(), "{metric}");
        }
        for dimension in directive["Dimensions"][0].as_array().unwrap() {
            assert!(line[dimension.as_str().unwrap()].is_string(), "{dimension}");
        }
    }

    #[test]
    fn a_line_has_what_it_declares() {
        let line = Measured::of("Stage", "chunk")
            .metric("StageTime", Unit::Milliseconds, 12.5)
            .id("build", "b-1")
            .line(&place(), 1_795_000_000_000);
        assert_is_embedded_metrics(&line);
        assert_eq!(
            (&line["StageTime"], &line["Stage"], &line["Environment"]),
            (&json!(12.5), &json!("chunk"), &json!("prod"))
        );
        assert_eq!(line["build"], "b-1");
        let dimensions = &line["_aws"]["CloudWatchMetrics"][0]["Dimensions"];
        assert_eq!(
            dimensions,
            &json!([["Environment", "Stage"]]),
            "an id is no dimension"
        );
    }

    #[test]
    fn tokens_and_cost_of_a_reply_are_measured() {
        let card = ModelCard::of("jp.anthropic.claude-sonnet-4-5-20250929-v1:0");
        let tokens = Tokens {
            input: 1000,
            cache_read: 9000,
            cache_write: 0,
            output: 500,
        };
        let reply = Reply {
            text: String::new(),
            stop: Stop::Complete,
            tokens,
        };
        let line = spent("generate", &card, &reply).line(&place(), 0);
        assert_is_embedded_metrics(&line);
        assert_eq!(
            (&line["InputTokens"], &line["OutputTokens"]),
            (&json!(10_000.0), &json!(500.0))
        );
        assert_eq!(line["Cost"], json!(card.cost(&tokens)));
        assert!(line["Cost"].as_f64().unwrap() > 0.0);
    }
}
