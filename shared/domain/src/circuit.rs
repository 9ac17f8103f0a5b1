//! When a service that fails is left alone for a while, so that it can recover and its callers do not wait for nothing.
//!
//! A circuit is *closed* while calls go through. Failures in a row open it; while it is *open* nobody calls. After a
//! pause it is *half open*: one caller tries, and what comes of that closes it or opens it for longer.

use serde::{Deserialize, Serialize};

use crate::{ErrorKind, StageError};

/// When a circuit opens, and for how long. Times are seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CircuitRules {
    /// How many failures in a row open it.
    pub failures: u32,
    /// Failures farther apart than this are not in a row.
    pub window: u32,
    /// How long it stays open the first time; twice as long after each try that fails.
    pub pause: u32,
    /// How long it stays open at most, unless the service itself asks for more.
    pub longest_pause: u32,
    /// How long one caller may take for its try before another may try.
    pub trial: u32,
}

impl Default for CircuitRules {
    fn default() -> Self {
        Self {
            failures: 5,
            window: 60,
            pause: 15,
            longest_pause: 300,
            trial: 60,
        }
    }
}

/// Whether a service is called. Times are seconds since 1970, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Circuit {
    /// It is.
    Closed {
        /// Failures in a row.
        failures: u32,
        /// When the last of them was.
        last: i64,
    },
    /// It is not.
    Open {
        /// When one caller may try.
        until: i64,
        /// How many times in a row it has opened.
        times: u32,
    },
    /// By one caller.
    HalfOpen {
        /// When another may try, should that caller not come back.
        until: i64,
        /// How many times in a row it has opened.
        times: u32,
    },
}

impl Default for Circuit {
    fn default() -> Self {
        Self::Closed { failures: 0, last: 0 }
    }
}

/// What somebody who wants to call the service may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Call.
    Call,
    /// Call, once the circuit is noted to be this one: of several callers one may try.
    Try(Circuit),
    /// Not call for so many seconds.
    Refuse(u32),
}

/// What a call says about the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It answers, be it that the request was wrong.
    Answered,
    /// It does not, or asks for patience: for so many seconds, where it said so.
    Failed(Option<u32>),
}

impl Outcome {
    /// Of a call's result.
    pub fn of<T>(result: &Result<T, StageError>) -> Self {
        match result.as_ref().map_err(|error| error.kind) {
            Err(ErrorKind::Transient) => Self::Failed(None),
            Err(ErrorKind::Throttled(wait)) => Self::Failed(wait),
            Ok(_) | Err(ErrorKind::Invalid | ErrorKind::Permanent) => Self::Answered,
        }
    }
}

impl Circuit {
    /// Whether the service may be called now.
    pub fn admit(self, now: i64, rules: &CircuitRules) -> Admission {
        match self {
            Self::Closed { .. } => Admission::Call,
            Self::Open { until, times } | Self::HalfOpen { until, times } => {
                let wait = until.saturating_sub(now);
                if wait > 0 {
                    return Admission::Refuse(u32::try_from(wait).unwrap_or(u32::MAX));
                }
                Admission::Try(Self::HalfOpen {
                    until: now.saturating_add(rules.trial.into()),
                    times,
                })
            }
        }
    }

    /// The circuit after a call; `tried` says that the call was the one that a half open circuit let through. Calls that
    /// began before it opened say nothing anymore.
    #[must_use]
    pub fn after(self, outcome: Outcome, tried: bool, now: i64, rules: &CircuitRules) -> Self {
        match (self, outcome) {
            (Self::Closed { .. }, Outcome::Answered) => Self::default(),
            (Self::Closed { failures, last }, Outcome::Failed(wait)) => {
                let in_a_row = now.saturating_sub(last) <= rules.window.into();
                let failures = if in_a_row { failures.saturating_add(1) } else { 1 };
                if failures < rules.failures {
                    return Self::Closed { failures, last: now };
                }
                Self::opened(0, wait, now, rules)
            }
            (Self::Open { .. } | Self::HalfOpen { .. }, Outcome::Answered) if tried => Self::default(),
            (Self::HalfOpen { times, .. }, Outcome::Failed(wait)) if tried => {
                Self::opened(times, wait, now, rules)
            }
            (Self::Open { .. } | Self::HalfOpen { .. }, _) => self,
        }
    }

