//! The changes of databases, each with its refusals.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use crossover_ec2::Ec2Account;
use crossover_model::error::CloudError;
use crossover_sandbox::{Account, Sandbox};
use jiff::Timestamp;

use super::{Becomes, Rds, RdsAccount, id_of, is_busy, missing, reach, refused, region_of};
use crate::{
    DatabaseChanges, DbCluster, DbInstance, INVALID_CLUSTER_STATE, INVALID_INSTANCE_STATE, InstanceChange, NewReplica,
    needs_parameter_group, takes_parameter_group,
};

const NO_INSTANCE: &str = "DBInstanceNotFound";
const NO_CLUSTER: &str = "DBClusterNotFoundFault";
/// How long a promoted instance keeps its backups if the call does not say it (RDS API Reference, `PromoteReadReplica`).
const DEFAULT_BACKUP_DAYS: u32 = 1;
const NO_GLOBAL: &str = "GlobalClusterNotFoundFault";

/// The requirement of a change on an instance.
fn instance<'r>(rds: &'r mut Rds, call: &str, region: &str, id: &str) -> Result<&'r mut DbInstance, CloudError> {
    rds.instance_mut(region, id).ok_or_else(|| missing(call, NO_INSTANCE, id))
}

/// An instance without another operation in progress.
fn idle<'r>(rds: &'r mut Rds, call: &str, region: &str, id: &str) -> Result<&'r mut DbInstance, CloudError> {
    let found = instance(rds, call, region, id)?;
    if is_busy(&found.status) {
        return Err(not_in(call, &found.id, &found.status));
    }
    Ok(found)
}

fn not_in(call: &str, id: &str, status: &str) -> CloudError {
    refused(call, INVALID_INSTANCE_STATE, format!("Instance {id} is not in an allowed state: {status}."))
}

fn idle_cluster<'r>(rds: &'r mut Rds, call: &str, region: &str, id: &str) -> Result<&'r mut DbCluster, CloudError> {
    let found = rds.cluster_mut(region, id).ok_or_else(|| missing(call, NO_CLUSTER, id))?;
    if is_busy(&found.status) {
        return Err(refused(call, INVALID_CLUSTER_STATE, format!("Cluster {id} is {}.", found.status)));
    }
    Ok(found)
}

/// RDS User Guide, "Working with DB instance read replicas": the replica reboots and is then a standalone
/// instance; with backups enabled, one is taken before it is available.
fn promote(rds: &mut Rds, of: &str, backs_up: bool, now: Timestamp) {
    let whole = rds.promotion_ms;
    rds.later(now, whole / 2, of, Becomes::Status("rebooting".to_owned()));
    rds.later(now, whole / 2, of, Becomes::Promoted);
    if backs_up {
        rds.later(now, whole / 4 * 3, of, Becomes::Status("backing-up".to_owned()));
    }
    rds.available_later(now, whole, of);
}

fn move_global(account: &mut Account, call: &str, id: &str, to: &str, status: &str, now: Timestamp) -> Result<(), CloudError> {
    let rds = account.rds_mut();
    let global = rds.global_clusters.iter_mut().find(|global| global.id == id).ok_or_else(|| missing(call, NO_GLOBAL, id))?;
    if is_busy(&global.status) {
        return Err(refused(call, "InvalidGlobalClusterStateFault", format!("Global cluster {id} is {}.", global.status)));
    }
    match global.members.iter().find(|member| member.cluster == to) {
        None => return Err(missing(call, NO_CLUSTER, to)),
        Some(member) if member.writer => {
            return Err(refused(call, INVALID_CLUSTER_STATE, format!("{to} is the primary cluster already.")));
        }
        Some(_) => {}
    }
    let version = |arn: &str| rds.clusters.iter().find(|cluster| cluster.arn == arn).map(|cluster| &cluster.engine_version);
    let primary = global.members.iter().find(|member| member.writer).map(|member| member.cluster.as_str());
    if primary.and_then(version) != version(to) {
        let message = format!("Target cluster {to} must be on the same engine version as the current primary cluster");
        return Err(refused(call, INVALID_CLUSTER_STATE, message));
    }
    status.clone_into(&mut global.status);
    global.moving_to = Some(to.to_owned());
    let after = rds.failover_ms;
    rds.later(now, after, id, Becomes::Primary(to.to_owned()));
    rds.available_later(now, after, id);
    Ok(())
}

