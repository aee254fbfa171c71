//! What a payload was understood to be.

use serde_json::Value;

use super::Trigger;

/// What Crossover's own notices name as their source, in JSON.
pub const OWN_SOURCE: &str = "crossover";

/// What a payload was understood to be, record by record.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parsed {
    /// What was understood.
    pub triggers: Vec<Trigger>,
    /// What was not.
    pub refused: Vec<Refusal>,
}

/// A payload or a record that was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Where in the payload: empty for all of it.
    pub path: String,
    /// What was received, or what is wrong with it.
    pub why: String,
}

/// Refusals that are listed before the rest is only counted.
const LISTED: usize = 10;

/// The refusals in words.
#[must_use]
pub fn lines(refusals: &[Refusal]) -> Vec<String> {
    let line = |refusal: &Refusal| format!("{} {}", refusal.path, refusal.why).trim().to_owned();
    let mut lines: Vec<String> = refusals.iter().take(LISTED).map(line).collect();
    if refusals.len() > LISTED {
        lines.push(format!("and {} more", refusals.len() - LISTED));
    }
    lines
}

/// Whether a payload, should it be a command, asks for nothing to be changed, even where it can't be
/// understood.
#[must_use]
pub fn asks_only(payload: &Value) -> bool {
    let question = |word: &Value| ["plan", "status", "history"].iter().any(|question| word == question);
    payload.get("dry_run") == Some(&Value::Bool(true)) || payload.get("command").is_some_and(question)
}
