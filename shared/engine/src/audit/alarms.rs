//! Findings on the alarms of sides. Pure.

use crossover_model::{
    alarm::{AlarmActions, AlarmReading, AlarmState},
    finding::Finding,
    health::Readings,
    rules::{ALARM_ACTIONS_DISABLED, ALARM_MISSING, ALARM_UNHEARD, ALARM_WITHOUT_DATA, unreadable},
    text::short,
    topology::Side,
};

use crate::ports::Alarms;

const MISSING_DATA: &str = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html";
const ACTIONS: &str = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html";

/// Findings on the alarms of these sides; `alarms` only says how to fix them.
pub(super) fn findings(sides: &[Side], readings: &Readings, alarms: &dyn Alarms) -> Vec<Finding> {
    let of_side = |side: &Side| side.alarms.iter().flat_map(|alarm| one(side, alarm, readings, alarms)).collect::<Vec<_>>();
    sides.iter().flat_map(of_side).collect()
}

fn one(side: &Side, alarm: &String, readings: &Readings, alarms: &dyn Alarms) -> Vec<Finding> {
    let resource = format!("alarm {alarm}");
    if readings.unread.contains(alarm) {
        return readings.errors.first().map(|error| unreadable(resource, error)).into_iter().collect();
    }
    let Some(reading) = readings.now.get(alarm) else {
        let what = format!("does not exist and reports nothing about {}", side.name);
        return vec![ALARM_MISSING.finding(resource, what, "create it, or correct its name in the topology")];
    };
    let silent = no_data(side, reading).map(|what| {
        let fix = "check its metric, and how the alarm treats missing data";
        ALARM_WITHOUT_DATA.finding(&resource, what, fix).see(MISSING_DATA)
    });
    let unheard = match reading.actions {
        AlarmActions::None => Some(ALARM_UNHEARD.finding(
            &resource,
            "has no actions: it notifies nothing by itself",
            "add the function of its kind, or a topic that people read, to its AlarmActions and OKActions",
        )),
        AlarmActions::Disabled => Some(ALARM_ACTIONS_DISABLED.finding(
            &resource,
            "has its actions disabled: it notifies nothing by itself",
            format!("enable its actions once the reason for disabling them is over: {}", alarms.enable_actions(alarm)),
        )),
        AlarmActions::Unknown | AlarmActions::Enabled => None,
    };
    silent.into_iter().chain(unheard.map(|finding| finding.see(ACTIONS))).collect()
}

fn no_data(side: &Side, reading: &AlarmReading) -> Option<String> {
    let since = reading.since.map_or_else(String::new, |since| format!(", since {}", short(since)));
    (reading.state == AlarmState::InsufficientData).then(|| format!("has no data and reports nothing about {}{since}", side.name))
}
