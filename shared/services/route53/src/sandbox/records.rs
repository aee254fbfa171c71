//! Hosted zones: atomic batches, changes that are pending for a while, and pages.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use crossover_model::error::{CloudError, Fault};
use crossover_sandbox::{Sandbox, State};
use jiff::SignedDuration;

use super::{HostedZone, Route53Account};
use crate::{
    BATCH_CHARACTERS, BATCH_VALUES, ChangeStatus, PAGE_RECORD_SETS, RecordAnswer, RecordChange, RecordPage, RecordPosition,
    RecordSet, Records, Role, Routing,
};

const CHANGE: &str = "route53:ChangeResourceRecordSets";

#[async_trait]
impl Records for Sandbox {
    async fn hosted_zone(&self, zone: &str) -> Result<crate::HostedZone, CloudError> {
        self.call("route53:GetHostedZone", zone, |state, _| {
            let HostedZone { name, private, accelerated_recovery, guardrails, .. } =
                zone_mut(state, "route53:GetHostedZone", zone)?;
            let (name, guardrails) = (name.clone(), guardrails.clone());
            Ok(crate::HostedZone { name, private: *private, accelerated_recovery: *accelerated_recovery, guardrails })
        })
        .await
    }

    async fn protections(&self, zone: &str) -> Result<BTreeSet<(String, String)>, CloudError> {
        self.call("route53:ListResourceRecordSetProtections", zone, |state, _| {
            let zone = zone_mut(state, "route53:ListResourceRecordSetProtections", zone)?;
            Ok(zone.protections.iter().map(|protected| (protected.name.clone(), protected.kind.clone())).collect())
        })
        .await
    }

    async fn record_sets(&self, zone: &str, from: &RecordPosition) -> Result<RecordPage, CloudError> {
        self.call("route53:ListResourceRecordSets", zone, |state, _| {
            let zone = zone_mut(state, "route53:ListResourceRecordSets", zone)?;
            let mut rest: Vec<&RecordSet> = zone.record_sets.iter().filter(|set| RecordPosition::of(set) >= *from).collect();
            rest.sort_by_cached_key(|set| RecordPosition::of(set));
            let next = rest.get(PAGE_RECORD_SETS).copied().map(RecordPosition::of);
            Ok(RecordPage { record_sets: rest.into_iter().take(PAGE_RECORD_SETS).cloned().collect(), next })
        })
        .await
    }

    async fn change_records(&self, zone: &str, changes: &[RecordChange]) -> Result<String, CloudError> {
        self.call(CHANGE, zone, |state, now| {
            let route53 = &state.account.route53().control_plane;
            let busy = millis(route53.busy_ms);
            if route53.changed.get(zone).is_some_and(|changed| now.duration_since(*changed) < busy) {
                let message = "The request was rejected because Route 53 was still processing a prior request.";
                return Err(error("PriorRequestNotComplete", Fault::Throttled, message));
            }
            let health_checks: BTreeSet<String> =
                state.account.route53().health_checks.iter().map(|check| check.id.clone()).collect();
            let found = zone_mut(state, CHANGE, zone)?;
            found.record_sets = changed(found, changes, &health_checks)?;
            let route53 = &mut state.account.route53_mut().control_plane;
            let id = format!("C{:04}", route53.changes.len() + 1);
            route53.changes.insert(id.clone(), now);
            route53.changed.insert(zone.to_owned(), now);
            Ok(id)
        })
        .await
    }

    async fn change_status(&self, change: &str) -> Result<ChangeStatus, CloudError> {
        self.call("route53:GetChange", change, |state, now| {
            let route53 = &state.account.route53().control_plane;
            let Some(made) = route53.changes.get(change) else {
                let message = format!("A change with the id {change} does not exist.");
                let missing = CloudError::new("route53:GetChange", Fault::NotFound, message);
                return Err(CloudError { code: "NoSuchChange".to_owned(), ..missing });
            };
            let synced = now.duration_since(*made) >= millis(route53.in_sync_after_ms);
            Ok(if synced { ChangeStatus::InSync } else { ChangeStatus::Pending })
        })
        .await
    }
}

