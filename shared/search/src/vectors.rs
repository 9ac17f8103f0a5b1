//! The vectors of a generation: flat, in bytes, with one bit a dimension for a first pass.
//!
//! The file: the model's name with its length before it, dimensions, number of vectors; then the documents that
//! have one, the mean of all, for each vector the signs of its difference to the mean, 1 / its length, its bytes.
//! Numbers are 32 or 64 bits, little-endian. Signs are taken around the mean because the vectors of text models
//! all point roughly the same way, where the signs as such would say little.

use std::collections::BinaryHeap;

use deepwiki_domain::search::QueryVector;
use pulp::Arch;

use crate::best::{Best, Match};

/// How many vectors the first pass leaves for each that is wanted.
const RESCORED_PER_MATCH: usize = 4;

/// How many it leaves at least.
const FEWEST_RESCORED: usize = 300;

/// More dimensions than a model has.
const MOST_DIMENSIONS: usize = 4096;

/// The vectors of some documents.
#[derive(Debug)]
pub(crate) struct Vectors {
    model: String,
    dimensions: usize,
    /// Sorted.
    documents: Vec<u32>,
    mean: Vec<f32>,
    signs: Vec<u64>,
    scales: Vec<f32>,
    values: Vec<i8>,
}

impl Vectors {
    /// The file of these vectors, `None` standing for a document without one. Nothing where there is none at all,
    /// or where they are not of one length.
    pub(crate) fn write(model: &str, vectors: &[Option<Vec<i8>>]) -> Option<Vec<u8>> {
        let all: Vec<(u32, &[i8])> = (0u32..)
            .zip(vectors)
            .filter_map(|(document, vector)| Some((document, vector.as_deref()?)))
            .collect();
        let dimensions = all.first()?.1.len();
        let is_sound = (1..=MOST_DIMENSIONS).contains(&dimensions)
            && all.iter().all(|(_, vector)| vector.len() == dimensions);
        if !is_sound {
            return None;
        }
        let mean = mean(&all, dimensions);
        let mut file = Vec::with_capacity(all.len() * (dimensions + dimensions / 8 + 16));
        for number in [model.len(), dimensions, all.len()] {
            file.extend_from_slice(&(number as u32).to_le_bytes());
        }
        file.extend_from_slice(model.as_bytes());
        file.extend(all.iter().flat_map(|(document, _)| document.to_le_bytes()));
        file.extend(mean.iter().flat_map(|value| value.to_le_bytes()));
        for (_, vector) in &all {
            let unit = unit(vector);
            let signs = signs(vector.iter().map(|value| f32::from(*value) * unit), &mean);
            file.extend(signs.iter().flat_map(|word| word.to_le_bytes()));
        }
        file.extend(all.iter().flat_map(|(_, vector)| unit(vector).to_le_bytes()));
        file.extend(
            all.iter()
                .flat_map(|(_, vector)| vector.iter().map(|value| value.cast_unsigned())),
        );
        Some(file)
    }

    /// Reads what [`Vectors::write`] made; none where it is anything else.
    pub(crate) fn read(mut file: &[u8], documents: usize) -> Option<Self> {
        let [name, dimensions, count] = [(); 3].map(|()| take_number(&mut file));
        let (name, dimensions, count) = (name?, dimensions?, count?);
        if !(1..=MOST_DIMENSIONS).contains(&dimensions) || count > documents {
            return None;
        }
        let model = std::str::from_utf8(take(&mut file, name)?).ok()?.to_owned();
        let words = dimensions.div_ceil(64);
        let vectors = Self {
            model,
            dimensions,
            documents: numbers(take(&mut file, count * 4)?, u32::from_le_bytes),
            mean: numbers(take(&mut file, dimensions * 4)?, f32::from_le_bytes),
            signs: numbers(take(&mut file, count * words * 8)?, u64::from_le_bytes),
            scales: numbers(take(&mut file, count * 4)?, f32::from_le_bytes),
            values: take(&mut file, count * dimensions)?
                .iter()
                .map(|value| value.cast_signed())
                .collect(),
        };
        let is_sound = file.is_empty()
            && vectors.documents.is_sorted_by(|a, b| a < b)
            && vectors
                .documents
                .last()
                .is_none_or(|last| (*last as usize) < documents);
        is_sound.then_some(vectors)
    }

