//! The hashes of the names in a text.

use std::{
    collections::HashSet,
    hash::{BuildHasherDefault, Hasher},
};

use deepwiki_domain::facts::{name_hash, names};

/// A longer run of letters is data (base64, a minified bundle), not a name.
const LONGEST_NAME: usize = 200;

/// A set of values that are hashes already.
pub(crate) type HashedSet = HashSet<u64, BuildHasherDefault<AsIs>>;

/// Passes a hash through.
#[derive(Default)]
pub(crate) struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, value: u64) {
        // The table takes its bucket from the low bits and its tag from the high ones; FNV's high bits are
        // poor for short names.
        self.0 = value ^ value.rotate_left(32);
    }
}

/// How many hashes are remembered to leave out repetitions.
const REMEMBERED: usize = 4096;

/// The [`name_hash`]es of the [`names`] of a text, in no order; most repetitions are left out.
pub(crate) fn name_hashes(text: &str) -> Vec<u64> {
    let mut hashes = Hashes {
        recent: vec![0; REMEMBERED],
        found: Vec::with_capacity(text.len() / 64),
    };
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&first) = bytes.get(at) {
        at += 1;
        if !in_word(first) {
            continue;
        }
        let mut word = Word::from(at - 1, first);
        while let Some(&byte) = bytes.get(at)
            && in_word(byte)
        {
            word.push(byte);
            at += 1;
        }
        hashes.take(text.get(word.start..at).unwrap_or(""), &word);
    }
    hashes.found
}

/// The factor of [`name_hash`], which is computed byte by byte on the way through the text.
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// A run of bytes that are no ASCII separator. One in ASCII is what [`names`] splits off; others may hold
/// separators outside ASCII. Looking at bytes is several times as fast as asking every character.
struct Word {
    start: usize,
    hash: u64,
    beyond_ascii: bool,
}

impl Word {
    fn from(start: usize, first: u8) -> Self {
        let mut word = Self {
            start,
            hash: name_hash(""),
            beyond_ascii: false,
        };
        word.push(first);
        word
    }

    fn push(&mut self, byte: u8) {
        self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(PRIME);
        self.beyond_ascii |= byte >= 0x80;
    }
}

struct Hashes {
    /// The last hash of each group that shares its low bits.
    recent: Vec<u64>,
    found: Vec<u64>,
}

impl Hashes {
    fn take(&mut self, written: &str, word: &Word) {
        if word.beyond_ascii {
            for name in names(written).filter(|name| name.len() <= LONGEST_NAME) {
                self.add(name_hash(name));
            }
        } else if written.len() <= LONGEST_NAME && !written.starts_with(|c: char| c.is_ascii_digit()) {
            self.add(word.hash);
        }
    }

    fn add(&mut self, hash: u64) {
        let group = usize::try_from(hash ^ (hash >> 32)).unwrap_or(0) % REMEMBERED;
        if let Some(last) = self.recent.get_mut(group)
            && *last != hash
        {
            *last = hash;
            self.found.push(hash);
        }
    }
}

/// Whether a byte may be part of an identifier.
pub(crate) fn in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_fast_way_finds_the_same_names(text in "[a-z0-9_$ .\\n\u{a0}é日²、]{0,60}") {
            let slow: HashedSet = names(&text).map(name_hash).collect();
            let fast: HashedSet = name_hashes(&text).into_iter().collect();
            prop_assert_eq!(fast, slow);
        }
    }
}