fn millis(ms: u64) -> SignedDuration {
    SignedDuration::from_millis(i64::try_from(ms).unwrap_or(i64::MAX))
}

fn zone_mut<'s>(state: &'s mut State, call: &str, id: &str) -> Result<&'s mut HostedZone, CloudError> {
    let zone = state.account.route53_mut().hosted_zones.iter_mut().find(|zone| zone.id == id);
    zone.ok_or_else(|| {
        let missing = CloudError::new(call, Fault::NotFound, format!("No hosted zone found with ID: {id}"));
        CloudError { code: "NoSuchHostedZone".to_owned(), ..missing }
    })
}

fn error(code: &str, fault: Fault, message: impl Into<String>) -> CloudError {
    CloudError { code: code.to_owned(), ..CloudError::new(CHANGE, fault, message) }
}

fn invalid(message: impl Into<String>) -> CloudError {
    error("InvalidChangeBatch", Fault::Refused, message)
}

/// The zone's record sets after all of the changes, or the reason why none of them is made.
fn changed(zone: &HostedZone, changes: &[RecordChange], health_checks: &BTreeSet<String>) -> Result<Vec<RecordSet>, CloudError> {
    let touched = || changes.iter().map(|(RecordChange::Delete(set) | RecordChange::Create(set))| set);
    let values: usize = touched().map(RecordSet::values).sum();
    if values > BATCH_VALUES {
        return Err(invalid(format!("Number of records limit of {BATCH_VALUES} exceeded: {values}")));
    }
    let characters: usize = touched().map(RecordSet::characters).sum();
    if characters > BATCH_CHARACTERS {
        return Err(invalid(format!("Number of characters limit of {BATCH_CHARACTERS} exceeded: {characters}")));
    }
    if let Some(set) = touched().find(|set| is_protected(zone, set)) {
        return Err(invalid(format!("Tried to change {} but it is protected by a resource record set protection", named(set))));
    }
    let mut sets = zone.record_sets.clone();
    for change in changes {
        match change {
            RecordChange::Delete(set) => {
                let at = sets.iter().position(|other| is_in_place_of(other, set));
                let at = at.ok_or_else(|| invalid(format!("Tried to delete {} but it was not found", named(set))))?;
                if sets[at].in_order() != set.in_order() {
                    let what = "but the values provided do not match the current values";
                    return Err(invalid(format!("Tried to delete {} {what}", named(set))));
                }
                sets.remove(at);
                check_guardrails(zone, set, &sets)?;
            }
            RecordChange::Create(set) => {
                check_new(zone, set, health_checks)?;
                if sets.iter().any(|other| is_in_place_of(other, set)) {
                    return Err(invalid(format!("Tried to create {} but it already exists", named(set))));
                }
                sets.push(set.clone());
            }
        }
    }
    let names: BTreeSet<&str> = touched().map(|set| set.name.as_str()).collect();
    let mut by_name: BTreeMap<&str, Vec<&RecordSet>> = BTreeMap::new();
    for set in sets.iter().filter(|set| names.contains(set.name.as_str())) {
        by_name.entry(&set.name).or_default().push(set);
    }
    by_name.values().try_for_each(|own| check_name(own))?;
    Ok(sets)
}

fn is_protected(zone: &HostedZone, set: &RecordSet) -> bool {
    zone.protections.iter().any(|protected| protected.name == set.name && protected.kind == set.kind)
}

