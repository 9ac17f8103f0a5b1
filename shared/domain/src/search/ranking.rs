//! The order of hits: what the words say, then what the asker most likely means.

use std::cmp::Ordering;

use super::{Hit, MOST_HITS, Query, Reason};
use crate::{facts::SymbolKind, manifest::Role};

/// Something that was found by its words, its meaning or both, before ranking. Of both scores, the larger the
/// better; each compares with its own kind alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The hit, without score and reasons.
    pub hit: Hit,
    /// The definition's weight in the graph, 0 to 1.
    pub rank: f32,
    /// How well its words match.
    pub lexical: Option<f32>,
    /// How near its meaning is.
    pub semantic: Option<f32>,
}

/// The whole query is the definition's name. More than all else together.
const EXACT: f32 = 3.0;
/// The query is a path's end; several hits share a file, so it must not drown a symbol of that name.
const EXACT_PATH: f32 = 2.0;
/// One word of the query, written as names are (`parseHeader`, `parse_header`), is the definition's name.
const NAMED: f32 = 0.6;
/// One plain word of the query is the definition's name.
const WORD: f32 = 0.15;
/// The hit is where something is defined, not where it is used.
const DEFINITION: f32 = 0.1;
/// How much of a name's bonus goes to a piece from the middle of its definition.
const PIECE: f32 = 0.8;
/// The definition that everything hangs on, against one that nothing uses.
const CENTRAL: f32 = 0.1;

/// The constant of reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009).
const FUSION: f32 = 60.0;
/// How much of the fusion the words have, the rest being the meaning's.
const WORDS_SHARE: f32 = 0.5;
/// The same for a question in a script that the code is not written in.
const WORDS_SHARE_FOREIGN: f32 = 0.45;

/// How far fused scores of neighbours lie apart, against those of words alone. What decides between equals has to be
/// as small.
const FUSED_SPREAD: f32 = 0.2;
/// A query of more words than this is a sentence, in which a plain word is seldom a name.
const LONGEST_NAME: usize = 4;

/// How many matches are ranked for each hit that is wanted: the others are near-duplicates or fall behind.
const MATCHES_PER_HIT: usize = 3;

/// How many matches are ranked at least.
const FEWEST_MATCHES: usize = 100;

/// Two hits are one when they share at least this part of their lines.
const SAME_LINES: f32 = 0.8;

/// How many matches by words, and as many by meaning, are ranked for this query.
pub fn matches_of(query: &Query) -> usize {
    (query.limit.min(MOST_HITS) * MATCHES_PER_HIT).max(FEWEST_MATCHES)
}

/// Those of the candidates that are among the `limit` best by words or by meaning.
pub fn best_of_all(candidates: impl IntoIterator<Item = Candidate>, limit: usize) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = candidates.into_iter().collect();
    let least = |of: fn(&Candidate) -> Option<f32>| {
        let mut scores: Vec<f32> = candidates.iter().filter_map(of).collect();
        scores.sort_by(|a, b| b.total_cmp(a));
        scores.get(limit).copied().unwrap_or(f32::MIN)
    };
    let (lexical, semantic) = (least(|it| it.lexical), least(|it| it.semantic));
    for candidate in &mut candidates {
        candidate.lexical = candidate.lexical.filter(|score| *score >= lexical);
        candidate.semantic = candidate.semantic.filter(|score| *score >= semantic);
    }
    candidates.retain(|it| it.lexical.is_some() || it.semantic.is_some());
    candidates
}

/// Ranks candidates of one query and gives the best `limit` (at most [`MOST_HITS`]), best first. Of hits that
/// show nearly the same lines one stays. The answer does not depend on the order of the candidates.
pub fn rank(query: &str, candidates: Vec<Candidate>, limit: usize) -> Vec<Hit> {
    let asked = Asked::new(query);
    let texts = text_scores(&candidates, asked.words_share());
    let is_fused = candidates.iter().any(|it| it.semantic.is_some());
    let spread = if is_fused { FUSED_SPREAD } else { 1.0 };
    let mut hits: Vec<Hit> = candidates
        .into_iter()
        .zip(texts)
        .map(|(candidate, text)| asked.judge(candidate, text, spread))
        .collect();
    hits.sort_by(order);
    let mut kept: Vec<Hit> = Vec::new();
    for hit in hits {
        if let Some(twin) = kept.iter_mut().find(|other| is_same(other, &hit)) {
            if twin.page.is_none() {
                (twin.page, twin.section) = (hit.page, hit.section);
            }
        } else if kept.len() < limit.min(MOST_HITS) {
            kept.push(hit);
        } else {
            break;
        }
    }
    kept
}

