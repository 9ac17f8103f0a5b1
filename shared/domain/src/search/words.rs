//! Text to terms, the same for what is indexed and what is asked.
//!
//! There are three kinds of term, told apart by their first character so that they share one field:
//! - a **word** of code or a name, lower-cased: an identifier whole (`parseHeader` and `parse_header` both give
//!   `parseheader`) and in parts (`parse`, `header`); of Chinese, Japanese and Korean text each pair of characters;
//! - a **stem** of an English word of prose (`~connect`);
//! - a **name** that a document defines (`=parseheader`): what makes its definition the rarest match.

use std::collections::HashSet;

use frostem::{Algorithm, Stemmer};

use super::{
    super::facts::name_hash,
    Document, glossary,
    ranking::{bare_name, fold_name},
    runs::{Run, is_hiragana, is_ideograph, runs, split_comment, split_identifier},
};

/// The longest term in bytes. What is longer is data, not a word.
const LONGEST_TERM: usize = 72;

/// The most parts of one identifier that are indexed.
const MOST_PARTS: usize = 16;

/// A query of more words than this is a sentence.
const LONGEST_NAME: usize = 4;

/// The most terms that one query searches for.
pub const MOST_QUERY_TERMS: usize = 64;

/// Words that say nothing about what is searched. Left out of prose, and of queries that have others.
const STOP_WORDS: [&str; 56] = [
    "a", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by", "can", "did", "do", "does", "for",
    "from", "had", "has", "have", "how", "i", "if", "in", "into", "is", "it", "its", "me", "of", "on", "or",
    "so", "than", "that", "the", "their", "then", "there", "these", "they", "this", "to", "was", "we",
    "were", "what", "when", "where", "which", "who", "why", "will", "with", "would", "you",
];

/// Words by which a question is asked of code, whatever it is about. Sorted.
const QUESTION_WORDS: [&str; 58] = [
    "about",
    "actually",
    "answer",
    "called",
    "code",
    "codebase",
    "come",
    "comes",
    "could",
    "defined",
    "describe",
    "done",
    "exactly",
    "example",
    "explain",
    "file",
    "find",
    "function",
    "get",
    "give",
    "handle",
    "handled",
    "happen",
    "happens",
    "implement",
    "implementation",
    "implemented",
    "implements",
    "kind",
    "like",
    "located",
    "look",
    "make",
    "me",
    "mean",
    "need",
    "needed",
    "place",
    "please",
    "project",
    "purpose",
    "put",
    "repository",
    "see",
    "should",
    "show",
    "take",
    "takes",
    "tell",
    "use",
    "used",
    "uses",
    "using",
    "want",
    "way",
    "whether",
    "work",
    "works",
];

/// The same of Japanese questions.
const QUESTION_WORDS_JA: [&str; 24] = [
    "どこ",
    "ファイル",
    "コード",
    "クラス",
    "メソッド",
    "関数",
    "方法",
    "場合",
    "場所",
    "処理",
    "実装",
    "使",
    "使用",
    "利用",
    "説明",
    "教",
    "行",
    "何",
    "時",
    "際",
    "定義",
    "呼",
    "仕組",
    "目的",
];

/// Makes terms; keeps its buffers between calls.
#[derive(Clone)]
pub struct Words {
    stems: Stems,
    parts: Vec<(usize, usize)>,
    term: String,
}

impl Default for Words {
    fn default() -> Self {
        Self::new()
    }
}

impl Words {
    /// With empty buffers.
    pub fn new() -> Self {
        Self {
            stems: Stems::new(),
            parts: Vec::new(),
            term: String::new(),
        }
    }

    /// All terms of a document: those of its path, its name and its text.
    pub fn of_document(&mut self, document: &Document, emit: &mut dyn FnMut(&str)) {
        self.of_path(document.path.as_str(), emit);
        if let Some(symbol) = &document.symbol {
            self.of_symbol(symbol, emit);
        }
        if document.is_prose() {
            self.of_prose(document.indexed_text(), emit);
        } else {
            self.of_source(document.indexed_text(), emit);
        }
    }

    /// The terms of source text: its comments as prose, the rest as code.
    pub fn of_source(&mut self, text: &str, emit: &mut dyn FnMut(&str)) {
        let mut comment_end: Option<&str> = None;
        for line in text.lines() {
            let (code, comment) = split_comment(line, &mut comment_end);
            self.of_code(code, emit);
            self.of_prose(comment, emit);
        }
    }

