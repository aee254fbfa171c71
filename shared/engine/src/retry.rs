//! The retry policy for calls that may succeed when they are repeated.
//!
//! The retries of the SDK are disabled: its defaults give up too early under throttling, and its adaptive mode takes tens
//! of seconds.

use std::{
    collections::BTreeSet,
    future::Future,
    pin::pin,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crossover_model::{
    error::{CloudError, Fault},
    hash::fnv1a,
};
use futures::future::{Either, select};
use jiff::Timestamp;

use crate::ports::Clock;

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// A throttled call competes with other callers. Shorter pauses would help none of them.
const LONGEST_WHEN_THROTTLED: Duration = Duration::from_secs(3);
/// With less time than this, a longer pause would prevent a last attempt.
const TIME_FOR_LONG_PAUSES: Duration = Duration::from_secs(10);
/// How long a call to an unavailable service is retried while other calls wait for it.
pub(crate) const TRIED: Duration = Duration::from_secs(20);

/// Calls that were retried long enough without an answer. Each is made only once from then on.
#[derive(Default)]
pub struct GivenUp(Mutex<BTreeSet<String>>);

impl GivenUp {
    /// Whether this call has been given up.
    #[must_use]
    pub fn has(&self, call: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(call)
    }

    /// Whether to retry a call that failed with this error and was first made at `began`.
    fn retries(&self, error: &CloudError, began: Timestamp, now: Timestamp) -> bool {
        // A service that throttles is available.
        if error.fault == Fault::Throttled {
            return true;
        }
        if now < began + TRIED && !self.has(&error.call) {
            return true;
        }
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(error.call.clone());
        false
    }
}

/// The time limit of retries.
#[derive(Clone, Copy)]
pub struct Patience<'a> {
    clock: &'a dyn Clock,
    until: Timestamp,
    given_up: Option<&'a GivenUp>,
    of: &'a str,
}

impl<'a> Patience<'a> {
    /// Retries until `until`.
    #[must_use]
    pub fn new(clock: &'a dyn Clock, until: Timestamp) -> Self {
        Self { clock, until, given_up: None, of: "" }
    }

    /// A patience that gives up calls without an answer earlier, and notes them in `given_up`.
    #[must_use]
    pub fn giving_up(self, given_up: &'a GivenUp) -> Self {
        Self { given_up: Some(given_up), ..self }
    }

    /// A patience for calls on behalf of `holder`: calls that fail for many holders at once are repeated at different times.
    #[must_use]
    pub fn of(self, holder: &'a str) -> Self {
        Self { of: holder, ..self }
    }

    /// This patience, limited to `span` from now.
    #[must_use]
    pub fn at_most(self, span: Duration) -> Self {
        Self { until: self.until.min(self.clock.now() + span), ..self }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Whether the time has run out.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.clock.now() >= self.until
    }

    /// Waits. Returns false, without waiting, when the time would run out, and also when it ran out during the pause, as
    /// a process may sleep for longer than requested.
    pub async fn pause(&self, pause: Duration) -> bool {
        if self.clock.now() + pause >= self.until {
            return false;
        }
        if !pause.is_zero() {
            self.clock.sleep(pause).await;
        }
        self.clock.now() < self.until
    }

    /// Waits after a failed attempt; false when the time runs out.
    pub async fn pause_after(&self, error: &CloudError, attempt: u32, key: &str) -> bool {
        let left = Duration::try_from(self.until.duration_since(self.now())).unwrap_or_default();
        self.pause(pause_after(error.fault, left, attempt, &[self.of, key])).await
    }

    /// Waits before another read of a change that may not be visible yet; false when the time runs out.
    pub async fn pause_before(&self, attempt: u32) -> bool {
        self.pause(pause_after(Fault::Unavailable, Duration::ZERO, attempt, &[self.of])).await
    }

    /// The result of some reads, or none when the time runs out first or has run out already. The reads are then
    /// abandoned, as a hanging call would end much later.
    pub async fn in_time<T>(&self, reads: impl Future<Output = T>) -> Option<T> {
        let left = Duration::try_from(self.until.duration_since(self.clock.now())).ok().filter(|left| !left.is_zero())?;
        match select(pin!(reads), self.clock.sleep(left)).await {
            Either::Left((read, _)) => Some(read),
            Either::Right(_) => None,
        }
    }

    /// Repeats a call until it succeeds, fails permanently, or the time runs out. `key` spreads the pauses of calls that
    /// fail together.
    pub async fn call<T, F>(&self, key: &str, mut call: impl FnMut() -> F) -> Result<T, CloudError>
    where
        F: Future<Output = Result<T, CloudError>>,
    {
        let (mut attempt, began) = (0, self.now());
        let retries = |error: &CloudError| self.given_up.is_none_or(|given_up| given_up.retries(error, began, self.now()));
        loop {
            match call().await {
                Err(error) if error.retry_can_help() && retries(&error) && self.pause_after(&error, attempt, key).await => {
                    attempt += 1;
                }
                answer => return answer,
            }
        }
    }
}

/// The pause after a failed attempt, with this much time left. It doubles with each attempt. A hash reduces it by up to a
/// half, so that the same call always waits equally long and different calls are spread.
#[must_use]
pub fn pause_after(fault: Fault, left: Duration, attempt: u32, key: &[&str]) -> Duration {
    let is_long = fault == Fault::Throttled && left > TIME_FOR_LONG_PAUSES;
    let longest = if is_long { LONGEST_WHEN_THROTTLED } else { LONGEST_PAUSE };
    let full = FIRST_PAUSE.saturating_mul(1 << attempt.min(10)).min(longest);
    // Each part ends with a byte that occurs in no text.
    let key = key.iter().flat_map(|part| part.bytes().chain([u8::MAX]));
    let hash = fnv1a(attempt.to_le_bytes().into_iter().chain(key));
    full / 2 + full.mul_f64(f64::from((hash % 1000) as u16) / 2000.0)
}
