//! Vectors that builds left undone, made while wikis are served. A better search generation is published under the
//! repository's lease like any build's, and shows the same pages of the same commit.

use std::{sync::Arc, time::Duration};

use deepwiki_domain::{
    ArtefactKey, Locale, StageError,
    job::BuildMode,
    manifest::Manifest,
    memo,
    message::{EmbedInput, IndexInput, PublishInput},
    plan::Plan,
    repository::{Generation, KEPT_GENERATIONS, Repository, RepositoryStatus},
    wiki::{Edition, Wiki},
};
use deepwiki_embed::EmbedPorts;
use deepwiki_index::{IndexPorts, PublishPorts};
use deepwiki_ports::{
    ArtefactStore, Clock, Embedder, Leases, PageCatalog, Repositories, Result, builds::LeaseOutcome,
    clock::SystemClock, codec,
};
use tokio::{sync::watch, task::JoinHandle, time::Instant};

use crate::{
    commands::build::{WAIT, request_of},
    library::Library,
    output,
};

/// How long nothing is looked for after all was done.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// How often a repository whose vectors take long gets what was made meanwhile.
const PUBLISH_EVERY: Duration = Duration::from_secs(600);

/// The work in the background of a server.
pub(crate) struct Background {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Background {
    /// Begins, where a model is installed.
    pub(crate) fn start(library: &Arc<Library>) -> Option<Self> {
        library.embedder()?;
        let (stop, stopped) = watch::channel(false);
        let library = Arc::clone(library);
        let task = tokio::spawn(async move { Improver { library, stopped }.run().await });
        Some(Self { stop, task })
    }

    /// Ends after the texts that are under way. What was made is kept.
    pub(crate) async fn stop(self) {
        self.stop.send_replace(true);
        if self.task.await.is_err() {
            output::note("the work in the background ended unexpectedly");
        }
    }
}

struct Improver {
    library: Arc<Library>,
    stopped: watch::Receiver<bool>,
}

impl Improver {
    async fn run(mut self) {
        while !self.is_stopped() {
            if let Err(error) = self.improve_all().await {
                output::note(format_args!("vectors were not made in the background: {error}"));
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_AGAIN) => {}
                _ = self.stopped.changed() => {}
            }
        }
    }

    fn is_stopped(&self) -> bool {
        *self.stopped.borrow()
    }

    /// One repository after the other; one that fails does not hold up those after it.
    async fn improve_all(&mut self) -> anyhow::Result<()> {
        let mut last = Ok(());
        for repository in self.library.all().await? {
            if self.is_stopped() {
                break;
            }
            if let Err(error) = self.improve(&repository).await {
                last = Err(error.into());
            }
        }
        last
    }

    /// Makes all vectors of a repository's published wiki.
    async fn improve(&mut self, repository: &Repository) -> Result<()> {
        let library = Arc::clone(&self.library);
        let (Some(embedder), Some(generation)) = (library.embedder(), &repository.published) else {
            return Ok(());
        };
        let (store, id) = (library.artefacts.as_ref(), &repository.id);
        let is_complete = memo::all_vectors(&generation.search, embedder.model());
        if repository.status == RepositoryStatus::Parsing || store.recall(id, &is_complete).await?.is_some() {
            return Ok(());
        }
        let manifest: Manifest = codec::get_json(store, id, &generation.manifest).await?;
        let plan: Plan = codec::get_json(store, id, &generation.plan).await?;
        let locales: Vec<Locale> = generation.wikis.keys().copied().collect();
        let writer = writer_of(store, repository, generation).await?;
        let ports = EmbedPorts {
            artefacts: store,
            embedder: Some(embedder),
            writer: &writer,
        };
        let mut current = generation.clone();
        let mut published = Instant::now();
        let mut made = false;
        for input in deepwiki_embed::parts(&manifest, &plan, &locales) {
            if deepwiki_embed::is_embedded(id, &input, ports).await? {
                continue;
            }
            if !self.embed(repository, &input, ports).await? {
                return Ok(());
            }
            made = true;
            if published.elapsed() > PUBLISH_EVERY {
                let Some(better) = self.publish(repository, &current, &writer).await? else {
                    return Ok(());
                };
                (current, published, made) = (better, Instant::now(), false);
            }
        }
        let Some(better) = self.publish(repository, &current, &writer).await? else {
            return Ok(());
        };
        if made {
            output::note(format_args!("{id}: all vectors are made"));
        }
        let is_complete = memo::all_vectors(&better.search, embedder.model());
        store.remember(id, &is_complete, &better.search).await
    }

