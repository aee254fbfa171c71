//! Guards: the rules that may hold a crossover. Pure.
//!
//! They apply in this order: the mode and pauses; the current alarms and the quorum ([`crate::health`]); the number of
//! healthy sides and the share of unhealthy targets; the block; the lease (the first call of a reconcile); whether a side
//! can serve (each kind's `decide`).

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};

use crate::{
    alarm::{AlarmState, Muted},
    correlation::CorrelatedFailures,
    decision::Requirements,
    direction::Direction,
    error::CloudError,
    health::{Health, Readings, SideHealth, State},
    hold::{Held, Hold},
    journal::{Automatic, Memory},
    pause::{Action, Pause},
    text::{list, short},
    time::within,
    topology::{Mode, Policy, Side},
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

/// Holds an action while the target, or everything, is paused to that extent.
#[must_use]
pub fn paused(
    target: Option<&Pause>,
    everything: Option<&Pause>,
    action: Action,
    it_would: &str,
    now: Timestamp,
) -> Option<Hold> {
    let (what, pause) = [(ALL, everything), ("", target)]
        .into_iter()
        .find_map(|(what, pause)| Some((what, pause.filter(|pause| pause.lasts(now) && pause.extent.holds(action))?)))?;
    Some(Hold { why: Held::Paused, text: format!("{}; it would {it_would}", describe_pause(what, pause)) })
}

/// Holds a step that cannot be undone while it is not known whether the target, or everything, is paused.
#[must_use]
pub fn pause_unread(error: &CloudError, it_would: &str) -> Hold {
    let what = "it cannot be undone, and whether it is paused could not be read";
    Hold { why: Held::PauseUnread, text: format!("{what}: {error}; it would {it_would}") }
}

/// What is paused, where that is everything.
pub const ALL: &str = "everything is ";

/// Describes a pause; `what` is [`ALL`], or empty for the target.
#[must_use]
pub fn describe_pause(what: &str, pause: &Pause) -> String {
    let paused = if pause.extent.holds(Action::Order) { "stopped" } else { "paused" };
    let until = pause.until.map_or_else(String::new, |until| format!(" until {}", short(until)));
    format!("{what}{paused} since {}{until} by {}: {}", short(pause.since), pause.operator, pause.reason)
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
            list(failures.locations.iter().map(String::as_str), 5),
            policy.max_sick_share
        ),
    })
}

/// Holds a plan that can't be undone if missing data is the only evidence against the sides that it leaves (`left`), and the
/// service itself reports them as able to serve (`available`): then nothing but the monitoring may have failed.
#[must_use]
pub fn only_missing_data(
    policy: &Policy,
    health: &Health,
    available: &BTreeSet<String>,
    left: &BTreeSet<String>,
    it_would: &str,
) -> Option<Hold> {
    let unhealthy =
        || left.iter().filter_map(|side| Some((side, health.get(side)?))).filter(|(_, at)| at.state == State::Unhealthy);
    let contradicted = |(side, health): (&String, &SideHealth)| health.is_without_data && available.contains(side);
    let first = unhealthy().next()?.0;
    unhealthy().all(contradicted).then(|| {
        let sides: Vec<String> = unhealthy().map(|(side, health)| format!("{side} ({})", health.evidence)).collect();
        let anyway = format!("crossover failover {} --away-from {first} --accept-data-loss --reason WHY", policy.name);
        Hold {
            why: Held::MissingData,
            text: format!(
                "missing data is the only evidence against {}, and its service reports it as available; it would move {it_would}, \
                 which cannot be undone. To fail over anyway: {anyway}",
                sides.join(", ")
            ),
        }
    })
}

