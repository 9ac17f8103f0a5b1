//! How much of a question a text speaks of. Search ranks whatever comes nearest; this tells whether that is near
//! enough to answer.

use std::collections::HashSet;

use super::words::Words;

/// The terms of a text that questions are held against.
#[derive(Debug, Default)]
pub struct Terms(HashSet<String>);

impl Terms {
    /// The terms of a stretch of source, with the path and the definition that it belongs to.
    pub fn of_source(path: &str, symbol: Option<&str>, text: &str) -> Self {
        Self::collect(|words, emit| {
            words.of_path(path, emit);
            words.of_symbol(symbol.unwrap_or_default(), emit);
            words.of_source(text, emit);
        })
    }

    /// The terms of prose.
    pub fn of_prose(text: &str) -> Self {
        Self::collect(|words, emit| words.of_prose(text, emit))
    }

    fn collect(read: impl FnOnce(&mut Words, &mut dyn FnMut(&str))) -> Self {
        let (mut words, mut terms) = (Words::new(), HashSet::new());
        read(&mut words, &mut |term| {
            if !terms.contains(term) {
                terms.insert(term.to_owned());
            }
        });
        // Names stand in code unstemmed, and a question has them in a sentence.
        let plain: Vec<String> = terms.iter().filter(|it| it.is_ascii()).cloned().collect();
        for word in plain {
            words.of_prose(&word, &mut |stem| {
                terms.insert(stem.to_owned());
            });
        }
        Self(terms)
    }
}

/// The words of a question that an answer has to speak of. Each is a list of alternatives, each of these the terms
/// that all must be there.
#[derive(Debug)]
pub struct Asked(Vec<Vec<Vec<String>>>);

impl Asked {
    /// Of a question.
    pub fn of(question: &str) -> Self {
        Self(Words::new().of_question(question))
    }

    /// How many words there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the question has no word.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// For each text the share of the question that it speaks of, from 0 to 1. A word counts the more the fewer of
    /// the texts have it; one that none has counts as if one had.
    pub fn shares(&self, texts: &[&Terms]) -> Vec<f32> {
        let holds = |text: &Terms, word: &[Vec<String>]| {
            word.iter()
                .any(|all| all.iter().all(|term| text.0.contains(term)))
        };
        let held: Vec<Vec<bool>> = texts
            .iter()
            .map(|text| self.0.iter().map(|word| holds(text, word)).collect())
            .collect();
        let weights: Vec<f32> = (0..self.0.len())
            .map(|word| {
                let having = held.iter().filter(|text| text.get(word) == Some(&true)).count();
                (1.0 + texts.len() as f32 / (having.max(1) as f32 + 0.5)).ln()
            })
            .collect();
        let all: f32 = weights.iter().sum();
        let share = |text: &Vec<bool>| {
            let spoken = text.iter().zip(&weights).filter(|(holds, _)| **holds);
            spoken.map(|(_, weight)| weight).sum::<f32>() / all.max(f32::MIN_POSITIVE)
        };
        held.iter().map(share).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_answers_speaks_of_what_is_asked() {
        let texts = [
            Terms::of_source(
                "src/net/retry.rs",
                Some("net::retry_connection"),
                "/// Retries a lost connection with a growing delay.\npub fn retry_connection() {}",
            ),
            Terms::of_prose("A lost connection is opened again after a delay."),
            Terms::of_prose("接続が切れたときは再接続する。"),
            Terms::of_source("src/net/header.rs", None, "fn parse_header() {}"),
        ];
        let texts: Vec<&Terms> = texts.iter().collect();
        let best = |question: &str| -> f32 {
            let asked = Asked::of(question);
            asked.shares(&texts).into_iter().fold(0.0, f32::max)
        };
        for question in [
            "How are lost connections retried?",
            "what does `retry_connection` do",
            "retryConnection",
            "接続が切れたらどうなりますか",
            "How does parse_header work?",
        ] {
            assert!(best(question) > 0.9, "{question}: {}", best(question));
        }
        for question in [
            "How do I bake a chocolate cake?",
            "What does `frobnicate_connection_pool` do?",
            "ケーキの焼き方を教えてください",
            "Which database stores the retries of invoices and payments?",
        ] {
            assert!(best(question) < 0.5, "{question}: {}", best(question));
        }
        assert!(Asked::of("?!").is_empty());
    }
}
