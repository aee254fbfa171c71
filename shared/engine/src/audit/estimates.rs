//! Estimates of how long leaving each side takes.

use std::time::Duration;

use crossover_model::{
    decision::{Requirements, Situation, Verdict},
    estimate::Estimate,
    health::{Health, SideHealth, State},
    journal::Memory,
    topology::Target,
};

use crate::kind::Kind;

/// The estimates for leaving each side that serves something.
pub(crate) fn estimates<K: Kind>(target: &Target<K::Spec>, observed: &K::Observed) -> Vec<Estimate> {
    let memory = Memory::default();
    let one = |leaving: &String| {
        let state = |side: &String| if side == leaving { State::Unhealthy } else { State::Healthy };
        let of = |side: &String| SideHealth { state: state(side), stable: Duration::ZERO, turned: None, evidence: String::new() };
        let health: Health = target.sides.iter().map(|side| (side.name.clone(), of(&side.name))).collect();
        // The data loss is decided on when a crossover is needed.
        let required = Requirements { leave: [leaving.clone()].into(), accept_data_loss: true, ..Requirements::default() };
        match K::decide(&Situation { target, health: &health, required: &required, memory: &memory, observed }).verdict {
            Verdict::Settled(_) => None,
            Verdict::Hold(hold) => Some(Estimate { held: Some(hold.text), ..Estimate::nothing(leaving) }),
            Verdict::CrossOver(plan) => Some(Estimate::of(leaving, &plan, K::PACE)),
        }
    };
    target.sides.iter().filter_map(|side| one(&side.name)).collect()
}
