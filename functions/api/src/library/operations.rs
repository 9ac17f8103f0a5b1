//! What an asker can set going: registering, building, removing.

use std::{
    collections::BTreeSet,
    hash::{BuildHasher, Hasher, RandomState},
};

use axum::http::StatusCode;
use deepwiki_domain::{
    BuildId, CommitId, Locale, RepositoryId,
    access::{MOST_GROUPS, Role, is_group_name},
    job::{BuildMode, BuildRequest, Job, JobStatus, Trigger},
    message::CONTRACT_VERSION,
    purge::Purged,
    repository::{Repository, RepositoryStatus},
    source::{GitHosts, RepositorySource},
};
use deepwiki_ports::{BuildAnswer, BuildWhen};
use deepwiki_webhook::{Envelope, Outcome, SigningKeys, WebhookPorts};

use super::{Library, no_repository};
use crate::Problem;

/// The longest name of a branch, tag or commit, in bytes.
const LONGEST_REVISION: usize = 250;

/// The longest `Idempotency-Key`.
const LONGEST_KEY: usize = 255;

/// Among how many builds a later one is looked for.
const BUILDS_READ: usize = 50;

/// A repository to register.
#[derive(Debug, Clone)]
pub(crate) struct Registration<'a> {
    /// Its URL; a path of this machine where the service admits them.
    pub(crate) url: &'a str,
    /// Branch, tag or commit; the default branch where none is named.
    pub(crate) revision: Option<&'a str>,
    /// The languages of its wiki; English where none is named.
    pub(crate) languages: &'a [Locale],
    /// The groups that may see it; none for everybody.
    pub(crate) groups: &'a [String],
    /// Whether a path is admitted.
    pub(crate) local_paths: bool,
    /// The hosts that it may come from.
    pub(crate) hosts: GitHosts,
}

/// How a build shall be.
#[derive(Debug, Clone, Default)]
pub(crate) struct BuildWish<'a> {
    /// Whether what exists may be used.
    pub(crate) mode: BuildMode,
    /// Branch, tag or commit; the registered one where none is named.
    pub(crate) revision: Option<&'a str>,
    /// The languages; the registered ones where none is named.
    pub(crate) languages: &'a [Locale],
    /// What the asker calls the request, so that it is safe to send again.
    pub(crate) key: Option<&'a str>,
}

/// What looking for changes came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refreshed {
    /// The published wiki is of the newest commit, which is this.
    UpToDate(CommitId),
    /// There is something new, or somebody looks whether there is: this build follows then.
    Requested(BuildId),
}

impl Library {
    /// Registers a repository; says whether it is new. One that is registered keeps its record.
    pub(crate) async fn register(&self, wish: &Registration<'_>) -> Result<(Repository, bool), Problem> {
        self.demand(Role::Operator)?;
        let source = match RepositorySource::parse_url(wish.url) {
            Err(_) if wish.local_paths && !wish.url.contains("://") => RepositorySource::local_path(wish.url),
            parsed => parsed,
        }
        .map_err(|refusal| Problem::bad_request(format!("The repository is refused: {refusal}.")))?;
        wish.hosts.check(&source)?;
        let groups = self.own_groups(wish.groups)?;
        let languages = distinct(wish.languages);
        let record = Repository {
            id: source.repository_id(),
            display_name: source.name().to_owned(),
            source,
            revision: wish.revision.map(revision).transpose()?,
            status: RepositoryStatus::Ready,
            locales: if languages.is_empty() {
                vec![Locale::En]
            } else {
                languages
            },
            published: None,
            groups,
            registered_at: self.ports.clock.now(),
            removed_at: None,
        };
        let known = self.ports.repositories.get(&record.id).await?;
        let is_new = known.as_ref().is_none_or(|known| known.removed_at.is_some());
        if known.is_some_and(|known| !self.principal.may_see(&known)) {
            return Err(Problem::forbidden("You may not register this repository."));
        }
        let stands = self.ports.repositories.register(&record).await?;
        Ok((stands, is_new))
    }

    /// Asks for a build.
    pub(crate) async fn request_build(
        &self,
        id: &RepositoryId,
        wish: &BuildWish<'_>,
    ) -> Result<BuildId, Problem> {
        self.demand(Role::Operator)?;
        let repository = self.repository(id).await?;
        let request = self.request_of(repository, wish)?;
        if let Some(job) = self.ports.jobs.get(&request.build).await? {
            return told_again(&request, &job);
        }
        self.ports.builds.request(&request, BuildWhen::Always).await?;
        // After it was asked for, so that no job waits for a build that nobody starts. One that has begun stays begun.
        self.ports
            .jobs
            .create(&queued(&request, self.ports.clock.now()))
            .await?;
        Ok(request.build)
    }

