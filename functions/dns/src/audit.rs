//! The findings of a check for a DNS target.

mod counterparts;
mod twins;

use std::collections::{BTreeMap, BTreeSet};

use crossover_engine::retry::Patience;
use crossover_model::{
    error::CloudError,
    finding::{Finding, Rule},
    rules::{MISSING, UNDECLARED, UNREADABLE, unreadable},
    topology::Topology,
};
use crossover_route53::{
    HostedZone, RECORD_UNFIT, RecordAnswer, RecordSet, Routing, read_record_sets, refusals, unread_protections,
};
use futures::{join, try_join};

use crate::{
    clouds::DnsClouds,
    evidence::{Evidence, Statuses, checks_of, evidence},
    name::as_people_write,
    observe::{Answers, Observed},
    record_group::{of_record, switch_name},
    rules::{ACCELERATED_RECOVERY, CONTROL_PLANE, HEALTH_CHECK_MISSING, HEALTH_CHECK_SHARED, LONG_TTL, NO_EVIDENCE, SIDE_UNABLE},
    spec::{DnsSpec, Switch},
};

/// The longest TTL that is not reported, in seconds: clients see a crossover only after the TTL.
const LONGEST_TTL_S: u32 = 60;

const TTL: &str = "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/best-practices-dns.html";
const HEALTH_CHECKS: &str = "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover.html";
const RECOVERY: &str = "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/accelerated-recovery.html";
const RESILIENCE: &str = "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/disaster-recovery-resiliency.html";

/// Reads the zone, and the record sets with their health checks, even if a crossover needs none of them.
pub(crate) async fn audit(
    clouds: &DnsClouds,
    all: &Topology<DnsSpec>,
    spec: &DnsSpec,
    observed: Result<&Observed, &CloudError>,
    patience: &Patience<'_>,
) -> Vec<Finding> {
    let sets = async {
        match observed {
            Ok(Observed { answers: Answers::Records(sets), .. }) => Ok(sets.clone()),
            Err(error) if spec.switch.needs_the_control_plane() => Err(error.clone()),
            _ => read_record_sets(clouds.records.as_ref(), &spec.hosted_zone, &spec.records, Some(patience)).await,
        }
    };
    let zone = patience.call("zone", || clouds.records.hosted_zone(&spec.hosted_zone));
    let protected = async {
        if spec.switch.needs_the_control_plane() {
            patience.call("protections", || clouds.records.protections(&spec.hosted_zone)).await
        } else {
            Ok(BTreeSet::new())
        }
    };
    let twins = twins::undeclared(all, spec);
    let of_twins = read_record_sets(clouds.records.as_ref(), &spec.hosted_zone, &twins, Some(patience));
    // The reads that a crossover makes instead of those of the record sets.
    let data_plane = observed.err().filter(|_| !spec.switch.needs_the_control_plane());
    let mut found: Vec<Finding> = data_plane.map(|error| unreadable(switch_name(spec), error)).into_iter().collect();
    let (read, missing, protected) =
        join!(async { try_join!(sets, zone, of_twins) }, counterparts::missing(clouds, spec, patience), protected);
    found.extend(missing);
    match read {
        Ok((sets, zone, of_twins)) => {
            found.extend(twins::findings(spec, &twins, &[sets.as_slice(), of_twins.as_slice()].concat()));
            let checks = checks_of(&spec.sides, &sets);
            let evidence = evidence(clouds.health_checks.as_ref(), &checks, Statuses::new(), patience).await;
            found.extend(findings(spec, &sets, &zone, &evidence));
            found.extend(protected.as_ref().err().map(|error| unread_protections(&zone_name(spec), error)));
            found.extend(of_refusals(spec, &zone, &protected.unwrap_or_default()));
        }
        Err(error) => found.push(unreadable(zone_name(spec), &error)),
    }
    found
}

/// What makes Route 53 refuse a crossover.
fn of_refusals(spec: &DnsSpec, zone: &HostedZone, protected: &BTreeSet<(String, String)>) -> Vec<Finding> {
    if !spec.switch.needs_the_control_plane() {
        return Vec::new();
    }
    let changed =
        spec.records.iter().map(|(name, kind)| ((name.clone(), kind.clone()), format!("{} {kind}", as_people_write(name))));
    refusals(&spec.hosted_zone, zone, protected, &changed.collect())
}

