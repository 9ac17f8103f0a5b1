//! Masks secrets in text before any other stage sees it. The lines stay where they are.

mod rules;

use std::{collections::BTreeMap, ops::Range, sync::OnceLock};

use regex::Regex;
use rules::{ASSIGNMENTS, Before, Rule, TOKENS};

/// What stands where a secret stood.
const MASK: &str = "[secret masked]";

/// A text without its secrets, and how many there were.
pub(crate) struct Masked {
    /// As many lines as before.
    pub(crate) text: String,
    /// How many places were masked.
    pub(crate) count: u32,
}

/// Masks every secret of a well-known format, and what is assigned to a name like `password` and looks random.
pub(crate) fn mask(text: String) -> Masked {
    let mut places = find(&text);
    if places.is_empty() {
        return Masked { text, count: 0 };
    }
    places.sort_unstable_by_key(|place| (place.start, place.end));
    let mut masked = String::with_capacity(text.len());
    let mut count = 0;
    let mut done = 0;
    for place in places {
        if place.start < done {
            continue;
        }
        masked.push_str(text.get(done..place.start).unwrap_or_default());
        let secret = text.get(place.clone()).unwrap_or_default();
        masked.push_str(MASK);
        masked.extend(secret.chars().filter(|c| *c == '\n'));
        count += 1;
        done = place.end;
    }
    masked.push_str(text.get(done..).unwrap_or_default());
    Masked { text: masked, count }
}

/// What is demanded of a match besides its pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Check {
    /// Nothing: the format says it all.
    Format,
    /// It must not be a stand-in such as `password` or `<token>`.
    Real,
    /// It must look random besides.
    Random,
    /// It begins a block that runs to its END line.
    KeyBlock,
}

/// How many bytes of a literal the table knows; no literal is shorter.
const BEGIN: usize = 3;

/// Bits of the table's size.
const TABLE_BITS: u32 = 15;

/// One pass finds the few places where a rule can match; patterns are tried there alone. Searching for all patterns
/// everywhere takes a hundred times as long, and an automaton over the literals, which waits for memory at every byte,
/// several times.
struct Matcher {
    /// Whether a literal may begin with three bytes, by their hash.
    table: Vec<bool>,
    /// The literals by their first bytes, the longest first.
    literals: BTreeMap<u32, Vec<Literal>>,
}

struct Literal {
    text: &'static str,
    any_case: bool,
    rules: Vec<(Regex, &'static Rule)>,
}

impl Matcher {
    /// None where a rule is malformed, which a test excludes.
    fn new() -> Option<Self> {
        let mut matcher = Self {
            table: vec![false; 1 << TABLE_BITS],
            literals: BTreeMap::new(),
        };
        for (rules, any_case) in [(TOKENS, false), (ASSIGNMENTS, true)] {
            for rule in rules {
                let pattern = Regex::new(&format!(r"\A(?:{})", rule.pattern)).ok()?;
                for literal in rule.literals {
                    matcher.add(literal, any_case, (pattern.clone(), rule))?;
                }
            }
        }
        for literals in matcher.literals.values_mut() {
            literals.sort_by_key(|literal| std::cmp::Reverse(literal.text.len()));
        }
        Some(matcher)
    }

    fn add(&mut self, text: &'static str, any_case: bool, rule: (Regex, &'static Rule)) -> Option<()> {
        let begin = text.as_bytes().get(..BEGIN)?.iter().copied().fold(0, shift);
        *self.table.get_mut(place(begin))? = true;
        let literals = self.literals.entry(begin).or_default();
        let is_same = |literal: &&mut Literal| literal.text == text && literal.any_case == any_case;
        match literals.iter_mut().find(is_same) {
            Some(literal) => literal.rules.push(rule),
            None => literals.push(Literal {
                text,
                any_case,
                rules: vec![rule],
            }),
        }
        Some(())
    }

