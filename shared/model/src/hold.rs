//! Reasons to hold a crossover.

use serde::{Deserialize, Serialize};

use crate::later::Word;

/// A reason to hold a crossover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The class of the reason.
    pub why: Held,
    /// The reason, for people.
    pub text: String,
}

/// The classes of reasons to hold a crossover.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// The mode is `shadow`.
    Shadow,
    /// An operator paused it.
    Paused,
    /// Too few sides are healthy.
    #[serde(rename = "everyone_is_sick")]
    AllSidesUnhealthy,
    /// Too many targets are unhealthy at once.
    #[serde(rename = "too_many_sick")]
    TooManyTargetsUnhealthy,
    /// A switchover, and not every side is healthy.
    NotHealthy,
    /// A recent automatic crossover blocks the next one.
    Blocked,
    /// No other side can serve.
    #[serde(rename = "nobody_able")]
    NoSideAble,
    /// An operator ordered a failback, and the home side is not healthy.
    #[serde(rename = "home_is_sick")]
    HomeUnhealthy,
    /// A side fails and recovers repeatedly.
    Flaps,
    /// A failover is not finished, and it is not known whether its reason still applies.
    InDoubt,
    /// The target could not be read.
    Unreadable,
    /// The possible data loss is not known, or is more than the policy or the order allows.
    DataLoss,
    /// The plan cannot be undone, and the journal, which must hold it first, cannot be written.
    NoJournal,
    /// The plan cannot be undone, and whether it is paused could not be read.
    PauseUnread,
    /// The side that is left may still be written to, and cannot be fenced.
    Unfenced,
    /// A step takes longer than expected.
    Overdue,
    /// Several sides could be the one that serves now.
    Ambiguous,
    /// The journal names sides that the topology does not declare.
    Undeclared,
    /// The service itself says that what serves now can't, and the alarms don't say that its side is unhealthy.
    CannotServe,
    /// The only evidence for a move that can't be undone is missing data, and the service says that what is left is available.
    MissingData,
    /// The alarms that fire are muted, and the policy holds then.
    Muted,
    /// A change would also apply other changes that are pending on the resource.
    PendingChanges,
    /// The plan cannot be undone, and the role that would make its calls may not make all of them.
    NotAllowed,
    /// A reason of a later version.
    #[serde(untagged)]
    Other(Word),
}
