//! Which words of a text are those of the query, and which of its lines show most of them.

use std::{collections::HashSet, ops::Range};

use serde::{Deserialize, Serialize};

use super::{
    runs::{Run, is_ideograph, runs},
    words::Words,
};

/// The longest text of a highlight, in characters.
const LONGEST: usize = 200;

/// How much of a long line stands before its first mark, in characters.
const BEFORE: usize = 40;

/// A line of source or a sentence of a page that has words of the query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Highlight {
    /// The line in its file, 1-based; none of a sentence.
    pub line: Option<u32>,
    /// Its text, cut where it is long.
    pub text: String,
    /// Where the words are in the text: first character and the one after the last, counted in Unicode scalar values.
    pub marks: Vec<(u32, u32)>,
}

/// A text that has words of the query.
struct Candidate<'a> {
    /// How many of its terms.
    distinct: usize,
    /// Its place among all texts.
    place: usize,
    line: Option<u32>,
    text: &'a str,
    /// In bytes.
    marks: Vec<Range<usize>>,
}

/// Finds the words of one query in texts.
pub struct Highlighter {
    words: Words,
    wanted: HashSet<String>,
}

impl Highlighter {
    /// For this query. Nothing is found for one without a word.
    pub fn new(query: &str) -> Self {
        let mut words = Words::new();
        let terms = words.of_query(query);
        // Names are terms of whole documents; their words stand among the others.
        let wanted = terms.into_iter().filter(|term| !term.starts_with('='));
        Self {
            wanted: wanted.collect(),
            words,
        }
    }

    /// Those of the texts that have most of the query's words, at most `limit`, in their own order. Each comes with its
    /// line where it has one.
    pub fn best<'a>(
        &mut self,
        texts: impl Iterator<Item = (Option<u32>, &'a str)>,
        limit: usize,
    ) -> Vec<Highlight> {
        let mut found: Vec<Candidate<'_>> = Vec::new();
        for (place, (line, text)) in texts.enumerate() {
            let (distinct, marks) = self.marks(text);
            if distinct > 0 {
                found.push(Candidate {
                    distinct,
                    place,
                    line,
                    text,
                    marks,
                });
            }
        }
        found.sort_by(|a, b| b.distinct.cmp(&a.distinct).then(a.place.cmp(&b.place)));
        found.truncate(limit);
        found.sort_by_key(|it| it.place);
        found
            .iter()
            .map(|it| Highlight::new(it.line, it.text, &it.marks))
            .collect()
    }

    /// How many of the query's terms the text has, and where, in bytes.
    fn marks(&mut self, text: &str) -> (usize, Vec<Range<usize>>) {
        let (words, wanted) = (&mut self.words, &self.wanted);
        let mut seen: HashSet<String> = HashSet::new();
        let mut marks: Vec<Range<usize>> = Vec::new();
        runs(text, &mut |run| match run {
            Run::Word(word) => {
                let mut has_any = false;
                let mut look = |term: &str| {
                    if wanted.contains(term) {
                        has_any = true;
                        seen.insert(term.to_owned());
                    }
                };
                words.of_code(word, &mut look);
                words.of_prose(word, &mut look);
                if has_any {
                    marks.push(range_in(text, word));
                }
            }
            Run::Unspaced(run) => {
                let start = range_in(text, run).start;
                let characters: Vec<(usize, char)> = run.char_indices().collect();
                for window in characters.windows(2) {
                    let [(from, a), (at, b)] = window else { continue };
                    let pair: String = [*a, *b].into_iter().collect();
                    if wanted.contains(&pair) {
                        marks.push(start + from..start + at + b.len_utf8());
                        seen.insert(pair);
                    }
                }
                for (at, c) in characters {
                    let single = c.to_string();
                    if is_ideograph(c) && wanted.contains(&single) {
                        marks.push(start + at..start + at + c.len_utf8());
                        seen.insert(single);
                    }
                }
            }
        });
        marks.sort_by_key(|mark| mark.start);
        (seen.len(), joined(marks))
    }
}

