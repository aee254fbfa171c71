//! Enables backups and the standby of the new writer.

use std::time::Duration;

use crossover_engine::retry::Patience;
use crossover_model::{
    error::{CloudError, Fault},
    step::{Applied, Seen, StepCard},
};
use crossover_rds::{DatabaseChanges, Databases, InstanceChange};

use super::writer::is_invalid_state;
use crate::{member::Member, spec::After};

/// Clients don't notice this change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AfterStep {
    pub(crate) card: StepCard,
    /// The instance.
    pub member: Member,
    /// The change.
    pub after: After,
}

impl AfterStep {
    /// How long RDS may take to show an accepted change.
    pub(crate) const SEEN_WITHIN: Duration = Duration::from_secs(10);

    pub(crate) async fn apply(&self, changes: &dyn DatabaseChanges) -> Result<Applied, CloudError> {
        let After { backup_retention_days, multi_az } = self.after;
        let change = InstanceChange { security_groups: None, backup_retention_days, multi_az };
        match changes.modify_instance(self.member.region.as_deref(), &self.member.id, &change).await {
            Ok(()) => Ok(Applied::Done),
            Err(error) if error.fault == Fault::NotFound => Ok(Applied::Conflict(error.to_string())),
            // A new writer refuses changes for a while.
            Err(error) if is_invalid_state(&error) => Err(CloudError { fault: Fault::Unavailable, ..error }),
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn verify(&self, databases: &dyn Databases, patience: &Patience<'_>) -> Result<Seen, CloudError> {
        let (region, ids) = (self.member.region.as_deref(), [self.member.id.clone()].into());
        let found = patience.call(&self.member.id, || databases.instances(region, &ids)).await?.pop();
        let Some(instance) = found else { return Ok(Seen::Conflict(format!("{} no longer exists", self.member.label()))) };
        let After { backup_retention_days, multi_az } = self.after;
        let done = backup_retention_days.is_none_or(|days| days == instance.backup_retention_days)
            && multi_az.is_none_or(|standby| standby == (instance.multi_az || instance.multi_az_pending));
        Ok(if done { Seen::Done } else { Seen::NotYet })
    }
}
