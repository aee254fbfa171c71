//! How a target stands, for a person who asks.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    crossover::Crossover,
    decision::{Decision, Verdict},
    guard,
    health::Health,
    journal::{Intent, Lease, Memory},
    pause::Pause,
    text::short,
    topology::{Failback, Mode, Policy},
};

/// How a target stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// The mode in force.
    pub mode: Mode,
    /// How many resources each side serves; empty when that could not be read.
    #[serde(default)]
    pub serving: BTreeMap<String, usize>,
    /// Resources that are away from home, and where they serve.
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
    /// Where an operator keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<Intent>,
    /// Until when the last automatic failover blocks the next one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked_until: Option<Timestamp>,
    /// Who is at work on it now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
    /// The crossover that is not finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<Crossover>,
    /// Sides that flap.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub flapping: BTreeSet<String>,
    /// Sides that could have their work back.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub ready: BTreeSet<String>,
    /// Crossovers that nobody has looked at, and when somebody should have.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reviews: BTreeMap<String, Timestamp>,
    /// Notices that could not be sent yet.
    #[serde(default)]
    pub unsent: usize,
    /// Their ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unsent_ids: Vec<String>,
    /// What comes next by itself, in words.
    #[serde(default)]
    pub next: Vec<String>,
}

/// What a status is made of, besides the decision.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// What is remembered of the target.
    pub memory: &'a Memory,
    /// What is remembered of everything.
    pub everything: &'a Memory,
    /// The health of its sides.
    pub health: &'a Health,
}

impl Status {
    /// How a target stands at `now`.
    #[must_use]
    pub fn new<S>(
        mode: Mode,
        policy: &Policy,
        known: Standing<'_>,
        decision: Option<&Decision<S>>,
        lease: Option<Lease>,
        now: Timestamp,
    ) -> Self {
        let memory = known.memory;
        let lasting = |pause: &Option<Pause>| pause.clone().filter(|pause| pause.lasts(now));
        let flapping = memory.turns.keys().filter(|side| guard::flaps(memory, side, now)).cloned().collect();
        let mut status = Self {
            mode,
            serving: decision.map(|decision| decision.serving.clone()).unwrap_or_default(),
            away: decision.map_or(&memory.away, |decision| &decision.away).clone(),
            since: memory.changed,
            pause: lasting(&memory.pause),
            everything_paused: lasting(&known.everything.pause),
            intent: memory.intent.clone(),
            blocked_until: guard::blocked_until(policy, memory, now),
            lease,
            open: memory.open.clone(),
            flapping,
            ready: decision.map(|decision| decision.ready.clone()).unwrap_or_default(),
            reviews: memory.reviews.clone(),
            unsent: memory.unsent.len(),
            unsent_ids: memory.unsent.iter().map(|notice| notice.id.clone()).collect(),
            next: Vec::new(),
        };
        status.next = status.coming(policy, known, decision);
        status
    }

    /// What comes next by itself, the soonest first.
    fn coming<S>(&self, policy: &Policy, known: Standing<'_>, decision: Option<&Decision<S>>) -> Vec<String> {
        let mut next = Vec::new();
        match decision.map(|decision| &decision.verdict) {
            Some(Verdict::CrossOver(plan)) => next.push(format!("the next reconcile would move {}", plan.reason)),
            Some(Verdict::Hold(hold)) => next.push(format!("held: {}", hold.text)),
            Some(Verdict::Settled(_)) | None => {}
        }
        if self.unsent > 0 {
            let notices = if self.unsent == 1 { "1 notice".to_owned() } else { format!("{} notices", self.unsent) };
            next.push(format!("the next reconcile sends {notices} that could not be sent"));
        }
        if let (Failback::Automatic { stable_for }, false) = (policy.failback, self.away.is_empty()) {
            for side in &self.ready {
                let stable = known.health.get(side).map_or(stable_for, |health| health.stable);
                let left = stable_for.saturating_sub(stable).as_secs();
                let hours = policy.window.map_or_else(String::new, |window| format!(", within {window}"));
                next.push(format!("work returns to {side} once it has been healthy for {left} s more{hours}"));
            }
        }
        let pauses = [("the pause", &self.pause), ("the pause of everything", &self.everything_paused)];
        let ends = pauses.into_iter().filter_map(|(what, pause)| Some((what, pause.as_ref()?.until?)));
        next.extend(ends.map(|(what, until)| format!("{what} ends at {}", short(until))));
        next.extend(self.blocked_until.map(|until| format!("automatic crossovers are possible again at {}", short(until))));
        next.extend(self.reviews.iter().map(|(id, due)| format!("a reminder of {id} is sent at {}", short(*due))));
        next
    }
}
