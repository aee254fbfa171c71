//! The address records beside the declared ones: a name has its IPv4 addresses in an A record and its IPv6 addresses in an AAAA
//! record, and clients use either (Route 53 Developer Guide, "Supported DNS record types"). Pure.

use std::collections::{BTreeMap, BTreeSet};

use crossover_model::{finding::Finding, rules::UNDECLARED, topology::Topology};
use crossover_route53::{RecordAnswer, RecordSet, as_route53_writes};

use crate::{name::as_people_write, spec::DnsSpec};

/// A name as Route 53 writes it, and a type.
type Record = (String, String);

/// The other address record of each declared one, as far as no target declares it.
pub(super) fn undeclared(all: &Topology<DnsSpec>, spec: &DnsSpec) -> BTreeSet<Record> {
    let of_zone = || all.targets().iter().filter(|target| target.spec.hosted_zone == spec.hosted_zone);
    let is_declared = |record: &Record| of_zone().any(|target| target.spec.records.contains(record));
    spec.records.iter().filter_map(twin).filter(|record| !is_declared(record)).collect()
}

fn twin((name, kind): &Record) -> Option<Record> {
    let other = match kind.as_str() {
        "A" => "AAAA",
        "AAAA" => "A",
        _ => return None,
    };
    Some((name.clone(), other.to_owned()))
}

/// Findings on those that are there and stay behind when the declared ones are switched.
pub(super) fn findings(spec: &DnsSpec, twins: &BTreeSet<Record>, sets: &[RecordSet]) -> Vec<Finding> {
    let of = |(name, kind): &Record| sets.iter().filter(|set| set.name == *name && set.kind == *kind).collect::<Vec<_>>();
    let finding = |record: &Record| {
        let ((name, kind), declared) = (record, twin(record)?);
        let own = of(record);
        if own.is_empty() || follows(spec, &own, &of(&declared)) {
            return None;
        }
        let protocol = if kind == "AAAA" { "IPv6" } else { "IPv4" };
        let what = format!(
            "is not declared, and the {} record of this name is: clients that use {protocol} stay where it leads, whichever side is left",
            declared.1
        );
        Some(UNDECLARED.finding(
            format!("{} {kind}", as_people_write(name)),
            what,
            "add it to records in the topology, or delete it",
        ))
    };
    twins.iter().filter_map(finding).collect()
}

/// Whether what switches the declared record also switches its twin: the twin is an alias of declared records, or a beacon or a
/// routing control switches both through the same health checks.
fn follows(spec: &DnsSpec, twin: &[&RecordSet], declared: &[&RecordSet]) -> bool {
    let leads_to_declared = |set: &&RecordSet| match &set.answer {
        RecordAnswer::Alias(alias) => {
            alias.zone == spec.hosted_zone && spec.records.contains(&(as_route53_writes(&alias.name), set.kind.clone()))
        }
        RecordAnswer::Values { .. } => false,
    };
    let checks =
        |sets: &[&RecordSet]| sets.iter().map(|set| (set.set_id.clone(), set.health_check.clone())).collect::<BTreeMap<_, _>>();
    let by_checks = !spec.switch.needs_the_control_plane() && checks(twin) == checks(declared);
    by_checks || twin.iter().all(leads_to_declared)
}
