//! Open generations, as many as fit into a given memory.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use deepwiki_domain::{ArtefactKey, RepositoryId};

use crate::generation::Generation;

/// A generation is known by its repository too: having its key is not the right to read another's.
type Name = (RepositoryId, ArtefactKey);

/// The generations that were used last.
pub(crate) struct Cache {
    capacity: usize,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    generations: HashMap<Name, (Arc<Generation>, u64)>,
    bytes: usize,
    uses: u64,
}

impl Cache {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            held: Mutex::default(),
        }
    }

    pub(crate) fn get(&self, repository: &RepositoryId, key: &ArtefactKey) -> Option<Arc<Generation>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.uses += 1;
        let now = held.uses;
        let (generation, used) = held.generations.get_mut(&(repository.clone(), key.clone()))?;
        *used = now;
        Some(Arc::clone(generation))
    }

    /// Takes a generation up; those that were not used for longest make room. One that is larger than all room
    /// there is is not kept.
    pub(crate) fn insert(&self, repository: &RepositoryId, key: &ArtefactKey, generation: &Arc<Generation>) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if generation.size() > self.capacity {
            return;
        }
        held.uses += 1;
        let entry = (Arc::clone(generation), held.uses);
        held.bytes += generation.size();
        if let Some((old, _)) = held.generations.insert((repository.clone(), key.clone()), entry) {
            held.bytes = held.bytes.saturating_sub(old.size());
        }
        while held.bytes > self.capacity {
            let oldest = held.generations.iter().min_by_key(|(_, (_, used))| *used);
            let Some(name) = oldest.map(|(name, _)| name.clone()) else {
                break;
            };
            if let Some((old, _)) = held.generations.remove(&name) {
                held.bytes = held.bytes.saturating_sub(old.size());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generation;

    #[test]
    fn what_was_not_used_for_longest_makes_room() {
        let open = || Arc::new(Generation::open(&generation::build(Vec::new(), None).unwrap()).unwrap());
        let repository = RepositoryId::new("r").unwrap();
        let keys = [1u8, 2, 3, 4].map(|i| ArtefactKey::of(&[i]));
        let room_for_two = open().size() * 2;
        let cache = Cache::new(room_for_two);
        let kept = |cache: &Cache| keys.each_ref().map(|key| cache.get(&repository, key).is_some());

        cache.insert(&repository, &keys[0], &open());
        cache.insert(&repository, &keys[1], &open());
        assert!(cache.get(&repository, &keys[0]).is_some(), "used again");
        cache.insert(&repository, &keys[2], &open());
        assert_eq!(kept(&cache), [true, false, true, false]);
        cache.insert(&repository, &keys[2], &open());
        assert_eq!(
            kept(&cache),
            [true, false, true, false],
            "the same twice takes its room once"
        );

        let too_small = Cache::new(1);
        too_small.insert(&repository, &keys[0], &open());
        assert_eq!(kept(&too_small), [false; 4]);
        assert!(
            cache
                .get(&RepositoryId::new("other").unwrap(), &keys[0])
                .is_none(),
            "not another's"
        );
    }
}
