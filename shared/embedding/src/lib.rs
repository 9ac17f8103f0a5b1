//! Vectors without a service: `multilingual-e5-small` (Wang et al. 2024, MIT licence) on this machine's processor.
//!
//! The model is a file that a user installs; nothing is downloaded here. Its arithmetic is a dozen products of
//! matrices, done by `ndarray`, so that no inference runtime has to be linked or found.

mod encoder;
mod file;
mod tokenizer;

use std::{
    path::Path,
    sync::{Arc, OnceLock},
};

use async_trait::async_trait;
use deepwiki_domain::StageError;
use deepwiki_ports::{Embedder, Purpose, Result};
use rayon::prelude::*;

use crate::{encoder::Encoder, file::ModelFile, tokenizer::Tokenizer};

/// The model's name, as generations of vectors keep it. The suffix tells the weights.
pub const MODEL: &str = "multilingual-e5-small-q4";

/// How many pieces of a text are read. What a chunk is about stands at its beginning, and half the pieces take less
/// than half the time.
const MOST_PIECES: usize = 256;

/// The model, ready to embed. Loading takes a second and waits until the first text comes.
pub struct LocalEmbedder {
    path: std::path::PathBuf,
    model: Arc<OnceLock<Option<Model>>>,
}

struct Model {
    tokenizer: Tokenizer,
    encoder: Encoder,
}

impl LocalEmbedder {
    /// Over the model file at this path.
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            model: Arc::default(),
        }
    }

    /// Whether these bytes are a model that can be used.
    pub fn is_model(bytes: Vec<u8>) -> bool {
        Model::read(bytes).is_some()
    }
}

impl Model {
    fn read(bytes: Vec<u8>) -> Option<Self> {
        let (file, pieces) = ModelFile::read(bytes)?;
        Some(Self {
            tokenizer: Tokenizer::new(pieces),
            encoder: Encoder::new(file)?,
        })
    }

    fn embed(&self, text: &str, purpose: Purpose) -> Option<Vec<f32>> {
        let prefix = match purpose {
            Purpose::Passage => "passage: ",
            Purpose::Query => "query: ",
        };
        let most = MOST_PIECES.min(self.encoder.sizes().positions);
        let pieces = self.tokenizer.pieces(&format!("{prefix}{text}"), most);
        self.encoder.encode(&pieces)
    }
}

#[async_trait]
impl Embedder for LocalEmbedder {
    fn model(&self) -> &str {
        MODEL
    }

    async fn embed(&self, texts: &[String], purpose: Purpose) -> Result<Vec<Vec<f32>>> {
        let (path, model, texts) = (self.path.clone(), Arc::clone(&self.model), texts.to_vec());
        let embed = move || {
            let model = model.get_or_init(|| Model::read(std::fs::read(path).ok()?));
            let unusable = "the embedding model cannot be read: run `deepwiki model install` again";
            let model = model.as_ref().ok_or_else(|| StageError::permanent(unusable))?;
            let vectors: Option<Vec<_>> = texts.par_iter().map(|text| model.embed(text, purpose)).collect();
            vectors.ok_or_else(|| StageError::permanent("the embedding model gave an empty vector"))
        };
        tokio::task::spawn_blocking(embed).await.map_err(|error| {
            StageError::permanent("the embedding did not come to its end").with_detail(error)
        })?
    }
}
