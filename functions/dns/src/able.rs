//! Whether Route 53's health checks say that a side is well.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crossover_engine::retry::Patience;
use crossover_model::{error::CloudError, text::list};
use crossover_route53::{CheckerReport, HealthCheck, HealthChecks, RecordSet};
use futures::{StreamExt, join, stream};

/// Health checks that are read of one target; of an account, Route 53 takes four calls for their
/// status at once and one a second after that.
const READ_AT_MOST: usize = 8;
/// Health checks that are read at the same time, with two calls each.
const AT_ONCE: usize = 2;
/// The longest wait for them: without them the alarms count alone.
const WAIT: Duration = Duration::from_secs(5);
/// Health checks that a text names before it only counts the rest.
const LISTED: usize = 3;

/// What the health checks say of the sides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Evidence {
    /// For each side that a health check speaks against, why.
    pub(crate) unable: BTreeMap<String, String>,
    /// The sides that health checks speak for, and none against.
    pub(crate) well: BTreeSet<String>,
    /// The health checks that are no evidence, and why.
    pub(crate) nothing: BTreeMap<String, String>,
    /// The health checks that could not be read, if any, and why.
    pub(crate) unread: Option<String>,
    /// How many were not read, if there are too many.
    pub(crate) skipped: Option<String>,
    /// The health checks that can't be evidence, by their nature, and why.
    pub(crate) blind: BTreeMap<String, String>,
}

/// Health checks, each with a side that it speaks of.
pub(crate) type Checks = BTreeSet<(String, String)>;
/// What each health check says, by its id.
pub(crate) type Said = BTreeMap<String, Result<Says, CloudError>>;

/// The health checks of the sides' record sets.
pub(crate) fn checks_of(sides: &[String], sets: &[RecordSet]) -> Checks {
    let of_side = |set: &RecordSet| Some((set.health_check.clone()?, set.set_id.clone().filter(|id| sides.contains(id))?));
    sets.iter().filter_map(of_side).collect()
}

/// Takes what these health checks say for evidence. Of those that were read already, `said` says it.
pub(crate) async fn evidence(
    health_checks: &dyn HealthChecks,
    checks: &Checks,
    mut said: Said,
    patience: &Patience<'_>,
) -> Evidence {
    let all = in_turn(checks);
    let ids: BTreeSet<&String> = all.iter().copied().take(READ_AT_MOST).collect();
    said.retain(|id, _| ids.contains(id));
    let missing = checks.iter().filter(|(id, _)| ids.contains(id) && !said.contains_key(id)).cloned().collect();
    said.extend(read(health_checks, &missing, patience).await);
    let mut evidence = Evidence::of(checks, &said);
    if all.len() > READ_AT_MOST {
        evidence.skipped = Some(format!("of {} health checks only {READ_AT_MOST} were read", all.len()));
    }
    evidence
}

/// Reads health checks, as many as may be.
pub(crate) async fn read(health_checks: &dyn HealthChecks, checks: &Checks, patience: &Patience<'_>) -> Said {
    let patience = patience.at_most(WAIT);
    let read = |id: String| async move {
        let (setting, reports) = join!(
            patience.call(&id, || health_checks.health_check(&id)),
            patience.call(&id, || health_checks.checker_reports(&id)),
        );
        let says = match (setting, reports) {
            (Ok(Some(HealthCheck { disabled: true, .. })), _) => {
                Ok(Says::Nothing("is disabled, so Route 53 takes it for healthy whatever happens"))
            }
            (Ok(Some(HealthCheck { inverted, .. })), Ok(reports)) => Ok(Says::of(&reports, inverted)),
            (Ok(None), _) => Ok(Says::Nothing("does not exist")),
            (Err(error), _) | (_, Err(error)) => Err(error),
        };
        (id, says)
    };
    let first = in_turn(checks).into_iter().take(READ_AT_MOST).cloned().collect::<Vec<_>>();
    stream::iter(first.into_iter().map(read)).buffered(AT_ONCE).collect().await
}

/// The health checks, with those of each side in turn: where not all are read, each side has its part.
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

/// What a health check says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Says {
    /// More than half of the checkers find it well.
    Well,
    /// They do not; in words.
    Unwell(String),
    /// It is no evidence, and why.
    Nothing(&'static str),
    /// Nobody reports what it sees.
    Blind,
}

impl Says {
    fn of(reports: &[CheckerReport], inverted: bool) -> Self {
        if reports.is_empty() {
            return Self::Blind;
        }
        let well = reports.iter().filter(|report| report.passed != inverted).count();
        if well * 2 > reports.len() {
            return Self::Well;
        }
        let words = reports.iter().find(|report| report.passed == inverted).map_or("", |report| report.says.as_str());
        Self::Unwell(format!("{well} of {} checkers find it well ({words})", reports.len()))
    }
}

impl Evidence {
    fn of(pairs: &Checks, said: &Said) -> Self {
        let mut evidence = Self::default();
        let mut unread: Vec<String> = Vec::new();
        for (id, says) in said {
            let sides: Vec<&String> = pairs.iter().filter(|(other, _)| other == id).map(|(_, side)| side).collect();
            match says {
                Ok(Says::Well) => evidence.well.extend(sides.into_iter().cloned()),
                Ok(Says::Unwell(why)) => {
                    evidence.unable.extend(sides.into_iter().map(|side| (side.clone(), format!("health check {id}: {why}"))));
                }
                Ok(Says::Nothing(why)) => _ = evidence.nothing.insert(id.clone(), format!("is no evidence: it {why}")),
                Ok(Says::Blind) => {
                    let why = "is no evidence: it tells what no checker has seen: it is calculated, or watches an alarm";
                    evidence.blind.insert(id.clone(), why.to_owned());
                }
                Err(error) => unread.push(format!("{id} ({error})")),
            }
        }
        evidence.well.retain(|side| !evidence.unable.contains_key(side));
        if !unread.is_empty() {
            let unread = list(unread.iter().map(String::as_str), LISTED);
            evidence.unread = Some(format!("health checks could not be read: {unread}"));
        }
        evidence
    }
}
