//! `deepwiki search`.

use std::path::PathBuf;

use deepwiki_ask::{AskPorts, Sources};
use deepwiki_domain::search::{Found, Highlight, Hit, MOST_HITS, Query, Refused};
use deepwiki_ports::SearchIndex;
use serde::Serialize;

use crate::{args::Search, library::Library, output};

/// What `--json` prints.
#[derive(Serialize)]
struct Shown {
    hits: Vec<ShownHit>,
    semantic: bool,
    refused: Vec<Refused>,
}

#[derive(Serialize)]
struct ShownHit {
    #[serde(flatten)]
    hit: Hit,
    highlights: Vec<Highlight>,
}

impl Shown {
    fn new(found: Found, highlights: Vec<Vec<Highlight>>) -> Self {
        let hits = found.hits.into_iter().zip(highlights);
        Self {
            hits: hits
                .map(|(hit, highlights)| ShownHit { hit, highlights })
                .collect(),
            semantic: found.semantic,
            refused: found.refused,
        }
    }
}

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
    let search = library.readers_search();
    let found = search.search(&Library::searchable(&repositories), &query).await?;
    for refused in &found.refused {
        output::note(&refused.reason);
    }
    if arguments.json {
        let ports = AskPorts {
            search: &search,
            embedder: library.embedder(),
            artefacts: library.artefacts.as_ref(),
            pages: library.repositories.as_ref(),
            sources: &Sources::default(),
            model: None,
        };
        let highlights = deepwiki_ask::highlights(&query.text, &found.hits, &repositories, ports).await;
        return output::json(&Shown::new(found, highlights));
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
