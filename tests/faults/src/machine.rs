//! Runs `statemachine/wiki-build.asl.json`, as far as it uses the language: every state type, retries, catches, inline and
//! distributed maps, task tokens with their time limits. What it does not know, it refuses.

use std::sync::Arc;

use deepwiki_domain::message::ItemList;
use deepwiki_local::LocalArtefacts;
use deepwiki_ports::Clock;
use futures::{
    FutureExt, StreamExt, TryStreamExt,
    future::{LocalBoxFuture, try_join_all},
    stream,
};
use serde_json::{Map, Value, json};

use crate::{clock::SimClock, faults::Dice, tokens::SimTokens};

const DEFINITION: &str = include_str!("../../../statemachine/wiki-build.asl.json");

/// An error's name and its cause.
pub(crate) type Failure = (String, String);

type Outcome = Result<Value, Failure>;

/// Puts an event on the bus; an error name where the bus refuses it.
pub(crate) type PutEvent = dyn Fn(&str, Value) -> Result<(), String>;

/// The state machine.
pub(crate) struct Machine {
    definition: Value,
    clock: Arc<SimClock>,
    tokens: Arc<SimTokens>,
    artefacts: Arc<LocalArtefacts>,
    dice: Arc<Dice>,
    put_event: Box<PutEvent>,
}

/// What `$$` tells.
#[derive(Clone, Default)]
struct Context {
    item: Option<Value>,
    token: Option<String>,
}

impl Machine {
    pub(crate) fn new(
        embedder: &str,
        clock: Arc<SimClock>,
        tokens: Arc<SimTokens>,
        artefacts: Arc<LocalArtefacts>,
        dice: Arc<Dice>,
        put_event: Box<PutEvent>,
    ) -> Self {
        let definition = DEFINITION.replace("${Embedder}", embedder);
        Self {
            definition: serde_json::from_str(&definition).unwrap(),
            clock,
            tokens,
            artefacts,
            dice,
            put_event,
        }
    }

    /// Runs an execution to its end.
    pub(crate) async fn run(&self, input: Value) -> Outcome {
        let limit = self.clock.now() + seconds(&self.definition, "TimeoutSeconds");
        let context = Context::default();
        tokio::select! {
            outcome = self.level(&self.definition, input, &context) => outcome,
            () = self.clock.at(limit) => Err(("TIMED_OUT".to_owned(), String::new())),
        }
    }

