//! The trait that a kind implements.

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
    /// The keys that it adds to a topology.
    type Spec: Spec + Send + Sync;
    /// The state that it observes.
    type Observed: Send + Sync;
    /// Its steps.
    type Step: Step;
    /// The services that it calls.
    type Clouds: Clone + Send + Sync + 'static;

    /// The rate limit of its writes.
    const PACE: Pace;
    /// The rules of its own findings, besides those of every kind.
    const RULES: &'static [&'static Rule];

    /// Its rank in the order of an evacuation, the lowest first: resources that users depend on before those that direct
    /// users to them.
    const RANK: u8;

    /// Whether its steps fence sides from clients, which an operator can order to undo.
    const FENCES: bool = false;

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

    /// Decides. Pure and total: the same situation always leads to the same decision, and a settled one to an empty plan.
    fn decide(situation: &Situation<'_, Target<Self::Spec>, Self::Observed>) -> Decision<Self::Step>;

    /// Applies one step, once. If it takes several calls, none is begun after the time of `patience` has run out: another
    /// invocation may have the lease then.
    fn apply(&self, step: &Self::Step, patience: &Patience<'_>) -> impl Future<Output = Result<Applied, CloudError>> + Send;

    /// Verifies steps. The results are in the order of the steps.
    fn verify(&self, steps: &[Self::Step], patience: &Patience<'_>)
    -> impl Future<Output = Result<Vec<Seen>, CloudError>> + Send;

    /// Finds problems that would prevent or impair a crossover of this target, one of `all`. Alarms and permissions are
    /// checked elsewhere.
    fn audit(
        &self,
        all: &Topology<Self::Spec>,
        target: &Target<Self::Spec>,
        observed: Result<&Self::Observed, &CloudError>,
        patience: &Patience<'_>,
    ) -> impl Future<Output = Vec<Finding>> + Send;

    /// Findings on the alarms of the target's sides, besides those of every kind. Pure.
    #[must_use]
    fn audit_alarms(_sides: &[Side], _readings: &Readings) -> Vec<Finding> {
        Vec::new()
    }

    /// The permissions that the calls of a step need. They are checked before a plan that can't be undone. Pure.
    #[must_use]
    fn step_rights(_step: &Self::Step, _caller: &Caller) -> Vec<Right> {
        Vec::new()
    }

    /// The permissions that crossovers of this target need, away from each side and back home. Pure.
    fn rights(target: &Target<Self::Spec>, observed: &Self::Observed, caller: &Caller) -> Vec<Right>;
}
