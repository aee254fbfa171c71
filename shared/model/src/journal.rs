//! The journal's records of a target.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    crossover::Crossover,
    episode::Episode,
    findings_diff::Checked,
    half_done::HalfDone,
    hold::Held,
    known_targets::KnownTargets,
    later::{Format, Rest},
    notice::Notice,
    pause::Pause,
    stop::Stop,
    timeline::Timeline,
    trigger::{Aim, Order},
};

/// A lease that ends later than this from now was written by a wrong clock: an invocation lasts at most 15 minutes.
pub const LONGEST_LEASE: Duration = Duration::from_mins(16);

/// This many steps always fit into an item of the journal.
const FEW_STEPS: usize = 20;

/// The right to act on a target. It also records what the holder intends: if the holder dies, the next invocation finds
/// the crossover and its command here and continues it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The invocation that holds it.
    pub holder: String,
    /// When it was acquired.
    pub taken: Timestamp,
    /// Its end: the deadline of the holder's invocation.
    pub until: Timestamp,
    /// The id of the crossover that it is acquired for, if there is one.
    pub crossover_id: String,
    /// The trigger of the holder.
    pub trigger: String,
    /// The order that the holder executes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// The fields of a later version.
    #[serde(flatten)]
    pub rest: Rest,
}

/// A target's record: the lease with its epoch, and the memory.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TargetRecord {
    /// The number of leases ever acquired.
    pub epoch: u64,
    /// The last lease.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
    /// When the last lease was released; none while it is held, or when its holder died.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<Timestamp>,
    /// The lease before the last one, if that was not released either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Lease>,
    /// The last command of an operator about pausing it, which is written without the lease.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<Stop>,
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

    /// The lease of a holder that did not release it.
    #[must_use]
    pub fn interrupted(&self) -> Option<&Lease> {
        self.lease.as_ref().filter(|_| self.released.is_none())
    }

    /// The time after which the last holder can no longer act on the target.
    #[must_use]
    pub fn quiet_since(&self) -> Option<Timestamp> {
        self.released.or_else(|| self.lease.as_ref().map(|lease| lease.until))
    }

    /// The command about pausing that the memory does not account for yet.
    #[must_use]
    pub fn new_stop(&self) -> Option<&Stop> {
        self.stop.as_ref().filter(|stop| self.memory.stopped != Some(stop.at))
    }

    /// The memory with the pause that is in force now.
    #[must_use]
    pub fn current_memory(&self) -> Memory {
        let mut memory = self.memory.clone();
        if let Some(stop) = self.new_stop() {
            memory.take_over(stop);
        }
        memory
    }
}

/// The facts about a target that can't be observed and are therefore remembered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// The version of its format.
    #[serde(default = "Format::before")]
    pub v: Format,
    /// The resources that a recorded crossover moved from home, each with its location.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub away: BTreeMap<String, String>,
    /// The sides that were declared when work was last moved, while it is away or a crossover is open: a name that the
    /// topology has lost since is recognized by them.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub sides: BTreeSet<String>,
    /// The intent of an operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent: Option<Intent>,
    /// The last automatic failover, which blocks the next one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_automatic: Option<Automatic>,
    /// The open crossover.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<Crossover>,
    /// What crossovers that have ended leave half done, for as long as the kind finds that it matters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub half_done: Vec<HalfDone>,
    /// The pause of an operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause: Option<Pause>,
    /// The time of the last command about pausing that `pause` accounts for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Timestamp>,
    /// Automatic crossovers that are not acknowledged yet, each with its due time.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub reviews: BTreeMap<String, Timestamp>,
    /// The sides that were unhealthy at the last settled reconcile. While they are the same, nothing is due.
    #[serde(rename = "sick", skip_serializing_if = "BTreeSet::is_empty")]
    pub unhealthy: BTreeSet<String>,
    /// The sides that were unhealthy when their health was last known, and since when. While their alarms can't be read, they
    /// are not presumed healthy.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unhealthy_since: BTreeMap<String, Timestamp>,
    /// The latest times at which each side became unhealthy, to detect flapping.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub turns: BTreeMap<String, Vec<Timestamp>>,
    /// When work was last moved. Earlier events are outdated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<Timestamp>,
    /// The lease of an invocation that died, found by an invocation that could not continue it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub died: Option<Lease>,
    /// The holds that notices have reported, so that they are not repeated every minute.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub episodes: Vec<Episode>,
    /// When the last notice of each class of holds was sent. Only versions before 0.3 read it, as they know no episodes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub held: BTreeMap<Held, Timestamp>,
    /// The sides that a notice reported as ready for a failback, and when.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub ready: BTreeMap<String, Timestamp>,
    /// The last epoch whose holder recorded its outcome. If that holder died afterwards, it left nothing undone.
    pub finished: u64,
    /// The findings that the last notice of a check reported; only in the record of checks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked: Option<Checked>,
    /// The names of the targets; only in the record of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub targets: Option<KnownTargets>,
    /// When a notice last said that the topology does not declare the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undeclared: Option<Timestamp>,
    /// The earlier name of the target, whose record was moved into this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<MovedFrom>,
    /// Notices that could not be sent yet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unsent: Vec<Notice>,
    /// The fields of a later version.
    #[serde(flatten)]
    pub rest: Rest,
}

