//! The rules that may hold a crossover back. Pure.
//!
//! In the order of the design: the mode; the truth now and the quorum ([`crate::health`]); everyone
//! is sick; blocked; the lease (a look's first call); able to serve (each kind's `decide`).

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::{
    decision::{Direction, Held, Hold, Wish},
    health::{Health, State, short},
    journal::Memory,
    topology::{Mode, Policy},
};

/// Holds when sides must be left and none is healthy: then the monitoring may be what broke.
#[must_use]
pub fn everyone_is_sick(health: &Health, wish: &Wish) -> Option<Hold> {
    let sick = !wish.leave.is_empty() && health.values().all(|side| side.state != State::Healthy);
    sick.then(|| {
        let sides: Vec<String> = health.iter().map(|(name, side)| format!("{name} is {}", side.state)).collect();
        Hold { why: Held::EveryoneIsSick, text: format!("no side is healthy: {}", sides.join(", ")) }
    })
}

/// In shadow nothing is done, whatever it is.
#[must_use]
pub fn shadow(mode: Mode, it_would: &str) -> Option<Hold> {
    (mode == Mode::Shadow).then(|| Hold { why: Held::Shadow, text: format!("the mode is shadow; it would {it_would}") })
}

/// Until when the last automatic failover blocks the next automatic crossover.
#[must_use]
pub fn blocked_until(policy: &Policy, memory: &Memory, now: Timestamp) -> Option<Timestamp> {
    let last = memory.last_automatic.as_ref()?;
    let end = last.at.checked_add(SignedDuration::try_from(policy.block).ok()?).ok()?;
    (now < end).then_some(end)
}

/// Holds an automatic failover while the last one blocks it. The sides that the last one left may
/// still be emptied: that is the same failover, going on.
#[must_use]
pub fn blocked(policy: &Policy, memory: &Memory, left: &BTreeSet<String>, it_would: &str, now: Timestamp) -> Option<Hold> {
    let end = blocked_until(policy, memory, now)?;
    let last = memory.last_automatic.as_ref()?;
    let failing_over = memory.open.as_ref().is_some_and(|open| open.direction == Direction::Failover);
    let goes_on = failing_over && left.is_subset(&last.left);
    (!goes_on).then(|| Hold {
        why: Held::Blocked,
        text: format!("blocked until {} by {}; it would move {it_would}", short(end), last.crossover_id),
    })
}
