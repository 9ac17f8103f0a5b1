//! Deleting what no kept wiki needs.
//!
//! What is needed is found without knowing what the artefacts mean: from the kept generations, their pages and
//! the memos that their builds used, every key that stands in the bytes of an artefact is followed. Both
//! encodings (JSON, postcard) write a key as its 64 digits, so nothing that is referred to can be missed.

use std::{
    collections::{BTreeSet, HashSet},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use deepwiki_domain::{ArtefactKey, BuildId, Locale, RepositoryId, purge::Tally, repository::Generation};
use deepwiki_ports::Result;

use crate::{
    LocalData,
    artefacts::{modified, read_artefact, read_memo},
    files, purge,
    record::Published,
    repositories::State,
};

/// What was used or written this recently stays: something other than a build may be about to refer to it.
const GRACE: Duration = Duration::from_secs(3600);

/// What a collection deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Collected {
    /// Older wikis that cannot be read any more.
    pub generations: u64,
    /// Artefacts.
    pub artefacts: Tally,
    /// Notes of which inputs gave which artefact.
    pub memos: Tally,
    /// Lists of work items and of pages.
    pub lists: Tally,
    /// What interrupted writes left behind.
    pub leftovers: Tally,
}

impl LocalData {
    /// Keeps the newest `keep` wikis of a repository (the published one in any case) and all that building the
    /// next one can use again; deletes the rest. Refused while a build of it runs.
    pub async fn collect_garbage(&self, id: &RepositoryId, keep: usize) -> Result<Collected> {
        let id = id.clone();
        self.repositories
            .run(move |state| collect(state, &id, keep, GRACE))
            .await
    }
}

fn collect(state: &State, id: &RepositoryId, keep: usize, grace: Duration) -> Result<Collected> {
    let folder = state.folder(id);
    if folder.read()?.is_none() {
        return Ok(Collected::default());
    }
    let _lock = folder.lock()?;
    let Some(mut record) = folder.read()? else {
        return Ok(Collected::default());
    };
    purge::refuse_while_building(state, id, &record)?;
    let mut collected = Collected::default();
    let kept = keep.max(1);
    if record.generations.len() > kept {
        collected.generations = (record.generations.len() - kept) as u64;
        record.generations.truncate(kept);
        folder.write(&record)?;
    }
    let now = SystemTime::now();
    let recent = now.checked_sub(grace).unwrap_or(SystemTime::UNIX_EPOCH);
    remove_lists(state, id, &record.generations, &mut collected.lists)?;
    let derived = state.artefacts.folder(id);
    let oldest_use = record.generations.iter().map(|it| it.since).min();
    let wanted_since = oldest_use.map(|since| since.min(recent));
    let mut roots = roots(state, id, &record.generations)?;
    keep_memos(&derived.join("memos"), wanted_since, &mut roots, &mut collected)?;
    sweep(&derived, roots, recent, &mut collected)?;
    remove_leftovers(state, id, recent, &mut collected)?;
    Ok(collected)
}

/// Deletes the page lists of wikis that are not kept, and the work items of builds that are over.
fn remove_lists(state: &State, id: &RepositoryId, kept: &[Published], tally: &mut Tally) -> Result<()> {
    let builds: HashSet<&str> = kept.iter().map(|it| it.generation.build.as_str()).collect();
    let pages = state.folder(id).path("pages");
    for build in files::names(&pages)? {
        if !builds.contains(build.as_str()) {
            purge::delete(&pages.join(build), tally)?;
        }
    }
    purge::delete(&state.artefacts.folder(id).join("items"), tally)
}

/// The keys that the kept wikis begin with.
fn roots(state: &State, id: &RepositoryId, kept: &[Published]) -> Result<BTreeSet<ArtefactKey>> {
    let mut roots = BTreeSet::new();
    for Published { generation, .. } in kept {
        let Generation {
            build,
            manifest,
            plan,
            wikis,
            search,
            ..
        } = generation;
        roots.extend(
            [manifest, plan, search]
                .into_iter()
                .chain(wikis.values())
                .cloned(),
        );
        roots.extend(page_keys(state, id, build)?);
    }
    Ok(roots)
}

fn page_keys(state: &State, id: &RepositoryId, build: &BuildId) -> Result<Vec<ArtefactKey>> {
    let mut keys = Vec::new();
    for locale in Locale::ALL {
        keys.extend(state.pages(id, build, locale)?.into_iter().map(|page| page.page));
    }
    Ok(keys)
}

