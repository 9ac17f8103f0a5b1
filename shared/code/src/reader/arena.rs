//! Memory for syntax trees.
//!
//! A parse makes a value for every node, and all of them end together. The parser's library takes them from here
//! while a file is read: each is put behind the last, and all are gone at once. That saves the eighth of a parse
//! that the system's allocator takes, and the walk that would give back each node.

#![expect(
    unsafe_code,
    reason = "an allocator for a library in C cannot be written without; its one user is `reader::read`"
)]

use std::{
    alloc::{Layout, alloc, dealloc, handle_alloc_error},
    cell::{Cell, OnceCell},
    ffi::c_void,
    marker::PhantomData,
    ptr,
    sync::Once,
};

use tree_sitter::Allocator;

/// The room of a thread in bytes, of which the system gives what is used. Trees that need more, those of the
/// largest files, take the rest from the system's allocator.
const ROOM: usize = 16 << 20;

/// As of the system's `malloc`.
const ALIGNMENT: usize = 16;

/// While this lives, what tree-sitter allocates on this thread comes from the thread's room.
pub(super) struct Arena {
    /// It belongs to the thread that made it.
    not_send: PhantomData<*const ()>,
}

impl Arena {
    /// Opens the room of this thread. Inside another one this is the same as the outer one.
    ///
    /// # Safety
    ///
    /// Parsers, trees, nodes and cursors that are made on this thread while the outermost arena lives must not be
    /// used, nor dropped, after it or on another thread. (They need not be dropped at all unless it [is
    /// full](Self::is_full).)
    pub(super) unsafe fn open() -> Self {
        static INSTALLED: Once = Once::new();
        // SAFETY: the functions are one family, never give null, align as `malloc` does, and what came from the
        // system's allocator before they were installed is known to them as such.
        INSTALLED.call_once(|| unsafe {
            tree_sitter::set_allocator(Some(Allocator {
                malloc,
                calloc,
                realloc,
                free,
            }));
        });
        OWNED.with(|owned| {
            let base = owned.get_or_init(Room::new).base;
            BUMP.with(|bump| bump.open(base));
        });
        Self {
            not_send: PhantomData,
        }
    }
}

impl Arena {
    /// Whether there was more than fits the room. What the system gave then must be given back to it, so that trees
    /// have to be dropped.
    pub(super) fn is_full(&self) -> bool {
        BUMP.with(|bump| bump.full.get())
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        BUMP.with(Bump::close);
    }
}

thread_local! {
    static OWNED: OnceCell<Room> = const { OnceCell::new() };
    static BUMP: Bump = const { Bump::closed() };
}

/// The memory behind an arena; given back as the thread ends.
struct Room {
    base: *mut u8,
}

impl Room {
    const LAYOUT: Layout = match Layout::from_size_align(ROOM, ALIGNMENT) {
        Ok(layout) => layout,
        Err(_) => Layout::new::<u128>(),
    };

    fn new() -> Self {
        // SAFETY: the size is not zero.
        let base = unsafe { alloc(Self::LAYOUT) };
        if base.is_null() {
            handle_alloc_error(Self::LAYOUT);
        }
        Self { base }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // SAFETY: it came from `alloc` by the same layout, and no arena is open as a thread ends.
        unsafe { dealloc(self.base, Self::LAYOUT) }
    }
}

/// What is used of the room, which is that of no bytes while no arena is open.
struct Bump {
    arenas: Cell<u32>,
    base: Cell<*mut u8>,
    /// Bytes of the room.
    size: Cell<usize>,
    /// Bytes that are used.
    used: Cell<usize>,
    /// Where the last allocation begins.
    last: Cell<usize>,
    /// Whether something did not fit.
    full: Cell<bool>,
}

impl Bump {
    const fn closed() -> Self {
        Self {
            arenas: Cell::new(0),
            base: Cell::new(ptr::null_mut()),
            size: Cell::new(0),
            used: Cell::new(0),
            last: Cell::new(0),
            full: Cell::new(false),
        }
    }

    fn open(&self, base: *mut u8) {
        if self.arenas.get() == 0 {
            self.base.set(base);
            self.size.set(ROOM);
            self.used.set(0);
            self.last.set(0);
            self.full.set(false);
        }
        self.arenas.set(self.arenas.get() + 1);
    }

    fn close(&self) {
        self.arenas.set(self.arenas.get().saturating_sub(1));
        if self.arenas.get() == 0 {
            self.size.set(0);
            self.used.set(0);
        }
    }

    /// Where a pointer leads to in the room, if it is one of its own.
    fn place(&self, pointer: *mut c_void) -> Option<usize> {
        let at = pointer.addr().wrapping_sub(self.base.get().addr());
        (at < self.size.get()).then_some(at)
    }

    fn pointer(&self, at: usize) -> *mut c_void {
        self.base.get().wrapping_add(at).cast()
    }

    /// Takes bytes from the room; none where it is full.
    fn take(&self, size: usize) -> Option<*mut c_void> {
        let at = self.used.get();
        // Not even what has no bytes shares its place with another.
        self.stretch(at, size.max(1)).then(|| self.pointer(at))
    }

