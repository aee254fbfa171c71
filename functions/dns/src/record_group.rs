//! Record groups, one for each unit that moves on its own: a failover pair, a weighted set, a record
//! set, a beacon, the routing controls.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv6Addr,
};

use crossover_model::{arn::Arn, journal::Memory};
use crossover_route53::{AliasTarget, RecordAnswer, RecordSet, Role, Routing};

use crate::{
    name::{as_people_write, as_route53_writes},
    observe::{Answers, Observed},
    shares::{Shares, alike, all_at, is_less, part},
    spec::{DnsSpec, Pointer, Switch},
    step::Unmanaged,
};

/// A unit that answers for one or more sides.
pub(crate) struct RecordGroup {
    /// Its name, as shown to people.
    pub(crate) name: String,
    /// Its shares at home.
    pub(crate) home: Shares,
    /// Its shares now.
    pub(crate) now: Shares,
    /// Its record sets, by side; a record set that only one side has at a time belongs to the side
    /// where it is at home.
    pub(crate) sets: BTreeMap<String, RecordSet>,
}

/// The record groups, and the declared records that can't be switched.
pub(crate) fn record_groups(spec: &DnsSpec, observed: &Observed, memory: &Memory) -> (Vec<RecordGroup>, Vec<Unmanaged>) {
    match &observed.answers {
        Answers::Records(sets) => of_records(spec, sets),
        Answers::Beacon { away } => (vec![beacon(spec, *away, memory)], Vec::new()),
        Answers::Controls(states) => {
            let home = all_at(spec.home(), &spec.sides);
            let now = states.iter().map(|(side, on)| (side.clone(), u8::from(*on))).collect();
            (vec![RecordGroup { name: switch_name(spec), home, now, sets: BTreeMap::new() }], Vec::new())
        }
    }
}

/// A metric without a value has not changed since the last write.
fn beacon(spec: &DnsSpec, away: Option<bool>, memory: &Memory) -> RecordGroup {
    let name = switch_name(spec);
    let standby = spec.sides.get(1).map_or("", String::as_str);
    let is_away = away.unwrap_or_else(|| memory.away.get(&name).is_some_and(|at| at == standby));
    let at = if is_away { standby } else { spec.home() };
    RecordGroup { home: all_at(spec.home(), &spec.sides), now: all_at(at, &spec.sides), sets: BTreeMap::new(), name }
}

/// The name of the switch for people, if it does not switch record sets.
pub(crate) fn switch_name(spec: &DnsSpec) -> String {
    let last = |arn: &String| Arn::of(arn).map_or(arn.as_str(), |arn| arn.id()).to_owned();
    match &spec.switch {
        Switch::BeaconObject { object, .. } => format!("s3://{}/{}", object.bucket, object.key),
        Switch::BeaconMetric(metric) => format!("{} {}", metric.namespace, metric.metric),
        Switch::RoutingControl { controls, .. } => {
            format!("routing controls {}", controls.values().map(last).collect::<Vec<_>>().join(" "))
        }
        Switch::Failover | Switch::Weighted { .. } | Switch::Simple(_) => String::new(),
    }
}

fn of_records(spec: &DnsSpec, sets: &[RecordSet]) -> (Vec<RecordGroup>, Vec<Unmanaged>) {
    let mut groups = Vec::new();
    let mut unmanaged = Vec::new();
    let mut by_name: BTreeMap<(&str, &str), Vec<&RecordSet>> = BTreeMap::new();
    for set in sets {
        by_name.entry((&set.name, &set.kind)).or_default().push(set);
    }
    for (name, kind) in &spec.records {
        let shown = format!("{} {kind}", as_people_write(name));
        let own = by_name.remove(&(name.as_str(), kind.as_str())).unwrap_or_default();
        let (ours, others): (Vec<_>, Vec<_>) = of_record(spec, &shown, &own).into_iter().partition(Result::is_ok);
        let is_whole = ours.is_empty();
        groups.extend(ours.into_iter().flatten());
        let why: Vec<String> = others.into_iter().filter_map(Result::err).collect();
        if !why.is_empty() {
            unmanaged.push(Unmanaged { record: shown, why: why.join("; "), is_whole });
        }
    }
    (groups, unmanaged)
}