    /// The memory that it takes, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.documents.len() * 8 + self.signs.len() * 8 + self.values.len() + self.model.len()
    }

    /// Whether the query's vector can be compared with these.
    pub(crate) fn fit(&self, query: &QueryVector) -> bool {
        self.model == query.model && self.dimensions == query.values.len()
    }

    /// The `limit` documents nearest to the query among those admitted, by cosine, best first: an exact order of
    /// what the signs leave.
    pub(crate) fn nearest(
        &self,
        query: &QueryVector,
        admits: &dyn Fn(u32) -> bool,
        limit: usize,
    ) -> Vec<Match> {
        let length = query.values.iter().map(|value| value * value).sum::<f32>().sqrt();
        if !self.fit(query) || limit == 0 || !(length.is_finite() && length > 0.0) {
            return Vec::new();
        }
        let unit: Vec<f32> = query.values.iter().map(|value| value / length).collect();
        let wanted = (limit * RESCORED_PER_MATCH).max(FEWEST_RESCORED);
        let mut best = Best::new(limit);
        for at in self.likeliest(&signs(unit.iter().copied(), &self.mean), admits, wanted) {
            let score = self.cosine(at, &unit);
            if let Some(&document) = self.documents.get(at)
                && score.is_finite()
            {
                best.offer(Match { score, document });
            }
        }
        best.into_sorted()
    }

    /// The places of the `wanted` admitted vectors whose signs differ least, in no order.
    fn likeliest(&self, signs: &[u64], admits: &dyn Fn(u32) -> bool, wanted: usize) -> Vec<usize> {
        let distances = differences(&self.signs, signs);
        let mut nearest = BinaryHeap::with_capacity(wanted + 1);
        let mut farthest = u16::MAX;
        for (at, (&distance, &document)) in distances.iter().zip(&self.documents).enumerate() {
            // The heap is full most of the time, and most vectors are farther than all in it.
            if distance >= farthest || !admits(document) {
                continue;
            }
            nearest.push((distance, at));
            if nearest.len() > wanted {
                nearest.pop();
            }
            if nearest.len() == wanted {
                farthest = nearest.peek().map_or(u16::MAX, |(distance, _)| *distance);
            }
        }
        nearest.into_iter().map(|(_, at)| at).collect()
    }

    fn cosine(&self, at: usize, unit: &[f32]) -> f32 {
        let start = at * self.dimensions;
        let values = self
            .values
            .get(start..start + self.dimensions)
            .unwrap_or_default();
        let dot: f32 = values.iter().zip(unit).map(|(a, b)| f32::from(*a) * b).sum();
        dot * self.scales.get(at).copied().unwrap_or_default()
    }
}

/// In how many bits each of the rows of `all` differs from `one`, with the widest instructions of the machine.
fn differences(all: &[u64], one: &[u64]) -> Vec<u16> {
    let count = |row: &[u64]| -> u32 { row.iter().zip(one).map(|(a, b)| (a ^ b).count_ones()).sum() };
    Arch::new().dispatch(|| match one.len() {
        // A length that the compiler knows is twice as fast; 384 dimensions are those of the local model.
        6 => {
            let one: [u64; 6] = std::array::from_fn(|i| one.get(i).copied().unwrap_or_default());
            let (rows, _) = all.as_chunks::<6>();
            rows.iter()
                .map(|row| {
                    let differing = row.iter().zip(&one).map(|(a, b)| (a ^ b).count_ones());
                    differing.sum::<u32>() as u16
                })
                .collect()
        }
        length => all
            .chunks_exact(length.max(1))
            .map(|row| count(row) as u16)
            .collect(),
    })
}

/// One bit a dimension: whether the value is above the mean.
fn signs(values: impl Iterator<Item = f32>, mean: &[f32]) -> Vec<u64> {
    let mut words = vec![0u64; mean.len().div_ceil(64)];
    for (at, (value, mean)) in values.zip(mean).enumerate() {
        if let Some(word) = words.get_mut(at / 64)
            && value > *mean
        {
            *word |= 1 << (at % 64);
        }
    }
    words
}

/// The mean of the vectors, each taken at length 1.
fn mean(all: &[(u32, &[i8])], dimensions: usize) -> Vec<f32> {
    let mut sums = vec![0f64; dimensions];
    for (_, vector) in all {
        let unit = f64::from(unit(vector));
        for (sum, value) in sums.iter_mut().zip(*vector) {
            *sum += f64::from(*value) * unit;
        }
    }
    sums.iter().map(|sum| (sum / all.len() as f64) as f32).collect()
}

