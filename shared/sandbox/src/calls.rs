//! The calls that were made, and the number of dependent round trips.

use jiff::Timestamp;

use crate::Fault;

/// A call with its response or timeout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Service and operation.
    pub call: &'static str,
    /// Its resource.
    pub resource: String,
    /// When it was sent.
    pub began: Timestamp,
    /// When its response came.
    pub ended: Timestamp,
    /// Whether it failed.
    pub failed: bool,
}

impl Call {
    /// Whether it may have changed anything.
    #[must_use]
    pub fn is_write(&self) -> bool {
        is_write(self.call)
    }
}

/// A call at the time of its (expected) arrival, for a watcher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival<'a> {
    /// The name of the invocation that made it; empty if it has none.
    pub invocation: &'a str,
    /// Service and operation.
    pub call: &'static str,
    /// Its resource.
    pub resource: &'a str,
    /// When.
    pub at: Timestamp,
    /// The fault that it meets.
    pub fault: Option<Fault>,
    /// Whether it was executed.
    pub done: bool,
}

impl Arrival<'_> {
    /// Whether it may have changed anything.
    #[must_use]
    pub fn is_write(&self) -> bool {
        is_write(self.call)
    }

    /// Whether its caller learns that it was executed.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.done && matches!(self.fault, None | Some(Fault::Freeze))
    }
}

/// Whether a call, as in `ec2:ReplaceRoute`, may change anything.
#[must_use]
pub fn is_write(call: &str) -> bool {
    let operation = call.split_once(':').map_or(call, |(_, operation)| operation);
    !["Describe", "Get", "BatchGet", "Query", "List", "Head", "Simulate"].iter().any(|verb| operation.starts_with(verb))
}

/// The longest chain of calls that each began after the previous one had ended: the dependent
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
