//! What a build makes when nothing fails: the stages one after the other.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, OnceLock},
};

use deepwiki_chunk::{ChunkPorts, chunk_shard};
use deepwiki_domain::{
    BuildId, CommitId, Locale,
    job::BuildMode,
    manifest::Manifest,
    message::{ChunkInput, GenerateInput, IndexInput, IngestInput, PlanInput},
    plan::Plan,
    source::RepositorySource,
    wiki::Edition,
};
use deepwiki_generate::{GeneratePorts, SourceLibrary, Writer, generate_page};
use deepwiki_index::{IndexPorts, index_build};
use deepwiki_ingest::{IngestLimits, IngestPorts, ingest};
use deepwiki_local::LocalData;
use deepwiki_plan::{PlanPorts, plan_wiki};
use deepwiki_ports::{ArtefactStore, codec};
use deepwiki_search::EmbeddedSearch;

use crate::source::Origin;

/// The bytes of the `wiki.json` of each language.
pub(crate) type Wikis = BTreeMap<Locale, Vec<u8>>;

/// The wikis of a commit; made once a process.
pub(crate) async fn wikis(origin: &Origin, source: &RepositorySource, commit: &CommitId) -> Arc<Wikis> {
    type Known = Mutex<HashMap<CommitId, Arc<Wikis>>>;
    static KNOWN: OnceLock<Known> = OnceLock::new();
    let known = KNOWN.get_or_init(Known::default);
    let found = known.lock().unwrap().get(commit).cloned();
    match found {
        Some(wikis) => wikis,
        None => {
            let made = Arc::new(make(origin, source, commit).await);
            known.lock().unwrap().insert(commit.clone(), Arc::clone(&made));
            made
        }
    }
}

async fn make(origin: &Origin, source: &RepositorySource, commit: &CommitId) -> Wikis {
    let folder = tempfile::tempdir().unwrap();
    let data = LocalData::open(folder.path()).await.unwrap();
    let (store, records) = (data.artefacts(), data.repositories());
    let (repository, build) = (source.repository_id(), BuildId::new("reference").unwrap());
    let (mode, locales) = (BuildMode::Full, Locale::ALL.to_vec());
    let input = IngestInput {
        source: source.clone(),
        revision: Some(commit.as_str().to_owned()),
    };
    let ports = IngestPorts {
        source: origin,
        artefacts: &*store,
        limits: IngestLimits::default(),
    };
    let manifest = ingest(&repository, &build, &input, &ports)
        .await
        .unwrap()
        .manifest;
    let read: Manifest = codec::get_json(&*store, &repository, &manifest).await.unwrap();
    for shard in &read.shards {
        let input = ChunkInput {
            shard: shard.key.clone(),
        };
        let ports = ChunkPorts { artefacts: &*store };
        chunk_shard(&repository, mode, &input, ports).await.unwrap();
    }
    let input = PlanInput {
        manifest: manifest.clone(),
        locales: locales.clone(),
    };
    let ports = PlanPorts { artefacts: &*store };
    let plan = plan_wiki(&repository, &build, mode, &input, ports)
        .await
        .unwrap()
        .plan;
    let planned: Plan = codec::get_json(&*store, &repository, &plan).await.unwrap();
    let library = SourceLibrary::default();
    for locale in &locales {
        for page in &planned.pages {
            let input = GenerateInput {
                manifest: manifest.clone(),
                plan: plan.clone(),
                brief: page.brief.clone(),
                locale: *locale,
            };
            let ports = GeneratePorts {
                artefacts: &*store,
                library: &library,
            };
            generate_page(&repository, mode, &input, &Writer::Structural, ports)
                .await
                .unwrap();
        }
    }
    let search = EmbeddedSearch::new(store.clone(), 0);
    let ports = IndexPorts {
        artefacts: &*store,
        published: &*store,
        pages: &*records,
        search: &search,
        model: None,
        writer: Writer::Structural.id(),
    };
    let input = IndexInput {
        manifest,
        plan,
        locales,
    };
    let edition = index_build(&repository, &build, mode, &input, ports)
        .await
        .unwrap()
        .edition;
    let edition: Edition = codec::get_json(&*store, &repository, &edition).await.unwrap();
    let mut wikis = Wikis::new();
    for (locale, key) in &edition.wikis {
        wikis.insert(*locale, store.get(&repository, key).await.unwrap());
    }
    wikis
}
