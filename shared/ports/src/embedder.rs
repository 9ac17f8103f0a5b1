//! Text to vectors.

use async_trait::async_trait;

use crate::Result;

/// What a text is to its vector: models tell questions from what may answer them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Something that may be found.
    Passage,
    /// What somebody looks for.
    Query,
}

/// A model that turns text into vectors. Where none is set up, search is lexical.
#[async_trait]
pub trait Embedder: Send + Sync {
    /// Names the model and its dimensions; vectors of different names never mix.
    fn model(&self) -> &str;

    /// One vector a text, in order, each of the model's dimensions and of length 1. What of a text is too long for
    /// the model is left out. A text that gives an empty or zero vector is an error, never a result.
    async fn embed(&self, texts: &[String], purpose: Purpose) -> Result<Vec<Vec<f32>>>;
}
