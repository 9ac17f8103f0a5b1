//! What one fetch may use of time and bytes, and why it ended.

use std::{
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crate::GitLimits;

/// Why the exchange with a host ended early; the first reason is the one that is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// An HTTP status that is no success.
    Status(u16),
    /// The host's name stands for an address that is not public.
    PrivateAddress,
    /// The host's name stands for nothing.
    UnknownHost,
    /// The host sent on to another host.
    Redirected,
    /// More bytes than allowed.
    TooLarge,
    /// More time than allowed.
    TooSlow,
    /// Nobody waits for the result any more.
    Cancelled,
    /// The host's certificate is not trusted.
    Untrusted(String),
    /// The connection failed.
    Connection(String),
}

/// What one fetch may use, and why it stopped; shared by all its requests.
pub(crate) struct Budget {
    deadline: Instant,
    bytes_left: AtomicU64,
    cancelled: Arc<AtomicBool>,
    failure: Mutex<Option<Failure>>,
}

impl Budget {
    /// A budget that begins now.
    pub(crate) fn new(limits: &GitLimits, cancelled: Arc<AtomicBool>) -> Arc<Self> {
        Arc::new(Self {
            deadline: Instant::now() + limits.fetch_time,
            bytes_left: AtomicU64::new(limits.fetch_bytes),
            cancelled,
            failure: Mutex::default(),
        })
    }

    /// Takes the reason for the end, where there is one.
    pub(crate) fn take_failure(&self) -> Option<Failure> {
        lock(&self.failure).take()
    }

    pub(super) fn fail(&self, failure: Failure) -> io::Error {
        let error = io::Error::other(format!("{failure:?}"));
        lock(&self.failure).get_or_insert(failure);
        error
    }

    /// The time that is left.
    pub(super) fn check(&self) -> io::Result<Duration> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(self.fail(Failure::Cancelled));
        }
        match self.deadline.checked_duration_since(Instant::now()) {
            Some(left) if !left.is_zero() => Ok(left),
            _ => Err(self.fail(Failure::TooSlow)),
        }
    }

    pub(super) fn spend(&self, bytes: usize) -> io::Result<()> {
        let bytes = bytes as u64;
        let spend = |left: u64| left.checked_sub(bytes);
        match self
            .bytes_left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend)
        {
            Ok(_) => Ok(()),
            Err(_) => Err(self.fail(Failure::TooLarge)),
        }
    }
}

/// A panic while a lock is held leaves nothing half-done here.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