/// Deletes the memos that no kept wiki's build used; what the others stand for is needed. Where nothing was
/// published yet, every memo may help the build that was interrupted.
fn keep_memos(
    folder: &Path,
    wanted_since: Option<SystemTime>,
    roots: &mut BTreeSet<ArtefactKey>,
    collected: &mut Collected,
) -> Result<()> {
    for (path, name) in files_below(folder)? {
        let used = modified(&path).unwrap_or(SystemTime::UNIX_EPOCH);
        let unwanted = wanted_since.is_some_and(|since| used < since);
        if files::is_temporary(name.as_ref()) {
            remove_leftover(&path, wanted_since, collected)?;
        } else if unwanted {
            remove(&path, &mut collected.memos)?;
        } else {
            roots.extend(read_memo(&path)?);
        }
    }
    Ok(())
}

/// Follows the keys from the roots and deletes the artefacts that were not met.
fn sweep(
    folder: &Path,
    roots: BTreeSet<ArtefactKey>,
    recent: SystemTime,
    collected: &mut Collected,
) -> Result<()> {
    let mut unmet: std::collections::HashMap<ArtefactKey, PathBuf> = std::collections::HashMap::new();
    for (path, name) in files_below(folder)? {
        if files::is_temporary(name.as_ref()) {
            remove_leftover(&path, Some(recent), collected)?;
        } else if let Some(key) = name
            .strip_suffix(".zst")
            .and_then(|key| ArtefactKey::new(key).ok())
        {
            unmet.insert(key, path);
        }
    }
    let mut next: Vec<ArtefactKey> = roots.into_iter().collect();
    while let Some(key) = next.pop() {
        if let Some(path) = unmet.remove(&key) {
            let bytes = read_artefact(&path, &key)?;
            next.extend(keys_in(&bytes).filter(|key| unmet.contains_key(key)));
        }
    }
    for path in unmet.into_values() {
        if modified(&path).is_some_and(|written| written < recent) {
            remove(&path, &mut collected.artefacts)?;
        }
    }
    Ok(())
}

/// The artefact keys that stand in some bytes. What comes before a key is never a hex digit: a quote in JSON,
/// the length 64 in postcard. So a key is the beginning of a run of digits.
fn keys_in(bytes: &[u8]) -> impl Iterator<Item = ArtefactKey> {
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    bytes
        .split(move |byte| !is_digit(byte))
        .filter_map(|run| run.get(..64))
        .filter_map(|digits| ArtefactKey::new(std::str::from_utf8(digits).ok()?).ok())
}

/// The files of the folders in a folder, with their names.
fn files_below(folder: &Path) -> Result<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    for group in files::names(folder)?.into_iter().filter(|name| name.len() == 2) {
        let group = folder.join(group);
        found.extend(
            files::names(&group)?
                .into_iter()
                .map(|name| (group.join(&name), name)),
        );
    }
    Ok(found)
}

/// Deletes what killed processes left among the records: unfinished files, and lease files that nobody locks.
fn remove_leftovers(
    state: &State,
    id: &RepositoryId,
    recent: SystemTime,
    collected: &mut Collected,
) -> Result<()> {
    let folder = state.folder(id);
    for part in [folder.path(""), folder.path("jobs")] {
        for name in files::names(&part)? {
            if files::is_temporary(name.as_ref()) {
                remove_leftover(&part.join(name), Some(recent), collected)?;
            }
        }
    }
    for name in files::names(&folder.path("leases"))? {
        let Ok(build) = BuildId::new(name.as_str()) else {
            continue;
        };
        if !state.held.is_alive(&folder, id, &build)? {
            remove_leftover(&folder.path("leases").join(name), Some(recent), collected)?;
        }
    }
    Ok(())
}

fn remove_leftover(path: &Path, before: Option<SystemTime>, collected: &mut Collected) -> Result<()> {
    let old = modified(path)
        .zip(before)
        .is_some_and(|(written, before)| written < before);
    if old {
        remove(path, &mut collected.leftovers)
    } else {
        Ok(())
    }
}

fn remove(path: &Path, tally: &mut Tally) -> Result<()> {
    let bytes = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    if files::remove(path)? {
        tally.add(bytes);
    }
    Ok(())
}
