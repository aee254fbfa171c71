//! One policy for calls that may pass when made again.
//!
//! The SDK's own retries are off: its defaults leave routes unmoved under throttling, and its
//! adaptive mode takes tens of seconds.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use jiff::Timestamp;

use crate::cloud::{Clock, CloudError};

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Until when calls are made again.
#[derive(Clone, Copy)]
pub struct Patience<'a> {
    clock: &'a dyn Clock,
    until: Timestamp,
}

impl<'a> Patience<'a> {
    /// Retries until `until`.
    #[must_use]
    pub fn new(clock: &'a dyn Clock, until: Timestamp) -> Self {
        Self { clock, until }
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

    /// Makes a call until it passes, fails for good, or the time runs out. `key` spreads the pauses
    /// of calls that fail together.
    pub async fn call<T, F>(&self, key: &str, mut call: impl FnMut() -> F) -> Result<T, CloudError>
    where
        F: Future<Output = Result<T, CloudError>>,
    {
        let mut attempt = 0;
        loop {
            match call().await {
                Err(error) if error.retry_can_help() && self.pause(pause_after(attempt, key)).await => attempt += 1,
                answer => return answer,
            }
        }
    }
}

/// The pause after the attempt of this number: doubling, and between half of that and all of it,
/// by a hash, so that the same call always waits the same and different calls do not march in step.
#[must_use]
pub fn pause_after(attempt: u32, key: &str) -> Duration {
    let full = FIRST_PAUSE.saturating_mul(1 << attempt.min(10)).min(LONGEST_PAUSE);
    let mut hasher = DefaultHasher::new();
    (attempt, key).hash(&mut hasher);
    full / 2 + full.mul_f64(f64::from((hasher.finish() % 1000) as u16) / 2000.0)
}
