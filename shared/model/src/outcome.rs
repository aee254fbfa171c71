//! Outcomes of invocations.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::later::Word;

/// The outcome of an invocation for a target or for all of them, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Outcome {
    /// Work had to be moved, and none was.
    Failed = 0,
    /// Some resources were moved and others were not.
    Partial = 2,
    /// A guard held the crossover.
    Held = 3,
    /// Not finished: the next invocation continues.
    Pending = 4,
    /// Everything was moved.
    Completed = 5,
    /// A dry run: nothing was changed.
    DryRun = 6,
    /// A pause, resume, acknowledgement or release was recorded.
    Recorded = 7,
    /// There was nothing to do.
    Settled = 8,
    /// The trigger is not about any target in the topology.
    Ignored = 9,
    /// An outcome of a later version; ranked nearly the worst.
    #[serde(untagged)]
    Other(Word) = 1,
}

impl Outcome {
    /// The exit code of a command with this outcome: 0 for success, 1 for a failure, 3 for a hold, 4 for work that is not
    /// finished.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Completed | Self::Recorded | Self::Settled | Self::DryRun => 0,
            Self::Failed | Self::Ignored | Self::Other(_) => 1,
            Self::Held => 3,
            Self::Partial | Self::Pending => 4,
        }
    }

    /// The word in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Other(_) => "other",
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