    /// Makes an allocation that begins at `at` and has nothing behind it as long as this, if the room allows.
    fn stretch(&self, at: usize, size: usize) -> bool {
        let end = size
            .checked_next_multiple_of(ALIGNMENT)
            .and_then(|size| size.checked_add(at))
            .filter(|&end| end <= self.size.get());
        match end {
            Some(end) => {
                self.last.set(at);
                self.used.set(end);
            }
            None => self.full.set(true),
        }
        end.is_some()
    }
}

/// From the room, or else from the system.
fn bytes(size: usize) -> *mut c_void {
    let taken = BUMP.with(|bump| bump.take(size));
    // SAFETY: any size may be asked of the system.
    taken.unwrap_or_else(|| or_abort(unsafe { libc::malloc(size) }, size))
}

unsafe extern "C" fn malloc(size: usize) -> *mut c_void {
    bytes(size)
}

unsafe extern "C" fn calloc(count: usize, size: usize) -> *mut c_void {
    let Some(size) = count.checked_mul(size) else {
        return or_abort(ptr::null_mut(), usize::MAX);
    };
    let pointer = bytes(size);
    // SAFETY: there are as many bytes.
    unsafe { pointer.write_bytes(0, size) };
    pointer
}

unsafe extern "C" fn realloc(old: *mut c_void, size: usize) -> *mut c_void {
    BUMP.with(|bump| {
        let Some(at) = bump.place(old) else {
            if old.is_null() {
                return bytes(size);
            }
            // SAFETY: what is not of the room is of the system.
            return or_abort(unsafe { libc::realloc(old, size) }, size);
        };
        if at == bump.last.get() && bump.stretch(at, size) {
            return old;
        }
        // How long the old one was is not known. What stands behind it is copied along, and means nothing.
        let length = size.min(bump.used.get().saturating_sub(at));
        let new = bytes(size);
        // SAFETY: both are that long, and the new one is apart from all that was used before it.
        unsafe { new.copy_from_nonoverlapping(old, length) };
        new
    })
}

unsafe extern "C" fn free(pointer: *mut c_void) {
    BUMP.with(|bump| match bump.place(pointer) {
        Some(at) if at == bump.last.get() => bump.used.set(at),
        Some(_) => {}
        // SAFETY: what is not of the room is of the system, or null.
        None => unsafe { libc::free(pointer) },
    });
}

/// Tree-sitter does not expect to be refused.
fn or_abort(pointer: *mut c_void, size: usize) -> *mut c_void {
    if pointer.is_null() && size > 0 {
        let layout = Layout::from_size_align(size, ALIGNMENT).unwrap_or(Room::LAYOUT);
        handle_alloc_error(layout);
    }
    pointer
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An allocation that is filled with one byte.
    struct Filled {
        pointer: *mut c_void,
        size: usize,
        byte: u8,
    }

    impl Filled {
        fn fill(pointer: *mut c_void, size: usize, byte: u8) -> Self {
            assert!(pointer.addr().is_multiple_of(ALIGNMENT));
            // SAFETY: there are as many bytes.
            unsafe { pointer.write_bytes(byte, size) };
            Self { pointer, size, byte }
        }

        fn holds(&self, length: usize) -> bool {
            // SAFETY: it was filled and not freed since.
            let bytes = unsafe { std::slice::from_raw_parts(self.pointer.cast::<u8>(), length) };
            bytes.iter().all(|byte| *byte == self.byte)
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn what_is_allocated_keeps_its_bytes(
            steps in proptest::collection::vec((0..4, any::<proptest::sample::Index>(), 0..3_usize << 20), 1..60)
        ) {
            // SAFETY: no parser is made here.
            let arena = unsafe { Arena::open() };
            let mut live: Vec<Filled> = Vec::new();
            for (byte, (step, which, size)) in (1..).zip(steps) {
                if step < 2 || live.is_empty() {
                    // Most are small, some do not fit the room any more.
                    let size = if step == 0 { size } else { size % 200 };
                    // SAFETY: any size may be asked for.
                    live.push(Filled::fill(unsafe { malloc(size) }, size, byte));
                    continue;
                }
                let old = live.swap_remove(which.index(live.len()));
                prop_assert!(old.holds(old.size));
                if step == 2 {
                    // SAFETY: it is live, and from here on it is not.
                    unsafe { free(old.pointer) };
                    continue;
                }
                // SAFETY: it is live, and from here on the new one is.
                let pointer = unsafe { realloc(old.pointer, size) };
                let kept = Filled { pointer, size, byte: old.byte };
                prop_assert!(kept.holds(size.min(old.size)));
                live.push(Filled::fill(pointer, size, byte));
            }
            prop_assert!(live.iter().all(|it| it.holds(it.size)));
            let outside = live.iter().any(|it| BUMP.with(|bump| bump.place(it.pointer)).is_none());
            prop_assert!(arena.is_full() || !outside);
            for it in live {
                // SAFETY: it is live, and from here on it is not.
                unsafe { free(it.pointer) };
            }
            drop(arena);
        }
    }

    #[test]
    fn zeroes_are_asked_for_and_given() {
        // SAFETY: no parser is made here.
        let _arena = unsafe { Arena::open() };
        // SAFETY: any size may be asked for; what is freed is live.
        unsafe {
            let dirty = Filled::fill(malloc(64), 64, 7);
            free(dirty.pointer);
            let zeroes = Filled {
                pointer: calloc(8, 8),
                size: 64,
                byte: 0,
            };
            assert_eq!(zeroes.pointer, dirty.pointer);
            assert!(zeroes.holds(64));
        }
    }
}