    /// Embeds a part; false where the server was stopped meanwhile.
    async fn embed(
        &mut self,
        repository: &Repository,
        input: &EmbedInput,
        ports: EmbedPorts<'_>,
    ) -> Result<bool> {
        let part = deepwiki_embed::embed_part(&repository.id, BuildMode::Incremental, input, ports);
        tokio::select! {
            made = part => made.map(|_| true),
            _ = self.stopped.changed() => Ok(false),
        }
    }

    /// Publishes what the vectors that exist give, unless that is what is published. None where another build has
    /// published something else meanwhile: it is looked at the next time.
    async fn publish(
        &self,
        repository: &Repository,
        generation: &Generation,
        writer: &str,
    ) -> Result<Option<Generation>> {
        let repositories = self.library.repositories.as_ref();
        let locales: Vec<Locale> = generation.wikis.keys().copied().collect();
        let mut request = request_of(
            &repository.source,
            repository.revision.clone(),
            &repository.locales,
            BuildMode::Incremental,
        );
        request.repository = repository.id.clone();
        request.trigger = generation.trigger;
        while repositories.acquire(&request, SystemClock.now()).await? == LeaseOutcome::Folded {
            tokio::time::sleep(WAIT).await;
        }
        let input = IndexInput {
            manifest: generation.manifest.clone(),
            plan: generation.plan.clone(),
            locales,
        };
        let result = self
            .publish_held(&request.build, generation, &input, writer)
            .await;
        let was_ready = repository.status == RepositoryStatus::Ready;
        repositories
            .release(&repository.id, &request.build, was_ready)
            .await?;
        let published = result?;
        if published.is_some() {
            let data = &self.library.data;
            data.collect_garbage(&repository.id, KEPT_GENERATIONS).await?;
        }
        Ok(published)
    }

    async fn publish_held(
        &self,
        build: &deepwiki_domain::BuildId,
        generation: &Generation,
        input: &IndexInput,
        writer: &str,
    ) -> Result<Option<Generation>> {
        let library = self.library.as_ref();
        let store = library.artefacts.as_ref();
        let repositories = library.repositories.as_ref();
        let Some(id) = self.still_published(generation).await? else {
            return Ok(None);
        };
        let ports = IndexPorts {
            artefacts: store,
            published: store,
            pages: repositories,
            search: library.search.as_ref(),
            model: library.embedder().map(Embedder::model),
            writer,
        };
        let output = deepwiki_index::index_build(&id, build, BuildMode::Incremental, input, ports).await?;
        let edition: Edition = codec::get_json(store, &id, &output.edition).await?;
        if edition.search == generation.search {
            PageCatalog::remove(repositories, &id, build).await?;
            return Ok(Some(generation.clone()));
        }
        let input = PublishInput {
            edition: output.edition,
            trigger: generation.trigger,
        };
        let ports = PublishPorts {
            artefacts: store,
            repositories,
            search: library.search.as_ref(),
            clock: &Then(generation.published_at),
        };
        deepwiki_index::publish_build(&id, build, &input, ports).await?;
        let repository = Repositories::get(repositories, &id).await?;
        Ok(repository.and_then(|repository| repository.published))
    }

    /// The repository, while it still shows this generation.
    async fn still_published(
        &self,
        generation: &Generation,
    ) -> Result<Option<deepwiki_domain::RepositoryId>> {
        let all =
            self.library.all().await.map_err(|error| {
                StageError::transient("the repositories cannot be listed").with_detail(error)
            })?;
        let shows = |it: &Repository| {
            it.published
                .as_ref()
                .is_some_and(|it| it.build == generation.build)
        };
        Ok(all.into_iter().find(shows).map(|it| it.id))
    }
}

/// Who wrote the pages of a wiki: their vectors are found by it.
async fn writer_of(
    store: &dyn ArtefactStore,
    repository: &Repository,
    generation: &Generation,
) -> Result<String> {
    let empty = || StageError::permanent("the wiki has no pages: build the repository again");
    let key: &ArtefactKey = generation.wikis.values().next().ok_or_else(empty)?;
    let wiki: Wiki = codec::get_json(store, &repository.id, key).await?;
    Ok(wiki.writer)
}

