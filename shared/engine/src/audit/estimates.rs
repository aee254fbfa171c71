//! Estimates of how long leaving each side takes.

use crossover_model::{
    decision::{Requirements, Situation, Verdict},
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
        match K::decide(&Situation { target, health: &health, required: &required, memory: &memory, observed, now }).verdict {
            Verdict::Settled(_) => None,
            Verdict::Hold(hold) => Some(Estimate { held: Some(hold.text), ..Estimate::nothing(leaving) }),
            Verdict::CrossOver(plan) => Some(Estimate::of(leaving, &plan, K::PACE)),
        }
    };
    target.sides.iter().filter_map(|side| one(&side.name)).collect()
}
