//! Parsed payloads.

use serde_json::Value;

use super::Trigger;

/// The source in Crossover's own notices.
pub const OWN_SOURCE: &str = "crossover";

/// The triggers in a payload, record by record.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parsed {
    /// The triggers.
    pub triggers: Vec<Trigger>,
    /// The records that were not understood.
    pub refused: Vec<Refusal>,
}

/// A payload or a record that was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The path in the payload; empty for the whole payload.
    pub path: String,
    /// The received value, or the error.
    pub why: String,
}

/// The most refusals that are listed; the rest is counted.
const LISTED: usize = 10;

/// The refusals, for people.
#[must_use]
pub fn lines(refusals: &[Refusal]) -> Vec<String> {
    let line = |refusal: &Refusal| format!("{} {}", refusal.path, refusal.why).trim().to_owned();
    let mut lines: Vec<String> = refusals.iter().take(LISTED).map(line).collect();
    if refusals.len() > LISTED {
        lines.push(format!("and {} more", refusals.len() - LISTED));
    }
    lines
}

/// Whether a payload, if it is a command, requests no change, even if it is malformed.
#[must_use]
pub fn asks_only(payload: &Value) -> bool {
    let question = |word: &Value| ["plan", "status", "history"].iter().any(|question| word == question);
    payload.get("dry_run") == Some(&Value::Bool(true)) || payload.get("command").is_some_and(question)
}
