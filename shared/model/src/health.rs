//! The health of each side, with the evidence. Pure.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::Duration,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    alarm::{AlarmReading, AlarmState},
    error::CloudError,
    text::short,
    topology::{Policy, Side},
    trigger::AlarmEvent,
};

/// The health of a side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Fewer alarms than the quorum are in ALARM, and the others could not complete the quorum.
    Healthy,
    /// At least a quorum of its alarms is in ALARM.
    Unhealthy,
    /// Not known: never a reason to move, never a destination. A state of a later version is read as this one.
    #[serde(other)]
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
    /// How long it has been continuously healthy; zero when it is not healthy or when that is not known.
    pub stable: Duration,
    /// When it became unhealthy, according to its alarms.
    pub turned: Option<Timestamp>,
    /// The evidence.
    pub evidence: String,
}

/// The health of all sides, by name.
pub type Health = BTreeMap<String, SideHealth>;

/// The reads of the alarms.
#[derive(Debug, Clone, Default)]
pub struct Readings {
    /// Their states now; an alarm that does not exist is missing.
    pub now: BTreeMap<String, AlarmReading>,
    /// Alarms that could not be read; only the events of the trigger are known for them.
    pub unread: BTreeSet<String>,
    /// The errors of these reads.
    pub errors: Vec<CloudError>,
}

/// The evidence that the trigger carries. It is used only for alarms that could not be read.
#[derive(Debug, Clone, Copy)]
pub struct TriggerEvidence<'a> {
    /// The alarms' events.
    pub events: &'a [AlarmEvent],
    /// Whether the trigger is an operator's command, which vouches for the health of the sides.
    pub by_hand: bool,
    /// Sides that were left as failed and are not known to be healthy again.
    pub left: &'a BTreeSet<String>,
    /// When work was last moved. Earlier events are outdated.
    pub changed: Option<Timestamp>,
}

/// An event that is at most this far in the future comes from normal clock skew.
const CLOCK_SKEW: Duration = Duration::from_mins(1);

/// The health of every side of a target at `now`.
#[must_use]
pub fn assess(policy: &Policy, sides: &[Side], readings: &Readings, from_trigger: TriggerEvidence<'_>, now: Timestamp) -> Health {
    let none_read =
        !readings.unread.is_empty() && sides.iter().flat_map(|side| &side.alarms).all(|name| readings.unread.contains(name));
    let one = |side: &Side| {
        if side.alarms.iter().any(|name| readings.unread.contains(name)) {
            from_partial_readings(policy, side, sides, readings, from_trigger, none_read, now)
        } else {
            from_readings(policy.quorum, side, &readings.now, now)
        }
    };
    sides.iter().map(|side| (side.name.clone(), one(side))).collect()
}

/// The state of a side whose alarms were all read.
#[must_use]
pub fn state_of(quorum: usize, side: &Side, readings: &BTreeMap<String, AlarmReading>) -> State {
    let of_state = |state| side.alarms.iter().filter(move |name| readings.get(*name).is_some_and(|r| r.state == state));
    let in_alarm = of_state(AlarmState::Alarm).count();
    let undecided = side.alarms.len() - in_alarm - of_state(AlarmState::Ok).count();
    if in_alarm >= quorum {
        State::Unhealthy
    } else if in_alarm + undecided < quorum {
        State::Healthy
    } else {
        State::Unknown
    }
}

fn from_readings(quorum: usize, side: &Side, readings: &BTreeMap<String, AlarmReading>, now: Timestamp) -> SideHealth {
    let state = state_of(quorum, side, readings);
    SideHealth {
        state,
        stable: stable_for(state, side, readings, now),
        turned: (state == State::Unhealthy).then(|| turned(quorum, side, readings)).flatten(),
        evidence: describe(side, readings),
    }
}

