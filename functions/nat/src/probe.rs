//! Checks the route tables of probes: whether each probe tests the gateway of its side. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crossover_ec2::{RouteTable, Subnet};
use crossover_model::{
    finding::{Finding, Rule},
    text::list,
};

use crate::{
    rules::{PROBE_ELSEWHERE, PROBE_NOT_ALONE},
    spec::{NatSide, NatSpec},
};

const TABLES: &str = "https://docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html";

/// The most addresses that a probe's subnet uses: its interface, another one during an update, and two endpoints.
const ALONE: u32 = 4;
/// The most subnets that a message lists.
const LISTED: usize = 3;

/// The route table of a side's probe.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProbeTable {
    /// The targets of its routes with a managed destination.
    pub routes: BTreeMap<String, Vec<String>>,
    /// The subnets that it serves.
    pub subnets: Vec<Subnet>,
}

/// The table that a side declares for its probe; `None` if the VPC has no such table.
pub(crate) fn table(spec: &NatSpec, side: &NatSide, tables: &[RouteTable], subnets: &[Subnet]) -> Option<ProbeTable> {
    let table = tables.iter().find(|table| side.probe_table.as_ref() == Some(&table.id))?;
    let named: BTreeSet<&String> = tables.iter().flat_map(|table| &table.subnets).collect();
    let serves = |subnet: &&Subnet| table.subnets.contains(&subnet.id) || table.main && !named.contains(&subnet.id);
    let managed = table.routes.iter().filter(|route| spec.destinations.contains(&route.destination));
    Some(ProbeTable {
        routes: managed.map(|route| (route.destination.clone(), route.via.clone())).collect(),
        subnets: subnets.iter().filter(serves).cloned().collect(),
    })
}

/// The findings for probes that don't test their side's gateway, or share their table with other workloads.
pub(crate) fn findings(spec: &NatSpec, probes: &BTreeMap<String, ProbeTable>) -> Vec<Finding> {
    let some = spec.sides.values().any(|side| side.probe_table.is_some());
    let of_side = |(zone, side): (&String, &NatSide)| match &side.probe_table {
        Some(id) => of_table(spec, (zone, side), id, probes.get(zone)),
        None => some.then(|| undeclared(zone)).into_iter().collect(),
    };
    spec.sides.iter().flat_map(of_side).collect()
}

fn undeclared(zone: &str) -> Finding {
    let what = format!("has no probe_table, so a failover moves the probe of {zone} too, and it then tests another gateway");
    let fix = "set probe_table to the table of the probe's subnet (docs/probe.md)";
    PROBE_ELSEWHERE.finding(zone, what, fix).lowered().see(TABLES)
}

fn of_table(spec: &NatSpec, (zone, side): (&String, &NatSide), id: &str, table: Option<&ProbeTable>) -> Vec<Finding> {
    // Each problem of a table has its own resource, so that each is accepted and resolved on its own.
    let finding = |rule: &'static Rule, part: &str, what: String, fix: String| {
        let resource = if part.is_empty() { id.to_owned() } else { format!("{id} {part}") };
        rule.finding(resource, what, fix).see(TABLES)
    };
    let blind = |part: &str, what, fix| finding(&PROBE_ELSEWHERE, part, what, fix);
    let Some(table) = table else {
        let what = format!("is not a route table of {}, so the probe of {zone} can't use it", spec.vpc);
        let fix = "correct probe_table, or create the table for the probe's subnet (docs/probe.md)".to_owned();
        return vec![blind("", what, fix)];
    };
    let lead = || format!("point it to {}: Crossover doesn't change it (docs/probe.md)", side.gateway);
    let others = table.routes.iter().filter(|(_, via)| !via.contains(&side.gateway));
    let elsewhere = others.map(|(destination, via)| {
        let to = via.first().map_or("nowhere", String::as_str);
        let what = format!("leads to {to}, so the probe of {zone} does not test {}", side.gateway);
        blind(destination, what, lead())
    });
    let nowhere = table.routes.is_empty().then(|| {
        let all = list(spec.destinations.iter().map(String::as_str), LISTED);
        blind("", format!("has no route for {all}, so the probe of {zone} does not test {}", side.gateway), lead())
    });
    let foreign = (!table.subnets.iter().any(|subnet| subnet.zone == *zone)).then(|| {
        let what = format!("serves no subnet there, so the probe of {zone} can't use it");
        let fix = "associate the probe's subnet with it, or correct probe_table (docs/probe.md)".to_owned();
        blind(&format!("in {zone}"), what, fix)
    });
    let shared = more_than_a_probe(&table.subnets).map(|rest| {
        let what = format!("serves more than the probe of {zone}: {rest}. It never moves, so neither does their traffic");
        let fix = "give the probe a subnet and a table of its own (docs/probe.md)".to_owned();
        finding(&PROBE_NOT_ALONE, "", what, fix)
    });
    elsewhere.chain(nowhere).chain(foreign).chain(shared).collect()
}

/// The workloads that share a probe's table: one nearly empty subnet is the probe's own.
fn more_than_a_probe(subnets: &[Subnet]) -> Option<String> {
    let used = || subnets.iter().filter(|subnet| subnet.used != Some(0));
    let busy = || used().filter(|subnet| subnet.used.is_some_and(|used| used > ALONE));
    let in_words = |subnet: &Subnet| match subnet.used {
        Some(used) => format!("{} (addresses in use: {used})", subnet.id),
        None => subnet.id.clone(),
    };
    let others: Vec<String> = if used().count() > 1 { used().map(in_words).collect() } else { busy().map(in_words).collect() };
    (!others.is_empty()).then(|| list(others.iter().map(String::as_str), LISTED))
}
