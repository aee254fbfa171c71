//! Sets routing controls, at the first of the cluster's endpoints that answers.

use std::{collections::BTreeMap, time::Duration};

use crossover_arc::{ClusterEndpoint, ControlState, RoutingControls};
use crossover_engine::retry::Patience;
use crossover_model::{
    error::{CloudError, Fault},
    step::{Applied, Seen, Step, StepCard},
};

/// Sets routing controls, all in one call, so that ARC's safety rules apply to the final state
/// and not to one in between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlsStep {
    pub(crate) card: StepCard,
    pub(crate) endpoints: Vec<ClusterEndpoint>,
    /// By ARN.
    pub(crate) states: BTreeMap<String, ControlState>,
}

impl ControlsStep {
    pub(crate) async fn apply(&self, controls: &dyn RoutingControls, patience: &Patience<'_>) -> Result<Applied, CloudError> {
        at_any(&self.endpoints, patience, |at| controls.set_control_states(at, &self.states)).await?;
        Ok(Applied::Done)
    }

    pub(crate) async fn verify(&self, controls: &dyn RoutingControls, patience: &Patience<'_>) -> Result<Seen, CloudError> {
        for (arn, wanted) in &self.states {
            let read = || at_any(&self.endpoints, patience, |at| controls.control_state(at, arn));
            if patience.call(arn, read).await? != *wanted {
                return Ok(Seen::NotYet);
            }
        }
        Ok(Seen::Done)
    }
}

impl Step for ControlsStep {
    fn card(&self) -> StepCard {
        self.card.clone()
    }
}

/// Calls the endpoints in turn until one answers: AWS takes them out of service one after another,
/// never more than two at a time. After the time has run out no further one is called.
///
/// # Errors
/// The refusal of the first that answers, or the error of the last if none does.
pub(crate) async fn at_any<'e, T, F>(
    endpoints: &'e [ClusterEndpoint],
    patience: &Patience<'_>,
    mut call: impl FnMut(&'e ClusterEndpoint) -> F,
) -> Result<T, CloudError>
where
    F: Future<Output = Result<T, CloudError>>,
{
    let mut last = CloudError::new("route53-recovery-cluster", Fault::Refused, "no endpoint of the cluster is declared");
    for endpoint in endpoints {
        match call(endpoint).await {
            Err(error) if error.retry_can_help() && patience.pause(Duration::ZERO).await => last = error,
            answer => return answer,
        }
    }
    Err(last)
}
