//! [`Ledger`]: an event is claimed by one, and done once.

use super::{NOW, unique};
use crate::{Ledger, builds::Claim};

/// Longer than any claim holds whose owner died, in seconds.
const A_WHILE: i64 = 600;

/// What a [`Ledger`] must do.
pub async fn ledger(ledger: &dyn Ledger) {
    let [first, second] = [unique(), unique()];
    assert_eq!(ledger.claim(&first, NOW).await, Ok(Claim::Yours));
    assert_eq!(ledger.claim(&first, NOW + 1).await, Ok(Claim::Another));
    ledger.give_up(&first).await.unwrap();
    assert_eq!(
        ledger.claim(&first, NOW + 2).await,
        Ok(Claim::Yours),
        "it was given back"
    );
    let after_a_crash = NOW + 2 + A_WHILE;
    assert_eq!(
        ledger.claim(&first, after_a_crash).await,
        Ok(Claim::Yours),
        "the claim ran out"
    );
    ledger.done(&first, after_a_crash).await.unwrap();
    ledger.give_up(&first).await.unwrap();
    assert_eq!(
        ledger.claim(&first, after_a_crash + A_WHILE).await,
        Ok(Claim::Done)
    );
    assert_eq!(
        ledger.claim(&second, after_a_crash).await,
        Ok(Claim::Yours),
        "another event"
    );
}
