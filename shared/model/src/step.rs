//! Steps: idempotent compare-and-set actions on one resource.

use std::{collections::BTreeSet, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::later::{Rest, Word};

/// The description of a step in answers, notices and the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepCard {
    /// The action, as in `replace-route`.
    pub step: String,
    /// The resource; named as in `away` of a decision.
    pub resource: String,
    /// The current location of the resource.
    pub from: String,
    /// The location of the resource after the step.
    pub to: String,
    /// The direction of the move.
    pub way: Way,
    /// How to undo it, where that takes more than a move from `to` to `from`. For a step that undoes another one, the
    /// undo of that step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<Undo>,
}

/// How to undo a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum Undo {
    /// Restore exactly these on the resource.
    Restore {
        /// The ids that it had before the step.
        ids: BTreeSet<String>,
        /// The fields of a later version.
        #[serde(flatten)]
        rest: Rest,
    },
    /// Only a later version knows how.
    #[serde(untagged)]
    Other(Value),
}

/// The name of a step that was found to be done already.
pub const FOUND: &str = "found";

/// The direction in which a step moves its resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// To its declared home.
    Home,
    /// Away from its home.
    Away,
    /// It is not moved, but prepared, excluded or awaited. In a decision it counts as at home once it is in the desired
    /// state.
    InPlace,
    /// Its home is not known, so only the journal records that it was moved.
    Homeless,
    /// A direction of a later version. It counts as homeless, so that the move is not forgotten.
    #[serde(untagged)]
    Other(Word),
}

impl Way {
    /// Whether its home is not known.
    #[must_use]
    pub fn is_homeless(self) -> bool {
        matches!(self, Self::Homeless | Self::Other(_))
    }
}

/// Whether a step can be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reversal {
    /// It can.
    Possible,
    /// It can't.
    OneWay,
    /// An earlier step cannot be undone and is done, so guards on starting a crossover do not hold this one.
    Finishing,
    /// It takes back an earlier step, so that work is served again. Neither guards nor pauses hold it.
    Undoing,
}

/// A step of a kind.
pub trait Step: Clone + Send + Sync {
    /// Its description.
    fn card(&self) -> StepCard;

    /// How long an accepted change may take to become visible; a few reads are always made.
    fn seen_within(&self) -> Duration {
        Duration::ZERO
    }

    /// The documented time until it is visible; zero where it is visible when the call returns.
    fn expected(&self) -> Duration {
        Duration::ZERO
    }

    /// How long clients may use the old state after that, as resolvers do for a TTL.
    fn lingers(&self) -> Duration {
        Duration::ZERO
    }

    /// Whether its call names the state that it leads to, so that a repetition does no harm if AWS or a person changed the
    /// resource since the first attempt. Any other step is verified before each repetition: it is repeated only in the
    /// state before it.
    fn names_its_goal(&self) -> bool {
        true
    }

    /// Whether it can be undone.
    fn reversal(&self) -> Reversal {
        Reversal::Possible
    }

    /// How long it is tried before the later stages proceed without it; none when they never do.
    fn dispensable_after(&self) -> Option<Duration> {
        None
    }
}

/// The result of applying a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// The change was accepted.
    Done,
    /// The change was accepted, which is all that needs to be known: it may be over before anybody can see it.
    Confirmed,
    /// The resource differs from what was observed: another party changed it.
    Conflict(String),
}

/// The result of verifying a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// The change is visible.
    Done,
    /// The change was accepted and takes time.
    UnderWay,
    /// The old state; the change may not be visible yet.
    NotYet,
    /// Another state.
    Conflict(String),
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StepResult {
    /// Not executed: a dry run, or held.
    Planned,
    /// Executed and verified.
    Done,
    /// It was in the desired state already.
    Already,
    /// Not finished in this invocation.
    Pending,
    /// The service refused it.
    Refused,
    /// Another party changed the resource.
    Conflict,
    /// It failed and may succeed later.
    Failed,
    /// A result of a later version; not counted as a success.
    #[serde(untagged)]
    Other(Word),
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
            Self::Other(_) => "other",
        }
    }

    /// Whether the resource is in the desired state.
    #[must_use]
    pub fn is_good(self) -> bool {
        matches!(self, Self::Done | Self::Already)
    }
}

/// A step with its result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepReport {
    /// The step.
    #[serde(flatten)]
    pub card: StepCard,
    /// Its result.
    pub result: StepResult,
    /// From the decision to its end, in milliseconds.
    pub took_ms: u64,
    /// The error or the conflict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// When it was first tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began: Option<Timestamp>,
    /// When it was verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// The last time at which the service may have been asked for it; only of a step that cannot be undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Timestamp>,
    /// The fields of a later version.
    #[serde(flatten)]
    pub rest: Rest,
}

impl StepReport {
    /// The report of a step that was not tried.
    #[must_use]
    pub fn untried(card: StepCard, result: StepResult) -> Self {
        Self { card, result, took_ms: 0, detail: None, began: None, ended: None, asked: None, rest: Rest::new() }
    }
}