impl Highlight {
    fn new(line: Option<u32>, text: &str, marks: &[Range<usize>]) -> Self {
        let indent = text.len() - text.trim_start().len();
        let first = marks.first().map_or(indent, |mark| mark.start).max(indent);
        let before = text.get(indent..first).unwrap_or_default();
        let skipped = before.chars().count().saturating_sub(BEFORE);
        let is_short = text.trim().chars().count() <= LONGEST;
        let start = match before.char_indices().nth(skipped) {
            Some((at, _)) if !is_short => indent + at,
            _ => indent,
        };
        let rest = text.get(start..).unwrap_or_default().trim_end();
        let end = rest.char_indices().nth(LONGEST).map_or(rest.len(), |(at, _)| at);
        let shown = rest.get(..end).unwrap_or_default();
        let characters = |bytes: usize| {
            let before = shown.get(..bytes.min(shown.len())).unwrap_or_default();
            u32::try_from(before.chars().count()).unwrap_or(u32::MAX)
        };
        let inside = marks
            .iter()
            .filter(|mark| mark.start >= start && mark.end <= start + end);
        Self {
            line,
            text: shown.to_owned(),
            marks: inside
                .map(|mark| (characters(mark.start - start), characters(mark.end - start)))
                .collect(),
        }
    }
}

/// Where a part of a text is in it.
fn range_in(text: &str, part: &str) -> Range<usize> {
    let start = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    start..start + part.len()
}

/// Sorted marks, with those that touch made one.
fn joined(marks: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut all: Vec<Range<usize>> = Vec::with_capacity(marks.len());
    for mark in marks {
        match all.last_mut() {
            Some(last) if mark.start <= last.end => last.end = last.end.max(mark.end),
            _ => all.push(mark),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The marked parts of each text that is shown.
    fn marked(query: &str, texts: &[&str]) -> Vec<(Option<u32>, Vec<String>)> {
        let lines = (1..).map(Some).zip(texts.iter().copied());
        let found = Highlighter::new(query).best(lines, 3);
        let parts = |it: &Highlight| {
            let part = |(from, to): &(u32, u32)| {
                let length = (to - from) as usize;
                it.text.chars().skip(*from as usize).take(length).collect()
            };
            it.marks.iter().map(part).collect()
        };
        found.iter().map(|it| (it.line, parts(it))).collect()
    }

    #[test]
    fn the_lines_with_most_words_are_shown_in_their_order() {
        let texts = [
            "use std::io;",
            "/// Parses the headers of a request.",
            "    pub fn parse_header(line: &str) -> Header {",
            "        line.len()",
        ];
        let found = marked("parse header", &texts);
        let of = |line, parts: &[&str]| {
            (
                Some(line),
                parts.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>(),
            )
        };
        assert_eq!(
            found,
            [of(2, &["Parses", "headers"]), of(3, &["parse_header", "Header"])]
        );
    }

    #[test]
    fn japanese_is_marked_by_its_words() {
        let found = marked("再接続", &["接続が切れたときは、再接続する。", "待つ。"]);
        assert_eq!(found, [(Some(1), vec!["接続".to_owned(), "再接続".to_owned()])]);
    }

    #[test]
    fn a_long_line_is_cut_around_its_first_word() {
        let text = format!("{}settlement{}", "x ".repeat(300), " y".repeat(300));
        let found = Highlighter::new("settlement").best([(None, text.as_str())].into_iter(), 1);
        assert!(found[0].text.chars().count() <= LONGEST && found[0].text.contains("settlement"));
        assert_eq!(found[0].marks.len(), 1);
        assert!(marked("", &["anything"]).is_empty());
    }

    proptest! {
        #[test]
        fn marks_lie_within_the_text_one_after_the_other(query in "\\PC{0,30}", text in "\\PC{0,400}") {
            for found in Highlighter::new(&query).best([(Some(1), text.as_str())].into_iter(), 1) {
                let length = found.text.chars().count() as u32;
                let mut end = 0;
                for (from, to) in found.marks {
                    prop_assert!(end <= from && from < to && to <= length);
                    end = to;
                }
            }
        }
    }
}
