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
const REMEMBERED: usize = 8192;

/// The factor of [`name_hash`], which is computed byte by byte on the way through a text.
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// Gathers the [`name_hash`]es of the [`names`] of texts, in no order; most repetitions are left out.
pub(crate) struct NameHashes {
    /// The last hash of each group that shares its low bits.
    recent: Vec<u64>,
    found: Vec<u64>,
}

impl Default for NameHashes {
    fn default() -> Self {
        Self {
            recent: vec![0; REMEMBERED],
            found: Vec::new(),
        }
    }
}

impl NameHashes {
    /// Adds those of a text. A run of bytes that are no ASCII separator is a word. One in ASCII is what [`names`]
    /// splits off, others may hold separators outside ASCII: looking at bytes is several times as fast as asking
    /// every character.
    pub(crate) fn read(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(skipped) = bytes
            .get(at..)
            .and_then(|rest| rest.iter().position(|&byte| in_word(byte)))
        {
            let start = at + skipped;
            let (mut hash, mut all) = (name_hash(""), 0);
            at = start;
            while let Some(&byte) = bytes.get(at)
                && in_word(byte)
            {
                hash = (hash ^ u64::from(byte)).wrapping_mul(PRIME);
                all |= byte;
                at += 1;
            }
            let is_name = at - start <= LONGEST_NAME && !bytes.get(start).is_some_and(u8::is_ascii_digit);
            if all >= 0x80 {
                let written = text.get(start..at).unwrap_or("");
                for name in names(written).filter(|name| name.len() <= LONGEST_NAME) {
                    self.add(name_hash(name));
                }
            } else if is_name {
                self.add(hash);
            }
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

    /// What was gathered.
    pub(crate) fn into_hashes(self) -> Vec<u64> {
        self.found
    }
}

/// Whether a byte may be part of an identifier.
pub(crate) fn in_word(byte: u8) -> bool {
    #[expect(clippy::indexing_slicing, reason = "a constant panics when it is compiled")]
    const IN_WORD: [bool; 256] = {
        let mut table = [false; 256];
        let mut byte = 0;
        while byte < 256 {
            let low = byte as u8;
            table[byte] = low.is_ascii_alphanumeric() || matches!(low, b'_' | b'$' | 0x80..);
            byte += 1;
        }
        table
    };
    IN_WORD.get(usize::from(byte)).copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_fast_way_finds_the_same_names(text in "[a-z0-9_$ .\\n\u{a0}é日²、]{0,60}") {
            let slow: HashedSet = names(&text).map(name_hash).collect();
            let mut hashes = NameHashes::default();
            hashes.read(&text);
            let fast: HashedSet = hashes.into_hashes().into_iter().collect();
            prop_assert_eq!(fast, slow);
        }
    }
}
