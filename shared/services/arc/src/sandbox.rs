//! ARC's routing controls, with their safety rules.

use std::collections::BTreeMap;

use async_trait::async_trait;
use crossover_model::error::{CloudError, Fault};
use crossover_sandbox::{Account, Sandbox};
use serde::{Deserialize, Serialize};

use crate::{ClusterEndpoint, ControlState, RoutingControls};

/// The state of ARC.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arc {
    /// Routing controls, by ARN.
    pub routing_controls: BTreeMap<String, ControlState>,
    /// The safety rules for them.
    pub safety_rules: Vec<SafetyRule>,
}

/// ARC in a sandbox account.
pub trait ArcAccount {
    /// The section.
    fn arc(&self) -> &Arc;

    /// The section, mutable.
    fn arc_mut(&mut self) -> &mut Arc;
}

impl ArcAccount for Account {
    fn arc(&self) -> &Arc {
        self.section()
    }

    fn arc_mut(&mut self) -> &mut Arc {
        self.section_mut()
    }
}

/// An assertion rule: at least so many of these routing controls must be on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SafetyRule {
    /// Its name.
    pub name: String,
    /// The routing controls, by their ARNs.
    pub controls: Vec<String>,
    /// The number of them that must be on.
    pub at_least: usize,
}

const UPDATE: &str = "route53-recovery-cluster:UpdateRoutingControlStates";

/// The call's resource is the endpoint's Region, so that a fault can affect one endpoint.
#[async_trait]
impl RoutingControls for Sandbox {
    async fn control_state(&self, at: &ClusterEndpoint, control: &str) -> Result<ControlState, CloudError> {
        const GET: &str = "route53-recovery-cluster:GetRoutingControlState";
        self.call(GET, &at.region, |state, _| {
            let found = state.account.arc().routing_controls.get(control).copied();
            found.ok_or_else(|| missing(GET, control))
        })
        .await
    }

    async fn set_control_states(&self, at: &ClusterEndpoint, states: &BTreeMap<String, ControlState>) -> Result<(), CloudError> {
        self.call(UPDATE, &at.region, |state, _| {
            let arc = state.account.arc_mut();
            let mut controls = arc.routing_controls.clone();
            for (control, wanted) in states {
                *controls.get_mut(control).ok_or_else(|| missing(UPDATE, control))? = *wanted;
            }
            for rule in &arc.safety_rules {
                let on = rule.controls.iter().filter(|control| controls.get(*control) == Some(&ControlState::On)).count();
                if on < rule.at_least {
                    let refused = CloudError::new(UPDATE, Fault::Refused, format!("safety rule {} is not met", rule.name));
                    return Err(CloudError { code: "ConflictException".to_owned(), ..refused });
                }
            }
            arc.routing_controls = controls;
            Ok(())
        })
        .await
    }
}

fn missing(call: &str, control: &str) -> CloudError {
    let missing = CloudError::new(call, Fault::NotFound, format!("no routing control {control}"));
    CloudError { code: "ResourceNotFoundException".to_owned(), ..missing }
}