    /// The terms of code: identifiers whole and in parts.
    pub fn of_code(&mut self, text: &str, emit: &mut dyn FnMut(&str)) {
        runs(text, &mut |run| match run {
            Run::Word(word) => self.identifier(word, emit),
            Run::Unspaced(run) => self.grams(run, emit),
        });
    }

    /// The terms of prose: stems of plain words, and identifiers as in code.
    pub fn of_prose(&mut self, text: &str, emit: &mut dyn FnMut(&str)) {
        runs(text, &mut |run| match run {
            Run::Word(word) if is_plain(word) => self.plain_word(word, emit),
            Run::Word(word) => self.identifier(word, emit),
            Run::Unspaced(run) => self.grams(run, emit),
        });
    }

    /// The terms of a definition's qualified name, its words stemmed too. Twice, because a name says more than a line
    /// of its body.
    pub fn of_symbol(&mut self, symbol: &str, emit: &mut dyn FnMut(&str)) {
        let mut twice = |term: &str| {
            emit(term);
            emit(term);
        };
        self.of_code(symbol, &mut twice);
        self.stems_of(symbol, &mut twice);
        self.name(bare_name(symbol), emit);
    }

    /// The terms of a path, twice like a name; its file's name is a name.
    pub fn of_path(&mut self, path: &str, emit: &mut dyn FnMut(&str)) {
        self.of_code(path, &mut |term| {
            emit(term);
            emit(term);
        });
        self.name(path.rsplit('/').next().unwrap_or(path), emit);
    }

    /// The distinct terms of a query, the most telling first, at most [`MOST_QUERY_TERMS`].
    pub fn of_query(&mut self, text: &str) -> Vec<String> {
        let (mut words, mut unspaced) = (Vec::new(), Vec::new());
        runs(text, &mut |run| match run {
            Run::Word(word) => words.push(word),
            Run::Unspaced(run) => unspaced.push(run),
        });
        if words.iter().any(|word| !is_stop_word(word)) || !unspaced.is_empty() {
            words.retain(|word| !is_stop_word(word));
        }
        let mut terms = Terms::default();
        let mut emit = |term: &str| terms.add(term);
        if !words.is_empty() {
            self.name(text, &mut emit);
        }
        for pair in words.windows(2).filter(|_| words.len() <= 4) {
            self.name(&pair.concat(), &mut emit);
            self.whole(&pair.concat(), &mut emit);
        }
        // In a sentence a plain word is seldom the name of what is looked for.
        let is_sentence = words.len() > LONGEST_NAME;
        for word in &words {
            if !is_sentence || !is_plain(word) {
                self.name(word, &mut emit);
            }
            self.whole(word, &mut emit);
        }
        self.query_grams(&unspaced, &mut emit);
        for run in &unspaced {
            glossary::translate(run, &mut |english| {
                emit(english);
                self.plain_word(english, &mut emit);
            });
        }
        for word in &words {
            self.parts_of(word, &mut |words, part| {
                emit(part);
                let part = part.to_owned();
                if is_plain(&part) {
                    words.plain_word(&part, &mut emit);
                }
            });
        }
        terms.list
    }

    /// The words of a question that an answer speaks of: for each its alternatives, each the terms that all must be
    /// there. Words that only ask are left out where there are others.
    pub fn of_question(&mut self, text: &str) -> Vec<Vec<Vec<String>>> {
        let (mut telling, mut asking) = (Vec::new(), Vec::new());
        runs(text, &mut |run| match run {
            Run::Word(word) if is_stop_word(word) || word.len() < 2 => {}
            Run::Word(word) => {
                let lower = word.to_ascii_lowercase();
                let asks = QUESTION_WORDS.binary_search(&lower.as_str()).is_ok();
                if asks { &mut asking } else { &mut telling }.push(self.alternatives(word));
            }
            Run::Unspaced(run) => {
                for word in content_words(run) {
                    let asks = QUESTION_WORDS_JA.contains(&word);
                    let mut alternatives = vec![self.grams_of(word)];
                    glossary::translate(word, &mut |english| {
                        alternatives.extend(self.alternatives(english))
                    });
                    if asks { &mut asking } else { &mut telling }.push(alternatives);
                }
            }
        });
        let mut words = if telling.is_empty() { asking } else { telling };
        words.retain(|word: &Vec<Vec<String>>| word.iter().any(|all| !all.is_empty()));
        words.dedup();
        words.truncate(MOST_QUERY_TERMS);
        words
    }