    /// A machine, a branch, or what a map does with an item.
    fn level<'a>(
        &'a self,
        level: &'a Value,
        input: Value,
        context: &'a Context,
    ) -> LocalBoxFuture<'a, Outcome> {
        async move {
            let mut name = text(&level["StartAt"]);
            let mut data = input;
            loop {
                let state = &level["States"][name];
                match text(&state["Type"]) {
                    "Succeed" => return Ok(data),
                    "Fail" => {
                        let told = |field: &str| text(&find(&data, context, text(&state[field]))).to_owned();
                        return Err((told("ErrorPath"), told("CausePath")));
                    }
                    "Choice" => {
                        name = choose(state, &data);
                        continue;
                    }
                    _ => {}
                }
                match self.attempt(state, &data, context).await {
                    Ok(result) => place(&mut data, state, result),
                    Err(failure) => {
                        let Some(catcher) = catcher(state, &failure.0) else {
                            return Err(failure);
                        };
                        let (error, cause) = failure;
                        set(
                            &mut data,
                            text(&catcher["ResultPath"]),
                            json!({"Error": error, "Cause": cause}),
                        );
                        name = text(&catcher["Next"]);
                        continue;
                    }
                }
                if state["End"] == true {
                    return Ok(data);
                }
                name = text(&state["Next"]);
            }
        }
        .boxed_local()
    }

    /// A state's work, as often as its `Retry` allows.
    async fn attempt(&self, state: &Value, data: &Value, context: &Context) -> Outcome {
        let retriers = state["Retry"].as_array().cloned().unwrap_or_default();
        let mut used = vec![0; retriers.len()];
        loop {
            let failure = match self.work(state, data, context).await {
                Ok(result) => return Ok(result),
                Err(failure) => failure,
            };
            let retrier = retriers.iter().position(|retrier| names(retrier, &failure.0));
            let Some(retrier) =
                retrier.filter(|number| used[*number] < number_of(&retriers[*number], "MaxAttempts"))
            else {
                return Err(failure);
            };
            let rule = &retriers[retrier];
            assert_eq!(rule["JitterStrategy"], "FULL");
            let backoff = rule["BackoffRate"].as_f64().unwrap().powi(used[retrier] as i32);
            let longest = (seconds(rule, "IntervalSeconds") as f64 * backoff)
                .min(seconds(rule, "MaxDelaySeconds") as f64);
            used[retrier] += 1;
            let delay = self.dice.up_to(longest as i64);
            self.clock.at(self.clock.now() + delay).await;
        }
    }

    async fn work(&self, state: &Value, data: &Value, context: &Context) -> Outcome {
        match text(&state["Type"]) {
            "Pass" => Ok(state["Result"].clone()),
            "Task" => self.task(state, data, context).await,
            "Map" => self.map(state, data, context).await,
            "Parallel" => {
                let branches = state["Branches"].as_array().unwrap().iter();
                let branches = branches.map(|branch| self.level(branch, data.clone(), context));
                try_join_all(branches).await.map(Value::Array)
            }
            other => panic!("a state of type {other} is not known here"),
        }
    }

    /// Puts an event with a token and waits for its answer, as long as the worker beats.
    async fn task(&self, state: &Value, data: &Value, context: &Context) -> Outcome {
        assert_eq!(
            state["Resource"],
            "arn:aws:states:::events:putEvents.waitForTaskToken"
        );
        let (token, mut answer) = self.tokens.give_out();
        let context = Context {
            token: Some(token.clone()),
            ..context.clone()
        };
        let entry = fill(&state["Parameters"]["Entries"][0], data, &context);
        (self.put_event)(text(&entry["DetailType"]), entry["Detail"].clone())
            .map_err(|error| (error, "the event could not be put".to_owned()))?;
        let end = self.clock.now() + seconds(state, "TimeoutSeconds");
        loop {
            let beat = self.tokens.last_beat(&token).unwrap_or(end);
            let due = end.min(beat + seconds(state, "HeartbeatSeconds"));
            tokio::select! {
                biased;
                answer = &mut answer => return answer.expect("a token is answered or waited for"),
                () = self.clock.at(due) => {}
            }
            let now = self.clock.now();
            let beat = self.tokens.last_beat(&token).unwrap_or(now);
            if now >= end {
                return Err(("States.Timeout".to_owned(), String::new()));
            }
            if now >= beat + seconds(state, "HeartbeatSeconds") {
                return Err(("States.HeartbeatTimeout".to_owned(), String::new()));
            }
        }
    }

    async fn map(&self, state: &Value, data: &Value, context: &Context) -> Outcome {
        let distributed = state["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED";
        let items = if distributed {
            self.read_items(state, data).await?
        } else {
            let items = find(data, context, text(&state["ItemsPath"]));
            items.as_array().cloned().expect("a list of items")
        };
        let runs = items.into_iter().map(|item| {
            let context = Context {
                item: Some(item),
                token: None,
            };
            let input = fill(&state["ItemSelector"], data, &context);
            async move { self.level(&state["ItemProcessor"], input, &context).await }
        });
        let at_once = number_of(state, "MaxConcurrency") as usize;
        // The first failure ends the map: those under way are dropped, and nobody waits for their tokens.
        let results: Result<Vec<Value>, Failure> =
            stream::iter(runs).buffer_unordered(at_once).try_collect().await;
        match results {
            Ok(results) => Ok(Value::Array(results)),
            Err(_) if distributed => Err((
                "States.ExceedToleratedFailureThreshold".to_owned(),
                "The specified tolerated failure threshold was exceeded".to_owned(),
            )),
            Err(failure) => Err(failure),
        }
    }

    async fn read_items(&self, state: &Value, data: &Value) -> Result<Vec<Value>, Failure> {
        let path = text(&state["ItemReader"]["Parameters"]["Key.$"]);
        let list = path.strip_suffix(".key").expect("the key of a list");
        let list: ItemList = serde_json::from_value(find(data, &Context::default(), list)).unwrap();
        let items = self.artefacts.items(&list).await;
        let items = items.map_err(|error| ("States.ItemReaderFailed".to_owned(), error.message))?;
        Ok(items
            .iter()
            .map(|item| serde_json::from_str(item).unwrap())
            .collect())
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn seconds(of: &Value, field: &str) -> i64 {
    of[field].as_i64().unwrap_or_else(|| panic!("{field} of {of}"))
}

fn number_of(of: &Value, field: &str) -> u32 {
    u32::try_from(seconds(of, field)).unwrap()
}

/// Whether a retrier or catcher is for this error.
fn names(rule: &Value, error: &str) -> bool {
    let listed = rule["ErrorEquals"].as_array().unwrap();
    listed.iter().any(|name| match text(name) {
        "States.ALL" => true,
        "States.Timeout" => matches!(error, "States.Timeout" | "States.HeartbeatTimeout"),
        name => name == error,
    })
}

fn catcher<'a>(state: &'a Value, error: &str) -> Option<&'a Value> {
    state["Catch"]
        .as_array()?
        .iter()
        .find(|catcher| names(catcher, error))
}

