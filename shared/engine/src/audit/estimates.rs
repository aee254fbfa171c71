//! Estimates of how long leaving each side takes.

use crossover_model::{
    decision::{Decision, Requirements, Situation, Verdict},
    estimate::Estimate,
    health::{Health, SideHealth, State},
    journal::Memory,
    topology::Target,
};
use jiff::Timestamp;

use crate::kind::Kind;

/// The estimates for leaving each side that serves something.
pub(crate) fn estimates<K: Kind>(target: &Target<K::Spec>, observed: &K::Observed, now: Timestamp) -> Vec<Estimate> {
    let memory = Memory::default();
    let one = |leaving: &String| {
        let state = |side: &String| if side == leaving { State::Unhealthy } else { State::Healthy };
        let of = |side: &String| SideHealth::of(state(side));
        let health: Health = target.sides.iter().map(|side| (side.name.clone(), of(&side.name))).collect();
        // The data loss is decided on when a crossover is needed.
        let required = Requirements { leave: [leaving.clone()].into(), accept_data_loss: true, ..Requirements::default() };
        let situation = Situation { target, health: &health, required: &required, memory: &memory, observed, now };
        estimate::<K>(leaving, K::decide(&situation))
    };
    target.sides.iter().filter_map(|side| one(&side.name)).collect()
}

/// The estimate of a decision to leave this side; `None` if the side serves nothing.
fn estimate<K: Kind>(leaving: &str, decision: Decision<K::Step>) -> Option<Estimate> {
    let held = |why: String| Some(Estimate { held: Some(why), ..Estimate::nothing(leaving) });
    let serves = decision.serving.get(leaving).is_some_and(|resources| *resources > 0);
    match (decision.held, decision.verdict) {
        (Some(reason), _) | (None, Verdict::Hold(reason)) => held(reason.text),
        (None, Verdict::Settled(why)) => serves.then(|| held(why)).flatten(),
        // A plan that only completes something else leaves the side as it is.
        (None, Verdict::CrossOver(plan)) if serves && !plan.left.contains(leaving) => held(plan.reason),
        (None, Verdict::CrossOver(plan)) => Some(Estimate::of(leaving, &plan, K::PACE)),
    }
}
