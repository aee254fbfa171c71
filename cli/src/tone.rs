//! The tones of what a person has to notice, by the facts that they are of.

use crossover_model::{finding::Severity, health::State, outcome::Outcome, step::StepResult};

/// How good or bad it is what a text says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Neither.
    Plain,
    /// As it should be.
    Good,
    /// Not known, not done yet, or worth a look.
    Doubt,
    /// Something is broken.
    Bad,
}

impl Tone {
    /// The colour on a terminal, as its escape sequence numbers it.
    pub(crate) fn colour(self) -> Option<u8> {
        match self {
            Self::Plain => None,
            Self::Good => Some(32),
            Self::Doubt => Some(33),
            Self::Bad => Some(31),
        }
    }
}

impl From<State> for Tone {
    fn from(health: State) -> Self {
        match health {
            State::Healthy => Self::Good,
            State::Unknown => Self::Doubt,
            State::Unhealthy => Self::Bad,
        }
    }
}

impl From<Outcome> for Tone {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Completed | Outcome::Settled | Outcome::Recorded => Self::Good,
            Outcome::Held | Outcome::Pending | Outcome::Other(_) => Self::Doubt,
            Outcome::Failed | Outcome::Partial => Self::Bad,
            Outcome::DryRun | Outcome::Ignored => Self::Plain,
        }
    }
}

impl From<StepResult> for Tone {
    fn from(result: StepResult) -> Self {
        match result {
            StepResult::Done | StepResult::Already => Self::Good,
            StepResult::Pending | StepResult::Other(_) => Self::Doubt,
            StepResult::Refused | StepResult::Conflict | StepResult::Failed => Self::Bad,
            StepResult::Planned => Self::Plain,
        }
    }
}

impl From<Severity> for Tone {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Warning => Self::Doubt,
            Severity::Error => Self::Bad,
        }
    }
}