/// The record groups of one name and type, or why they can't be switched.
pub(crate) fn of_record(spec: &DnsSpec, shown: &str, own: &[&RecordSet]) -> Vec<Result<RecordGroup, String>> {
    if let Some(instance) = own.iter().find_map(|set| policy_instance(set)) {
        return vec![Err(format!(
            "the traffic policy instance {instance} keeps it, and a change would orphan it; change the policy"
        ))];
    }
    match &spec.switch {
        _ if own.is_empty() => vec![Err("does not exist".to_owned())],
        Switch::Failover => vec![pair(spec, shown, own)],
        Switch::Weighted { home, .. } => vec![weighted(home, shown, own)],
        Switch::Simple(pointers) => pointed(spec, pointers, shown, own),
        Switch::BeaconObject { .. } | Switch::BeaconMetric(_) | Switch::RoutingControl { .. } => Vec::new(),
    }
}

fn policy_instance(set: &RecordSet) -> Option<&str> {
    if let Routing::TrafficPolicy(instance) = &set.routing { Some(instance) } else { None }
}

fn of_side<'s>(own: &[&'s RecordSet], side: &str) -> Option<&'s RecordSet> {
    own.iter().copied().find(|set| set.set_id.as_deref() == Some(side))
}

fn pair(spec: &DnsSpec, shown: &str, own: &[&RecordSet]) -> Result<RecordGroup, String> {
    let mut now = Shares::new();
    let mut sets = BTreeMap::new();
    for side in &spec.sides {
        let set = of_side(own, side).ok_or_else(|| format!("no record set has the identifier {side}"))?;
        let Routing::Failover(role) = set.routing else {
            return Err(format!("its record set {side} is not in a failover pair"));
        };
        // Route 53 refuses the whole batch for one such pair.
        if set.health_check.is_none() && matches!(set.answer, RecordAnswer::Values { .. }) {
            return Err(format!(
                "its record set {side} has no health check, which Route 53 requires of a primary that is no alias"
            ));
        }
        now.insert(side.clone(), u8::from(role == Role::Primary));
        sets.insert(side.clone(), set.clone());
    }
    Ok(RecordGroup { name: shown.to_owned(), home: all_at(spec.home(), &spec.sides), now, sets })
}

fn weighted(home: &Shares, shown: &str, own: &[&RecordSet]) -> Result<RecordGroup, String> {
    let mut now = Shares::new();
    let mut sets = BTreeMap::new();
    for side in home.keys() {
        let set = of_side(own, side).ok_or_else(|| format!("no record set has the identifier {side}"))?;
        let Routing::Weighted(weight) = set.routing else {
            return Err(format!("its record set {side} is not weighted"));
        };
        now.insert(side.clone(), weight);
        sets.insert(side.clone(), set.clone());
    }
    Ok(RecordGroup { name: shown.to_owned(), home: home.clone(), now, sets })
}

/// A single record set is at home on the target's home; one of a latency, geolocation or multivalue set
/// on the side with its identifier. One that can't be switched does not stop the others.
fn pointed(
    spec: &DnsSpec,
    pointers: &BTreeMap<String, Pointer>,
    shown: &str,
    own: &[&RecordSet],
) -> Vec<Result<RecordGroup, String>> {
    if own.iter().any(|set| matches!(set.routing, Routing::Failover(_) | Routing::Weighted(_))) {
        return vec![Err("it is a failover or weighted set; declare switch = \"failover\" or \"weighted\"".to_owned())];
    }
    // A record set of no side is not managed.
    let is_ours = |set: &&&RecordSet| set.set_id.as_ref().is_none_or(|id| spec.sides.contains(id));
    let one = |set: &&RecordSet| {
        let home = set.set_id.as_deref().unwrap_or(spec.home());
        let at = pointers.iter().find(|(_, pointer)| leads_to(set, pointer)).map(|(side, _)| side);
        let which = || set.set_id.as_ref().map_or_else(|| "it".to_owned(), |id| format!("its record set {id}"));
        let at = at.ok_or_else(|| format!("{} has none of the sides' addresses", which()))?;
        let name = set.set_id.as_ref().map_or_else(|| shown.to_owned(), |id| format!("{shown} {id}"));
        let sets = BTreeMap::from([(home.to_owned(), (*set).clone())]);
        Ok(RecordGroup { name, home: all_at(home, &spec.sides), now: all_at(at, &spec.sides), sets })
    };
    let groups: Vec<Result<RecordGroup, String>> = own.iter().filter(is_ours).map(one).collect();
    if groups.is_empty() { vec![Err("none of its record sets has the identifier of a side".to_owned())] } else { groups }
}

