//! The history checker: whether what a journal records, and the calls in a trail, kept the promises. Pure.
//!
//! It reads records only, so the same rules apply to the journal of an account, to a snapshot of one, and to a simulation.

mod calls;
mod growth;
mod history;
mod records;
mod violation;

pub use growth::growth;
pub use history::{Call, History, Limits, Verified};
pub use violation::{Broken, Promise, Violation};

/// The promises that a target's history breaks, in the order of the promises.
#[must_use]
pub fn verify(history: History<'_>, limits: Limits) -> Vec<Violation> {
    let broken = records::broken(history, limits).into_iter().chain(calls::broken(history, limits));
    let mut violations: Vec<Violation> = broken.map(|broken| Violation::new(history.target, broken)).collect();
    violations.sort_by_key(|violation| violation.promise);
    violations
}
