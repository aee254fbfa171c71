//! Time, as an argument.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

/// A clock that can be read and waited on.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// Returns when `duration` has passed.
    async fn sleep(&self, duration: Duration);
}
