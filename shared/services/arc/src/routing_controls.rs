//! Calls to the routing controls of Amazon Application Recovery Controller (ARC).

use std::collections::BTreeMap;

use async_trait::async_trait;
use crossover_model::error::CloudError;
use serde::{Deserialize, Serialize};

/// One of the Regional endpoints of a cluster. AWS keeps at least three of a cluster's five reachable,
/// so a call that fails at one is made at the next (ARC Developer Guide, "Getting and updating routing
/// control states using the ARC API").
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClusterEndpoint {
    /// Its Region.
    pub region: String,
    /// Its address, as in `https://host-aaaaaa.us-east-1.example.com/v1`.
    pub url: String,
}

/// The state of a routing control.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ControlState {
    /// Traffic flows.
    On,
    /// No traffic flows.
    Off,
}

/// Reads and writes of routing controls at one endpoint.
#[async_trait]
pub trait RoutingControls: Send + Sync {
    /// The state of one routing control, by its ARN (`GetRoutingControlState`).
    async fn control_state(&self, at: &ClusterEndpoint, control: &str) -> Result<ControlState, CloudError>;

    /// Sets several routing controls, by their ARNs, all of them or none (`UpdateRoutingControlStates`).
    /// A change that a safety rule forbids is [`Fault::Refused`](crossover_model::error::Fault::Refused); never overridden.
    async fn set_control_states(&self, at: &ClusterEndpoint, states: &BTreeMap<String, ControlState>) -> Result<(), CloudError>;
}