    fn find(&self, text: &str, places: &mut Vec<Range<usize>>) {
        let mut begin = 0;
        // Where the last literal ends, of those in any case and of the others: those of a kind do not overlap.
        let (mut any_case, mut exact) = (0, 0);
        for (end, &byte) in (1_usize..).zip(text.as_bytes()) {
            begin = shift(begin, byte);
            if !self.table.get(place(begin)).is_some_and(|may| *may) {
                continue;
            }
            let start = end.saturating_sub(BEGIN);
            for literal in self.literals.get(&begin).into_iter().flatten() {
                let done = if literal.any_case {
                    &mut any_case
                } else {
                    &mut exact
                };
                if start >= *done && literal.stands_at(start, text) {
                    *done = start + literal.text.len();
                    literal.find(text, start, places);
                }
            }
        }
    }
}

/// The last three bytes with one more, without the bit that tells cases of letters apart.
fn shift(begin: u32, byte: u8) -> u32 {
    (begin << 8 | u32::from(byte | 0x20)) & 0xff_ffff
}

/// Where three bytes stand in the table.
fn place(begin: u32) -> usize {
    (begin.wrapping_mul(0x9e37_79b1) >> (u32::BITS - TABLE_BITS)) as usize
}

impl Literal {
    fn stands_at(&self, start: usize, text: &str) -> bool {
        let found = text.get(start..start + self.text.len());
        found
            .is_some_and(|found| found == self.text || self.any_case && found.eq_ignore_ascii_case(self.text))
    }

    /// Tries the rules at a place where this literal stands.
    fn find(&self, text: &str, start: usize, places: &mut Vec<Range<usize>>) {
        let (before, rest) = text.split_at_checked(start).unwrap_or_default();
        for (pattern, rule) in &self.rules {
            if !stands_well(rule.before, before) {
                continue;
            }
            let Some(captures) = pattern.captures(rest) else {
                continue;
            };
            let Some(found) = captures.get(1).or_else(|| captures.get(0)) else {
                continue;
            };
            let place = start + found.start()..start + found.end();
            places.extend(match rule.check {
                Check::Format => Some(place),
                Check::Real => is_real(found.as_str()).then_some(place),
                Check::Random => looks_random(found.as_str()).then_some(place),
                Check::KeyBlock => key_block(text, place),
            });
        }
    }
}

/// Whether what stands before a literal is what its rule wants.
fn stands_well(wanted: Before, before: &str) -> bool {
    let last = before.bytes().next_back();
    match wanted {
        Before::Anything => true,
        Before::Boundary => !last.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_'),
        Before::Digit => last.is_some_and(|byte| byte.is_ascii_digit()),
        Before::NameOnly => {
            let line = before.bytes().rev().take_while(|byte| *byte != b'\n');
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_.- \t".contains(&byte);
            line.take(LONGEST_NAME).all(is_name)
        }
    }
}

/// How much of a line is looked at before a name that secrets are assigned to, in bytes.
const LONGEST_NAME: usize = 80;

fn matcher() -> Option<&'static Matcher> {
    static MATCHER: OnceLock<Option<Matcher>> = OnceLock::new();
    MATCHER.get_or_init(Matcher::new).as_ref()
}

fn find(text: &str) -> Vec<Range<usize>> {
    let mut places = Vec::new();
    if let Some(matcher) = matcher() {
        matcher.find(text, &mut places);
    }
    places
}

/// Stand-ins that documentation and tests use; masking them would hide nothing and cost readers much.
const STAND_INS: &[&str] = &[
    "example",
    "xxxx",
    "****",
    "....",
    "your",
    "changeme",
    "change_me",
    "placeholder",
    "dummy",
    "redacted",
    "password",
    "passwd",
    "secret",
    "insert",
    "replace",
    "sample",
    "foobar",
    "hunter2",
    "1234567890",
    "abcdef",
];

