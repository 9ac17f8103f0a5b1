//! The trigger: whatever asks for a build becomes build requests in the queue `builds`.
//!
//! Events arrive at least once. The id of a build is made from the event's, and the ledger remembers events, so
//! that a second delivery leads to nothing new.

mod sweep;
mod wish;

use deepwiki_domain::{
    BuildId, Locale, StageError,
    event::Event,
    job::{BuildMode, BuildRequest, Trigger},
    message::CONTRACT_VERSION,
    repository::{Repository, RepositoryStatus},
    source::{GitHosts, RepositorySource},
};
use deepwiki_ports::{
    BuildQueue, Clock, EventBus, Jobs, Ledger, Repositories, Result, SourceReader, builds::Claim,
};
use serde_json::Value;

pub use wish::{BuildWish, Push, Wish};

/// What the trigger needs of the outside.
#[derive(Clone, Copy)]
pub struct TriggerPorts<'a> {
    /// Registered repositories.
    pub repositories: &'a dyn Repositories,
    /// Where requests go.
    pub queue: &'a dyn BuildQueue,
    /// What was built last.
    pub jobs: &'a dyn Jobs,
    /// Where a sweep goes on.
    pub bus: &'a dyn EventBus,
    /// Which events were dealt with.
    pub ledger: &'a dyn Ledger,
    /// Tells which commit the default branch is at.
    pub source: &'a dyn SourceReader,
    /// The time.
    pub clock: &'a dyn Clock,
}

/// What the deployment decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriggerSettings {
    /// The languages of a repository that registers itself.
    pub locales: Vec<Locale>,
    /// The deployment's region, which `codecommit://` origins are in.
    pub region: String,
    /// The Git hosts that repositories may come from.
    pub hosts: GitHosts,
}

/// Turns an event, as EventBridge puts it into a queue, into build requests.
pub async fn accept_event(body: &str, settings: &TriggerSettings, ports: TriggerPorts<'_>) -> Result<()> {
    let event: Event<Value> = serde_json::from_str(body).map_err(|error| {
        StageError::invalid("the message is no event").with_detail(format!("{:?} error", error.classify()))
    })?;
    let wish = Wish::of(&event)?;
    let claim = Wish::identity(&event);
    match ports.ledger.claim(&claim, ports.clock.now()).await? {
        Claim::Yours => {}
        Claim::Done => return Ok(()),
        Claim::Another => {
            return Err(StageError::transient(
                "the event is being dealt with elsewhere, try again later",
            ));
        }
    }
    match fulfil(wish, &event.id, &claim, settings, ports).await {
        Ok(()) => ports.ledger.done(&claim, ports.clock.now()).await,
        Err(error) => {
            // The claim ends by itself if it cannot be given up; the first failure is the one to tell of.
            if ports.ledger.give_up(&claim).await.is_err() {
                tracing::warn!("the claim on the event stays until it expires");
            }
            Err(error)
        }
    }
}

/// Queues what the wish asks for. Builds are named by the wish, so that what is done twice asks for the same ones.
async fn fulfil(
    wish: Wish,
    event: &str,
    identity: &str,
    settings: &TriggerSettings,
    ports: TriggerPorts<'_>,
) -> Result<()> {
    match wish {
        Wish::Nothing => Ok(()),
        Wish::Push(push) => send(&requests_of_push(identity, &push, settings, ports).await?, ports).await,
        Wish::Build(wish) => send(&[request_of_wish(identity, wish, settings, ports).await?], ports).await,
        Wish::Sweep(request) => sweep::sweep(event, &request, ports).await,
    }
}

async fn send(requests: &[BuildRequest], ports: TriggerPorts<'_>) -> Result<()> {
    for request in requests {
        ports.queue.send(request).await?;
        tracing::info!(repository = %request.repository, build = %request.build, "build requested");
    }
    Ok(())
}

/// A request for each registration of the repository that builds the pushed branch; a repository that nobody
/// registered is registered by its first push.
async fn requests_of_push(
    identity: &str,
    push: &Push,
    settings: &TriggerSettings,
    ports: TriggerPorts<'_>,
) -> Result<Vec<BuildRequest>> {
    let mut records = Vec::new();
    for source in push.sources(&settings.region) {
        records.extend(ports.repositories.get(&source.repository_id()).await?);
    }
    if records.is_empty() {
        records.push(register(push.source.clone(), None, &settings.locales, settings, ports).await?);
    }
    let mut requests = Vec::new();
    for record in records {
        if record.removed_at.is_none() && builds_branch(&record, push, ports).await? {
            requests.push(request_for(record, push.trigger, identity)?);
        }
    }
    Ok(requests)
}

