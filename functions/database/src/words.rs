//! Words that several texts share. Pure.

use std::time::Duration;

/// A span as people read it.
#[must_use]
pub(crate) fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    match (seconds / 60, seconds % 60) {
        (0, 0) if !span.is_zero() => format!("{} ms", span.as_millis()),
        (0, seconds) => format!("{seconds} s"),
        (minutes, seconds) if minutes < 60 => format!("{minutes} min {seconds} s"),
        (minutes, _) => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}

/// The command with which a person goes on all the same.
#[must_use]
pub(crate) fn failover(target: &str, to: &str, flags: &str) -> String {
    format!("crossover failover {target} --to {to}{flags} --reason WHY")
}
