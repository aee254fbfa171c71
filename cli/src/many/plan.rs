//! What is wanted of many targets, and what is going to be done. Pure.

use std::time::Duration;

use crossover_model::{
    answer::TargetAnswer,
    evacuation::{Stay, Why},
    forecast::Forecast,
    loss::Loss,
    outcome::Outcome,
};
use serde_json::Value;

use super::known::LeftOut;
use crate::{
    confirm::Given,
    layout::{Style, prose},
};

/// What a plan can lose of which the answer does not say it.
const UNTOLD: &str = "the function does not say whether it can, as it is of another version";

/// What is wanted of many targets.
pub(crate) struct Wanted<'a> {
    /// The command as one of them would get it, without its target and aim.
    pub(crate) command: Value,
    /// The zone or Region to leave; none to bring everything home.
    pub(crate) place: Option<&'a str>,
    /// Only say what would happen.
    pub(crate) plan_only: bool,
    /// What was given for the confirmation.
    pub(crate) given: Given,
    /// How long to go on with what is not finished.
    pub(crate) wait: Duration,
    /// The flags that a command to look with needs too.
    pub(crate) flags: String,
}

/// A target that is moved, and what came of asking for that.
pub(super) struct Planned {
    pub(super) command: Value,
    pub(super) answer: TargetAnswer,
}

/// What is going to be done.
#[derive(Default)]
pub(super) struct Plans {
    pub(super) waves: Vec<Vec<Planned>>,
    pub(super) stays: Vec<Stay>,
    /// What has to be moved, and is not as the deployed function does not know it so.
    pub(super) left_out: Vec<LeftOut>,
    /// What a person should know before they confirm.
    pub(super) warnings: Vec<String>,
}

impl Plans {
    /// The worst of all; a target that a person has to see to is held, and one that is left out has failed.
    pub(super) fn outcome(&self, answers: &[&TargetAnswer]) -> Outcome {
        let waits = (self.waiting() > 0).then_some(Outcome::Held);
        let all = answers.iter().map(|answer| answer.outcome).chain(waits).chain(self.not_done());
        all.min().unwrap_or(Outcome::Settled)
    }

    /// How many targets are left alone that a person has to see to: they may be there, and are not moved.
    pub(super) fn waiting(&self) -> usize {
        self.stays.iter().filter(|stay| matches!(stay.why, Why::Ambiguous | Why::Unplaced)).count()
    }

    /// What it comes to that targets are left out.
    pub(super) fn not_done(&self) -> Option<Outcome> {
        (!self.left_out.is_empty()).then_some(Outcome::Failed)
    }

    /// The targets that can lose data.
    pub(super) fn risky(&self) -> Vec<String> {
        let all = self.waves.iter().flatten().map(|planned| &planned.answer);
        all.filter(|answer| is_risky(answer)).map(|answer| answer.target.clone()).collect()
    }
}

/// Whether a plan is to be carried out and can lose data. What an answer of another version does not say counts as risky.
pub(crate) fn is_risky(plan: &TargetAnswer) -> bool {
    match &plan.forecast {
        Some(Forecast::Stay { .. } | Forecast::Hold { .. }) => false,
        Some(Forecast::CrossOver { .. }) => plan.could_lose.as_ref().is_none_or(Loss::is_of_data),
        Some(Forecast::Other) | None => matches!(plan.outcome, Outcome::DryRun | Outcome::Other),
    }
}

/// What a plan says, without that it is only a plan.
pub(crate) fn plainly(plan: &TargetAnswer) -> &str {
    match &plan.forecast {
        Some(Forecast::Other) | None => &plan.reason,
        Some(forecast) => forecast.what(),
    }
}

/// Lines that say the worst that each target can lose.
pub(super) fn losses(out: &mut String, answers: &[&TargetAnswer], style: Style) {
    for answer in answers {
        if is_risky(answer) {
            let loss = answer.worst_loss.as_deref().unwrap_or(UNTOLD);
            *out += &prose(&format!("  {} can lose data: ", answer.target), loss, style);
        }
    }
}
