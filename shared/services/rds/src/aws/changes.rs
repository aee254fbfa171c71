//! The changes of databases.

use async_trait::async_trait;
use crossover_aws::cloud_error;
use crossover_model::{arn::Arn, error::CloudError};

use super::RdsDatabases;
use crate::{DatabaseChanges, InstanceChange, NewReplica};

const PROMOTE: &str = "rds:PromoteReadReplica";
const PROMOTE_CLUSTER: &str = "rds:PromoteReadReplicaDBCluster";
const SWITCH_OVER_REPLICA: &str = "rds:SwitchoverReadReplica";
const REBOOT: &str = "rds:RebootDBInstance";
const FAIL_OVER_CLUSTER: &str = "rds:FailoverDBCluster";
const FAIL_OVER_GLOBAL: &str = "rds:FailoverGlobalCluster";
const SWITCH_OVER_GLOBAL: &str = "rds:SwitchoverGlobalCluster";
const MODIFY: &str = "rds:ModifyDBInstance";
const STOP: &str = "rds:StopDBInstance";
const CREATE_REPLICA: &str = "rds:CreateDBInstanceReadReplica";

#[async_trait]
impl DatabaseChanges for RdsDatabases {
    async fn promote_replica(
        &self,
        region: Option<&str>,
        instance: &str,
        backup_retention_days: Option<u32>,
    ) -> Result<(), CloudError> {
        let request = self.clients.client(region).promote_read_replica().db_instance_identifier(instance);
        let request = request.set_backup_retention_period(backup_retention_days.map(in_days));
        request.send().await.map(drop).map_err(|error| cloud_error(PROMOTE, error))
    }

    async fn promote_replica_cluster(&self, region: Option<&str>, cluster: &str) -> Result<(), CloudError> {
        let request = self.clients.client(region).promote_read_replica_db_cluster().db_cluster_identifier(cluster);
        request.send().await.map(drop).map_err(|error| cloud_error(PROMOTE_CLUSTER, error))
    }

    async fn switch_over_replica(&self, region: Option<&str>, instance: &str) -> Result<(), CloudError> {
        let request = self.clients.client(region).switchover_read_replica().db_instance_identifier(instance);
        request.send().await.map(drop).map_err(|error| cloud_error(SWITCH_OVER_REPLICA, error))
    }

    async fn restart(&self, region: Option<&str>, instance: &str) -> Result<(), CloudError> {
        let request = self.clients.client(region).reboot_db_instance().db_instance_identifier(instance);
        request.send().await.map(drop).map_err(|error| cloud_error(REBOOT, error))
    }

    async fn reboot_with_failover(&self, region: Option<&str>, instance: &str) -> Result<(), CloudError> {
        let request = self.clients.client(region).reboot_db_instance().db_instance_identifier(instance).force_failover(true);
        request.send().await.map(drop).map_err(|error| cloud_error(REBOOT, error))
    }

    async fn fail_over_cluster(&self, region: Option<&str>, cluster: &str, to: &str) -> Result<(), CloudError> {
        let request = self.clients.client(region).failover_db_cluster().db_cluster_identifier(cluster);
        let request = request.target_db_instance_identifier(to);
        request.send().await.map(drop).map_err(|error| cloud_error(FAIL_OVER_CLUSTER, error))
    }

    async fn fail_over_global(&self, region: Option<&str>, global: &str, to: &str) -> Result<(), CloudError> {
        let request = self.clients.client(region).failover_global_cluster().global_cluster_identifier(global);
        let request = request.target_db_cluster_identifier(to).allow_data_loss(true);
        request.send().await.map(drop).map_err(|error| cloud_error(FAIL_OVER_GLOBAL, error))
    }

    async fn switch_over_global(&self, region: Option<&str>, global: &str, to: &str) -> Result<(), CloudError> {
        let request = self.clients.client(region).switchover_global_cluster().global_cluster_identifier(global);
        let request = request.target_db_cluster_identifier(to);
        request.send().await.map(drop).map_err(|error| cloud_error(SWITCH_OVER_GLOBAL, error))
    }

    async fn modify_instance(&self, region: Option<&str>, instance: &str, change: &InstanceChange) -> Result<(), CloudError> {
        let groups = change.security_groups.as_ref().map(|groups| groups.iter().cloned().collect());
        let days = change.backup_retention_days.map(in_days);
        let request = self.clients.client(region).modify_db_instance().db_instance_identifier(instance);
        let request = request.set_apply_immediately(change.applies_immediately().then_some(true));
        let request = request.set_vpc_security_group_ids(groups).set_backup_retention_period(days).set_multi_az(change.multi_az);
        request.send().await.map(drop).map_err(|error| cloud_error(MODIFY, error))
    }

    async fn stop_instance(&self, region: Option<&str>, instance: &str) -> Result<(), CloudError> {
        let request = self.clients.client(region).stop_db_instance().db_instance_identifier(instance);
        request.send().await.map(drop).map_err(|error| cloud_error(STOP, error))
    }

    async fn create_replica(&self, region: Option<&str>, replica: &NewReplica) -> Result<(), CloudError> {
        let groups = (!replica.security_groups.is_empty()).then(|| replica.security_groups.iter().cloned().collect());
        let here = region.or_else(|| self.clients.own());
        // A source in the same Region is named by its identifier, in another one by its ARN.
        let own = Arn::of(&replica.source).filter(|arn| Some(arn.region) == here);
        let source = own.map_or(replica.source.as_str(), |arn| arn.id());
        let request = self.clients.client(region).create_db_instance_read_replica().db_instance_identifier(&replica.id);
        let request = request.source_db_instance_identifier(source).set_vpc_security_group_ids(groups);
        let request = request.set_db_subnet_group_name(replica.subnet_group.clone()).set_kms_key_id(replica.kms_key.clone());
        let request = request.set_db_parameter_group_name(replica.parameter_group.clone());
        request.send().await.map(drop).map_err(|error| cloud_error(CREATE_REPLICA, error))
    }
}

fn in_days(days: u32) -> i32 {
    i32::try_from(days).unwrap_or(i32::MAX)
}
