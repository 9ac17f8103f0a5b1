//! What the gate knows of a commit: its files, lines and names, read once a process and kept within bounds.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use deepwiki_domain::{
    ArtefactKey, LinedText, RepoPath, RepositoryId, Slug,
    facts::{Lines, name_hash},
    gate::Evidence,
    manifest::{Manifest, Shard},
    message::GenerateInput,
    page::Page,
    plan::Plan,
};
use deepwiki_ports::{ArtefactStore, Result, codec};

/// How many bytes of source text a process keeps between pages.
const KEPT_BYTES: u64 = 64 << 20;

/// Manifests, plans and shards that pages of one build share.
#[derive(Default)]
pub struct SourceLibrary {
    ground: Mutex<Option<Arc<Ground>>>,
    shards: Mutex<VecDeque<(ArtefactKey, Arc<Shard>, u64)>>,
}

/// What is the same for every page of a build.
struct Ground {
    key: (ArtefactKey, ArtefactKey),
    manifest: Manifest,
    names: Vec<u64>,
    slugs: BTreeSet<Slug>,
}

impl SourceLibrary {
    /// Everything that the gate will ask about statements that cite these files.
    pub(crate) async fn evidence_for(
        &self,
        store: &dyn ArtefactStore,
        repository: &RepositoryId,
        input: &GenerateInput,
        files: BTreeSet<RepoPath>,
    ) -> Result<PageEvidence> {
        let ground = self.ground(store, repository, input).await?;
        let mut texts = BTreeMap::new();
        for path in files {
            let Some(entry) = ground.manifest.file(path.as_str()) else {
                continue;
            };
            let at = usize::try_from(entry.shard).unwrap_or(usize::MAX);
            let Some(shard) = ground.manifest.shards.get(at) else {
                continue;
            };
            let shard = self.shard(store, repository, &shard.key, shard.bytes).await?;
            if let Some(text) = LinedText::new(shard, &path) {
                texts.insert(path, text);
            }
        }
        Ok(PageEvidence { ground, texts })
    }

    async fn ground(
        &self,
        store: &dyn ArtefactStore,
        repository: &RepositoryId,
        input: &GenerateInput,
    ) -> Result<Arc<Ground>> {
        let key = (input.manifest.clone(), input.plan.clone());
        let kept = self.ground.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(ground) = kept.filter(|ground| ground.key == key) {
            return Ok(ground);
        }
        let manifest: Manifest = codec::get_json(store, repository, &input.manifest).await?;
        let plan: Plan = codec::get_json(store, repository, &input.plan).await?;
        let names: Vec<u64> = codec::get_packed(store, repository, &plan.names).await?;
        let slugs = plan.pages.into_iter().map(|page| page.slug).collect();
        let ground = Arc::new(Ground {
            key,
            manifest,
            names,
            slugs,
        });
        *self.ground.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&ground));
        Ok(ground)
    }

    async fn shard(
        &self,
        store: &dyn ArtefactStore,
        repository: &RepositoryId,
        key: &ArtefactKey,
        bytes: u64,
    ) -> Result<Arc<Shard>> {
        if let Some(shard) = self.kept_shard(key) {
            return Ok(shard);
        }
        let shard: Arc<Shard> = Arc::new(codec::get_packed(store, repository, key).await?);
        let mut shards = self.shards.lock().unwrap_or_else(PoisonError::into_inner);
        shards.push_front((key.clone(), Arc::clone(&shard), bytes));
        while shards.len() > 1 && shards.iter().map(|(_, _, bytes)| bytes).sum::<u64>() > KEPT_BYTES {
            shards.pop_back();
        }
        Ok(shard)
    }

    fn kept_shard(&self, key: &ArtefactKey) -> Option<Arc<Shard>> {
        let mut shards = self.shards.lock().unwrap_or_else(PoisonError::into_inner);
        let at = shards.iter().position(|(kept, _, _)| kept == key)?;
        let found = shards.remove(at)?;
        let shard = Arc::clone(&found.1);
        shards.push_front(found);
        Some(shard)
    }
}

/// The evidence for one page.
pub(crate) struct PageEvidence {
    ground: Arc<Ground>,
    texts: BTreeMap<RepoPath, LinedText>,
}

impl Evidence for PageEvidence {
    fn line_count(&self, path: &RepoPath) -> Option<u32> {
        self.ground.manifest.file(path.as_str()).map(|entry| entry.lines)
    }

    fn text(&self, path: &RepoPath, lines: Lines) -> Option<&str> {
        self.texts.get(path)?.lines(lines)
    }

    fn has_name(&self, name: &str) -> bool {
        self.ground.names.binary_search(&name_hash(name)).is_ok()
    }

    fn has_path(&self, path: &str) -> bool {
        let files = &self.ground.manifest.files;
        let folder = format!("{path}/");
        let after = files.partition_point(|file| file.path.as_str() < folder.as_str());
        self.ground.manifest.file(path).is_some()
            || files
                .get(after)
                .is_some_and(|file| file.path.as_str().starts_with(&folder))
    }

    fn has_page(&self, slug: &Slug) -> bool {
        self.ground.slugs.contains(slug)
    }
}

/// The files that a page cites.
pub(crate) fn cited_files(page: &Page) -> BTreeSet<RepoPath> {
    page.sections
        .iter()
        .flat_map(|section| section.citations())
        .map(|citation| citation.path.clone())
        .collect()
}