/// Each deletion is checked on its own: whether a later creation in the batch makes up for it is not documented, so this takes the worse
/// case. Every record that a client may ask for counts as active.
fn check_guardrails(zone: &HostedZone, deleted: &RecordSet, left: &[RecordSet]) -> Result<(), CloudError> {
    let is_last = !left.iter().any(|set| set.name == deleted.name && set.kind == deleted.kind);
    let leads_here = |set: &RecordSet| {
        let of_zone = |alias: &crate::AliasTarget| alias.zone == zone.id && crate::as_route53_writes(&alias.name) == deleted.name;
        set.kind == deleted.kind && matches!(&set.answer, RecordAnswer::Alias(alias) if of_zone(alias))
    };
    for (guardrail, rejects) in [("ACTIVE_RECORD_CHECK", is_last), ("ALIAS_TARGET_CHECK", is_last && left.iter().any(leads_here))]
    {
        if rejects && zone.guardrails.contains(guardrail) {
            return Err(invalid(format!("Tried to delete {} but it is rejected by the guardrail {guardrail}", named(deleted))));
        }
    }
    Ok(())
}

/// Whether the two exclude each other.
fn is_in_place_of(one: &RecordSet, other: &RecordSet) -> bool {
    (&one.name, &one.kind, &one.set_id) == (&other.name, &other.kind, &other.set_id)
}

fn named(set: &RecordSet) -> String {
    let id = set.set_id.as_ref().map_or_else(String::new, |id| format!(", set identifier='{id}'"));
    format!("resource record set [name='{}', type='{}'{id}]", set.name, set.kind)
}

fn check_new(zone: &HostedZone, set: &RecordSet, health_checks: &BTreeSet<String>) -> Result<(), CloudError> {
    if !set.name.ends_with(&format!(".{}", zone.name)) && set.name != zone.name {
        return Err(invalid(format!("RRSet with DNS name {} is not permitted in zone {}", set.name, zone.name)));
    }
    if set.routing.is_simple() != set.set_id.is_none() {
        return Err(invalid(format!("Missing or superfluous SetIdentifier for {}", named(set))));
    }
    if let RecordAnswer::Values { values, .. } = &set.answer
        && (values.is_empty() || values.iter().collect::<BTreeSet<_>>().len() < values.len())
    {
        return Err(invalid(format!("No value, or one value twice, in {}", named(set))));
    }
    let is_alias = matches!(set.answer, RecordAnswer::Alias(_));
    if set.routing == Routing::Failover(Role::Primary) && set.health_check.is_none() && !is_alias {
        return Err(invalid("A non-alias primary ResourceRecordSet must have an associated health check."));
    }
    match &set.health_check {
        Some(id) if !health_checks.contains(id) => {
            Err(error("NoSuchHealthCheck", Fault::Refused, format!("No health check exists with the specified ID {id}")))
        }
        _ => Ok(()),
    }
}

/// Checks those of one name: a CNAME allows no other type, and those of one type have one routing policy and one primary.
fn check_name(own: &[&RecordSet]) -> Result<(), CloudError> {
    let kinds: BTreeSet<&str> = own.iter().map(|set| set.kind.as_str()).collect();
    if kinds.len() > 1 && kinds.contains("CNAME") {
        return Err(invalid(format!("{} conflicts with a record of another type: a CNAME stands alone", named(own[0]))));
    }
    for kind in kinds {
        let siblings: Vec<&&RecordSet> = own.iter().filter(|set| set.kind == kind).collect();
        let policies: BTreeSet<_> = siblings.iter().map(|sibling| policy(&sibling.routing)).collect();
        if policies.len() > 1 {
            return Err(invalid(format!("{} conflicts with another one of its name and type", named(siblings[0]))));
        }
        for role in [Role::Primary, Role::Secondary] {
            if siblings.iter().filter(|sibling| sibling.routing == Routing::Failover(role)).count() > 1 {
                return Err(invalid(format!("{} would be one of two with the value {role:?}", named(siblings[0]))));
            }
        }
    }
    Ok(())
}

fn policy(routing: &Routing) -> &'static str {
    match routing {
        Routing::Simple => "simple",
        Routing::Failover(_) => "failover",
        Routing::Weighted(_) => "weighted",
        Routing::Latency(_) => "latency",
        Routing::Geolocation(_) => "geolocation",
        Routing::Geoproximity(_) => "geoproximity",
        Routing::Cidr(_) => "cidr",
        Routing::Multivalue => "multivalue",
        Routing::TrafficPolicy(_) => "traffic policy",
    }
}
