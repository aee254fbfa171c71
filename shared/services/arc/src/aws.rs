//! ARC's routing controls, at a given endpoint.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_config::{Region, SdkConfig};
use aws_sdk_route53recoverycluster::{
    Client,
    config::Builder,
    types::{RoutingControlState, UpdateRoutingControlStateEntry},
};
use crossover_aws::cloud_error;
use crossover_model::error::{CloudError, Fault};

use crate::{ClusterEndpoint, ControlState, RoutingControls};

const GET: &str = "route53-recovery-cluster:GetRoutingControlState";
const UPDATE: &str = "route53-recovery-cluster:UpdateRoutingControlStates";

/// The clusters of routing controls.
#[derive(Debug, Clone)]
pub struct ArcRoutingControls {
    config: SdkConfig,
}

impl ArcRoutingControls {
    /// Clusters by this configuration.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { config: config.clone() }
    }

    fn client(&self, at: &ClusterEndpoint) -> Client {
        let builder = Builder::from(&self.config).region(Region::new(at.region.clone())).endpoint_url(&at.url);
        Client::from_conf(builder.build())
    }
}

#[async_trait]
impl RoutingControls for ArcRoutingControls {
    async fn control_state(&self, at: &ClusterEndpoint, control: &str) -> Result<ControlState, CloudError> {
        let request = self.client(at).get_routing_control_state().routing_control_arn(control);
        let answer = request.send().await.map_err(|error| cloud_error(GET, error))?;
        match answer.routing_control_state {
            RoutingControlState::On => Ok(ControlState::On),
            RoutingControlState::Off => Ok(ControlState::Off),
            other => Err(CloudError::new(GET, Fault::Refused, format!("the state {} is not understood", other.as_str()))),
        }
    }

    async fn set_control_states(&self, at: &ClusterEndpoint, states: &BTreeMap<String, ControlState>) -> Result<(), CloudError> {
        let entry = |(control, state): (&String, &ControlState)| {
            let state = match state {
                ControlState::On => RoutingControlState::On,
                ControlState::Off => RoutingControlState::Off,
            };
            UpdateRoutingControlStateEntry::builder().routing_control_arn(control).routing_control_state(state).build()
        };
        let entries: Result<Vec<_>, _> = states.iter().map(entry).collect();
        let entries = entries.map_err(|error| CloudError::new(UPDATE, Fault::Refused, error.to_string()))?;
        let request = self.client(at).update_routing_control_states().set_update_routing_control_state_entries(Some(entries));
        request.send().await.map(drop).map_err(|error| cloud_error(UPDATE, error))
    }
}
