//! What a check finds of the alarms that speak of a side. Pure.

use crossover_model::{
    alarm::{AlarmActions, AlarmReading, AlarmState},
    finding::{Finding, Severity},
    health::Readings,
    text::short,
    topology::Side,
};

const MISSING_DATA: &str = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html";
const ACTIONS: &str = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html";

/// What is wrong with the alarms of these sides.
pub(super) fn findings(sides: &[Side], readings: &Readings) -> Vec<Finding> {
    let of_side = |side: &Side| side.alarms.iter().flat_map(|alarm| one(side, alarm, readings)).collect::<Vec<_>>();
    sides.iter().flat_map(of_side).collect()
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