    /// What a text may have in place of a word: its stem, the word whole, or all its parts.
    fn alternatives(&mut self, word: &str) -> Vec<Vec<String>> {
        let mut alternatives = Vec::new();
        let mut parts = Vec::new();
        if is_plain(word) {
            self.plain_word(word, &mut |stem| alternatives.push(vec![stem.to_owned()]));
        }
        self.whole(word, &mut |whole| alternatives.push(vec![whole.to_owned()]));
        self.several_parts_of(word, &mut |part| parts.push(part.to_owned()));
        if !parts.is_empty() {
            alternatives.push(parts);
        }
        alternatives
    }

    fn grams_of(&mut self, word: &str) -> Vec<String> {
        let mut grams = Vec::new();
        self.query_grams(&[word], &mut |gram| grams.push(gram.to_owned()));
        grams
    }

    fn identifier(&mut self, word: &str, emit: &mut dyn FnMut(&str)) {
        // A single letter or digit is in every file and finds nothing.
        if word.len() > 1 {
            self.whole(word, emit);
            if word.len() <= 4 * LONGEST_TERM {
                self.several_parts_of(word, emit);
            }
        }
    }

    /// The stems of the words that identifiers are made of.
    fn stems_of(&mut self, text: &str, emit: &mut dyn FnMut(&str)) {
        runs(text, &mut |run| {
            if let Run::Word(word) = run {
                self.parts_of(word, &mut |words, part| {
                    if is_plain(part) {
                        words.plain_word(part, emit);
                    }
                });
            }
        });
    }

    /// The identifier in lower case without its underscores.
    fn whole(&mut self, word: &str, emit: &mut dyn FnMut(&str)) {
        self.term.clear();
        if word.len() <= 2 * LONGEST_TERM {
            for c in word.chars().filter(|c| *c != '_') {
                push_lower(&mut self.term, c);
            }
            if (1..=LONGEST_TERM).contains(&self.term.len()) {
                emit(&self.term);
            }
        }
    }

    /// The parts of an identifier that has more than one; single letters are left out.
    fn several_parts_of(&mut self, word: &str, emit: &mut dyn FnMut(&str)) {
        split_identifier(word, &mut self.parts);
        if self.parts.len() < 2 {
            return;
        }
        for &(start, end) in self.parts.iter().take(MOST_PARTS) {
            let part = word.get(start..end).unwrap_or_default();
            if part.len() > 1 && part.len() <= LONGEST_TERM {
                self.term.clear();
                part.chars().for_each(|c| push_lower(&mut self.term, c));
                emit(&self.term);
            }
        }
    }

    /// The parts of an identifier, which is its own part where it has no others.
    fn parts_of(&mut self, word: &str, emit: &mut dyn FnMut(&mut Self, &str)) {
        split_identifier(word, &mut self.parts);
        let parts = std::mem::take(&mut self.parts);
        parts
            .iter()
            .filter_map(|&(start, end)| word.get(start..end))
            .filter(|part| part.len() > 1 && part.len() <= LONGEST_TERM)
            .take(MOST_PARTS)
            .for_each(|part| emit(self, &part.to_lowercase()));
        self.parts = parts;
    }

    /// The stem of an English word.
    fn plain_word(&mut self, word: &str, emit: &mut dyn FnMut(&str)) {
        if word.len() < 2 || word.len() > LONGEST_TERM {
            return;
        }
        self.term.clear();
        self.term.push_str(word);
        self.term.make_ascii_lowercase();
        let term = self.stems.term(&self.term);
        if !term.is_empty() {
            emit(term);
        }
    }

    /// A name that is defined here, or asked for.
    fn name(&mut self, name: &str, emit: &mut dyn FnMut(&str)) {
        let folded = if name.len() <= 4 * LONGEST_TERM {
            fold_name(name)
        } else {
            String::new()
        };
        if (1..LONGEST_TERM).contains(&folded.len()) {
            self.term.clear();
            self.term.push('=');
            self.term.push_str(&folded);
            emit(&self.term);
        }
    }

    /// Pairs of characters; and each ideograph alone, for queries of one.
    fn grams(&mut self, run: &str, emit: &mut dyn FnMut(&str)) {
        let mut previous: Option<char> = None;
        let alone = run.chars().nth(1).is_none();
        for c in run.chars() {
            if alone || is_ideograph(c) {
                self.gram(&[c], emit);
            }
            if let Some(previous) = previous {
                self.gram(&[previous, c], emit);
            }
            previous = Some(c);
        }
    }

