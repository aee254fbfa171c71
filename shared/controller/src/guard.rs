//! The rules that may hold a crossover back. Pure.
//!
//! In the order of the design: the mode; the truth now and the quorum ([`crate::health`]); everyone
//! is sick; blocked; the lease ([`crate::look`]); able to serve (each kind's `decide`).

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::{
    decision::{Held, Hold, Wish},
    health::{Health, State, short},
    journal::Memory,
    topology::{Mode, Policy},
};

/// A crossover that the guards judge.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The mode in force.
    pub mode: Mode,
    /// The target's policy.
    pub policy: &'a Policy,
    /// What the journal remembers.
    pub memory: &'a Memory,
    /// The sides that are left; none for a failback.
    pub left: &'a BTreeSet<String>,
    /// Whether no person asked for it.
    pub automatic: bool,
    /// What it would do, in words.
    pub reason: &'a str,
    /// Now.
    pub now: Timestamp,
}

/// Holds when sides must be left and none is healthy: then the monitoring may be what broke.
#[must_use]
pub fn everyone_is_sick(health: &Health, wish: &Wish) -> Option<Hold> {
    let sick = !wish.leave.is_empty() && health.values().all(|side| side.state != State::Healthy);
    sick.then(|| {
        let sides: Vec<String> = health.iter().map(|(name, side)| format!("{name} is {}", side.state)).collect();
        Hold { why: Held::EveryoneIsSick, text: format!("no side is healthy: {}", sides.join(", ")) }
    })
}

/// The first guard that holds a crossover back.
#[must_use]
pub fn hold(wanted: &Wanted<'_>) -> Option<Hold> {
    mode(wanted).or_else(|| blocked(wanted))
}

fn mode(wanted: &Wanted<'_>) -> Option<Hold> {
    (wanted.mode == Mode::Shadow)
        .then(|| Hold { why: Held::Shadow, text: format!("the mode is shadow; it would: {}", wanted.reason) })
}

/// The sides that the last failover left may still be emptied: that is the same crossover, going on.
fn blocked(wanted: &Wanted<'_>) -> Option<Hold> {
    let last = wanted.memory.last_automatic.as_ref().filter(|_| wanted.automatic)?;
    let end = last.at.checked_add(SignedDuration::try_from(wanted.policy.block).ok()?).ok()?;
    let goes_on = !wanted.left.is_empty() && wanted.left.is_subset(&last.left) && wanted.memory.open.is_some();
    (wanted.now < end && !goes_on).then(|| Hold {
        why: Held::Blocked,
        text: format!("blocked until {} by {}; it would: {}", short(end), last.crossover_id, wanted.reason),
    })
}
