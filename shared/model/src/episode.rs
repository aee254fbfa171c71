//! Episodes: which holds a notice has reported, so that each is reported once an hour, and a new one at once. Pure.

use std::{collections::BTreeSet, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    health::{Health, State, unhealthy},
    hold::Held,
    later::Rest,
    time::within,
};

/// The interval after which a notice of the same episode is repeated.
pub const NOTIFY_AGAIN: Duration = Duration::from_hours(1);

/// A hold of one class, for one set of sides that are not healthy. It ends when one of them is healthy again, or the target
/// is settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Episode {
    /// The class of the hold.
    #[serde(rename = "held")]
    pub why: Held,
    /// The sides that it concerns.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub sides: BTreeSet<String>,
    /// Those of them that were reported only as in doubt.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub in_doubt: BTreeSet<String>,
    /// When a notice last reported it.
    pub at: Timestamp,
    /// The fields of a later version.
    #[serde(flatten)]
    pub rest: Rest,
}

impl Episode {
    /// Whether it is a reminder or an error, which may come and go while the target is settled.
    fn outlasts_settling(&self) -> bool {
        matches!(self.why, Held::Flaps | Held::Unreadable)
    }

    /// Whether a side has been healthy since: it is, or it turned unhealthy later, as no reconcile may have seen it healthy. A side
    /// that can't serve is not healthy, whatever its alarms say.
    fn is_over(&self, health: &Health, cannot_serve: &BTreeSet<String>) -> bool {
        let state = |side: &String| health.get(side).map_or(State::Unknown, |side| side.state);
        let recovered = |side: &String| match self.why {
            _ if cannot_serve.contains(side) => false,
            Held::CannotServe => state(side) != State::Unhealthy,
            _ => state(side) == State::Healthy,
        };
        self.why != Held::Flaps && (self.sides.iter().any(recovered) || has_turned_since(&self.sides, health, self.at))
    }
}

/// Whether one of these sides turned unhealthy after `at`.
#[must_use]
pub fn has_turned_since(sides: &BTreeSet<String>, health: &Health, at: Timestamp) -> bool {
    sides.iter().any(|side| health.get(side).is_some_and(|side| side.turned.is_some_and(|turned| turned > at)))
}

/// The sides that a hold concerns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Concerned {
    /// All of them.
    pub sides: BTreeSet<String>,
    /// Those that are not known to be unhealthy.
    pub in_doubt: BTreeSet<String>,
}

impl From<BTreeSet<String>> for Concerned {
    fn from(sides: BTreeSet<String>) -> Self {
        Self { sides, in_doubt: BTreeSet::new() }
    }
}

/// The sides that are unhealthy or can't serve, and the one to leave if it is not known to be healthy.
#[must_use]
pub fn concerned(health: &Health, cannot_serve: &BTreeSet<String>, leaving: Option<&String>) -> Concerned {
    let mut sides = unhealthy(health);
    sides.extend(cannot_serve.iter().cloned());
    let is_in_doubt =
        |side: &&String| !sides.contains(*side) && health.get(*side).is_some_and(|health| health.state != State::Healthy);
    let in_doubt: BTreeSet<String> = leaving.filter(is_in_doubt).cloned().into_iter().collect();
    sides.extend(in_doubt.iter().cloned());
    Concerned { sides, in_doubt }
}

/// Forgets the episodes that are over, of a target of which it was just read which sides can't serve.
pub fn end_episodes(episodes: &mut Vec<Episode>, health: &Health, cannot_serve: &BTreeSet<String>, now: Timestamp) {
    episodes.retain(|episode| within(episode.at, NOTIFY_AGAIN, now) && !episode.is_over(health, cannot_serve));
}

/// Forgets the episodes that are over because the target is settled.
pub fn settle_episodes(episodes: &mut Vec<Episode>) {
    episodes.retain(Episode::outlasts_settling);
}

/// Whether this hold is to be reported now; marks it as reported. It is news that a side is unhealthy which was in doubt.
pub fn is_due(episodes: &mut Vec<Episode>, why: Held, concerned: Concerned, now: Timestamp) -> bool {
    let Concerned { sides, in_doubt } = concerned;
    let is_same = |episode: &Episode| episode.why == why && episode.sides == sides;
    let lasts = |episode: &Episode| within(episode.at, NOTIFY_AGAIN, now) && episode.in_doubt.is_subset(&in_doubt);
    let known = episodes.iter().any(|episode| is_same(episode) && lasts(episode));
    if !known {
        episodes.retain(|episode| !is_same(episode));
        episodes.push(Episode { why, sides, in_doubt, at: now, rest: Rest::new() });
    }
    !known
}