/// When the alarm fired that completed the quorum. None when another alarm has ended since: the side may then have been
/// unhealthy before, as the alarms of an outage fire and end one by one.
#[must_use]
pub fn turned(quorum: usize, side: &Side, readings: &BTreeMap<String, AlarmReading>) -> Option<Timestamp> {
    let known = side.alarms.iter().filter_map(|name| readings.get(name));
    let (on, off): (Vec<&AlarmReading>, Vec<&AlarmReading>) = known.partition(|reading| reading.state == AlarmState::Alarm);
    let mut since: Vec<Timestamp> = on.iter().map(|reading| reading.since).collect::<Option<_>>()?;
    since.sort();
    let turned = *since.get(quorum.saturating_sub(1))?;
    off.iter().all(|reading| reading.since.is_none_or(|ended| ended <= turned)).then_some(turned)
}

/// The time since the last change of any of its alarms.
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

/// The health of a side whose alarms could not all be read, from recent events and commands. A side that an event puts in
/// ALARM is unhealthy. When no alarm at all could be read (`none_read`), sides without evidence against them are presumed
/// healthy, as otherwise nothing could be moved during such an outage. When only this side's alarms could not be read,
/// its health is unknown.
fn from_partial_readings(
    policy: &Policy,
    side: &Side,
    all: &[Side],
    readings: &Readings,
    from_trigger: TriggerEvidence<'_>,
    none_read: bool,
    now: Timestamp,
) -> SideHealth {
    let diff = |event: &&AlarmEvent| event.at.is_some_and(|at| is_current(at, policy.stale_after, from_trigger.changed, now));
    // Only the latest event of an alarm counts. Events may arrive repeatedly and in any order.
    let reported = |alarm: &String| {
        let about = from_trigger.events.iter().filter(diff).filter(|event| event.is_about(alarm));
        about.max_by_key(|event| event.at).map(|event| event.state)
    };
    let state = |alarm: &String| readings.now.get(alarm).map(|reading| reading.state).or_else(|| reported(alarm));
    let in_alarm = |alarm: &&String| state(alarm) == Some(AlarmState::Alarm);
    let alarming = |side: &Side| side.alarms.iter().filter(in_alarm).count() >= policy.quorum;
    let (state, evidence) = if alarming(side) {
        (State::Unhealthy, "the event says ALARM; the alarms could not be read")
    } else if from_trigger.left.contains(&side.name) {
        (State::Unknown, "it was left, and the alarms could not be read to confirm that it is healthy again")
    } else if none_read && (from_trigger.by_hand || all.iter().any(alarming)) {
        (State::Healthy, "presumed: there is no evidence against it; the alarms could not be read")
    } else {
        (State::Unknown, "the alarms could not be read")
    };
    SideHealth { state, stable: Duration::ZERO, turned: None, evidence: evidence.to_owned() }
}

/// Whether an event is current: not older than the policy allows, not from before work was last moved, and not from the
/// future. A recorded change that lies in the future, written by a wrong clock, does not make events outdated.
fn is_current(at: Timestamp, stale_after: Duration, changed: Option<Timestamp>, now: Timestamp) -> bool {
    let latest = now + CLOCK_SKEW;
    let after = |changed: Timestamp| changed < at || latest < changed;
    at <= latest && now <= at + stale_after && changed.is_none_or(after)
}

/// The sides that are unhealthy.
#[must_use]
pub fn unhealthy(health: &Health) -> BTreeSet<String> {
    let sides = health.iter().filter(|(_, side)| side.state == State::Unhealthy);
    sides.map(|(name, _)| name.clone()).collect()
}

/// The health of a side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SideAnswer {
    /// Its name.
    pub side: String,
    /// Its health.
    pub health: State,
    /// The evidence of its health.
    pub evidence: String,
}

/// The sides of an answer.
#[must_use]
pub fn sides(health: &Health) -> Vec<SideAnswer> {
    health
        .iter()
        .map(|(side, health)| SideAnswer { side: side.clone(), health: health.state, evidence: health.evidence.clone() })
        .collect()
}
