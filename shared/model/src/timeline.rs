//! The timeline of a crossover: the observed health and the notices, for its review.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    alarm::AlarmState,
    health::{Health, Readings, State},
    later::understood,
    outcome::Outcome,
    text::clip,
    topology::Side,
};

/// The most sides, alarms of a side and bytes of a text that are kept, as an item of the journal is limited.
const SIDES_KEPT: usize = 16;
const ALARMS_KEPT: usize = 5;
const LONGEST: usize = 300;
/// The most notices and remarks that are kept.
const NOTICES_KEPT: usize = 20;

/// The observed health and the notices of a crossover.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Timeline {
    /// The sides at the time of the decision.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sides: Vec<SideFound>,
    /// The notices, the oldest first.
    #[serde(rename = "told", skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<SentNotice>,
    /// Remarks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
}

/// The observed health of a side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SideFound {
    /// Its name.
    pub side: String,
    /// Its health.
    pub health: State,
    /// The evidence of its health.
    pub evidence: String,
    /// Its alarms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alarms: Vec<AlarmFound>,
}

/// The observed state of an alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmFound {
    /// Its name or ARN.
    pub name: String,
    /// Its state; a state of a later version is read as unknown.
    #[serde(deserialize_with = "alarm_state")]
    pub state: AlarmState,
    /// When it entered that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// The reason that the service gives.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

fn alarm_state<'de, D: Deserializer<'de>>(deserializer: D) -> Result<AlarmState, D::Error> {
    Ok(understood(deserializer)?.unwrap_or(AlarmState::InsufficientData))
}

/// A notice about the crossover.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentNotice {
    /// Its id.
    pub id: String,
    /// When it was written.
    pub at: Timestamp,
    /// The outcome that it reported.
    pub outcome: Outcome,
    /// Its headline.
    pub headline: String,
}

impl Timeline {
    /// Whether it is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds a notice and its remarks.
    pub fn add_notice(&mut self, sent: SentNotice, remarks: &[String]) {
        if self.notices.iter().all(|told| told.id != sent.id) {
            self.notices.push(SentNotice { headline: clip(&sent.headline, LONGEST), ..sent });
        }
        for remark in remarks {
            let remark = clip(remark, LONGEST);
            if !self.remarks.contains(&remark) && self.remarks.len() < NOTICES_KEPT {
                self.remarks.push(remark);
            }
        }
        let surplus = self.notices.len().saturating_sub(NOTICES_KEPT);
        self.notices.drain(..surplus);
    }
}

/// The observed health of the sides. Pure.
#[must_use]
pub fn found(sides: &[Side], health: &Health, readings: &Readings) -> Vec<SideFound> {
    let alarm = |name: &String| {
        let reading = readings.now.get(name)?;
        let (name, reason) = (clip(name, LONGEST), clip(&reading.reason, LONGEST));
        Some(AlarmFound { name, state: reading.state, since: reading.since, reason })
    };
    let side = |side: &Side| {
        let health = health.get(&side.name)?;
        let alarms = side.alarms.iter().filter_map(alarm).take(ALARMS_KEPT).collect();
        Some(SideFound { side: side.name.clone(), health: health.state, evidence: clip(&health.evidence, LONGEST), alarms })
    };
    sides.iter().filter_map(side).take(SIDES_KEPT).collect()
}

/// The time of the first sample that an alarm's reason names, as in
/// `1 datapoint [0.0 (14/03/26 03:09:00)] was less than the threshold`. Pure.
#[must_use]
pub fn first_sample(reason: &str) -> Option<Timestamp> {
    let in_brackets = reason.split('(').skip(1).filter_map(|rest| rest.split_once(')')).map(|(text, _)| text);
    let at = |text: &str| {
        let read = DateTime::strptime("%d/%m/%y %H:%M:%S", text).ok()?;
        Some(read.to_zoned(TimeZone::UTC).ok()?.timestamp())
    };
    in_brackets.filter_map(at).min()
}
