//! What a model may say: sentences whose every name stands in lines that it was shown and that it cites.
//!
//! A model never sees or writes a line number. It cites grounds by name (`F3`, `E1:4-9`), so that a wrong line cannot
//! be told apart from a wrong ground, and an answer stays good when lines move.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use deepwiki_domain::{
    Locale, RepoPath,
    facts::{self, Lines},
    gate::{self, Evidence, Fault},
    page::{Citation, Inline, Statement},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{fence::addresses_a_model, prose};

/// The longest sentence, in characters.
const LONGEST: usize = 600;

/// The most places that one sentence may cite.
const MOST_CITATIONS: usize = 6;

/// Grounds of a claim that are read at most.
const MOST_GROUNDS: usize = 8;

/// A sentence as a model said it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The sentence.
    pub text: String,
    /// The names of the grounds that it rests on.
    pub cite: Vec<String>,
}

impl Claim {
    /// Reads `{"text": "…", "cite": ["F1", "E1:2-3"]}`; one ground may stand without its list.
    pub fn read(value: &Value) -> Option<Self> {
        let text = value.get("text")?.as_str()?.trim();
        let cite: Vec<String> = match value.get("cite") {
            Some(Value::Array(names)) => names
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            Some(Value::String(names)) => names.split(',').map(|name| name.trim().to_owned()).collect(),
            _ => Vec::new(),
        };
        (!text.is_empty()).then(|| Self {
            text: text.to_owned(),
            cite: cite.into_iter().take(MOST_GROUNDS).collect(),
        })
    }
}

/// Something that a model was told, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ground {
    /// The words that the model was shown.
    pub text: String,
    /// The lines that bear it.
    pub at: Vec<Citation>,
    /// For an excerpt: the lines (counted from 0 over all its pieces) that were withheld. Its lines may be cited one
    /// by one.
    pub excerpt: Option<Vec<usize>>,
}

/// Everything that a model was told, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grounds(BTreeMap<String, Ground>);

/// What is wrong with a claim, in words that its author can act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Objection {
    /// There are no words.
    Empty,
    /// It is longer than a sentence should be.
    TooLong,
    /// It has a link, an image, a tag or an address.
    Markup,
    /// It speaks to or of a model, as an instruction would.
    Instruction,
    /// It is in the other language.
    WrongLanguage,
    /// It cites nothing.
    Uncited,
    /// It cites something that it was not given.
    NoSuchGround(String),
    /// The name does not stand in what it cites.
    Unborne(String),
    /// It names nothing that its lines could bear out.
    Nameless,
    /// The publish gate does not let it pass.
    Gate(Fault),
}

/// A claim that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The sentence with its lines.
    pub statement: Statement,
}

impl Grounds {
    /// Adds a ground under a name.
    pub fn add(&mut self, name: impl Into<String>, ground: Ground) {
        self.0.insert(name.into(), ground);
    }

    /// The ground of this name.
    pub fn get(&self, name: &str) -> Option<&Ground> {
        self.0.get(name)
    }

    /// Every ground with its name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Ground)> {
        self.0.iter().map(|(name, ground)| (name.as_str(), ground))
    }

    /// The files that any ground stands in.
    pub fn files(&self) -> impl Iterator<Item = &RepoPath> {
        self.0
            .values()
            .flat_map(|ground| &ground.at)
            .map(|citation| &citation.path)
    }

    /// The lines that a reference names: a ground, or some lines of an excerpt.
    fn resolve(&self, reference: &str) -> Option<(&Ground, Vec<Citation>)> {
        let reference = reference.trim().trim_matches(['[', ']']);
        let (name, range) = match reference.split_once(':') {
            Some((name, range)) => (name, Some(range)),
            None => (reference, None),
        };
        let ground = self.0.get(name.trim())?;
        match (&ground.excerpt, range) {
            (Some(withheld), Some(range)) => {
                let lines = excerpt_lines(range)?;
                let hidden = |line: &usize| (lines.start..=lines.end).contains(&(*line as u32 + 1));
                let places = ground.places(lines)?;
                (!withheld.iter().any(hidden)).then_some((ground, places))
            }
            // A range that a fact does not have adds nothing to the fact.
            _ => Some((ground, ground.at.clone())),
        }
    }
}

impl Ground {
    /// Where some lines of an excerpt stand; its pieces are counted on from one to the next.
    fn places(&self, lines: Lines) -> Option<Vec<Citation>> {
        let mut places = Vec::new();
        let mut before = 0;
        for piece in &self.at {
            let (first, last) = (before + 1, before + piece.lines().count());
            let (from, to) = (lines.start.max(first), lines.end.min(last));
            if from <= to {
                places.push(Citation {
                    path: piece.path.clone(),
                    start: piece.start + (from - first),
                    end: piece.start + (to - first),
                });
            }
            before = last;
        }
        (lines.end <= before).then_some(places)
    }
}

/// `4` or `4-9`, counted from 1.
fn excerpt_lines(range: &str) -> Option<Lines> {
    let range = range.trim().trim_start_matches(['L', 'l']);
    let (start, end) = range.split_once(['-', '–']).unwrap_or((range, range));
    let start: u32 = start.trim().parse().ok()?;
    let end: u32 = end.trim().trim_start_matches(['L', 'l']).parse().ok()?;
    (1 <= start && start <= end).then_some(Lines { start, end })
}

