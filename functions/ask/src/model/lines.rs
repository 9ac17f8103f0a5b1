//! A reply of one JSON object a line, read while it comes.

use deepwiki_model::{Claim, read_object};
use serde_json::Value;

/// The longest line that is held, in bytes, and the most sentences that are read.
const LONGEST_LINE: usize = 16 << 10;
const MOST_CLAIMS: usize = 40;

/// What of a reply is not read yet.
#[derive(Debug, Default)]
pub(super) struct Reply {
    line: String,
    claims: usize,
    /// Whether the model says that the sources do not answer.
    pub(super) denied: bool,
}

impl Reply {
    /// Takes a piece of the reply; each claim that it completes goes to `take`.
    pub(super) fn push(&mut self, text: &str, take: &mut impl FnMut(Claim)) {
        for piece in text.split_inclusive('\n') {
            if self.line.len() + piece.len() <= LONGEST_LINE {
                self.line.push_str(piece);
            }
            if piece.ends_with('\n') {
                self.end_line(take);
            }
        }
    }

    /// The reply is complete. One that is no list of lines is read as a whole.
    pub(super) fn finish(&mut self, whole: &str, take: &mut impl FnMut(Claim)) {
        self.end_line(take);
        if self.claims > 0 || self.denied {
            return;
        }
        let object = read_object(whole).unwrap_or_default();
        self.denied = is_denial(&object.clone().into());
        let lists = object.values().filter_map(Value::as_array);
        for claim in lists.flatten().filter_map(Claim::read).take(MOST_CLAIMS) {
            self.claims += 1;
            take(claim);
        }
    }

    fn end_line(&mut self, take: &mut impl FnMut(Claim)) {
        let line = std::mem::take(&mut self.line);
        let begins = line.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '[' | ',' | '-'));
        if !begins.starts_with('{') {
            return;
        }
        let Some(object) = read_object(begins) else {
            return;
        };
        let value = Value::Object(object);
        self.denied |= is_denial(&value);
        if let Some(claim) = Claim::read(&value).filter(|_| self.claims < MOST_CLAIMS) {
            self.claims += 1;
            take(claim);
        }
    }
}

fn is_denial(value: &Value) -> bool {
    value.get("none").is_some_and(|none| *none != Value::Bool(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts of the claims of a reply that comes in pieces of this many characters, and whether it denies.
    fn read(whole: &str, piece: usize) -> (Vec<String>, bool) {
        let (mut reply, mut texts) = (Reply::default(), Vec::new());
        let mut take = |claim: Claim| texts.push(claim.text);
        let characters: Vec<char> = whole.chars().collect();
        for piece in characters.chunks(piece) {
            reply.push(&piece.iter().collect::<String>(), &mut take);
        }
        reply.finish(whole, &mut take);
        (texts, reply.denied)
    }

    #[test]
    fn claims_are_read_however_the_reply_is_broken() {
        let lines = "```json\n{\"text\": \"一つ。\", \"cite\": [\"F1\"]}\n\n{\"text\": \"B\", \"cite\": \"F2\"},\nwords\n{\"text\": \"C";
        for piece in [1, 2, 7, 1000] {
            assert_eq!(
                read(lines, piece),
                (vec!["一つ。".to_owned(), "B".to_owned()], false),
                "{piece}"
            );
            let whole = "{\n \"claims\": [\n  {\n   \"text\": \"A\",\n   \"cite\": [\"F1\"]\n  }\n ]\n}";
            assert_eq!(read(whole, piece), (vec!["A".to_owned()], false), "{piece}");
            assert_eq!(read("{\"none\": true}", piece), (vec![], true), "{piece}");
            assert_eq!(read("I do not know.", piece), (vec![], false), "{piece}");
        }
    }

    #[test]
    fn a_line_without_end_takes_no_more_memory_than_it_may() {
        let mut reply = Reply::default();
        for _ in 0..100 {
            reply.push(&"x".repeat(4 << 10), &mut |_| {});
        }
        assert!(reply.line.len() <= LONGEST_LINE);
    }
}
