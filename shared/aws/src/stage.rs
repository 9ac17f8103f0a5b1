//! The edge of a stage on Lambda: a queue message carries a task token, the worker proves that somebody waits,
//! says now and then that it is alive, and answers.
//!
//! *Invariant:* a message is deleted only when its token was answered or nobody waits for it.

use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use aws_config::SdkConfig;
use aws_lambda_events::sqs::SqsEvent;
use deepwiki_domain::{
    BuildId, StageError,
    event::Event,
    job::{JobFailure, Stage},
    message::{CONTRACT_VERSION, StageRequest},
};
use deepwiki_ports::{FailureNotes, Jobs, Result, TaskTokens, builds::Waiting};
use futures::{FutureExt, StreamExt, stream};
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use tokio::task::JoinSet;
use tracing::Instrument;

use crate::{
    Config, DynamoJobs, SfnTaskTokens,
    batch::{Message, batch_response, deadline, log_failure, out_of_time},
    metrics, progress,
};

/// How often a worker says that it is alive. Well under the `HeartbeatSeconds` of the state machine.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// Messages of one batch that are worked on at once.
const AT_ONCE: usize = 10;

/// What a stage's function needs beside its handler.
#[derive(Clone)]
pub struct StageHarness {
    stages: &'static [Stage],
    tokens: Arc<dyn TaskTokens>,
    jobs: Arc<dyn Jobs>,
    notes: Arc<dyn FailureNotes>,
}

impl StageHarness {
    /// A harness for a function that does these stages.
    pub fn new(sdk: &SdkConfig, config: &Config, stages: &'static [Stage]) -> Self {
        let jobs = Arc::new(DynamoJobs::new(sdk, &config.jobs_table));
        Self::over(stages, Arc::new(SfnTaskTokens::new(sdk)), jobs)
    }