/// How well each candidate's text fits, from 0 to 1: by the words' own score where nothing else is known, else
/// by reciprocal rank fusion, since scores of words and of vectors do not compare.
fn text_scores(candidates: &[Candidate], words_share: f32) -> Vec<f32> {
    let lexical: Vec<Option<f32>> = candidates.iter().map(|it| it.lexical).collect();
    if candidates.iter().all(|it| it.semantic.is_none()) {
        let known = lexical.iter().flatten().copied();
        let best = known.filter(|it| it.is_finite()).fold(0.0, f32::max);
        let share = |score: &Option<f32>| match score {
            Some(score) if best > 0.0 && score.is_finite() => (score / best).clamp(0.0, 1.0),
            _ => 0.0,
        };
        return lexical.iter().map(share).collect();
    }
    let semantic: Vec<Option<f32>> = candidates.iter().map(|it| it.semantic).collect();
    let by_words = reciprocal_ranks(&lexical);
    let by_meaning = reciprocal_ranks(&semantic);
    let both = by_words.iter().zip(&by_meaning);
    both.map(|(words, meaning)| words_share * words + (1.0 - words_share) * meaning)
        .collect()
}

/// For each score the reciprocal of its rank, so that the best has 1 and what has no score 0. Equal scores share
/// the best rank among them.
fn reciprocal_ranks(scores: &[Option<f32>]) -> Vec<f32> {
    let mut sorted: Vec<f32> = scores.iter().flatten().copied().collect();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let of = |score: &Option<f32>| {
        score.map_or(0.0, |score| {
            let better = sorted.partition_point(|other| other.total_cmp(&score).is_gt());
            (FUSION + 1.0) / (FUSION + 1.0 + better as f32)
        })
    };
    scores.iter().map(of).collect()
}

/// A name without case and separators, so that `parse_header`, `parseHeader` and `Parse-Header` are one.
pub fn fold_name(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// The last part of a qualified name: `new` of `net::Parser::new`, `Client.close`, `Net\Socket`.
pub fn bare_name(symbol: &str) -> &str {
    symbol
        .rsplit([':', '.', '#', '/', '\\', ' '])
        .find(|part| !part.is_empty())
        .unwrap_or(symbol)
}

struct Asked<'a> {
    text: &'a str,
    folded: String,
    /// Folded words, and whether each is written as names are.
    words: Vec<(String, bool)>,
    about_tests: bool,
}

impl<'a> Asked<'a> {
    fn new(query: &'a str) -> Self {
        let text = query.trim();
        let words: Vec<(String, bool)> = text
            .split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .filter(|word| word.chars().count() > 2)
            .map(|word| (fold_name(word), is_written_as_a_name(word)))
            .collect();
        let about_tests = words
            .iter()
            .any(|(word, _)| matches!(word.as_str(), "test" | "tests"))
            || text.contains("テスト");
        Self {
            text,
            folded: fold_name(text),
            words,
            about_tests,
        }
    }

    /// How much the words say: code is written in Latin letters, and so are its comments for the most part.
    fn words_share(&self) -> f32 {
        let letters = self.text.chars().filter(|c| c.is_alphabetic());
        let (foreign, latin): (Vec<char>, Vec<char>) = letters.partition(|c| *c >= '\u{2e80}');
        if foreign.len() > latin.len() {
            WORDS_SHARE_FOREIGN
        } else {
            WORDS_SHARE
        }
    }

    /// The hit with its score and its reasons.
    fn judge(&self, candidate: Candidate, text: f32, spread: f32) -> Hit {
        let rank = if candidate.rank.is_finite() {
            candidate.rank.clamp(0.0, 1.0)
        } else {
            0.0
        };
        let (named, definition) = if defines(&candidate) {
            (1.0, DEFINITION)
        } else {
            (PIECE, 0.0)
        };
        let (by_name, by_path) = (self.name_bonus(&candidate) * named, self.path_bonus(&candidate));
        let score = (text + by_name.max(by_path) + (definition + CENTRAL * rank) * spread)
            * self.role_weight(candidate.hit.role);
        let reasons = [
            (Reason::Name, by_name > 0.0),
            (Reason::Path, by_path > 0.0),
            (Reason::Words, candidate.lexical.is_some()),
            (Reason::Meaning, candidate.semantic.is_some()),
        ];
        Hit {
            score,
            why: reasons
                .into_iter()
                .filter_map(|(reason, holds)| holds.then_some(reason))
                .collect(),
            ..candidate.hit
        }
    }

