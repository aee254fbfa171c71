//! A person's pause: nothing is moved without a person.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::time::within;

/// Nothing is moved without a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Who paused it.
    pub operator: String,
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// When it ends by itself; none until it is resumed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// When people are reminded of it.
    pub remind: Timestamp,
}

impl Pause {
    /// Whether it lasts at `now`.
    #[must_use]
    pub fn lasts(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| within(self.since, until.duration_since(self.since).unsigned_abs(), now))
    }
}

/// People are reminded of a pause this often.
pub const PAUSE_REMINDER: Duration = Duration::from_hours(4);