/// What the vector is to be multiplied by for a length of 1.
fn unit(vector: &[i8]) -> f32 {
    let square: i64 = vector
        .iter()
        .map(|value| i64::from(*value) * i64::from(*value))
        .sum();
    if square == 0 {
        0.0
    } else {
        1.0 / (square as f32).sqrt()
    }
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(taken)
}

fn take_number(rest: &mut &[u8]) -> Option<usize> {
    let bytes = take(rest, 4)?.first_chunk::<4>()?;
    usize::try_from(u32::from_le_bytes(*bytes)).ok()
}

fn numbers<T, const N: usize>(bytes: &[u8], of: impl Fn([u8; N]) -> T) -> Vec<T> {
    let (chunks, _) = bytes.as_chunks::<N>();
    chunks.iter().map(|chunk| of(*chunk)).collect()
}

#[cfg(test)]
mod tests {
    use deepwiki_domain::search::vector::quantize;
    use proptest::prelude::*;

    use super::*;

    fn query(values: &[f32]) -> QueryVector {
        QueryVector {
            model: "m".to_owned(),
            values: values.to_vec(),
        }
    }

    /// Ten vectors around each of `groups` directions, which lie around a common one as those of text models do.
    fn grouped(groups: usize, dimensions: usize) -> Vec<Vec<f32>> {
        let mut state = 7u64;
        let mut random = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 40) as f32 / (1u64 << 24) as f32 - 0.5
        };
        let mut vectors = Vec::new();
        for _ in 0..groups {
            let centre: Vec<f32> = (0..dimensions).map(|i| random() + (i % 3) as f32).collect();
            for _ in 0..10 {
                vectors.push(centre.iter().map(|value| value + 0.3 * random()).collect());
            }
        }
        vectors
    }

    #[test]
    fn the_first_pass_loses_none_of_the_nearest() {
        let vectors = grouped(100, 384);
        let bytes: Vec<_> = vectors.iter().map(|it| quantize(it)).collect();
        let read = Vectors::read(&Vectors::write("m", &bytes).unwrap(), 1000).unwrap();
        for group in [0u32, 17, 99] {
            let asked = query(&vectors[group as usize * 10]);
            let mut found: Vec<u32> = read
                .nearest(&asked, &|_| true, 10)
                .iter()
                .map(|it| it.document)
                .collect();
            assert_eq!(found[0], group * 10, "the vector itself");
            found.sort_unstable();
            assert_eq!(found, (group * 10..group * 10 + 10).collect::<Vec<_>>());
            let even = read.nearest(&asked, &|document| document % 2 == 0, 10);
            assert!(even.len() == 10 && even.iter().all(|it| it.document % 2 == 0));
        }
    }

    #[test]
    fn vectors_of_another_model_or_length_are_never_compared() {
        let file = Vectors::write("m", &[quantize(&[1.0, 0.0]), None, quantize(&[0.0, 1.0])]).unwrap();
        let vectors = Vectors::read(&file, 3).unwrap();
        let nearest = |query: &QueryVector| -> Vec<u32> {
            vectors
                .nearest(query, &|_| true, 9)
                .iter()
                .map(|it| it.document)
                .collect()
        };
        assert_eq!(nearest(&query(&[0.1, 0.9])), [2, 0]);
        let other = QueryVector {
            model: "n".to_owned(),
            ..query(&[0.1, 0.9])
        };
        for query in [other, query(&[1.0]), query(&[0.0, 0.0]), query(&[f32::NAN, 1.0])] {
            assert!(nearest(&query).is_empty(), "{query:?}");
        }
        assert!(Vectors::write("m", &[None]).is_none());
        assert!(Vectors::write("m", &[quantize(&[1.0]), quantize(&[1.0, 2.0])]).is_none());
    }

    proptest! {
        #[test]
        fn damage_is_refused_or_harmless(at in any::<prop::sample::Index>(), byte: u8, end in any::<prop::sample::Index>()) {
            let mut file = Vectors::write("m", &[quantize(&[1.0, 0.0, 0.5]), quantize(&[0.0, 1.0, 0.1])]).unwrap();
            prop_assert!(Vectors::read(&file[..end.index(file.len())], 2).is_none(), "cut short");
            let at = at.index(file.len());
            file[at] = byte;
            if let Some(vectors) = Vectors::read(&file, 2) {
                let found = vectors.nearest(&query(&[1.0, 0.0, 0.0]), &|_| true, 5);
                prop_assert!(found.iter().all(|it| it.document < 2));
            }
        }
    }
}