fn is_real(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let common = [
        "pass", "pwd", "user", "test", "root", "admin", "postgres", "mysql", "guest", "token",
    ];
    !STAND_INS.iter().any(|stand_in| lower.contains(stand_in))
        && !common.contains(&lower.as_str())
        && !lower.starts_with(['$', '%', '{', '<'])
}

/// Whether a value looks made by a generator: long enough, letters and digits mixed, and hard to predict.
/// Names, paths, URLs, versions and references to variables do not.
fn looks_random(text: &str) -> bool {
    let count = |wanted: fn(&char) -> bool| text.chars().filter(wanted).count();
    let digits = count(|c| c.is_ascii_digit());
    let letters = count(|c| c.is_ascii_alphabetic());
    let refers = [
        "${",
        "{{",
        "$(",
        "<%",
        "://",
        "::",
        "()",
        "->",
        "process.env",
        "os.environ",
        "%(",
    ];
    is_real(text)
        && digits >= 2
        && letters >= 2
        && !refers.iter().any(|mark| text.contains(mark))
        && !text.starts_with(['/', '.', '$', '@', '#'])
        && entropy(text) >= 3.2
        && longest_word(text) < 12.max(text.len() / 3)
}

/// Shannon entropy in bits a character.
fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let length = text.len() as f64;
    let bits = |count: &u32| {
        let share = f64::from(*count) / length;
        -share * share.log2()
    };
    counts.iter().filter(|count| **count > 0).map(bits).sum()
}

/// The longest run of letters of one case: words have long ones, random text does not.
fn longest_word(text: &str) -> usize {
    let mut longest = 0;
    let mut run = 0;
    let mut last = ' ';
    for c in text.chars() {
        let same = c.is_ascii_alphabetic() && c.is_ascii_lowercase() == last.is_ascii_lowercase();
        run = if same && last.is_ascii_alphabetic() {
            run + 1
        } else {
            usize::from(c.is_ascii_alphabetic())
        };
        longest = longest.max(run);
        last = c;
    }
    longest
}

/// The longest key block that is masked, in bytes.
const LONGEST_BLOCK: usize = 64 << 10;

/// How the last line of a block begins.
const END_LINE: &str = "-----END ";

/// From the BEGIN line to the END line, or to where the text stops to look like a key. None where nothing like
/// a key follows, as in code that looks for such lines.
fn key_block(text: &str, begin: Range<usize>) -> Option<Range<usize>> {
    let rest = text.get(begin.end..)?;
    let is_body = |c: char| c.is_ascii_alphanumeric() || "+/=\\ \t\n\r,:\"'-.()@<>_".contains(c);
    let body = rest
        .find(|c| !is_body(c))
        .unwrap_or(rest.len())
        .min(LONGEST_BLOCK);
    let end = match rest.get(..body).and_then(|body| body.find(END_LINE)) {
        Some(end) => {
            let name = end + END_LINE.len();
            let closing = rest.get(name..)?.find("-----").filter(|length| *length <= 60);
            closing.map_or(name, |length| name + length + 5)
        }
        None => last_key_line(rest.get(..body)?),
    };
    let has_key = rest
        .get(..end)?
        .split(|c: char| !c.is_ascii_alphanumeric() && !"+/=".contains(c));
    has_key
        .clone()
        .any(|run| run.len() >= 32)
        .then(|| begin.start..begin.end + end)
}

/// The end of the leading lines that look like base64 or are empty.
fn last_key_line(body: &str) -> usize {
    let mut end = 0;
    for line in body.split_inclusive('\n') {
        let plain = line.trim_matches(|c: char| c.is_whitespace() || "\"',\\n".contains(c));
        if !plain.is_empty() && (plain.contains(' ') || plain.len() < 16) {
            break;
        }
        end += line.trim_end_matches('\n').len();
        if line.ends_with('\n') {
            end += 1;
        }
    }
    body.get(..end)
        .map_or(0, |body| body.trim_end_matches('\n').len())
}

#[cfg(test)]
mod tests;
