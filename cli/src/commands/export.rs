//! `deepwiki export`: a wiki as files.

use std::path::{Path, PathBuf};

use anyhow::Context;
use deepwiki_domain::{Locale, job::Usage, memo, repository::Repository, wiki::Wiki};
use deepwiki_ports::{ArtefactStore, codec};

use crate::{
    args::{Export, Format},
    library::{Library, locale_of},
    output,
};

pub(crate) async fn run(data: Option<PathBuf>, arguments: Export) -> anyhow::Result<()> {
    let library = Library::open(data).await?;
    let repository = library.find(&arguments.repository).await?;
    let locale = locale_of(Library::published(&repository)?, arguments.language)?;
    write(&library, &repository, locale, arguments.format, &arguments.out).await?;
    output::note(format_args!("written to {}", arguments.out.display()));
    Ok(())
}

/// Writes the published wiki to a folder. Each file is the same for the same wiki, but for `usage.json`.
pub(crate) async fn write(
    library: &Library,
    repository: &Repository,
    locale: Locale,
    format: Format,
    out: &Path,
) -> anyhow::Result<()> {
    let published = Library::published(repository)?;
    let store = library.artefacts.as_ref();
    let key = published
        .wikis
        .get(&locale)
        .context("the wiki was not built in this language")?;
    let bytes = store.get(&repository.id, key).await?;
    tokio::fs::create_dir_all(out)
        .await
        .with_context(|| format!("cannot make the folder {}", out.display()))?;
    if format == Format::Json {
        save(out, "wiki.json", &bytes).await?;
        if let Some(key) = store
            .recall(&repository.id, &memo::usage(&published.build))
            .await?
        {
            let usage: Usage = codec::get_json(store, &repository.id, &key).await?;
            save(out, "usage.json", &serde_json::to_vec_pretty(&usage)?).await?;
        }
        return Ok(());
    }
    let wiki: Wiki =
        serde_json::from_slice(&bytes).context("the wiki is of another version: build it again")?;
    match format {
        Format::Json => {}
        Format::Markdown => {
            for page in &wiki.pages {
                save(out, &format!("{}.md", page.slug), page.markdown.as_bytes()).await?;
            }
        }
        Format::Html => {
            let pages = pages_of(library, repository, locale).await?;
            save(
                out,
                "index.html",
                deepwiki_api::export_site(&wiki, &pages, &repository.source).as_bytes(),
            )
            .await?;
        }
        Format::LlmsTxt => {
            let text = deepwiki_api::llms_txt(&wiki, &|slug| format!("{slug}.md"));
            save(out, "llms.txt", text.as_bytes()).await?;
        }
    }
    Ok(())
}

async fn pages_of(
    library: &Library,
    repository: &Repository,
    locale: Locale,
) -> anyhow::Result<Vec<deepwiki_domain::page::Page>> {
    use deepwiki_ports::PageCatalog;
    let published = Library::published(repository)?;
    let entries = library.repositories.as_ref();
    let mut pages = Vec::new();
    for entry in PageCatalog::list(entries, &repository.id, &published.build, locale).await? {
        pages.push(codec::get_json(library.artefacts.as_ref(), &repository.id, &entry.page).await?);
    }
    Ok(pages)
}

async fn save(folder: &Path, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
    let path = folder.join(name);
    tokio::fs::write(&path, bytes)
        .await
        .with_context(|| format!("cannot write {}", path.display()))
}
