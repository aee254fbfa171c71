//! Pauses: no automatic crossovers.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{later::Rest, time::within};

/// A pause of automatic crossovers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// The operator who paused it.
    pub operator: String,
    /// Why.
    pub reason: String,
    /// The start.
    pub since: Timestamp,
    /// When it expires; none when it lasts until it is resumed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// When the next reminder is due.
    pub remind: Timestamp,
    /// The fields of a later version.
    #[serde(flatten)]
    pub rest: Rest,
}

impl Pause {
    /// Whether it is in force at `now`.
    #[must_use]
    pub fn lasts(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| within(self.since, until.duration_since(self.since).unsigned_abs(), now))
    }
}

/// The interval of reminders of a pause.
pub const PAUSE_REMINDER: Duration = Duration::from_hours(4);
