//! The wikis of this machine: opening the data folder, and finding a repository by what a user calls it.

use std::{path::PathBuf, sync::Arc};

use anyhow::Context;
use async_trait::async_trait;
use deepwiki_domain::{
    Locale, RepositoryId, StageError,
    job::BuildRequest,
    repository::{Generation, Repository},
    source::RepositorySource,
};
use deepwiki_embedding::LocalEmbedder;
use deepwiki_local::{LocalArtefacts, LocalData, LocalLedger, LocalRepositories};
use deepwiki_ports::{
    BuildAnswer, BuildRequests, BuildWhen, Embedder, LanguageModel, LastGood, Repositories,
    clock::SystemClock, index::Searchable,
};
use deepwiki_search::EmbeddedSearch;

/// How many repositories are asked for at a time.
const PAGE: usize = 100;

/// How many bytes of search generations are kept open.
const SEARCH_CACHE: usize = 512 << 20;

/// The name of the installed embedding model below the data folder's `models`.
const MODEL_FILE: &str = "multilingual-e5-small-q4.bin";

/// The open data folder with its adapters.
pub(crate) struct Library {
    pub(crate) data: LocalData,
    pub(crate) artefacts: Arc<LocalArtefacts>,
    pub(crate) repositories: Arc<LocalRepositories>,
    pub(crate) search: Arc<EmbeddedSearch>,
    /// Makes vectors, where a model was installed.
    pub(crate) embedder: Option<Arc<dyn Embedder>>,
    /// Where the model is installed.
    pub(crate) model: PathBuf,
}

impl Library {
    /// Opens the folder, or the platform's own where none is given.
    pub(crate) async fn open(folder: Option<PathBuf>) -> anyhow::Result<Self> {
        let folder = match folder {
            Some(folder) => folder,
            None => directories::ProjectDirs::from("", "", "deepwiki")
                .map(|dirs| dirs.data_dir().to_owned())
                .context("this platform has no data folder: choose one with --data")?,
        };
        let data = LocalData::open(&folder).await?;
        let artefacts = data.artefacts();
        let repositories = data.repositories();
        let search = Arc::new(EmbeddedSearch::new(artefacts.clone(), SEARCH_CACHE));
        let model = folder.join("models").join(MODEL_FILE);
        let embedder = model
            .is_file()
            .then(|| Arc::new(LocalEmbedder::new(&model)) as Arc<dyn Embedder>);
        Ok(Self {
            embedder,
            model,
            data,
            artefacts,
            repositories,
            search,
        })
    }

    /// The embedding model as its users know it.
    pub(crate) fn embedder(&self) -> Option<&dyn Embedder> {
        self.embedder.as_deref()
    }

    /// Search as readers use it: where the newest index of a repository is damaged, the one before it answers.
    pub(crate) fn readers_search(&self) -> LastGood {
        LastGood::new(self.search.clone(), self.repositories.clone())
    }

    /// What the service reads through, with this model to compose answers, and where builds that it is asked for run.
    pub(crate) fn ports(
        &self,
        model: Option<Arc<dyn LanguageModel>>,
        builds: Arc<dyn BuildRequests>,
    ) -> deepwiki_api::Ports {
        deepwiki_api::Ports {
            repositories: self.repositories.clone(),
            versions: self.repositories.clone(),
            pages: self.repositories.clone(),
            jobs: self.repositories.clone(),
            artefacts: self.artefacts.clone(),
            search: Arc::new(self.readers_search()),
            embedder: self.embedder.clone(),
            model,
            corrections: self.repositories.clone(),
            access: self.repositories.clone(),
            purge: self.repositories.clone(),
            ledger: Arc::new(LocalLedger::default()),
            downloads: None,
            clock: Arc::new(SystemClock),
            builds,
        }
    }

    /// What a command reads that builds nothing.
    pub(crate) fn reading(&self) -> deepwiki_api::Reading {
        deepwiki_api::Reading::new(self.ports(None, self.no_builds()))
    }

    /// Where commands ask for builds that build nothing.
    pub(crate) fn no_builds(&self) -> Arc<dyn BuildRequests> {
        Arc::new(NoBuilds)
    }

