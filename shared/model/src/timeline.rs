//! What a review of a crossover starts from, besides what it did: what was found, and who was told what.

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

/// Sides and alarms of each that are kept, with the longest text of each, in bytes: a journal's item has its limit.
const SIDES_KEPT: usize = 16;
const ALARMS_KEPT: usize = 5;
const LONGEST: usize = 300;
/// Notices and remarks that are kept.
const TOLD_KEPT: usize = 20;

/// What was found, and what was told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Timeline {
    /// The sides as they were when it was decided.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sides: Vec<SideFound>,
    /// What was told, the first before the last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<SentNotice>,
    /// What was missing, or should be known besides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
}

/// A side as it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SideFound {
    /// Its name.
    pub side: String,
    /// How it was.
    pub health: State,
    /// What that was known from.
    pub evidence: String,
    /// Its alarms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alarms: Vec<AlarmFound>,
}

/// An alarm as it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmFound {
    /// Its name or ARN.
    pub name: String,
    /// Its state; that of a later version is not known to be a good one.
    #[serde(deserialize_with = "alarm_state")]
    pub state: AlarmState,
    /// When it entered that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// `CloudWatch`'s reason.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

fn alarm_state<'de, D: Deserializer<'de>>(deserializer: D) -> Result<AlarmState, D::Error> {
    Ok(understood(deserializer)?.unwrap_or(AlarmState::InsufficientData))
}

/// A notice that told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentNotice {
    /// Its id.
    pub id: String,
    /// When it was written.
    pub at: Timestamp,
    /// The outcome that it told.
    pub outcome: Outcome,
    /// What it said in one line.
    pub headline: String,
}

impl Timeline {
    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds a notice and what was remarked in it.
    pub fn tell(&mut self, telling: SentNotice, remarks: &[String]) {
        if self.told.iter().all(|told| told.id != telling.id) {
            self.told.push(SentNotice { headline: clip(&telling.headline, LONGEST), ..telling });
        }
        for remark in remarks {
            let remark = clip(remark, LONGEST);
            if !self.remarks.contains(&remark) && self.remarks.len() < TOLD_KEPT {
                self.remarks.push(remark);
            }
        }
        let surplus = self.told.len().saturating_sub(TOLD_KEPT);
        self.told.drain(..surplus);
    }
}

/// The sides as they are found. Pure.
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
