//! Repositories and folders of this machine.

use std::path::Path;

use deepwiki_domain::StageError;
use deepwiki_ports::{Result, Snapshot};
use gix::ObjectId;

use crate::{
    GitLimits,
    folder::FolderSnapshot,
    tree::{GitSnapshot, damaged},
};

/// No single allocation that a repository asks for may be larger than this: a small delta may stand on a huge base.
const LARGEST_OBJECT: &str = "gitoxide.objects.allocLimit=536870912";

/// A folder of this machine: a Git repository (with or without a work tree) where it is the top of one, else
/// a plain folder. A folder inside a work tree is read as a plain folder, with its files as they are now.
pub(crate) fn open(path: &str, revision: Option<&str>, limits: &GitLimits) -> Result<Box<dyn Snapshot>> {
    if let Some(repository) = find_repository(path)? {
        let commit = find_commit(&repository, path, revision)?;
        return Ok(Box::new(GitSnapshot::new(repository, commit, *limits, None)?));
    }
    refuse_revision(path, revision)?;
    Ok(Box::new(FolderSnapshot::read(Path::new(path), limits)?))
}

/// The commit that [`open`] would give.
pub(crate) fn resolve(path: &str, revision: Option<&str>, limits: &GitLimits) -> Result<ObjectId> {
    if let Some(repository) = find_repository(path)? {
        return find_commit(&repository, path, revision);
    }
    refuse_revision(path, revision)?;
    let folder = FolderSnapshot::read(Path::new(path), limits)?;
    ObjectId::from_hex(folder.commit().as_str().as_bytes()).map_err(damaged)
}

fn refuse_revision(path: &str, revision: Option<&str>) -> Result<()> {
    match revision {
        Some(_) => Err(StageError::invalid(format!(
            "`{path}` is a plain folder, not a Git repository: name no revision"
        ))),
        None => Ok(()),
    }
}

/// Opens the repository whose top is `path`; none where it is a plain folder.
fn find_repository(path: &str) -> Result<Option<gix::Repository>> {
    let folder = Path::new(path);
    let metadata = std::fs::metadata(folder).map_err(|error| {
        StageError::invalid(format!(
            "`{path}` cannot be read: check that the folder exists and is yours to read"
        ))
        .with_detail(error)
    })?;
    if !metadata.is_dir() {
        return Err(StageError::invalid(format!(
            "`{path}` is a file: name the folder of a repository"
        )));
    }
    let has = |name: &str| folder.join(name).symlink_metadata().is_ok();
    let bare = has("HEAD") && has("objects") && has("refs");
    if !bare && !has(".git") {
        return Ok(None);
    }
    open_isolated(folder).map(Some).map_err(|error| {
        StageError::invalid(format!(
            "the Git repository in `{path}` cannot be opened: check it with `git -C {path} fsck`"
        ))
        .with_detail(error)
    })
}

/// Opens with the repository's own configuration alone, of which nothing here runs or includes anything, and
/// without replacement objects, so that a commit is the same everywhere.
pub(crate) fn open_isolated(folder: &Path) -> std::result::Result<gix::Repository, impl std::fmt::Display> {
    isolated_options()
        .open(folder)
        .map(|repository| repository.to_thread_local())
}

/// See [`open_isolated`].
pub(crate) fn isolated_options() -> gix::open::Options {
    gix::open::Options::isolated()
        .with(gix::sec::Trust::Reduced)
        .permissions(gix::open::Permissions::isolated())
        .config_overrides([LARGEST_OBJECT, "core.useReplaceRefs=false"])
}

fn find_commit(repository: &gix::Repository, path: &str, revision: Option<&str>) -> Result<ObjectId> {
    let Some(revision) = revision else {
        return head_commit(repository, path);
    };
    let unknown = || {
        StageError::invalid(format!(
            "`{}` is no branch, tag or commit of `{path}`: check its name with `git -C {path} branch -a`",
            printable(revision)
        ))
    };
    let named = match ObjectId::from_hex(revision.as_bytes()) {
        Ok(id) => Some(id),
        Err(_) => find_reference(repository, revision).or_else(|| find_short(repository, revision)),
    };
    let object = repository
        .find_object(named.ok_or_else(unknown)?)
        .map_err(|error| unknown().with_detail(error))?;
    let commit = object
        .peel_to_commit()
        .map_err(|error| unknown().with_detail(error))?;
    Ok(commit.id)
}

fn head_commit(repository: &gix::Repository, path: &str) -> Result<ObjectId> {
    let head = repository.head().map_err(damaged)?;
    if head.is_unborn() {
        let branch = head
            .referent_name()
            .map(|name| name.shorten().to_string())
            .unwrap_or_default();
        return Err(StageError::invalid(format!(
            "branch `{}` of `{path}` has no commits: commit something, or name another branch with --revision",
            printable(&branch)
        )));
    }
    let mut head = head;
    Ok(head.peel_to_commit().map_err(damaged)?.id)
}

/// A branch, tag or remote branch, looked up in Git's own order.
fn find_reference(repository: &gix::Repository, name: &str) -> Option<ObjectId> {
    let mut reference = repository.try_find_reference(name).ok()??;
    Some(reference.peel_to_id().ok()?.detach())
}

/// A commit by the first digits of its id, where only one has them.
fn find_short(repository: &gix::Repository, digits: &str) -> Option<ObjectId> {
    let prefix = gix::hash::Prefix::from_hex(digits).ok()?;
    let mut candidates = std::collections::HashSet::new();
    repository
        .objects
        .lookup_prefix(prefix, Some(&mut candidates))
        .ok()?;
    let is_commit = |id: &ObjectId| {
        let header = repository.find_header(*id);
        header.is_ok_and(|header| header.kind() == gix::objs::Kind::Commit)
    };
    let mut commits = candidates.into_iter().filter(is_commit);
    let only = commits.next()?;
    commits.next().is_none().then_some(only)
}

/// A name as an error message may show it.
pub(crate) fn printable(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(100).collect()
}
