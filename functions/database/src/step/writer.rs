//! Makes another member the writer.

use std::time::Duration;

use crossover_engine::retry::Patience;
use crossover_model::{
    error::{CloudError, Fault},
    step::{Applied, Reversal, Seen, StepCard},
};
use crossover_rds::{INVALID_CLUSTER_STATE, INVALID_INSTANCE_STATE, begins_promotion, moves_writer, serves};

use crate::{
    clouds::DatabaseClouds,
    member::{Is, Member},
    spec::Engine,
};

/// The AWS call that makes a member the writer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// `PromoteReadReplica`.
    PromoteReplica,
    /// `PromoteReadReplicaDBCluster`.
    PromoteCluster,
    /// `SwitchoverReadReplica`.
    SwitchoverReplica,
    /// `RebootDBInstance` with `ForceFailover`.
    Reboot,
    /// `FailoverDBCluster`.
    FailoverCluster,
    /// `FailoverGlobalCluster` with `AllowDataLoss`.
    FailoverGlobal,
    /// `SwitchoverGlobalCluster`.
    SwitchoverGlobal,
}

impl Verb {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::PromoteReplica,
        Self::PromoteCluster,
        Self::SwitchoverReplica,
        Self::Reboot,
        Self::FailoverCluster,
        Self::FailoverGlobal,
        Self::SwitchoverGlobal,
    ];

    /// The calls that can lose the last writes and can't be undone.
    pub const LOSING: [Self; 3] = [Self::PromoteReplica, Self::PromoteCluster, Self::FailoverGlobal];

    /// The verb of a step.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PromoteReplica => "promote-read-replica",
            Self::PromoteCluster => "promote-read-replica-cluster",
            Self::SwitchoverReplica => "switchover-read-replica",
            Self::Reboot => "reboot-with-failover",
            Self::FailoverCluster => "failover-cluster",
            Self::FailoverGlobal => "failover-global-cluster",
            Self::SwitchoverGlobal => "switchover-global-cluster",
        }
    }

    /// The usual duration in AWS: "a few minutes" for a promotion (RDS User Guide, "Promoting a read replica"),
    /// "60–120 seconds" for a standby ("Multi-AZ DB instance deployments"), "less than 60 seconds" within an Aurora cluster
    /// and minutes between the clusters of a global database (Aurora User Guide).
    pub(crate) fn expected(self) -> Duration {
        match self {
            Self::FailoverCluster => Duration::from_mins(1),
            Self::Reboot => Duration::from_mins(2),
            Self::PromoteReplica
            | Self::PromoteCluster
            | Self::SwitchoverReplica
            | Self::FailoverGlobal
            | Self::SwitchoverGlobal => Duration::from_mins(5),
        }
    }
}

/// Makes a member the writer and waits until it is. AWS refuses the call if it is in progress or done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriterStep {
    pub(crate) card: StepCard,
    /// The call.
    pub verb: Verb,
    /// Whether it is already in progress: then the step only waits.
    pub begun: bool,
    pub(crate) engine: Engine,
    pub(crate) from: Member,
    /// The new writer.
    pub to: Member,
    pub(crate) within: Duration,
    /// How long the new writer keeps its backups, where the call turns them on.
    pub backup_retention_days: Option<u32>,
}

/// The progress of the change.
enum Progress {
    /// It is the writer and available.
    Done,
    /// The change is in progress.
    UnderWay,
    /// The change has not started.
    NotBegun,
    /// AWS or a person has moved the writer to this other side.
    Elsewhere(String),
    /// The member does not exist.
    Gone,
}

impl WriterStep {
    /// The member as described.
    #[must_use]
    pub fn card(&self) -> StepCard {
        self.card.clone()
    }

    pub(crate) fn reversal(&self) -> Reversal {
        match self.begun {
            true => Reversal::Finishing,
            false if Verb::LOSING.contains(&self.verb) => Reversal::OneWay,
            false => Reversal::Possible,
        }
    }

