//! Pauses: no automatic crossovers.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    later::{Rest, Word},
    time::within,
};

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
    /// What it holds.
    #[serde(default, skip_serializing_if = "Extent::is_least")]
    pub extent: Extent,
    /// The fields of a later version.
    #[serde(flatten)]
    pub rest: Rest,
}

/// What a pause holds; each holds also what the ones before it hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extent {
    /// Crossovers that would begin automatically.
    #[default]
    Beginning,
    /// Everything automatic, also what completes a step that cannot be undone.
    Automatic,
    /// Orders of operators too, unless they are forced.
    Orders,
    /// An extent of a later version, which holds as much as this version knows.
    #[serde(untagged)]
    Other(Word),
}

impl Extent {
    fn is_least(&self) -> bool {
        *self == Self::Beginning
    }

    /// Whether it holds `action`.
    #[must_use]
    pub fn holds(self, action: Action) -> bool {
        match action {
            Action::Begin => true,
            Action::Finish => self >= Self::Automatic,
            Action::Order => self >= Self::Orders,
            Action::Forced | Action::Undo => false,
        }
    }
}

/// What a pause may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// A stage of an automatic crossover.
    Begin,
    /// What completes a step that cannot be undone, automatically.
    Finish,
    /// A stage of an operator's order.
    Order,
    /// A stage of an operator's order that is forced.
    Forced,
    /// What takes back a step that was begun, so that work is served again.
    Undo,
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
