//! Keeps calls within the rate limit of the service, a token bucket. Pure.

use std::time::Duration;

use jiff::Timestamp;

/// The rate limit of a kind's writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Writes at once.
    pub burst: u32,
    /// Writes a second after that.
    pub per_second: u32,
}

/// How much later than it was sent a call may arrive: the first calls wait for their connections, the later ones do not.
const ON_THE_WAY: Duration = Duration::from_millis(50);

/// A token bucket: `burst` calls at once, then `per_second`.
#[derive(Debug, Clone, PartialEq)]
pub struct Bucket {
    burst: f64,
    per_second: f64,
    tokens: f64,
    /// The time up to which it has been refilled; ahead of the clock while calls are on their way.
    at: Timestamp,
    lag: Duration,
}

impl Bucket {
    /// A full bucket, as the service has it.
    #[must_use]
    pub fn new(burst: u32, per_second: u32, now: Timestamp) -> Self {
        Self { burst: burst.into(), per_second: per_second.into(), tokens: burst.into(), at: now, lag: Duration::ZERO }
    }

    /// A full bucket as callers must assume it: it is refilled from the time at which the first call has certainly
    /// arrived.
    #[must_use]
    pub fn from_afar(burst: u32, per_second: u32, now: Timestamp) -> Self {
        Self { lag: ON_THE_WAY, ..Self::new(burst, per_second, now) }
    }

    /// Takes a token. Returns how long to wait before it may be spent.
    pub fn take(&mut self, now: Timestamp) -> Duration {
        self.refill(now);
        if self.tokens >= self.burst {
            self.at = self.at.max(now + self.lag);
        } else if self.at <= now {
            // The service's bucket may be full before ours is. Tokens beyond that must not be counted.
            self.tokens = self.tokens.min(self.burst - self.per_second * self.lag.as_secs_f64());
        }
        self.tokens -= 1.0;
        if self.tokens >= 0.0 {
            return Duration::ZERO;
        }
        let ahead = self.at.duration_since(now).as_secs_f64();
        Duration::from_secs_f64((ahead - self.tokens / self.per_second).max(0.0))
    }

    /// The service throttled a call: another caller uses the same bucket, so ours is empty too.
    pub fn drain(&mut self, now: Timestamp) {
        self.refill(now);
        self.tokens = self.tokens.min(0.0);
    }

    fn refill(&mut self, now: Timestamp) {
        let passed = now.duration_since(self.at).as_secs_f64().max(0.0);
        self.tokens = (self.tokens + passed * self.per_second).min(self.burst);
        self.at = self.at.max(now);
    }
}