    /// A harness over any ports: without Lambda, for a simulation of the whole.
    pub fn over<J: Jobs + FailureNotes + 'static>(
        stages: &'static [Stage],
        tokens: Arc<dyn TaskTokens>,
        jobs: Arc<J>,
    ) -> Self {
        Self {
            stages,
            tokens,
            notes: jobs.clone(),
            jobs,
        }
    }

    /// Runs the function. The handler gets requests of the harness's stages only, and gives the stage's output.
    pub async fn serve<H>(self, handler: H) -> std::result::Result<(), lambda_runtime::Error>
    where
        H: AsyncFn(StageRequest) -> Result<Value>,
    {
        let (harness, handler) = (&self, &handler);
        lambda_runtime::run(service_fn(move |event: LambdaEvent<SqsEvent>| async move {
            let messages = event.payload.records.into_iter().map(Message::from).collect();
            let deadline = deadline(event.context.deadline);
            let span = tracing::info_span!("invocation", request = event.context.request_id);
            let failed = harness
                .work_through(messages, deadline, handler)
                .instrument(span)
                .await;
            Ok::<_, lambda_runtime::Error>(batch_response(failed))
        }))
        .await
    }

    /// Works on all messages at once, so that none waits without a heartbeat; gives the ids of those that must
    /// be delivered again.
    pub async fn work_through<H>(&self, messages: Vec<Message>, deadline: Instant, handler: &H) -> Vec<String>
    where
        H: AsyncFn(StageRequest) -> Result<Value>,
    {
        let work = messages.into_iter().map(|message| async move {
            let handled = self.work_on(&message, deadline, handler).await;
            (message.id, handled)
        });
        stream::iter(work)
            .buffer_unordered(AT_ONCE)
            .filter_map(|(id, handled)| async move { (!handled).then_some(id) })
            .collect()
            .await
    }

    /// One message; true where it may be deleted.
    async fn work_on<H>(&self, message: &Message, deadline: Instant, handler: &H) -> bool
    where
        H: AsyncFn(StageRequest) -> Result<Value>,
    {
        match self.read(&message.body) {
            Ok(request) => {
                let span = tracing::info_span!(
                    "stage",
                    message = message.id,
                    stage = %request.input.stage(),
                    repository = %request.repository,
                    build = %request.build,
                    trace = request.trace.as_deref().unwrap_or_default(),
                );
                self.answer_request(request, deadline, handler)
                    .instrument(span)
                    .await
            }
            Err(Unreadable { error, token }) => {
                let span = tracing::info_span!("stage", message = message.id, queue = message.queue);
                async {
                    log_failure(&error);
                    match token {
                        Some(token) => settled(self.tokens.fail(&token, &error).await),
                        None => false,
                    }
                }
                .instrument(span)
                .await
            }
        }
    }

    /// Does the work of a request, if somebody waits for it, and answers.
    async fn answer_request<H>(&self, request: StageRequest, deadline: Instant, handler: &H) -> bool
    where
        H: AsyncFn(StageRequest) -> Result<Value>,
    {
        let token = request.task_token.clone();
        match self.tokens.heartbeat(&token).await {
            Ok(Waiting::Yes) => {}
            settled_or_not => return settled(settled_or_not),
        }
        let (build, stage, part) = (request.build.clone(), request.input.stage(), request.input.part());
        let repository = request.repository.clone();
        self.note(progress::begun(&*self.jobs, &build, stage).await);
        let started = Instant::now();
        let mut beats = JoinSet::new();
        beats.spawn(beat_until_gone(Arc::clone(&self.tokens), token.clone()));
        let work = AssertUnwindSafe(handler(request)).catch_unwind();
        let outcome = tokio::select! {
            _ = beats.join_next() => return settled(Ok(Waiting::Gone)),
            outcome = tokio::time::timeout_at(deadline.into(), work) => outcome,
        };
        let result = match outcome {
            Ok(Ok(result)) => result,
            Ok(Err(_panic)) => Err(StageError::permanent(format!(
                "the {stage} stage met something that it was not made for: please report it"
            ))),
            Err(_elapsed) => Err(out_of_time()),
        };
        let elapsed = started.elapsed();
        let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        let kind = result.as_ref().err().map(|error| error.kind.name());
        metrics::stage_ended(stage, elapsed, kind, &build, &repository);
        match result {
            Ok(output) => {
                self.note(progress::ended(&*self.jobs, &build, stage, &output).await);
                if stage == Stage::Publish {
                    self.measure_job(&build).await;
                }
                tracing::info!(elapsed_ms, "done");
                settled(self.tokens.succeed(&token, &output.to_string()).await)
            }
            Err(error) => {
                log_failure(&error);
                let failure = JobFailure {
                    stage: Some(stage),
                    part,
                    kind: error.kind,
                    message: error.message.clone(),
                };
                // Before the answer, after which the build may end.
                self.note(self.notes.note(&build, &failure).await);
                settled(self.tokens.fail(&token, &error).await)
            }
        }
    }

    /// How long a build took is known once it is published.
    async fn measure_job(&self, build: &BuildId) {
        if let Ok(Some(job)) = self.jobs.get(build).await {
            let seconds = jiff::Timestamp::now().as_second() - job.started_at;
            let elapsed = Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
            metrics::job_ended(elapsed, build, &job.repository);
        }
    }

    /// Progress is for show: that it could not be noted stops nothing.
    fn note(&self, noted: Result<()>) {
        if let Err(error) = noted {
            log_failure(&error);
        }
    }

    /// Reads a message. Where it cannot be used but has a token, the sender is told by it.
    fn read(&self, body: &str) -> std::result::Result<StageRequest, Unreadable> {
        let unusable = |error: StageError, token: Option<String>| Unreadable { error, token };
        let event: Event<Value> = serde_json::from_str(body).map_err(|error| {
            let message = StageError::invalid("the message is no event");
            unusable(message.with_detail(place(&error)), None)
        })?;
        let token = event
            .detail
            .get("task_token")
            .and_then(Value::as_str)
            .map(str::to_owned);
        let request: StageRequest = serde_json::from_value(event.detail).map_err(|error| {
            let message = StageError::invalid("the event is no stage request of this version");
            unusable(message.with_detail(place(&error)), token.clone())
        })?;
        let stage = request.input.stage();
        if request.schema != CONTRACT_VERSION || !self.stages.contains(&stage) {
            let message = format!("version {} of {stage} is not done here", request.schema);
            return Err(unusable(StageError::invalid(message), token));
        }
        Ok(request)
    }
}

/// A message that cannot be worked on, and the token to say so by, if it has one.
struct Unreadable {
    error: StageError,
    token: Option<String>,
}

/// What a reading error says without quoting the message, which may hold anything.
fn place(error: &serde_json::Error) -> String {
    format!("{:?} at column {}", error.classify(), error.column())
}

/// Says at intervals that the work goes on; ends when nobody waits for it any more.
async fn beat_until_gone(tokens: Arc<dyn TaskTokens>, token: String) {
    loop {
        tokio::time::sleep(HEARTBEAT).await;
        match tokens.heartbeat(&token).await {
            Ok(Waiting::Yes) => {}
            Ok(Waiting::Gone) => return,
            Err(error) => log_failure(&error),
        }
    }
}

/// Whether the message is dealt with: it was answered, or nobody waits. An answer that could not be delivered
/// is given again when the message comes back.
fn settled(answered: Result<Waiting>) -> bool {
    match answered {
        Ok(Waiting::Yes) => true,
        Ok(Waiting::Gone) => {
            tracing::info!("nobody waits for this any more");
            true
        }
        Err(error) => {
            log_failure(&error);
            false
        }
    }
}

/// A stage's output as the harness answers it.
pub fn output<T: serde::Serialize>(output: &T) -> Result<Value> {
    serde_json::to_value(output)
        .map_err(|error| StageError::permanent("a stage's output could not be written").with_detail(error))
}

/// What a handler answers to a request that its harness does not let through.
pub fn not_mine(request: &StageRequest) -> StageError {
    StageError::invalid(format!("{} is not done here", request.input.stage()))
}

#[cfg(test)]
mod tests;
