//! The status of a target.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    alarm::Muted,
    crossover::Crossover,
    decision::Decision,
    forecast::Forecast,
    guard,
    health::Health,
    journal::{Intent, Lease, Memory},
    pause::Pause,
    text::short,
    topology::{Failback, Mode, Policy},
};

/// The status of a target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// The effective mode.
    pub mode: Mode,
    /// The number of resources that each side serves; empty when they could not be read.
    #[serde(default)]
    pub serving: BTreeMap<String, usize>,
    /// The resources that are away from home, each with its location.
    #[serde(default)]
    pub away: BTreeMap<String, String>,
    /// When work was last moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// The pause of the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<Pause>,
    /// The pause of everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub everything_paused: Option<Pause>,
    /// The operator's intent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<Intent>,
    /// The end of the block by the last automatic failover.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked_until: Option<Timestamp>,
    /// The current holder of the lease.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
    /// The open crossover.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<Crossover>,
    /// The flapping sides.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub flapping: BTreeSet<String>,
    /// The alarms whose actions are muted now, each with the rule that mutes it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub muted: Muted,
    /// The sides that are ready for a failback.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub ready: BTreeSet<String>,
    /// The crossovers that are not acknowledged, each with its due time.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reviews: BTreeMap<String, Timestamp>,
    /// The number of notices that could not be sent yet.
    #[serde(default)]
    pub unsent: usize,
    /// Their ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unsent_ids: Vec<String>,
    /// The next automatic actions.
    #[serde(default)]
    pub next: Vec<String>,
}

/// The inputs of a status, besides the decision.
#[derive(Debug, Clone, Copy)]
pub struct StatusInput<'a> {
    /// The memory of the target.
    pub memory: &'a Memory,
    /// The memory of everything.
    pub everything: &'a Memory,
    /// The health of its sides.
    pub health: &'a Health,
}

impl Status {
    /// The status of a target at `now`.
    #[must_use]
    pub fn new<S>(
        mode: Mode,
        policy: &Policy,
        input: StatusInput<'_>,
        decision: Option<&Decision<S>>,
        forecast: Option<&Forecast>,
        lease: Option<Lease>,
        now: Timestamp,
    ) -> Self {
        let memory = input.memory;
        let lasting = |pause: &Option<Pause>| pause.clone().filter(|pause| pause.lasts(now));
        let flapping = memory.turns.keys().filter(|side| guard::flaps(memory, side, now)).cloned().collect();
        let mut status = Self {
            mode,
            serving: decision.map(|decision| decision.serving.clone()).unwrap_or_default(),
            away: decision.map_or(&memory.away, |decision| &decision.away).clone(),
            since: memory.changed,
            pause: lasting(&memory.pause),
            everything_paused: lasting(&input.everything.pause),
            intent: memory.intent.clone(),
            blocked_until: guard::blocked_until(policy, memory, now),
            lease,
            open: memory.open.clone(),
            flapping,
            muted: Muted::new(),
            ready: decision.map(|decision| decision.ready.clone()).unwrap_or_default(),
            reviews: memory.reviews.clone(),
            unsent: memory.unsent.len(),
            unsent_ids: memory.unsent.iter().map(|notice| notice.id.clone()).collect(),
            next: Vec::new(),
        };
        status.next = status.coming(policy, input, forecast);
        status
    }

    /// The next automatic actions, the soonest first.
    fn coming(&self, policy: &Policy, input: StatusInput<'_>, forecast: Option<&Forecast>) -> Vec<String> {
        let mut next = Vec::new();
        match forecast {
            Some(Forecast::CrossOver { what }) => next.push(format!("the next reconcile would move {what}")),
            Some(Forecast::Hold { what, .. }) => next.push(format!("held: {what}")),
            Some(Forecast::Stay { .. } | Forecast::Other) | None => {}
        }
        if self.unsent > 0 {
            let notices = if self.unsent == 1 { "1 notice".to_owned() } else { format!("{} notices", self.unsent) };
            next.push(format!("the next reconcile sends {notices} that could not be sent"));
        }
        if let (Failback::Automatic { stable_for }, false) = (policy.failback, self.away.is_empty()) {
            for side in &self.ready {
                let stable = input.health.get(side).map_or(stable_for, |health| health.stable);
                let left = stable_for.saturating_sub(stable).as_secs();
                let hours = policy.window.map_or_else(String::new, |window| format!(", within {window}"));
                next.push(format!("work returns to {side} once it has been healthy for {left} s more{hours}"));
            }
        }
        let pauses = [("the pause", &self.pause), ("the pause of everything", &self.everything_paused)];
        let ends = pauses.into_iter().filter_map(|(what, pause)| Some((what, pause.as_ref()?.until?)));
        next.extend(ends.map(|(what, until)| format!("{what} ends at {}", short(until))));
        next.extend(self.blocked_until.map(|until| {
            format!("until {}, no side is left twice automatically, and nothing fails back automatically", short(until))
        }));
        next.extend(self.reviews.iter().map(|(id, due)| format!("a reminder of {id} is sent at {}", short(*due))));
        next
    }
}
