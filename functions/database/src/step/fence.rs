//! Fences the old writer, or removes its fence.

use std::{collections::BTreeSet, time::Duration};

use crossover_engine::retry::Patience;
use crossover_model::{
    error::{CloudError, Fault},
    step::{Applied, Seen, StepCard},
};
use crossover_rds::{DatabaseChanges, Databases, InstanceChange};

use crate::member::Member;

/// The verb of a step that fences.
pub(crate) const FENCE: &str = "fence";
/// The verb of a step that removes the fence.
pub(crate) const UNFENCE: &str = "unfence";

/// The longest wait for a Region that may have failed.
const READ_FOR: Duration = Duration::from_secs(3);

/// Moves an instance into other security groups, or stops it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FenceStep {
    pub(crate) card: StepCard,
    /// The instance.
    pub member: Member,
    /// Its new security groups; `None` to stop it.
    pub groups: Option<BTreeSet<String>>,
    /// Whether another writer has already taken over.
    pub(crate) finishes: bool,
}

impl FenceStep {
    /// How long changed security groups may take to be in force.
    pub(crate) const SEEN_WITHIN: Duration = Duration::from_secs(20);
    /// How long it is tried before the failover continues without it, because clients are waiting.
    pub(crate) const TRIED_FOR: Duration = Duration::from_secs(5);

    pub(crate) async fn apply(&self, changes: &dyn DatabaseChanges) -> Result<Applied, CloudError> {
        let region = self.member.region.as_deref();
        let made = match &self.groups {
            Some(groups) => {
                let change = InstanceChange { security_groups: Some(groups.clone()), ..InstanceChange::default() };
                changes.modify_instance(region, &self.member.id, &change).await
            }
            None => changes.stop_instance(region, &self.member.id).await,
        };
        match made {
            Ok(()) => Ok(Applied::Done),
            Err(error) if error.fault == Fault::NotFound => Ok(Applied::Conflict(error.to_string())),
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn verify(&self, databases: &dyn Databases, patience: &Patience<'_>) -> Result<Seen, CloudError> {
        let (region, ids) = (self.member.region.as_deref(), BTreeSet::from([self.member.id.clone()]));
        let patience = patience.at_most(READ_FOR);
        let found = patience.call(&self.member.id, || databases.instances(region, &ids)).await?.pop();
        let Some(instance) = found else { return Ok(Seen::Conflict(format!("{} no longer exists", self.member.label()))) };
        let done = match &self.groups {
            Some(groups) => instance.security_groups == *groups && !instance.security_groups_pending,
            None => ["stopping", "stopped"].contains(&instance.status.as_str()),
        };
        Ok(if done { Seen::Done } else { Seen::NotYet })
    }
}
