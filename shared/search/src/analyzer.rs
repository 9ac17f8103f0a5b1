//! [`Words`] as tantivy calls it. The first byte of a value says how its text becomes terms.

use deepwiki_domain::search::words::Words;
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

/// How a value's text becomes terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// See [`Words::of_source`].
    Source,
    /// See [`Words::of_prose`].
    Prose,
    /// See [`Words::of_symbol`].
    Symbol,
    /// See [`Words::of_path`].
    Path,
}

impl Reading {
    const ALL: [Self; 4] = [Self::Source, Self::Prose, Self::Symbol, Self::Path];

    fn mark(self) -> char {
        match self {
            Self::Source => 's',
            Self::Prose => 'p',
            Self::Symbol => 'n',
            Self::Path => 'f',
        }
    }

    /// A value that is read in this way.
    pub(crate) fn value(self, text: &str) -> String {
        let mut value = String::with_capacity(text.len() + 1);
        value.push(self.mark());
        value.push_str(text);
        value
    }
}

/// The tokenizer of the one field that there is.
#[derive(Clone)]
pub(crate) struct Analyzer {
    words: Words,
    /// The terms of the value at hand, one after the other, and where each ends.
    terms: String,
    ends: Vec<usize>,
}

impl Analyzer {
    pub(crate) fn new() -> Self {
        Self {
            words: Words::new(),
            terms: String::new(),
            ends: Vec::new(),
        }
    }
}

impl Tokenizer for Analyzer {
    type TokenStream<'a> = AnalyzedTerms<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> AnalyzedTerms<'a> {
        let Self { words, terms, ends } = self;
        terms.clear();
        ends.clear();
        let mut emit = |term: &str| {
            terms.push_str(term);
            ends.push(terms.len());
        };
        for reading in Reading::ALL {
            if let Some(text) = text.strip_prefix(reading.mark()) {
                match reading {
                    Reading::Source => words.of_source(text, &mut emit),
                    Reading::Prose => words.of_prose(text, &mut emit),
                    Reading::Symbol => words.of_symbol(text, &mut emit),
                    Reading::Path => words.of_path(text, &mut emit),
                }
                break;
            }
        }
        AnalyzedTerms {
            terms,
            ends: ends.iter(),
            start: 0,
            token: Token::default(),
        }
    }
}

/// The terms of one value.
pub(crate) struct AnalyzedTerms<'a> {
    terms: &'a str,
    ends: std::slice::Iter<'a, usize>,
    start: usize,
    token: Token,
}

impl TokenStream for AnalyzedTerms<'_> {
    fn advance(&mut self) -> bool {
        let Some(&end) = self.ends.next() else {
            return false;
        };
        self.token.text.clear();
        self.token
            .text
            .push_str(self.terms.get(self.start..end).unwrap_or_default());
        self.token.position = self.token.position.wrapping_add(1);
        self.start = end;
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}
