//! Keeps writes under the token bucket that AWS meters them with. Pure.

use std::time::Duration;

use jiff::Timestamp;

/// How much sooner after the first call a later one may arrive than it was sent: the first ones wait for their
/// connections. Without this the bucket is not yet filled when the call is there, and a refused call costs more.
const ARRIVES_SOONER: Duration = Duration::from_millis(50);

/// A token bucket: `burst` calls at once, then `per_second`.
#[derive(Debug, Clone, PartialEq)]
pub struct Bucket {
    burst: f64,
    per_second: f64,
    tokens: f64,
    at: Timestamp,
}

impl Bucket {
    /// A full bucket.
    #[must_use]
    pub fn new(burst: u32, per_second: u32, now: Timestamp) -> Self {
        Self { burst: burst.into(), per_second: per_second.into(), tokens: burst.into(), at: now }
    }

    /// Takes a token, and says how long to wait before it may be spent.
    pub fn take(&mut self, now: Timestamp) -> Duration {
        self.refill(now);
        self.tokens -= 1.0;
        if self.tokens >= 0.0 {
            return Duration::ZERO;
        }
        Duration::from_secs_f64(-self.tokens / self.per_second) + ARRIVES_SOONER
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
