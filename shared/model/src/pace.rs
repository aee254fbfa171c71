//! Keeps calls under the token bucket that AWS meters them with. Pure.

use std::time::Duration;

use jiff::Timestamp;

/// How a kind's writes are metered by AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Writes at once.
    pub burst: u32,
    /// Writes a second after that.
    pub per_second: u32,
}

/// How much later than it was sent a call may arrive: the first ones wait for their connections, and those after them do not.
const ON_THE_WAY: Duration = Duration::from_millis(50);

/// A token bucket: `burst` calls at once, then `per_second`.
#[derive(Debug, Clone, PartialEq)]
pub struct Bucket {
    burst: f64,
    per_second: f64,
    tokens: f64,
    /// Until when it has been refilled; ahead of the clock while the calls that empty it are on their way.
    at: Timestamp,
    lag: Duration,
}

impl Bucket {
    /// A full bucket, as AWS has it.
    #[must_use]
    pub fn new(burst: u32, per_second: u32, now: Timestamp) -> Self {
        Self { burst: burst.into(), per_second: per_second.into(), tokens: burst.into(), at: now, lag: Duration::ZERO }
    }

    /// The same as its callers have to see it: it is refilled from when their first call is surely there.
    #[must_use]
    pub fn from_afar(burst: u32, per_second: u32, now: Timestamp) -> Self {
        Self { lag: ON_THE_WAY, ..Self::new(burst, per_second, now) }
    }

    /// Takes a token, and says how long to wait before it may be spent.
    pub fn take(&mut self, now: Timestamp) -> Duration {
        self.refill(now);
        if self.tokens >= self.burst {
            self.at = self.at.max(now + self.lag);
        } else if self.at <= now {
            // AWS's may be full before ours is; what it is then not refilled with must not be counted on.
            self.tokens = self.tokens.min(self.burst - self.per_second * self.lag.as_secs_f64());
        }
        self.tokens -= 1.0;
        if self.tokens >= 0.0 {
            return Duration::ZERO;
        }
        let ahead = self.at.duration_since(now).as_secs_f64();
        Duration::from_secs_f64((ahead - self.tokens / self.per_second).max(0.0))
    }

    /// AWS refused a call: somebody else spends from the same bucket, so ours is empty too.
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