    fn name_bonus(&self, candidate: &Candidate) -> f32 {
        let Some(symbol) = candidate.hit.symbol.as_deref() else {
            return 0.0;
        };
        let bare = fold_name(bare_name(symbol));
        if self.folded.is_empty() || bare.is_empty() {
            0.0
        } else if bare == self.folded || fold_name(symbol) == self.folded {
            EXACT
        } else {
            let named = self.words.iter().filter(|(word, _)| *word == bare);
            named
                .map(|(_, is_name)| match is_name {
                    true => NAMED,
                    false if self.words.len() > LONGEST_NAME => 0.0,
                    false => WORD,
                })
                .fold(0.0, f32::max)
        }
    }

    fn path_bonus(&self, candidate: &Candidate) -> f32 {
        let path = candidate.hit.path.as_str();
        let is_end = path
            .strip_suffix(self.text)
            .is_some_and(|before| before.is_empty() || before.ends_with('/'));
        if is_end && !self.text.is_empty() {
            EXACT_PATH
        } else {
            0.0
        }
    }

    fn role_weight(&self, role: Role) -> f32 {
        match role {
            Role::Test if self.about_tests => 1.0,
            Role::Source => 1.0,
            Role::Doc => 0.95,
            Role::Config => 0.9,
            Role::Example => 0.85,
            Role::Test => 0.75,
            Role::Generated | Role::Vendored => 0.5,
        }
    }
}

/// Whether the word could hardly be anything but a name of code.
fn is_written_as_a_name(word: &str) -> bool {
    let inner_capital = word
        .chars()
        .zip(word.chars().skip(1))
        .any(|(a, b)| a.is_lowercase() && b.is_uppercase());
    inner_capital || word.contains('_') || word.chars().any(char::is_numeric)
}

/// Headings and configuration keys have names too, but nobody looks for their definition.
fn defines(candidate: &Candidate) -> bool {
    candidate.hit.symbol.is_some()
        && !matches!(
            candidate.hit.kind,
            None | Some(SymbolKind::Section | SymbolKind::Entry)
        )
}

fn order(a: &Hit, b: &Hit) -> Ordering {
    let place = |hit: &Hit| (hit.start, hit.end, hit.locale);
    b.score
        .total_cmp(&a.score)
        .then_with(|| a.repository.cmp(&b.repository))
        .then_with(|| a.path.cmp(&b.path))
        .then_with(|| place(a).cmp(&place(b)))
        .then_with(|| a.page.cmp(&b.page))
        .then_with(|| a.symbol.cmp(&b.symbol))
}

