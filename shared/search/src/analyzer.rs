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
    value: Terms,
    /// The last value that is a path, and its terms: the documents of a file come one after the other.
    path: String,
    path_terms: Terms,
}

/// Terms one after the other, and where each ends.
#[derive(Clone, Default)]
struct Terms {
    text: String,
    ends: Vec<usize>,
}

impl Analyzer {
    pub(crate) fn new() -> Self {
        Self {
            words: Words::new(),
            value: Terms::default(),
            path: String::new(),
            path_terms: Terms::default(),
        }
    }
}

impl Tokenizer for Analyzer {
    type TokenStream<'a> = AnalyzedTerms<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> AnalyzedTerms<'a> {
        if !text.starts_with(Reading::Path.mark()) {
            self.value.read(&mut self.words, text);
            return self.value.stream();
        }
        if self.path != text {
            text.clone_into(&mut self.path);
            self.path_terms.read(&mut self.words, text);
        }
        self.path_terms.stream()
    }
}

impl Terms {
    /// Takes the terms of a value in place of those before.
    fn read(&mut self, words: &mut Words, value: &str) {
        let Self { text: terms, ends } = self;
        terms.clear();
        ends.clear();
        let mut emit = |term: &str| {
            terms.push_str(term);
            ends.push(terms.len());
        };
        for reading in Reading::ALL {
            if let Some(text) = value.strip_prefix(reading.mark()) {
                match reading {
                    Reading::Source => words.of_source(text, &mut emit),
                    Reading::Prose => words.of_prose(text, &mut emit),
                    Reading::Symbol => words.of_symbol(text, &mut emit),
                    Reading::Path => words.of_path(text, &mut emit),
                }
                break;
            }
        }
    }

    fn stream(&self) -> AnalyzedTerms<'_> {
        AnalyzedTerms {
            terms: &self.text,
            ends: self.ends.iter(),
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
