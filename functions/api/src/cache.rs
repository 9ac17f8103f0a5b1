//! Keeps decoded artefacts for a while. They are immutable, so an entry never goes stale; the least recently
//! used ones go first when the whole would weigh too much.

use std::{
    any::Any,
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Values of any type by name, bounded by their estimated size in bytes.
pub(crate) struct Cache {
    capacity: usize,
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    by_name: HashMap<String, Entry>,
    weight: usize,
    clock: u64,
}

struct Entry {
    value: Arc<dyn Any + Send + Sync>,
    weight: usize,
    used: u64,
}

impl Cache {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            entries: Mutex::default(),
        }
    }

    /// What is kept under this name, if it is of this type.
    pub(crate) fn get<T: Send + Sync + 'static>(&self, name: &str) -> Option<Arc<T>> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.clock += 1;
        let now = entries.clock;
        let entry = entries.by_name.get_mut(name)?;
        entry.used = now;
        Arc::clone(&entry.value).downcast().ok()
    }

    /// Keeps a value of about `weight` bytes; one that is heavier than half of all room is not kept.
    pub(crate) fn put<T: Send + Sync + 'static>(&self, name: String, value: Arc<T>, weight: usize) {
        if weight > self.capacity / 2 {
            return;
        }
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.clock += 1;
        let entry = Entry {
            value,
            weight,
            used: entries.clock,
        };
        entries.weight += weight;
        if let Some(old) = entries.by_name.insert(name, entry) {
            entries.weight -= old.weight;
        }
        while entries.weight > self.capacity {
            let oldest = entries.by_name.iter().min_by_key(|(_, entry)| entry.used);
            let Some(name) = oldest.map(|(name, _)| name.clone()) else {
                break;
            };
            if let Some(old) = entries.by_name.remove(&name) {
                entries.weight -= old.weight;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_used_entry_makes_room() {
        let cache = Cache::new(10);
        for name in ["a", "b"] {
            cache.put(name.into(), Arc::new(name.to_owned()), 4);
        }
        assert!(cache.get::<String>("a").is_some());
        cache.put("c".into(), Arc::new("c".to_owned()), 4);
        assert!(cache.get::<String>("a").is_some() && cache.get::<String>("c").is_some());
        assert!(cache.get::<String>("b").is_none(), "b was used longest ago");
        cache.put("large".into(), Arc::new(String::new()), 6);
        assert!(
            cache.get::<String>("large").is_none(),
            "heavier than half of the room"
        );
        assert!(cache.get::<u8>("a").is_none(), "of another type");
    }
}
