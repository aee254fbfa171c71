//! Reads Route 53's health checks as evidence of a side's health.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crossover_engine::retry::Patience;
use crossover_model::{error::CloudError, text::list};
use crossover_route53::{CheckerReport, HealthCheck, HealthChecks, RecordSet};
use futures::{StreamExt, join, stream};

/// The most health checks that are read for one target: for an account, Route 53 allows four calls for their
/// status at once and one per second after that.
const READ_AT_MOST: usize = 8;
/// The health checks that are read at the same time, with two calls each.
const AT_ONCE: usize = 2;
/// The longest wait for them: without them, only the alarms count.
const WAIT: Duration = Duration::from_secs(5);
/// The most health checks that a message lists by name.
const LISTED: usize = 3;

/// The evidence of the health checks about the sides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Evidence {
    /// The sides with an unhealthy health check, with the reason.
    pub(crate) unable: BTreeMap<String, String>,
    /// The sides of which every health check is unhealthy.
    pub(crate) failing: BTreeSet<String>,
    /// The sides with healthy health checks only.
    pub(crate) healthy: BTreeSet<String>,
    /// The health checks that are no evidence, with the reason.
    pub(crate) nothing: BTreeMap<String, String>,
    /// The health checks that record sets name and that do not exist.
    pub(crate) gone: BTreeSet<String>,
    /// The health checks that could not be read, with the errors.
    pub(crate) unread: Option<String>,
    /// How many were skipped, if there are too many.
    pub(crate) skipped: Option<String>,
    /// The health checks that can't be evidence by their type, with the reason.
    pub(crate) blind: BTreeMap<String, String>,
}

/// Health checks, each with a side that it watches.
pub(crate) type Checks = BTreeSet<(String, String)>;
/// The status of each health check, by its id.
pub(crate) type Statuses = BTreeMap<String, Result<Reported, CloudError>>;

/// The health checks of the sides' record sets.
pub(crate) fn checks_of(sides: &[String], sets: &[RecordSet]) -> Checks {
    let of_side = |set: &RecordSet| Some((set.health_check.clone()?, set.set_id.clone().filter(|id| sides.contains(id))?));
    sets.iter().filter_map(of_side).collect()
}

/// Collects the evidence of these health checks. `statuses` has the status of those that were read already.
pub(crate) async fn evidence(
    health_checks: &dyn HealthChecks,
    checks: &Checks,
    mut statuses: Statuses,
    patience: &Patience<'_>,
) -> Evidence {
    let all = in_turn(checks);
    let ids: BTreeSet<&String> = all.iter().copied().take(READ_AT_MOST).collect();
    statuses.retain(|id, _| ids.contains(id));
    let missing = checks.iter().filter(|(id, _)| ids.contains(id) && !statuses.contains_key(id)).cloned().collect();
    statuses.extend(read(health_checks, &missing, patience).await);
    let mut evidence = Evidence::of(checks, &statuses);
    if all.len() > READ_AT_MOST {
        evidence.skipped = Some(format!("only {READ_AT_MOST} of {} health checks were read", all.len()));
    }
    evidence
}

/// Reads health checks, up to the limit.
pub(crate) async fn read(health_checks: &dyn HealthChecks, checks: &Checks, patience: &Patience<'_>) -> Statuses {
    let patience = patience.at_most(WAIT);
    let read = |id: String| async move {
        let (setting, reports) = join!(
            patience.call(&id, || health_checks.health_check(&id)),
            patience.call(&id, || health_checks.checker_reports(&id)),
        );
        let status = match (setting, reports) {
            (Ok(Some(HealthCheck { disabled: true, .. })), _) => {
                Ok(Reported::Nothing("is disabled, so Route 53 always treats it as healthy"))
            }
            (Ok(Some(HealthCheck { inverted, .. })), Ok(reports)) => Ok(Reported::of(&reports, inverted)),
            (Ok(None), _) => Ok(Reported::Gone),
            (Err(error), _) | (_, Err(error)) => Err(error),
        };
        (id, status)
    };
    let first = in_turn(checks).into_iter().take(READ_AT_MOST).cloned().collect::<Vec<_>>();
    stream::iter(first.into_iter().map(read)).buffered(AT_ONCE).collect().await
}

/// The health checks, one of each side in turn: if not all are read, each side has its share.
fn in_turn(pairs: &Checks) -> Vec<&String> {
    let mut of_sides: BTreeMap<&String, Vec<&String>> = BTreeMap::new();
    for (id, side) in pairs {
        of_sides.entry(side).or_default().push(id);
    }
    let longest = of_sides.values().map(Vec::len).max().unwrap_or_default();
    let mut ids = Vec::new();
    for id in (0..longest).flat_map(|turn| of_sides.values().filter_map(move |own| own.get(turn).copied())) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

/// The status of a health check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reported {
    /// More than half of the checkers report success.
    Healthy,
    /// Half of them or more report a failure; in words.
    Unhealthy(String),
    /// It is no evidence, with the reason.
    Nothing(&'static str),
    /// No checker reports.
    Blind,
    /// It does not exist.
    Gone,
}

impl Reported {
    fn of(reports: &[CheckerReport], inverted: bool) -> Self {
        if reports.is_empty() {
            return Self::Blind;
        }
        let healthy = reports.iter().filter(|report| report.passed != inverted).count();
        if healthy * 2 > reports.len() {
            return Self::Healthy;
        }
        let words = reports.iter().find(|report| report.passed == inverted).map_or("", |report| report.status.as_str());
        Self::Unhealthy(format!("{healthy} of {} checkers report it healthy ({words})", reports.len()))
    }
}

impl Evidence {
    fn of(pairs: &Checks, statuses: &Statuses) -> Self {
        let mut evidence = Self::default();
        let mut unread: Vec<String> = Vec::new();
        for (id, status) in statuses {
            let sides: Vec<&String> = pairs.iter().filter(|(other, _)| other == id).map(|(_, side)| side).collect();
            match status {
                Ok(Reported::Healthy) => evidence.healthy.extend(sides.into_iter().cloned()),
                Ok(Reported::Unhealthy(why)) => {
                    evidence.unable.extend(sides.into_iter().map(|side| (side.clone(), format!("health check {id}: {why}"))));
                }
                Ok(Reported::Nothing(why)) => _ = evidence.nothing.insert(id.clone(), format!("is no evidence: it {why}")),
                Ok(Reported::Blind) => {
                    let why = "is no evidence: no checker tests it, as it is calculated or watches an alarm";
                    evidence.blind.insert(id.clone(), why.to_owned());
                }
                Ok(Reported::Gone) => _ = evidence.gone.insert(id.clone()),
                Err(error) => unread.push(format!("{id} ({error})")),
            }
        }
        let is_unhealthy = |id: &String| matches!(statuses.get(id), Some(Ok(Reported::Unhealthy(_))));
        let all_are = |side: &&String| pairs.iter().filter(|(_, of)| of == *side).all(|(id, _)| is_unhealthy(id));
        evidence.failing = evidence.unable.keys().filter(all_are).cloned().collect();
        evidence.healthy.retain(|side| !evidence.unable.contains_key(side));
        if !unread.is_empty() {
            let unread = list(unread.iter().map(String::as_str), LISTED);
            evidence.unread = Some(format!("health checks could not be read: {unread}"));
        }
        evidence
    }
}
