//! What is particular to a kind, and nothing else.

use crossover_model::{
    decision::{Decision, Situation},
    error::CloudError,
    finding::{Finding, Rule},
    health::Readings,
    pace::Pace,
    permission::{Caller, Right},
    step::{Applied, Seen, Step},
    topology::{Side, Spec, Target, Topology},
    trigger::EventSource,
};

use crate::retry::Patience;

/// A kind of target: how to observe one, how to decide, and its steps.
pub trait Kind: Send + Sync {
    /// What it adds to a topology.
    type Spec: Spec + Send + Sync;
    /// What it observes.
    type Observed: Send + Sync;
    /// What it does.
    type Step: Step;
    /// The services that it calls.
    type Clouds: Clone + Send + Sync + 'static;

    /// How its writes are metered.
    const PACE: Pace;
    /// The rules of its own findings: those that its audit makes, but for those of every kind.
    const RULES: &'static [&'static Rule];

    /// Its place in the order of an evacuation, the lowest first: what users need before those send them there.
    const RANK: u8;

    /// The services' events that name its resources.
    const EVENTS: &'static [&'static EventSource] = &[];

    /// The kind, on these services.
    #[must_use]
    fn new(clouds: Self::Clouds) -> Self
    where
        Self: Sized;

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

    /// What would stand in the way of a crossover of this target, one of these, or could be better; its alarms and
    /// rights aside.
    fn audit(
        &self,
        all: &Topology<Self::Spec>,
        target: &Target<Self::Spec>,
        observed: Result<&Self::Observed, &CloudError>,
        patience: &Patience<'_>,
    ) -> impl Future<Output = Vec<Finding>> + Send;

    /// What is found of the alarms that speak of the target's sides, besides what holds for every alarm. Pure.
    fn audit_alarms(_sides: &[Side], _readings: &Readings) -> Vec<Finding> {
        Vec::new()
    }

    /// What has to be allowed to whoever makes crossovers of this target, away from each side and home again. Pure.
    fn rights(target: &Target<Self::Spec>, observed: &Self::Observed, caller: &Caller) -> Vec<Right>;
}
