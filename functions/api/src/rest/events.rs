//! A job's progress as an event stream, which any client may take up again where it broke off.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::{Path, State},
    http::HeaderMap,
    response::sse::{Event, KeepAlive, Sse},
};
use deepwiki_domain::{BuildId, job::Job};
use futures::{Stream, stream};
use tokio::time::Instant;

use super::{extract::Checked, views::JobView};
use crate::{
    Problem,
    router::{Permitted, Service, Shared},
};

/// How soon a client takes the stream up again.
const RETRY: Duration = Duration::from_millis(1500);

/// What a stream goes on with.
struct Watch {
    service: Service,
    id: BuildId,
    /// The state that the client knows.
    known: Option<String>,
    /// What was read and not told yet.
    news: Option<Job>,
    until: Instant,
    pause: Duration,
    is_over: bool,
}

/// The job each time that it changes, until it ends or the stream has lasted its time.
#[utoipa::path(
    get, path = "/jobs/{id}/events", tag = "jobs",
    params(
        ("id" = String, Path, description = "The build's id"),
        ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that was received")
    ),
    responses(
        (
            status = 200, body = String, content_type = "text/event-stream",
            description = "`job` events, each with the whole job as JSON, as `GET /jobs/{id}` gives it; the last, once \
                           nothing more will come, is called `end`. A stream that ends without it is taken up again"
        ),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn job_events(
    State(shared): State<Arc<Shared>>,
    Permitted(service): Permitted,
    Checked(Path(id)): Checked<Path<BuildId>>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let job = service.library.job(&id).await?;
    let known = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let watch = Watch {
        service,
        id,
        known: known.map(str::to_owned),
        news: Some(job),
        until: Instant::now() + Duration::from_secs(shared.settings.stream_seconds.into()),
        pause: Duration::from_millis(shared.settings.poll_milliseconds.into()),
        is_over: false,
    };
    let events = stream::unfold(watch, Watch::next);
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

impl Watch {
    /// The next event, once there is one.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        while !self.is_over {
            let job = match self.news.take() {
                Some(job) => job,
                None if Instant::now() + self.pause > self.until => return None,
                None => {
                    tokio::time::sleep(self.pause).await;
                    // A job that cannot be read now may be next time: the client asks again by itself.
                    self.service.library.job(&self.id).await.ok()?
                }
            };
            self.is_over = job.status.has_ended();
            let view = JobView::from(job);
            let state = state_of(&view)?;
            if self.known.as_deref() != Some(&state) || self.is_over {
                let name = if self.is_over { "end" } else { "job" };
                let event = Event::default().event(name).id(&state).retry(RETRY);
                self.known = Some(state);
                let event = event.json_data(view).ok()?;
                return Some((Ok(event), self));
            }
        }
        None
    }
}

/// A name of what the job tells: the same as long as it tells the same.
fn state_of(view: &JobView) -> Option<String> {
    let json = serde_json::to_vec(view).ok()?;
    Some(blake3::hash(&json).to_hex().chars().take(16).collect())
}
