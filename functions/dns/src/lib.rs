//! The kind `dns`: the answers of Route 53, switched in its hosted zones, or through a beacon or a
//! routing control when its control plane can't be reached.

mod audit;
mod batch;
mod beacon;
mod clouds;
mod controls;
mod decide;
mod evidence;
mod name;
mod observe;
mod record_group;
mod rehearsal;
mod rights;
mod rules;
mod shares;
mod spec;
mod step;

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use crossover_engine::{kind::Kind, retry::Patience};
use crossover_model::{
    decision::{Decision, Situation},
    error::CloudError,
    finding::{Finding, Rule},
    pace::Pace,
    permission::{Caller, Right},
    step::{Applied, Seen},
    topology::{Target, Topology},
};
use evidence::Checks;

pub use beacon::BeaconStep;
pub use clouds::DnsClouds;
pub use controls::ControlsStep;
pub use observe::{Answers, Observed};
pub use spec::{DnsSpec, Pointer, Switch};
pub use step::{DnsStep, Unmanaged};

/// The kind `dns`.
pub struct Dns {
    clouds: DnsClouds,
    /// The health checks of each target, as last read by this process.
    checks: Mutex<BTreeMap<String, Checks>>,
}

impl Kind for Dns {
    type Spec = DnsSpec;
    type Observed = Observed;
    type Step = DnsStep;
    type Clouds = DnsClouds;

    /// Route 53 allows ten calls per second for an account, reads and writes together, and for a zone one
    /// change at a time (Route 53 Developer Guide, "Throttling for Amazon Route 53 API requests").
    const PACE: Pace = Pace { burst: 1, per_second: 4 };
    const RULES: &'static [&'static Rule] = rules::RULES;

    const RANK: u8 = 3;

    fn new(clouds: DnsClouds) -> Self {
        Self { clouds, checks: Mutex::default() }
    }

    async fn observe(&self, target: &Target<DnsSpec>, patience: &Patience<'_>) -> Result<Observed, CloudError> {
        let name = &target.policy.name;
        let known = self.checks.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned().unwrap_or_default();
        let (observed, checks) = observe::observe(&self.clouds, &target.spec, known, patience).await?;
        self.checks.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), checks);
        Ok(observed)
    }

    fn decide(situation: &Situation<'_, Target<DnsSpec>, Observed>) -> Decision<DnsStep> {
        decide::decide(situation)
    }

    async fn apply(&self, step: &DnsStep, patience: &Patience<'_>) -> Result<Applied, CloudError> {
        step.apply(&self.clouds, patience).await
    }

    async fn verify(&self, steps: &[DnsStep], patience: &Patience<'_>) -> Result<Vec<Seen>, CloudError> {
        DnsStep::verify(steps, &self.clouds, patience).await
    }

    async fn audit(
        &self,
        all: &Topology<DnsSpec>,
        target: &Target<DnsSpec>,
        observed: Result<&Observed, &CloudError>,
        patience: &Patience<'_>,
    ) -> Vec<Finding> {
        audit::audit(&self.clouds, all, &target.spec, observed, patience).await
    }

    fn rights(target: &Target<DnsSpec>, _: &Observed, caller: &Caller) -> Vec<Right> {
        rights::rights(&target.spec, caller)
    }
}
