//! Creates a replica of the writer and waits until it has caught up, to prepare the failback after a promotion.

use std::time::Duration;

use crossover_engine::retry::Patience;
use crossover_model::{
    error::CloudError,
    step::{Applied, Seen, StepCard},
};
use crossover_rds::{AVAILABLE, DatabaseChanges, Databases, LagMeter, Lags, NewReplica};

use crate::{lag::Lag, member::Member};

/// The error code of RDS for an identifier that is in use.
const ALREADY_EXISTS: &str = "DBInstanceAlreadyExists";

/// Creates a replica of the writer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicaStep {
    pub(crate) card: StepCard,
    /// The new instance and its Region.
    pub member: Member,
    /// Its source and settings.
    pub replica: NewReplica,
    /// Whether it is already being created: then the step only waits.
    pub begun: bool,
}

impl ReplicaStep {
    pub(crate) async fn apply(&self, changes: &dyn DatabaseChanges) -> Result<Applied, CloudError> {
        if self.begun {
            return Ok(Applied::Done);
        }
        match changes.create_replica(self.member.region.as_deref(), &self.replica).await {
            Ok(()) => Ok(Applied::Done),
            // A call whose response was lost may have created it, so an existing one is read again.
            Err(error) if error.code == ALREADY_EXISTS => Ok(Applied::Done),
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn verify(&self, databases: &dyn Databases, patience: &Patience<'_>) -> Result<Seen, CloudError> {
        let (region, ids) = (self.member.region.as_deref(), [self.member.id.clone()].into());
        let found = patience.call(&self.member.id, || databases.instances(region, &ids)).await?.pop();
        Ok(match found {
            Some(instance) if instance.source.is_none() => {
                Seen::Conflict(format!("{} exists and is not a replica", self.member.label()))
            }
            Some(instance) if instance.status == AVAILABLE => Seen::Done,
            _ => Seen::NotYet,
        })
    }
}

/// Waits until the lag of a replica allows it to take over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatchUpStep {
    pub(crate) card: StepCard,
    /// The replica.
    pub member: Member,
    pub(crate) meter: LagMeter,
    pub(crate) max_lag: Duration,
    pub(crate) max_sample_age: Duration,
}

impl CatchUpStep {
    pub(crate) async fn verify(&self, lags: &dyn Lags, patience: &Patience<'_>) -> Result<Seen, CloudError> {
        let (region, ids, metric) = (self.member.region.as_deref(), [self.member.id.clone()].into(), self.meter.metric);
        let since = patience.now() - self.max_sample_age - self.meter.idle;
        let samples = patience.call(&self.member.id, || lags.lag_samples(region, metric, &ids, since)).await?;
        let own = samples.get(&self.member.id).map_or(&[][..], Vec::as_slice);
        let lag = Lag::of(self.meter, own, self.max_sample_age, patience.now());
        Ok(if lag.is_within(self.max_lag) { Seen::Done } else { Seen::NotYet })
    }
}
