//! How well each side is, with the evidence. Pure.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::Duration,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    cloud::{AlarmReading, AlarmState, CloudError},
    topology::{Policy, Side},
    trigger::AlarmEvent,
};

/// An alarm event older than this says nothing of now; used only when CloudWatch cannot be read.
const EVENT_GOOD_FOR: Duration = Duration::from_mins(10);

/// Whether a side can be trusted with work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Too few alarms are in ALARM to doubt it, and none of the rest could change that.
    Healthy,
    /// At least a quorum of its alarms are in ALARM.
    Unhealthy,
    /// It cannot be said: never a reason to move, never a place to move to.
    Unknown,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
            Self::Unknown => "unknown",
        })
    }
}

/// The health of one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SideHealth {
    /// The state.
    pub state: State,
    /// How long it has been healthy without a break; zero when it is not, or when it can't be told.
    pub stable: Duration,
    /// What this is known from.
    pub evidence: String,
}

/// The health of all sides, by name.
pub type Health = BTreeMap<String, SideHealth>;

/// What could be learned of the alarms.
#[derive(Debug, Clone)]
pub enum Readings {
    /// Their states now; an alarm that does not exist is missing.
    Now(BTreeMap<String, AlarmReading>),
    /// CloudWatch could not be read: only the events that woke us are known.
    EventsOnly(CloudError),
}

/// What whoever woke us says, which counts only when CloudWatch can't be read.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// The alarms' events.
    pub events: &'a [AlarmEvent],
    /// Whether a person gave a command, and so stands for the sides' health.
    pub by_hand: bool,
    /// Sides that were left as failed, of which nothing says that they are well again.
    pub left: &'a BTreeSet<String>,
}

/// The health of every side of a target at `now`.
#[must_use]
pub fn assess(policy: &Policy, sides: &[Side], readings: &Readings, said: Said<'_>, now: Timestamp) -> Health {
    let assess_side = |side: &Side| match readings {
        Readings::Now(readings) => from_readings(policy.quorum, side, readings, now),
        Readings::EventsOnly(_) => from_events(policy.quorum, side, sides, said, now),
    };
    sides.iter().map(|side| (side.name.clone(), assess_side(side))).collect()
}

fn from_readings(quorum: usize, side: &Side, readings: &BTreeMap<String, AlarmReading>, now: Timestamp) -> SideHealth {
    let of_state = |state| side.alarms.iter().filter(move |name| readings.get(*name).is_some_and(|r| r.state == state));
    let in_alarm = of_state(AlarmState::Alarm).count();
    let ok = of_state(AlarmState::Ok).count();
    let undecided = side.alarms.len() - in_alarm - ok;

    let state = if in_alarm >= quorum {
        State::Unhealthy
    } else if in_alarm + undecided < quorum {
        State::Healthy
    } else {
        State::Unknown
    };
    SideHealth { state, stable: stable_for(state, side, readings, now), evidence: describe(side, readings) }
}

/// Healthy since the last time that any of its alarms changed.
fn stable_for(state: State, side: &Side, readings: &BTreeMap<String, AlarmReading>, now: Timestamp) -> Duration {
    if state != State::Healthy {
        return Duration::ZERO;
    }
    let mut last_change = None;
    for name in &side.alarms {
        match readings.get(name).and_then(|reading| reading.since) {
            Some(since) => last_change = last_change.max(Some(since)),
            None => return Duration::ZERO,
        }
    }
    last_change.map_or(Duration::ZERO, |since| now.duration_since(since).try_into().unwrap_or(Duration::ZERO))
}

fn describe(side: &Side, readings: &BTreeMap<String, AlarmReading>) -> String {
    let one = |name: &String| match readings.get(name) {
        None => format!("{name} does not exist"),
        Some(AlarmReading { state, since: Some(since), .. }) => format!("{name} {} since {}", state.as_str(), short(*since)),
        Some(AlarmReading { state, .. }) => format!("{name} {}", state.as_str()),
    };
    side.alarms.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// With CloudWatch down, fresh events and people are all there is: a side that an event puts in ALARM
/// is unhealthy, and the others are presumed healthy, or nothing could be moved in such an hour.
fn from_events(quorum: usize, side: &Side, all: &[Side], said: Said<'_>, now: Timestamp) -> SideHealth {
    let fresh = |event: &&AlarmEvent| event.at.is_some_and(|at| now.duration_since(at).unsigned_abs() <= EVENT_GOOD_FOR);
    // Of each alarm only the latest event counts, however often and in whatever order they came.
    let in_alarm = |alarm: &&String| {
        let about = said.events.iter().filter(fresh).filter(|event| event.is_about(alarm));
        about.max_by_key(|event| event.at).is_some_and(|event| event.state == AlarmState::Alarm)
    };
    let alarming = |side: &Side| side.alarms.iter().filter(in_alarm).count() >= quorum;
    let (state, evidence) = if alarming(side) {
        (State::Unhealthy, "the event says ALARM; CloudWatch could not be read")
    } else if said.left.contains(&side.name) {
        (State::Unknown, "it was left, and CloudWatch could not be read to see whether it is well again")
    } else if said.by_hand || all.iter().any(alarming) {
        (State::Healthy, "presumed: nothing speaks against it; CloudWatch could not be read")
    } else {
        (State::Unknown, "CloudWatch could not be read")
    };
    SideHealth { state, stable: Duration::ZERO, evidence: evidence.to_owned() }
}

/// A time as people read it: whole seconds, UTC.
#[must_use]
pub fn short(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
