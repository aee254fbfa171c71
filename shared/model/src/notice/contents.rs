//! What a notice contains.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{finding::NoticeFinding, next::Next, severity::Severity};
use crate::{
    health::State,
    later::{is_false, understood},
    outcome::Outcome,
    serving::Serving,
    step::StepReport,
    timeline::{SentNotice, Timeline},
    topology::Mode,
    trigger,
};

/// A notice. The journal keeps it until the notice topic has accepted it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Always `crossover`, so that a function recognizes its own notices.
    #[serde(default = "own_source")]
    pub source: String,
    /// The id; a notice that is sent twice has the same id.
    pub id: String,
    /// When it was written.
    pub at: Timestamp,
    /// The target; `-` when the trigger could not be understood.
    pub target: String,
    /// The target's kind.
    pub kind: String,
    /// The outcome.
    pub outcome: Outcome,
    /// How urgent it is.
    pub severity: Severity,
    /// The mode that was in force.
    pub mode: Mode,
    /// What happened, in one line, after the target's name.
    pub headline: String,
    /// The same without the name; empty in a notice of an earlier version.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub what: String,
    /// The reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The trigger.
    pub trigger: String,
    /// The crossover, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crossover_id: Option<String>,
    /// The observed health.
    #[serde(default)]
    pub sides: Vec<NoticeSide>,
    /// Who serves now; none where that could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "understood")]
    pub serving: Option<Serving>,
    /// The steps, or the first of them.
    #[serde(default)]
    pub steps: Vec<StepReport>,
    /// How many steps there are in all.
    #[serde(default)]
    pub steps_in_all: usize,
    /// The duration, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
    /// Worst loss.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worst_loss: Option<String>,
    /// Remarks: failed reads and other facts that an operator should know.
    #[serde(default)]
    pub remarks: Vec<String>,
    /// The findings of a check, or the first of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<NoticeFinding>,
    /// The recommended actions.
    pub next: Vec<Next>,
    /// The owner.
    pub owner: String,
    /// The address of the runbook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runbook: Option<String>,
}

impl Notice {
    /// Adds the notice to the timeline of its crossover.
    pub fn add_to(&self, timeline: &mut Timeline) {
        let sent = SentNotice { id: self.id.clone(), at: self.at, outcome: self.outcome, headline: self.headline.clone() };
        timeline.add_notice(sent, &self.remarks);
    }
}

/// The health of a side in a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeSide {
    /// Its name.
    pub side: String,
    /// Its health.
    pub health: State,
    /// The evidence of its health.
    pub evidence: String,
    /// Whether it serves and, by the service's own word, can't.
    #[serde(default, skip_serializing_if = "is_false")]
    pub cannot_serve: bool,
}

impl NoticeSide {
    /// What is known of the side, after its name.
    pub(super) fn in_words(&self) -> String {
        let own_word = if self.cannot_serve { "; it can't serve, by its service's own word" } else { "" };
        format!("is {}: {}{own_word}", self.health, self.evidence)
    }
}

pub(super) fn own_source() -> String {
    trigger::OWN_SOURCE.to_owned()
}