/// The time at which the wiki was published that is made easier to search: it is no newer for that.
struct Then(i64);

impl Clock for Then {
    fn now(&self) -> i64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;
    use deepwiki_domain::search::{Query, QueryVector};
    use deepwiki_generate::Writer;
    use deepwiki_model::Purse;
    use deepwiki_ports::{Purpose, SearchIndex, Versions};

    use super::*;
    use crate::{
        commands::build::{lead, reader_of},
        library::source_of,
        writer::Paid,
    };

    /// Points everything in nearly the same direction; counts.
    #[derive(Default)]
    struct Toy(AtomicUsize);

    #[async_trait]
    impl Embedder for Toy {
        fn model(&self) -> &str {
            "toy"
        }

        async fn embed(&self, texts: &[String], _purpose: Purpose) -> Result<Vec<Vec<f32>>> {
            self.0.fetch_add(texts.len(), Ordering::SeqCst);
            Ok(texts
                .iter()
                .map(|text| vec![1.0, text.len() as f32 / 1e4])
                .collect())
        }
    }

    async fn library(data: &std::path::Path, embedder: Option<Arc<dyn Embedder>>) -> Arc<Library> {
        let library = Library::open(Some(data.to_owned())).await.unwrap();
        Arc::new(Library { embedder, ..library })
    }

    async fn improve(library: &Arc<Library>) {
        let (_stop, stopped) = watch::channel(false);
        let mut improver = Improver {
            library: Arc::clone(library),
            stopped,
        };
        improver.improve_all().await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_wiki_gets_its_vectors_and_is_no_other_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("ledger");
        std::fs::create_dir(&source).unwrap();
        let code = "\"\"\"Books.\"\"\"\n\n\ndef settle(entry):\n    \"\"\"Settle an entry.\"\"\"\n    return entry.amount\n";
        std::fs::write(source.join("ledger.py"), code).unwrap();
        let data = folder.path().join("data");

        let without = library(&data, None).await;
        let (identity, reader) = reader_of(source_of(source.to_str().unwrap()).unwrap(), None).unwrap();
        let request = request_of(&identity, None, &[Locale::En], BuildMode::Incremental);
        let paid = Paid {
            writer: Writer::Structural,
            purse: Arc::new(Purse::new(None)),
        };
        lead(&without, reader, paid, request).await.unwrap();
        let before = without.all().await.unwrap().remove(0);

        let toy = Arc::new(Toy::default());
        let with = library(&data, Some(toy.clone())).await;
        improve(&with).await;
        let after = with.all().await.unwrap().remove(0);
        let (old, new) = (
            before.published.clone().unwrap(),
            after.published.clone().unwrap(),
        );
        assert_ne!(old.search, new.search, "another generation");
        assert_eq!(
            (&old.wikis, &old.plan, old.published_at),
            (&new.wikis, &new.plan, new.published_at)
        );
        assert_eq!(after.status, RepositoryStatus::Ready);
        let versions = Versions::list(with.repositories.as_ref(), &after.id)
            .await
            .unwrap();
        assert_eq!(versions.len(), 1, "it takes the place of the one before");
        let query = Query {
            vector: Some(QueryVector {
                model: "toy".to_owned(),
                values: vec![1.0, 0.0],
            }),
            ..Query::new("帳簿")
        };
        let found = with
            .search
            .search(&Library::searchable(&[after]), &query)
            .await
            .unwrap();
        assert!(found.semantic && !found.hits.is_empty());

        let made = toy.0.load(Ordering::SeqCst);
        assert!(made > 0);
        improve(&with).await;
        let again = with.all().await.unwrap().remove(0);
        assert_eq!(again.published.unwrap().build, new.build, "nothing is left to do");
        assert_eq!(toy.0.load(Ordering::SeqCst), made);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn it_stops_when_it_is_told_to() {
        let folder = tempfile::tempdir().unwrap();
        let library = library(folder.path(), Some(Arc::new(Toy::default()))).await;
        Background::start(&library).unwrap().stop().await;
        let without = Library {
            embedder: None,
            ..Library::open(Some(folder.path().to_owned())).await.unwrap()
        };
        assert!(
            Background::start(&Arc::new(without)).is_none(),
            "there is nothing to do"
        );
    }
}