/// Accepts a claim, or says what is wrong with it.
pub fn accept(
    claim: &Claim,
    grounds: &Grounds,
    evidence: &dyn Evidence,
    locale: Locale,
    link: prose::LinkTarget<'_>,
) -> Result<Accepted, Objection> {
    let text = prose::inlines(&claim.text, link)?;
    let plain = gate::plain(&text);
    if plain.chars().count() > LONGEST {
        return Err(Objection::TooLong);
    }
    if addresses_a_model(&plain) {
        return Err(Objection::Instruction);
    }
    if !is_in(locale, &text) {
        return Err(Objection::WrongLanguage);
    }
    let (citations, shown) = citations(claim, grounds)?;
    borne_out(&text, &plain, &citations, &shown, evidence)?;
    let statement = Statement { text, citations };
    gate::check(statement, evidence)
        .map(|statement| Accepted { statement })
        .map_err(Objection::Gate)
}

/// The lines that a claim cites, and the words of the grounds that it was told.
fn citations(claim: &Claim, grounds: &Grounds) -> Result<(Vec<Citation>, String), Objection> {
    let mut citations: Vec<Citation> = Vec::new();
    let mut shown = String::new();
    for reference in &claim.cite {
        let (ground, lines) = grounds
            .resolve(reference)
            .ok_or_else(|| Objection::NoSuchGround(reference.chars().take(40).collect()))?;
        if ground.excerpt.is_none() {
            shown.push_str(&ground.text);
            shown.push('\n');
        }
        for citation in lines {
            if citations.len() < MOST_CITATIONS && !citations.contains(&citation) {
                citations.push(citation);
            }
        }
    }
    if citations.is_empty() {
        return Err(Objection::Uncited);
    }
    Ok((citations, shown))
}

/// Every name in code style stands in the cited lines or in the facts that were cited; a sentence without such names
/// takes most of its words from there.
fn borne_out(
    text: &[Inline],
    plain: &str,
    citations: &[Citation],
    shown: &str,
    evidence: &dyn Evidence,
) -> Result<(), Objection> {
    let mut ground: BTreeSet<String> = facts::names(shown).map(str::to_lowercase).collect();
    for citation in citations {
        let lines = evidence
            .text(&citation.path, citation.lines())
            .unwrap_or_default();
        ground.extend(facts::names(lines).map(str::to_lowercase));
        ground.extend(facts::names(citation.path.as_str()).map(str::to_lowercase));
    }
    let code: Vec<&str> = text
        .iter()
        .filter_map(|inline| match inline {
            Inline::Code(code) => Some(code.as_str()),
            _ => None,
        })
        .collect();
    let names: Vec<&str> = code.iter().flat_map(|code| facts::names(code)).collect();
    if let Some(missing) = names.iter().find(|name| !ground.contains(&name.to_lowercase())) {
        return Err(Objection::Unborne((*missing).to_owned()));
    }
    if !names.is_empty() {
        return Ok(());
    }
    let words: Vec<String> = facts::names(plain)
        .filter(|word| word.chars().count() > 3)
        .map(str::to_lowercase)
        .collect();
    let borne = words.iter().filter(|word| ground.contains(word.as_str())).count();
    if words.len() >= 2 && borne * 2 >= words.len() {
        Ok(())
    } else {
        Err(Objection::Nameless)
    }
}

/// Whether a sentence is in the language of the page, names and links aside.
fn is_in(locale: Locale, text: &[Inline]) -> bool {
    let is_japanese = |c: char| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}');
    let words = text.iter().filter_map(|inline| match inline {
        Inline::Text(words) | Inline::Strong(words) => Some(words.as_str()),
        Inline::Code(_) | Inline::Page(_) => None,
    });
    let (japanese, latin) = words.flat_map(str::chars).fold((0, 0), |(japanese, latin), c| {
        (
            japanese + usize::from(is_japanese(c)),
            latin + usize::from(c.is_ascii_alphabetic()),
        )
    });
    match locale {
        Locale::Ja => japanese * 4 > latin,
        Locale::En => japanese * 4 <= latin,
    }
}

impl fmt::Display for Objection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("it has no words"),
            Self::TooLong => write!(f, "it is longer than {LONGEST} characters: split it"),
            Self::Markup => {
                f.write_str("it has a link, an address, an image or a tag: use words and `code` only")
            }
            Self::Instruction => {
                f.write_str("it reads like an instruction to a model: state a fact about the code")
            }
            Self::WrongLanguage => f.write_str("it is not in the language of the page"),
            Self::Uncited => f.write_str("it cites nothing"),
            Self::NoSuchGround(name) => write!(f, "there is no ground `{name}`: cite only what is given"),
            Self::Unborne(name) => {
                write!(
                    f,
                    "`{name}` does not stand in what it cites: cite the ground that bears it, or leave it out"
                )
            }
            Self::Nameless => {
                f.write_str("it names nothing that stands in what it cites: name it in code style")
            }
            Self::Gate(fault) => match fault {
                Fault::UnknownName(name) => write!(f, "`{name}` does not exist in the repository"),
                Fault::Unsupported(_) => f.write_str("what it cites bears none of its names"),
                Fault::Uncited | Fault::NoSuchFile(_) | Fault::NoSuchLines(_) => {
                    f.write_str("it cites nothing")
                }
            },
        }
    }
}

#[cfg(test)]
mod tests;
