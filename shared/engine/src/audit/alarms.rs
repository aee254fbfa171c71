//! What a check finds of the alarms that speak of a side. Pure.

use crossover_model::finding::{Finding, Severity};
use crossover_model::{
    alarm::{AlarmActions, AlarmReading, AlarmState},
    health::Readings,
    text::short,
    topology::{PROBE_METRIC, Side},
};

const MISSING_DATA: &str = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html";
const DIMENSIONS: &str = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#Dimension";
const ACTIONS: &str = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html";

/// What is wrong with the alarms of these sides.
pub(super) fn findings(sides: &[Side], readings: &Readings) -> Vec<Finding> {
    let of_side = |side: &Side| side.alarms.iter().flat_map(|alarm| one(side, alarm, readings)).collect::<Vec<_>>();
    sides.iter().flat_map(of_side).collect()
}

/// The sides none of whose alarms is a probe's; what a composite alarm is made of can't be told.
pub(super) fn without_probe(sides: &[Side], readings: &Readings) -> Vec<Finding> {
    let is_another = |side: &Side, alarm: &String| {
        let reading = readings.now.get(alarm);
        reading.is_some_and(|it| !it.metrics.is_empty() && it.metrics.iter().all(|metric| metric.name != PROBE_METRIC))
            || reading.is_some_and(|it| other_zone(side, it).is_some())
    };
    let finding = |side: &Side| Finding {
        severity: Severity::Warning,
        resource: side.name.clone(),
        what: "no probe watches it, and AWS publishes no health of a gateway's path".to_owned(),
        fix: "deploy a probe into the zone (docs/probe.md), and name its alarm here".to_owned(),
        link: "",
    };
    let unwatched = |side: &&Side| side.alarms.iter().all(|alarm| is_another(side, alarm));
    sides.iter().filter(unwatched).map(finding).collect()
}

/// The alarms of sides that are on the probe of another zone.
pub(super) fn on_other_probes(sides: &[Side], readings: &Readings) -> Vec<Finding> {
    let of_side = |side: &Side| {
        let others = side.alarms.iter().filter_map(|alarm| Some((alarm, other_zone(side, readings.now.get(alarm)?)?)));
        let finding = |(alarm, zone): (&String, &str)| Finding {
            severity: Severity::Error,
            resource: format!("alarm {alarm} at {}", side.name),
            what: format!("is on the probe of {zone}, and speaks for {}, of which it knows nothing", side.name),
            fix: format!("name the alarm of the probe in {} here (docs/probe.md)", side.name),
            link: DIMENSIONS,
        };
        others.map(finding).collect::<Vec<_>>()
    };
    sides.iter().flat_map(of_side).collect()
}

/// The zone whose probe an alarm is on, when it is on that of no other side than that zone's.
fn other_zone<'r>(side: &Side, reading: &'r AlarmReading) -> Option<&'r str> {
    let probes = reading.metrics.iter().filter(|metric| metric.name == PROBE_METRIC);
    let zones: Vec<Option<&str>> = probes.map(|metric| metric.zone.as_deref()).collect();
    // Without that dimension it is not known whose it is.
    let none_is_its_own = zones.iter().all(|zone| zone.is_some_and(|zone| zone != side.name));
    if none_is_its_own { zones.first().copied().flatten() } else { None }
}

fn one(side: &Side, alarm: &String, readings: &Readings) -> Vec<Finding> {
    let resource = format!("alarm {alarm}");
    if readings.unread.contains(alarm) {
        return readings.errors.first().map(|error| Finding::unreadable(resource, error)).into_iter().collect();
    }
    let finding = |severity, what: String, fix: &str, link| Finding {
        severity,
        resource: resource.clone(),
        what,
        fix: fix.to_owned(),
        link,
    };
    let Some(reading) = readings.now.get(alarm) else {
        let what = format!("does not exist, and says nothing of {}", side.name);
        return vec![finding(Severity::Error, what, "create it, or correct its name in the topology", "")];
    };
    let silent = no_data(side, reading)
        .map(|what| finding(Severity::Warning, what, "look at its metric, and at how it treats missing data", MISSING_DATA));
    let unheard = match reading.actions {
        AlarmActions::None => Some((
            "has no actions: nobody but EventBridge hears of it",
            "let it call the function of its kind, or a topic that people read, by AlarmActions and OKActions",
        )),
        AlarmActions::Disabled => Some((
            "has its actions disabled: nobody but EventBridge hears of it",
            "enable them (aws cloudwatch enable-alarm-actions) once what they were disabled for is over",
        )),
        AlarmActions::Unknown | AlarmActions::Enabled => None,
    };
    let unheard = unheard.map(|(what, fix)| finding(Severity::Warning, what.to_owned(), fix, ACTIONS));
    silent.into_iter().chain(unheard).collect()
}

fn no_data(side: &Side, reading: &AlarmReading) -> Option<String> {
    let since = reading.since.map_or_else(String::new, |since| format!(", since {}", short(since)));
    (reading.state == AlarmState::InsufficientData).then(|| format!("has no data, and says nothing of {}{since}", side.name))
}
