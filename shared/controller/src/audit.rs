//! What would stand in the way of a crossover, or could be better, seen before it is needed.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use futures::{StreamExt, join, stream};
use serde::Serialize;

use crate::{
    cloud::{AlarmState, Alarms, Clock, CloudError},
    declared::Targets,
    health::Readings,
    retry::Patience,
    sweep::read_alarms,
    topology::Side,
};

/// How long a check may take: no crossover waits for it.
const TIME: Duration = Duration::from_mins(1);
/// Targets that are looked at at the same time.
const AT_ONCE: usize = 4;

/// Something that a check found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What it is about.
    pub resource: String,
    /// What is wrong with it, and what of it.
    pub what: String,
    /// What to do about it.
    pub fix: String,
    /// Where to read more; empty when there is no more to it.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub link: &'static str,
}

/// How bad a finding is, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A crossover would not work now.
    Error,
    /// It would, but not as well as it could.
    Warning,
}

impl Severity {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl Finding {
    /// A target of which something could not be read.
    #[must_use]
    pub fn unreadable(resource: impl Into<String>, error: &CloudError) -> Self {
        Self {
            severity: Severity::Error,
            resource: resource.into(),
            what: format!("could not be read: {error}"),
            fix: "mend what the error says: a crossover would have to read it too".to_owned(),
            link: "",
        }
    }
}

/// What is found of each target, by its name, the worst first; not one write.
pub async fn audit(kinds: &[Box<dyn Targets>], alarms: &dyn Alarms, clock: &dyn Clock) -> BTreeMap<String, Vec<Finding>> {
    let patience = Patience::new(clock, clock.now() + TIME);
    let targets = || kinds.iter().flat_map(|kind| (0..kind.outlines().len()).map(move |index| (kind.as_ref(), index)));
    let names: BTreeSet<String> =
        targets().flat_map(|(kind, index)| kind.sides(index)).flat_map(|side| side.alarms.iter().cloned()).collect();
    let of_kinds = stream::iter(targets().map(|(kind, index)| kind.audit(index, patience))).buffered(AT_ONCE).collect::<Vec<_>>();
    let (readings, of_kinds) = join!(read_alarms(alarms, &names, patience), of_kinds);
    let all = targets().zip(of_kinds).map(|((kind, index), mut findings)| {
        findings.extend(of_alarms(kind.sides(index), &readings));
        findings.sort();
        (kind.outlines()[index].policy.name.clone(), findings)
    });
    all.collect()
}

const MISSING_DATA: &str = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html";

/// What is wrong with the alarms of these sides. Pure.
fn of_alarms(sides: &[Side], readings: &Readings) -> Vec<Finding> {
    let one = |side: &Side, alarm: &String| {
        let resource = format!("alarm {alarm}");
        if readings.unread.contains(alarm) {
            return readings.errors.first().map(|error| Finding::unreadable(resource, error));
        }
        let (severity, what, fix, link) = match readings.now.get(alarm).map(|reading| reading.state) {
            None => (Severity::Error, "does not exist", "create it, or correct its name in the topology", ""),
            Some(AlarmState::InsufficientData) => {
                (Severity::Warning, "has no data", "look at its metric, and at how it treats missing data", MISSING_DATA)
            }
            Some(AlarmState::Ok | AlarmState::Alarm) => return None,
        };
        let what = format!("{what}, and says nothing of {}", side.name);
        Some(Finding { severity, resource, what, fix: fix.to_owned(), link })
    };
    sides.iter().flat_map(|side| side.alarms.iter().filter_map(move |alarm| one(side, alarm))).collect()
}
