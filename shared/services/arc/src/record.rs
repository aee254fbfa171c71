//! Records the reads of ARC, for a snapshot.

use std::collections::BTreeMap;

use async_trait::async_trait;
use crossover_model::error::CloudError;
use crossover_sandbox::record::{Recorder, no_write};

use crate::{Arc, ClusterEndpoint, ControlState, RoutingControls};

#[async_trait]
impl<C: RoutingControls + ?Sized> RoutingControls for Recorder<C> {
    async fn control_state(&self, at: &ClusterEndpoint, control: &str) -> Result<ControlState, CloudError> {
        let answer = self.cloud.control_state(at, control).await;
        self.note("routing control", control, answer, |notes: &mut ArcNotes, state| {
            notes.0.insert(control.to_owned(), *state);
        })
    }

    async fn set_control_states(&self, _: &ClusterEndpoint, _: &BTreeMap<String, ControlState>) -> Result<(), CloudError> {
        no_write("route53-recovery-cluster:UpdateRoutingControlStates")
    }
}

/// The results of reading ARC: routing controls, by ARN.
#[derive(Default)]
pub struct ArcNotes(BTreeMap<String, ControlState>);

impl ArcNotes {
    /// The section of a sandbox account with these results.
    pub(crate) fn section(self) -> Arc {
        Arc { routing_controls: self.0, safety_rules: Vec::new() }
    }
}
