//! [`Corrections`]: what was flagged stays, is decided, and is decided anew.

use deepwiki_domain::{
    CorrectionId, ErrorKind, Locale, RepoPath, RepositoryId, Slug,
    correction::{Correction, CorrectionState, Decision},
    page::Citation,
};

use super::{NOW, commit, new_repository};
use crate::Corrections;

/// What [`Corrections`] must do.
pub async fn corrections(corrections: &dyn Corrections) {
    let repository = new_repository();
    assert_eq!(corrections.list(&repository, 10).await.unwrap(), []);
    let mut recorded = Vec::new();
    for minute in 0..5 {
        let flagged = correction(&repository, &format!("reason {minute}"), NOW + 60 * minute);
        assert_eq!(corrections.get(&repository, &flagged.id).await.unwrap(), None);
        assert_eq!(corrections.record(&flagged).await.unwrap(), flagged);
        recorded.insert(0, flagged);
    }
    let other = new_repository();
    let elsewhere = correction(&other, "reason 0", NOW);
    corrections.record(&elsewhere).await.unwrap();
    for limit in [1, 3, 5, 50] {
        let listed = corrections.list(&repository, limit).await.unwrap();
        assert!(
            listed.iter().eq(recorded.iter().take(limit)),
            "the newest {limit}"
        );
    }
    assert_eq!(corrections.list(&other, 10).await.unwrap(), [elsewhere]);
    decides(corrections, &repository, recorded.first().unwrap()).await;
}

async fn decides(corrections: &dyn Corrections, repository: &RepositoryId, flagged: &Correction) {
    let decide = |state, decision: Decision| async move {
        corrections
            .decide(repository, &flagged.id, state, &decision)
            .await
    };
    for (state, at) in [
        (CorrectionState::Upheld, NOW + 900),
        (CorrectionState::Rejected, NOW + 950),
    ] {
        let decision = Decision {
            by: "check".to_owned(),
            at,
            note: format!("at {at}: 本文と一致しません"),
        };
        let stands = decide(state, decision.clone()).await.unwrap();
        let expected = Correction {
            state,
            decision: Some(decision),
            ..flagged.clone()
        };
        assert_eq!(stands, expected);
        assert_eq!(
            corrections.get(repository, &flagged.id).await.unwrap(),
            Some(expected.clone())
        );
        assert_eq!(
            corrections.record(flagged).await.unwrap(),
            expected,
            "flagged again, it keeps what was decided"
        );
    }
    let unknown = CorrectionId::of(repository, Locale::En, &flagged.page, "no such", "reason");
    let decision = Decision {
        by: "check".to_owned(),
        at: NOW,
        note: String::new(),
    };
    let refused = corrections
        .decide(repository, &unknown, CorrectionState::Upheld, &decision)
        .await;
    assert_eq!(refused.unwrap_err().kind, ErrorKind::Invalid);
    assert_eq!(corrections.get(repository, &unknown).await.unwrap(), None);
}

fn correction(repository: &RepositoryId, reason: &str, reported_at: i64) -> Correction {
    let page = Slug::from_text("overview");
    let statement = "`open` は設定を読みます。".to_owned();
    Correction {
        id: CorrectionId::of(repository, Locale::Ja, &page, &statement, reason),
        repository: repository.clone(),
        language: Locale::Ja,
        page,
        statement,
        citations: vec![Citation {
            path: RepoPath::new("src/lib.rs").unwrap(),
            start: 3,
            end: 9,
        }],
        commit: commit("flagged"),
        reason: reason.to_owned(),
        reported_by: "reader".to_owned(),
        reported_at,
        state: CorrectionState::Open,
        decision: None,
    }
}