/// Whether it is a replica, or has one (RDS User Guide, "Stopping an Amazon RDS DB instance
/// temporarily").
fn replicates(rds: &Rds, instance: &DbInstance) -> bool {
    let of = |other: &DbInstance| {
        let same_region = region_of(&other.arn) == region_of(&instance.arn);
        other.source.as_ref().is_some_and(|source| *source == instance.arn || (same_region && *source == instance.id))
    };
    instance.source.is_some() || rds.instances.iter().any(of)
}

/// The parameter group of a new replica.
fn parameter_group(
    call: &str,
    source: &DbInstance,
    replica: &NewReplica,
    same_region: bool,
) -> Result<Option<String>, CloudError> {
    let refuse = |message: &str| Err(refused(call, "InvalidParameterCombination", message));
    match &replica.parameter_group {
        Some(_) if same_region || !takes_parameter_group(&source.engine) => {
            refuse("A DB Parameter Group can not be specified during Read Replica creation for the specified DB engine.")
        }
        Some(group) => Ok(Some(group.clone())),
        None if same_region => Ok(source.parameter_group.clone()),
        None if needs_parameter_group(&source.engine, source.parameter_group.as_deref()) => {
            refuse("You must specify a custom parameter group with your IBM Site ID and IBM Customer ID.")
        }
        None => Ok(source.parameter_group.as_ref().map(|_| format!("default.{}", source.engine))),
    }
}

/// Groups without a known VPC belong to every one.
fn modify(
    rds: &mut Rds,
    vpcs: &BTreeMap<String, String>,
    call: &str,
    region: &str,
    id: &str,
    change: &InstanceChange,
    now: Timestamp,
) -> Result<(), CloudError> {
    let (change_ms, security_groups_ms) = (rds.change_ms, rds.security_groups_ms);
    let found = instance(rds, call, region, id)?;
    // An instance with full storage can be modified, to resolve that.
    if is_busy(&found.status) && found.status != "storage-full" {
        return Err(not_in(call, id, &found.status));
    }
    let (arn, vpc) = (found.arn.clone(), found.vpc.clone());
    if let Some(groups) = change.security_groups.as_ref().filter(|groups| **groups != found.security_groups) {
        let elsewhere = groups.iter().filter_map(|group| vpcs.get(group)).find(|of| Some(*of) != vpc.as_ref());
        if let Some(other) = elsewhere.filter(|_| vpc.is_some()) {
            let message = format!(
                "The DB instance and EC2 security group are in different VPCs. The DB instance is in {} and the EC2 security group is in {other}",
                vpc.unwrap_or_default()
            );
            return Err(refused(call, "InvalidParameterCombination", message));
        }
        let found = instance(rds, call, region, id)?;
        found.security_groups.clone_from(groups);
        found.security_groups_pending = true;
        rds.tracked.insert(arn.clone());
        rds.later(now, security_groups_ms, &arn, Becomes::Fenced);
    }
    let found = instance(rds, call, region, id)?;
    if change.applies_immediately() {
        found.pending.clear();
    }
    let days = change.backup_retention_days.filter(|days| *days != found.backup_retention_days);
    let standby = change.multi_az.filter(|standby| *standby != found.multi_az);
    if days.is_some() || standby.is_some() {
        found.backup_retention_days = days.unwrap_or(found.backup_retention_days);
        found.multi_az_pending = standby == Some(true);
        "modifying".clone_into(&mut found.status);
        if let Some(standby) = standby {
            rds.later(now, change_ms, &arn, Becomes::MultiAz(standby));
        }
        rds.available_later(now, change_ms, &arn);
    }
    Ok(())
}

#[async_trait]
impl DatabaseChanges for Sandbox {
    async fn promote_replica(
        &self,
        region: Option<&str>,
        instance: &str,
        backup_retention_days: Option<u32>,
    ) -> Result<(), CloudError> {
        const CALL: &str = "rds:PromoteReadReplica";
        self.call(CALL, instance, |state, now| {
            let region = reach(state, CALL, region)?;
            let rds = state.account.rds_mut();
            let found = idle(rds, CALL, &region, instance)?;
            if found.source.is_none() {
                return Err(refused(CALL, INVALID_INSTANCE_STATE, format!("DB Instance {instance} is not a read replica")));
            }
            "modifying".clone_into(&mut found.status);
            let days = backup_retention_days.unwrap_or(DEFAULT_BACKUP_DAYS);
            found.backup_retention_days = days;
            let arn = found.arn.clone();
            promote(rds, &arn, days > 0, now);
            Ok(())
        })
        .await
    }

