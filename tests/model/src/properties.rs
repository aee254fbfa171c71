//! The promises.

use stateright::Property;

use crate::{
    protocol::LEASE,
    state::{Breach, State},
    target::chosen,
    world::World,
};

/// Always: no second member is promoted while a promotion is under way or after it, for one failure.
pub const ONE_WINNER: &str = "one winner for each promotion";
/// Always: at most one process acts within a lease of its own.
pub const ONE_AT_A_TIME: &str = "one at a time";
/// Always: no write of an earlier epoch replaces one of a later epoch.
pub const NO_STALE_WRITE: &str = "no stale write over a newer one";
/// Always: what AWS was asked to promote is in the open crossover, in a notice that is kept, or told.
pub const TOLD_OR_OPEN: &str = "what moved is told or open";
/// Always: no call that cannot be undone begins after a stop.
pub const STOP_MEANS_STOP: &str = "nothing irreversible is begun after a stop";
/// Always, and eventually: once everything that goes wrong has ended, ticks settle the target.
pub const SETTLES: &str = "ticks settle it";
/// The same, as a path that leads there.
pub const SETTLED_IN_THE_END: &str = "settled in the end";

/// All of them, and what must be possible, so that none holds because nothing happens.
pub(crate) fn all() -> Vec<Property<World>> {
    vec![
        Property::always(ONE_WINNER, |_: &World, state: &State| state.winners().len() <= 1),
        Property::always(ONE_AT_A_TIME, |_: &World, state: &State| state.holders(LEASE) <= 1),
        Property::always(NO_STALE_WRITE, |_: &World, state: &State| !state.breaches.contains(&Breach::StaleWrite)),
        Property::always(STOP_MEANS_STOP, |_: &World, state: &State| !state.breaches.contains(&Breach::AfterStop)),
        Property::always(TOLD_OR_OPEN, |_: &World, state: &State| is_told_or_open(state)),
        Property::always(SETTLES, |world: &World, state: &State| {
            state.healed.is_none_or(|ticks| ticks < world.recovery) || is_settled(state)
        }),
        Property::eventually(SETTLED_IN_THE_END, |world: &World, state: &State| {
            world.recovery == 0 || (state.healed.is_some() && is_settled(state))
        }),
        Property::sometimes("a replica is promoted", |_: &World, state: &State| !state.cloud.promoted.is_empty()),
    ]
}

fn is_told_or_open(state: &State) -> bool {
    let open = chosen(&state.journal.record.memory);
    let is_known = |side| open == Some(side) || state.told.contains(&side) || state.journal.unsent.contains(&side);
    state.winners().into_iter().all(is_known)
}

/// One member takes the writes and is healthy, nothing is open, and everything is told.
fn is_settled(state: &State) -> bool {
    let moved = !state.cloud.promoted.is_empty() || state.cloud.recovered;
    moved
        && state.journal.record.memory.open.is_none()
        && state.journal.unsent.is_empty()
        && state.passes.iter().all(Option::is_none)
}
