//! Words that several texts share. Pure.

/// The command with which a person goes on all the same.
#[must_use]
pub(crate) fn failover(target: &str, to: &str, flags: &str) -> String {
    format!("crossover failover {target} --to {to}{flags} --reason WHY")
}