    /// The pairs of a query's runs, but not those of grammar alone (two hiragana) where there are others.
    fn query_grams(&mut self, runs: &[&str], emit: &mut dyn FnMut(&str)) {
        let mut pairs: Vec<[char; 2]> = Vec::new();
        for run in runs {
            let mut characters = run.chars();
            match (characters.next(), characters.next()) {
                (Some(only), None) => self.gram(&[only], emit),
                _ => pairs.extend(run.chars().zip(run.chars().skip(1)).map(|(a, b)| [a, b])),
            }
        }
        let is_grammar = |pair: &[char; 2]| pair.iter().all(|c| is_hiragana(*c));
        let has_others = !pairs.iter().all(is_grammar);
        for pair in pairs.iter().filter(|pair| !(has_others && is_grammar(pair))) {
            self.gram(pair, emit);
        }
    }

    fn gram(&mut self, characters: &[char], emit: &mut dyn FnMut(&str)) {
        self.term.clear();
        self.term.extend(characters);
        emit(&self.term);
    }
}

/// How many stems are remembered: prose says the same few thousand words over and over.
const STEMS: usize = 2048;

/// The stems of words, those met last remembered.
#[derive(Clone)]
struct Stems {
    stemmer: Stemmer,
    /// A word and its term, in the place that the word's hash names.
    known: Vec<(String, String)>,
}

impl Stems {
    fn new() -> Self {
        Self {
            stemmer: Stemmer::new(Algorithm::English),
            known: Vec::new(),
        }
    }

    /// The term of a lower-cased word; empty for a stop word.
    fn term(&mut self, word: &str) -> &str {
        if self.known.is_empty() {
            self.known.resize_with(STEMS, Default::default);
        }
        let hash = name_hash(word);
        let place = usize::try_from((hash ^ hash >> 32) % STEMS as u64).unwrap_or(0);
        let Some((known, term)) = self.known.get_mut(place) else {
            return "";
        };
        if known != word {
            word.clone_into(known);
            term.clear();
            if !is_stop_word(word) {
                term.push('~');
                term.push_str(&self.stemmer.stem(word));
            }
        }
        term
    }
}

#[derive(Default)]
struct Terms {
    list: Vec<String>,
    seen: HashSet<String>,
}

impl Terms {
    fn add(&mut self, term: &str) {
        if self.list.len() < MOST_QUERY_TERMS && self.seen.insert(term.to_owned()) {
            self.list.push(term.to_owned());
        }
    }
}

/// The parts of unspaced text that bear its meaning: runs of ideographs and of katakana, without what inflects
/// and joins them.
fn content_words(run: &str) -> impl Iterator<Item = &str> {
    let parts = run.split(is_hiragana).flat_map(|part| {
        let change = part.char_indices().find(|(at, c)| {
            let before = part.get(..*at).and_then(|before| before.chars().next_back());
            before.is_some_and(|before| is_ideograph(before) != is_ideograph(*c))
        });
        let (first, second) = part
            .split_at_checked(change.map_or(part.len(), |(at, _)| at))
            .unwrap_or((part, ""));
        [first, second]
    });
    parts.filter(|part| !part.is_empty())
}

/// An English word as prose writes it: `word`, `Word` or `WORD`.
fn is_plain(word: &str) -> bool {
    let Some((first, rest)) = word.as_bytes().split_first() else {
        return true;
    };
    first.is_ascii_alphabetic() && rest.iter().all(u8::is_ascii_lowercase)
        || first.is_ascii_uppercase() && rest.iter().all(u8::is_ascii_uppercase)
}

fn is_stop_word(word: &str) -> bool {
    word.len() <= 5
        && STOP_WORDS
            .binary_search(&word.to_ascii_lowercase().as_str())
            .is_ok()
}

