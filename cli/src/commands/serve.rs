//! `deepwiki serve`: the same router that the deployed API runs, on this machine alone.

use std::{net::Ipv4Addr, path::PathBuf, sync::Arc};

use anyhow::Context;
use deepwiki_api::Settings;
use tokio::net::TcpListener;

use crate::{args::Serve, background::Background, library::Library, output};

pub(crate) async fn run(data: Option<PathBuf>, arguments: Serve) -> anyhow::Result<()> {
    let library = Arc::new(Library::open(data).await?);
    let model = arguments.model.answerer().await?;
    let router = deepwiki_api::router(library.ports(model), &Settings::default());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, arguments.port))
        .await
        .with_context(|| {
            format!(
                "cannot listen on port {}: choose another with --port",
                arguments.port
            )
        })?;
    output::note(format_args!("http://{}", listener.local_addr()?));
    let stopped = async {
        // Where the signal cannot be watched, the process just ends with it.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let background = Background::start(&library);
    let served = axum::serve(listener, router)
        .with_graceful_shutdown(stopped)
        .await;
    if let Some(background) = background {
        background.stop().await;
    }
    Ok(served?)
}
