//! Route 53's health checks.

use crossover_route53::HealthCheck;

use crate::{backend::Backend, check};

pub(super) async fn a_health_check_says_how_it_is_set(backend: &Backend) -> Result<(), String> {
    let id = backend.watched_health_check(true).await;
    let setting = backend.dns.health_checks.health_check(&id).await.map_err(|error| error.to_string())?;
    check(setting == Some(HealthCheck { disabled: true, inverted: false }), format!("{setting:?}"))
}

pub(super) async fn each_checker_says_what_it_saw(backend: &Backend) -> Result<(), String> {
    let id = backend.watched_health_check(false).await;
    let reports = backend.dns.health_checks.checker_reports(&id).await.map_err(|error| error.to_string())?;
    let all_pass = reports.iter().all(|report| report.passed && report.says.starts_with("Success"));
    check(!reports.is_empty() && all_pass, format!("{reports:?}"))
}

pub(super) async fn a_health_check_that_is_not_there_is_none(backend: &Backend) -> Result<(), String> {
    let setting = backend.dns.health_checks.health_check("00000000-0000-0000-0000-000000000000").await;
    check(setting.as_ref().is_ok_and(Option::is_none), format!("{setting:?}"))
}
