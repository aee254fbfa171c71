//! Why a crossover is held back.

use serde::{Deserialize, Serialize};

/// A reason to hold back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Its class.
    pub why: Held,
    /// In words.
    pub text: String,
}

/// The classes of reasons to hold back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// The mode is `shadow`.
    Shadow,
    /// A person paused it.
    Paused,
    /// Too few sides are healthy.
    EveryoneIsSick,
    /// Too many targets are unhealthy at once.
    TooManySick,
    /// A switchover, and not every side is healthy.
    NotHealthy,
    /// An automatic crossover happened a short while ago.
    Blocked,
    /// No other side is able to serve.
    NobodyAble,
    /// A person wants work to go home, and the home is not well.
    HomeIsSick,
    /// A side fails and recovers again and again.
    Flaps,
    /// A failover is not finished, and nobody can say whether its reason still stands.
    InDoubt,
    /// The target could not be read.
    Unreadable,
    /// What can be lost is not known, or is more than the policy or a person allows.
    DataLoss,
    /// It can't be taken back, and the journal, which must hold the plan first, can't be written.
    NoJournal,
    /// What was left may still be written to, and can't be fenced.
    Unfenced,
    /// What was begun takes longer than it should.
    Overdue,
    /// Several sides could be the one that serves.
    Ambiguous,
    /// A reason of a later version.
    #[serde(other)]
    Other,
}
