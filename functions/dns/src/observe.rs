//! Reads a DNS target.

use std::collections::{BTreeMap, BTreeSet};

use crossover_arc::ControlState;
use crossover_engine::retry::Patience;
use crossover_model::error::CloudError;
use crossover_route53::{RecordSet, read_record_sets};
use futures::{future::try_join_all, join};

use crate::{
    clouds::DnsClouds,
    controls::at_any,
    evidence::{self, Checks, Evidence},
    spec::{DnsSpec, Switch},
};

/// The observed state of a DNS target.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// The observed state of the switch.
    pub answers: Answers,
    /// The sides with an unhealthy health check, with the reason.
    pub unable: BTreeMap<String, String>,
    /// The sides of which every health check is unhealthy.
    pub failing: BTreeSet<String>,
    /// The sides with healthy health checks.
    pub healthy: BTreeSet<String>,
    /// Remarks about the reads, for people.
    pub remarks: Vec<String>,
}

/// The observed state of the switch.
#[derive(Debug, Clone, PartialEq)]
pub enum Answers {
    /// The record sets of the target's names and types.
    Records(Vec<RecordSet>),
    /// A beacon.
    Beacon {
        /// Whether it directs the answers away from home; `None` if it was never set.
        away: Option<bool>,
    },
    /// Routing controls, by side, and whether each is on.
    Controls(BTreeMap<String, bool>),
}

/// A target that is switched through a data plane is read only there: no call goes to Route 53, whose
/// control plane may be unavailable.
///
/// Also returns the health checks that were read.
pub(crate) async fn observe(
    clouds: &DnsClouds,
    spec: &DnsSpec,
    of_last_read: Checks,
    patience: &Patience<'_>,
) -> Result<(Observed, Checks), CloudError> {
    let answers = match &spec.switch {
        Switch::Failover | Switch::Weighted { .. } | Switch::Simple(_) => {
            return observe_records(clouds, spec, of_last_read, patience).await;
        }
        Switch::BeaconObject { object, inverted } => {
            let there = patience.call("beacon", || clouds.objects.has_object(object)).await?;
            Answers::Beacon { away: Some(there == *inverted) }
        }
        Switch::BeaconMetric(metric) => {
            let value = patience.call("beacon", || clouds.metrics.metric_value(metric)).await?;
            Answers::Beacon { away: value.map(|value| value >= 1.0) }
        }
        Switch::RoutingControl { endpoints, controls } => {
            let routing_controls = clouds.routing_controls.as_ref();
            let read = |(side, arn): (&String, &String)| {
                let (side, arn) = (side.clone(), arn.clone());
                async move {
                    let one = || at_any(endpoints, patience, |at| routing_controls.control_state(at, &arn));
                    Ok::<_, CloudError>((side, patience.call(&arn, one).await? == ControlState::On))
                }
            };
            let states = try_join_all(controls.iter().map(read)).await?.into_iter().collect();
            Answers::Controls(states)
        }
    };
    let (unable, failing, healthy) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
    Ok((Observed { answers, unable, failing, healthy, remarks: Vec::new() }, Checks::new()))
}

/// Only the records name the health checks. Those of the last read are read at the same time, which saves
/// a round trip; the health checks that the records name now count.
async fn observe_records(
    clouds: &DnsClouds,
    spec: &DnsSpec,
    of_last_read: Checks,
    patience: &Patience<'_>,
) -> Result<(Observed, Checks), CloudError> {
    let health_checks = clouds.health_checks.as_ref();
    let (sets, statuses) = join!(
        read_record_sets(clouds.records.as_ref(), &spec.hosted_zone, &spec.records, Some(patience)),
        evidence::read(health_checks, &of_last_read, patience),
    );
    let sets = sets?;
    let checks = evidence::checks_of(&spec.sides, &sets);
    let Evidence { unable, failing, healthy, nothing, gone, unread, skipped, blind } =
        evidence::evidence(health_checks, &checks, statuses, patience).await;
    let of_check = |(id, why): (String, String)| format!("health check {id} {why}");
    let gone = gone.into_iter().map(|id| format!("health check {id} does not exist"));
    let rest = gone.chain(unread).chain(skipped);
    let remarks = nothing.into_iter().map(of_check).chain(rest).chain(blind.into_iter().map(of_check)).collect();
    Ok((Observed { answers: Answers::Records(sets), unable, failing, healthy, remarks }, checks))
}