/// An incremental build of a repository as it is registered.
fn request_for(record: Repository, trigger: Trigger, identity: &str) -> Result<BuildRequest> {
    Ok(BuildRequest {
        schema: CONTRACT_VERSION,
        build: build_id(trigger, identity, &record)?,
        repository: record.id,
        source: record.source,
        revision: record.revision,
        mode: BuildMode::Incremental,
        trigger,
        locales: record.locales,
    })
}

/// Whether the pushed branch is the one that the repository's wiki is made of.
async fn builds_branch(record: &Repository, push: &Push, ports: TriggerPorts<'_>) -> Result<bool> {
    if let Some(revision) = &record.revision {
        let branch = revision.strip_prefix("refs/heads/").unwrap_or(revision);
        return Ok(branch == push.branch);
    }
    // The event does not say which branch is the default one, but where that one stands now can be asked. If it
    // has moved on since, the event of that push follows.
    match ports.source.resolve(&record.source, None).await {
        Ok(head) => Ok(head == push.commit),
        Err(error) if error.kind.is_retryable() => Err(error),
        // The build will meet the same failure, and tell the people who can help.
        Err(_) => Ok(true),
    }
}

async fn request_of_wish(
    identity: &str,
    wish: BuildWish,
    settings: &TriggerSettings,
    ports: TriggerPorts<'_>,
) -> Result<BuildRequest> {
    let record = record_of_wish(&wish, settings, ports).await?;
    let build = match wish.build {
        Some(build) => build,
        None => build_id(wish.trigger, identity, &record)?,
    };
    Ok(BuildRequest {
        schema: CONTRACT_VERSION,
        build,
        repository: record.id,
        source: record.source,
        revision: wish.revision.or(record.revision),
        mode: wish.mode,
        trigger: wish.trigger,
        locales: if wish.locales.is_empty() {
            record.locales
        } else {
            wish.locales
        },
    })
}

async fn record_of_wish(
    wish: &BuildWish,
    settings: &TriggerSettings,
    ports: TriggerPorts<'_>,
) -> Result<Repository> {
    if matches!(wish.source, Some(RepositorySource::Path(_))) {
        return Err(StageError::invalid(
            "folders are read by the local command alone: give an https:// or codecommit:// URL",
        ));
    }
    let by_source = wish.source.as_ref().map(RepositorySource::repository_id);
    let id = match (&wish.repository, &by_source) {
        (Some(id), Some(of_source)) if id != of_source => {
            return Err(StageError::invalid(
                "the request's repository and source are not the same",
            ));
        }
        (Some(id), _) | (None, Some(id)) => id,
        (None, None) => return Err(StageError::invalid("the request names no repository")),
    };
    match (ports.repositories.get(id).await?, &wish.source) {
        (Some(record), _) if record.removed_at.is_some() => Err(StageError::invalid(format!(
            "repository {id} was removed: register it again before building it"
        ))),
        (Some(record), _) => Ok(record),
        (None, Some(source)) => {
            let locales = if wish.locales.is_empty() {
                &settings.locales
            } else {
                &wish.locales
            };
            register(source.clone(), wish.revision.clone(), locales, settings, ports).await
        }
        (None, None) => Err(StageError::invalid(format!(
            "repository {id} is not registered: name its source"
        ))),
    }
}

async fn register(
    source: RepositorySource,
    revision: Option<String>,
    locales: &[Locale],
    settings: &TriggerSettings,
    ports: TriggerPorts<'_>,
) -> Result<Repository> {
    settings.hosts.check(&source)?;
    let record = Repository {
        id: source.repository_id(),
        display_name: source.name().to_owned(),
        source,
        revision,
        status: RepositoryStatus::Ready,
        locales: locales.to_vec(),
        published: None,
        groups: Default::default(),
        registered_at: ports.clock.now(),
        removed_at: None,
    };
    ports.repositories.register(&record).await
}

/// The id of the build that a wish leads to: the same for each delivery of it.
fn build_id(trigger: Trigger, identity: &str, record: &Repository) -> Result<BuildId> {
    let trigger = match trigger {
        Trigger::Api => "api",
        Trigger::Push => "push",
        Trigger::Webhook => "webhook",
        Trigger::Schedule => "schedule",
    };
    let digest = blake3::hash(format!("{identity} {}", record.id).as_bytes()).to_hex();
    BuildId::new(format!("{trigger}-{}", digest.get(..20).unwrap_or_default()))
        .map_err(|error| StageError::permanent("a build could not be named").with_detail(error))
}
