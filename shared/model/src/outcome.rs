//! How an invocation ended.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How an invocation ended for a target, and for all of them: the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Nothing was moved that had to be.
    Failed = 0,
    /// Some was moved, and some was not.
    Partial = 2,
    /// Held back, with the reason.
    Held = 3,
    /// Not finished: the next invocation goes on.
    Pending = 4,
    /// Everything was moved.
    Completed = 5,
    /// Nothing was changed, as asked.
    DryRun = 6,
    /// What a person said is remembered.
    Recorded = 7,
    /// Nothing had to be done.
    Settled = 8,
    /// The trigger is about nothing in the topology.
    Ignored = 9,
    /// An outcome of a later version: not known to be good, and so nearly the worst.
    #[serde(other)]
    Other = 1,
}

impl Outcome {
    /// The exit code of a command that ends so: 0 for what was asked for, 1 for what failed, 3 for what is held back,
    /// 4 for what is not finished.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Completed | Self::Recorded | Self::Settled | Self::DryRun => 0,
            Self::Failed | Self::Ignored | Self::Other => 1,
            Self::Held => 3,
            Self::Partial | Self::Pending => 4,
        }
    }

    /// The word in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Other => "other",
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
