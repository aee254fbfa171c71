//! Health checks.

use crossover_sandbox::{
    cases,
    contract::{Cases, check},
};

use super::backend::Backend;
use crate::HealthCheck;

/// What holds of health checks.
pub(super) fn cases<B: Backend>() -> Cases<B> {
    cases![a_health_check_says_how_it_is_set, each_checker_says_what_it_saw, a_health_check_that_is_not_there_is_none,]
}

async fn a_health_check_says_how_it_is_set<B: Backend>(backend: &B) -> Result<(), String> {
    let id = backend.watched_health_check(true).await;
    let setting = backend.health_checks().health_check(&id).await.map_err(|error| error.to_string())?;
    check(setting == Some(HealthCheck { disabled: true, inverted: false }), format!("{setting:?}"))
}

async fn each_checker_says_what_it_saw<B: Backend>(backend: &B) -> Result<(), String> {
    let id = backend.watched_health_check(false).await;
    let reports = backend.health_checks().checker_reports(&id).await.map_err(|error| error.to_string())?;
    let all_pass = reports.iter().all(|report| report.passed && report.status.starts_with("Success"));
    check(!reports.is_empty() && all_pass, format!("{reports:?}"))
}

async fn a_health_check_that_is_not_there_is_none<B: Backend>(backend: &B) -> Result<(), String> {
    let setting = backend.health_checks().health_check("00000000-0000-0000-0000-000000000000").await;
    check(setting.as_ref().is_ok_and(Option::is_none), format!("{setting:?}"))
}
