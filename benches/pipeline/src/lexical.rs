//! From a repository to its lexical index by the product's own stages: ingest, chunk, and index with a plan that has no
//! page and no graph. What is left out is what makes pages, and nothing else.

use std::{path::Path, sync::Arc};

use anyhow::Context;
use deepwiki_chunk::ChunkPorts;
use deepwiki_domain::{
    BuildId, RepositoryId,
    graph::{Graph, Ranks},
    job::BuildMode,
    manifest::Manifest,
    message::{ChunkInput, IndexInput, IngestInput, IngestOutput},
    plan::{PLAN_VERSION, Plan},
    source::RepositorySource,
};
use deepwiki_git::{GitOptions, GitSourceReader, NoCredentials};
use deepwiki_index::IndexPorts;
use deepwiki_ingest::{IngestLimits, IngestPorts};
use deepwiki_local::{LocalArtefacts, LocalData};
use deepwiki_ports::codec;
use deepwiki_search::EmbeddedSearch;
use futures::{StreamExt, TryStreamExt};
use rustix::time::{ClockId, clock_gettime};
use tokio::runtime::Runtime;

use crate::corpus::Parsed;

/// As the command does it.
const SHARDS_AT_A_TIME: usize = 2;
const SEARCH_CACHE: usize = 512 << 20;

struct Build {
    repository: RepositoryId,
    source: RepositorySource,
    id: BuildId,
    data: LocalData,
    artefacts: Arc<LocalArtefacts>,
}

/// Makes the lexical index of a repository below an empty data folder; prints the CPU seconds of each stage.
pub(crate) fn index(repository: &Path, data: &Path) -> anyhow::Result<()> {
    Runtime::new()?.block_on(async {
        let build = Build::start(repository, data).await?;
        let (ingested, manifest) = build.ingest().await?;
        let after_ingest = cpu_seconds();
        build.chunk(&manifest).await?;
        let after_chunk = cpu_seconds();
        build.index(&ingested, &manifest).await?;
        let (chunk, index) = (after_chunk - after_ingest, cpu_seconds() - after_chunk);
        println!(
            "{}",
            serde_json::json!({"ingest": after_ingest, "chunk": chunk, "index": index})
        );
        Ok(())
    })
}

/// What this process has used of the processors, all threads together.
fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Prints the files that the product reads and for which there is a grammar.
pub(crate) fn list_files(repository: &Path) -> anyhow::Result<()> {
    let data = std::env::temp_dir().join(format!("deepwiki-bench-{}", std::process::id()));
    let listed = Runtime::new()?.block_on(async {
        let (_, manifest) = Build::start(repository, &data).await?.ingest().await?;
        for file in &manifest.files {
            if file.language.and_then(Parsed::of).is_some() {
                println!("{}", file.path);
            }
        }
        anyhow::Ok(())
    });
    std::fs::remove_dir_all(data)?;
    listed
}

impl Build {
    async fn start(repository: &Path, data: &Path) -> anyhow::Result<Self> {
        let path = repository.canonicalize()?;
        let source = RepositorySource::local_path(path.to_str().context("a path that is not UTF-8")?)?;
        let data = LocalData::open(data).await?;
        Ok(Self {
            repository: source.repository_id(),
            source,
            id: BuildId::new("0000000001-lexical")?,
            artefacts: data.artefacts(),
            data,
        })
    }

    async fn ingest(&self) -> anyhow::Result<(IngestOutput, Manifest)> {
        let reader = GitSourceReader::new(GitOptions {
            local_paths: true,
            credentials: Arc::new(NoCredentials),
            ..GitOptions::default()
        });
        let ports = IngestPorts {
            source: &reader,
            artefacts: self.artefacts.as_ref(),
            limits: IngestLimits::default(),
        };
        let input = IngestInput {
            source: self.source.clone(),
            revision: None,
        };
        let output = deepwiki_ingest::ingest(&self.repository, &self.id, &input, &ports).await?;
        let manifest = codec::get_json(self.artefacts.as_ref(), &self.repository, &output.manifest).await?;
        Ok((output, manifest))
    }

    async fn chunk(&self, manifest: &Manifest) -> anyhow::Result<()> {
        let parts = manifest.shards.iter().map(|shard| {
            let (repository, artefacts) = (self.repository.clone(), Arc::clone(&self.artefacts));
            let input = ChunkInput {
                shard: shard.key.clone(),
            };
            tokio::spawn(async move {
                let ports = ChunkPorts {
                    artefacts: artefacts.as_ref(),
                };
                deepwiki_chunk::chunk_shard(&repository, BuildMode::Full, &input, ports).await
            })
        });
        let mut running = futures::stream::iter(parts).buffer_unordered(SHARDS_AT_A_TIME);
        while let Some(chunked) = running.try_next().await? {
            chunked?;
        }
        Ok(())
    }

    async fn index(&self, ingested: &IngestOutput, manifest: &Manifest) -> anyhow::Result<()> {
        let store = self.artefacts.as_ref();
        let plan = Plan {
            schema: PLAN_VERSION,
            repository: self.repository.clone(),
            commit: manifest.commit.clone(),
            pages: Vec::new(),
            names: codec::put_packed(store, &self.repository, &Vec::<u64>::new()).await?,
            graph: codec::put_packed(store, &self.repository, &Graph::default()).await?,
            ranks: codec::put_packed(store, &self.repository, &Ranks::default()).await?,
            outline: None,
            packages: None,
            homes: Vec::new(),
        };
        let input = IndexInput {
            manifest: ingested.manifest.clone(),
            plan: codec::put_json(store, &self.repository, &plan).await?,
            locales: Vec::new(),
        };
        let repositories = self.data.repositories();
        let search = EmbeddedSearch::new(self.data.artefacts(), SEARCH_CACHE);
        let ports = IndexPorts {
            artefacts: store,
            published: store,
            pages: repositories.as_ref(),
            search: &search,
            model: None,
            writer: "none",
        };
        deepwiki_index::index_build(&self.repository, &self.id, BuildMode::Full, &input, ports).await?;
        Ok(())
    }
}