/// Whether a record set has the values that a side declares.
fn leads_to(set: &RecordSet, pointer: &Pointer) -> bool {
    match (&set.answer, pointer) {
        (RecordAnswer::Alias(alias), Pointer::Alias { zone, name }) => {
            alias.zone == *zone && as_route53_writes(&alias.name) == *name
        }
        (RecordAnswer::Values { values, .. }, Pointer::Values(by_kind)) => {
            let plain = |value: &String| plain_value(&set.kind, value);
            let declared = by_kind.get(&set.kind).map(|values| values.iter().map(plain).collect::<BTreeSet<_>>());
            declared == Some(values.iter().map(plain).collect())
        }
        _ => false,
    }
}

/// The canonical form of a value.
fn plain_value(kind: &str, value: &str) -> String {
    match kind {
        "CNAME" => as_route53_writes(value),
        "AAAA" => value.parse::<Ipv6Addr>().map_or_else(|_| value.to_owned(), |address| address.to_string()),
        _ => value.to_owned(),
    }
}

impl RecordGroup {
    /// Whether a side has less of it than at home.
    pub(crate) fn misses(&self, side: &String) -> bool {
        is_less(part(&self.now, [side]), part(&self.home, [side]))
    }

    /// Whether its shares are as declared.
    pub(crate) fn is_home(&self) -> bool {
        alike(&self.now, &self.home)
    }

    /// Its record sets that must change for these shares, each as it is and as it should be.
    pub(crate) fn changes(&self, switch: &Switch, shares: &Shares) -> Vec<(RecordSet, RecordSet)> {
        let changed = self.sets.iter().filter_map(|(side, set)| {
            let weight = shares.get(side).copied().unwrap_or_default();
            let after = match switch {
                Switch::Failover => {
                    let role = if weight > 0 { Role::Primary } else { Role::Secondary };
                    RecordSet { routing: Routing::Failover(role), ..set.clone() }
                }
                Switch::Weighted { .. } => RecordSet { routing: Routing::Weighted(weight), ..set.clone() },
                Switch::Simple(pointers) => {
                    let (to, _) = shares.iter().find(|(_, weight)| **weight > 0)?;
                    RecordSet { answer: pointers.get(to)?.instead_of(&set.kind, &set.answer), ..set.clone() }
                }
                Switch::BeaconObject { .. } | Switch::BeaconMetric(_) | Switch::RoutingControl { .. } => return None,
            };
            Some((set.clone(), after))
        });
        changed.filter(|(before, after)| before != after).collect()
    }
}

impl Pointer {
    /// The same record set with the side's declared values: its TTL stays, and whether the health
    /// of an alias target counts.
    fn instead_of(&self, kind: &str, answer: &RecordAnswer) -> RecordAnswer {
        match (self, answer) {
            (Self::Values(by_kind), RecordAnswer::Values { ttl, values }) => {
                let declared = by_kind.get(kind).map(|values| values.iter().cloned().collect());
                RecordAnswer::Values { ttl: *ttl, values: declared.unwrap_or_else(|| values.clone()) }
            }
            (Self::Alias { zone, name }, RecordAnswer::Alias(alias)) => {
                RecordAnswer::Alias(AliasTarget { zone: zone.clone(), name: name.clone(), ..alias.clone() })
            }
            _ => answer.clone(),
        }
    }

    /// The number of its values for a type, and of their characters.
    pub(crate) fn size(&self, kind: &str) -> (usize, usize) {
        match self {
            Self::Values(by_kind) => {
                by_kind.get(kind).map_or((0, 0), |values| (values.len(), values.iter().map(|value| value.chars().count()).sum()))
            }
            Self::Alias { .. } => (1, 0),
        }
    }
}