fn push_lower(term: &mut String, c: char) {
    if c.is_ascii() {
        term.push(c.to_ascii_lowercase());
    } else {
        term.extend(c.to_lowercase());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(text: &str) -> Vec<String> {
        let mut terms = Vec::new();
        Words::new().of_code(text, &mut |term| terms.push(term.to_owned()));
        terms
    }

    fn source(text: &str) -> Vec<String> {
        let mut terms = Vec::new();
        Words::new().of_source(text, &mut |term| terms.push(term.to_owned()));
        terms
    }

    fn query(text: &str) -> Vec<String> {
        Words::new().of_query(text)
    }

    #[test]
    fn identifiers_are_whole_and_split() {
        for (text, terms) in [
            ("parse", vec!["parse"]),
            ("HTTPServer", vec!["httpserver", "http", "server"]),
            ("parseHeader", vec!["parseheader", "parse", "header"]),
            ("parse_header", vec!["parseheader", "parse", "header"]),
            ("__init__", vec!["init"]),
            ("MAX_LEN", vec!["maxlen", "max", "len"]),
            ("sha256Digest", vec!["sha256digest", "sha", "256", "digest"]),
            ("IOError", vec!["ioerror", "io", "error"]),
            ("x", vec![]),
            ("vec_x", vec!["vecx", "vec"]),
            ("ÜberGröße", vec!["übergröße", "über", "größe"]),
            ("a.b->run(i)", vec!["run"]),
        ] {
            assert_eq!(code(text), terms, "{text}");
        }
    }

    #[test]
    fn japanese_is_cut_into_pairs_and_ideographs() {
        assert_eq!(
            code("再接続する"),
            ["再", "接", "再接", "続", "接続", "続す", "する"]
        );
        assert_eq!(code("サーバー"), ["サー", "ーバ", "バー"]);
        assert_eq!(code("あ"), ["あ"]);
        assert_eq!(code("retryを3回"), ["retry", "を", "回"]);
    }

    #[test]
    fn comments_are_stemmed_and_code_is_not() {
        assert_eq!(
            source("retries(); // retries connections"),
            ["retries", "~retri", "~connect"]
        );
        assert_eq!(
            source("/* Opens\n the connections */\nopens()"),
            ["~open", "~connect", "opens"]
        );
        assert_eq!(source("\"\"\"Closes.\"\"\"\ncloses"), ["~close", "closes"]);
        assert_eq!(
            source("#[derive(Debug)]\n# derived"),
            ["derive", "debug", "~deriv"]
        );
        assert_eq!(
            source("// uses parseHeader"),
            ["~use", "parseheader", "parse", "header"]
        );
    }

    #[test]
    fn a_query_asks_for_names_words_and_stems() {
        let terms = query("parseHeaders");
        for wanted in [
            "=parseheaders",
            "parseheaders",
            "parse",
            "headers",
            "~pars",
            "~header",
        ] {
            assert!(terms.iter().any(|term| term == wanted), "{wanted} in {terms:?}");
        }
        assert!(query("header parser").contains(&"=headerparser".to_owned()));
        assert!(query("ledger.py").contains(&"=ledgerpy".to_owned()));
        assert!(!query("how does the parser work").contains(&"the".to_owned()));
        assert!(
            query("for").contains(&"for".to_owned()),
            "a stop word alone is all that was asked"
        );
        assert_eq!(
            query("接続が切れたとき"),
            [
                "接続",
                "続が",
                "が切",
                "切れ",
                "connect",
                "~connect",
                "connection"
            ],
            "in English too"
        );
        assert_eq!(query("とき"), ["とき"]);
        assert_eq!(query("待"), ["待", "wait", "~wait"]);
        assert_eq!(query(" \u{0}()*?\"^~ "), Vec::<String>::new());
    }

    #[test]
    fn stop_words_are_sorted_as_the_search_needs_them() {
        assert!(STOP_WORDS.is_sorted());
        assert!(QUESTION_WORDS.is_sorted());
    }

    proptest! {
        #[test]
        fn any_text_gives_terms_within_bounds(text in any::<String>()) {
            let mut words = Words::new();
            let mut check = |term: &str| {
                assert!(!term.is_empty() && term.len() <= 2 * LONGEST_TERM, "{term:?}");
                assert!(!term.contains(char::is_whitespace), "{term:?}");
            };
            words.of_source(&text, &mut check);
            words.of_prose(&text, &mut check);
            words.of_symbol(&text, &mut check);
            words.of_path(&text, &mut check);
            let terms = words.of_query(&text);
            prop_assert!(terms.len() <= MOST_QUERY_TERMS);
            let distinct: HashSet<&String> = terms.iter().collect();
            prop_assert_eq!(distinct.len(), terms.len());
        }

        #[test]
        fn a_name_is_found_in_every_spelling(parts in prop::collection::vec("[a-z]{2,8}", 1..5)) {
            let snake = parts.join("_");
            let camel: String = parts
                .iter()
                .enumerate()
                .map(|(i, part)| if i == 0 { part.clone() } else { part[..1].to_uppercase() + &part[1..] })
                .collect();
            let mut terms = HashSet::new();
            Words::new().of_symbol(&snake, &mut |term| {
                terms.insert(term.to_owned());
            });
            prop_assert!(query(&camel).iter().any(|term| term.starts_with('=') && terms.contains(term)));
        }
    }
}