    /// Every repository that is not removed.
    pub(crate) async fn all(&self) -> anyhow::Result<Vec<Repository>> {
        let mut all = Vec::new();
        let mut after: Option<RepositoryId> = None;
        loop {
            let page = Repositories::list(self.repositories.as_ref(), after.as_ref(), PAGE).await?;
            all.extend(page.repositories);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(all),
            }
        }
    }

    /// A repository by id, URL, path or name.
    pub(crate) async fn find(&self, wanted: &str) -> anyhow::Result<Repository> {
        let all = self.all().await?;
        let same_source = |repository: &&Repository| {
            source_of(wanted).is_ok_and(|source| source.repository_id() == repository.id)
        };
        if let Some(found) = all
            .iter()
            .find(|r| r.id.as_str() == wanted)
            .or_else(|| all.iter().find(same_source))
        {
            return Ok(found.clone());
        }
        let named: Vec<&Repository> = all
            .iter()
            .filter(|repository| repository.display_name == wanted)
            .collect();
        match named.as_slice() {
            [one] => Ok((*one).clone()),
            [] => anyhow::bail!(
                "no repository `{}` was built here: see `deepwiki list`",
                printable(wanted)
            ),
            several => {
                let ids: Vec<&str> = several.iter().map(|repository| repository.id.as_str()).collect();
                anyhow::bail!(
                    "`{}` is the name of several repositories: use one of {}",
                    printable(wanted),
                    ids.join(", ")
                )
            }
        }
    }

    /// The repositories that a user named, or all.
    pub(crate) async fn chosen(&self, wanted: &[String]) -> anyhow::Result<Vec<Repository>> {
        if wanted.is_empty() {
            return self.all().await;
        }
        let mut chosen = Vec::new();
        for wanted in wanted {
            chosen.push(self.find(wanted).await?);
        }
        Ok(chosen)
    }

    /// The published wiki of a repository.
    pub(crate) fn published(repository: &Repository) -> anyhow::Result<&Generation> {
        repository.published.as_ref().with_context(|| {
            format!(
                "`{}` has no finished wiki yet: run `deepwiki build {}`",
                repository.id, repository.source
            )
        })
    }

    /// What of these repositories can be searched.
    pub(crate) fn searchable(repositories: &[Repository]) -> Vec<Searchable> {
        let of = |repository: &Repository| {
            let generation = repository.published.as_ref()?;
            Some(Searchable {
                repository: repository.id.clone(),
                commit: generation.commit.clone(),
                generation: generation.search.clone(),
            })
        };
        repositories.iter().filter_map(of).collect()
    }
}

/// For commands that only read.
struct NoBuilds;

#[async_trait]
impl BuildRequests for NoBuilds {
    async fn request(&self, _: &BuildRequest, _: BuildWhen) -> deepwiki_ports::Result<BuildAnswer> {
        Err(StageError::permanent("this command builds nothing"))
    }
}

/// What a user means by a path or URL.
pub(crate) fn source_of(text: &str) -> anyhow::Result<RepositorySource> {
    if text.contains("://") || text.starts_with("codecommit:") {
        return Ok(RepositorySource::parse_url(text)?);
    }
    if text.contains('@') && text.contains(':') && !std::path::Path::new(text).exists() {
        anyhow::bail!(
            "`{}` is an SSH address: use the https:// URL of the repository",
            printable(text)
        );
    }
    let path = std::path::Path::new(text);
    let path = path.canonicalize().map_err(|_| {
        anyhow::anyhow!(
            "there is no folder `{}`: give an existing folder or an https:// URL",
            printable(text)
        )
    })?;
    let path = path
        .to_str()
        .context("the folder's path is not UTF-8: rename it or build a clone elsewhere")?;
    Ok(RepositorySource::local_path(path)?)
}

/// The language to show: the wanted one, or the first that the wiki has.
pub(crate) fn locale_of(generation: &Generation, wanted: Option<Locale>) -> anyhow::Result<Locale> {
    let first = generation.wikis.keys().next().copied();
    let locale = wanted.or(first).context("the wiki has no pages")?;
    let exists = generation.wikis.contains_key(&locale);
    anyhow::ensure!(
        exists,
        "the wiki was not built in `{locale}`: build it with `--language {locale}`"
    );
    Ok(locale)
}

fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}
