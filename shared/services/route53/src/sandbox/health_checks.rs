//! Health checks, and their effect on DNS answers.

use async_trait::async_trait;
use crossover_arc::{ArcAccount, ControlState};
use crossover_cloudwatch::{CloudWatchAccount, Metric};
use crossover_model::error::{CloudError, Fault};
use crossover_s3::{Object, S3Account};
use crossover_sandbox::{Account, Sandbox};

use super::{Route53Account, Watches};
use crate::{CheckerReport, HealthChecks, RecordSet, Role, Routing};

/// The share of checkers that an endpoint must pass at (Route 53 Developer Guide, "How Amazon Route 53
/// determines whether a health check is healthy").
const PASSING_PERCENT: usize = 18;
/// The number of checkers for an object.
const CHECKERS: usize = 15;

#[async_trait]
impl HealthChecks for Sandbox {
    async fn health_check(&self, id: &str) -> Result<Option<crate::HealthCheck>, CloudError> {
        self.call("route53:GetHealthCheck", id, |state, _| {
            let found = state.account.route53().health_checks.iter().find(|check| check.id == id);
            Ok(found.map(|check| crate::HealthCheck { disabled: check.disabled, inverted: check.inverted }))
        })
        .await
    }

    async fn checker_reports(&self, id: &str) -> Result<Vec<CheckerReport>, CloudError> {
        self.call("route53:GetHealthCheckStatus", id, |state, _| {
            let account = &state.account;
            let Some(check) = account.route53().health_checks.iter().find(|check| check.id == id) else {
                let missing = CloudError::new("route53:GetHealthCheckStatus", Fault::NotFound, format!("no health check {id}"));
                return Err(CloudError { code: "NoSuchHealthCheck".to_owned(), ..missing });
            };
            let reports = match &check.watches {
                Watches::Endpoint(passed) => passed.clone(),
                Watches::Object { .. } => vec![passes(account, &check.watches); CHECKERS],
                Watches::Metric { .. } | Watches::Control(_) => Vec::new(),
            };
            let report = |passed| CheckerReport {
                passed,
                status: if passed { "Success: HTTP Status Code 200, OK" } else { "Failure: HTTP Status Code 503" }.to_owned(),
            };
            Ok(if check.disabled { Vec::new() } else { reports.into_iter().map(report).collect() })
        })
        .await
    }
}

/// The record sets of this name (as Route 53 writes it) and type that DNS may answer with now, each as healthy as its
/// health check is. Empty when there are none at all.
pub(super) fn answers<'a>(account: &'a Account, zone: &str, name: &str, kind: &str) -> Vec<&'a RecordSet> {
    let sets = account.route53().hosted_zones.iter().filter(|found| found.id == zone).flat_map(|found| &found.record_sets);
    let all: Vec<&RecordSet> = sets.filter(|set| set.name == name && set.kind == kind).collect();
    let is_healthy = |set: &&RecordSet| set.health_check.as_ref().is_none_or(|id| is_healthy(account, id));
    let healthy: Vec<&RecordSet> = all.iter().copied().filter(is_healthy).collect();
    let is_preferred = |set: &&RecordSet| !matches!(set.routing, Routing::Weighted(0) | Routing::Failover(Role::Secondary));
    let preferred = |sets: &[&'a RecordSet]| sets.iter().copied().filter(is_preferred).collect::<Vec<_>>();
    // The healthy ones that are preferred, else the other healthy ones; with none healthy, all count as healthy.
    let choices = [preferred(&healthy), healthy, preferred(&all), all];
    choices.into_iter().find(|choice| !choice.is_empty()).unwrap_or_default()
}

fn is_healthy(account: &Account, id: &str) -> bool {
    let check = account.route53().health_checks.iter().find(|check| check.id == id);
    check.is_some_and(|check| check.disabled || passes(account, &check.watches) != check.inverted)
}

fn passes(account: &Account, watches: &Watches) -> bool {
    match watches.clone() {
        Watches::Endpoint(checkers) => checkers.iter().filter(|passed| **passed).count() * 100 > checkers.len() * PASSING_PERCENT,
        Watches::Object { region, bucket, key } => account.s3().has_object(&Object { region, bucket, key }),
        Watches::Metric { region, namespace, metric } => {
            account.cloudwatch().latest_value(&Metric { region, namespace, metric }).is_none_or(|value| value < 1.0)
        }
        Watches::Control(arn) => account.arc().routing_controls.get(&arn) == Some(&ControlState::On),
    }
}
