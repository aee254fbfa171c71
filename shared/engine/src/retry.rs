//! One policy for calls that may pass when made again.
//!
//! The SDK's own retries are off: its defaults leave routes unmoved under throttling, and its
//! adaptive mode takes tens of seconds.

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
/// Where a call is throttled others are at work, and to ask sooner gets nobody a turn.
const LONGEST_WHEN_THROTTLED: Duration = Duration::from_secs(3);
/// With less time than this a longer pause would cost a last attempt.
const TIME_FOR_LONG_PAUSES: Duration = Duration::from_secs(10);
/// How long a call is tried for whose service may be away, where others wait for their turn.
pub(crate) const TRIED: Duration = Duration::from_secs(20);

/// The calls that were tried for long enough and never answered: each is made once from then on, and not again.
#[derive(Default)]
pub struct GivenUp(Mutex<BTreeSet<String>>);

impl GivenUp {
    /// Whether this call has been given up.
    #[must_use]
    pub fn has(&self, call: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(call)
    }

    /// Whether to make the call once more that failed so, and was first made at `began`.
    fn goes_on(&self, error: &CloudError, began: Timestamp, now: Timestamp) -> bool {
        // A service that throttles is there.
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

/// Until when calls are made again.
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

    /// The same, but what does not answer is given up before the time is, and noted in `given_up`.
    #[must_use]
    pub fn giving_up(self, given_up: &'a GivenUp) -> Self {
        Self { given_up: Some(given_up), ..self }
    }

    /// The same, for calls on behalf of `somebody`: what fails for many at once is made again at different times.
    #[must_use]
    pub fn of(self, somebody: &'a str) -> Self {
        Self { of: somebody, ..self }
    }

    /// The same, but for at most `span` from now.
    #[must_use]
    pub fn at_most(self, span: Duration) -> Self {
        Self { until: self.until.min(self.clock.now() + span), ..self }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Waits; false, at once, when the time would run out before that, and also when it ran out
    /// meanwhile: a process may sleep for longer than it wanted to.
    pub async fn pause(&self, pause: Duration) -> bool {
        if self.clock.now() + pause >= self.until {
            return false;
        }
        if !pause.is_zero() {
            self.clock.sleep(pause).await;
        }
        self.clock.now() < self.until
    }

    /// Waits after the attempt of this number that failed so; false when the time runs out.
    pub async fn pause_after(&self, error: &CloudError, attempt: u32, key: &str) -> bool {
        let left = Duration::try_from(self.until.duration_since(self.now())).unwrap_or_default();
        self.pause(pause_after(error.fault, left, attempt, &[self.of, key])).await
    }

    /// Waits before the look of this number for what may not be seen yet; false when the time runs out.
    pub async fn pause_before(&self, look: u32) -> bool {
        self.pause(pause_after(Fault::Unavailable, Duration::ZERO, look, &[self.of])).await
    }

    /// What comes of some reads in time. They are left alone where they are when it runs out: a call that hangs ends
    /// by itself long after that. None too when it has run out already.
    pub async fn in_time<T>(&self, reads: impl Future<Output = T>) -> Option<T> {
        let left = Duration::try_from(self.until.duration_since(self.clock.now())).ok().filter(|left| !left.is_zero())?;
        match select(pin!(reads), self.clock.sleep(left)).await {
            Either::Left((read, _)) => Some(read),
            Either::Right(_) => None,
        }
    }

    /// Makes a call until it passes, fails for good, or the time runs out. `key` spreads the pauses
    /// of calls that fail together.
    pub async fn call<T, F>(&self, key: &str, mut call: impl FnMut() -> F) -> Result<T, CloudError>
    where
        F: Future<Output = Result<T, CloudError>>,
    {
        let (mut attempt, began) = (0, self.now());
        let goes_on = |error: &CloudError| self.given_up.is_none_or(|given_up| given_up.goes_on(error, began, self.now()));
        loop {
            match call().await {
                Err(error) if error.retry_can_help() && goes_on(&error) && self.pause_after(&error, attempt, key).await => {
                    attempt += 1;
                }
                answer => return answer,
            }
        }
    }
}

/// The pause after the attempt of this number that failed so, with so much time left: doubling, and between half of that and
/// all of it, by a hash, so that the same call always waits the same and different calls do not march in step.
#[must_use]
pub fn pause_after(fault: Fault, left: Duration, attempt: u32, key: &[&str]) -> Duration {
    let is_long = fault == Fault::Throttled && left > TIME_FOR_LONG_PAUSES;
    let longest = if is_long { LONGEST_WHEN_THROTTLED } else { LONGEST_PAUSE };
    let full = FIRST_PAUSE.saturating_mul(1 << attempt.min(10)).min(longest);
    // A byte that is in no text stands behind each.
    let key = key.iter().flat_map(|part| part.bytes().chain([u8::MAX]));
    let hash = fnv1a(attempt.to_le_bytes().into_iter().chain(key));
    full / 2 + full.mul_f64(f64::from((hash % 1000) as u16) / 2000.0)
}