fn zone_name(spec: &DnsSpec) -> String {
    format!("zone {}", spec.hosted_zone)
}

fn findings(spec: &DnsSpec, sets: &[RecordSet], zone: &HostedZone, evidence: &Evidence) -> Vec<Finding> {
    let records = spec.records.iter().flat_map(|(name, kind)| {
        let of_record: Vec<&RecordSet> = sets.iter().filter(|set| set.name == *name && set.kind == *kind).collect();
        Record { name: format!("{} {kind}", as_people_write(name)), spec, sets: of_record }.findings()
    });
    let unable = evidence.unable.iter().map(|(side, why)| {
        SIDE_UNABLE
            .finding(side, format!("can't take over: {why}"), "repair it, or the resource that it watches")
            .see(HEALTH_CHECKS)
    });
    let gone = evidence.gone.iter().map(|id| {
        let what = if spec.switch.needs_the_control_plane() {
            "does not exist: Route 53 refuses to create the record sets that name it again, and so each crossover"
        } else {
            "does not exist, so the switch has no effect on the record sets that name it"
        };
        MISSING
            .finding(format!("health check {id}"), what, "create a health check, and name it in these record sets")
            .see(HEALTH_CHECKS)
    });
    // The health check of a beacon or a routing control has no view of the side by design.
    let blind = evidence.blind.iter().filter(|_| spec.switch.needs_the_control_plane());
    let fix = "cover the side's health by a health check on an endpoint, or by its alarms";
    let nothing = evidence.nothing.iter().chain(blind);
    let nothing = nothing.map(|(id, why)| NO_EVIDENCE.finding(format!("health check {id}"), why, fix));
    let skipped = evidence.skipped.iter().map(|what| NO_EVIDENCE.finding(zone_name(spec), what, fix));
    let unread = evidence.unread.iter().map(|what| UNREADABLE.finding(zone_name(spec), what, fix).lowered());
    let no_evidence = nothing.chain(skipped).chain(unread).map(|finding| finding.see(HEALTH_CHECKS));
    records.chain(unable).chain(gone).chain(no_evidence).chain(of_zone(spec, zone)).collect()
}

/// The findings on the dependency on the Region of Route 53's control plane.
fn of_zone(spec: &DnsSpec, zone: &HostedZone) -> Vec<Finding> {
    if !spec.switch.needs_the_control_plane() {
        return Vec::new();
    }
    let only = CONTROL_PLANE.finding(
        zone_name(spec),
        "this target's only switch needs Route 53's control plane, which runs in one Region",
        "use the switch beacon-object, beacon-metric or routing-control, which need only a data plane",
    );
    // Private zones can't have it.
    let slow = (!zone.private && !zone.accelerated_recovery).then(|| {
        let finding = ACCELERATED_RECOVERY.finding(
            zone_name(spec),
            "has no accelerated recovery: while that Region is lost, no record in the zone can be changed",
            "enable it: changes are then possible again within an hour",
        );
        finding.see(RECOVERY)
    });
    [only.see(RESILIENCE)].into_iter().chain(slow).collect()
}

/// The record sets of one name and type.
struct Record<'a> {
    /// The name for people, as in `www.example.com A`.
    name: String,
    spec: &'a DnsSpec,
    sets: Vec<&'a RecordSet>,
}

