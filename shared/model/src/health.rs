//! How well each side is, with the evidence. Pure.

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

/// Whether a side can be trusted with work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Too few alarms are in ALARM to doubt it, and none of the rest could change that.
    Healthy,
    /// At least a quorum of its alarms are in ALARM.
    Unhealthy,
    /// It cannot be said: never a reason to move, never a place to move to. So is a state of a later version.
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
    /// How long it has been healthy without a break; zero when it is not, or when it can't be told.
    pub stable: Duration,
    /// When it turned unhealthy, as far as its alarms say.
    pub turned: Option<Timestamp>,
    /// What this is known from.
    pub evidence: String,
}

/// The health of all sides, by name.
pub type Health = BTreeMap<String, SideHealth>;

/// What could be learned of the alarms.
#[derive(Debug, Clone, Default)]
pub struct Readings {
    /// Their states now; an alarm that does not exist is missing.
    pub now: BTreeMap<String, AlarmReading>,
    /// Those that could not be read; of these only the events that woke us are known.
    pub unread: BTreeSet<String>,
    /// Why not.
    pub errors: Vec<CloudError>,
}

/// What whoever woke us says, which counts only for alarms that can't be read.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// The alarms' events.
    pub events: &'a [AlarmEvent],
    /// Whether a person gave a command, and so stands for the sides' health.
    pub by_hand: bool,
    /// Sides that were left as failed, of which nothing says that they are well again.
    pub left: &'a BTreeSet<String>,
    /// When work was last moved: what an event from before that says is old news.
    pub changed: Option<Timestamp>,
}

/// Events from the future up to this are a clock that is a little wrong, not one that has jumped.
const CLOCK_SKEW: Duration = Duration::from_mins(1);

/// The health of every side of a target at `now`.
#[must_use]
pub fn assess(policy: &Policy, sides: &[Side], readings: &Readings, said: Said<'_>, now: Timestamp) -> Health {
    let blind =
        !readings.unread.is_empty() && sides.iter().flat_map(|side| &side.alarms).all(|name| readings.unread.contains(name));
    let one = |side: &Side| {
        if side.alarms.iter().any(|name| readings.unread.contains(name)) {
            half_blind(policy, side, sides, readings, said, blind, now)
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

/// When the alarm went off that made the quorum full; none when another one has ended since, as then
/// the side may have been unhealthy before: the alarms of one outage come and go one by one.
#[must_use]
pub fn turned(quorum: usize, side: &Side, readings: &BTreeMap<String, AlarmReading>) -> Option<Timestamp> {
    let known = side.alarms.iter().filter_map(|name| readings.get(name));
    let (on, off): (Vec<&AlarmReading>, Vec<&AlarmReading>) = known.partition(|reading| reading.state == AlarmState::Alarm);
    let mut since: Vec<Timestamp> = on.iter().map(|reading| reading.since).collect::<Option<_>>()?;
    since.sort();
    let turned = *since.get(quorum.saturating_sub(1))?;
    off.iter().all(|reading| reading.since.is_none_or(|ended| ended <= turned)).then_some(turned)
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

/// Where alarms could not be read, fresh events and people are all there is: a side that an event puts
/// in ALARM is unhealthy. With no alarm read at all (`blind`), sides that nothing speaks against are
/// presumed healthy, or nothing could be moved in such an hour; with CloudWatch gone for this side
/// alone, it is this side that is in doubt.
fn half_blind(
    policy: &Policy,
    side: &Side,
    all: &[Side],
    readings: &Readings,
    said: Said<'_>,
    blind: bool,
    now: Timestamp,
) -> SideHealth {
    let news = |event: &&AlarmEvent| event.at.is_some_and(|at| is_news(at, policy.stale_after, said.changed, now));
    // Of each alarm only the latest event counts, however often and in whatever order they came.
    let told = |alarm: &String| {
        let about = said.events.iter().filter(news).filter(|event| event.is_about(alarm));
        about.max_by_key(|event| event.at).map(|event| event.state)
    };
    let state = |alarm: &String| readings.now.get(alarm).map(|reading| reading.state).or_else(|| told(alarm));
    let in_alarm = |alarm: &&String| state(alarm) == Some(AlarmState::Alarm);
    let alarming = |side: &Side| side.alarms.iter().filter(in_alarm).count() >= policy.quorum;
    let (state, evidence) = if alarming(side) {
        (State::Unhealthy, "the event says ALARM; the alarms could not be read")
    } else if said.left.contains(&side.name) {
        (State::Unknown, "it was left, and the alarms could not be read to confirm that it is healthy again")
    } else if blind && (said.by_hand || all.iter().any(alarming)) {
        (State::Healthy, "presumed: there is no evidence against it; the alarms could not be read")
    } else {
        (State::Unknown, "the alarms could not be read")
    };
    SideHealth { state, stable: Duration::ZERO, turned: None, evidence: evidence.to_owned() }
}

/// Whether what an event says may still be so: neither older than the policy allows, nor from before
/// work was last moved, nor from a future that a wrong clock sees. Nor does a change that such a clock
/// wrote down make everything old.
fn is_news(at: Timestamp, stale_after: Duration, changed: Option<Timestamp>, now: Timestamp) -> bool {
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
    /// How it is.
    pub health: State,
    /// What that is known from.
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