    /// Asks for a build where the repository has changed since the published wiki was made.
    pub(crate) async fn refresh(&self, id: &RepositoryId, key: Option<&str>) -> Result<Refreshed, Problem> {
        self.demand(Role::Operator)?;
        let repository = self.repository(id).await?;
        let wish = BuildWish {
            key,
            ..BuildWish::default()
        };
        let request = self.request_of(repository, &wish)?;
        match self.ports.builds.request(&request, BuildWhen::Changed).await? {
            BuildAnswer::UpToDate(commit) => Ok(Refreshed::UpToDate(commit)),
            BuildAnswer::Requested => Ok(Refreshed::Requested(request.build)),
        }
    }

    /// Goes on with a build that ended without success, at its commit. What it had finished is found again.
    pub(crate) async fn resume(&self, build: &BuildId, key: Option<&str>) -> Result<BuildId, Problem> {
        self.demand(Role::Operator)?;
        let job = self.job(build).await?;
        let has_failed = matches!(job.status, JobStatus::Failed | JobStatus::Aborted);
        if !has_failed {
            return Err(Problem::conflict(format!(
                "Job `{build}` has not failed, so that there is nothing to resume."
            )));
        }
        let jobs = self.ports.jobs.list(&job.repository, BUILDS_READ).await?;
        let is_outdated = |other: &Job| {
            other.started_at >= job.started_at
                && other.build != job.build
                && other.status == JobStatus::Succeeded
        };
        if jobs.iter().any(is_outdated) {
            return Err(Problem::conflict(format!(
                "A later build of `{}` has succeeded, so that job `{build}` is not resumed: ask for a new build.",
                job.repository
            )));
        }
        let repository = self.repository(&job.repository).await?;
        // A plain folder has no commits to go back to.
        let has_commits = !matches!(repository.source, RepositorySource::Path(_));
        let commit = job.commit.as_ref().filter(|_| has_commits).map(CommitId::as_str);
        let wish = BuildWish {
            revision: commit,
            key,
            ..BuildWish::default()
        };
        self.request_build(&job.repository, &wish).await
    }

    /// Hides a repository; its history is kept.
    pub(crate) async fn remove(&self, id: &RepositoryId) -> Result<(), Problem> {
        self.demand(Role::Admin)?;
        self.repository(id).await?;
        Ok(self.ports.repositories.remove(id, self.ports.clock.now()).await?)
    }

    /// Deletes everything that was derived from a repository, removed ones included, and hides it.
    pub(crate) async fn purge(&self, id: &RepositoryId) -> Result<Purged, Problem> {
        self.demand(Role::Admin)?;
        let known = self.ports.repositories.get(id).await?;
        known.ok_or_else(|| no_repository(id))?;
        let purged = self.ports.purge.purge(id).await?;
        self.ports.repositories.remove(id, self.ports.clock.now()).await?;
        Ok(purged)
    }

    /// Says which groups may see a repository.
    pub(crate) async fn set_groups(
        &self,
        id: &RepositoryId,
        groups: &[String],
    ) -> Result<Repository, Problem> {
        self.demand(Role::Admin)?;
        self.repository(id).await?;
        let groups = checked(groups)?;
        Ok(self.ports.access.set_groups(id, &groups).await?)
    }

    /// Takes a delivery of GitHub's webhook, which its signature alone admits.
    pub(crate) async fn receive(
        &self,
        envelope: Envelope<'_>,
        keys: &SigningKeys,
    ) -> Result<Outcome, Problem> {
        let ports = WebhookPorts {
            repositories: self.ports.repositories.as_ref(),
            builds: self.ports.builds.as_ref(),
            ledger: self.ports.ledger.as_ref(),
            clock: self.ports.clock.as_ref(),
        };
        Ok(deepwiki_webhook::receive(envelope, keys, ports).await?)
    }

    /// Refuses those who may not do what this role may.
    pub(super) fn demand(&self, needed: Role) -> Result<(), Problem> {
        if self.principal.may(needed) {
            return Ok(());
        }
        Err(Problem::forbidden(format!(
            "That needs the role `{}`, and yours is `{}`.",
            needed.name(),
            self.principal.role.name()
        )))
    }

    /// Groups that the asker may restrict a new repository to: their own, so that nobody hides one from themselves.
    fn own_groups(&self, groups: &[String]) -> Result<BTreeSet<String>, Problem> {
        let groups = checked(groups)?;
        let is_own =
            |group: &String| self.principal.may(Role::Admin) || self.principal.groups.contains(group);
        match groups.iter().find(|group| !is_own(group)) {
            Some(group) => Err(Problem::forbidden(format!("You are not in the group `{group}`."))),
            None => Ok(groups),
        }
    }

