//! The kind `nat`: route tables whose default routes lead to a NAT gateway, a NAT instance or a
//! network interface, one for each zone.

mod audit;
mod clouds;
mod decide;
mod events;
mod observe;
mod probe;
mod probe_alarms;
mod rehearsal;
mod rules;
mod spec;

use crossover_ec2::RouteStep;
use crossover_engine::{kind::Kind, retry::Patience};
use crossover_model::{
    decision::{Decision, Situation},
    error::CloudError,
    finding::{Finding, Rule},
    health::Readings,
    pace::Pace,
    permission::{Caller, Right},
    rules::unreadable,
    step::{Applied, Seen},
    topology::{Side, Target, Topology},
    trigger::EventSource,
};

pub use clouds::NatClouds;
pub use observe::{Managed, Observed, able_to_serve};
pub use probe::ProbeTable;
pub use spec::{NatSide, NatSpec, TablesOf};

/// The kind `nat`.
pub struct Nat {
    clouds: NatClouds,
}

impl Kind for Nat {
    type Spec = NatSpec;
    type Observed = Observed;
    type Step = RouteStep;
    type Clouds = NatClouds;

    /// EC2's token bucket for changes of a resource (EC2 API Reference, "Request throttling").
    const PACE: Pace = Pace { burst: 50, per_second: 5 };
    const RULES: &'static [&'static Rule] = rules::RULES;

    const RANK: u8 = 0;

    const EVENTS: &'static [&'static EventSource] = &[&events::EC2];

    fn new(clouds: NatClouds) -> Self {
        Self { clouds }
    }

    async fn observe(&self, target: &Target<NatSpec>, patience: &Patience<'_>) -> Result<Observed, CloudError> {
        observe::observe(self.clouds.routes.as_ref(), &target.spec, patience).await
    }

    fn decide(situation: &Situation<'_, Target<NatSpec>, Observed>) -> Decision<RouteStep> {
        decide::decide(situation)
    }

    async fn apply(&self, step: &RouteStep, _: &Patience<'_>) -> Result<Applied, CloudError> {
        step.apply(self.clouds.routes.as_ref()).await
    }

    async fn verify(&self, steps: &[RouteStep], patience: &Patience<'_>) -> Result<Vec<Seen>, CloudError> {
        RouteStep::verify(steps, self.clouds.routes.as_ref(), patience).await
    }

    async fn audit(
        &self,
        all: &Topology<NatSpec>,
        target: &Target<NatSpec>,
        observed: Result<&Observed, &CloudError>,
        _: &Patience<'_>,
    ) -> Vec<Finding> {
        match observed {
            Ok(observed) => audit::findings(all, &target.spec, observed),
            Err(error) => vec![unreadable(&target.spec.vpc, error)],
        }
    }

    fn audit_alarms(sides: &[Side], readings: &Readings) -> Vec<Finding> {
        let mut findings = probe_alarms::without_probe(sides, readings);
        findings.extend(probe_alarms::on_other_probes(sides, readings));
        findings
    }

    fn rights(target: &Target<NatSpec>, observed: &Observed, caller: &Caller) -> Vec<Right> {
        audit::rights(&target.spec, observed, caller)
    }
}
