//! GitHub's webhook: a signed delivery of a push becomes a request for a build.
//!
//! The signature is checked over the bytes as they came, before anything of them is read. A delivery that comes again
//! does nothing: the ledger remembers its id, and the id of the build is made from it.

mod delivery;
mod signature;

use deepwiki_domain::{
    BuildId, StageError,
    job::{BuildMode, BuildRequest, Trigger},
    message::CONTRACT_VERSION,
    repository::Repository,
};
use deepwiki_ports::{BuildRequests, BuildWhen, Clock, Ledger, Repositories, Result, builds::Claim};

pub use delivery::{Delivery, Push};
pub use signature::SigningKeys;

/// The largest body that GitHub sends, in bytes.
pub const LARGEST_BODY: usize = 25 << 20;

/// What the webhook needs of the outside.
#[derive(Clone, Copy)]
pub struct WebhookPorts<'a> {
    /// Registered repositories: a delivery registers none.
    pub repositories: &'a dyn Repositories,
    /// Where requests go.
    pub builds: &'a dyn BuildRequests,
    /// Which deliveries were dealt with.
    pub ledger: &'a dyn Ledger,
    /// The time.
    pub clock: &'a dyn Clock,
}

/// A delivery as it came.
#[derive(Debug, Clone, Copy)]
pub struct Envelope<'a> {
    /// `X-GitHub-Delivery`: the same when it is delivered again.
    pub delivery: &'a str,
    /// `X-GitHub-Event`.
    pub event: &'a str,
    /// `X-Hub-Signature-256`.
    pub signature: &'a str,
    /// The body, byte for byte.
    pub body: &'a [u8],
}

/// What became of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The signature is missing or wrong: answer 401 and tell nothing.
    Unsigned,
    /// This build was asked for.
    Requested(BuildId),
    /// It leads to no build, for this reason.
    Ignored(&'static str),
}

/// Checks a delivery and asks for the build that it leads to.
pub async fn receive(envelope: Envelope<'_>, keys: &SigningKeys, ports: WebhookPorts<'_>) -> Result<Outcome> {
    if !keys.verify(envelope.body, envelope.signature) {
        return Ok(Outcome::Unsigned);
    }
    if !is_delivery_id(envelope.delivery) {
        return Err(StageError::invalid(
            "the delivery has no id: send X-GitHub-Delivery",
        ));
    }
    let push = match Delivery::read(envelope.event, envelope.body)? {
        Delivery::Push(push) => push,
        Delivery::Ping => return Ok(Outcome::Ignored("a ping")),
        Delivery::Other => return Ok(Outcome::Ignored("no push to a branch")),
    };
    let claim = format!("github/{}", envelope.delivery);
    match ports.ledger.claim(&claim, ports.clock.now()).await? {
        Claim::Yours => {}
        Claim::Done => return Ok(Outcome::Ignored("delivered before")),
        Claim::Another => {
            return Err(StageError::transient(
                "the delivery is being dealt with, try again later",
            ));
        }
    }
    match ask(envelope.delivery, &push, ports).await {
        Ok(outcome) => {
            ports.ledger.done(&claim, ports.clock.now()).await?;
            Ok(outcome)
        }
        Err(error) => {
            // The claim ends by itself if it cannot be given up; the first failure is the one to tell of.
            if ports.ledger.give_up(&claim).await.is_err() {
                tracing::warn!("the claim on the delivery stays until it expires");
            }
            Err(error)
        }
    }
}

async fn ask(delivery: &str, push: &Push, ports: WebhookPorts<'_>) -> Result<Outcome> {
    let record = ports.repositories.get(&push.source.repository_id()).await?;
    let Some(record) = record.filter(|record| record.removed_at.is_none()) else {
        return Ok(Outcome::Ignored("the repository is not registered"));
    };
    if !push.is_to(record.revision.as_deref()) {
        return Ok(Outcome::Ignored("the wiki is made of another branch"));
    }
    let request = request(delivery, record)?;
    ports.builds.request(&request, BuildWhen::Always).await?;
    tracing::info!(repository = %request.repository, build = %request.build, "build requested");
    Ok(Outcome::Requested(request.build))
}

fn request(delivery: &str, record: Repository) -> Result<BuildRequest> {
    let digest = blake3::hash(format!("github/{delivery} {}", record.id).as_bytes()).to_hex();
    let build = BuildId::new(format!("webhook-{}", digest.get(..20).unwrap_or_default()))
        .map_err(|error| StageError::permanent("a build could not be named").with_detail(error))?;
    Ok(BuildRequest {
        schema: CONTRACT_VERSION,
        build,
        repository: record.id,
        source: record.source,
        revision: record.revision,
        mode: BuildMode::Incremental,
        trigger: Trigger::Webhook,
        locales: record.locales,
    })
}

/// Whether it may name a claim: GitHub sends a UUID.
fn is_delivery_id(id: &str) -> bool {
    (8..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}
