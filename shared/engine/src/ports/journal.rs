//! What the controller asks of the journal's table.

use std::collections::BTreeMap;

use async_trait::async_trait;
use crossover_model::{
    crossover::Crossover,
    error::CloudError,
    journal::{Lease, Memory, TargetRecord},
};
use jiff::Timestamp;

/// The answer to a wish for the lease.
#[derive(Debug, Clone, PartialEq)]
pub enum LeaseAnswer {
    /// It is ours.
    Taken {
        /// Our epoch: every write names it, and fails once somebody else took the lease.
        epoch: u64,
        /// The record as it was before: who held the lease last, and the memory.
        before: TargetRecord,
    },
    /// Somebody else holds it.
    Held(TargetRecord),
}

/// What one write to the journal changes, all of it or nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Change<'a> {
    /// The target's new memory.
    pub memory: Option<&'a Memory>,
    /// Crossovers that ended, for the history; one that is there already is replaced.
    pub ended: &'a [Crossover],
    /// Gives the lease back, at this time.
    pub release: Option<Timestamp>,
}

/// Whether a conditional write was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It was.
    Yes,
    /// Another invocation has taken the lease since: stop.
    StaleEpoch,
}

/// The journal: one record for each target, and its crossovers.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Takes the lease if nobody holds it at `lease.taken`, with a new epoch, in one conditional
    /// write. The same lease asked for again (its reply was lost) is given again.
    async fn take_lease(&self, target: &str, lease: &Lease) -> Result<LeaseAnswer, CloudError>;

    /// The target's record, read consistently; an empty one when there is none.
    async fn read(&self, target: &str) -> Result<TargetRecord, CloudError>;

    /// The records of at most 100 targets, in one read; each by itself, so that one that can't be
    /// understood does not hide the others.
    async fn records(&self, targets: &[String]) -> Result<BTreeMap<String, Result<TargetRecord, CloudError>>, CloudError>;

    /// Writes under the lease of `epoch`.
    async fn write(&self, target: &str, epoch: u64, change: Change<'_>) -> Result<Written, CloudError>;

    /// The target's crossovers, the latest first, at most `limit`.
    async fn crossovers(&self, target: &str, limit: usize) -> Result<Vec<Crossover>, CloudError>;
}
