//! Comparisons of remembered times that tolerate clock jumps. Pure.

use std::time::Duration;

use jiff::Timestamp;

use crate::hash::fnv1a;

/// Whether two times are less than `span` apart. A remembered time far in the future, written by a wrong clock, must not
/// apply for years.
#[must_use]
pub fn within(at: Timestamp, span: Duration, now: Timestamp) -> bool {
    now.duration_since(at).unsigned_abs() < span
}

/// Whether an action that was postponed by `span`, until `due`, is due. Also true if a wrong clock postponed it by more than
/// `span`.
#[must_use]
pub fn is_due(due: Timestamp, span: Duration, now: Timestamp) -> bool {
    now >= due || due.duration_since(now).unsigned_abs() > span
}

/// Whether it is a target's turn, which comes once in each `cycle`. The turns are spread over the minutes.
#[must_use]
pub fn is_turn(name: &str, cycle: Duration, now: Timestamp) -> bool {
    let minutes = (cycle.as_secs() / 60).max(1);
    fnv1a(name.bytes()) % minutes == now.as_second().unsigned_abs() / 60 % minutes
}
