//! Broken promises.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use crate::{outcome::Outcome, text::short};

/// A promise of Crossover that a history can break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Promise {
    /// At most one crossover runs on a target, and one winner is chosen.
    OneAtATime,
    /// What a killed invocation began is finished.
    KilledAnywhere,
    /// Every crossover is told.
    Told,
    /// What was done once is not done again.
    TwiceIsOnce,
    /// Nothing irreversible begins after a stop.
    StopMeansStop,
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::OneAtATime => "one at a time",
            Self::KilledAnywhere => "killed anywhere",
            Self::Told => "told",
            Self::TwiceIsOnce => "twice is once",
            Self::StopMeansStop => "stop means stop",
        })
    }
}

/// A broken promise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// The target.
    pub target: String,
    /// The promise.
    pub promise: Promise,
    /// What broke it.
    #[serde(flatten)]
    pub broken: Broken,
}

impl Violation {
    pub(super) fn new(target: &str, broken: Broken) -> Self {
        Self { target: target.to_owned(), promise: broken.promise(), broken }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.promise, self.target, self.broken)
    }
}

/// What broke a promise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "rule", rename_all = "kebab-case")]
pub enum Broken {
    /// A second crossover moved a resource to another location before the first one ended.
    TwoWinners {
        /// The resource.
        resource: String,
        /// The first crossover.
        first: String,
        /// Where it moved the resource.
        to: String,
        /// The second crossover.
        second: String,
        /// Where it moved the resource.
        other: String,
        /// When it began that.
        at: Timestamp,
    },
    /// Two crossovers of the history have one id.
    SameId {
        /// The id.
        crossover: String,
    },
    /// A crossover made irreversible calls on two resources.
    TwoPromotions {
        /// The crossover.
        crossover: String,
        /// The resource of the first call.
        first: String,
        /// The resource of the second one.
        second: String,
        /// When that was made.
        at: Timestamp,
    },
    /// The epoch of a record went backwards, or an outcome has a later epoch than the record.
    EpochBackwards {
        /// The earlier epoch.
        before: u64,
        /// The later epoch, which is smaller.
        after: u64,
    },
    /// A crossover that had ended is no longer in the history, or has changed.
    Rewritten {
        /// The crossover.
        crossover: String,
    },
    /// A crossover of the history has no end, one before its start, or no outcome.
    NotEnded {
        /// The crossover.
        crossover: String,
        /// Its outcome.
        outcome: Outcome,
    },
    /// A crossover is completed, and a step of it is not done.
    NotDone {
        /// The crossover.
        crossover: String,
        /// The resource of the step.
        resource: String,
    },
    /// A crossover is open for too long.
    LeftOpen {
        /// The crossover.
        crossover: String,
        /// Its start.
        since: Timestamp,
    },
    /// An invocation died, and nobody continued.
    NobodyContinued {
        /// The invocation.
        holder: String,
        /// The end of its lease.
        since: Timestamp,
    },
    /// Nobody was told of a crossover.
    NotTold {
        /// The crossover.
        crossover: String,
    },
    /// A notice is unsent for too long.
    Unsent {
        /// The notice.
        notice: String,
        /// When it was written.
        since: Timestamp,
    },
    /// An irreversible call was made again.
    Again {
        /// The crossover.
        crossover: String,
        /// The call.
        call: String,
        /// Its resource.
        resource: String,
        /// When it was made again.
        at: Timestamp,
    },
    /// An irreversible call was made after a stop, and no person ordered it.
    AfterStop {
        /// The call.
        call: String,
        /// Its resource.
        resource: String,
        /// When it was made.
        at: Timestamp,
        /// When the stop was recorded.
        stop: Timestamp,
    },
}

impl Broken {
    /// The promise that it breaks.
    #[must_use]
    pub fn promise(&self) -> Promise {
        match self {
            Self::TwoWinners { .. } | Self::SameId { .. } | Self::TwoPromotions { .. } | Self::EpochBackwards { .. } => {
                Promise::OneAtATime
            }
            Self::Rewritten { .. } | Self::NotEnded { .. } | Self::LeftOpen { .. } | Self::NobodyContinued { .. } => {
                Promise::KilledAnywhere
            }
            Self::NotDone { .. } | Self::NotTold { .. } | Self::Unsent { .. } => Promise::Told,
            Self::Again { .. } => Promise::TwiceIsOnce,
            Self::AfterStop { .. } => Promise::StopMeansStop,
        }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TwoWinners { resource, first, to, second, other, at } => {
                let at = short(*at);
                write!(f, "{second} began to move {resource} to {other} at {at}, before {first} had ended moving it to {to}")
            }
            Self::SameId { crossover } => write!(f, "{crossover} is in the history twice"),
            Self::TwoPromotions { crossover, first, second, at } => {
                write!(f, "{crossover} made an irreversible call on {first}, and one on {second} at {}", short(*at))
            }
            Self::EpochBackwards { before, after } => write!(f, "the epoch is {after}, and was {before} before"),
            Self::Rewritten { crossover } => write!(f, "{crossover} had ended, and its record is gone or changed"),
            Self::NotEnded { crossover, outcome } => {
                write!(f, "{crossover} is in the history with the outcome {outcome}, and has not ended properly")
            }
            Self::NotDone { crossover, resource } => {
                write!(f, "{crossover} is completed, and its step on {resource} is not done")
            }
            Self::LeftOpen { crossover, since } => write!(f, "{crossover} is open since {}", short(*since)),
            Self::NobodyContinued { holder, since } => {
                write!(f, "{holder} did not release its lease, which ended at {}, and nobody continued", short(*since))
            }
            Self::NotTold { crossover } => write!(f, "nobody was told of {crossover}"),
            Self::Unsent { notice, since } => write!(f, "the notice {notice} is unsent since {}", short(*since)),
            Self::Again { crossover, call, resource, at } => {
                write!(f, "{crossover} made {call} on {resource} again at {}", short(*at))
            }
            Self::AfterStop { call, resource, at, stop } => {
                write!(f, "{call} was made on {resource} at {}, after the stop of {}", short(*at), short(*stop))
            }
        }
    }
}
