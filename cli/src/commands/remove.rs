//! `deepwiki remove` and `deepwiki purge`.

use std::path::PathBuf;

use deepwiki_domain::{RepositoryId, purge::Purged};
use deepwiki_ports::{Clock, Purge, Repositories, clock::SystemClock};
use serde::Serialize;

use crate::{args::One, library::Library, output};

/// What `--json` prints.
#[derive(Serialize)]
struct Gone {
    repository: RepositoryId,
    #[serde(skip_serializing_if = "Option::is_none")]
    purged: Option<Purged>,
}

pub(crate) async fn remove(data: Option<PathBuf>, arguments: One) -> anyhow::Result<()> {
    let library = Library::open(data).await?;
    let repository = library.find(&arguments.repository).await?;
    library
        .repositories
        .remove(&repository.id, SystemClock.now())
        .await?;
    if arguments.json {
        return output::json(&Gone {
            repository: repository.id,
            purged: None,
        });
    }
    output::line(format_args!(
        "{} is hidden; `deepwiki build {}` brings it back",
        repository.id, repository.source
    ));
    Ok(())
}

pub(crate) async fn purge(data: Option<PathBuf>, arguments: One) -> anyhow::Result<()> {
    let library = Library::open(data).await?;
    let repository = library.find(&arguments.repository).await?;
    let purged = library.repositories.purge(&repository.id).await?;
    library
        .repositories
        .remove(&repository.id, SystemClock.now())
        .await?;
    if arguments.json {
        return output::json(&Gone {
            repository: repository.id,
            purged: Some(purged),
        });
    }
    let kinds = [
        ("artefacts", purged.artefacts),
        ("memos", purged.memos),
        ("lists of work", purged.lists),
        ("lists of pages", purged.pages),
        ("corrections", purged.corrections),
    ];
    for (kind, tally) in kinds {
        output::line(format_args!(
            "{}: deleted {} {kind} ({} bytes)",
            repository.id, tally.count, tally.bytes
        ));
    }
    Ok(())
}
