//! A state: AWS, the journal, and the passes under way.

use std::collections::BTreeSet;

use crossover_database::DatabaseStep;
use crossover_model::{
    decision::Plan,
    journal::{Memory, TargetRecord},
    stop::StopVerb,
};

use crate::{
    hashed::Hashed,
    world::{Budget, Side},
};

/// The database as it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cloud {
    /// The replicas that AWS is promoting.
    pub promoting: BTreeSet<Side>,
    /// The replicas that were promoted.
    pub promoted: BTreeSet<Side>,
    /// Whether the home is fenced.
    pub fenced: bool,
    /// The replica that can't be read now.
    pub dark: Option<Side>,
    /// Whether the alarm of the home is OK again.
    pub recovered: bool,
}

/// The target's record in the journal, and the notices in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Journal {
    /// The record itself.
    pub record: Hashed<TargetRecord>,
    /// The sides to which a move is recorded and not told yet.
    pub unsent: BTreeSet<Side>,
}

impl Journal {
    /// Whether an operator has stopped the target.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.record.stop.as_ref().is_some_and(|stop| stop.verb == StopVerb::Stop)
    }
}

/// The next action of a pass.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Phase {
    /// It holds the lease and observes and decides next.
    Leased,
    /// It has a plan and records it next.
    Planned,
    /// It begins this stage of its plan next.
    Stage(usize),
    /// It has read that it may begin this stage.
    Cleared(Clearance),
    /// It records its end next.
    Ending,
    /// It sends what is unsent and releases the lease next.
    Telling,
}

/// What a process read right before a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Clearance {
    /// The stage.
    pub stage: usize,
    /// The minute.
    pub at: u8,
    /// Whether the target was stopped then, whether or not the process looked.
    pub stopped: bool,
}

/// One pass of a process.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pass {
    /// The number of the trigger.
    pub trigger: usize,
    /// The epoch of its lease.
    pub epoch: u64,
    /// The minute in which it took the lease.
    pub since: u8,
    /// The memory that it will write.
    pub memory: Hashed<Memory>,
    /// Its plan.
    pub plan: Option<Hashed<Plan<DatabaseStep>>>,
    /// What it tells at its end.
    pub unsent: BTreeSet<Side>,
    /// The next action.
    pub phase: Phase,
}

impl Pass {
    /// Whether its next action is a call that it has read that it may make.
    #[must_use]
    pub fn is_cleared(&self) -> bool {
        matches!(self.phase, Phase::Cleared(_))
    }
}

/// A broken promise that is seen only while it is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Breach {
    /// A write of an earlier epoch replaced one of a later epoch.
    StaleWrite,
    /// A call that cannot be undone was made although the target was stopped when its process read that it may make it.
    AfterStop,
}

/// A state of the whole.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    /// The minute, by the clock of AWS.
    pub minute: u8,
    /// The database.
    pub cloud: Cloud,
    /// The journal.
    pub journal: Journal,
    /// The pass of each process.
    pub passes: Vec<Option<Pass>>,
    /// How often each trigger may still come.
    pub triggers: Vec<u8>,
    /// What may still go wrong.
    pub left: Budget,
    /// The sides to which a move was told.
    pub told: BTreeSet<Side>,
    /// What was broken.
    pub breaches: BTreeSet<Breach>,
    /// The ticks since everything that went wrong has ended.
    pub healed: Option<u8>,
}

impl State {
    /// The sides that are or become the writer besides the home, and the home until one of them is.
    #[must_use]
    pub fn winners(&self) -> BTreeSet<Side> {
        self.cloud.promoting.union(&self.cloud.promoted).copied().collect()
    }

    /// How many processes act within a lease of their own at once, by the clock of AWS.
    #[must_use]
    pub fn holders(&self, lasts: u8) -> usize {
        self.passes.iter().flatten().filter(|pass| self.minute < pass.since + lasts).count()
    }
}
