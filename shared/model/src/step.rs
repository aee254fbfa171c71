//! Steps: idempotent compare-and-set actions on one resource.

use std::{collections::BTreeSet, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::later::understood;

/// What a step shows of itself in answers, notices and the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepCard {
    /// The action, as in `replace-route`.
    pub step: String,
    /// What it acts on; the same words as in a decision's `away`.
    pub resource: String,
    /// Where that serves now.
    pub from: String,
    /// Where it will serve.
    pub to: String,
    /// Which way that is.
    pub way: Way,
    /// How it is taken back, where that takes more than the way from `to` to `from`; of a step that takes another one
    /// back, how that was to be.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "understood")]
    pub undo: Option<Undo>,
}

/// How a step is taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum Undo {
    /// The resource is given these again, and nothing else of the sort.
    Restore {
        /// What it had, each by its id.
        ids: BTreeSet<String>,
    },
    /// Only a later version knows how.
    #[serde(other)]
    Other,
}

/// The name of a step that somebody had made before we looked.
pub const FOUND: &str = "found";

/// Which way a step moves its resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// To its declared home.
    Home,
    /// Away from its home.
    Away,
    /// It is not moved, but made ready, kept out or waited for. In a decision it is at home once it is
    /// as it should be.
    InPlace,
    /// Its home is not known, so that nothing but the journal can tell that it was moved. A way of a later version is
    /// read as this one: what was moved is not forgotten.
    #[serde(other)]
    Homeless,
}

/// Whether a step can be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reversal {
    /// It can.
    Possible,
    /// It can't.
    OneWay,
    /// A step before it can't be, and has been made: no guard that asks whether to begin holds it.
    Finishing,
}

/// A step of a kind.
pub trait Step: Clone + Send + Sync {
    /// What it shows of itself.
    fn card(&self) -> StepCard;

    /// How long after it was accepted it may take until it is seen; a few looks are always taken.
    fn seen_within(&self) -> Duration {
        Duration::ZERO
    }

    /// How long it takes as a rule until it is seen, by what AWS documents; nothing where that is a matter of the call.
    fn expected(&self) -> Duration {
        Duration::ZERO
    }

    /// How long clients may go on with what was before it after that, as resolvers do for a TTL.
    fn lingers(&self) -> Duration {
        Duration::ZERO
    }

    /// Whether it can be taken back.
    fn reversal(&self) -> Reversal {
        Reversal::Possible
    }

    /// How long it is tried before the stages after it go on without it; none when they never do.
    fn dispensable_after(&self) -> Option<Duration> {
        None
    }
}

/// The answer of a step that was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// The change was accepted.
    Done,
    /// The resource is not as it was observed: somebody else changed it.
    Conflict(String),
}

/// What a second look after a step shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// The change.
    Done,
    /// The old state, perhaps only not visible yet.
    NotYet,
    /// Something else.
    Conflict(String),
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StepResult {
    /// Not made: a dry run, or held back.
    Planned,
    /// Made and seen.
    Done,
    /// It was so already.
    Already,
    /// Not finished in this invocation.
    Pending,
    /// The service refuses it.
    Refused,
    /// Somebody else changed the resource.
    Conflict,
    /// It failed, and may pass later.
    Failed,
    /// A result of a later version: not known to be good.
    #[serde(other)]
    Other,
}

impl StepResult {
    /// The word in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Done => "done",
            Self::Already => "already",
            Self::Pending => "pending",
            Self::Refused => "refused",
            Self::Conflict => "conflict",
            Self::Failed => "failed",
            Self::Other => "other",
        }
    }

    /// Whether the resource is where it should be.
    #[must_use]
    pub fn is_good(self) -> bool {
        matches!(self, Self::Done | Self::Already)
    }
}

/// A step and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepReport {
    /// The step.
    #[serde(flatten)]
    pub card: StepCard,
    /// How it ended.
    pub result: StepResult,
    /// From the decision to its end, in milliseconds.
    pub took_ms: u64,
    /// The error or the conflict in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// When it was first tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began: Option<Timestamp>,
    /// When it was seen to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
}

impl StepReport {
    /// A step that was not tried.
    #[must_use]
    pub fn untried(card: StepCard, result: StepResult) -> Self {
        Self { card, result, took_ms: 0, detail: None, began: None, ended: None }
    }
}
