//! Repositories of Git hosts: a bare, shallow fetch of one commit into a temporary folder.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
};

use deepwiki_domain::{ErrorKind, StageError, source::RepositorySource};
use deepwiki_ports::{Result, Snapshot};
use gix::{
    ObjectId,
    protocol::handshake::Ref,
    remote::{Direction, fetch::Shallow, ref_map},
};
use gix_transport::{Protocol, client::blocking_io::http::Transport};

use crate::{
    Credential, GitLimits, GitOptions,
    http::{Budget, Client, Failure},
    local::{isolated_options, printable},
    tree::{GitSnapshot, damaged},
};

/// The name that the fetched commit has in the temporary repository.
const FETCHED: &str = "refs/deepwiki/commit";

/// No host has this name; asking for it besides a commit keeps the host from listing all that it has.
const NO_REF: &str = "refs/deepwiki/none";

/// A repository of a host, with all that is needed to talk to it.
pub(crate) struct Remote {
    /// What people know it by, for messages.
    name: String,
    url: String,
    trusted: bool,
    credential: Option<Credential>,
    limits: GitLimits,
    scratch: PathBuf,
    cancelled: Arc<AtomicBool>,
}

impl Remote {
    /// The place where the options have the source fetched from.
    pub(crate) fn new(
        source: &RepositorySource,
        options: &GitOptions,
        credential: Option<Credential>,
        cancelled: Arc<AtomicBool>,
    ) -> Result<Self> {
        let url = fetch_url(source, options.region.as_deref())?;
        let replaced = options.endpoints.iter().find_map(|endpoint| {
            let rest = url.strip_prefix(endpoint.from.as_str())?;
            Some(format!("{}{rest}", endpoint.to))
        });
        Ok(Self {
            name: source.url(),
            trusted: replaced.is_some(),
            url: replaced.unwrap_or(url),
            credential,
            limits: options.limits,
            scratch: options.scratch.clone().unwrap_or_else(std::env::temp_dir),
            cancelled,
        })
    }

    /// Fetches the commit that the revision stands for.
    pub(crate) fn open(mut self, revision: Option<&str>) -> Result<Box<dyn Snapshot>> {
        let folder = self.temporary_folder()?;
        let budget = Budget::new(&self.limits, self.cancelled.clone());
        let tip = self.find_tip(folder.path(), revision, &budget)?;
        let repository = init(&folder.path().join("repository"), tip.kind())?;
        self.ask(&budget, |remote| remote.fetch(&repository, tip, &budget))
            .map_err(|(failure, error)| match failure {
                None if revision.and_then(full_id).is_some() => self.not_given(tip).with_detail(error),
                failure => self.explain(failure, &error),
            })?;
        let commit = repository
            .find_object(tip)
            .and_then(|object| object.peel_to_commit())
            .map_err(|error| self.no_commit(revision).with_detail(error))?
            .id;
        Ok(Box::new(GitSnapshot::new(
            repository,
            commit,
            self.limits,
            Some(folder),
        )?))
    }

    /// Asks the host which commit the revision stands for. A full commit id stands for itself.
    pub(crate) fn resolve(mut self, revision: Option<&str>) -> Result<ObjectId> {
        if let Some(id) = revision.and_then(full_id) {
            return Ok(id);
        }
        let folder = self.temporary_folder()?;
        let budget = Budget::new(&self.limits, self.cancelled.clone());
        let refs = self.list_refs(folder.path(), revision, &budget)?;
        let (_, commit) = self.choose(&refs, revision)?;
        Ok(commit)
    }

    fn temporary_folder(&self) -> Result<tempfile::TempDir> {
        let folder = tempfile::Builder::new()
            .prefix("deepwiki-git-")
            .tempdir_in(&self.scratch);
        folder.map_err(|error| {
            StageError::transient("no temporary folder could be made: check the free space")
                .with_detail(error)
        })
    }

    /// The object to ask the host for. It may be a tag that stands before the commit: older hosts give out
    /// only what a branch or tag names itself.
    fn find_tip(&mut self, folder: &Path, revision: Option<&str>, budget: &Arc<Budget>) -> Result<ObjectId> {
        match revision.and_then(full_id) {
            Some(id) => Ok(id),
            None => {
                let refs = self.list_refs(folder, revision, budget)?;
                Ok(self.choose(&refs, revision)?.0)
            }
        }
    }

    /// Lists the branches and tags that the revision can mean.
    fn list_refs(&mut self, folder: &Path, revision: Option<&str>, budget: &Arc<Budget>) -> Result<Vec<Ref>> {
        let names = ref_names(revision).ok_or_else(|| self.no_commit(revision))?;
        let repository = init(&folder.join("probe"), gix::hash::Kind::Sha1)?;
        self.ask(budget, |remote| remote.try_list_refs(&repository, &names, budget))
            .map_err(|(failure, error)| self.explain(failure, &error))
    }

