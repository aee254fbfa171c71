//! Selects the targets that a sweep must reconcile. Pure.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;

use crate::{
    correlation::TargetRef,
    health::{Readings, State, state_of},
    journal::{Memory, TargetRecord},
    pause::{PAUSE_REMINDER, Pause},
    time::{is_due, is_turn},
    topology::{Failback, Policy},
};

/// The number of targets that a sweep reconciles in turn, whatever their alarms say, as another party may have moved
/// something. It is far below the rates at which services accept reads.
const TURNS_A_SWEEP: usize = 100;

/// The reasons to reconcile a target, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// A crossover is open, or an invocation died over one.
    Unfinished,
    /// The health of its sides has changed since the last settled reconcile.
    HealthChanged,
    /// A notice has not been sent.
    Unsent,
    /// Work is away from home and may be due to go back.
    Away,
    /// A reminder is due.
    Reminder,
    /// It is its turn.
    Turn,
}

/// Why a target is due at `now`; none when it is not due. `record` is none when the journal could not be read.
#[must_use]
pub fn why(
    target: TargetRef<'_>,
    targets: usize,
    record: Option<&TargetRecord>,
    readings: &Readings,
    now: Timestamp,
) -> Option<Due> {
    let read = |alarm: &String| !readings.unread.contains(alarm);
    let known = target.sides.iter().filter(|side| side.alarms.iter().all(read));
    let states: BTreeMap<&String, State> =
        known.map(|side| (&side.name, state_of(target.policy.quorum, side, &readings.now))).collect();
    let unhealthy: BTreeSet<&String> =
        states.iter().filter(|(_, state)| **state == State::Unhealthy).map(|(name, _)| *name).collect();
    let turn = is_turn(&target.policy.name, cycle(targets), now).then_some(Due::Turn);
    let Some(record) = record else {
        return if unhealthy.is_empty() { turn } else { Some(Due::HealthChanged) };
    };
    let memory = &record.memory;
    let unhealthy_before: BTreeSet<&String> = memory.unhealthy.iter().filter(|name| states.contains_key(name)).collect();
    let recovered = memory.unhealthy_since.keys().any(|name| states.get(name) == Some(&State::Healthy));
    let died = record.interrupted().is_some() && record.held_at(now).is_none();
    let may_go_home = unhealthy.is_empty() || matches!(target.policy.failback, Failback::Automatic { .. });
    let reasons = [
        (memory.open.is_some() || memory.died.is_some() || died, Due::Unfinished),
        (unhealthy != unhealthy_before || recovered, Due::HealthChanged),
        (!memory.unsent.is_empty() || record.new_stop().is_some(), Due::Unsent),
        (!memory.away.is_empty() && may_go_home, Due::Away),
        (is_reminder_due(target.policy, memory, now), Due::Reminder),
    ];
    reasons.into_iter().find_map(|(holds, due)| holds.then_some(due)).or(turn)
}

/// Whether a reminder of a pause, its end, or an unacknowledged crossover is due.
#[must_use]
pub fn is_reminder_due(policy: &Policy, memory: &Memory, now: Timestamp) -> bool {
    let of_pause = |pause: &Pause| is_due(pause.remind, PAUSE_REMINDER, now) || !pause.lasts(now);
    memory.pause.as_ref().is_some_and(of_pause) || memory.reviews.values().any(|due| is_due(*due, policy.review, now))
}

/// The time until each of this number of targets has had its turn.
fn cycle(targets: usize) -> Duration {
    Duration::from_secs(60 * targets.div_ceil(TURNS_A_SWEEP).max(1) as u64)
}