    fn request_of(&self, repository: Repository, wish: &BuildWish<'_>) -> Result<BuildRequest, Problem> {
        let languages = distinct(wish.languages);
        Ok(BuildRequest {
            schema: CONTRACT_VERSION,
            build: self.build_id(&repository.id, wish.key)?,
            revision: wish.revision.map(revision).transpose()?.or(repository.revision),
            repository: repository.id,
            source: repository.source,
            mode: wish.mode,
            trigger: Trigger::Api,
            locales: if languages.is_empty() {
                repository.locales
            } else {
                languages
            },
        })
    }

    /// The same for the same key of the same asker, so that a request that is sent again asks for one build.
    fn build_id(&self, repository: &RepositoryId, key: Option<&str>) -> Result<BuildId, Problem> {
        let seed = match key {
            Some(key) if key.is_empty() || key.len() > LONGEST_KEY => {
                return Err(Problem::bad_request(format!(
                    "`Idempotency-Key` has 1 to {LONGEST_KEY} characters."
                )));
            }
            Some(key) => format!("{}\n{repository}\n{key}", self.principal.name),
            None => format!("{}\n{:x}", self.ports.clock.now(), chance()),
        };
        let digest = blake3::hash(seed.as_bytes()).to_hex();
        BuildId::new(format!("api-{}", digest.get(..20).unwrap_or_default()))
            .map_err(|_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "The build could not be named."))
    }
}

/// A number that nobody else has: each state of a hash is seeded by the operating system.
fn chance() -> u128 {
    let half = || u128::from(RandomState::new().build_hasher().finish());
    half() << 64 | half()
}

/// The answer to a request that was sent before.
fn told_again(request: &BuildRequest, job: &Job) -> Result<BuildId, Problem> {
    if job.repository == request.repository && job.mode == request.mode {
        return Ok(job.build.clone());
    }
    Err(Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "That `Idempotency-Key` was sent with another request: use a new one.",
    ))
}

fn queued(request: &BuildRequest, now: i64) -> Job {
    Job {
        build: request.build.clone(),
        repository: request.repository.clone(),
        trigger: request.trigger,
        mode: request.mode,
        status: JobStatus::Queued,
        commit: None,
        progress: Default::default(),
        failure: None,
        started_at: now,
        ended_at: None,
    }
}

fn distinct(languages: &[Locale]) -> Vec<Locale> {
    let mut distinct = Vec::new();
    for language in languages {
        if !distinct.contains(language) {
            distinct.push(*language);
        }
    }
    distinct
}

/// A name that can be a branch, tag or commit, by Git's own rules as far as they keep it from being anything else.
fn revision(text: &str) -> Result<String, Problem> {
    let is_odd = |c: char| c.is_control() || c.is_whitespace() || "~^:?*[\\".contains(c);
    let valid = !text.is_empty()
        && text.len() <= LONGEST_REVISION
        && !text.starts_with(['-', '/', '.'])
        && !text.contains("..")
        && !text.contains("@{")
        && !text.contains(is_odd);
    if valid {
        Ok(text.to_owned())
    } else {
        Err(Problem::bad_request(
            "`revision` is no name of a branch, tag or commit.",
        ))
    }
}

fn checked(groups: &[String]) -> Result<BTreeSet<String>, Problem> {
    let groups: BTreeSet<String> = groups.iter().cloned().collect();
    if groups.len() > MOST_GROUPS || !groups.iter().all(|group| is_group_name(group)) {
        return Err(Problem::bad_request(format!(
            "`groups` takes {MOST_GROUPS} names at most, each of 1 to 128 characters without spaces and commas."
        )));
    }
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_a_name_and_nothing_else() {
        for name in [
            "main",
            "feature/x",
            "v1.2",
            "3f786850e387550fdab836ed7e6dc881de23001b",
            "日本",
        ] {
            assert_eq!(revision(name).as_deref(), Ok(name));
        }
        for name in [
            "",
            "-x",
            "--upload-pack=x",
            "a b",
            "a..b",
            "HEAD~1",
            "a:b",
            "/x",
            ".x",
            "a\nb",
            "x@{1}",
        ] {
            assert!(revision(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn chance_does_not_repeat() {
        let numbers: BTreeSet<u128> = (0..1000).map(|_| chance()).collect();
        assert_eq!(numbers.len(), 1000);
    }
}
