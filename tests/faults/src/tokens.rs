//! Task tokens as Step Functions gives them out: each is waited for by one task, for a while.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use deepwiki_domain::StageError;
use deepwiki_ports::{Clock, Result, TaskTokens, builds::Waiting};
use serde_json::Value;
use tokio::sync::oneshot;

use crate::clock::SimClock;

/// What a task is answered: its output, or an error's name and cause.
pub(crate) type Answer = std::result::Result<Value, (String, String)>;

/// The tokens that are waited for.
pub(crate) struct SimTokens {
    clock: Arc<SimClock>,
    open: Mutex<BTreeMap<String, Open>>,
    next: Mutex<u64>,
}

struct Open {
    answer: oneshot::Sender<Answer>,
    last_beat: i64,
}

impl SimTokens {
    pub(crate) fn new(clock: Arc<SimClock>) -> Self {
        Self {
            clock,
            open: Mutex::default(),
            next: Mutex::default(),
        }
    }

    /// A token, and where its answer comes.
    pub(crate) fn give_out(&self) -> (String, oneshot::Receiver<Answer>) {
        let token = {
            let mut next = self.next.lock().unwrap();
            *next += 1;
            format!("token-{next}")
        };
        let (answer, wait) = oneshot::channel();
        let last_beat = self.clock.now();
        let open = Open { answer, last_beat };
        self.open.lock().unwrap().insert(token.clone(), open);
        (token, wait)
    }

    pub(crate) fn last_beat(&self, token: &str) -> Option<i64> {
        self.open.lock().unwrap().get(token).map(|open| open.last_beat)
    }

    fn answer(&self, token: &str, answer: Answer) -> Waiting {
        let open = self.open.lock().unwrap().remove(token);
        match open.map(|open| open.answer.send(answer)) {
            Some(Ok(())) => Waiting::Yes,
            _ => Waiting::Gone,
        }
    }
}

#[async_trait]
impl TaskTokens for SimTokens {
    async fn heartbeat(&self, token: &str) -> Result<Waiting> {
        let mut open = self.open.lock().unwrap();
        match open.get_mut(token).filter(|open| !open.answer.is_closed()) {
            Some(open) => {
                open.last_beat = self.clock.now();
                Ok(Waiting::Yes)
            }
            None => Ok(Waiting::Gone),
        }
    }

    async fn succeed(&self, token: &str, output: &str) -> Result<Waiting> {
        let output = serde_json::from_str(output).expect("a stage answers in JSON");
        Ok(self.answer(token, Ok(output)))
    }

    async fn fail(&self, token: &str, error: &StageError) -> Result<Waiting> {
        let answer = Err((error.kind.name().to_owned(), error.message.clone()));
        Ok(self.answer(token, answer))
    }
}
