//! The answers of invocations.

use serde::{Deserialize, Serialize};

use crate::{
    check_answer::CheckAnswer,
    crossover::Crossover,
    forecast::Forecast,
    health::SideAnswer,
    hold::Held,
    later::{is_false, understood},
    loss::Loss,
    outcome::Outcome,
    status::Status,
    step::StepReport,
};

/// The answer of an invocation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The worst outcome of its targets.
    pub outcome: Outcome,
    /// The reason, where it is about no target: a trigger that was not understood, or is not about any target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The targets that were reconciled.
    pub targets: Vec<TargetAnswer>,
    /// The result of a check. It is for people and other programs; Crossover does not read it.
    #[serde(skip_serializing_if = "Option::is_none", skip_deserializing)]
    pub check: Option<CheckAnswer>,
    /// Whether a retry of the invocation may have a better outcome.
    #[serde(skip)]
    pub retry_can_help: bool,
    /// Whether a sweep could not read the journal.
    #[serde(skip)]
    pub journal_unread: bool,
}

/// The answer for a target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct TargetAnswer {
    /// Its name.
    pub target: String,
    /// Its kind.
    pub kind: String,
    /// The outcome.
    pub outcome: Outcome,
    /// The reason.
    pub reason: String,
    /// The crossover, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crossover_id: Option<String>,
    /// The health of its sides.
    #[serde(default)]
    pub sides: Vec<SideAnswer>,
    /// The steps.
    #[serde(default)]
    pub steps: Vec<StepReport>,
    /// The worst loss of the crossover, done or planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worst_loss: Option<String>,
    /// The worst loss, for programs. An answer with a plan and without this field counts as risky.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "understood")]
    pub could_lose: Option<Loss>,
    /// The forecast, for a question.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "understood")]
    pub forecast: Option<Forecast>,
    /// The class of the reason to hold.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "understood")]
    pub held: Option<Held>,
    /// The notice about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice_id: Option<String>,
    /// The status of the target, for `status`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// The crossovers of the target, for `history`, the latest first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crossovers: Option<Vec<Crossover>>,
    /// Remarks: failed reads, and what needs an operator.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    /// The duration of the reconcile, in milliseconds.
    #[serde(default)]
    pub took_ms: u64,
    /// The number of notices that could not be sent.
    #[serde(skip)]
    pub unsent: usize,
    /// The number of these that could not be kept for later either.
    #[serde(skip)]
    pub lost: usize,
    /// Resources that are away from home.
    #[serde(skip)]
    pub away: usize,
    /// Whether it, or everything, is paused.
    #[serde(skip)]
    pub paused: bool,
    /// Whether a side that serves is unhealthy, or none serves, and nothing was moved.
    #[serde(skip)]
    pub in_need: bool,
    /// Whether another invocation held the lease, so that nothing was read.
    #[serde(default, skip_serializing_if = "is_false")]
    pub busy: bool,
    /// Whether the same invocation made again may end better.
    #[serde(skip)]
    pub retry_can_help: bool,
}

impl TargetAnswer {
    /// The answer of a target of which only this is known.
    #[must_use]
    pub fn failed(target: &str, kind: &str, reason: String) -> Self {
        Self {
            target: target.to_owned(),
            kind: kind.to_owned(),
            outcome: Outcome::Failed,
            reason,
            crossover_id: None,
            sides: Vec::new(),
            steps: Vec::new(),
            worst_loss: None,
            could_lose: None,
            forecast: None,
            held: None,
            notice_id: None,
            status: None,
            crossovers: None,
            remarks: Vec::new(),
            took_ms: 0,
            unsent: 0,
            lost: 0,
            away: 0,
            paused: false,
            in_need: false,
            busy: false,
            retry_can_help: false,
        }
    }
}

impl Answer {
    /// Combines the answers of targets.
    #[must_use]
    pub fn of(targets: Vec<TargetAnswer>, otherwise: Outcome, reason: Option<String>) -> Self {
        let refused = (otherwise == Outcome::Failed).then_some(Outcome::Failed);
        let outcome = targets.iter().map(|target| target.outcome).chain(refused).min().unwrap_or(otherwise);
        let retry_can_help = targets.iter().any(|target| target.retry_can_help);
        Self { outcome, reason, targets, check: None, retry_can_help, journal_unread: false }
    }
}
