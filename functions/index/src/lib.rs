//! The index stage, and publishing.
//!
//! Index gathers a build's pages into the export of each language, checks what only the whole can show, makes the
//! search generation, and puts all that readers need where readers look. Publish then moves the repository's
//! pointer, in one conditional write: readers see the old wiki whole or the new wiki whole.

mod documents;
mod gather;

use std::collections::BTreeMap;

use deepwiki_domain::{
    ArtefactKey, BuildId, RepositoryId, StageError,
    job::BuildMode,
    manifest::Manifest,
    memo,
    message::{IndexInput, IndexOutput, PublishInput, PublishOutput},
    plan::Plan,
    repository::Generation,
    wiki::{Edition, PageEntry},
};
use deepwiki_ports::{ArtefactStore, Clock, PageCatalog, Repositories, Result, SearchIndex, codec};

/// What the index stage needs of the outside.
#[derive(Clone, Copy)]
pub struct IndexPorts<'a> {
    /// What the other stages made.
    pub artefacts: &'a dyn ArtefactStore,
    /// Where readers look. May be the same store.
    pub published: &'a dyn ArtefactStore,
    /// The list of pages.
    pub pages: &'a dyn PageCatalog,
    /// Full text search.
    pub search: &'a dyn SearchIndex,
    /// The model whose vectors go into the search generation; none where search is lexical.
    pub model: Option<&'a str>,
    /// The writer whose pages are gathered, as [`deepwiki_domain::memo::page`] knows it.
    pub writer: &'a str,
}

/// Makes everything that publishing needs, unless an earlier build has made the same and the mode lets us use it.
/// `Transient` where a page has not been written yet.
pub async fn index_build(
    repository: &RepositoryId,
    build: &BuildId,
    mode: BuildMode,
    input: &IndexInput,
    ports: IndexPorts<'_>,
) -> Result<IndexOutput> {
    let store = ports.artefacts;
    let memo = memo::edition(&input.plan, &input.locales, ports.writer);
    // With a model the same pages may have more vectors than last time.
    if mode == BuildMode::Incremental
        && ports.model.is_none()
        && let Some(key) = store.recall(repository, &memo).await?
    {
        let edition: Edition = codec::get_json(store, repository, &key).await?;
        for (locale, list) in &edition.lists {
            let entries: Vec<PageEntry> = codec::get_json(store, repository, list).await?;
            ports.pages.put(repository, build, *locale, &entries).await?;
        }
        return Ok(IndexOutput { edition: key });
    }
    let edition = make_edition(repository, build, input, ports).await?;
    let key = codec::put_json(store, repository, &edition).await?;
    if ports.model.is_none() {
        store.remember(repository, &memo, &key).await?;
    }
    Ok(IndexOutput { edition: key })
}

async fn make_edition(
    repository: &RepositoryId,
    build: &BuildId,
    input: &IndexInput,
    ports: IndexPorts<'_>,
) -> Result<Edition> {
    let store = ports.artefacts;
    let manifest: Manifest = codec::get_json(store, repository, &input.manifest).await?;
    let plan: Plan = codec::get_json(store, repository, &input.plan).await?;
    let (mut wikis, mut lists) = (BTreeMap::new(), BTreeMap::new());
    let mut documents = Vec::new();
    for locale in &input.locales {
        let gathered = gather::wiki(repository, &manifest, &plan, *locale, ports).await?;
        documents.extend(gathered.documents);
        let wiki = codec::put_json(ports.published, repository, &gathered.wiki).await?;
        wikis.insert(*locale, wiki);
        let list = codec::put_json(store, repository, &gathered.entries).await?;
        lists.insert(*locale, list);
        ports
            .pages
            .put(repository, build, *locale, &gathered.entries)
            .await?;
    }
    documents::of_sources(repository, &manifest, &plan, ports, &mut documents).await?;
    let search = ports
        .search
        .build(repository, &manifest.commit, documents, ports.model)
        .await?;
    copy_for_readers(repository, &manifest, &plan, input, ports).await?;
    Ok(Edition {
        commit: manifest.commit,
        commit_time: manifest.commit_time,
        manifest: input.manifest.clone(),
        plan: input.plan.clone(),
        wikis,
        lists,
        search,
        packages: plan.packages.clone(),
    })
}

/// Readers open the manifest, the plan with what belongs to it, and the source text from where they look.
async fn copy_for_readers(
    repository: &RepositoryId,
    manifest: &Manifest,
    plan: &Plan,
    input: &IndexInput,
    ports: IndexPorts<'_>,
) -> Result<()> {
    if std::ptr::addr_eq(ports.artefacts, ports.published) {
        return Ok(());
    }
    let shards = manifest.shards.iter().map(|shard| &shard.key);
    let keys: Vec<&ArtefactKey> = [&input.manifest, &input.plan, &plan.graph]
        .into_iter()
        .chain(&plan.outline)
        .chain(&plan.packages)
        .chain(shards)
        .collect();
    for key in keys {
        let bytes = ports.artefacts.get(repository, key).await?;
        ports.published.put(repository, &bytes).await?;
    }
    Ok(())
}

/// What publishing needs of the outside.
#[derive(Clone, Copy)]
pub struct PublishPorts<'a> {
    /// Where the edition is.
    pub artefacts: &'a dyn ArtefactStore,
    /// The pointer.
    pub repositories: &'a dyn Repositories,
    /// Full text search, which forgets the generations before.
    pub search: &'a dyn SearchIndex,
    /// When.
    pub clock: &'a dyn Clock,
}

/// Moves the repository's pointer to a finished edition. Done twice, it moves once.
pub async fn publish_build(
    repository: &RepositoryId,
    build: &BuildId,
    input: &PublishInput,
    ports: PublishPorts<'_>,
) -> Result<PublishOutput> {
    let edition: Edition = codec::get_json(ports.artefacts, repository, &input.edition).await?;
    if edition.wikis.is_empty() {
        return Err(StageError::permanent(
            "the build made no wiki: build the repository again",
        ));
    }
    let generation = Generation {
        build: build.clone(),
        commit: edition.commit.clone(),
        commit_time: edition.commit_time,
        trigger: input.trigger,
        published_at: ports.clock.now(),
        manifest: edition.manifest,
        plan: edition.plan,
        wikis: edition.wikis,
        search: edition.search,
        packages: edition.packages,
    };
    let moved = ports.repositories.publish(repository, &generation).await?;
    // Readers have the new wiki; what is left over of the old goes with the next build.
    if let Err(error) = ports
        .search
        .retain(repository, std::slice::from_ref(&generation.search))
        .await
    {
        tracing::warn!(%repository, detail = error.detail, "the old search generation stays for now: {error}");
    }
    Ok(PublishOutput {
        commit: edition.commit,
        moved,
    })
}
