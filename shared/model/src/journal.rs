//! What the journal remembers of a target.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    crossover::Crossover,
    findings_diff::Checked,
    hold::Held,
    later::Format,
    notice::Notice,
    pause::Pause,
    timeline::Timeline,
    trigger::{Aim, Order},
};

/// A lease that ends later than this from now was written by a clock that is wrong: a Lambda
/// function lives for at most 15 minutes.
pub const LONGEST_LEASE: Duration = Duration::from_mins(16);

/// So many steps never fill an item of the journal.
const FEW_STEPS: usize = 20;

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
    /// The order that it carries out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
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
        let holds = |lease: &&Lease| now < lease.until && lease.until <= now + LONGEST_LEASE;
        self.lease.as_ref().filter(|_| self.released.is_none()).filter(holds)
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
    /// The version of its format.
    #[serde(default = "Format::before")]
    pub v: Format,
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
    /// A person's pause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause: Option<Pause>,
    /// Crossovers that nobody asked for and nobody has acknowledged yet, and when somebody should have.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub reviews: BTreeMap<String, Timestamp>,
    /// The sides that were unhealthy when nothing was left to do: while these are the same, nothing is.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub sick: BTreeSet<String>,
    /// When each side turned unhealthy of late, to know one that flaps.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub turns: BTreeMap<String, Vec<Timestamp>>,
    /// When work was last moved: what an event from before that says is old news.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<Timestamp>,
    /// The lease of an invocation that died, found by one that could not see to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub died: Option<Lease>,
    /// When each reason to hold back was last told, so that it is not told every minute.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub held: BTreeMap<Held, Timestamp>,
    /// Sides of which it was told that they are ready to take their work back, and when.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub ready: BTreeMap<String, Timestamp>,
    /// The last epoch whose holder wrote down how it ended: one that then died has left nothing undone.
    pub finished: u64,
    /// What people were told of the last check; in the record of checks alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked: Option<Checked>,
    /// Notices that could not be sent yet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unsent: Vec<Notice>,
}

impl Memory {
    /// Whose wish the present one took the place of is told.
    pub fn told_instead_of(&mut self) {
        if let Some(intent) = &mut self.intent {
            intent.instead_of = None;
        }
    }

    /// The resources that a crossover, recorded or still open, has moved, each with the place.
    #[must_use]
    pub fn moved(&self) -> BTreeSet<(&str, &str)> {
        let open = self.open.iter().flat_map(|open| &open.steps).map(|step| (step.card.resource.as_str(), step.card.to.as_str()));
        self.away.iter().map(|(resource, at)| (resource.as_str(), at.as_str())).chain(open).collect()
    }

    /// Without what can grow long: the story and the steps of what is open, and those of the notices. A few steps are
    /// kept: who was chosen for what can't be taken back stands there alone.
    #[must_use]
    pub fn without_lists(&self) -> Self {
        let mut slim = self.clone();
        if let Some(open) = &mut slim.open {
            open.story = Timeline::default();
            if open.steps.len() > FEW_STEPS {
                open.steps.clear();
            }
        }
        for notice in &mut slim.unsent {
            notice.steps.clear();
            notice.found.clear();
        }
        slim
    }
}

/// Where an operator wants work to be, or not to be, until it is released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// The sides that are to be empty.
    pub aim: Aim,
    /// Who wants it.
    pub operator: String,
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// Whose it took the place of, in words, until that is told: whoever goes on with the order after a death tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<String>,
}

impl Intent {
    /// Where it keeps work, in words.
    #[must_use]
    pub fn place(&self) -> String {
        match &self.aim {
            Aim::AwayFrom(side) => format!("away from {side}"),
            aim => aim.to_string().replacen("to ", "at ", 1),
        }
    }
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
    /// Who has looked at it, so that it no longer blocks the next one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<String>,
}
