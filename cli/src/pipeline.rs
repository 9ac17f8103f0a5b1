//! The stages of a build, one after the other in this process. What each does is in its own crate; here is only
//! the order, the fan-out, and what a person is told.

use std::{future::Future, sync::Arc, time::Duration};

use deepwiki_chunk::ChunkPorts;
use deepwiki_domain::{
    ArtefactKey, CommitId, StageError,
    job::{BuildMode, BuildRequest, Stage, StageProgress, Usage},
    manifest::Manifest,
    memo,
    message::{ChunkInput, GenerateInput, IndexInput, IngestInput, PlanInput, PublishInput},
    plan::Plan,
};
use deepwiki_embed::EmbedPorts;
use deepwiki_generate::{GeneratePorts, SourceLibrary, Writer};
use deepwiki_index::{IndexPorts, PublishPorts};
use deepwiki_ingest::{IngestLimits, IngestPorts};
use deepwiki_model::Purse;
use deepwiki_plan::PlanPorts;
use deepwiki_ports::{ArtefactStore, Embedder, Jobs, Result, SourceReader, clock::SystemClock, codec};
use futures::{StreamExt, stream::FuturesUnordered};
use tokio::time::Instant;

use crate::{library::Library, progress::Progress};

/// Shards read at a time: one is parsed on all cores while the next is fetched.
const SHARDS_AT_A_TIME: usize = 2;

/// How long a build embeds at most.
const EMBED_TIME: Duration = Duration::from_secs(120);

/// How often a stage of many parts notes how far it is.
const TELL_EVERY: Duration = Duration::from_millis(400);

/// Pages written at a time.
const PAGES_AT_A_TIME: usize = 8;

/// What a build came to.
pub(crate) struct Built {
    pub(crate) commit: CommitId,
    pub(crate) usage: Usage,
}

/// Everything that a build needs.
pub(crate) struct Pipeline {
    pub(crate) library: Arc<Library>,
    pub(crate) source: Arc<dyn SourceReader>,
    pub(crate) writer: Writer,
    pub(crate) purse: Arc<Purse>,
    pub(crate) request: BuildRequest,
    pub(crate) progress: Progress,
    /// Whether a job follows the stages: none does where only an estimate is asked for.
    pub(crate) has_job: bool,
}

impl Pipeline {
    /// Runs the stages that cost no money, and so tell what the others will: gives the manifest with its key,
    /// and the plan's key.
    pub(crate) async fn run_to_plan(&self) -> Result<(ArtefactKey, Manifest, ArtefactKey)> {
        let mut usage = Usage::default();
        let (_, key) = self.ingest(&mut usage).await?;
        let store = self.library.artefacts.as_ref();
        let manifest: Manifest = codec::get_json(store, &self.request.repository, &key).await?;
        self.chunk(&manifest, &mut usage).await?;
        let plan = self.plan(&key).await?;
        Ok((key, manifest, plan))
    }

    /// Runs all stages. Whatever an interrupted build has finished is found again, part by part.
    pub(crate) async fn run(&self) -> Result<Built> {
        let mut usage = Usage::default();
        let built = self.stages(&mut usage).await;
        // A build that ended early, for instance at its budget, has spent all the same.
        let spent = self.purse.spent();
        usage.model_calls = spent.calls;
        usage.input_tokens = spent.tokens.all_input();
        usage.output_tokens = spent.tokens.output;
        usage.cost_usd = spent.usd;
        self.keep_usage(&usage).await?;
        built.map(|commit| Built { commit, usage })
    }

    async fn stages(&self, usage: &mut Usage) -> Result<CommitId> {
        let (commit, manifest_key) = self.ingest(usage).await?;
        let manifest: Manifest = codec::get_json(
            self.library.artefacts.as_ref(),
            &self.request.repository,
            &manifest_key,
        )
        .await?;
        self.chunk(&manifest, usage).await?;
        let plan = self.plan(&manifest_key).await?;
        self.generate(&manifest_key, &plan, usage).await?;
        self.embed(&manifest, &plan).await?;
        self.index_and_publish(manifest_key, plan).await?;
        Ok(commit)
    }

    async fn ingest(&self, usage: &mut Usage) -> Result<(CommitId, ArtefactKey)> {
        self.progress.begin(Stage::Ingest, 0);
        let request = &self.request;
        let ports = IngestPorts {
            source: self.source.as_ref(),
            artefacts: self.library.artefacts.as_ref(),
            limits: IngestLimits::default(),
        };
        let input = IngestInput {
            source: request.source.clone(),
            revision: request.revision.clone(),
        };
        let output = deepwiki_ingest::ingest(&request.repository, &request.build, &input, &ports).await?;
        let manifest: Manifest = codec::get_json(
            self.library.artefacts.as_ref(),
            &request.repository,
            &output.manifest,
        )
        .await?;
        usage.files = count(manifest.files.len());
        usage.files_skipped = count(manifest.skipped.len());
        self.report(Stage::Ingest, 1, Some(&output.commit)).await?;
        let (read, skipped) = (manifest.files.len(), manifest.skipped.len());
        self.progress.end(&format!(
            "commit {}, {read} files read, {skipped} skipped",
            output.commit.short()
        ));
        Ok((output.commit, output.manifest))
    }

