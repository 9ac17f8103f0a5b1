//! The pages of each build, one file a language.

use async_trait::async_trait;
use deepwiki_domain::{BuildId, Locale, RepositoryId, Slug, wiki::PageEntry};
use deepwiki_ports::{PageCatalog, Result};

use crate::{
    LocalRepositories,
    files::{self, Sync},
    record::{read_json, write_json},
    repositories::State,
};

#[async_trait]
impl PageCatalog for LocalRepositories {
    async fn put(
        &self,
        repository: &RepositoryId,
        build: &BuildId,
        locale: Locale,
        pages: &[PageEntry],
    ) -> Result<()> {
        let (repository, build) = (repository.clone(), build.clone());
        let mut pages = pages.to_vec();
        pages.sort_by_key(|page| page.order);
        self.run(move |state| {
            let path = state.pages_folder(&repository, &build).join(file_name(locale));
            write_json(&path, &pages, Sync::Now)
        })
        .await
    }

    async fn list(
        &self,
        repository: &RepositoryId,
        build: &BuildId,
        locale: Locale,
    ) -> Result<Vec<PageEntry>> {
        let (repository, build) = (repository.clone(), build.clone());
        self.run(move |state| state.pages(&repository, &build, locale))
            .await
    }

    async fn get(
        &self,
        repository: &RepositoryId,
        build: &BuildId,
        locale: Locale,
        slug: &Slug,
    ) -> Result<Option<PageEntry>> {
        let pages = PageCatalog::list(self, repository, build, locale).await?;
        Ok(pages.into_iter().find(|page| page.slug == *slug))
    }

    async fn remove(&self, repository: &RepositoryId, build: &BuildId) -> Result<()> {
        let (repository, build) = (repository.clone(), build.clone());
        self.run(move |state| {
            for locale in Locale::ALL {
                files::remove(&state.pages_folder(&repository, &build).join(file_name(locale)))?;
            }
            Ok(())
        })
        .await
    }
}

impl State {
    pub(crate) fn pages_folder(&self, repository: &RepositoryId, build: &BuildId) -> std::path::PathBuf {
        self.folder(repository).path("pages").join(build.as_str())
    }

    pub(crate) fn pages(
        &self,
        repository: &RepositoryId,
        build: &BuildId,
        locale: Locale,
    ) -> Result<Vec<PageEntry>> {
        let pages = read_json(&self.pages_folder(repository, build).join(file_name(locale)))?;
        Ok(pages.unwrap_or_default())
    }
}

fn file_name(locale: Locale) -> String {
    format!("{locale}.json")
}