    /// Talks to the host. One that knows the repository only by a name that ends in `.git` is asked again with
    /// it, and from then on.
    fn ask<T>(
        &mut self,
        budget: &Budget,
        question: impl Fn(&Self) -> gix::Result<T>,
    ) -> std::result::Result<T, (Option<Failure>, gix::Error)> {
        let answer = question(self).map_err(|error| (budget.take_failure(), error));
        match answer {
            Err((Some(Failure::Status(404)), _)) if !self.url.ends_with(".git") => {
                self.url.push_str(".git");
                question(self).map_err(|error| (budget.take_failure(), error))
            }
            answer => answer,
        }
    }

    fn try_list_refs(
        &self,
        repository: &gix::Repository,
        names: &[String],
        budget: &Arc<Budget>,
    ) -> gix::Result<Vec<Ref>> {
        let remote = repository
            .remote_at(self.url.as_str())?
            .with_fetch_tags(gix::remote::fetch::Tags::None)
            .with_refspecs(names.iter().map(String::as_str), Direction::Fetch)?;
        let connection = remote
            .to_connection_with_transport(self.transport(budget)?)
            .with_credentials(|_| Ok(None));
        let (map, _) = connection.ref_map(gix::progress::Discard, ref_map::Options::default())?;
        Ok(map.remote_refs)
    }

    fn fetch(&self, repository: &gix::Repository, tip: ObjectId, budget: &Arc<Budget>) -> gix::Result {
        let spec = format!("+{tip}:{FETCHED}");
        let remote = repository
            .remote_at(self.url.as_str())?
            .with_fetch_tags(gix::remote::fetch::Tags::None)
            .with_refspecs([spec.as_str()], Direction::Fetch)?;
        let nothing = gix::refspec::parse(NO_REF.into(), gix::refspec::parse::Operation::Fetch)?;
        let options = ref_map::Options {
            extra_refspecs: vec![nothing.to_owned()],
            ..ref_map::Options::default()
        };
        remote
            .to_connection_with_transport(self.transport(budget)?)
            .with_credentials(|_| Ok(None))
            .prepare_fetch(gix::progress::Discard, options)?
            .with_shallow(Shallow::DepthAtRemote(std::num::NonZeroU32::MIN))
            .receive(gix::progress::Discard, &self.cancelled)?;
        Ok(())
    }

    fn transport(&self, budget: &Arc<Budget>) -> gix::Result<Transport<Client>> {
        let client = Client::new(self.credential.as_ref(), self.trusted, budget.clone());
        let url = gix::url::parse(self.url.as_str())?;
        Ok(Transport::new_http(client, url, Protocol::V2, false))
    }

    /// What to ask for, and the commit where the host says it. Tags go before branches, as everywhere in Git.
    fn choose(&self, refs: &[Ref], revision: Option<&str>) -> Result<(ObjectId, ObjectId)> {
        let names = ref_names(revision).unwrap_or_default();
        let chosen = names
            .iter()
            .find_map(|name| refs.iter().find_map(|known| target(known, name)));
        match (chosen, revision) {
            (Some(chosen), _) => Ok(chosen),
            (None, Some(_)) => Err(self.no_commit(revision)),
            (None, None) => Err(StageError::invalid(format!(
                "{} has no default branch with commits: push something, or name a branch",
                self.name
            ))),
        }
    }

    fn no_commit(&self, revision: Option<&str>) -> StageError {
        StageError::invalid(format!(
            "`{}` is no branch, tag or full commit id of {}: check its name",
            printable(revision.unwrap_or("HEAD")),
            self.name
        ))
    }

    fn not_given(&self, commit: ObjectId) -> StageError {
        StageError::invalid(format!(
            "the host does not give out commit {commit} of {}: check that it exists, or name a branch or tag",
            self.name
        ))
    }

    /// Says what to do about a fetch that failed.
    fn explain(&self, failure: Option<Failure>, error: &gix::Error) -> StageError {
        let name = &self.name;
        let invalid = |text: String| StageError::invalid(text).with_detail(error);
        match failure {
            Some(Failure::Status(401 | 403)) if self.credential.is_some() => {
                invalid(format!("the host refuses the stored credentials for {name}: renew them or their rights"))
            }
            Some(Failure::Status(401 | 403)) => {
                invalid(format!("the host asks for credentials for {name}: store a token that may read it"))
            }
            Some(Failure::Status(404)) => invalid(format!(
                "the host does not show {name}: check the URL, or store a token where the repository is private"
            )),
            Some(Failure::Status(429)) => {
                StageError::new(ErrorKind::Throttled(None), format!("the host of {name} asks to slow down"))
            }
            Some(Failure::Status(status)) if status < 500 => {
                invalid(format!("the host answers {status} for {name}: check that the URL is that of a Git repository"))
            }
            Some(Failure::PrivateAddress) => invalid(format!(
                "the host of {name} has a private or local address: only public hosts are allowed"
            )),
            Some(Failure::Redirected) => {
                invalid(format!("the host of {name} points to another place: register that URL instead"))
            }
            Some(Failure::TooLarge) => StageError::permanent(format!(
                "{name} is larger than the limit of {} MB for one fetch",
                self.limits.fetch_bytes >> 20
            )),
            Some(Failure::Untrusted(detail)) => {
                StageError::invalid(format!("the certificate of the host of {name} is not trusted")).with_detail(detail)
            }
            Some(Failure::Connection(detail)) => {
                StageError::transient(format!("the connection to the host of {name} failed")).with_detail(detail)
            }
            Some(Failure::UnknownHost) => StageError::transient(format!("the host of {name} cannot be found")),
            Some(Failure::TooSlow) => StageError::transient(format!("the host of {name} took too long")),
            Some(Failure::Cancelled) => StageError::transient(format!("fetching {name} was given up")),
            Some(Failure::Status(_)) => {
                StageError::transient(format!("the host of {name} has a problem of its own")).with_detail(error)
            }
            None => StageError::permanent(format!(
                "the host of {name} gave no usable answer: check that the URL is that of a Git repository and that \
                 the revision is a branch, tag or commit of it"
            ))
            .with_detail(error),
        }
    }
}