impl Memory {
    /// Takes over a command about pausing, and returns the pause that it replaces. A pause that an older version recorded
    /// later stays.
    pub fn take_over(&mut self, stop: &Stop) -> Option<Pause> {
        self.stopped = Some(stop.at);
        if self.pause.as_ref().is_some_and(|pause| pause.since > stop.at) {
            return None;
        }
        std::mem::replace(&mut self.pause, stop.pause())
    }

    /// Marks the end of the replaced intent as reported.
    pub fn replaced_intent_notified(&mut self) {
        if let Some(intent) = &mut self.intent {
            intent.instead_of = None;
        }
    }

    /// The resources that a crossover, recorded or open, has moved, each with its location.
    #[must_use]
    pub fn moved(&self) -> BTreeSet<(&str, &str)> {
        let open = self.open.iter().flat_map(|open| &open.steps).map(|step| (step.card.resource.as_str(), step.card.to.as_str()));
        self.away.iter().map(|(resource, at)| (resource.as_str(), at.as_str())).chain(open).collect()
    }

    /// A copy without the parts that can grow large: the timelines and the steps of the open crossover and of the notices. A
    /// few steps are kept, and each that cannot be undone, because only they record that choice.
    #[must_use]
    pub fn without_lists(&self) -> Self {
        let mut slim = self.clone();
        if let Some(open) = &mut slim.open {
            open.timeline = Timeline::default();
            if open.steps.len() > FEW_STEPS {
                open.steps.retain(|step| step.asked.is_some());
            }
        }
        for notice in &mut slim.unsent {
            notice.steps.clear();
            notice.found.clear();
        }
        slim
    }
}

/// The location that an operator wants work at or away from, until it is released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// The sides to keep empty.
    pub aim: Aim,
    /// The operator.
    pub operator: String,
    /// The reason.
    pub reason: String,
    /// The start.
    pub since: Timestamp,
    /// A description of the intent that it replaced, until that is reported. The invocation that continues the order
    /// after a death reports it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<String>,
    /// The fields of a later version.
    #[serde(flatten)]
    pub rest: Rest,
}

impl Intent {
    /// Describes the location that it keeps work at or away from.
    #[must_use]
    pub fn aim_in_words(&self) -> String {
        match &self.aim {
            Aim::AwayFrom(side) => format!("away from {side}"),
            Aim::To(side) => format!("at {side}"),
            Aim::HomeOf(side) => format!("home at {side}"),
            Aim::Home | Aim::Undeclared(_) | Aim::Other(_) => self.aim.to_string(),
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
    /// The sides that it left.
    pub left: BTreeSet<String>,
    /// The operator who acknowledged it, which ends the block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<String>,
    /// The sides that automatic failovers before it left, each with when, while the block of these lasted.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub earlier: BTreeMap<String, Timestamp>,
    /// The fields of a later version.
    #[serde(flatten)]
    pub rest: Rest,
}

impl Automatic {
    /// The sides that are blocked by it, each with the failover that left it: this one, and those before it.
    pub fn sides(&self) -> impl Iterator<Item = (&String, Timestamp)> {
        let earlier = self.earlier.iter().filter(|(side, _)| !self.left.contains(*side));
        self.left.iter().map(|side| (side, self.at)).chain(earlier.map(|(side, at)| (side, *at)))
    }
}

/// The move of a record to the target's new name. It is kept in the new record, so that the same move again copies nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedFrom {
    /// The old name.
    pub target: String,
    /// The hash of what was moved.
    pub hash: u64,
    /// The fields of a later version.
    #[serde(flatten)]
    pub rest: Rest,
}
