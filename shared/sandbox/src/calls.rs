//! The calls that were made, and how many had to wait for one another.

use jiff::Timestamp;

/// A call that was answered, or was not in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Service and operation.
    pub call: &'static str,
    /// What it was about.
    pub resource: String,
    /// When it was made.
    pub began: Timestamp,
    /// When its answer came.
    pub ended: Timestamp,
    /// Whether it failed.
    pub failed: bool,
}

impl Call {
    /// Whether it may have changed anything.
    #[must_use]
    pub fn is_write(&self) -> bool {
        !["Describe", "Get", "BatchGet", "Query", "List"].iter().any(|verb| self.call.contains(&format!(":{verb}")))
    }
}

/// The longest chain of calls each of which began after the one before had ended: the dependent
/// round trips.
#[must_use]
pub fn round_trips(calls: &[Call]) -> usize {
    let mut calls: Vec<&Call> = calls.iter().collect();
    calls.sort_by_key(|call| call.ended);
    let (mut trips, mut last_end) = (0, None);
    for call in calls {
        if last_end.is_none_or(|end| call.began >= end) {
            trips += 1;
            last_end = Some(call.ended);
        }
    }
    trips
}