    async fn promote_replica_cluster(&self, region: Option<&str>, cluster: &str) -> Result<(), CloudError> {
        const CALL: &str = "rds:PromoteReadReplicaDBCluster";
        self.call(CALL, cluster, |state, now| {
            let region = reach(state, CALL, region)?;
            let rds = state.account.rds_mut();
            let found = idle_cluster(rds, CALL, &region, cluster)?;
            if found.source.is_none() {
                return Err(refused(CALL, INVALID_CLUSTER_STATE, format!("DB cluster {cluster} is not a read replica")));
            }
            "promoting".clone_into(&mut found.status);
            let arn = found.arn.clone();
            promote(rds, &arn, false, now);
            Ok(())
        })
        .await
    }

    async fn switch_over_replica(&self, region: Option<&str>, instance: &str) -> Result<(), CloudError> {
        const CALL: &str = "rds:SwitchoverReadReplica";
        self.call(CALL, instance, |state, now| {
            let region = reach(state, CALL, region)?;
            let rds = state.account.rds_mut();
            let after = rds.change_ms;
            let found = idle(rds, CALL, &region, instance)?;
            if found.source.is_none() || !found.engine.starts_with("oracle") {
                return Err(refused(CALL, INVALID_INSTANCE_STATE, format!("{instance} is not an Oracle read replica")));
            }
            "modifying".clone_into(&mut found.status);
            let arn = found.arn.clone();
            rds.later(now, after, &arn, Becomes::SwitchedOver);
            rds.available_later(now, after, &arn);
            Ok(())
        })
        .await
    }

    async fn restart(&self, region: Option<&str>, instance: &str) -> Result<(), CloudError> {
        const CALL: &str = "rds:RebootDBInstance";
        self.call(CALL, instance, |state, now| {
            let region = reach(state, CALL, region)?;
            let rds = state.account.rds_mut();
            let after = rds.failover_ms;
            let found = idle(rds, CALL, &region, instance)?;
            "rebooting".clone_into(&mut found.status);
            let arn = found.arn.clone();
            rds.tracked.remove(&arn);
            rds.available_later(now, after, &arn);
            Ok(())
        })
        .await
    }

    async fn reboot_with_failover(&self, region: Option<&str>, instance: &str) -> Result<(), CloudError> {
        const CALL: &str = "rds:RebootDBInstance";
        self.call(CALL, instance, |state, now| {
            let region = reach(state, CALL, region)?;
            let rds = state.account.rds_mut();
            let after = rds.failover_ms;
            let found = idle(rds, CALL, &region, instance)?;
            if !found.multi_az {
                let message = "ForceFailover cannot be specified since the instance is not configured for MultiAZ.";
                return Err(refused(CALL, "InvalidParameterCombination", message));
            }
            "rebooting".clone_into(&mut found.status);
            let arn = found.arn.clone();
            rds.later(now, after, &arn, Becomes::OtherZone);
            rds.available_later(now, after, &arn);
            Ok(())
        })
        .await
    }

    async fn fail_over_cluster(&self, region: Option<&str>, cluster: &str, to: &str) -> Result<(), CloudError> {
        const CALL: &str = "rds:FailoverDBCluster";
        self.call(CALL, cluster, |state, now| {
            let region = reach(state, CALL, region)?;
            let rds = state.account.rds_mut();
            let after = rds.failover_ms;
            let instance = rds.instance(&region, to).cloned();
            let found = idle_cluster(rds, CALL, &region, cluster)?;
            if found.engine == "mysql" {
                let message = "TargetDBInstanceIdentifier isn't supported for RDS for MySQL Multi-AZ DB clusters.";
                return Err(refused(CALL, "InvalidParameterCombination", message));
            }
            match found.members.iter().find(|member| member.instance == to) {
                Some(member) if !member.writer => {}
                Some(_) => return Err(refused(CALL, INVALID_INSTANCE_STATE, format!("{to} is the writer already."))),
                None => return Err(missing(CALL, NO_INSTANCE, to)),
            }
            if let Some(busy) = instance.filter(|instance| is_busy(&instance.status)) {
                return Err(not_in(CALL, to, &busy.status));
            }
            "failing-over".clone_into(&mut found.status);
            let arn = found.arn.clone();
            rds.later(now, after, &arn, Becomes::Writer(to.to_owned()));
            rds.available_later(now, after, &arn);
            Ok(())
        })
        .await
    }

    async fn fail_over_global(&self, region: Option<&str>, global: &str, to: &str) -> Result<(), CloudError> {
        const CALL: &str = "rds:FailoverGlobalCluster";
        self.call(CALL, global, |state, now| {
            reach(state, CALL, region)?;
            reach(state, CALL, Some(region_of(to)))?;
            move_global(&mut state.account, CALL, global, to, "failing-over", now)
        })
        .await
    }

