//! Guards: the rules that may hold a crossover. Pure.
//!
//! They apply in this order: the mode and pauses; the current alarms and the quorum ([`crate::health`]); the number of
//! healthy sides and the share of unhealthy targets; the block; the lease (the first call of a reconcile); whether a side
//! can serve (each kind's `decide`).

use std::{collections::BTreeSet, time::Duration};

use jiff::{SignedDuration, Timestamp};

use crate::{
    correlation::CorrelatedFailures,
    decision::Requirements,
    direction::Direction,
    health::{Health, SideHealth, State},
    hold::{Held, Hold},
    journal::Memory,
    pause::Pause,
    text::short,
    time::within,
    topology::{Mode, Policy},
};

/// A side that became unhealthy this often within [`FLAP_TIME`] is flapping.
pub const FLAPS: usize = 3;
/// How long a flapping side must stay healthy.
pub const FLAP_TIME: Duration = Duration::from_hours(1);
/// With fewer targets, their share says nothing about the monitoring.
const FEWEST_CORRELATED: usize = 4;

/// Holds every crossover in the mode `shadow`.
#[must_use]
pub fn shadow(mode: Mode, it_would: &str) -> Option<Hold> {
    (mode == Mode::Shadow).then(|| Hold { why: Held::Shadow, text: format!("the mode is shadow; it would {it_would}") })
}

/// Holds automatic crossovers while the target, or everything, is paused.
#[must_use]
pub fn paused(target: Option<&Pause>, everything: Option<&Pause>, it_would: &str, now: Timestamp) -> Option<Hold> {
    let (what, pause) = [("everything is paused", everything), ("paused", target)]
        .into_iter()
        .find_map(|(what, pause)| Some((what, pause.filter(|pause| pause.lasts(now))?)))?;
    Some(Hold { why: Held::Paused, text: format!("{}; it would {it_would}", describe_pause(what, pause)) })
}

/// Describes a pause.
#[must_use]
pub fn describe_pause(what: &str, pause: &Pause) -> String {
    let until = pause.until.map_or_else(String::new, |until| format!(" until {}", short(until)));
    format!("{what} since {}{until} by {}: {}", short(pause.since), pause.operator, pause.reason)
}

/// Holds when sides must be left and too few are healthy, by their alarms or, where the alarms are inconclusive, as the
/// kind observed them (`seen_healthy`). The monitoring itself may have failed.
#[must_use]
pub fn all_sides_unhealthy(
    policy: &Policy,
    health: &Health,
    seen_healthy: &BTreeSet<String>,
    required: &Requirements,
) -> Option<Hold> {
    let is_healthy = |(name, side): &(&String, &SideHealth)| match side.state {
        State::Healthy => true,
        State::Unknown => seen_healthy.contains(*name),
        State::Unhealthy => false,
    };
    let healthy = health.iter().filter(is_healthy).count();
    let unhealthy = !required.leave.is_empty() && !required.force && healthy < policy.min_healthy;
    unhealthy.then(|| {
        let sides: Vec<String> = health.iter().map(|(name, side)| format!("{name} is {}", side.state)).collect();
        let how_many = match healthy {
            0 => "no side is healthy".to_owned(),
            few => format!("only {few} healthy, and min_healthy is {}", policy.min_healthy),
        };
        Hold { why: Held::AllSidesUnhealthy, text: format!("{how_many}: {}", sides.join(", ")) }
    })
}

/// Holds when more than the configured share of all targets is unhealthy at once, in more than one location. The loss of a
/// single zone or Region makes many targets unhealthy, and is what failover is for.
#[must_use]
pub fn too_many_unhealthy(policy: &Policy, failures: &CorrelatedFailures) -> Option<Hold> {
    #[expect(clippy::cast_precision_loss, reason = "a topology has fewer targets than an f64 counts exactly")]
    let too_many = failures.unhealthy as f64 > policy.max_sick_share * failures.targets as f64;
    (failures.targets >= FEWEST_CORRELATED && too_many && failures.locations.len() > 1).then(|| Hold {
        why: Held::TooManyTargetsUnhealthy,
        text: format!(
            "{} of {} targets are unhealthy at once, in {}: more than max_sick_share = {}, so the monitoring itself may have failed",
            failures.unhealthy,
            failures.targets,
            crate::text::list(failures.locations.iter().map(String::as_str), 5),
            policy.max_sick_share
        ),
    })
}

/// Holds a switchover unless every side is healthy.
#[must_use]
pub fn not_healthy(health: &Health) -> Option<Hold> {
    let not_healthy = health.iter().filter(|(_, side)| side.state != State::Healthy);
    let sides: Vec<String> = not_healthy.map(|(name, side)| format!("{name} is {} ({})", side.state, side.evidence)).collect();
    (!sides.is_empty()).then(|| Hold {
        why: Held::NotHealthy,
        text: format!("a switchover requires every side to be healthy, and {}; a failover does not", sides.join(", ")),
    })
}

/// The end of the block by the last automatic failover.
#[must_use]
pub fn blocked_until(policy: &Policy, memory: &Memory, now: Timestamp) -> Option<Timestamp> {
    let last = memory.last_automatic.as_ref().filter(|last| last.acknowledged.is_none())?;
    let end = last.at.checked_add(SignedDuration::try_from(policy.block).ok()?).ok()?;
    within(last.at, policy.block, now).then_some(end)
}

/// Holds an automatic failover during the block. The sides that the last failover left may still be emptied, as that
/// continues the same failover.
#[must_use]
pub fn blocked(policy: &Policy, memory: &Memory, left: &BTreeSet<String>, it_would: &str, now: Timestamp) -> Option<Hold> {
    let end = blocked_until(policy, memory, now)?;
    let last = memory.last_automatic.as_ref()?;
    let failing_over = memory.open.as_ref().is_some_and(|open| open.direction == Direction::Failover);
    let continues = failing_over && left.is_subset(&last.left);
    (!continues).then(|| Hold {
        why: Held::Blocked,
        text: format!("blocked until {} by {}; it would move {it_would}", short(end), last.crossover_id),
    })
}

/// Whether a side is flapping, so that its work must not return automatically.
#[must_use]
pub fn flaps(memory: &Memory, side: &str, now: Timestamp) -> bool {
    memory.turns.get(side).is_some_and(|turns| turns.iter().filter(|at| within(**at, FLAP_TIME, now)).count() >= FLAPS)
}
