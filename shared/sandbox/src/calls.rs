//! The calls that were made, and how many had to wait for one another.

use jiff::Timestamp;

use crate::Fault;

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
        is_write(self.call)
    }
}

/// A call at the moment when it arrives, or would have: what a watcher sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival<'a> {
    /// The name of the invocation that made it; empty when it has none.
    pub invocation: &'a str,
    /// Service and operation.
    pub call: &'static str,
    /// What it is about.
    pub resource: &'a str,
    /// When.
    pub at: Timestamp,
    /// What befalls it.
    pub fault: Option<Fault>,
    /// Whether it was done.
    pub done: bool,
}

impl Arrival<'_> {
    /// Whether it may have changed anything.
    #[must_use]
    pub fn is_write(&self) -> bool {
        is_write(self.call)
    }

    /// Whether its caller learns that it was done.
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
