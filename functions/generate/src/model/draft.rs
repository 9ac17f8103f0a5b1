//! A model's reply as a draft: sections of claims. What cannot be read is left out.

use deepwiki_model::{Claim, read_object};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Sections of a page and claims of a section that are read at most.
const MOST_SECTIONS: usize = 12;
const MOST_CLAIMS: usize = 24;

/// What a model wrote for a page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Draft {
    /// What the page is about, in a sentence.
    pub(crate) summary: Option<Claim>,
    /// Its parts.
    pub(crate) sections: Vec<DraftSection>,
}

/// A part of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DraftSection {
    /// Which of the headings that there are.
    pub(crate) kind: SectionKind,
    /// Whether its sentences are steps or points of a list.
    pub(crate) list: bool,
    /// The diagram that belongs to it, counted from 1.
    pub(crate) diagram: Option<usize>,
    /// Its sentences.
    pub(crate) claims: Vec<Claim>,
}

/// The headings that a model can choose from. Their words are ours: a heading cites nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SectionKind {
    /// What it is for.
    Purpose,
    /// How it is put together.
    Design,
    /// How it works.
    Flow,
    /// How to use it.
    Usage,
    /// What it holds.
    Data,
    /// Errors and limits.
    Errors,
    /// Where to change it.
    Change,
    /// How it is tested.
    Tests,
    /// Worth knowing.
    Notes,
}

impl SectionKind {
    /// The word by which a model asks for it.
    pub(crate) const ALL: [(&'static str, Self); 9] = [
        ("purpose", Self::Purpose),
        ("design", Self::Design),
        ("flow", Self::Flow),
        ("usage", Self::Usage),
        ("data", Self::Data),
        ("errors", Self::Errors),
        ("change", Self::Change),
        ("tests", Self::Tests),
        ("notes", Self::Notes),
    ];

    fn read(word: &str) -> Self {
        let word = word.trim().to_ascii_lowercase();
        let known = Self::ALL.into_iter().find(|(name, _)| *name == word);
        known.map_or(Self::Notes, |(_, kind)| kind)
    }
}

impl Draft {
    /// Reads a reply; none where nothing in it is a claim.
    pub(crate) fn read(reply: &str) -> Option<Self> {
        let object = read_object(reply)?;
        let sections = object.get("sections").and_then(Value::as_array);
        let draft = Self {
            summary: object.get("summary").and_then(Claim::read),
            sections: sections
                .into_iter()
                .flatten()
                .filter_map(Value::as_object)
                .filter_map(section)
                .take(MOST_SECTIONS)
                .collect(),
        };
        (draft.summary.is_some() || !draft.sections.is_empty()).then_some(draft)
    }

    /// Every claim, the summary first; the order in which mended claims are counted.
    pub(crate) fn claims(&self) -> impl Iterator<Item = &Claim> {
        self.summary
            .iter()
            .chain(self.sections.iter().flat_map(|section| &section.claims))
    }

    /// The same draft with each claim kept, changed or left out.
    pub(crate) fn map(self, mut change: impl FnMut(Claim) -> Option<Claim>) -> Self {
        Self {
            summary: self.summary.and_then(&mut change),
            sections: self
                .sections
                .into_iter()
                .map(|section| DraftSection {
                    claims: section.claims.into_iter().filter_map(&mut change).collect(),
                    ..section
                })
                .filter(|section| !section.claims.is_empty())
                .collect(),
        }
    }
}

/// Reads the answer to objections: claims by the number of the one that they replace.
pub(crate) fn read_mended(reply: &str) -> Vec<(usize, Claim)> {
    let object = read_object(reply).unwrap_or_default();
    let mended = object.get("mended").and_then(Value::as_array);
    mended
        .into_iter()
        .flatten()
        .filter_map(|value| {
            let number = value.get("n").and_then(Value::as_u64)?;
            Some((usize::try_from(number).ok()?, Claim::read(value)?))
        })
        .collect()
}

fn section(object: &Map<String, Value>) -> Option<DraftSection> {
    let claims: Vec<Claim> = object
        .get("claims")?
        .as_array()?
        .iter()
        .filter_map(Claim::read)
        .take(MOST_CLAIMS)
        .collect();
    let diagram = object.get("diagram").and_then(Value::as_str);
    (!claims.is_empty()).then(|| DraftSection {
        kind: SectionKind::read(object.get("kind").and_then(Value::as_str).unwrap_or_default()),
        list: object.get("list").and_then(Value::as_bool).unwrap_or_default(),
        diagram: diagram.and_then(|name| name.trim_start_matches('D').parse().ok()),
        claims,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_read_as_far_as_it_can_be() {
        let reply = r#"Sure: {"summary": {"text": "A.", "cite": "F1, F2"}, "sections": [
            {"kind": "flow", "list": true, "diagram": "D2", "claims": [{"text": "B.", "cite": ["F3"]}, {"text": ""}, 4]},
            {"kind": "poem", "claims": [{"text": "C."}]}, {"kind": "data", "claims": []}, "x"]}"#;
        let draft = Draft::read(reply).unwrap();
        let texts: Vec<&str> = draft.claims().map(|claim| claim.text.as_str()).collect();
        assert_eq!(texts, ["A.", "B.", "C."]);
        assert_eq!(draft.summary.as_ref().unwrap().cite, ["F1", "F2"]);
        let kinds: Vec<_> = draft
            .sections
            .iter()
            .map(|it| (it.kind, it.list, it.diagram))
            .collect();
        assert_eq!(
            kinds,
            [
                (SectionKind::Flow, true, Some(2)),
                (SectionKind::Notes, false, None)
            ]
        );
        for reply in [
            "",
            "I cannot.",
            "{}",
            r#"{"sections": 3}"#,
            r#"{"summary": "words"}"#,
        ] {
            assert_eq!(Draft::read(reply), None, "{reply}");
        }
    }

    #[test]
    fn mended_claims_are_read_by_number() {
        let reply =
            r#"{"mended": [{"n": 2, "text": "B.", "cite": ["F1"]}, {"n": "x"}, {"text": "no number"}]}"#;
        let mended = read_mended(reply);
        assert_eq!(mended.len(), 1);
        assert_eq!((mended[0].0, mended[0].1.text.as_str()), (2, "B."));
    }
}
