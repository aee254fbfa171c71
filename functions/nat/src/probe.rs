//! The route tables that probes are behind: whether these see what they speak of. Pure.

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

/// What a probe's subnet has in use at most: its interface and another one while it is changed, and two endpoints.
const ALONE: u32 = 4;
/// Subnets that a text names before it only counts the rest.
const LISTED: usize = 3;

/// The table that a side's probe is behind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProbeTable {
    /// Where its routes lead that have a managed destination.
    pub routes: BTreeMap<String, Vec<String>>,
    /// The subnets that it serves.
    pub subnets: Vec<Subnet>,
}

/// The table that a side names for its probe; none when the VPC has no such table.
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

/// What keeps a probe from seeing the gateway that it speaks of, and what else it keeps there.
pub(crate) fn findings(spec: &NatSpec, probes: &BTreeMap<String, ProbeTable>) -> Vec<Finding> {
    let some = spec.sides.values().any(|side| side.probe_table.is_some());
    let of_side = |(zone, side): (&String, &NatSide)| match &side.probe_table {
        Some(id) => of_table(spec, (zone, side), id, probes.get(zone)),
        None => some.then(|| undeclared(zone)).into_iter().collect(),
    };
    spec.sides.iter().flat_map(of_side).collect()
}

fn undeclared(zone: &str) -> Finding {
    let what = format!("names no probe_table, so the probe of {zone} is moved with the rest, and then sees another gateway");
    let fix = "name the table of the probe's subnet in probe_table (docs/probe.md)";
    PROBE_ELSEWHERE.finding(zone, what, fix).lowered().see(TABLES)
}

fn of_table(spec: &NatSpec, (zone, side): (&String, &NatSide), id: &str, table: Option<&ProbeTable>) -> Vec<Finding> {
    // What is wrong with one table is told apart by its resource: each is mended, accepted and gone by itself.
    let finding = |rule: &'static Rule, part: &str, what: String, fix: String| {
        let resource = if part.is_empty() { id.to_owned() } else { format!("{id} {part}") };
        rule.finding(resource, what, fix).see(TABLES)
    };
    let blind = |part: &str, what, fix| finding(&PROBE_ELSEWHERE, part, what, fix);
    let Some(table) = table else {
        let what = format!("is no route table of {}, so the probe of {zone} can't be behind it", spec.vpc);
        let fix = "correct probe_table, or create the table there for the probe's subnet (docs/probe.md)".to_owned();
        return vec![blind("", what, fix)];
    };
    let lead = || format!("lead it to {}: nothing else does (docs/probe.md)", side.gateway);
    let others = table.routes.iter().filter(|(_, via)| !via.contains(&side.gateway));
    let elsewhere = others.map(|(destination, via)| {
        let to = via.first().map_or("nowhere", String::as_str);
        let what = format!("leads to {to}, so the probe of {zone} does not see {}", side.gateway);
        blind(destination, what, lead())
    });
    let nowhere = table.routes.is_empty().then(|| {
        let all = list(spec.destinations.iter().map(String::as_str), LISTED);
        blind("", format!("has no route for {all}, so the probe of {zone} does not see {}", side.gateway), lead())
    });
    let foreign = (!table.subnets.iter().any(|subnet| subnet.zone == *zone)).then(|| {
        let what = format!("serves no subnet there, so the probe of {zone} can't be behind it");
        let fix = "associate the probe's subnet with it, or correct probe_table (docs/probe.md)".to_owned();
        blind(&format!("in {zone}"), what, fix)
    });
    let shared = more_than_a_probe(&table.subnets).map(|rest| {
        let what = format!("keeps more than the probe of {zone}: {rest}; it is never moved, and neither is their work");
        let fix = "give the probe a subnet and a table of its own (docs/probe.md)".to_owned();
        finding(&PROBE_NOT_ALONE, "", what, fix)
    });
    elsewhere.chain(nowhere).chain(foreign).chain(shared).collect()
}

/// What a probe is not alone with, as far as can be seen: one of the subnets in use is its own, and nearly empty.
fn more_than_a_probe(subnets: &[Subnet]) -> Option<String> {
    let used = || subnets.iter().filter(|subnet| subnet.used != Some(0));
    let busy = || used().filter(|subnet| subnet.used.is_some_and(|used| used > ALONE));
    let in_words = |subnet: &Subnet| match subnet.used {
        Some(used) => format!("{} has {used} in use", subnet.id),
        None => subnet.id.clone(),
    };
    let told: Vec<String> = if used().count() > 1 { used().map(in_words).collect() } else { busy().map(in_words).collect() };
    (!told.is_empty()).then(|| list(told.iter().map(String::as_str), LISTED))
}
