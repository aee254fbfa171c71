//! The journal's table.

use std::collections::BTreeMap;

use async_trait::async_trait;
use crossover_model::{
    crossover::Crossover,
    error::CloudError,
    journal::{Lease, Memory, TargetRecord},
    stop::Stop,
};
use jiff::Timestamp;

/// The result of an attempt to acquire the lease.
#[derive(Debug, Clone, PartialEq)]
pub enum LeaseAnswer {
    /// The lease is ours.
    Taken {
        /// Our epoch: every write is conditional on it, and fails once another holder acquired the lease.
        epoch: u64,
        /// The record before that: the last lease and the memory.
        before: TargetRecord,
        /// The time by the journal's own clock, to the second at least, if it is known.
        at: Option<Timestamp>,
    },
    /// Another holder has it.
    Held(TargetRecord),
}

/// The changes of one write to the journal, which is atomic.
#[derive(Debug, Clone, Copy, Default)]
pub struct Change<'a> {
    /// The target's new memory.
    pub memory: Option<&'a Memory>,
    /// Crossovers that ended, for the history; an existing one is replaced.
    pub ended: &'a [Crossover],
    /// Releases the lease at this time.
    pub release: Option<Timestamp>,
}

/// The result of a conditional write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// Written.
    Yes,
    /// Another invocation has acquired the lease since: stop.
    StaleEpoch,
}

/// The journal: one record for each target, and its crossovers.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Acquires the lease, with a new epoch and in one conditional write, if no other lease is in force by the journal's own
    /// clock, whatever ours says. A repeated request for the same lease, after a lost reply, succeeds again.
    async fn take_lease(&self, target: &str, lease: &Lease) -> Result<LeaseAnswer, CloudError>;

    /// The target's record, read consistently; an empty one when there is none.
    async fn read(&self, target: &str) -> Result<TargetRecord, CloudError>;

    /// The records of at most 100 targets, in one read; each with its own error, so that a malformed record does not hide
    /// the others.
    async fn records(&self, targets: &[String]) -> Result<BTreeMap<String, Result<TargetRecord, CloudError>>, CloudError>;

    /// Records a command about pausing beside the lease and the memory, whoever holds the lease, and leaves these as they are.
    /// A later command is never replaced by an earlier one. Returns the command that the record has now: this one, or a
    /// later one.
    async fn stop(&self, target: &str, stop: &Stop) -> Result<Stop, CloudError>;

    /// Writes under the lease of `epoch`.
    async fn write(&self, target: &str, epoch: u64, change: Change<'_>) -> Result<Written, CloudError>;

    /// The target's crossovers, the latest first, at most `limit`.
    async fn crossovers(&self, target: &str, limit: usize) -> Result<Vec<Crossover>, CloudError>;
}
