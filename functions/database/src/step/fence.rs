//! Fences the old writer, or removes its fence.

use std::{collections::BTreeSet, time::Duration};

use crossover_engine::retry::Patience;
use crossover_model::{
    error::{CloudError, Fault},
    step::{Applied, Seen, StepCard},
};
use crossover_rds::{DatabaseChanges, Databases, InstanceChange};

use super::writer::is_invalid_state;
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
    /// Its security groups as they were observed.
    pub from: BTreeSet<String>,
    /// Its new security groups; `None` to stop it.
    pub groups: Option<BTreeSet<String>>,
    pub(crate) purpose: Purpose,
}

/// What a fence, or its removal, is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Another writer is to take over.
    Prepare,
    /// Another writer has already taken over.
    Finish,
    /// Clients reach it again.
    Undo,
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
            // Another operation on the instance ends by itself.
            Err(error) if self.groups.is_some() && is_invalid_state(&error) => {
                Err(CloudError { fault: Fault::Unavailable, ..error })
            }
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn verify(&self, databases: &dyn Databases, patience: &Patience<'_>) -> Result<Seen, CloudError> {
        let (region, ids) = (self.member.region.as_deref(), BTreeSet::from([self.member.id.clone()]));
        let patience = patience.at_most(READ_FOR);
        let found = patience.call(&self.member.id, || databases.instances(region, &ids)).await?.pop();
        let Some(instance) = found else { return Ok(Seen::Conflict(format!("{} no longer exists", self.member.label()))) };
        let Some(groups) = &self.groups else {
            let is_stopped = ["stopping", "stopped"].contains(&instance.status.as_str());
            return Ok(if is_stopped { Seen::Done } else { Seen::NotYet });
        };
        let now = &instance.security_groups;
        Ok(if now == groups {
            if instance.security_groups_pending { Seen::NotYet } else { Seen::Done }
        } else if *now == self.from {
            Seen::NotYet
        } else {
            let now: Vec<&str> = now.iter().map(String::as_str).collect();
            Seen::Conflict(format!("{} was moved into {} meanwhile", self.member.label(), now.join(", ")))
        })
    }
}
