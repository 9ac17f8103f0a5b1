//! A conversation with a language model: what is asked and answered, what a family of models accepts, and what
//! its tokens cost. A new model is a row of a table here, or nothing at all where its family is known.

mod card;

use serde::{Deserialize, Serialize};

use crate::forecast;

pub use card::{ModelCard, Sampling};

/// The sampling temperature that is asked for: the text shall follow the facts.
pub const TEMPERATURE: f32 = 0.1;

/// The share of likely tokens that is sampled from, where a model takes this beside a temperature.
pub const TOP_P: f32 = 0.9;

/// The most tokens that one reply may have; a model with a smaller limit keeps its own.
pub const LONGEST_REPLY: u32 = 4096;

/// What a model is asked. Parts that are the same for many prompts stand first, so that they can be cached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// Who the model is and what it must keep to.
    pub system: String,
    /// What several prompts share, word for word; stands at the head of the first turn.
    pub shared: String,
    /// The conversation; the first and the last turn are the user's.
    pub turns: Vec<Turn>,
    /// The most tokens that the reply may have.
    pub max_tokens: u32,
    /// Whether the reply has to be a JSON object.
    pub json: bool,
}

/// One side's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Whose.
    pub speaker: Speaker,
    /// The words.
    pub text: String,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// This system.
    User,
    /// The model.
    Model,
}

/// What a model answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Its words.
    pub text: String,
    /// Why it ended.
    pub stop: Stop,
    /// What it took.
    pub tokens: Tokens,
}

/// Why a reply ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The model had said all.
    Complete,
    /// It reached the limit of tokens; the text is cut off.
    Length,
    /// The model, or a filter in front of it, would not answer.
    Refused,
}

/// Tokens of one call or of many. The kinds of input do not overlap.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// Read at the full price.
    pub input: u64,
    /// Found in the cache.
    pub cache_read: u64,
    /// Written to the cache.
    pub cache_write: u64,
    /// Answered.
    pub output: u64,
}

impl Tokens {
    /// Everything that was read, cached or not.
    pub fn all_input(&self) -> u64 {
        self.input + self.cache_read + self.cache_write
    }
}

impl std::ops::AddAssign for Tokens {
    fn add_assign(&mut self, other: Self) {
        self.input += other.input;
        self.cache_read += other.cache_read;
        self.cache_write += other.cache_write;
        self.output += other.output;
    }
}

/// What calls to a model took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Spent {
    /// Calls that were answered.
    pub calls: u32,
    /// Their tokens.
    pub tokens: Tokens,
    /// What they cost in US dollars.
    pub usd: f64,
}

impl std::ops::AddAssign for Spent {
    fn add_assign(&mut self, other: Self) {
        self.calls += other.calls;
        self.tokens += other.tokens;
        self.usd += other.usd;
    }
}

impl Prompt {
    /// An estimate of what it takes to read.
    pub fn estimated_tokens(&self) -> u64 {
        let turns: u64 = self.turns.iter().map(|turn| forecast::tokens(&turn.text)).sum();
        forecast::tokens(&self.system) + forecast::tokens(&self.shared) + turns
    }
}
