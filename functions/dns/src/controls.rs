//! Sets routing controls, at whichever of the cluster's endpoints answers.

use std::collections::BTreeMap;

use crossover_arc::{ClusterEndpoint, ControlState, RoutingControls};
use crossover_engine::retry::Patience;
use crossover_model::{
    error::{CloudError, Fault},
    step::{Applied, Seen, Step, StepCard},
};

/// Routing controls to be set, all of them in one call, so that ARC's safety rules judge the end of it
/// and not a state between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlsStep {
    pub(crate) card: StepCard,
    pub(crate) endpoints: Vec<ClusterEndpoint>,
    /// By ARN.
    pub(crate) states: BTreeMap<String, ControlState>,
}

impl ControlsStep {
    pub(crate) async fn apply(&self, controls: &dyn RoutingControls) -> Result<Applied, CloudError> {
        at_any(&self.endpoints, |at| controls.set_control_states(at, &self.states)).await?;
        Ok(Applied::Done)
    }

    pub(crate) async fn verify(&self, controls: &dyn RoutingControls, patience: &Patience<'_>) -> Result<Seen, CloudError> {
        for (arn, wanted) in &self.states {
            let read = || at_any(&self.endpoints, |at| controls.control_state(at, arn));
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

/// Makes a call at one endpoint after the other until one answers: AWS takes them out of service in
/// turn, but never more than two at a time.
///
/// # Errors
/// The refusal of the first that answers, or of the last when none does.
pub(crate) async fn at_any<'e, T, F>(
    endpoints: &'e [ClusterEndpoint],
    mut call: impl FnMut(&'e ClusterEndpoint) -> F,
) -> Result<T, CloudError>
where
    F: Future<Output = Result<T, CloudError>>,
{
    let mut last = CloudError::new("route53-recovery-cluster", Fault::Refused, "no endpoint of the cluster is declared");
    for endpoint in endpoints {
        match call(endpoint).await {
            Err(error) if error.retry_can_help() => last = error,
            answer => return answer,
        }
    }
    Err(last)
}
