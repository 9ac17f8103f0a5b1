//! `deepwiki serve`: the same router that the deployed API runs. On this machine alone unless told otherwise, and then
//! for those who have the token.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use deepwiki_api::{Identity, Settings, SigningKeys, TokenDoor};
use deepwiki_git::{EnvCredentials, GitOptions, GitSourceReader};
use tokio::{net::TcpListener, sync::Notify};

use crate::{args::Serve, background::Background, builds::BackgroundBuilds, library::Library, output};

/// How long requests may take to end once the service is to stop.
const PATIENCE: Duration = Duration::from_secs(2);

pub(crate) async fn run(data: Option<PathBuf>, arguments: Serve) -> anyhow::Result<()> {
    let settings = settings(&arguments)?;
    // A writer that cannot be set up is told now, not when the first build is asked for.
    arguments.model.writer().await?;
    let library = Arc::new(Library::open(data).await?);
    let model = arguments.model.answerer().await?;
    let source = GitSourceReader::new(GitOptions {
        local_paths: settings.local_paths,
        credentials: Arc::new(EnvCredentials::from_env()),
        ..GitOptions::default()
    });
    let builds = BackgroundBuilds::new(Arc::clone(&library), Arc::new(source), arguments.model);
    let router = deepwiki_api::router(library.ports(model, Arc::new(builds)), &settings);
    let listener = TcpListener::bind((arguments.host, arguments.port))
        .await
        .with_context(|| {
            format!(
                "cannot listen on {}, port {}: choose another with --port",
                arguments.host, arguments.port
            )
        })?;
    output::note(format_args!("http://{}", listener.local_addr()?));
    let stopping = Arc::new(Notify::new());
    let stopped = {
        let stopping = Arc::clone(&stopping);
        async move {
            // Where the signal cannot be watched, the process just ends with it.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
            stopping.notify_one();
        }
    };
    let background = Background::start(&library);
    let served = axum::serve(
        listener,
        router.into_make_service_with_connect_info::<SocketAddr>(),
    )
    .with_graceful_shutdown(stopped);
    let served = tokio::select! {
        served = served.into_future() => served,
        // Event streams may last; whoever reads them takes them up again.
        () = async { stopping.notified().await; tokio::time::sleep(PATIENCE).await } => Ok(()),
    };
    if let Some(background) = background {
        background.stop().await;
    }
    Ok(served?)
}

fn settings(arguments: &Serve) -> anyhow::Result<Settings> {
    let identity = match &arguments.token {
        Some(token) => {
            let door = TokenDoor::new(token).context("the token is too short: use 16 characters or more")?;
            Identity::Token(Arc::new(door))
        }
        None => {
            anyhow::ensure!(
                is_loopback(arguments.host),
                "others than this machine can reach {}: give the token that they have to show, in DEEPWIKI_TOKEN",
                arguments.host
            );
            Identity::Loopback
        }
    };
    let keys = arguments
        .webhook_secret
        .as_ref()
        .map(|secret| Arc::new(SigningKeys::new([secret])));
    Ok(Settings {
        local_paths: is_loopback(arguments.host),
        identity,
        webhook_keys: keys,
        ..Settings::default()
    })
}

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}
