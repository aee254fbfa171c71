//! What the switch of a target names besides its record sets, and the account does not have.

use std::collections::BTreeSet;

use crossover_engine::retry::Patience;
use crossover_model::{
    finding::Finding,
    rules::{MISSING, UNREADABLE},
};
use crossover_route53::{RecordSet, read_record_sets};

use crate::{
    clouds::DnsClouds,
    name::as_people_write,
    spec::{DnsSpec, Pointer, Switch},
};

/// Findings on the bucket of a beacon, and on the names of the target's own zone that aliases lead to.
pub(super) async fn missing(clouds: &DnsClouds, spec: &DnsSpec, patience: &Patience<'_>) -> Vec<Finding> {
    match &spec.switch {
        Switch::BeaconObject { object, .. } => {
            let resource = format!("bucket {}", object.bucket);
            match patience.call("bucket", || clouds.objects.has_bucket(&object.region, &object.bucket)).await {
                Ok(true) => Vec::new(),
                Ok(false) => {
                    let what = format!("does not exist in {}, so the beacon can't be set", object.region);
                    vec![MISSING.finding(resource, what, "create it, or correct the topology")]
                }
                Err(error) => {
                    let fix = "allow s3:ListBucket on it to the function that checks";
                    vec![UNREADABLE.finding(resource, format!("could not be read: {error}"), fix).lowered()]
                }
            }
        }
        Switch::Simple(pointers) => {
            let own = pointers.iter().filter_map(|(side, pointer)| match pointer {
                Pointer::Alias { zone, name } if *zone == spec.hosted_zone => Some((side, name)),
                Pointer::Alias { .. } | Pointer::Values(_) => None,
            });
            let kinds: BTreeSet<&String> = spec.records.iter().map(|(_, kind)| kind).collect();
            let of_side = |(side, name): (&'_ String, &'_ String)| {
                kinds.iter().map(|kind| (side.clone(), (name.clone(), (*kind).clone()))).collect::<Vec<_>>()
            };
            let named: Vec<(String, (String, String))> = own.flat_map(of_side).collect();
            let wanted = named.iter().map(|(_, record)| record.clone()).collect();
            // The zone that can't be read has a finding of its own.
            let read = read_record_sets(clouds.records.as_ref(), &spec.hosted_zone, &wanted, Some(patience)).await;
            read.map(|sets| without_target(&named, &sets)).unwrap_or_default()
        }
        Switch::Failover | Switch::Weighted { .. } | Switch::BeaconMetric(_) | Switch::RoutingControl { .. } => Vec::new(),
    }
}

/// Route 53 refuses an alias of a name of the same zone that has no record of its type (`AliasTarget`).
fn without_target(named: &[(String, (String, String))], sets: &[RecordSet]) -> Vec<Finding> {
    let is_there = |(name, kind): &(String, String)| sets.iter().any(|set| set.name == *name && set.kind == *kind);
    let finding = |(side, (name, kind)): &(String, (String, String))| {
        let what = format!("does not exist, and the alias of {side} leads to it");
        MISSING.finding(format!("{} {kind} for {side}", as_people_write(name)), what, "create it, or correct the topology")
    };
    named.iter().filter(|(_, record)| !is_there(record)).map(finding).collect()
}
