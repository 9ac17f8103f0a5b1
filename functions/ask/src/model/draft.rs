//! A composed answer while it grows: each sentence a passage, its places numbered in the order in which they are met.

use deepwiki_domain::{
    answer::{AnswerCitation, AnswerPart, AnswerStatus, Passage},
    gate,
    page::Statement,
};

use super::{evidence::parted, shown::Shown};
use crate::{OnPart, compose::Composed};

#[derive(Debug, Default)]
pub(super) struct Draft {
    passages: Vec<Passage>,
    citations: Vec<AnswerCitation>,
    /// The statements of the passages, for what is written about them.
    pub(super) statements: Vec<Statement>,
}

impl Draft {
    pub(super) fn is_empty(&self) -> bool {
        self.passages.is_empty()
    }

    /// How many places it cites.
    pub(super) fn places(&self) -> usize {
        self.citations.len()
    }

    /// Adds a sentence that holds, unless it is there already.
    pub(super) fn add(
        &mut self,
        heading: &str,
        statement: &Statement,
        shown: &Shown,
        on_part: &mut OnPart<'_>,
    ) {
        let text = gate::plain(&statement.text);
        if self.passages.iter().any(|passage| passage.text == text) {
            return;
        }
        let mut numbers = Vec::new();
        for citation in &statement.citations {
            let Some((number, path)) = parted(&citation.path) else {
                continue;
            };
            let Some(Some((repository, commit))) = shown.repositories.get(number) else {
                continue;
            };
            let (page, section) = shown.pages.get(&citation.path).cloned().unwrap_or_default();
            let place = AnswerCitation {
                number: 0,
                repository: repository.clone(),
                commit: commit.clone(),
                path,
                start: citation.start,
                end: citation.end,
                page,
                section,
            };
            numbers.push(self.cite(place, on_part));
        }
        self.statements.push(statement.clone());
        self.push(heading, text, None, numbers, on_part);
    }

    /// Adds an extract with what it cites.
    pub(super) fn add_extract(
        &mut self,
        passage: &Passage,
        cited: &[AnswerCitation],
        on_part: &mut OnPart<'_>,
    ) {
        let numbers = cited
            .iter()
            .map(|place| self.cite(place.clone(), on_part))
            .collect();
        self.push(
            &passage.title,
            passage.text.clone(),
            passage.code,
            numbers,
            on_part,
        );
    }

    fn cite(&mut self, place: AnswerCitation, on_part: &mut OnPart<'_>) -> u32 {
        let same = |it: &&AnswerCitation| {
            it.repository == place.repository
                && it.path == place.path
                && it.start == place.start
                && it.end == place.end
        };
        if let Some(known) = self.citations.iter().find(same) {
            return known.number;
        }
        let number = u32::try_from(self.citations.len())
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        let citation = AnswerCitation { number, ..place };
        on_part(AnswerPart::Citation(citation.clone()));
        self.citations.push(citation);
        number
    }

    fn push(
        &mut self,
        title: &str,
        text: String,
        code: Option<deepwiki_domain::answer::CodeForm>,
        mut citations: Vec<u32>,
        on_part: &mut OnPart<'_>,
    ) {
        citations.dedup();
        let passage = Passage {
            title: title.to_owned(),
            text,
            code,
            citations,
        };
        on_part(AnswerPart::Passage(passage.clone()));
        self.passages.push(passage);
    }

    pub(super) fn finish(self) -> Composed {
        Composed {
            status: AnswerStatus::Composed,
            passages: self.passages,
            citations: self.citations,
        }
    }
}
