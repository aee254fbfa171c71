//! What a process knows of a journal that can't be read.

use std::sync::{Arc, Mutex, PoisonError};

use crossover_model::{episode::NOTIFY_AGAIN, time::within};
use jiff::Timestamp;

/// What this process knows of a journal that can't be read. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct UnreadJournal(Arc<Mutex<Unread>>);

#[derive(Debug, Default)]
struct Unread {
    /// Whether the last sweep could not read it either.
    before: bool,
    told: Option<Timestamp>,
}

impl UnreadJournal {
    fn with<T>(&self, change: impl FnOnce(&mut Unread) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A sweep read it.
    pub(crate) fn was_read(&self) {
        self.with(|unread| unread.before = false);
    }

    /// A sweep could not read it. Returns whether that is to be told: it is, once an hour, of the second sweep in a row.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        self.with(|unread| {
            let again = std::mem::replace(&mut unread.before, true);
            again && unread.told.is_none_or(|told| !within(told, NOTIFY_AGAIN, now))
        })
    }

    pub(crate) fn was_told(&self, now: Timestamp) {
        self.with(|unread| unread.told = Some(now));
    }
}