/// The URL of a source's Git service.
fn fetch_url(source: &RepositorySource, region: Option<&str>) -> Result<String> {
    match source {
        RepositorySource::GitHub { owner, name } => Ok(format!("https://github.com/{owner}/{name}.git")),
        RepositorySource::Https(url) => Ok(url.clone()),
        RepositorySource::CodeCommit { region: own, name } => {
            let region = own.as_deref().or(region).ok_or_else(|| {
                StageError::invalid(format!(
                    "the region of codecommit://{name} is not known: write codecommit::<region>://{name}"
                ))
            })?;
            Ok(format!(
                "https://git-codecommit.{region}.amazonaws.com/v1/repos/{name}"
            ))
        }
        RepositorySource::Path(_) => Err(StageError::invalid("a folder has no host")),
    }
}

/// A commit id of full length.
fn full_id(revision: &str) -> Option<ObjectId> {
    ObjectId::from_hex(revision.as_bytes()).ok()
}

/// The full names that a revision can stand for, the first that exists wins; none where no name can be so.
fn ref_names(revision: Option<&str>) -> Option<Vec<String>> {
    let Some(revision) = revision.filter(|revision| *revision != "HEAD") else {
        return Some(vec!["HEAD".to_owned()]);
    };
    let names = if revision.starts_with("refs/") {
        vec![revision.to_owned()]
    } else {
        vec![format!("refs/tags/{revision}"), format!("refs/heads/{revision}")]
    };
    let valid = |name: &String| gix::refs::FullName::try_from(name.as_str()).is_ok();
    names.iter().all(valid).then_some(names)
}

/// What a reference of this name points to: the object itself, and what it stands for.
fn target(known: &Ref, wanted: &str) -> Option<(ObjectId, ObjectId)> {
    match known {
        Ref::Peeled {
            full_ref_name,
            tag,
            object,
        } if *full_ref_name == wanted => Some((*tag, *object)),
        Ref::Direct {
            full_ref_name,
            object,
        } if *full_ref_name == wanted => Some((*object, *object)),
        Ref::Symbolic {
            full_ref_name,
            tag,
            object,
            ..
        } if *full_ref_name == wanted => Some((tag.unwrap_or(*object), *object)),
        _ => None,
    }
}

fn init(folder: &Path, hash: gix::hash::Kind) -> Result<gix::Repository> {
    let options = gix::create::Options {
        object_hash: Some(hash),
        ..gix::create::Options::default()
    };
    gix::ThreadSafeRepository::init_opts(folder, gix::create::Kind::Bare, options, isolated_options())
        .map(|repository| repository.to_thread_local())
        .map_err(damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_become_names_that_a_host_can_be_asked_for() {
        assert_eq!(ref_names(None).unwrap(), ["HEAD"]);
        assert_eq!(ref_names(Some("v1")).unwrap(), ["refs/tags/v1", "refs/heads/v1"]);
        assert_eq!(ref_names(Some("refs/pull/1/head")).unwrap(), ["refs/pull/1/head"]);
        for bad in [
            "",
            "*",
            "a b",
            "a..b",
            "-x:y",
            "a\nb",
            "main~1",
            "x^",
            "refs/heads/*",
        ] {
            assert_eq!(ref_names(Some(bad)), None, "{bad:?}");
        }
    }

    #[test]
    fn every_source_has_its_url() {
        let url = |text: &str, region| fetch_url(&RepositorySource::parse_url(text).unwrap(), region);
        assert_eq!(
            url("https://github.com/a/b", None).unwrap(),
            "https://github.com/a/b.git"
        );
        assert_eq!(
            url("https://gitlab.com/a/b.git", None).unwrap(),
            "https://gitlab.com/a/b"
        );
        assert_eq!(
            url("codecommit://demo", Some("eu-west-1")).unwrap(),
            "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/demo"
        );
        assert!(url("codecommit://demo", None).is_err());
    }
}
