//! Restarts a fenced writer, which ends the connections that are older than its fence.

use std::{collections::BTreeSet, time::Duration};

use crossover_engine::retry::Patience;
use crossover_model::{
    error::{CloudError, Fault},
    step::{Applied, Seen, StepCard},
};
use crossover_rds::{AVAILABLE, Databases, DbInstance};

use super::writer::is_invalid_state;
use crate::{clouds::DatabaseClouds, member::Member};

/// The verb of the step.
pub(crate) const RESTART: &str = "restart";

/// Restarts an instance once it is in the security group that fences it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestartStep {
    pub(crate) card: StepCard,
    /// The instance.
    pub member: Member,
    /// The security groups of its fence.
    pub groups: BTreeSet<String>,
}

impl RestartStep {
    /// How long RDS may take to show that it restarts.
    pub(crate) const SEEN_WITHIN: Duration = Duration::from_secs(10);

    pub(crate) async fn apply(&self, clouds: &DatabaseClouds, patience: &Patience<'_>) -> Result<Applied, CloudError> {
        let region = self.member.region.as_deref();
        let Some(found) = self.read(clouds.databases.as_ref()).await? else {
            return Ok(Applied::Conflict(format!("{} no longer exists", self.member.label())));
        };
        if found.status != AVAILABLE && !is_busy(&found) {
            return Ok(Applied::Done);
        }
        if found.security_groups != self.groups || found.security_groups_pending {
            // Clients could connect again.
            let text = format!("the fence of {} is not in force yet", self.member.label());
            return Err(CloudError::new("rds:RebootDBInstance", Fault::Unavailable, text));
        }
        // Another invocation may have the lease by now.
        if !patience.pause(Duration::ZERO).await {
            let text = format!("the time ran out before {} was restarted", self.member.label());
            return Err(CloudError::new("rds:RebootDBInstance", Fault::Unavailable, text));
        }
        match clouds.changes.restart(region, &self.member.id).await {
            // The restart may be over before RDS describes it.
            Ok(()) => Ok(Applied::Confirmed),
            Err(error) if error.fault == Fault::NotFound => Ok(Applied::Conflict(error.to_string())),
            Err(error) if is_invalid_state(&error) => Err(CloudError { fault: Fault::Unavailable, ..error }),
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn verify(&self, databases: &dyn Databases, patience: &Patience<'_>) -> Result<Seen, CloudError> {
        let found = patience.at_most(Self::SEEN_WITHIN).call(&self.member.id, || self.read(databases)).await?;
        Ok(match found {
            Some(found) if found.status == AVAILABLE || is_busy(&found) => Seen::NotYet,
            Some(_) | None => Seen::Done,
        })
    }

    async fn read(&self, databases: &dyn Databases) -> Result<Option<DbInstance>, CloudError> {
        let ids = BTreeSet::from([self.member.id.clone()]);
        Ok(databases.instances(self.member.region.as_deref(), &ids).await?.pop())
    }
}

/// Whether another operation keeps it running.
fn is_busy(instance: &DbInstance) -> bool {
    !["rebooting", "starting", "stopping", "stopped", "failed", "deleting"].contains(&instance.status.as_str())
}
