//! An alarm's change of state.

use jiff::Timestamp;

use crate::alarm::AlarmState;

/// Where we are.
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
    /// Its ARN, when the carrier has it.
    pub arn: Option<String>,
    /// The state that it entered.
    pub state: AlarmState,
    /// When, if the carrier says so in a way that can be read.
    pub at: Option<Timestamp>,
}

impl AlarmEvent {
    /// Whether a topology's `alarm` (a name or an ARN) is this one.
    #[must_use]
    pub fn is_about(&self, alarm: &str) -> bool {
        self.names().any(|name| name == alarm)
    }

    /// The names by which a topology may know it.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str()).chain(self.arn.as_deref())
    }
}