    async fn chunk(&self, manifest: &Manifest, usage: &mut Usage) -> Result<()> {
        self.progress.begin(Stage::Chunk, manifest.shards.len());
        let mode = self.request.mode;
        let parts = manifest.shards.iter().map(|shard| {
            let (library, repository) = (Arc::clone(&self.library), self.request.repository.clone());
            let input = ChunkInput {
                shard: shard.key.clone(),
            };
            async move {
                let store = library.artefacts.as_ref();
                let known = is_known(store, mode, &repository, &memo::chunk(&input.shard)).await?;
                deepwiki_chunk::chunk_shard(&repository, mode, &input, ChunkPorts { artefacts: store })
                    .await?;
                Ok(known)
            }
        });
        let (made, reused) = self
            .fan_out(
                Stage::Chunk,
                manifest.shards.len(),
                parts.collect(),
                SHARDS_AT_A_TIME,
            )
            .await?;
        (usage.shards_read, usage.shards_reused) = (made, reused);
        self.report(Stage::Chunk, manifest.shards.len(), None).await?;
        self.progress.end(&format!("{made} parts read, {reused} known"));
        Ok(())
    }

    async fn plan(&self, manifest: &ArtefactKey) -> Result<ArtefactKey> {
        self.progress.begin(Stage::Plan, 0);
        let request = &self.request;
        let input = PlanInput {
            manifest: manifest.clone(),
            locales: request.locales.clone(),
        };
        let ports = PlanPorts {
            artefacts: self.library.artefacts.as_ref(),
        };
        let output =
            deepwiki_plan::plan_wiki(&request.repository, &request.build, request.mode, &input, ports)
                .await?;
        self.report(Stage::Plan, 1, None).await?;
        self.progress
            .end(&format!("{} pages planned", output.pages.count));
        Ok(output.plan)
    }

    async fn generate(
        &self,
        manifest: &ArtefactKey,
        plan_key: &ArtefactKey,
        usage: &mut Usage,
    ) -> Result<()> {
        let store = self.library.artefacts.as_ref();
        let plan: Plan = codec::get_json(store, &self.request.repository, plan_key).await?;
        let total = plan.pages.len() * self.request.locales.len();
        self.progress.begin(Stage::Generate, total);
        let mode = self.request.mode;
        let sources = Arc::new(SourceLibrary::default());
        let pages = self
            .request
            .locales
            .iter()
            .flat_map(|locale| plan.pages.iter().map(move |page| (*locale, page)));
        let parts = pages.map(|(locale, page)| {
            let (library, repository) = (Arc::clone(&self.library), self.request.repository.clone());
            let (sources, writer) = (Arc::clone(&sources), self.writer.clone());
            let (manifest, plan, brief) = (manifest.clone(), plan_key.clone(), page.brief.clone());
            async move {
                let store = library.artefacts.as_ref();
                let known =
                    is_known(store, mode, &repository, &memo::page(&brief, locale, writer.id())).await?;
                let input = GenerateInput {
                    manifest,
                    plan,
                    brief,
                    locale,
                };
                let ports = GeneratePorts {
                    artefacts: store,
                    library: &sources,
                };
                deepwiki_generate::generate_page(&repository, mode, &input, &writer, ports).await?;
                Ok(known)
            }
        });
        let (made, reused) = self
            .fan_out(Stage::Generate, total, parts.collect(), PAGES_AT_A_TIME)
            .await?;
        (usage.pages_written, usage.pages_reused) = (made, reused);
        self.report(Stage::Generate, total, None).await?;
        self.progress.end(&format!("{made} pages written, {reused} kept"));
        Ok(())
    }

