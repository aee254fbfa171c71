//! Findings on the alarms of sides. Pure.

use std::collections::BTreeMap;

use crossover_model::{
    alarm::{AlarmActions, AlarmReading, AlarmState, Muted},
    estimate::Estimate,
    finding::Finding,
    health::{Readings, fires_without_data},
    rules::{
        ALARM_ACTIONS_DISABLED, ALARM_DEPENDENT, ALARM_MISSING, ALARM_MUTED, ALARM_NOT_EVALUATED, ALARM_UNHEARD,
        ALARM_WITHOUT_DATA, unreadable,
    },
    text::short,
    topology::Side,
};

use crate::ports::Alarms;

const MISSING_DATA: &str = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html";
const EVALUATION: &str = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html";
const MUTING: &str = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutAlarmMuteRule.html";
const ACTIONS: &str = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html";

/// Findings on the alarms of these sides; `alarms` only says how to fix them.
pub(super) fn findings(sides: &[Side], readings: &Readings, muted: &Muted, alarms: &dyn Alarms) -> Vec<Finding> {
    let of_side =
        |side: &Side| side.alarms.iter().flat_map(|alarm| one(side, alarm, readings, muted, alarms)).collect::<Vec<_>>();
    sides.iter().flat_map(of_side).collect()
}

fn one(side: &Side, alarm: &String, readings: &Readings, muted: &Muted, alarms: &dyn Alarms) -> Vec<Finding> {
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
    let unevaluated = reading.data.evaluation.map(|lacks| {
        let what = format!("{}, so its state says nothing about {}", lacks.in_words(), side.name);
        ALARM_NOT_EVALUATED.finding(&resource, what, "read its reason: correct its configuration or its query").see(EVALUATION)
    });
    let muted = muted.get(alarm).map(|rule| {
        let what = format!("has its actions muted by the mute rule {rule}: it notifies nothing by itself");
        let fix = "delete the mute rule, or wait for its end; to hold automatic failovers meanwhile, pause the target";
        ALARM_MUTED.finding(&resource, what, fix).see(MUTING)
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
    silent.into_iter().chain(unevaluated).chain(muted).chain(unheard.map(|finding| finding.see(ACTIONS))).collect()
}

/// Findings on sides that a crossover leaves for good although only the data of their alarms is missing.
pub(super) fn dependent(sides: &[Side], estimates: &[Estimate], known: &BTreeMap<String, AlarmReading>) -> Vec<Finding> {
    let for_good = |side: &&Side| estimates.iter().any(|estimate| estimate.one_way && estimate.leaving == side.name);
    let finding = |side: &Side| {
        let all = side.alarms.join(", ");
        let what = format!("fire when only the data of their metrics is missing, and leaving {} can't be undone", side.name);
        let fix = "let one of them treat missing data as missing, and watch something that the others don't, as a probe does";
        ALARM_DEPENDENT.finding(format!("alarms {all}"), what, fix).see(MISSING_DATA)
    };
    sides.iter().filter(for_good).filter(|side| fires_without_data(side, known)).map(finding).collect()
}

fn no_data(side: &Side, reading: &AlarmReading) -> Option<String> {
    let since = reading.since.map_or_else(String::new, |since| format!(", since {}", short(since)));
    (reading.state == AlarmState::InsufficientData).then(|| format!("has no data and reports nothing about {}{since}", side.name))
}
