//! `deepwiki search`.

use std::path::PathBuf;

use deepwiki_domain::search::{MOST_HITS, Query};
use deepwiki_ports::SearchIndex;
use serde::Serialize;

use crate::{args::Search, library::Library, output};

/// What `--json` prints.
#[derive(Serialize)]
struct Found {
    hits: Vec<deepwiki_domain::search::Hit>,
}

pub(crate) async fn run(data: Option<PathBuf>, arguments: Search) -> anyhow::Result<()> {
    let library = Library::open(data).await?;
    let repositories = if arguments.repository.is_empty() {
        library.all().await?
    } else {
        let mut chosen = Vec::new();
        for wanted in &arguments.repository {
            chosen.push(library.find(wanted).await?);
        }
        chosen
    };
    let query = Query {
        text: arguments.query,
        repositories: repositories
            .iter()
            .map(|repository| repository.id.clone())
            .collect(),
        locale: None,
        limit: arguments.limit.min(MOST_HITS),
    };
    let hits = library
        .search
        .search(&Library::searchable(&repositories), &query)
        .await?;
    if arguments.json {
        return output::json(&Found { hits });
    }
    if hits.is_empty() {
        output::note("nothing found");
    }
    for hit in hits {
        let symbol = hit.symbol.map(|symbol| format!("  {symbol}")).unwrap_or_default();
        let page = hit.page.map(|page| format!("  [{page}]")).unwrap_or_default();
        output::line(format_args!(
            "{}  {}:{}-{}{symbol}{page}",
            hit.repository, hit.path, hit.start, hit.end
        ));
    }
    Ok(())
}
