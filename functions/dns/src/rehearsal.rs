//! The rehearsal of a DNS target: the health checks of its sides fail.

use std::{collections::BTreeSet, time::Duration};

use crossover_arc::{Arc, EndpointFails};
use crossover_cloudwatch::CloudWatch;
use crossover_engine::retry::Patience;
use crossover_model::topology::Target;
use crossover_route53::{HealthCheckFails, RecordAnswer, RecordSet, Route53, Route53Account, Route53Notes, sandbox::Watches};
use crossover_s3::S3;
use crossover_sandbox::{
    Account, Sections,
    record::Notes,
    rehearsal::{Failure, Rehearsed},
};

use crate::{
    Dns, DnsClouds,
    spec::{DnsSpec, Pointer, Switch},
};

impl Rehearsed for Dns {
    /// A move in stages takes a minute for each.
    const ENDS_WITHIN: Duration = Duration::from_mins(5);

    fn sections(sections: Sections) -> Sections {
        sections.with::<Route53>().with::<S3>().with::<CloudWatch>().with::<Arc>()
    }

    fn failures(target: &Target<DnsSpec>, lost: &BTreeSet<String>, account: &Account) -> Vec<Box<dyn Failure>> {
        let checks = health_checks(account, &target.spec, lost).into_iter();
        checks.map(|id| Box::new(HealthCheckFails(id)) as Box<dyn Failure>).collect()
    }

    fn region_failures(region: &str) -> Vec<Box<dyn Failure>> {
        vec![Box::new(EndpointFails { region: region.to_owned() })]
    }

    fn serving(target: &Target<DnsSpec>, account: &Account) -> BTreeSet<String> {
        let spec = &target.spec;
        let sets = spec.records.iter().flat_map(|(name, kind)| account.answers(&spec.hosted_zone, name, kind));
        sets.flat_map(|set| sides_of(spec, set)).cloned().collect()
    }

    fn violation(_: &Target<DnsSpec>, serving: &BTreeSet<String>) -> Option<&'static str> {
        serving.is_empty().then_some("nothing answers")
    }

    fn accelerate(account: &mut Account) {
        account.route53_mut().control_plane.in_sync_after_ms = 200;
    }

    fn select(target: &Target<DnsSpec>, notes: &Notes) {
        let zone = &target.spec.hosted_zone;
        notes.of(|notes: &mut Route53Notes| target.spec.records.iter().for_each(|(name, kind)| notes.select(zone, name, kind)));
    }

    /// Each zone's name, and every health check that a record set names.
    async fn read_more(clouds: &DnsClouds, notes: &Notes, patience: &Patience<'_>) {
        for zone in notes.of(|notes: &mut Route53Notes| notes.unnamed_zones()) {
            let _ = patience.call(&zone, || clouds.records.hosted_zone(&zone)).await;
        }
        for check in notes.of(|notes: &mut Route53Notes| notes.unread_health_checks()) {
            let _ = patience.call(&check, || clouds.health_checks.health_check(&check)).await;
            let _ = patience.call(&check, || clouds.health_checks.checker_reports(&check)).await;
        }
    }
}

/// The health checks of the sides' record sets that monitor an endpoint. Those of a beacon or a routing control direct the
/// answers and do not report the health of a side.
fn health_checks(account: &Account, spec: &DnsSpec, sides: &BTreeSet<String>) -> BTreeSet<String> {
    let zones = account.route53().hosted_zones.iter().filter(|zone| zone.id == spec.hosted_zone);
    let of_sides = zones.flat_map(|zone| &zone.record_sets).filter(|set| {
        let is_named = spec.records.contains(&(set.name.clone(), set.kind.clone()));
        is_named && set.set_id.as_ref().is_some_and(|id| sides.contains(id))
    });
    let checks_endpoint = |id: &String| {
        let check = account.route53().health_checks.iter().find(|check| check.id == *id);
        check.is_some_and(|check| matches!(&check.watches, Watches::Endpoint(reports) if !reports.is_empty()))
    };
    of_sides.filter_map(|set| set.health_check.clone()).filter(checks_endpoint).collect()
}

/// The sides that a record set leads to: by its set identifier, or by what it answers with where that is what is switched.
fn sides_of<'s>(spec: &'s DnsSpec, set: &RecordSet) -> Vec<&'s String> {
    let Switch::Simple(pointers) = &spec.switch else {
        return spec.sides.iter().filter(|side| set.set_id.as_ref() == Some(side)).collect();
    };
    let leads = |pointer: &Pointer| match (pointer, &set.answer) {
        (Pointer::Values(values), RecordAnswer::Values { values: answer, .. }) => {
            values.get(&set.kind).is_some_and(|values| answer.iter().any(|value| values.contains(value)))
        }
        (Pointer::Alias { zone, name }, RecordAnswer::Alias(alias)) => *zone == alias.zone && *name == alias.name,
        _ => false,
    };
    pointers.iter().filter(|(_, pointer)| leads(pointer)).map(|(side, _)| side).collect()
}
