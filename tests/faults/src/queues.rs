//! Queues as SQS keeps them: what is taken is hidden for a while and comes back unless it is deleted; what came back too
//! often goes to the dead letters; a FIFO queue holds a group up until its first message is dealt with.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Mutex,
};

/// How often a message is delivered before it is a dead letter.
const MOST_RECEIVES: u32 = 5;

/// Within how many seconds a FIFO queue takes the same message once.
const DEDUPLICATED: i64 = 300;

/// A message.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) id: u64,
    pub(crate) body: String,
    pub(crate) group: Option<String>,
    receives: u32,
    visible_at: i64,
}

#[derive(Default)]
struct Queue {
    messages: Vec<Message>,
    sent: BTreeMap<String, i64>,
}

/// All queues, dead letters included.
#[derive(Default)]
pub(crate) struct Queues {
    queues: Mutex<BTreeMap<String, Queue>>,
    next: Mutex<u64>,
}

impl Queues {
    pub(crate) fn send(&self, queue: &str, body: String, visible_at: i64) {
        self.put(queue, body, None, visible_at);
    }

    /// Sends to a FIFO queue; the same id within a while arrives once.
    pub(crate) fn send_in_order(&self, queue: &str, body: String, group: &str, id: &str, now: i64) {
        {
            let mut queues = self.queues.lock().unwrap();
            let sent = &mut queues.entry(queue.to_owned()).or_default().sent;
            if sent.get(id).is_some_and(|at| now - at < DEDUPLICATED) {
                return;
            }
            sent.insert(id.to_owned(), now);
        }
        self.put(queue, body, Some(group.to_owned()), now);
    }

    fn put(&self, queue: &str, body: String, group: Option<String>, visible_at: i64) {
        let id = {
            let mut next = self.next.lock().unwrap();
            *next += 1;
            *next
        };
        let mut queues = self.queues.lock().unwrap();
        queues
            .entry(queue.to_owned())
            .or_default()
            .messages
            .push(Message {
                id,
                body,
                group,
                receives: 0,
                visible_at,
            });
    }

    /// Which messages could be delivered now, as (queue, id).
    pub(crate) fn deliverable(&self, now: i64) -> Vec<(String, u64)> {
        let queues = self.queues.lock().unwrap();
        let mut found = Vec::new();
        for (name, queue) in &*queues {
            let mut held_up = HashSet::new();
            for message in &queue.messages {
                let first = message.group.as_ref().is_none_or(|group| held_up.insert(group));
                if first && message.visible_at <= now {
                    found.push((name.clone(), message.id));
                }
            }
        }
        found
    }

    /// Takes a message for so many seconds. None where it went to the dead letters instead.
    pub(crate) fn receive(&self, queue: &str, id: u64, now: i64, visibility: i64) -> Option<Message> {
        let mut queues = self.queues.lock().unwrap();
        let messages = &mut queues.get_mut(queue)?.messages;
        let place = messages.iter().position(|message| message.id == id)?;
        let dead_letters = queue.ends_with("-dlq");
        if messages[place].receives >= MOST_RECEIVES && !dead_letters {
            let mut dead = messages.remove(place);
            dead.receives = 0;
            dead.visible_at = now;
            queues
                .entry(format!("{queue}-dlq"))
                .or_default()
                .messages
                .push(dead);
            return None;
        }
        messages[place].receives += 1;
        messages[place].visible_at = now + visibility;
        Some(messages[place].clone())
    }

    pub(crate) fn delete(&self, queue: &str, id: u64) {
        let mut queues = self.queues.lock().unwrap();
        if let Some(queue) = queues.get_mut(queue) {
            queue.messages.retain(|message| message.id != id);
        }
    }

    /// When the next hidden message comes back.
    pub(crate) fn next_visible(&self) -> Option<i64> {
        let queues = self.queues.lock().unwrap();
        let messages = queues.values().flat_map(|queue| &queue.messages);
        messages.map(|message| message.visible_at).min()
    }
}
