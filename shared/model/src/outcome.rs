//! How an invocation ended.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How an invocation ended for a target, and for all of them: the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Nothing was moved that had to be.
    Failed,
    /// Some was moved, and some was not.
    Partial,
    /// Held back, with the reason.
    Held,
    /// Not finished: the next invocation goes on.
    Pending,
    /// Everything was moved.
    Completed,
    /// Nothing was changed, as asked.
    DryRun,
    /// What a person said is remembered.
    Recorded,
    /// Nothing had to be done.
    Settled,
    /// The trigger is about nothing in the topology.
    Ignored,
}

impl Outcome {
    /// The word in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Partial => "partial",
            Self::Held => "held",
            Self::Pending => "pending",
            Self::Completed => "completed",
            Self::DryRun => "dry_run",
            Self::Recorded => "recorded",
            Self::Settled => "settled",
            Self::Ignored => "ignored",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
