//! What is particular to a kind, and nothing else.

use crate::{
    audit::Finding,
    cloud::CloudError,
    decision::{Decision, Situation},
    retry::Patience,
    step::{Applied, Seen, Step},
    topology::{Spec, Target},
};

/// How a kind's writes are metered by AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Writes at once.
    pub burst: u32,
    /// Writes a second after that.
    pub per_second: u32,
}

/// A kind of target: how to observe one, how to decide, and its steps.
pub trait Kind: Send + Sync {
    /// What it adds to a topology.
    type Spec: Spec + Send + Sync;
    /// What it observes.
    type Observed: Send + Sync;
    /// What it does.
    type Step: Step;

    /// How its writes are metered.
    const PACE: Pace;

    /// Reads the target's resources.
    fn observe(
        &self,
        target: &Target<Self::Spec>,
        patience: &Patience<'_>,
    ) -> impl Future<Output = Result<Self::Observed, CloudError>> + Send;

    /// Decides. Pure and total: the same situation always gives the same decision, and a settled
    /// one gives an empty plan.
    fn decide(situation: &Situation<'_, Target<Self::Spec>, Self::Observed>) -> Decision<Self::Step>;

    /// Applies one step, once.
    fn apply(&self, step: &Self::Step) -> impl Future<Output = Result<Applied, CloudError>> + Send;

    /// Looks whether the steps can be seen, in their order.
    fn verify(&self, steps: &[Self::Step], patience: &Patience<'_>)
    -> impl Future<Output = Result<Vec<Seen>, CloudError>> + Send;

    /// What would stand in the way of a crossover of this target, or could be better; its alarms aside.
    fn audit(&self, target: &Target<Self::Spec>, patience: &Patience<'_>) -> impl Future<Output = Vec<Finding>> + Send;
}