    /// Makes vectors where a model is installed: of the pages first, since they are short and rank high. What does
    /// not fit into the time is made while wikis are served, or by the builds that follow; until then it is found by its words.
    async fn embed(&self, manifest: &Manifest, plan_key: &ArtefactKey) -> Result<()> {
        let (request, library) = (&self.request, &self.library);
        let Some(embedder) = library.embedder() else {
            return Ok(());
        };
        let store = library.artefacts.as_ref();
        let plan: Plan = codec::get_json(store, &request.repository, plan_key).await?;
        let parts = deepwiki_embed::parts(manifest, &plan, &request.locales);
        self.progress.begin(Stage::Embed, parts.len());
        let ports = EmbedPorts {
            artefacts: store,
            embedder: Some(embedder),
            writer: self.writer.id(),
        };
        let until = Instant::now() + EMBED_TIME;
        let (mut done, mut vectors) = (0, 0);
        for input in &parts {
            let part = deepwiki_embed::embed_part(&request.repository, request.mode, input, ports);
            let Ok(output) = tokio::time::timeout_at(until, part).await else {
                break;
            };
            vectors += output?.vectors;
            done += 1;
            self.progress.step();
        }
        self.report(Stage::Embed, parts.len(), None).await?;
        let rest = match parts.len() - done {
            0 => String::new(),
            rest => format!(", {rest} parts left to `deepwiki serve` or the next build"),
        };
        self.progress.end(&format!("{vectors} vectors{rest}"));
        Ok(())
    }

    async fn index_and_publish(&self, manifest: ArtefactKey, plan: ArtefactKey) -> Result<()> {
        self.progress.begin(Stage::Index, 0);
        let (request, library) = (&self.request, &self.library);
        let input = IndexInput {
            manifest,
            plan,
            locales: request.locales.clone(),
        };
        let ports = IndexPorts {
            artefacts: library.artefacts.as_ref(),
            published: library.artefacts.as_ref(),
            pages: library.repositories.as_ref(),
            search: library.search.as_ref(),
            model: library.embedder().map(Embedder::model),
            writer: self.writer.id(),
        };
        let output =
            deepwiki_index::index_build(&request.repository, &request.build, request.mode, &input, ports)
                .await?;
        self.report(Stage::Index, 1, None).await?;
        let input = PublishInput {
            edition: output.edition,
            trigger: request.trigger,
        };
        let ports = PublishPorts {
            artefacts: library.artefacts.as_ref(),
            repositories: library.repositories.as_ref(),
            search: library.search.as_ref(),
            clock: &SystemClock,
        };
        deepwiki_index::publish_build(&request.repository, &request.build, &input, ports).await?;
        self.report(Stage::Publish, 1, None).await?;
        self.progress.end("indexed and published");
        Ok(())
    }

    async fn keep_usage(&self, usage: &Usage) -> Result<()> {
        let (store, repository) = (self.library.artefacts.as_ref(), &self.request.repository);
        let key = codec::put_json(store, repository, usage).await?;
        store
            .remember(repository, &memo::usage(&self.request.build), &key)
            .await
    }

    /// Runs the parts of a stage on all cores, some at a time; counts those made and those found.
    async fn fan_out<F>(
        &self,
        stage: Stage,
        total: usize,
        parts: Vec<F>,
        at_a_time: usize,
    ) -> Result<(u32, u32)>
    where
        F: Future<Output = Result<bool>> + Send + 'static,
    {
        let mut waiting = parts.into_iter();
        let mut running: FuturesUnordered<_> = waiting.by_ref().take(at_a_time).map(tokio::spawn).collect();
        let (mut made, mut reused) = (0, 0);
        let mut failed = None;
        let mut told = Instant::now();
        self.report_part(stage, 0, count(total), None).await?;
        let stopped =
            |error| StageError::permanent("a part of the build stopped unexpectedly").with_detail(error);
        while let Some(ended) = running.next().await {
            match ended.map_err(stopped).and_then(|known| known) {
                Ok(true) => reused += 1,
                Ok(false) => made += 1,
                // What runs beside it ends and is kept: a model has been paid for it.
                Err(error) => failed = failed.or(Some(error)),
            }
            self.progress.step();
            if failed.is_none() {
                running.extend(waiting.next().map(tokio::spawn));
            }
            if told.elapsed() >= TELL_EVERY {
                self.report_part(stage, made + reused, count(total), None).await?;
                told = Instant::now();
            }
        }
        if let Some(error) = failed {
            return Err(error);
        }
        Ok((made, reused))
    }

    async fn report(&self, stage: Stage, parts: usize, commit: Option<&CommitId>) -> Result<()> {
        self.report_part(stage, count(parts), count(parts), commit).await
    }

    async fn report_part(
        &self,
        stage: Stage,
        done: u32,
        total: u32,
        commit: Option<&CommitId>,
    ) -> Result<()> {
        if !self.has_job {
            return Ok(());
        }
        let progress = StageProgress { done, total };
        self.library
            .repositories
            .report(&self.request.build, stage, progress, commit)
            .await
    }
}

/// Whether a part exists and may be used.
async fn is_known(
    store: &dyn ArtefactStore,
    mode: BuildMode,
    repository: &deepwiki_domain::RepositoryId,
    memo: &memo::MemoKey,
) -> Result<bool> {
    Ok(mode == BuildMode::Incremental && store.recall(repository, memo).await?.is_some())
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
