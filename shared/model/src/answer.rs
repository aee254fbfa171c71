//! What every invocation answers.

use serde::{Deserialize, Serialize};

use crate::{
    check_answer::CheckAnswer, crossover::Crossover, forecast::Forecast, health::SideAnswer, hold::Held, later::understood,
    loss::Loss, outcome::Outcome, status::Status, step::StepReport,
};

/// The answer of an invocation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The worst outcome of its targets.
    pub outcome: Outcome,
    /// Why, where no target can say it: a trigger that was not understood, or is about nothing known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Each target that was looked at.
    pub targets: Vec<TargetAnswer>,
    /// What a check found; it is for people and programs, and nothing of ours reads it back.
    #[serde(skip_serializing_if = "Option::is_none", skip_deserializing)]
    pub check: Option<CheckAnswer>,
    /// Whether the same invocation made again may end better.
    #[serde(skip)]
    pub retry_can_help: bool,
}

/// The answer for a target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TargetAnswer {
    /// Its name.
    pub target: String,
    /// Its kind.
    pub kind: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Why.
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
    /// The worst that the crossover can lose, or would.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worst_loss: Option<String>,
    /// The same as a program reads it. An answer that has a plan and not this may lose anything.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "understood")]
    pub could_lose: Option<Loss>,
    /// What would happen, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "understood")]
    pub forecast: Option<Forecast>,
    /// The class of the reason for which it is held back, or would be.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "understood")]
    pub held: Option<Held>,
    /// The notice that tells of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice_id: Option<String>,
    /// How the target stands, when that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// The target's crossovers, when these were asked for; the latest first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crossovers: Option<Vec<Crossover>>,
    /// What should be known besides: what was missing, what waits for a person.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    /// From the start of the look to its end, in milliseconds.
    #[serde(default)]
    pub took_ms: u64,
    /// Notices that could not be sent.
    #[serde(skip)]
    pub unsent: usize,
    /// Those of them that could not be kept for later either.
    #[serde(skip)]
    pub lost: usize,
    /// Resources that are away from home.
    #[serde(skip)]
    pub away: usize,
    /// Whether it, or everything, is paused.
    #[serde(skip)]
    pub paused: bool,
    /// Whether somebody else was at work on it, so that nothing was looked at.
    #[serde(default, skip_serializing_if = "is_false")]
    pub busy: bool,
    /// Whether the same invocation made again may end better.
    #[serde(skip)]
    pub retry_can_help: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl TargetAnswer {
    /// The answer of a target of which nothing but this is known.
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
            busy: false,
            retry_can_help: false,
        }
    }
}

impl Answer {
    /// Sums up the answers of targets.
    #[must_use]
    pub fn of(targets: Vec<TargetAnswer>, otherwise: Outcome, reason: Option<String>) -> Self {
        let refused = (otherwise == Outcome::Failed).then_some(Outcome::Failed);
        let outcome = targets.iter().map(|target| target.outcome).chain(refused).min().unwrap_or(otherwise);
        let retry_can_help = targets.iter().any(|target| target.retry_can_help);
        Self { outcome, reason, targets, check: None, retry_can_help }
    }
}
