//! Text to vectors.

use async_trait::async_trait;

use crate::Result;

/// A model that turns text into vectors. Where none is set up, search is lexical.
#[async_trait]
pub trait Embedder: Send + Sync {
    /// Names the model and its dimensions; vectors of different names never mix.
    fn model(&self) -> &str;

    /// One vector a text, in order, each of the model's dimensions and of length 1. A text that gives an empty
    /// or zero vector is an error, never a result.
    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>>;
}