/// Whether two hits would show a reader the same: a chunk and a section about the same lines, or two languages
/// of a section. Sections of two pages are two things to read.
fn is_same(a: &Hit, b: &Hit) -> bool {
    let sections_of_two_pages = a.locale.is_some() && b.locale.is_some() && a.page != b.page;
    if a.repository != b.repository || a.path != b.path || sections_of_two_pages {
        return false;
    }
    let lines = |start: u32, end: u32| (f64::from(end) - f64::from(start) + 1.0).max(0.0);
    let shared = lines(a.start.max(b.start), a.end.min(b.end));
    let all = lines(a.start.min(b.start), a.end.max(b.end));
    all > 0.0 && shared / all >= f64::from(SAME_LINES)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{CommitId, Locale, RepoPath, RepositoryId, Slug};

    fn candidate(symbol: Option<&str>, path: &str, start: u32, score: f32) -> Candidate {
        Candidate {
            hit: Hit {
                repository: RepositoryId::new("r").unwrap(),
                commit: CommitId::new("0".repeat(40)).unwrap(),
                path: RepoPath::new(path).unwrap(),
                start,
                end: start + 9,
                symbol: symbol.map(str::to_owned),
                kind: symbol.map(|_| SymbolKind::Function),
                language: None,
                role: Role::Source,
                page: None,
                section: None,
                locale: None,
                why: Vec::new(),
                score: 0.0,
            },
            rank: 0.0,
            lexical: Some(score),
            semantic: None,
        }
    }

    fn first(query: &str, candidates: &[Candidate]) -> Option<String> {
        rank(query, candidates.to_vec(), 10)
            .first()
            .map(|hit| hit.path.to_string())
    }

    #[test]
    fn the_definition_of_the_name_comes_first() {
        let candidates = [
            candidate(None, "use.rs", 1, 9.0),
            candidate(Some("net::Parser::parse_header"), "def.rs", 1, 2.0),
            candidate(Some("net::parse_header_line"), "other.rs", 1, 8.0),
        ];
        for query in [
            "parse_header",
            "parseHeader",
            "net::Parser::parse_header",
            " PARSE HEADER ",
        ] {
            assert_eq!(first(query, &candidates).as_deref(), Some("def.rs"), "{query}");
        }
        assert_eq!(
            first("where is parse_header called", &candidates).as_deref(),
            Some("use.rs")
        );
    }

    #[test]
    fn tests_and_generated_code_come_last_unless_asked_for() {
        let of_role = |role, path| {
            let mut candidate = candidate(None, path, 1, 5.0);
            candidate.hit.role = role;
            candidate
        };
        let in_test = of_role(Role::Test, "tests/a.rs");
        let generated = of_role(Role::Generated, "gen/a.rs");
        let source = candidate(None, "src/a.rs", 1, 4.5);
        let candidates = [generated, in_test, source];
        let paths = |query: &str| -> Vec<String> {
            rank(query, candidates.to_vec(), 9)
                .iter()
                .map(|hit| hit.path.to_string())
                .collect()
        };
        assert_eq!(paths("retry"), ["src/a.rs", "tests/a.rs", "gen/a.rs"]);
        assert_eq!(paths("retry test"), ["tests/a.rs", "src/a.rs", "gen/a.rs"]);
    }

    #[test]
    fn the_graph_decides_between_equals() {
        let central = Candidate {
            rank: 0.9,
            ..candidate(Some("b::run"), "z.rs", 1, 5.0)
        };
        let candidates = [candidate(Some("a::run"), "a.rs", 1, 5.0), central];
        assert_eq!(first("run", &candidates).as_deref(), Some("z.rs"));
    }

    #[test]
    fn nearly_the_same_lines_are_shown_once_with_their_page() {
        let mut section = candidate(None, "a.rs", 1, 4.0);
        section.hit.page = Some(Slug::from_text("module a"));
        section.hit.locale = Some(Locale::En);
        let mut of_another_page = section.clone();
        of_another_page.hit.page = Some(Slug::from_text("overview"));
        let chunk = candidate(Some("a::run"), "a.rs", 2, 5.0);
        let apart = candidate(None, "a.rs", 20, 1.0);

        let hits = rank("x", vec![section.clone(), chunk, apart], 10);
        assert_eq!(hits.iter().map(|hit| hit.start).collect::<Vec<_>>(), [2, 20]);
        assert_eq!(hits[0].page, section.hit.page, "the page is not lost");
        assert_eq!(rank("x", vec![section, of_another_page], 10).len(), 2);
    }

    #[test]
    fn what_both_words_and_meaning_say_comes_first() {
        let found = |path, lexical, semantic| Candidate {
            lexical,
            semantic,
            ..candidate(None, path, 1, 0.0)
        };
        let candidates = [
            found("words.rs", Some(9.0), None),
            found("both.rs", Some(5.0), Some(0.8)),
            found("meaning.rs", None, Some(0.9)),
        ];
        let paths = |query: &str| -> Vec<(String, Vec<Reason>)> {
            let hits = rank(query, candidates.to_vec(), 9);
            hits.into_iter()
                .map(|hit| (hit.path.to_string(), hit.why))
                .collect()
        };
        let english = paths("retry a request");
        assert_eq!(
            english[0],
            ("both.rs".to_owned(), vec![Reason::Words, Reason::Meaning])
        );
        let japanese = paths("リクエストを再試行する");
        assert_eq!(japanese[1], ("meaning.rs".to_owned(), vec![Reason::Meaning]));
        assert_eq!(japanese[2], ("words.rs".to_owned(), vec![Reason::Words]));
    }

    proptest! {
        #[test]
        fn ranking_is_sorted_bounded_and_independent_of_order(
            seeds in prop::collection::vec((0u8..4, 1u32..60, 0usize..6, prop::num::f32::ANY, prop::num::f32::ANY), 0..40),
            query in ".{0,24}",
            limit in 0usize..200,
        ) {
            let names = [None, Some("a::run"), Some("Run"), Some("日本::語"), Some("::"), Some("")];
            let roles = [Role::Source, Role::Test, Role::Generated, Role::Doc];
            let candidates: Vec<Candidate> = seeds
                .iter()
                .map(|&(role, start, name, score, rank)| {
                    let mut it = candidate(names[name], &format!("f{}.rs", start % 5), start, score);
                    it.hit.role = roles[role as usize];
                    let semantic = (start % 3 == 0).then_some(score);
                    Candidate { rank, semantic, ..it }
                })
                .collect();
            let hits = rank(&query, candidates.clone(), limit);
            prop_assert!(hits.len() <= limit.min(MOST_HITS));
            prop_assert!(hits.iter().all(|hit| hit.score.is_finite()));
            prop_assert!(hits.is_sorted_by(|a, b| a.score >= b.score));
            for (i, hit) in hits.iter().enumerate() {
                prop_assert!(hits[..i].iter().all(|other| !is_same(other, hit)));
            }
            let mut reversed = candidates;
            reversed.reverse();
            prop_assert_eq!(hits, rank(&query, reversed, limit));
        }
    }
}
