//! The wikis that a repository has had, and what changed from one to another.

use std::{collections::BTreeMap, sync::Arc};

use deepwiki_domain::{
    ArtefactKey, Locale, RepositoryId, Slug,
    changes::{self, Changes, Side},
    outline::Outline,
    page::Page,
    plan::Plan,
    repository::{Generation, Repository},
    wiki::PageEntry,
};
use deepwiki_ports::codec;
use futures::{StreamExt, TryStreamExt, stream};

use super::{Edition, Library, Wish, locale_of, not_built};
use crate::Problem;

/// How many pages are fetched at the same time.
const FETCHES: usize = 8;

/// The fewest digits by which a commit is found.
const SHORTEST_COMMIT: usize = 7;

impl Library {
    /// The wikis of a repository that can be read, the newest first.
    pub(crate) async fn versions(&self, id: &RepositoryId) -> Result<(Repository, Vec<Generation>), Problem> {
        let repository = self.repository(id).await?;
        let mut versions = self.ports.versions.list(id).await?;
        // Published after the list was read, or by a program that kept none.
        if let Some(published) = &repository.published
            && versions.iter().all(|version| version.build != published.build)
        {
            versions.insert(0, published.clone());
        }
        Ok((repository, versions))
    }

    /// The wiki of one build, by its id, or the newest of a commit, by at least seven digits of it.
    pub(super) async fn version(&self, repository: &Repository, wanted: &str) -> Result<Generation, Problem> {
        let (_, versions) = self.versions(&repository.id).await?;
        find_version(&versions, wanted).cloned().ok_or_else(|| {
            Problem::not_found(format!(
                "No wiki of `{}` is kept for that build or commit. GET /repos/{}/versions lists those that are.",
                repository.id, repository.id
            ))
        })
    }

    /// What changed between two builds; without a wish, between the published one and the one before it.
    pub(crate) async fn changes(
        &self,
        id: &RepositoryId,
        from: Option<&str>,
        to: Option<&str>,
        wish: Wish<'_>,
    ) -> Result<Changes, Problem> {
        let (repository, versions) = self.versions(id).await?;
        let after = match to {
            Some(to) => self.version(&repository, to).await?,
            None => repository.published.clone().ok_or_else(|| not_built(id))?,
        };
        let before = match from {
            Some(from) => self.version(&repository, from).await?,
            None => before(&versions, &after).cloned().ok_or_else(|| {
                Problem::not_found(format!(
                    "No earlier wiki of `{id}` is kept, so that there is nothing to compare with."
                ))
            })?,
        };
        let language = shared_locale(&before, &after, id, wish)?;
        let [before, after] = [before, after].map(|generation| Edition {
            repository: repository.clone(),
            generation,
            locale: language,
        });
        self.compare(&before, &after, language).await
    }

    async fn compare(&self, before: &Edition, after: &Edition, language: Locale) -> Result<Changes, Problem> {
        let (old, new) = (self.pages(before).await?, self.pages(after).await?);
        let (old_keys, new_keys) = changes::unequal(&old, &new);
        let old_pages = self.texts(before, old_keys).await?;
        let new_pages = self.texts(after, new_keys).await?;
        let manifests = [
            self.manifest(&before.repository.id, &before.generation).await?,
            self.manifest(&after.repository.id, &after.generation).await?,
        ];
        let outlines = (self.outline(before).await?, self.outline(after).await?);
        let validity = [
            self.wiki_head(before).await?.validity,
            self.wiki_head(after).await?.validity,
        ];
        let [manifest_before, manifest_after] = &manifests;
        let before = Side {
            generation: &before.generation,
            manifest: manifest_before,
            outline: outlines.0.as_deref(),
            entries: &old,
            pages: &old_pages,
            validity: validity[0],
        };
        let after = Side {
            generation: &after.generation,
            manifest: manifest_after,
            outline: outlines.1.as_deref(),
            entries: &new,
            pages: &new_pages,
            validity: validity[1],
        };
        Ok(Changes::between(&before, &after, language))
    }

    async fn texts(
        &self,
        edition: &Edition,
        entries: Vec<&PageEntry>,
    ) -> Result<BTreeMap<Slug, Page>, Problem> {
        let keys: Vec<(Slug, ArtefactKey)> = entries
            .into_iter()
            .map(|entry| (entry.slug.clone(), entry.page.clone()))
            .collect();
        stream::iter(keys)
            .map(async |(slug, key)| Ok((slug, self.page_by_key(edition, &key).await?.as_ref().clone())))
            .buffered(FETCHES)
            .try_collect()
            .await
    }

    /// What the files of a build define, where it noted that.
    async fn outline(&self, edition: &Edition) -> Result<Option<Arc<Outline<'static>>>, Problem> {
        let (store, id) = (self.ports.artefacts.as_ref(), &edition.repository.id);
        let plan: Plan = codec::get_json(store, id, &edition.generation.plan).await?;
        match plan.outline {
            Some(key) => Ok(Some(Arc::new(codec::get_packed(store, id, &key).await?))),
            None => Ok(None),
        }
    }
}

/// A build by its id, or the newest of a commit.
pub(crate) fn find_version<'a>(versions: &'a [Generation], wanted: &str) -> Option<&'a Generation> {
    let by_id = versions.iter().find(|version| version.build.as_str() == wanted);
    let of_commit = |version: &&Generation| {
        wanted.len() >= SHORTEST_COMMIT && version.commit.as_str().starts_with(wanted)
    };
    by_id.or_else(|| versions.iter().find(of_commit))
}

/// The newest version that is older than this one and describes another commit, else the one before it.
fn before<'a>(versions: &'a [Generation], after: &Generation) -> Option<&'a Generation> {
    let at = versions.iter().position(|version| version.build == after.build)?;
    let older = versions.get(at + 1..)?;
    let other_commit = older.iter().find(|version| version.commit != after.commit);
    other_commit.or_else(|| older.first())
}

/// The language in which both are written.
fn shared_locale(
    before: &Generation,
    after: &Generation,
    id: &RepositoryId,
    wish: Wish<'_>,
) -> Result<Locale, Problem> {
    let mut shared = after.clone();
    shared.wikis.retain(|locale, _| before.wikis.contains_key(locale));
    if shared.wikis.is_empty() {
        return Err(Problem::not_found(format!(
            "These two wikis of `{id}` share no language, so that they cannot be compared."
        )));
    }
    locale_of(&shared, id, wish)
}
