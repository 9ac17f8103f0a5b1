//! Flagging what is wrong, and what became of it.

use deepwiki_domain::{
    CorrectionId, Locale, RepositoryId, Slug,
    access::Role,
    correction::{self, Correction, CorrectionState, Decision, LONGEST_REASON},
};
use futures::{StreamExt, TryStreamExt, stream};

use super::{Library, MOST_REPOSITORIES, Wish};
use crate::Problem;

/// How many repositories' corrections are fetched at the same time.
const FETCHES: usize = 8;

/// A statement that a reader flags.
#[derive(Debug, Clone)]
pub(crate) struct Flag<'a> {
    /// The page's language; the repository's first where none is named.
    pub(crate) language: Option<Locale>,
    /// The page.
    pub(crate) page: &'a Slug,
    /// The statement's words, as the page shows them.
    pub(crate) statement: &'a str,
    /// What is wrong.
    pub(crate) reason: &'a str,
}

impl Library {
    /// Records that a statement of the published wiki is wrong; says whether that was not known yet.
    pub(crate) async fn flag(
        &self,
        id: &RepositoryId,
        flag: &Flag<'_>,
    ) -> Result<(Correction, bool), Problem> {
        let reason = note(flag.reason, "reason")?;
        if reason.is_empty() {
            return Err(Problem::bad_request("Say in `reason` what is wrong."));
        }
        let wish = Wish {
            language: flag.language,
            ..Wish::default()
        };
        let edition = self.edition(id, wish).await?;
        let page = self.page(&edition, flag.page).await?;
        let (statement, citations) = correction::find_statement(&page, flag.statement).ok_or_else(|| {
            Problem::bad_request(format!(
                "Page `{}` has no such statement: send its words as the page shows them.",
                flag.page
            ))
        })?;
        let flagged = Correction {
            id: CorrectionId::of(id, edition.locale, flag.page, &statement, &reason),
            repository: id.clone(),
            language: edition.locale,
            page: flag.page.clone(),
            citations: citations.to_vec(),
            statement,
            commit: edition.generation.commit,
            reason,
            reported_by: self.principal.name.clone(),
            reported_at: self.ports.clock.now(),
            state: CorrectionState::Open,
            decision: None,
        };
        let known = self.ports.corrections.get(id, &flagged.id).await?;
        let stands = match known {
            Some(known) => return Ok((known, false)),
            None => self.ports.corrections.record(&flagged).await?,
        };
        Ok((stands, true))
    }

    /// The newest corrections of a repository, or of all that the asker may see.
    pub(crate) async fn corrections(
        &self,
        of: Option<&RepositoryId>,
        state: Option<CorrectionState>,
        limit: usize,
    ) -> Result<Vec<Correction>, Problem> {
        let repositories = match of {
            Some(id) => vec![self.repository(id).await?],
            None => self.repositories(None, MOST_REPOSITORIES).await?.repositories,
        };
        // Of those in other states any number may come before; what is read of each repository is bounded all the same.
        let read = if state.is_some() {
            limit.max(MOST_READ)
        } else {
            limit
        };
        let lists: Vec<Vec<Correction>> = stream::iter(repositories)
            .map(async |repository| self.ports.corrections.list(&repository.id, read).await)
            .buffered(FETCHES)
            .try_collect()
            .await?;
        let mut all: Vec<Correction> = lists.into_iter().flatten().collect();
        all.retain(|it| state.is_none_or(|state| it.state == state));
        all.sort_by(|a, b| (b.reported_at, &a.id).cmp(&(a.reported_at, &b.id)));
        all.truncate(limit);
        Ok(all)
    }

    /// One correction.
    pub(crate) async fn correction(
        &self,
        id: &RepositoryId,
        correction: &CorrectionId,
    ) -> Result<Correction, Problem> {
        self.repository(id).await?;
        let known = self.ports.corrections.get(id, correction).await?;
        known.ok_or_else(|| Problem::not_found(format!("`{id}` has no correction `{correction}`.")))
    }

    /// Upholds, rejects or opens a correction again.
    pub(crate) async fn decide(
        &self,
        id: &RepositoryId,
        correction: &CorrectionId,
        state: CorrectionState,
        words: &str,
    ) -> Result<Correction, Problem> {
        self.demand(Role::Operator)?;
        self.correction(id, correction).await?;
        let decision = Decision {
            by: self.principal.name.clone(),
            at: self.ports.clock.now(),
            note: note(words, "note")?,
        };
        Ok(self
            .ports
            .corrections
            .decide(id, correction, state, &decision)
            .await?)
    }
}

/// How many corrections of a repository are read where some state is looked for.
const MOST_READ: usize = 1_000;

/// What a person wrote, without what would reorder or break the text around it.
fn note(text: &str, name: &str) -> Result<String, Problem> {
    let text = crate::html::clean(text.trim());
    if text.chars().count() > LONGEST_REASON {
        return Err(Problem::bad_request(format!(
            "`{name}` has {LONGEST_REASON} characters at most."
        )));
    }
    Ok(text)
}