/// The next state of a choice.
fn choose<'a>(state: &'a Value, data: &Value) -> &'a str {
    let choices = state["Choices"].as_array().unwrap();
    let chosen = choices.iter().find(|choice| {
        let found = try_find(data, text(&choice["Variable"]));
        if let Some(wanted) = choice.get("IsPresent") {
            return Value::Bool(found.is_some()) == *wanted;
        }
        let found = found.unwrap_or_else(|| panic!("{} is not there", choice["Variable"]));
        if let Some(least) = choice.get("NumericGreaterThan") {
            return found.as_i64() > least.as_i64();
        }
        let wanted = choice.get("StringEquals");
        *found == *wanted.unwrap_or_else(|| panic!("a comparison that is not known here: {choice}"))
    });
    text(chosen.map_or(&state["Default"], |choice| &choice["Next"]))
}

/// A template with its paths replaced by what they lead to.
fn fill(template: &Value, data: &Value, context: &Context) -> Value {
    match template {
        Value::Object(fields) => {
            let filled = fields.iter().map(|(name, value)| match name.strip_suffix(".$") {
                Some(name) => (name.to_owned(), find(data, context, text(value))),
                None => (name.clone(), fill(value, data, context)),
            });
            Value::Object(filled.collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

fn find(data: &Value, context: &Context, path: &str) -> Value {
    match path {
        "$$.Task.Token" => context.token.clone().map(Value::String).expect("a token"),
        "$$.Map.Item.Value" => context.item.clone().expect("an item"),
        path => try_find(data, path)
            .unwrap_or_else(|| panic!("{path} leads nowhere in {data}"))
            .clone(),
    }
}

fn try_find<'a>(data: &'a Value, path: &str) -> Option<&'a Value> {
    let path = path.strip_prefix('$').expect("a path");
    path.split('.')
        .skip(1)
        .try_fold(data, |at, part| match part.strip_suffix("[0]") {
            Some(name) => at.get(name)?.get(0),
            None => at.get(part),
        })
}

/// Puts a state's result where `ResultPath` says.
fn place(data: &mut Value, state: &Value, result: Value) {
    match state.get("ResultPath") {
        Some(Value::Null) => {}
        Some(path) => set(data, text(path), result),
        None => *data = result,
    }
}

fn set(data: &mut Value, path: &str, value: Value) {
    let name = path.strip_prefix("$.").filter(|name| !name.contains('.'));
    data[name.expect("a field of the whole")] = value;
}
