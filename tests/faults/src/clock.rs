//! Time that passes when nothing else can happen.

use std::{collections::BTreeMap, sync::Mutex};

use deepwiki_ports::Clock;
use tokio::sync::oneshot;

/// When every simulation begins, in seconds since 1970.
const BEGINNING: i64 = 1_800_000_000;

/// The clock of a simulation.
pub(crate) struct SimClock {
    state: Mutex<State>,
}

struct State {
    now: i64,
    next: u64,
    timers: BTreeMap<(i64, u64), oneshot::Sender<()>>,
}

impl SimClock {
    pub(crate) fn new() -> Self {
        let state = State {
            now: BEGINNING,
            next: 0,
            timers: BTreeMap::new(),
        };
        Self {
            state: Mutex::new(state),
        }
    }

    /// Comes back at this time.
    pub(crate) async fn at(&self, time: i64) {
        let wait = {
            let mut state = self.state.lock().unwrap();
            if time <= state.now {
                return;
            }
            let (ring, wait) = oneshot::channel();
            let key = (time, state.next);
            state.next += 1;
            state.timers.insert(key, ring);
            wait
        };
        wait.await.expect("the clock outlives those that wait");
    }

    /// When the next of those that wait is due.
    pub(crate) fn next_due(&self) -> Option<i64> {
        let mut state = self.state.lock().unwrap();
        state.timers.retain(|_, ring| !ring.is_closed());
        state.timers.keys().next().map(|(time, _)| *time)
    }

    /// Moves on to a time, and wakes those that are due.
    pub(crate) fn pass_to(&self, time: i64) {
        let mut state = self.state.lock().unwrap();
        state.now = state.now.max(time);
        let later = state.timers.split_off(&(time + 1, 0));
        for ring in std::mem::replace(&mut state.timers, later).into_values() {
            let _ = ring.send(());
        }
    }
}

impl Clock for SimClock {
    fn now(&self) -> i64 {
        self.state.lock().unwrap().now
    }
}
