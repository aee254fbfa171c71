//! The findings of a check for a NAT target. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crossover_model::{
    finding::Finding,
    permission::{Caller, Context, ContextValue, Right},
    rules::{MISSING, UNDECLARED},
    text::list,
    topology::Topology,
};

use crate::{
    observe::{IdleTable, Observed},
    probe,
    rules::{GATEWAY_UNABLE, HOME_UNKNOWN, NOTHING_TO_MOVE},
    spec::NatSpec,
};

/// The most tables that a message lists.
const LISTED: usize = 3;

pub(crate) fn findings(all: &Topology<NatSpec>, spec: &NatSpec, observed: &Observed) -> Vec<Finding> {
    let unable = observed.unable.iter().map(|(side, why)| {
        let what = format!("can't carry traffic: {why}");
        GATEWAY_UNABLE.finding(format!("gateway of {side}"), what, "repair it, or declare another gateway for the zone")
    });
    let mut homeless: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for route in observed.managed.iter().filter(|route| route.home.is_none()) {
        homeless.entry(&route.table).or_default().push(&route.destination);
    }
    let homeless = homeless.into_iter().map(|(table, destinations)| {
        let (routes, them) = if destinations.len() == 1 { ("route", "it") } else { ("routes", "them") };
        let what = format!(
            "its home side is not known: a failover moves its {routes} {}, but no automatic failback moves {them} back",
            list(destinations.into_iter(), LISTED)
        );
        HOME_UNKNOWN.finding(table, what, "add the table to the tables of its side")
    });
    let nothing = observed.managed.is_empty().then(|| {
        let what = "none of its routes leads to a declared gateway, so there is nothing to move";
        NOTHING_TO_MOVE.finding(&spec.vpc, what, "correct vpc, gateway or destinations in the topology")
    });
    let strange = observed.undeclared.iter().filter(|(gateway, _)| !all.names(gateway));
    let undeclared = strange.map(|(gateway, tables)| {
        let tables = list(tables.iter().map(String::as_str), LISTED);
        let what = format!("is not a declared gateway, and {tables} of {} lead to it: Crossover doesn't move them", spec.vpc);
        UNDECLARED.finding(gateway, what, "declare it as the gateway of a side, or point these tables to a declared gateway")
    });
    let idle = observed.idle.iter().map(|IdleTable { side, table, exists }| {
        if *exists {
            let what = format!("is declared at {side}, and none of its managed routes leads to a declared gateway");
            NOTHING_TO_MOVE.finding(table, what, "point its route to a declared gateway, or remove the table from the side")
        } else {
            let what = format!("is declared at {side}, and {} has no such route table", spec.vpc);
            MISSING.finding(table, what, "correct the side's tables in the topology")
        }
    });
    let placeless = observed.placeless.iter().map(|side| {
        let what = format!("{}, and {} has no subnet in such a zone", what_zone(side), spec.vpc);
        MISSING.finding(format!("zone {side}"), what, "name the side by the name of its Availability Zone, as in us-east-1a")
    });
    let probes = probe::findings(spec, &observed.probes);
    unable.chain(homeless).chain(nothing).chain(undeclared).chain(idle).chain(placeless).chain(probes).collect()
}

/// What the name of a side is, if it is no zone of the VPC's subnets.
fn what_zone(side: &str) -> &'static str {
    let ends_in = |start: &str, text: &str| {
        text.rsplit_once(start).is_some_and(|(_, end)| !end.is_empty() && end.bytes().all(|byte| byte.is_ascii_digit()))
    };
    if ends_in("-az", side) {
        return "is a zone's id, whose zone differs from account to account";
    }
    let name = side.strip_suffix(|letter: char| letter.is_ascii_lowercase()).unwrap_or_default();
    if name.matches('-').count() >= 2 && ends_in("-", name) { "may be a zone's name" } else { "is not the name of a zone" }
}

/// The routes of each table are replaced; an IAM policy may restrict tables by their VPC.
pub(crate) fn rights(spec: &NatSpec, observed: &Observed, caller: &Caller) -> Vec<Right> {
    let arn = |resource: String| caller.arn("ec2", &caller.region, &resource);
    let tables: BTreeSet<&str> = observed.managed.iter().map(|route| route.table.as_str()).collect();
    let right = |table: &str| Right {
        action: "ec2:ReplaceRoute",
        resource: arn(format!("route-table/{table}")),
        context: Context::from([
            ("aws:RequestedRegion", ContextValue::Text(caller.region.clone())),
            ("ec2:Vpc", ContextValue::Text(arn(format!("vpc/{}", spec.vpc)))),
        ]),
    };
    tables.into_iter().map(right).collect()
}
