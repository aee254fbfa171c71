//! What the journal remembers of a target.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{crossover::Crossover, decision::Held, notice::Notice, trigger::Command};

/// The right to act on a target. Writing it is also writing the intent: should its holder die, the
/// next one finds here which crossover was under way, by which command, and takes it up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The invocation that holds it.
    pub holder: String,
    /// When it was taken.
    pub taken: Timestamp,
    /// Its end: the holder's Lambda deadline.
    pub until: Timestamp,
    /// The id of the crossover that it is taken for, should there be one.
    pub crossover_id: String,
    /// What woke the holder.
    pub trigger: String,
    /// The manual command that it carries out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Command>,
}

/// A target's record: the lease with its epoch, and the memory.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TargetRecord {
    /// Counts the leases ever taken; 0 for none.
    pub epoch: u64,
    /// The last lease.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
    /// When the last lease was given back; none while it is held, or when its holder died.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<Timestamp>,
    /// The lease before the last one, if that was never given back either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Lease>,
    /// The memory.
    #[serde(default)]
    pub memory: Memory,
}

impl TargetRecord {
    /// The lease that is in force at `now`.
    #[must_use]
    pub fn held_at(&self, now: Timestamp) -> Option<&Lease> {
        self.lease.as_ref().filter(|lease| self.released.is_none() && now < lease.until)
    }

    /// The lease of a holder that never gave it back.
    #[must_use]
    pub fn interrupted(&self) -> Option<&Lease> {
        self.lease.as_ref().filter(|_| self.released.is_none())
    }

    /// When the last holder was surely done with the target.
    #[must_use]
    pub fn quiet_since(&self) -> Option<Timestamp> {
        self.released.or_else(|| self.lease.as_ref().map(|lease| lease.until))
    }
}

/// What is known of a target beyond what can be observed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// Each resource that a recorded crossover moved from its home, and where it serves.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub away: BTreeMap<String, String>,
    /// The standing wish of an operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent: Option<Intent>,
    /// The last automatic failover, which blocks the next one for a while.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_automatic: Option<Automatic>,
    /// The crossover that is not finished yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<Crossover>,
    /// When each reason to hold back was last told, so that it is not told every minute.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub held: BTreeMap<Held, Timestamp>,
    /// Sides of which it was told that they are ready to take their work back, and when.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub ready: BTreeMap<String, Timestamp>,
    /// The last epoch whose holder wrote down how it ended: one that then died has left nothing undone.
    pub finished: u64,
    /// Notices that could not be sent yet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unsent: Vec<Notice>,
}

impl Memory {
    /// Whether a crossover, recorded or still open, has moved a resource to this place.
    #[must_use]
    pub fn moved(&self, resource: &str, to: &str) -> bool {
        let open = self.open.iter().flat_map(|open| &open.steps);
        self.away.get(resource).is_some_and(|at| at == to)
            || open.map(|step| &step.card).any(|card| card.resource == resource && card.to == to)
    }

    /// Without what can grow long: the steps of what is open, and all notices but the latest.
    #[must_use]
    pub fn without_lists(&self) -> Self {
        let mut slim = self.clone();
        if let Some(open) = &mut slim.open {
            open.steps.clear();
        }
        let surplus = slim.unsent.len().saturating_sub(1);
        slim.unsent.drain(..surplus);
        slim
    }
}

/// A side that an operator wants nothing to run on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// The side.
    pub away_from: String,
    /// Who wants it.
    pub operator: String,
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
}

/// An automatic failover.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Automatic {
    /// Its crossover.
    pub crossover_id: String,
    /// When it was decided.
    pub at: Timestamp,
    /// The sides that were left.
    pub left: BTreeSet<String>,
}
