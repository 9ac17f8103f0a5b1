//! Flagged statements as the API tells of them.

use deepwiki_domain::{
    CommitId, CorrectionId, Locale, RepositoryId, Slug,
    correction::{Correction, Decision},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::time;

/// Flagged statements, the newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct CorrectionList {
    pub(crate) corrections: Vec<CorrectionView>,
}

/// A flagged statement.
#[derive(Serialize, ToSchema)]
pub(crate) struct CorrectionView {
    #[schema(value_type = String)]
    id: CorrectionId,
    #[schema(value_type = String)]
    repository: RepositoryId,
    #[schema(value_type = String)]
    language: Locale,
    /// The page's address.
    #[schema(value_type = String)]
    page: Slug,
    /// The statement's words.
    statement: String,
    /// What it rested on: `path:start-end`.
    citations: Vec<String>,
    /// The commit that it spoke of.
    #[schema(value_type = String)]
    commit: CommitId,
    /// What is wrong, in the reader's words.
    reason: String,
    /// `open`, `upheld` or `rejected`.
    #[schema(value_type = String)]
    state: &'static str,
    /// RFC 3339, UTC.
    reported_at: String,
    /// Why it was upheld or rejected; null while it is open.
    decision: Option<DecisionView>,
}

/// Why a correction was upheld or rejected.
#[derive(Serialize, ToSchema)]
pub(crate) struct DecisionView {
    /// RFC 3339, UTC.
    at: String,
    note: String,
}

impl From<Correction> for CorrectionView {
    fn from(correction: Correction) -> Self {
        Self {
            id: correction.id,
            repository: correction.repository,
            language: correction.language,
            page: correction.page,
            statement: correction.statement,
            citations: correction.citations.iter().map(ToString::to_string).collect(),
            commit: correction.commit,
            reason: correction.reason,
            state: correction.state.name(),
            reported_at: time(correction.reported_at),
            decision: correction.decision.map(DecisionView::from),
        }
    }
}

impl From<Decision> for DecisionView {
    fn from(decision: Decision) -> Self {
        Self {
            at: time(decision.at),
            note: decision.note,
        }
    }
}
