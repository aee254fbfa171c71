//! The health of each side, with the evidence. Pure.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::Duration,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    alarm::{AlarmData, AlarmReading, AlarmState},
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
    /// Whether it is unhealthy only because data is missing.
    pub is_without_data: bool,
    /// Whether a quorum of its alarms is in ALARM, also where the last evaluation of one lacked something, so that its state is no
    /// evidence.
    pub fires: bool,
    /// The evidence.
    pub evidence: String,
}

impl SideHealth {
    /// A side of this state, of which nothing else is known.
    #[must_use]
    pub fn of(state: State) -> Self {
        let (stable, evidence, fires) = (Duration::ZERO, String::new(), state == State::Unhealthy);
        Self { state, stable, turned: None, is_without_data: false, fires, evidence }
    }
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
    /// Sides that were unhealthy when their health was last known, and since when.
    pub unhealthy: &'a BTreeMap<String, Timestamp>,
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
    let of_state = |state| side.alarms.iter().filter(move |name| readings.get(*name).is_some_and(|r| r.evidence() == state));
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
        is_without_data: state == State::Unhealthy && is_without_data(side, readings),
        fires: fires(quorum, side, readings),
        evidence: describe(side, readings),
    }
}

/// Whether a quorum of the side's alarms is in ALARM, whatever their last evaluations lacked.
fn fires(quorum: usize, side: &Side, readings: &BTreeMap<String, AlarmReading>) -> bool {
    let known = side.alarms.iter().filter_map(|name| readings.get(name));
    known.filter(|reading| reading.state == AlarmState::Alarm).count() >= quorum
}

/// When the alarm fired that completed the quorum. None when another alarm has ended since: the side may then have been
/// unhealthy before, as the alarms of an outage fire and end one by one.
#[must_use]
pub fn turned(quorum: usize, side: &Side, readings: &BTreeMap<String, AlarmReading>) -> Option<Timestamp> {
    let known = side.alarms.iter().filter_map(|name| readings.get(name));
    let (on, off): (Vec<&AlarmReading>, Vec<&AlarmReading>) = known.partition(|reading| reading.evidence() == AlarmState::Alarm);
    let mut since: Vec<Timestamp> = on.iter().map(|reading| reading.since).collect::<Option<_>>()?;
    since.sort();
    let turned = *since.get(quorum.saturating_sub(1))?;
    off.iter().all(|reading| reading.since.is_none_or(|ended| ended <= turned)).then_some(turned)
}

/// Whether every alarm of the side that is in ALARM is so only because data is missing.
#[must_use]
pub fn is_without_data(side: &Side, readings: &BTreeMap<String, AlarmReading>) -> bool {
    let fires = |reading: &&AlarmReading| reading.evidence() == AlarmState::Alarm;
    let mut firing = side.alarms.iter().filter_map(|name| readings.get(name)).filter(fires).peekable();
    firing.peek().is_some() && firing.all(|reading| all_of(reading, readings, fires, |data| data.is_missing))
}

/// Whether all alarms of the side fire if only the data of their metrics is missing.
#[must_use]
pub fn fires_without_data(side: &Side, readings: &BTreeMap<String, AlarmReading>) -> bool {
    let mut alarms = side.alarms.iter().map(|name| readings.get(name)).peekable();
    let breaches = |reading: &AlarmReading| all_of(reading, readings, |_| true, |data| data.missing_breaches);
    alarms.peek().is_some() && alarms.all(|reading| reading.is_some_and(breaches))
}

/// Whether this is so of an alarm; of a composite one, whether all the alarms of its rule were read and it is so of those
/// that count, at least one.
fn all_of(
    reading: &AlarmReading,
    readings: &BTreeMap<String, AlarmReading>,
    counts: impl Fn(&&AlarmReading) -> bool,
    is_so: impl Fn(&AlarmData) -> bool,
) -> bool {
    if reading.data.children.is_empty() {
        return is_so(&reading.data);
    }
    let children: Option<Vec<&AlarmReading>> = reading.data.children.iter().map(|name| readings.get(name)).collect();
    let mut children = children.into_iter().flatten().filter(counts).peekable();
    children.peek().is_some() && children.all(|child| is_so(&child.data))
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
        Some(AlarmReading { state, since, data, .. }) => {
            let since = since.map_or_else(String::new, |since| format!(" since {}", short(since)));
            let why = if data.is_missing { " because data is missing" } else { "" };
            let doubt = data.evaluation.map_or_else(String::new, |lacks| format!(", which {}", lacks.in_words()));
            format!("{name} {}{since}{why}{doubt}", state.as_str())
        }
    };
    side.alarms.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The health of a side whose alarms could not all be read, from recent events and commands. A side that an event puts in
