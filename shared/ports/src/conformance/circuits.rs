//! [`Circuits`]: one state that everybody sees, and of two who write at once one does.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU32, Ordering},
};

use deepwiki_domain::{
    ErrorKind, StageError,
    circuit::{Circuit, CircuitRules},
};

use super::{NOW, unique};
use crate::{CircuitBreaker, Circuits, Clock, Result, circuit::Kept};

/// What [`Circuits`] must do, and what a breaker on them does.
pub async fn circuits(circuits: Arc<dyn Circuits>) {
    keeps_what_the_first_wrote(circuits.as_ref()).await;
    opens_for_everybody_and_closes_again(&circuits).await;
}

async fn keeps_what_the_first_wrote(circuits: &dyn Circuits) {
    let service = unique();
    assert_eq!(circuits.load(&service).await, Ok(Kept::default()));
    let open = Circuit::Open {
        until: NOW + 5,
        times: 1,
    };
    let half_open = Circuit::HalfOpen {
        until: NOW + 9,
        times: 1,
    };
    assert_eq!(circuits.store(&service, open, 0, NOW).await, Ok(true));
    assert_eq!(
        circuits.store(&service, half_open, 0, NOW).await,
        Ok(false),
        "too late"
    );
    let kept = circuits.load(&service).await.unwrap();
    assert_eq!(kept.circuit, open);
    assert_eq!(
        circuits.store(&service, half_open, kept.version, NOW).await,
        Ok(true)
    );
    assert_eq!(circuits.load(&service).await.unwrap().circuit, half_open);
    assert_eq!(
        circuits.load(&unique()).await,
        Ok(Kept::default()),
        "another service"
    );
}

/// A time that stands still until it is moved.
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

async fn opens_for_everybody_and_closes_again(circuits: &Arc<dyn Circuits>) {
    let service = unique();
    let clock = Arc::new(Hand(AtomicI64::new(NOW)));
    let rules = CircuitRules {
        failures: 3,
        pause: 30,
        ..CircuitRules::default()
    };
    let breaker = || CircuitBreaker::new(Arc::clone(circuits), Arc::clone(&clock) as _, &service, rules);
    let (one, other) = (breaker(), breaker());
    let calls = AtomicU32::new(0);
    let fails = async || -> Result<()> {
        calls.fetch_add(1, Ordering::SeqCst);
        Err(StageError::transient("no answer"))
    };
    let answers = async || -> Result<()> {
        calls.fetch_add(1, Ordering::SeqCst);
        Ok(())
    };

    one.call(fails()).await.unwrap_err();
    other.call(fails()).await.unwrap_err();
    one.call(answers()).await.unwrap();
    for _ in 0..2 {
        other.call(fails()).await.unwrap_err();
    }
    other.call(answers()).await.unwrap();
    for _ in 0..3 {
        assert_eq!(one.call(fails()).await.unwrap_err().kind, ErrorKind::Transient);
    }
    let called = calls.load(Ordering::SeqCst);
    // What was seen a moment ago is believed for a moment.
    clock.0.fetch_add(5, Ordering::SeqCst);
    for breaker in [&one, &other] {
        let refused = breaker.call(answers()).await.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::Throttled(Some(25)), "{refused}");
    }
    assert_eq!(calls.load(Ordering::SeqCst), called, "nobody calls");

    clock.0.fetch_add(25, Ordering::SeqCst);
    let during = async {
        // While one tries, the other may not.
        let refused = other.call(answers()).await.unwrap_err();
        assert!(matches!(refused.kind, ErrorKind::Throttled(Some(_))), "{refused}");
        fails().await
    };
    one.call(during).await.unwrap_err();
    clock.0.fetch_add(59, Ordering::SeqCst);
    one.call(answers()).await.unwrap_err();
    clock.0.fetch_add(1, Ordering::SeqCst);
    other.call(answers()).await.unwrap();
    one.call(answers()).await.unwrap();
}
