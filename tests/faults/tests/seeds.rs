//! Whatever goes wrong, in whatever order: no build hangs, none is lost, readers never see half a wiki, and what is taken up
//! again comes out byte by byte as a build without faults makes it.
//!
//! `FAULT_RUNS` says how many seeds each scenario gets (`make soak` gives it many), `FAULT_SEED` where they begin: a run
//! that fails names its seed.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test says where it fails"
)]

use std::sync::{Mutex, PoisonError};

use deepwiki_faults::{Counts, Scenario, World};

/// One scenario at a time: each has worker threads of its own, and a machine that has too many of them is slow in places
/// that the simulated clock does not know.
static TURN: Mutex<()> = Mutex::new(());

/// 13 scenarios of 16 seeds are 208 runs.
const RUNS: u64 = 16;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

/// Runs a scenario from many seeds; gives the sum of what happened.
fn runs(scenario: Scenario) -> Counts {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let first = number("FAULT_SEED", 1);
    let mut sum = Counts::default();
    for seed in first..first + number("FAULT_RUNS", RUNS) {
        // Shown only where the test fails.
        println!("{scenario:?} from seed {seed}");
        let counts = World::run(scenario, seed);
        println!("{counts:?}");
        sum = sum.and(counts);
    }
    sum
}

#[test]
fn nothing_goes_wrong() {
    let counts = runs(Scenario::Calm);
    assert_eq!((counts.failed, counts.resumed, counts.reaped), (0, 0, 0));
}

#[test]
#[ignore = "depends on the load of the machine: `make soak` runs it"]
fn processes_die_at_random_points() {
    assert!(runs(Scenario::Dies).died > 0);
}

#[test]
#[ignore = "depends on the load of the machine: `make soak` runs it"]
fn messages_come_twice_and_out_of_order() {
    let counts = runs(Scenario::Repeats);
    assert!(counts.again > 0);
    assert_eq!(counts.failed, 0);
}

#[test]
#[ignore = "depends on the load of the machine: `make soak` runs it"]
fn a_poison_message_reaches_the_dead_letters_and_harms_nobody() {
    let counts = runs(Scenario::Poison);
    assert!(counts.poison > 0 && counts.reaped > 0);
    assert_eq!((counts.failed, counts.resumed), (0, 0));
}

#[test]
#[ignore = "depends on the load of the machine: `make soak` runs it"]
fn a_stage_that_always_fails_is_named_and_the_build_can_be_resumed() {
    let counts = runs(Scenario::AlwaysFails);
    assert!(counts.failed > 0 && counts.resumed > 0);
}

#[test]
#[ignore = "depends on the load of the machine: `make soak` runs it"]
fn stores_and_hosts_fail_throttle_and_lose_answers() {
    assert!(runs(Scenario::StoreFaults).executions > 0);
}

#[test]
#[ignore = "depends on the load of the machine: `make soak` runs it"]
fn a_worker_that_nobody_waits_for_any_more_goes_on() {
    assert!(runs(Scenario::StaleToken).stalled > 0);
}

#[test]
#[ignore = "depends on the load of the machine: `make soak` runs it"]
fn two_pushes_come_at_once() {
    let counts = runs(Scenario::TwoPushes);
    assert_eq!((counts.failed, counts.resumed), (0, 0));
}

#[test]
#[ignore = "depends on the load of the machine: `make soak` runs it"]
fn a_push_comes_during_a_build() {
    let counts = runs(Scenario::PushDuringBuild);
    assert_eq!((counts.failed, counts.resumed), (0, 0));
}

#[test]
#[ignore = "depends on the load of the machine: `make soak` runs it"]
fn functions_run_out_of_time() {
    assert!(runs(Scenario::OutOfTime).late > 0);
}

#[test]
#[ignore = "depends on the load of the machine: `make soak` runs it"]
fn executions_are_stopped_by_hand() {
    let counts = runs(Scenario::Aborted);
    assert!(counts.aborted > 0);
}

#[test]
#[ignore = "depends on the load of the machine: `make soak` runs it"]
fn a_push_that_nobody_tells_of_is_found_by_the_schedule() {
    let counts = runs(Scenario::LostPush);
    assert_eq!((counts.failed, counts.resumed), (0, 0));
}

#[test]
#[ignore = "depends on the load of the machine: `make soak` runs it"]
fn everything_at_once() {
    let counts = runs(Scenario::Everything);
    assert!(counts.died > 0 && counts.stalled > 0 && counts.late > 0 && counts.again > 0);
}
