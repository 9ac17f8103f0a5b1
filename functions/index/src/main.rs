//! The index stage on Lambda, and publishing, which shares its queue.

use std::sync::Arc;

use deepwiki_aws::{
    Config, DynamoPages, DynamoRepositories, S3Artefacts, StageHarness, client, config::SearchBackend, logs,
    opensearch, stage, titan,
};
use deepwiki_domain::{
    job::Stage,
    message::{StageInput, StageRequest},
};
use deepwiki_generate::Writer;
use deepwiki_index::{IndexPorts, PublishPorts, index_build, publish_build};
use deepwiki_ports::{Embedder, SearchIndex, clock::SystemClock};
use deepwiki_search::EmbeddedSearch;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    logs::start();
    let config = Config::from_environment()?;
    let sdk = client::load().await;
    let artefacts = S3Artefacts::new(&sdk, &config.artefacts_bucket);
    let published = Arc::new(S3Artefacts::new(&sdk, &config.wiki_bucket));
    let pages = DynamoPages::new(&sdk, &config.pages_table);
    let repositories = DynamoRepositories::new(&sdk, &config.repositories_table);
    // Generations are made here, not searched: nothing is kept open.
    let search: Box<dyn SearchIndex> = match &config.search {
        SearchBackend::Embedded => Box::new(EmbeddedSearch::new(published.clone(), 0)),
        SearchBackend::OpenSearch { endpoint } => {
            Box::new(opensearch::guarded(&sdk, &config, endpoint, published.clone())?)
        }
    };
    let writer = Writer::id_with(config.writer.as_ref());
    let embedder = titan::embedder(&sdk, &config);
    let to_index = IndexPorts {
        artefacts: &artefacts,
        published: &*published,
        pages: &pages,
        search: search.as_ref(),
        model: embedder.as_deref().map(Embedder::model),
        writer: &writer,
    };
    let to_publish = PublishPorts {
        artefacts: &artefacts,
        repositories: &repositories,
        search: search.as_ref(),
        clock: &SystemClock,
    };
    let harness = StageHarness::new(&sdk, &config, &[Stage::Index, Stage::Publish]);
    let index = async |request: StageRequest| {
        let (repository, build) = (&request.repository, &request.build);
        match &request.input {
            StageInput::Index(input) => {
                stage::output(&index_build(repository, build, request.mode, input, to_index).await?)
            }
            StageInput::Publish(input) => {
                stage::output(&publish_build(repository, build, input, to_publish).await?)
            }
            _ => Err(stage::not_mine(&request)),
        }
    };
    harness.serve(index).await.map_err(anyhow::Error::from_boxed)
}
