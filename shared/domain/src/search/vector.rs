//! Vectors of documents: what of a document is embedded, and the form in which the result is kept.

use super::Document;

/// The longest text that is embedded, in bytes. Every model in use takes this much; what follows it says little
/// more of what a chunk is for.
pub const LONGEST_TEXT: usize = 2000;

/// The version of what is embedded of which document.
pub const VECTORS_VERSION: u32 = 1;

/// The vectors of a shard or a page, in the order of its documents ([`super::documents`]).
pub type PartVectors = Vec<Vec<i8>>;

/// What a model reads of a document: where it stands, what it is called, how it begins.
pub fn text_of(document: &Document) -> String {
    let name = document.symbol.as_deref().unwrap_or_default();
    let mut text = match document.locale {
        Some(_) => document.text.clone(),
        None => format!("{} {name}\n{}", document.path, document.text),
    };
    text.truncate(text.floor_char_boundary(LONGEST_TEXT));
    text
}

/// A vector in bytes: each number in 127ths of the largest. Its length is lost, its direction stays. None where
/// it is empty, zero, or holds what is no number.
pub fn quantize(values: &[f32]) -> Option<Vec<i8>> {
    let largest = values.iter().map(|value| value.abs()).fold(0.0, f32::max);
    let is_sound = largest > 0.0 && values.iter().all(|value| value.is_finite());
    is_sound.then(|| {
        values
            .iter()
            .map(|value| (value / largest * 127.0).round() as i8)
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_vector_is_refused() {
        for values in [&[][..], &[0.0, 0.0], &[1.0, f32::NAN], &[f32::INFINITY, 1.0]] {
            assert_eq!(quantize(values), None, "{values:?}");
        }
        assert_eq!(quantize(&[0.5, -1.0, 0.25]), Some(vec![64, -127, 32]));
    }

    proptest! {
        #[test]
        fn the_direction_stays(values in prop::collection::vec(-1.0f32..1.0, 64)) {
            let Some(bytes) = quantize(&values) else { return Ok(()) };
            let dot: f32 = values.iter().zip(&bytes).map(|(a, b)| a * f32::from(*b)).sum();
            let length = |it: &mut dyn Iterator<Item = f32>| it.map(|x| x * x).sum::<f32>().sqrt();
            let lengths = length(&mut values.iter().copied()) * length(&mut bytes.iter().map(|b| f32::from(*b)));
            prop_assert!(dot / lengths > 0.999);
        }
    }
}