    async fn switch_over_global(&self, region: Option<&str>, global: &str, to: &str) -> Result<(), CloudError> {
        const CALL: &str = "rds:SwitchoverGlobalCluster";
        self.call(CALL, global, |state, now| {
            reach(state, CALL, region)?;
            let clusters = &state.account.rds().clusters;
            if let Some(busy) = clusters.iter().find(|cluster| is_busy(&cluster.status)) {
                return Err(refused(CALL, INVALID_CLUSTER_STATE, format!("Cluster {} is {}.", busy.id, busy.status)));
            }
            move_global(&mut state.account, CALL, global, to, "switching-over", now)
        })
        .await
    }

    async fn modify_instance(&self, region: Option<&str>, instance: &str, change: &InstanceChange) -> Result<(), CloudError> {
        const CALL: &str = "rds:ModifyDBInstance";
        self.call(CALL, instance, |state, now| {
            let region = reach(state, CALL, region)?;
            let groups = state.account.ec2().security_groups.iter();
            let vpcs = groups.map(|group| (group.id.clone(), group.vpc.clone())).collect();
            modify(state.account.rds_mut(), &vpcs, CALL, &region, instance, change, now)
        })
        .await
    }

    async fn stop_instance(&self, region: Option<&str>, instance: &str) -> Result<(), CloudError> {
        const CALL: &str = "rds:StopDBInstance";
        self.call(CALL, instance, |state, now| {
            let region = reach(state, CALL, region)?;
            let rds = state.account.rds_mut();
            let after = rds.change_ms;
            let found = idle(rds, CALL, &region, instance)?.clone();
            if replicates(rds, &found) {
                let message = format!("Cannot stop {instance}: it is a read replica, or has one.");
                return Err(refused(CALL, INVALID_INSTANCE_STATE, message));
            }
            "stopping".clone_into(&mut self::instance(rds, CALL, &region, instance)?.status);
            rds.later(now, after, &found.arn, Becomes::Status("stopped".to_owned()));
            Ok(())
        })
        .await
    }

    async fn create_replica(&self, region: Option<&str>, replica: &NewReplica) -> Result<(), CloudError> {
        const CALL: &str = "rds:CreateDBInstanceReadReplica";
        self.call(CALL, &replica.id, |state, now| {
            let region = reach(state, CALL, region)?;
            let account = state.account.account_id.clone();
            let rds = state.account.rds_mut();
            if rds.instance(&region, &replica.id).is_some() {
                return Err(refused(CALL, "DBInstanceAlreadyExists", format!("{} already exists", replica.id)));
            }
            let source = idle(rds, CALL, region_of(&replica.source), id_of(&replica.source))?.clone();
            if replica.kms_key.is_some() && !source.encrypted {
                let message = "You can't create an encrypted read replica from an unencrypted DB instance.";
                return Err(refused(CALL, "InvalidParameterCombination", message));
            }
            if source.backup_retention_days == 0 {
                let message = "Automated backups are not enabled for the source instance.";
                return Err(refused(CALL, INVALID_INSTANCE_STATE, message));
            }
            let arn = format!("arn:aws:rds:{region}:{account}:db:{}", replica.id);
            let same_region = region_of(&source.arn) == region;
            if source.encrypted && !same_region && replica.kms_key.is_none() {
                let message = "You must specify a KMS key of the destination Region for an encrypted replica.";
                return Err(refused(CALL, "InvalidParameterCombination", message));
            }
            let parameter_group = parameter_group(CALL, &source, replica, same_region)?;
            rds.instances.push(DbInstance {
                parameter_group,
                id: replica.id.clone(),
                arn: arn.clone(),
                status: "creating".to_owned(),
                replicas: BTreeSet::new(),
                source: Some(if same_region { source.id.clone() } else { source.arn.clone() }),
                endpoint: Some(format!("{}.c0ffee.{region}.rds.amazonaws.com", replica.id)),
                security_groups: BTreeSet::clone(&replica.security_groups),
                backup_retention_days: 0,
                backup_window: None,
                multi_az: false,
                zone: None,
                secondary_zone: None,
                vpc: source.vpc.clone().filter(|_| same_region),
                pending: BTreeSet::new(),
                ..source
            });
            let after = rds.creation_ms;
            rds.available_later(now, after, &arn);
            Ok(())
        })
        .await
    }
}
