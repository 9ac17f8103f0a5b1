//! Text to pieces by the most likely cut (SentencePiece's unigram model, Kudo 2018).

use std::collections::HashMap;

use crate::file::Pieces;

/// Stands for a space.
const SPACE: char = '\u{2581}';

/// How much less likely an unknown character is than the least likely piece.
const UNKNOWN_PENALTY: f32 = 10.0;

/// Cuts text into pieces.
pub(crate) struct Tokenizer {
    ids: HashMap<String, (u32, f32)>,
    normal: HashMap<char, Vec<char>>,
    longest: usize,
    begin: u32,
    end: u32,
    unknown: u32,
    unknown_score: f32,
}

/// How the best cut of a beginning of the text ends.
#[derive(Clone, Copy)]
struct Cut {
    score: f32,
    from: usize,
    id: u32,
}

impl Tokenizer {
    pub(crate) fn new(pieces: Pieces) -> Self {
        let least = pieces
            .pieces
            .iter()
            .map(|(_, score)| *score)
            .fold(f32::MAX, f32::min);
        let longest = pieces.pieces.iter().map(|(piece, _)| piece.chars().count()).max();
        let ids = (0u32..)
            .zip(pieces.pieces)
            .filter(|(id, _)| *id != pieces.unknown)
            .map(|(id, (piece, score))| (piece, (id, score)));
        Self {
            ids: ids.collect(),
            normal: pieces.normal,
            longest: longest.unwrap_or(1),
            begin: pieces.begin,
            end: pieces.end,
            unknown: pieces.unknown,
            unknown_score: least - UNKNOWN_PENALTY,
        }
    }

    /// The pieces of a text, at most `most`, with those that begin and end it.
    pub(crate) fn pieces(&self, text: &str, most: usize) -> Vec<u32> {
        let mut ids = self.cut(&self.normalized(text));
        ids.truncate(most.saturating_sub(2));
        ids.insert(0, self.begin);
        ids.push(self.end);
        ids
    }

    /// Normal forms, one space in place of several, each as the mark that pieces have for it, and one to begin with.
    fn normalized(&self, text: &str) -> String {
        let mut normalized = String::with_capacity(text.len() + text.len() / 4);
        normalized.push(SPACE);
        let mut push = |c: char| match c {
            ' ' if normalized.ends_with(SPACE) => {}
            ' ' => normalized.push(SPACE),
            c => normalized.push(c),
        };
        for c in text.chars() {
            match self.normal.get(&c) {
                Some(form) => form.iter().for_each(|c| push(*c)),
                None => push(c),
            }
        }
        normalized
    }

    /// Viterbi's search over all cuts into known pieces and single unknown characters.
    fn cut(&self, text: &str) -> Vec<u32> {
        let mut borders: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        borders.push(text.len());
        let mut best: Vec<Option<Cut>> = vec![None; borders.len()];
        for (at, start) in borders.iter().enumerate() {
            let so_far = match best.get(at).copied().flatten() {
                Some(cut) => cut.score,
                None if at == 0 => 0.0,
                None => continue,
            };
            for (to, end) in borders.iter().enumerate().skip(at + 1).take(self.longest) {
                let known = text.get(*start..*end).and_then(|piece| self.ids.get(piece));
                let (id, score) = match known {
                    Some((id, score)) => (*id, *score),
                    None if to == at + 1 => (self.unknown, self.unknown_score),
                    None => continue,
                };
                let cut = Cut {
                    score: so_far + score,
                    from: at,
                    id,
                };
                if let Some(known) = best.get_mut(to)
                    && known.is_none_or(|known| cut.score > known.score)
                {
                    *known = Some(cut);
                }
            }
        }
        let mut ids = Vec::new();
        let mut at = borders.len() - 1;
        while let Some(cut) = best.get(at).copied().flatten() {
            ids.push(cut.id);
            at = cut.from;
        }
        ids.reverse();
        ids
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tokenizer() -> Tokenizer {
        let pieces = [
            "<s>", "</s>", "<unk>", "▁", "▁re", "try", "t", "r", "y", "e", "▁retry", "接続",
        ];
        let scores = [
            0.0, 0.0, 0.0, -3.0, -2.0, -2.0, -5.0, -5.0, -5.0, -5.0, -3.5, -2.0,
        ];
        Tokenizer::new(Pieces {
            begin: 0,
            end: 1,
            unknown: 2,
            pieces: pieces.map(str::to_owned).into_iter().zip(scores).collect(),
            normal: HashMap::from([('ｔ', vec!['t']), ('\n', vec![' '])]),
        })
    }

    #[test]
    fn the_likeliest_cut_is_found() {
        let tokenizer = tokenizer();
        let pieces = |text: &str| tokenizer.pieces(text, 100);
        assert_eq!(pieces("retry"), [0, 10, 1], "one piece rather than two");
        assert_eq!(
            pieces("re  ｔry"),
            [0, 4, 3, 5, 1],
            "normal forms, and one space of two"
        );
        assert_eq!(pieces("接続\ntry"), [0, 3, 11, 3, 5, 1]);
        assert_eq!(
            pieces("x接続"),
            [0, 3, 2, 11, 1],
            "an unknown character stands alone"
        );
        assert_eq!(pieces(""), [0, 3, 1]);
        assert_eq!(tokenizer.pieces("retry retry retry", 4), [0, 10, 10, 1]);
    }

    proptest! {
        #[test]
        fn any_text_has_pieces(text in any::<String>(), most in 2usize..40) {
            let pieces = tokenizer().pieces(&text, most);
            prop_assert!((2..=most).contains(&pieces.len()));
        }
    }
}