    fn opened(times_before: u32, wait: Option<u32>, now: i64, rules: &CircuitRules) -> Self {
        let pause = rules
            .pause
            .saturating_mul(1u32.checked_shl(times_before).unwrap_or(u32::MAX))
            .min(rules.longest_pause)
            .max(wait.unwrap_or_default());
        Self::Open {
            until: now.saturating_add(pause.into()),
            times: times_before.saturating_add(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RULES: CircuitRules = CircuitRules {
        failures: 3,
        window: 60,
        pause: 10,
        longest_pause: 35,
        trial: 20,
    };
    const FAILED: Outcome = Outcome::Failed(None);

    fn after_failures(count: u32, at: i64) -> Circuit {
        (0..count).fold(Circuit::default(), |circuit, _| {
            circuit.after(FAILED, false, at, &RULES)
        })
    }

    #[test]
    fn failures_in_a_row_open_it_and_an_answer_between_them_does_not() {
        let two = after_failures(2, 100);
        assert_eq!(two.admit(100, &RULES), Admission::Call);
        assert_eq!(
            two.after(Outcome::Answered, false, 100, &RULES),
            Circuit::default()
        );
        let late = two.after(FAILED, false, 161, &RULES);
        assert_eq!(
            late,
            Circuit::Closed {
                failures: 1,
                last: 161
            },
            "the others are long ago"
        );
        let open = two.after(FAILED, false, 160, &RULES);
        assert_eq!(open, Circuit::Open { until: 170, times: 1 });
        assert_eq!(open.admit(169, &RULES), Admission::Refuse(1));
    }

    #[test]
    fn one_caller_tries_and_decides() {
        let Admission::Try(half_open) = after_failures(3, 100).admit(110, &RULES) else {
            panic!("the pause is over");
        };
        assert_eq!(half_open.admit(111, &RULES), Admission::Refuse(19), "nobody else");
        assert_eq!(
            half_open.after(Outcome::Answered, false, 112, &RULES),
            half_open,
            "a call from before it opened says nothing"
        );
        assert_eq!(half_open.after(FAILED, false, 112, &RULES), half_open);
        assert_eq!(
            half_open.after(Outcome::Answered, true, 112, &RULES),
            Circuit::default()
        );
        let again = half_open.after(FAILED, true, 112, &RULES);
        assert_eq!(again, Circuit::Open { until: 132, times: 2 }, "for twice as long");
        assert!(
            matches!(half_open.admit(130, &RULES), Admission::Try(_)),
            "the caller did not come back"
        );
    }

    #[test]
    fn it_pauses_as_long_as_the_service_asks_and_else_not_for_ever() {
        let mut circuit = after_failures(3, 0);
        for _ in 0..50 {
            let Circuit::Open { until, .. } = circuit else {
                panic!("{circuit:?} is not open");
            };
            let Admission::Try(trying) = circuit.admit(until, &RULES) else {
                panic!("{circuit:?} does not end");
            };
            circuit = trying.after(FAILED, true, until, &RULES);
        }
        let at = |circuit: Circuit| match circuit {
            Circuit::Open { until, .. } => until,
            _ => panic!("{circuit:?} is not open"),
        };
        let now = at(circuit);
        let Admission::Try(trying) = circuit.admit(now, &RULES) else {
            panic!("{circuit:?} does not end");
        };
        assert_eq!(at(trying.after(FAILED, true, now, &RULES)) - now, 35);
        assert_eq!(
            at(trying.after(Outcome::Failed(Some(90)), true, now, &RULES)) - now,
            90
        );
    }

    #[test]
    fn only_what_the_service_did_counts() {
        let of = |error: StageError| Outcome::of::<()>(&Err(error));
        assert_eq!(Outcome::of(&Ok(1)), Outcome::Answered);
        assert_eq!(of(StageError::invalid("no such model")), Outcome::Answered);
        assert_eq!(of(StageError::permanent("denied")), Outcome::Answered);
        assert_eq!(of(StageError::transient("no answer")), FAILED);
        let busy = StageError::new(ErrorKind::Throttled(Some(7)), "busy");
        assert_eq!(of(busy), Outcome::Failed(Some(7)));
    }

    proptest! {
        /// Whatever happens, nobody calls while it is open, one at a time tries, and it always lets somebody try again.
        #[test]
        fn it_neither_lets_many_through_nor_closes_for_ever(
            steps in prop::collection::vec((0i64..30, any::<bool>(), prop::option::of(0u32..50)), 1..80)
        ) {
            let (mut circuit, mut now, mut tried_until) = (Circuit::default(), 0, 0);
            for (passes, answers, wait) in steps {
                now += passes;
                let outcome = if answers { Outcome::Answered } else { Outcome::Failed(wait) };
                match circuit.admit(now, &RULES) {
                    Admission::Call => circuit = circuit.after(outcome, false, now, &RULES),
                    Admission::Try(trying) => {
                        prop_assert!(now >= tried_until, "two at a time");
                        circuit = trying;
                        // Every third caller does not come back.
                        if now % 3 == 0 {
                            tried_until = now + i64::from(RULES.trial);
                        } else {
                            circuit = circuit.after(outcome, true, now, &RULES);
                        }
                    }
                    Admission::Refuse(seconds) => {
                        prop_assert!((1..=50).contains(&seconds));
                        prop_assert!(matches!(
                            circuit.admit(now + i64::from(seconds), &RULES),
                            Admission::Try(_)
                        ));
                    }
                }
            }
        }
    }
}
