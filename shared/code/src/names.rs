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

/// The distinct [`name_hash`]es of the [`names`] of a text, in no order.
pub(crate) fn name_hashes(text: &str) -> HashedSet {
    let mut hashes = HashedSet::default();
    for word in words(text) {
        if word.len() > LONGEST_NAME {
            continue;
        }
        if word.is_ascii() {
            if !word.as_bytes().first().is_some_and(u8::is_ascii_digit) {
                hashes.insert(name_hash(word));
            }
        } else {
            hashes.extend(
                names(word)
                    .filter(|name| name.len() <= LONGEST_NAME)
                    .map(name_hash),
            );
        }
    }
    hashes
}

/// Runs of bytes that are no ASCII separator. A run in ASCII is what [`names`] splits off; others may hold
/// separators outside ASCII. Splitting bytes is several times as fast as asking every character.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = bytes.get(at..)?;
        let start = at + rest.iter().position(|&byte| in_word(byte))?;
        let rest = bytes.get(start..)?;
        let end = start + rest.iter().position(|&byte| !in_word(byte)).unwrap_or(rest.len());
        at = end;
        text.get(start..end)
    })
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
            prop_assert_eq!(name_hashes(&text), slow);
        }
    }
}
