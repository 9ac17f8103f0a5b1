//! Finding what belongs together on two sides, the same way in both directions.

use std::collections::BTreeMap;

use super::{Change, ChangeKind};

/// Pairs what was before and what is after by their place, and of what shares a place first those that are alike.
/// Answers the pairs that are not alike, and what is left over on each side.
pub(super) fn in_place<T, P: Ord, L: Ord>(
    before: Vec<T>,
    after: Vec<T>,
    place: impl Fn(&T) -> P,
    likeness: impl Fn(&T) -> L,
) -> (Vec<Change<T>>, Vec<T>, Vec<T>) {
    let mut places: BTreeMap<P, (Vec<T>, Vec<T>)> = BTreeMap::new();
    for item in before {
        places.entry(place(&item)).or_default().0.push(item);
    }
    for item in after {
        places.entry(place(&item)).or_default().1.push(item);
    }
    let (mut changes, mut gone, mut new) = (Vec::new(), Vec::new(), Vec::new());
    for (before, after) in places.into_values() {
        let (before, after) = unlike(before, after, &likeness);
        let (mut before, mut after) = (before.into_iter(), after.into_iter());
        loop {
            match (before.next(), after.next()) {
                (None, None) => break,
                (Some(before), Some(after)) => changes.push(Change {
                    change: ChangeKind::Changed,
                    before: Some(before),
                    after: Some(after),
                }),
                (before, after) => {
                    gone.extend(before);
                    new.extend(after);
                }
            }
        }
    }
    (changes, gone, new)
}

/// What one side has more often than the other, in its order.
pub(super) fn unlike<T, L: Ord>(
    before: Vec<T>,
    after: Vec<T>,
    likeness: impl Fn(&T) -> L,
) -> (Vec<T>, Vec<T>) {
    let mut surplus: BTreeMap<L, i64> = BTreeMap::new();
    for item in &before {
        *surplus.entry(likeness(item)).or_default() += 1;
    }
    for item in &after {
        *surplus.entry(likeness(item)).or_default() -= 1;
    }
    let mut take = |sign: i64, item: &T| match surplus.get_mut(&likeness(item)) {
        Some(count) if *count * sign > 0 => {
            *count -= sign;
            true
        }
        _ => false,
    };
    // Of what is alike the last ones are the surplus.
    let mut keep = |items: Vec<T>, sign: i64| {
        let mut kept: Vec<T> = items.into_iter().rev().filter(|item| take(sign, item)).collect();
        kept.reverse();
        kept
    };
    let before = keep(before, 1);
    (before, keep(after, -1))
}

/// What is gone and what is new: moved where one thing on each side is alike and nothing else is, else removed and
/// added.
pub(super) fn moved_or_apart<T, S, L: Ord>(
    gone: &[T],
    new: &[T],
    likeness: impl Fn(&T) -> L,
    state: impl Fn(&T) -> S,
) -> Vec<Change<S>> {
    let mut alike: BTreeMap<L, (Vec<&T>, Vec<&T>)> = BTreeMap::new();
    for item in gone {
        alike.entry(likeness(item)).or_default().0.push(item);
    }
    for item in new {
        alike.entry(likeness(item)).or_default().1.push(item);
    }
    let mut changes = Vec::new();
    for (gone, new) in alike.into_values() {
        if let ([before], [after]) = (gone.as_slice(), new.as_slice()) {
            changes.push(Change {
                change: ChangeKind::Moved,
                before: Some(state(before)),
                after: Some(state(after)),
            });
            continue;
        }
        changes.extend(gone.into_iter().map(|item| Change {
            change: ChangeKind::Removed,
            before: Some(state(item)),
            after: None,
        }));
        changes.extend(new.into_iter().map(|item| Change {
            change: ChangeKind::Added,
            before: None,
            after: Some(state(item)),
        }));
    }
    changes
}
