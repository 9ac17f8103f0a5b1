//! `deepwiki search`.

use std::path::PathBuf;

use deepwiki_domain::search::{MOST_HITS, Query};
use deepwiki_ports::SearchIndex;

use crate::{args::Search, library::Library, output};

pub(crate) async fn run(data: Option<PathBuf>, arguments: Search) -> anyhow::Result<()> {
    let library = Library::open(data).await?;
    let repositories = library.chosen(&arguments.repository).await?;
    let query = Query {
        repositories: repositories
            .iter()
            .map(|repository| repository.id.clone())
            .collect(),
        filter: arguments.filter.into(),
        vector: deepwiki_ask::query_vector(&arguments.query, library.embedder()).await,
        limit: arguments.limit.min(MOST_HITS),
        ..Query::new(arguments.query)
    };
    let found = library
        .search
        .search(&Library::searchable(&repositories), &query)
        .await?;
    for refused in &found.refused {
        output::note(&refused.reason);
    }
    if arguments.json {
        return output::json(&found);
    }
    if found.hits.is_empty() {
        output::note("nothing found");
    }
    for hit in found.hits {
        let symbol = hit.symbol.map(|symbol| format!("  {symbol}")).unwrap_or_default();
        let page = match (hit.page, hit.section) {
            (Some(page), Some(section)) => format!("  [{page}#{section}]"),
            (Some(page), None) => format!("  [{page}]"),
            _ => String::new(),
        };
        output::line(format_args!(
            "{}  {}:{}-{}{symbol}{page}",
            hit.repository, hit.path, hit.start, hit.end
        ));
    }
    Ok(())
}