/// ALARM is unhealthy, and one whose alarms the events put in OK is healthy. When no alarm at all could be read (`none_read`),
/// sides without evidence against them are presumed healthy, as otherwise nothing could be moved during such an outage; a side
/// that was unhealthy when its health was last known has evidence against it, however long ago. When only this side's alarms
/// could not be read, its health is unknown.
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
        about.max_by_key(|event| event.at).map(|event| (event.state, event.at))
    };
    let known =
        |alarm: &String| readings.now.get(alarm).map(|reading| (reading.evidence(), reading.since)).or_else(|| reported(alarm));
    let in_alarm = |alarm: &&String| known(alarm).is_some_and(|(state, _)| state == AlarmState::Alarm);
    let alarming = |side: &Side| side.alarms.iter().filter(in_alarm).count() >= policy.quorum;
    // The event that completed the quorum says when.
    let turned = || {
        let mut since: Vec<Timestamp> = side.alarms.iter().filter(in_alarm).filter_map(|alarm| known(alarm)?.1).collect();
        since.sort();
        since.get(policy.quorum.saturating_sub(1)).copied()
    };
    let is_ok = |alarm: &&String| known(alarm).is_some_and(|(state, _)| state == AlarmState::Ok);
    let not_ok = side.alarms.iter().filter(|alarm| !is_ok(alarm)).count();
    let (state, evidence) = if alarming(side) {
        (State::Unhealthy, "the event says ALARM; the alarms could not be read".to_owned())
    } else if not_ok < policy.quorum {
        (State::Healthy, "the event says OK; the alarms could not be read".to_owned())
    } else if from_trigger.left.contains(&side.name) {
        (State::Unknown, "it was left, and the alarms could not be read to confirm that it is healthy again".to_owned())
    } else if let Some(since) = from_trigger.unhealthy.get(&side.name) {
        let since = short(*since);
        (
            State::Unknown,
            format!("it was unhealthy since {since}; the alarms could not be read to confirm that it is healthy again"),
        )
    } else if none_read && (from_trigger.by_hand || all.iter().any(alarming)) {
        (State::Healthy, "presumed: there is no evidence against it; the alarms could not be read".to_owned())
    } else {
        (State::Unknown, "the alarms could not be read".to_owned())
    };
    let turned = if state == State::Unhealthy { turned() } else { None };
    SideHealth { state, stable: Duration::ZERO, turned, is_without_data: false, fires: state == State::Unhealthy, evidence }
}

/// Remembers the sides that are unhealthy, and since when. A side whose health is unknown stays as it was last known; only one
/// that is healthy is forgotten. Sides that are no longer declared are forgotten too.
pub fn remember_unhealthy(unhealthy: &mut BTreeMap<String, Timestamp>, health: &Health, now: Timestamp) {
    unhealthy.retain(|side, _| health.get(side).is_some_and(|health| health.state != State::Healthy));
    for (side, health) in health.iter().filter(|(_, health)| health.state == State::Unhealthy) {
        unhealthy.entry(side.clone()).or_insert_with(|| health.turned.unwrap_or(now));
    }
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

/// The sides of an answer, in this order.
#[must_use]
pub fn sides(health: &Health, order: &[Side]) -> Vec<SideAnswer> {
    let of_side = |(side, health): (&String, &SideHealth)| SideAnswer {
        side: side.clone(),
        health: health.state,
        evidence: health.evidence.clone(),
    };
    let mut sides: Vec<SideAnswer> = health.iter().map(of_side).collect();
    sides.sort_by_key(|answer| order.iter().position(|side| side.name == answer.side));
    sides
}
