//! Reads a DNS target.

use std::collections::{BTreeMap, BTreeSet};

use crossover_arc::ControlState;
use crossover_engine::retry::Patience;
use crossover_model::error::CloudError;
use crossover_route53::{RecordSet, read_record_sets};
use futures::{future::try_join_all, join};

use crate::{
    able::{self, Checks, Evidence},
    clouds::DnsClouds,
    controls::at_any,
    spec::{DnsSpec, Switch},
};

/// What is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// What the answers are switched by.
    pub answers: Answers,
    /// For each side that a health check speaks against, why.
    pub unable: BTreeMap<String, String>,
    /// The sides that health checks speak for.
    pub well: BTreeSet<String>,
    /// What a person should know of the reading.
    pub remarks: Vec<String>,
}

/// What the answers are switched by.
#[derive(Debug, Clone, PartialEq)]
pub enum Answers {
    /// The record sets of the target's names and types.
    Records(Vec<RecordSet>),
    /// A beacon.
    Beacon {
        /// Whether it sends the answers away from home; none when it was never set.
        away: Option<bool>,
    },
    /// Routing controls, by side, and whether each is on.
    Controls(BTreeMap<String, bool>),
}

/// What is switched through a data plane is read there alone: not one call goes to Route 53, whose
/// control plane may be what is down.
///
/// Answers with the health checks that were read, too.
pub(crate) async fn observe(
    clouds: &DnsClouds,
    spec: &DnsSpec,
    of_last_look: Checks,
    patience: &Patience<'_>,
) -> Result<(Observed, Checks), CloudError> {
    let answers = match &spec.switch {
        Switch::Failover | Switch::Weighted { .. } | Switch::Simple(_) => {
            return observe_records(clouds, spec, of_last_look, patience).await;
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
                    let one = || at_any(endpoints, |at| routing_controls.control_state(at, &arn));
                    Ok::<_, CloudError>((side, patience.call(&arn, one).await? == ControlState::On))
                }
            };
            let states = try_join_all(controls.iter().map(read)).await?.into_iter().collect();
            Answers::Controls(states)
        }
    };
    Ok((Observed { answers, unable: BTreeMap::new(), well: BTreeSet::new(), remarks: Vec::new() }, Checks::new()))
}

/// Which health checks there are, only the records say. Those of the last look are read beside them, which saves
/// a round trip; what the records say now counts.
async fn observe_records(
    clouds: &DnsClouds,
    spec: &DnsSpec,
    of_last_look: Checks,
    patience: &Patience<'_>,
) -> Result<(Observed, Checks), CloudError> {
    let health_checks = clouds.health_checks.as_ref();
    let (sets, said) = join!(
        read_record_sets(clouds.records.as_ref(), &spec.hosted_zone, &spec.records, Some(patience)),
        able::read(health_checks, &of_last_look, patience),
    );
    let sets = sets?;
    let checks = able::checks_of(&spec.sides, &sets);
    let Evidence { unable, well, nothing, unread, skipped, blind } = able::evidence(health_checks, &checks, said, patience).await;
    let of_check = |(id, why): (String, String)| format!("health check {id} {why}");
    let rest = unread.into_iter().chain(skipped);
    let remarks = nothing.into_iter().map(of_check).chain(rest).chain(blind.into_iter().map(of_check)).collect();
    Ok((Observed { answers: Answers::Records(sets), unable, well, remarks }, checks))
}
