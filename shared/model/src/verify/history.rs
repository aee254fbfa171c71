//! What is examined, and what comes of it.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::violation::Violation;
use crate::{
    crossover::Crossover,
    journal::{Memory, TargetRecord},
};

/// What is examined: one target.
#[derive(Debug, Clone, Copy)]
pub struct History<'a> {
    /// Its name.
    pub target: &'a str,
    /// Its record.
    pub record: &'a TargetRecord,
    /// Its crossovers that ended, in any order.
    pub crossovers: &'a [Crossover],
    /// The memory of everything, with its pause.
    pub everything: &'a Memory,
    /// The trail of calls that were made for the target, in any order; empty if there is none.
    pub calls: &'a [Call],
    /// Now, by the clock of the journal.
    pub now: Timestamp,
}

/// A call in a trail, in a form that no service has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// When it was made.
    pub at: Timestamp,
    /// The operation, with its service.
    pub call: String,
    /// Its resource.
    pub resource: String,
    /// The target that it was made for; if missing, it counts for the only target that is examined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Whether the service refused it, so that it changed nothing.
    #[serde(default)]
    pub refused: bool,
    /// Whether it can't be undone, and a crossover makes one and never a second.
    #[serde(default)]
    pub irreversible: bool,
}

/// How long what is unfinished may last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// A crossover may be open for so long.
    pub open: Duration,
    /// A death may be unnoticed, and a crossover not be told, for so long: some ticks.
    pub unnoticed: Duration,
    /// A notice may be unsent for so long.
    pub unsent: Duration,
    /// Two recorded times may differ by so much from their order. Each is by the journal's clock, to two seconds.
    pub skew: Duration,
    /// A call may be under way for so long when a stop is recorded.
    pub stop: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            open: Duration::from_hours(24),
            unnoticed: Duration::from_mins(20),
            unsent: Duration::from_hours(1),
            skew: Duration::from_secs(4),
            stop: Duration::from_secs(10),
        }
    }
}

/// This time later, or the latest time there is: a record may have any time.
pub(super) fn after(at: Timestamp, span: Duration) -> Timestamp {
    at.saturating_add(span).unwrap_or(Timestamp::MAX)
}

impl History<'_> {
    /// The end of a crossover: now for the open one. One of the history without an end has none that could be compared.
    pub(super) fn end_of(&self, crossover: &Crossover) -> Timestamp {
        let is_open = self.record.memory.open.as_ref().is_some_and(|open| open.id == crossover.id);
        crossover.ended.unwrap_or(if is_open { self.now } else { crossover.started })
    }
}

/// The result of the history checker.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// The number of targets that were examined.
    pub targets: usize,
    /// The number of their crossovers, with open ones.
    pub crossovers: usize,
    /// The number of calls of the trail that were made for them.
    pub calls: usize,
    /// The broken promises.
    pub violations: Vec<Violation>,
}

impl Verified {
    /// Adds what was found in the history of one target.
    pub fn add(&mut self, history: &History<'_>, violations: Vec<Violation>) {
        self.targets += 1;
        self.crossovers += history.crossovers.len() + usize::from(history.record.memory.open.is_some());
        self.calls += history.calls.len();
        self.violations.extend(violations);
    }
}