/// Holds an automatic plan if every failed side that it leaves (`left`) is unhealthy only because of muted alarms. If it could not
/// be read which are muted, it holds only a plan that can't be undone.
#[must_use]
pub fn muted(
    policy: &Policy,
    left: &[&Side],
    readings: &Readings,
    muted: &Result<Muted, CloudError>,
    is_one_way: bool,
    it_would: &str,
) -> Option<Hold> {
    let first = left.first()?;
    let anyway = format!("To fail over anyway: crossover failover {} --away-from {} --reason WHY", policy.name, first.name);
    let hold = |what: String| Hold { why: Held::Muted, text: format!("{what}; it would move {it_would}. {anyway}") };
    let muted = match muted {
        Ok(muted) => muted,
        Err(error) => return is_one_way.then(|| hold(format!("whether its alarms are muted could not be read: {error}"))),
    };
    let fires = |alarm: &&String| readings.now.get(*alarm).is_none_or(|reading| reading.evidence() == AlarmState::Alarm);
    let heard = |side: &&Side| side.alarms.iter().filter(fires).filter(|alarm| !muted.contains_key(*alarm)).count();
    left.iter().all(|side| heard(side) < policy.quorum).then(|| {
        let alarms = left.iter().flat_map(|side| &side.alarms).filter(fires);
        let by_rule = alarms.filter_map(|alarm| Some(format!("{alarm} (by the rule {})", muted.get(alarm)?)));
        hold(format!("the actions of these alarms are muted: {}", by_rule.collect::<Vec<_>>().join(", ")))
    })
}

/// Holds a plan that can't be undone while `principal` may not make these calls of it: by action, the resources with the reason.
#[must_use]
pub fn not_allowed(principal: &str, denied: &BTreeMap<&str, BTreeMap<String, String>>, it_would: &str) -> Hold {
    let one = |(action, on): (&&str, &BTreeMap<String, String>)| {
        let why: BTreeSet<&str> = on.values().map(String::as_str).collect();
        let why = why.into_iter().collect::<Vec<_>>().join(", ");
        format!("{action} on {} ({why})", list(on.keys().map(String::as_str), 3))
    };
    let calls = denied.iter().map(one).collect::<Vec<_>>().join("; ");
    let text = format!("it cannot be undone, and {principal} may not make every call of it: {calls}; it would {it_would}");
    Hold { why: Held::NotAllowed, text }
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

/// The sides that automatic failovers left whose block lasts, each with when.
#[must_use]
pub fn blocked_sides(policy: &Policy, memory: &Memory, now: Timestamp) -> BTreeMap<String, Timestamp> {
    let last = memory.last_automatic.iter().filter(|last| last.acknowledged.is_none());
    let lasts = |(_, at): &(&String, Timestamp)| within(*at, policy.block, now);
    last.flat_map(Automatic::sides).filter(lasts).map(|(side, at)| (side.clone(), at)).collect()
}

/// Holds an automatic failover during the block, unless it leaves a side for the first time, and for one that was not left either:
/// so a target with three sides survives the loss of two, and alarms that flap don't move work to and fro. What can't be undone is
/// held whatever side it leaves. The sides that the last failover left may still be emptied, as that continues the same failover.
#[must_use]
pub fn blocked(
    policy: &Policy,
    memory: &Memory,
    [left, to]: [&BTreeSet<String>; 2],
    is_one_way: bool,
    it_would: &str,
    now: Timestamp,
) -> Option<Hold> {
    let last = memory.last_automatic.as_ref()?;
    let failing_over = memory.open.as_ref().is_some_and(|open| open.direction == Direction::Failover);
    if failing_over && left.is_subset(&last.left) {
        return None;
    }
    let blocked = blocked_sides(policy, memory, now);
    let is_blocked = |side: &String| blocked.contains_key(side);
    if !is_one_way && !left.iter().all(is_blocked) && !to.iter().any(is_blocked) {
        return None;
    }
    let again = blocked.iter().filter(|(side, _)| is_one_way || left.contains(*side) || to.contains(*side));
    let (side, at) = again.max_by_key(|(_, at)| **at)?;
    let end = at.checked_add(SignedDuration::try_from(policy.block).ok()?).ok()?;
    let by = if last.left.contains(side) { &last.crossover_id } else { "an earlier failover" };
    let text = format!("blocked until {} by {by}, which left {side}; it would move {it_would}", short(end));
    Some(Hold { why: Held::Blocked, text })
}

/// Whether a side is flapping, so that its work must not return automatically.
#[must_use]
pub fn flaps(memory: &Memory, side: &str, now: Timestamp) -> bool {
    memory.turns.get(side).is_some_and(|turns| turns.iter().filter(|at| within(**at, FLAP_TIME, now)).count() >= FLAPS)
}
