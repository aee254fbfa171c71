//! Which targets a sweep has to look at. Pure.

use std::{collections::BTreeSet, time::Duration};

use jiff::Timestamp;

use crate::{
    correlation::TargetRef,
    hash::fnv1a,
    health::{Readings, State, state_of},
    journal::{Memory, TargetRecord},
    pause::{PAUSE_REMINDER, Pause},
    time::is_due,
    topology::{Failback, Policy},
};

/// So many targets have their turn in one sweep, whatever their alarms say: somebody may have moved
/// something. What EC2 lets be read in a minute allows for them (20 calls a second).
const TURNS_A_SWEEP: usize = 100;

/// Why a target is looked at, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// A crossover is open, or an invocation died over one.
    Unfinished,
    /// The health of its sides is not what it was when nothing was left to do.
    HealthChanged,
    /// A notice has not been sent.
    Untold,
    /// Work is away from home and may be due to go back.
    Away,
    /// People are to be reminded of something.
    Reminder,
    /// It is its turn.
    Turn,
}

/// Why one of `targets` is due at `now`; none when it can be left alone. `record` is none when the
/// journal could not be read.
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
    let known: BTreeSet<&String> = known.map(|side| &side.name).collect();
    let unhealthy = |name: &str| {
        let side = target.sides.iter().find(|side| side.name == name);
        side.is_some_and(|side| state_of(target.policy.quorum, side, &readings.now) == State::Unhealthy)
    };
    let sick: BTreeSet<&String> = known.iter().copied().filter(|name| unhealthy(name)).collect();
    let turn = is_turn(&target.policy.name, cycle(targets), now).then_some(Due::Turn);
    let Some(record) = record else {
        return if sick.is_empty() { turn } else { Some(Due::HealthChanged) };
    };
    let memory = &record.memory;
    let sick_before: BTreeSet<&String> = memory.sick.iter().filter(|name| known.contains(name)).collect();
    let died = record.interrupted().is_some() && record.held_at(now).is_none();
    let may_go_home = sick.is_empty() || matches!(target.policy.failback, Failback::Automatic { .. });
    let reasons = [
        (memory.open.is_some() || memory.died.is_some() || died, Due::Unfinished),
        (sick != sick_before, Due::HealthChanged),
        (!memory.unsent.is_empty(), Due::Untold),
        (!memory.away.is_empty() && may_go_home, Due::Away),
        (is_reminder_due(target.policy, memory, now), Due::Reminder),
    ];
    reasons.into_iter().find_map(|(holds, due)| holds.then_some(due)).or(turn)
}

/// Whether people are to be reminded of a pause that lasts or is over, or of a crossover that nobody
/// has looked at.
#[must_use]
pub fn is_reminder_due(policy: &Policy, memory: &Memory, now: Timestamp) -> bool {
    let of_pause = |pause: &Pause| is_due(pause.remind, PAUSE_REMINDER, now) || !pause.lasts(now);
    memory.pause.as_ref().is_some_and(of_pause) || memory.reviews.values().any(|due| is_due(*due, policy.review, now))
}

/// Whether it is a target's turn, which comes once in each `cycle`: not all of them in the same minute.
#[must_use]
pub fn is_turn(name: &str, cycle: Duration, now: Timestamp) -> bool {
    let minutes = (cycle.as_secs() / 60).max(1);
    fnv1a(name.bytes()) % minutes == now.as_second().unsigned_abs() / 60 % minutes
}

/// How long it takes until each of so many targets has had its turn.
fn cycle(targets: usize) -> Duration {
    Duration::from_secs(60 * targets.div_ceil(TURNS_A_SWEEP).max(1) as u64)
}
