//! Texts that several modules share. Pure.

/// The command that makes the failover anyway.
#[must_use]
pub(crate) fn failover(target: &str, to: &str, flags: &str) -> String {
    format!("crossover failover {target} --to {to}{flags} --reason WHY")
}
