//! Comparisons of remembered times that hold although a clock has jumped. Pure.

use std::time::Duration;

use jiff::Timestamp;

/// Whether two times are less than `span` apart. For what was remembered: should a clock have
/// jumped, a time far in the future must not hold for years.
#[must_use]
pub fn within(at: Timestamp, span: Duration, now: Timestamp) -> bool {
    now.duration_since(at).unsigned_abs() < span
}

/// Whether it is time for what was put off by `span`, until `due`; also when a clock that had jumped
/// put it off further.
#[must_use]
pub fn is_due(due: Timestamp, span: Duration, now: Timestamp) -> bool {
    now >= due || due.duration_since(now).unsigned_abs() > span
}