    pub(crate) async fn apply(&self, clouds: &DatabaseClouds) -> Result<Applied, CloudError> {
        if self.begun {
            return Ok(Applied::Done);
        }
        match self.call(clouds).await {
            Ok(()) => Ok(Applied::Done),
            Err(error) if error.fault == Fault::NotFound => Ok(Applied::Conflict(error.to_string())),
            // A call whose response was lost may have started it.
            Err(error) if is_invalid_state(&error) => match self.progress(clouds).await? {
                Progress::Done | Progress::UnderWay => Ok(Applied::Done),
                Progress::NotBegun | Progress::Elsewhere(_) | Progress::Gone => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    async fn call(&self, clouds: &DatabaseClouds) -> Result<(), CloudError> {
        let (changes, to, here) = (clouds.changes.as_ref(), &self.to.id, self.to.region.as_deref());
        match (self.verb, &self.engine) {
            (Verb::PromoteReplica, _) => changes.promote_replica(here, to, self.backup_retention_days).await,
            (Verb::PromoteCluster, _) => changes.promote_replica_cluster(here, to).await,
            (Verb::SwitchoverReplica, _) => changes.switch_over_replica(here, to).await,
            (Verb::Reboot, Engine::RdsMultiAz { instance }) => {
                changes.reboot_with_failover(instance.region.as_deref(), &instance.id).await
            }
            (Verb::FailoverCluster, Engine::Aurora { cluster }) => {
                changes.fail_over_cluster(cluster.region.as_deref(), &cluster.id, to).await
            }
            // The old writer's Region may be unavailable.
            (Verb::FailoverGlobal, Engine::AuroraGlobal { global }) => {
                changes.fail_over_global(here, global, &self.to.side).await
            }
            (Verb::SwitchoverGlobal, Engine::AuroraGlobal { global }) => {
                changes.switch_over_global(self.from.region.as_deref(), global, &self.to.side).await
            }
            (Verb::Reboot | Verb::FailoverCluster | Verb::FailoverGlobal | Verb::SwitchoverGlobal, _) => {
                Err(CloudError::new(self.verb.as_str(), Fault::Refused, "it is for another engine"))
            }
        }
    }

    pub(crate) async fn verify(&self, clouds: &DatabaseClouds, patience: &Patience<'_>) -> Result<Seen, CloudError> {
        Ok(match patience.call(&self.to.id, || self.progress(clouds)).await? {
            Progress::Done => Seen::Done,
            Progress::UnderWay => Seen::UnderWay,
            Progress::NotBegun => Seen::NotYet,
            Progress::Elsewhere(side) => Seen::Conflict(format!("the writer moved to {side}")),
            Progress::Gone => Seen::Conflict(format!("{} no longer exists", self.to.label())),
        })
    }

    async fn progress(&self, clouds: &DatabaseClouds) -> Result<Progress, CloudError> {
        let (databases, here) = (clouds.databases.as_ref(), self.to.region.as_deref());
        let (status, writer) = match &self.engine {
            Engine::RdsReplica if self.to.is == Is::Cluster => {
                let found = databases.clusters(here, &[self.to.id.clone()].into()).await?.pop();
                let Some(cluster) = found else { return Ok(Progress::Gone) };
                (cluster.status, cluster.source.is_none().then(|| self.to.id.clone()))
            }
            Engine::RdsReplica => {
                let found = databases.instances(here, &[self.to.id.clone()].into()).await?.pop();
                let Some(instance) = found else { return Ok(Progress::Gone) };
                (instance.status, instance.source.is_none().then(|| self.to.id.clone()))
            }
            Engine::RdsMultiAz { instance } => {
                let found = databases.instances(instance.region.as_deref(), &[instance.id.clone()].into()).await?.pop();
                let Some(found) = found else { return Ok(Progress::Gone) };
                (found.status, found.zone)
            }
            Engine::Aurora { cluster } => {
                let found = databases.clusters(cluster.region.as_deref(), &[cluster.id.clone()].into()).await?.pop();
                let Some(found) = found else { return Ok(Progress::Gone) };
                (found.status, found.members.into_iter().find(|member| member.writer).map(|member| member.instance))
            }
            Engine::AuroraGlobal { global } => {
                let Some(found) = databases.global_cluster(here, global).await? else { return Ok(Progress::Gone) };
                if found.moving_to.is_some() {
                    return Ok(Progress::UnderWay);
                }
                (found.status, found.members.into_iter().find(|member| member.writer).map(|member| member.cluster))
            }
        };
        let is_replica = self.engine == Engine::RdsReplica;
        // Another operation of a cluster, as a backup, does not hold its writer back.
        let is_settled = if is_replica { serves(&status) } else { !moves_writer(&status) };
        let moves = moves_writer(&status) || (is_replica && begins_promotion(&status));
        Ok(match writer {
            _ if moves => Progress::UnderWay,
            Some(writer) if writer == *self.named(&self.to) => {
                if is_settled {
                    Progress::Done
                } else {
                    Progress::UnderWay
                }
            }
            Some(writer) if writer != *self.named(&self.from) => Progress::Elsewhere(writer),
            Some(_) | None => Progress::NotBegun,
        })
    }

    /// The name of a member where RDS says which one is the writer.
    fn named<'m>(&self, member: &'m Member) -> &'m String {
        match self.engine {
            Engine::RdsMultiAz { .. } | Engine::AuroraGlobal { .. } => &member.side,
            Engine::RdsReplica | Engine::Aurora { .. } => &member.id,
        }
    }
}

/// Whether RDS refuses it because of a status.
pub(super) fn is_invalid_state(error: &CloudError) -> bool {
    [INVALID_INSTANCE_STATE, INVALID_CLUSTER_STATE, "InvalidGlobalClusterStateFault"].contains(&error.code.as_str())
}
