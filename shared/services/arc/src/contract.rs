//! The behavior of routing controls that kinds rely on.

use std::collections::BTreeMap;

use crossover_model::error::Fault;
use crossover_sandbox::{
    cases,
    contract::{Cases, check},
};

use crate::{ClusterEndpoint, ControlState, RoutingControls};

/// The routing controls that every backend has: the first is on, the second off, and one of them must be on.
pub const CONTROLS: [&str; 2] = [
    "arn:aws:route53-recovery-control::1:controlpanel/p/routingcontrol/home",
    "arn:aws:route53-recovery-control::1:controlpanel/p/routingcontrol/standby",
];

/// A cluster of routing controls, and a client for it.
pub trait Backend {
    /// The routing controls.
    fn controls(&self) -> &dyn RoutingControls;

    /// An endpoint of the cluster.
    fn endpoint(&self) -> &ClusterEndpoint;
}

/// What holds of routing controls on every backend.
#[must_use]
pub fn cases<B: Backend>() -> Cases<B> {
    cases![routing_controls_are_set_all_at_once_or_not_at_all, a_routing_control_that_is_not_there_is_not_found,]
}

async fn routing_controls_are_set_all_at_once_or_not_at_all<B: Backend>(backend: &B) -> Result<(), String> {
    let (controls, at) = (backend.controls(), backend.endpoint());
    let set = |states: [ControlState; 2]| -> BTreeMap<String, ControlState> {
        CONTROLS.map(str::to_owned).into_iter().zip(states).collect()
    };
    let states = || async {
        let mut states = Vec::new();
        for control in CONTROLS {
            states.push(controls.control_state(at, control).await.map_err(|error| error.to_string())?);
        }
        Ok::<_, String>(states)
    };
    let none = controls.set_control_states(at, &set([ControlState::Off, ControlState::Off])).await;
    check(none.as_ref().is_err_and(|error| error.fault == Fault::Refused), format!("{none:?}"))?;
    let read = states().await?;
    check(read == [ControlState::On, ControlState::Off], format!("{read:?}"))?;
    for _ in 0..2 {
        let moved = controls.set_control_states(at, &set([ControlState::Off, ControlState::On])).await;
        moved.map_err(|error| error.to_string())?;
        let read = states().await?;
        check(read == [ControlState::Off, ControlState::On], format!("{read:?}"))?;
    }
    Ok(())
}

async fn a_routing_control_that_is_not_there_is_not_found<B: Backend>(backend: &B) -> Result<(), String> {
    let state = backend.controls().control_state(backend.endpoint(), "arn:aws:none").await;
    check(state.as_ref().is_err_and(|error| error.fault == Fault::NotFound), format!("{state:?}"))
}
