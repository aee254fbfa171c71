//! The steps of the kind.

mod after;
mod fence;
mod replica;
mod restart;
mod writer;

use std::time::Duration;

use crossover_engine::retry::Patience;
use crossover_model::{
    error::CloudError,
    step::{Applied, Reversal, Seen, Step, StepCard},
};
use crossover_route53::RecordsStep;
use futures::future::try_join_all;

use crate::clouds::DatabaseClouds;

pub use after::AfterStep;
pub use fence::FenceStep;
pub(crate) use fence::{FENCE, Purpose, UNFENCE};
pub use replica::{CatchUpStep, ReplicaStep};
pub(crate) use restart::RESTART;
pub use restart::RestartStep;
pub use writer::{Verb, WriterStep};

/// A step of the kind.
#[derive(Debug, Clone, PartialEq)]
pub enum DatabaseStep {
    /// Makes another member the writer and waits until it is.
    Writer(WriterStep),
    /// Fences the old writer, or removes its fence.
    Fence(FenceStep),
    /// Restarts a fenced writer, which ends its connections.
    Restart(RestartStep),
    /// Points the writer's record to the new writer.
    Record(RecordsStep),
    /// Enables backups and the standby of the new writer.
    After(AfterStep),
    /// Creates a replica of the writer.
    Replica(ReplicaStep),
    /// Waits until a replica has caught up.
    CatchUp(CatchUpStep),
}

impl DatabaseStep {
    pub(crate) async fn apply(&self, clouds: &DatabaseClouds, patience: &Patience<'_>) -> Result<Applied, CloudError> {
        match self {
            Self::Writer(step) => step.apply(clouds).await,
            Self::Fence(step) => step.apply(clouds.changes.as_ref()).await,
            Self::Restart(step) => step.apply(clouds, patience).await,
            Self::Record(step) => step.apply(clouds.records.as_ref()).await,
            Self::After(step) => step.apply(clouds.changes.as_ref()).await,
            Self::Replica(step) => step.apply(clouds.changes.as_ref()).await,
            Self::CatchUp(_) => Ok(Applied::Done),
        }
    }

    pub(crate) async fn verify(
        steps: &[Self],
        clouds: &DatabaseClouds,
        patience: &Patience<'_>,
    ) -> Result<Vec<Seen>, CloudError> {
        let one = async |step: &Self| match step {
            Self::Writer(step) => step.verify(clouds, patience).await,
            Self::Fence(step) => step.verify(clouds.databases.as_ref(), patience).await,
            Self::Restart(step) => step.verify(clouds.databases.as_ref(), patience).await,
            Self::Record(step) => {
                let seen = RecordsStep::verify(&[step], clouds.records.as_ref(), patience).await?;
                Ok(seen.into_iter().next().unwrap_or(Seen::NotYet))
            }
            Self::After(step) => step.verify(clouds.databases.as_ref(), patience).await,
            Self::Replica(step) => step.verify(clouds.databases.as_ref(), patience).await,
            Self::CatchUp(step) => step.verify(clouds.lags.as_ref(), patience).await,
        };
        try_join_all(steps.iter().map(one)).await
    }
}

impl Step for DatabaseStep {
    fn card(&self) -> StepCard {
        match self {
            Self::Writer(step) => step.card.clone(),
            Self::Fence(step) => step.card.clone(),
            Self::Restart(step) => step.card.clone(),
            Self::Record(step) => step.card(),
            Self::After(step) => step.card.clone(),
            Self::Replica(step) => step.card.clone(),
            Self::CatchUp(step) => step.card.clone(),
        }
    }

    fn seen_within(&self) -> Duration {
        match self {
            Self::Writer(step) => step.within,
            Self::Fence(_) => FenceStep::SEEN_WITHIN,
            Self::Restart(_) => RestartStep::SEEN_WITHIN,
            Self::Record(step) => step.seen_within(),
            Self::After(_) => AfterStep::SEEN_WITHIN,
            // Both take longer than an invocation: later ones check again.
            Self::Replica(_) | Self::CatchUp(_) => Duration::ZERO,
        }
    }

    fn expected(&self) -> Duration {
        match self {
            Self::Writer(step) => step.verb.expected(),
            Self::Fence(_) => FenceStep::SEEN_WITHIN,
            Self::Restart(_) => RestartStep::SEEN_WITHIN,
            Self::Record(step) => step.expected(),
            Self::After(_) => AfterStep::SEEN_WITHIN,
            // The amount of data to copy is unknown.
            Self::Replica(_) | Self::CatchUp(_) => Duration::ZERO,
        }
    }

    fn lingers(&self) -> Duration {
        match self {
            Self::Record(step) => step.lingers(),
            _ => Duration::ZERO,
        }
    }

    fn names_its_goal(&self) -> bool {
        match self {
            // AWS may have moved the writer meanwhile: a reboot would move it back, any other call once more.
            Self::Writer(_) => false,
            // A person may have changed the security groups meanwhile.
            Self::Fence(step) => step.groups.is_none(),
            _ => true,
        }
    }

    fn reversal(&self) -> Reversal {
        match self {
            Self::Writer(step) => step.reversal(),
            Self::Fence(step) => match step.purpose {
                Purpose::Prepare => Reversal::Possible,
                Purpose::Finish => Reversal::Finishing,
                Purpose::Undo => Reversal::Undoing,
            },
            Self::Replica(_) | Self::CatchUp(_) => Reversal::Possible,
            Self::Record(_) | Self::Restart(_) | Self::After(_) => Reversal::Finishing,
        }
    }

    fn dispensable_after(&self) -> Option<Duration> {
        match self {
            Self::Fence(_) | Self::Restart(_) => Some(FenceStep::TRIED_FOR),
            _ => None,
        }
    }
}
