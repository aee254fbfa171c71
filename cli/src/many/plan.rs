//! The order for many targets, and the plans for it. Pure.

use std::time::Duration;

use crossover_model::{
    answer::TargetAnswer,
    evacuation::{Stay, Why},
    forecast::Forecast,
    loss::Loss,
    outcome::Outcome,
};
use serde_json::Value;

use super::deployed::LeftOut;
use crate::{
    confirm::Given,
    layout::{Style, prose},
};

/// The loss of a plan whose answer does not state it.
const UNSTATED: &str = "possibly: the function does not state it, because it has another version";

/// The order for many targets.
pub(crate) struct Wanted<'a> {
    /// The command for each of them, without its target and sides.
    pub(crate) command: Value,
    /// The zone or Region to evacuate; none for a failback of all targets.
    pub(crate) location: Option<&'a str>,
    /// Only show what would happen.
    pub(crate) plan_only: bool,
    /// The flags for the confirmation.
    pub(crate) given: Given,
    /// How long to repeat an unfinished order.
    pub(crate) wait: Duration,
    /// The flags to append to a suggested status command.
    pub(crate) flags: String,
}

/// A target to move: its command, and the answer of its dry run.
pub(super) struct Planned {
    pub(super) command: Value,
    pub(super) answer: TargetAnswer,
}

/// The plans for all targets.
#[derive(Default)]
pub(super) struct Plans {
    pub(super) waves: Vec<Vec<Planned>>,
    pub(super) stays: Vec<Stay>,
    /// Targets that are not moved, because the deployed function defines them differently.
    pub(super) left_out: Vec<LeftOut>,
    /// Warnings to show before the confirmation.
    pub(super) warnings: Vec<String>,
}

impl Plans {
    /// The worst outcome. A target that needs a person's decision counts as held, one that is left out as failed.
    pub(super) fn outcome(&self, answers: &[&TargetAnswer]) -> Outcome {
        let held = (self.undecided() > 0).then_some(Outcome::Held);
        let all = answers.iter().map(|answer| answer.outcome).chain(held).chain(self.not_done());
        all.min().unwrap_or(Outcome::Settled)
    }

    /// How many targets need a person's decision: they may be in the location, and are not moved.
    pub(super) fn undecided(&self) -> usize {
        self.stays.iter().filter(|stay| matches!(stay.why, Why::Ambiguous | Why::NoLocation)).count()
    }

    /// The outcome of the targets that are left out.
    pub(super) fn not_done(&self) -> Option<Outcome> {
        (!self.left_out.is_empty()).then_some(Outcome::Failed)
    }

    /// The targets that can lose data.
    pub(super) fn risky(&self) -> Vec<String> {
        let all = self.waves.iter().flatten().map(|planned| &planned.answer);
        all.filter(|answer| is_risky(answer)).map(|answer| answer.target.clone()).collect()
    }
}

/// Whether a plan moves work and can lose data. If an answer of another version does not state it, it counts as risky.
pub(crate) fn is_risky(plan: &TargetAnswer) -> bool {
    match &plan.forecast {
        Some(Forecast::Stay { .. } | Forecast::Hold { .. }) => false,
        Some(Forecast::CrossOver { .. }) => plan.could_lose.as_ref().is_none_or(Loss::is_of_data),
        Some(Forecast::Other) | None => matches!(plan.outcome, Outcome::DryRun | Outcome::Other(_)),
    }
}

/// The effect of a plan, as a verb phrase without "would".
pub(crate) fn plainly(plan: &TargetAnswer) -> &str {
    match &plan.forecast {
        Some(Forecast::Other) | None => &plan.reason,
        Some(forecast) => forecast.what(),
    }
}

/// Appends the worst loss of each risky target.
pub(super) fn losses(out: &mut String, answers: &[&TargetAnswer], style: Style) {
    for answer in answers {
        if is_risky(answer) {
            let loss = answer.worst_loss.as_deref().unwrap_or(UNSTATED);
            *out += &prose(&format!("  {} can lose data: ", answer.target), loss, style);
        }
    }
}
