//! What crossovers that have ended leave half done: a request that may still take effect, a change that is undone only with what
//! the memory has of it, and what was not done. Pure.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    crossover::Crossover,
    later::Rest,
    step::{StepReport, StepResult, Undo},
};

/// The most that are kept of a target: one for each of its sides, and some.
const KEPT: usize = 20;

/// A step of a crossover that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HalfDone {
    /// The crossover.
    pub crossover_id: String,
    /// When that was decided.
    pub started: Timestamp,
    /// The step.
    pub step: StepReport,
    /// The fields of a later version.
    #[serde(flatten)]
    pub rest: Rest,
}

impl HalfDone {
    /// Whether it is a request for what cannot be undone. A service that has accepted it may still carry it out.
    #[must_use]
    pub fn is_request(&self) -> bool {
        may_be_accepted(&self.step)
    }

    /// Whether this later step takes its place. A request stands until the same one is made again, and may be accepted: a service
    /// refuses the same request while it carries out the first one.
    fn is_replaced_by(&self, later: &StepReport) -> bool {
        let (this, that) = (&self.step.card, &later.card);
        let is_made_again = || this.to == that.to && (may_be_accepted(later) || later.result.is_good());
        this.resource == that.resource && (!self.is_request() || is_made_again())
    }
}

/// Whether a service may have accepted a request for what cannot be undone, and is not known to have completed it.
fn may_be_accepted(step: &StepReport) -> bool {
    let is_refused = matches!(step.result, StepResult::Refused | StepResult::Conflict);
    step.asked.is_some() && !is_refused && !step.result.is_good()
}

/// Whether the step may have changed what only the memory can restore. An invocation that died could not record that it was
/// made.
fn may_be_undone(step: &StepReport) -> bool {
    let is_refused = matches!(step.result, StepResult::Refused | StepResult::Conflict);
    !is_refused && matches!(step.card.undo, Some(Undo::Restore { .. }))
}

/// Adds what a crossover that has ended leaves half done.
pub fn remember(half_done: &mut Vec<HalfDone>, crossover: &Crossover) {
    for step in &crossover.steps {
        half_done.retain(|old| !old.is_replaced_by(step));
        if may_be_accepted(step) || may_be_undone(step) || !step.result.is_good() {
            let (crossover_id, started) = (crossover.id.clone(), crossover.started);
            half_done.push(HalfDone { crossover_id, started, step: step.clone(), rest: Rest::new() });
        }
    }
    let surplus = half_done.len().saturating_sub(KEPT);
    half_done.drain(..surplus);
}
