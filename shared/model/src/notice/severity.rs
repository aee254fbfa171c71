//! How urgent a notice is: what a person must do.

use serde::{Deserialize, Serialize};

use crate::{
    crossover::Crossover,
    direction::Direction,
    hold::Held,
    loss::Loss,
    outcome::Outcome,
    step::{FOUND, StepReport},
};

/// How urgent a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nobody has to do anything, or the person who gave the order has its answer.
    Info,
    /// A person reviews it within the day: something is not as declared, but works.
    Warning,
    /// An operator must act now. A severity of a later version is read as this one.
    #[serde(other)]
    Critical,
}

impl Severity {
    /// The severity of a hold: a person's own order that was held is answered already, unless clients may not be served.
    pub(super) fn of_hold(why: Held, is_answer: bool) -> Self {
        match why {
            _ if is_answer => Self::Info,
            Held::Shadow => Self::Warning,
            _ => Self::Critical,
        }
    }

    /// The severity of a target that could not be decided about.
    pub(super) fn of_failure(is_answer: bool) -> Self {
        if is_answer { Self::Info } else { Self::Critical }
    }

    /// The severity of a crossover. After an automatic one that could lose data, somebody saves what the old side has and makes it
    /// anew before the next failure.
    pub(super) fn of_crossover(crossover: &Crossover) -> Self {
        let is_gone = |step: &StepReport| step.card.step == FOUND && step.card.way.is_homeless();
        let could_lose = matches!(crossover.could_lose, Some(Loss::Data(_))) && crossover.order.is_none();
        let is_half_done = crossover.aborted.is_some() && crossover.begun().next().is_some();
        match (crossover.outcome, crossover.direction) {
            _ if is_half_done => Self::Critical,
            (Outcome::Completed, Direction::Failback) if !crossover.steps.iter().any(is_gone) => Self::Info,
            (Outcome::Completed | Outcome::Pending, _) if could_lose => Self::Critical,
            (Outcome::Completed | Outcome::Pending, _) => Self::Warning,
            _ if crossover.ended.is_some() => Self::Warning,
            _ => Self::Critical,
        }
    }

    /// The word in message attributes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}
