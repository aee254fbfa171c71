//! Records the reads of Route 53, for a snapshot.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use crossover_model::error::CloudError;
use crossover_sandbox::record::{Recorder, no_write};

use crate::{
    ChangeStatus, CheckerReport, HealthChecks, RecordAnswer, RecordChange, RecordPage, RecordPosition, RecordSet, Records,
    Route53,
    sandbox::{ControlPlane, HealthCheck, HostedZone, Protected, Watches},
};

/// The record sets to include, by zone, name (as Route 53 writes it) and type.
type Selected = BTreeSet<(String, String, String)>;

#[async_trait]
impl<C: Records + ?Sized> Records for Recorder<C> {
    async fn hosted_zone(&self, zone: &str) -> Result<crate::HostedZone, CloudError> {
        let answer = self.cloud.hosted_zone(zone).await;
        self.note("zone", zone, answer, |notes: &mut Route53Notes, read| notes.zone(zone, read))
    }

    async fn protections(&self, zone: &str) -> Result<BTreeSet<(String, String)>, CloudError> {
        let answer = self.cloud.protections(zone).await;
        self.note("protections of zone", zone, answer, |notes: &mut Route53Notes, read| notes.protections(zone, read))
    }

    async fn record_sets(&self, zone: &str, from: &RecordPosition) -> Result<RecordPage, CloudError> {
        let answer = self.cloud.record_sets(zone, from).await;
        self.note("record sets of zone", zone, answer, |notes: &mut Route53Notes, page| {
            notes.record_sets(zone, &page.record_sets);
        })
    }

    async fn change_records(&self, _: &str, _: &[RecordChange]) -> Result<String, CloudError> {
        no_write("route53:ChangeResourceRecordSets")
    }

    async fn change_status(&self, change: &str) -> Result<ChangeStatus, CloudError> {
        self.cloud.change_status(change).await
    }
}

#[async_trait]
impl<C: HealthChecks + ?Sized> HealthChecks for Recorder<C> {
    async fn health_check(&self, id: &str) -> Result<Option<crate::HealthCheck>, CloudError> {
        let answer = self.cloud.health_check(id).await;
        self.note("health check", id, answer, |notes: &mut Route53Notes, check| notes.health_check(id, *check))
    }

    async fn checker_reports(&self, id: &str) -> Result<Vec<CheckerReport>, CloudError> {
        let answer = self.cloud.checker_reports(id).await;
        self.note("status of health check", id, answer, |notes: &mut Route53Notes, reports| notes.checker_reports(id, reports))
    }
}

/// The results of reading Route 53.
#[derive(Default)]
pub struct Route53Notes {
    zones: BTreeMap<String, crate::HostedZone>,
    protections: BTreeMap<String, BTreeSet<(String, String)>>,
    record_sets: BTreeMap<String, Vec<RecordSet>>,
    health_checks: BTreeMap<String, crate::HealthCheck>,
    reports: BTreeMap<String, Vec<bool>>,
    /// The record sets that are taken.
    selected: Selected,
}

impl Route53Notes {
    fn zone(&mut self, id: &str, zone: &crate::HostedZone) {
        self.zones.insert(id.to_owned(), zone.clone());
    }

    fn protections(&mut self, zone: &str, protected: &BTreeSet<(String, String)>) {
        self.protections.insert(zone.to_owned(), protected.clone());
    }

    fn record_sets(&mut self, zone: &str, sets: &[RecordSet]) {
        let known = self.record_sets.entry(zone.to_owned()).or_default();
        for set in sets {
            let same = |other: &RecordSet| (&other.name, &other.kind, &other.set_id) == (&set.name, &set.kind, &set.set_id);
            known.retain(|other| !same(other));
            known.push(set.clone());
        }
    }

    fn health_check(&mut self, id: &str, check: Option<crate::HealthCheck>) {
        self.health_checks.extend(check.map(|check| (id.to_owned(), check)));
    }

    fn checker_reports(&mut self, id: &str, reports: &[CheckerReport]) {
        self.reports.insert(id.to_owned(), reports.iter().map(|report| report.passed).collect());
    }

    /// Takes this record set of a zone too, by its name as Route 53 writes it, and its type.
    pub fn select(&mut self, zone: &str, name: &str, kind: &str) {
        self.selected.insert((zone.to_owned(), name.to_owned(), kind.to_owned()));
    }

    /// Adds zones whose record sets only were read.
    #[must_use]
    pub fn unnamed_zones(&self) -> Vec<String> {
        self.record_sets.keys().filter(|zone| !self.zones.contains_key(*zone)).cloned().collect()
    }

    /// Adds health checks that record sets name and that were not read.
    #[must_use]
    pub fn unread_health_checks(&self) -> BTreeSet<String> {
        let of_zone = |(zone, sets): (&String, &Vec<RecordSet>)| taken(&self.selected, zone, sets);
        let checks = self.record_sets.iter().flat_map(of_zone).filter_map(|set| set.health_check);
        checks.filter(|id| !self.health_checks.contains_key(id) && !self.reports.contains_key(id)).collect()
    }

    /// The section of a sandbox account with these results; of the record sets only the selected ones.
    pub(crate) fn section(&self) -> Route53 {
        Route53 {
            hosted_zones: self.hosted_zones(),
            control_plane: ControlPlane::default(),
            health_checks: self.health_checks.iter().map(|(id, check)| self.watched(id, *check)).collect(),
        }
    }

    fn hosted_zones(&self) -> Vec<HostedZone> {
        let zone = |(id, zone): (&String, &crate::HostedZone)| HostedZone {
            id: id.clone(),
            name: zone.name.clone(),
            private: zone.private,
            accelerated_recovery: zone.accelerated_recovery,
            guardrails: zone.guardrails.clone(),
            protections: self.protected(id),
            record_sets: taken(&self.selected, id, self.record_sets.get(id).map_or(&[][..], Vec::as_slice)),
        };
        self.zones.iter().map(zone).collect()
    }

    /// The protections of the selected records.
    fn protected(&self, zone: &str) -> Vec<Protected> {
        let all = self.protections.get(zone).into_iter().flatten();
        let selected = all.filter(|(name, kind)| self.selected.contains(&(zone.to_owned(), name.clone(), kind.clone())));
        selected.map(|(name, kind)| Protected { name: name.clone(), kind: kind.clone() }).collect()
    }

    /// The resource that it watches is unknown; without reports it has no checkers.
    fn watched(&self, id: &str, check: crate::HealthCheck) -> HealthCheck {
        let reports = self.reports.get(id).cloned().unwrap_or_default();
        HealthCheck { id: id.to_owned(), disabled: check.disabled, inverted: check.inverted, watches: Watches::Endpoint(reports) }
    }
}

/// The record sets of a zone to include.
fn taken(selected: &Selected, zone: &str, sets: &[RecordSet]) -> Vec<RecordSet> {
    let is_selected = |set: &&RecordSet| selected.contains(&(zone.to_owned(), set.name.clone(), set.kind.clone()));
    sets.iter().filter(is_selected).map(without_text).collect()
}

/// Text records may contain secrets, and no decision depends on them.
fn without_text(set: &RecordSet) -> RecordSet {
    let mut set = set.clone();
    if let ("TXT" | "SPF", RecordAnswer::Values { values, .. }) = (set.kind.as_str(), &mut set.answer) {
        for (number, value) in values.iter_mut().enumerate() {
            *value = format!("\"text {}, left out\"", number + 1);
        }
    }
    set
}
