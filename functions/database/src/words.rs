//! Texts that several modules share. Pure.

/// The command that lets clients reach a fenced side again, whatever else serves.
#[must_use]
pub(crate) fn unfence(target: &str, side: &str) -> String {
    format!("crossover unfence {target} --side {side} --force --reason WHY")
}

/// The command that makes another side the writer, whichever can.
#[must_use]
pub(crate) fn leave(target: &str, from: &str, flags: &str) -> String {
    format!("crossover failover {target} --away-from {from}{flags} --reason WHY")
}

/// The command that makes the failover anyway.
#[must_use]
pub(crate) fn failover(target: &str, to: &str, flags: &str) -> String {
    format!("crossover failover {target} --to {to}{flags} --reason WHY")
}