impl Record<'_> {
    fn findings(&self) -> Vec<Finding> {
        let missing = self.missing();
        let unfit = if missing.is_empty() { self.unfit() } else { Vec::new() };
        let rest = [self.slow(), self.unchecked(), self.shared(), self.undeclared()];
        [missing, unfit].into_iter().chain(rest).flatten().collect()
    }

    /// A finding for one side: two sides have two findings, each reported and accepted on its own.
    fn at(&self, side: &str, rule: &'static Rule, what: impl Into<String>, fix: &str) -> Finding {
        rule.finding(format!("{} at {side}", self.name), what, fix)
    }

    fn of_side(&self, side: &str) -> Option<&RecordSet> {
        self.sets.iter().copied().find(|set| set.set_id.as_deref() == Some(side))
    }

    fn missing(&self) -> Vec<Finding> {
        let is_pointed = matches!(self.spec.switch, Switch::Simple(_));
        if is_pointed && !self.sets.is_empty() {
            return Vec::new();
        }
        let fix = "create it, or correct the topology";
        let sides = self.spec.sides.iter().filter(|side| !is_pointed && self.of_side(side).is_none());
        let of_side = |side: &String| self.at(side, &MISSING, "does not exist: no record set has this identifier", fix);
        let none = is_pointed.then(|| MISSING.finding(&self.name, "does not exist", fix));
        sides.map(of_side).chain(none).collect()
    }

    /// The record sets that a crossover could not switch.
    fn unfit(&self) -> Vec<Finding> {
        let why: Vec<String> = of_record(self.spec, &self.name, &self.sets).into_iter().filter_map(Result::err).collect();
        let what = format!("can't be switched: {}", why.join("; "));
        let all = (!why.is_empty()).then(|| RECORD_UNFIT.finding(&self.name, what, "correct it, or the topology"));
        all.into_iter().collect()
    }

    fn slow(&self) -> Vec<Finding> {
        let longest = self.sets.iter().map(|set| set.ttl()).max().filter(|ttl| *ttl > LONGEST_TTL_S);
        let what = |ttl| format!("has a TTL of {ttl} s, for which resolvers may continue to return the old value");
        let fix = format!("set it to {LONGEST_TTL_S} s or less");
        longest.map(|ttl| LONG_TTL.finding(&self.name, what(ttl), fix).see(TTL)).into_iter().collect()
    }

    /// A beacon or a routing control affects a record only through its health check.
    fn unchecked(&self) -> Vec<Finding> {
        let (by_itself, needed): (_, BTreeSet<&str>) = match &self.spec.switch {
            Switch::BeaconObject { .. } | Switch::BeaconMetric(_) => (false, [self.spec.home()].into()),
            Switch::RoutingControl { controls, .. } => (false, controls.keys().map(String::as_str).collect()),
            Switch::Failover | Switch::Weighted { .. } | Switch::Simple(_) => {
                (true, self.spec.sides.iter().map(String::as_str).collect())
            }
        };
        let unchecked = |set: &&&RecordSet| {
            let of_needed = set.set_id.as_deref().is_some_and(|id| needed.contains(id));
            let by_alias = by_itself && matches!(&set.answer, RecordAnswer::Alias(alias) if alias.evaluate_target_health);
            of_needed && set.routing != Routing::Simple && set.health_check.is_none() && !by_alias
        };
        let of_set = |set: &&RecordSet| {
            let side = set.set_id.as_deref().unwrap_or_default();
            let found = |what: &str| self.at(side, &HEALTH_CHECK_MISSING, what, "give it one of its own").see(HEALTH_CHECKS);
            if by_itself {
                found("has no health check: Route 53 always treats it as healthy").lowered()
            } else {
                found("has no health check, so its switch has no effect")
            }
        };
        self.sets.iter().filter(unchecked).map(of_set).collect()
    }

    /// Route 53 returns these too, whichever side is left.
    fn undeclared(&self) -> Vec<Finding> {
        let strange =
            self.sets.iter().filter_map(|set| set.set_id.as_deref()).filter(|id| !self.spec.sides.iter().any(|side| side == id));
        let what = "is a record set of no declared side: Route 53 returns it whichever side is left";
        strange.map(|id| self.at(id, &UNDECLARED, what, "declare it as a side, or delete it")).collect()
    }

    fn shared(&self) -> Vec<Finding> {
        let mut sides_of: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for set in &self.sets {
            if let (Some(check), Some(side)) = (&set.health_check, &set.set_id) {
                sides_of.entry(check).or_default().insert(side);
            }
        }
        let shared = sides_of.into_iter().filter(|(_, sides)| sides.len() > 1);
        let finding = |(check, sides): (&str, BTreeSet<&str>)| {
            let sides = sides.into_iter().collect::<Vec<_>>().join(" and ");
            let what = format!("share the health check {check}, which can't distinguish them");
            self.at(&sides, &HEALTH_CHECK_SHARED, what, "give each its own").see(HEALTH_CHECKS)
        };
        shared.map(finding).collect()
    }
}
