//! An alarm's change of state.

use jiff::Timestamp;

use crate::alarm::AlarmState;

/// Our account and Region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// Our Region.
    pub region: String,
    /// Our account.
    pub account: String,
}

/// An alarm's change of state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmEvent {
    /// The alarm's name.
    pub name: String,
    /// Its ARN, if the event has it.
    pub arn: Option<String>,
    /// The state that it entered.
    pub state: AlarmState,
    /// The time, if the event has a valid one.
    pub at: Option<Timestamp>,
}

impl AlarmEvent {
    /// Whether `alarm` of a topology, a name or an ARN, is this alarm.
    #[must_use]
    pub fn is_about(&self, alarm: &str) -> bool {
        self.names().any(|name| name == alarm)
    }

    /// The names that a topology may use for it.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str()).chain(self.arn.as_deref())
    }
}
